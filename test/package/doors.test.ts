import { describe, expect, it } from 'vitest'
import * as amazon from '../../adapters/amazon/simulator/index.ts'
import * as easypost from '../../adapters/easypost/simulator/index.ts'
import * as ebay from '../../adapters/ebay/simulator/index.ts'
import * as meta from '../../adapters/meta/simulator/index.ts'
import * as shipbob from '../../adapters/shipbob/simulator/index.ts'
import * as shiphero from '../../adapters/shiphero/simulator/index.ts'
import * as shipstream from '../../adapters/shipstream/simulator/index.ts'
import * as shopify from '../../adapters/shopify/simulator/index.ts'
import * as door from '../../adapters/simulators.ts'
import * as tiktok from '../../adapters/tiktok/simulator/index.ts'
import * as kit from '../../src/simulator/index.ts'

describe('the door of the simulators', () => {
  it.each(
    Object.entries({ kit, amazon, ebay, shipstream, easypost, meta, shipbob, shiphero, shopify, tiktok }),
  )('gives all that the %s has', (_, module) => {
    expect(Object.keys(door)).toEqual(expect.arrayContaining(Object.keys(module)))
  })
})
