import { describe, expect, it } from 'vitest'
import { sourceFiles } from './files.ts'
import { importsOf, impurities, wrongWith } from './imports.ts'
import { roomOf, rooms } from './rooms.ts'

const files = sourceFiles('src', 'adapters')

describe('rooms', () => {
  it('import only what design section 2 lets them', () => {
    const wrong = files.flatMap(({ path, text }) =>
      importsOf(text)
        .map((line) => wrongWith(path, line))
        .filter((found) => found !== null),
    )
    expect(wrong).toEqual([])
  })

  it('every source file lies in one', () => {
    expect(files.filter(({ path }) => roomOf(path) === null).map(({ path }) => path)).toEqual([])
    expect(files.length).toBeGreaterThan(50)
  })

  it('the pure ones hold no I/O, clock or randomness', () => {
    const pure = new Set(rooms.filter((room) => room.pure).map((room) => room.name))
    const found = files
      .filter(({ path }) => pure.has(roomOf(path)?.name ?? ''))
      .flatMap(({ path, text }) => impurities(text).map((sign) => `${path}: ${sign}`))
    expect(found).toEqual([])
  })
})

describe('this test finds', () => {
  const verdicts = (path: string, source: string) => importsOf(source).map((line) => wrongWith(path, line))
  it.each([
    ['a store that reaches for http', 'src/store/orders.ts', "import { get } from '../http/index.ts'"],
    [
      'a hub that knows a platform',
      'src/hub/push.ts',
      "import { amazon } from '../../adapters/amazon/index.ts'",
    ],
    ['an adapter that uses axios', 'adapters/amazon/orders.ts', "import axios from 'axios'"],
    [
      'an adapter that uses another',
      'adapters/amazon/x.ts',
      "import type { A } from '../shopify/options.ts'",
    ],
    [
      'an adapter that loads its simulator',
      'adapters/shipbob/index.ts',
      "export { s } from './simulator/index.ts'",
    ],
    ['a value where only types may go', 'src/http/client.ts', "import { x } from '../spec/context.ts'"],
    ['a pure room that reads files', 'src/stock/offer.ts', "import { readFileSync } from 'node:fs'"],
    ['a dynamic import', 'src/hub/http.ts', "const load = () => import('axios')"],
    ['an import over several lines', 'src/model/order.ts', "import {\n  a,\n  b,\n} from '../store/x.ts'"],
    ['an import for its effect', 'src/spec/orders.ts', "import '../hub/hub.ts'"],
    ['an import without its ending', 'src/hub/hub.ts', "import { a } from './a'"],
  ])('%s', (_, path, source) => {
    const found = verdicts(path, source)
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(path)
  })

  it('nothing wrong in what is right', () => {
    const right = [
      "import type { Clock } from '../spec/context.ts'",
      "import { StockpoolError } from '../error.ts'",
      "import { createHmac } from 'node:crypto'",
      " * import { createHub } from 'stockpool'",
      "export const x = 'import of goods'",
    ]
    expect(verdicts('src/http/client.ts', right.join('\n'))).toEqual([null, null, null])
  })

  it('a clock in a pure room, but not a conversion', () => {
    expect(impurities('const at = Date.now()\nconst b = new Date()')).toHaveLength(2)
    expect(impurities('const at = new Date(value).toISOString()\n// Date.now()')).toEqual([])
  })
})
