import { StockpoolError } from '../../src/error.ts'
import type { AdapterContext, FulfillmentRequest } from '../../src/spec/index.ts'
import { orderedGoods } from './mcf-goods.ts'
import type { Settings, TikTokMcf } from './options.ts'

/** "The total number of items must not exceed 50" (CreateFBTMCFOrder). */
const mostUnits = 50

/**
 * The body of CreateFBTMCFOrder. A county is asked for and no channel shows one: it is left out. A level of service is not to be had.
 * @throws StockpoolError `invalid_input` naming what TikTok requires and the order lacks; `rejected` for what it cannot ship
 */
export async function createBody(
  context: AdapterContext,
  settings: Settings,
  mcf: TikTokMcf,
  request: FulfillmentRequest,
): Promise<object> {
  checkSize(request)
  const consignee = consigneeOf(mcf, request)
  return {
    external_order_id: request.reference,
    goods: await orderedGoods(context, settings, request.lines),
    consignee,
  }
}

function checkSize({ lines }: FulfillmentRequest): void {
  const units = lines.reduce((sum, { quantity }) => sum + quantity, 0)
  if (units > 0 && units <= mostUnits) return
  throw new StockpoolError('rejected', `TikTok ships 1 to ${mostUnits} units an order, not ${units}`, {
    field: 'lines',
    remedy: 'Ship it from elsewhere, or split it by hand in Seller Center.',
  })
}

function consigneeOf(mcf: TikTokMcf, { shipTo, buyer }: FulfillmentRequest): object {
  const [street, ...more] = [shipTo.line1, shipTo.line2, shipTo.line3].filter((line) => line)
  const elsewhere = 'put it right on the channel, or ship the order from elsewhere'
  return {
    name: needed(shipTo.name ?? shipTo.company ?? buyer?.name, 'shipTo.name', elsewhere),
    phone_number: needed(
      shipTo.phone ?? buyer?.phone ?? mcf.phone,
      'shipTo.phone',
      'name one of yours as `mcf: { phone }`, which stands in where a channel shows none',
    ),
    email: needed(
      buyer?.email ?? mcf.email,
      'buyer.email',
      'name one of yours as `mcf: { email }`, which stands in where a channel shows none',
    ),
    address: {
      country_code: needed(shipTo.country, 'shipTo.country', elsewhere),
      ...given('state_or_region', shipTo.region),
      city: needed(shipTo.city, 'shipTo.city', elsewhere),
      ...given('postal_code', shipTo.postalCode),
      address_line_1: needed(street, 'shipTo.line1', elsewhere),
      ...given('address_line_2', more.join(', ')),
    },
  }
}

const given = (name: string, value: string | null | undefined) => (value ? { [name]: value } : {})

function needed(value: string | null | undefined, field: string, remedy: string): string {
  if (value) return value
  // Also in the words: they are what a person is told of the order.
  throw new StockpoolError('invalid_input', `TikTok ships nothing without ${field}: ${remedy}`, {
    field,
    remedy: `${remedy[0]?.toUpperCase()}${remedy.slice(1)}.`,
  })
}
