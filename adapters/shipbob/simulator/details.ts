/** A status detail of ShipBob (developer.shipbob.com/status-reference). */
export interface Detail {
  readonly id: number
  readonly name: string
  readonly description: string
  /** It is over when stock arrives. */
  readonly stock: boolean
}

const detail = (id: number, name: string, description: string, stock = false): Detail => ({
  id,
  name,
  description,
  stock,
})

export const details = {
  Labeled: detail(102, 'Labeled', 'Label Generated'),
  Processing: detail(200, 'Processing', 'Waiting For Carrier Pickup'),
  InTransit: detail(201, 'InTransit', 'Shipment In Transit'),
  Delivered: detail(203, 'Delivered', 'Shipment Delivered'),
  InactiveSku: detail(302, 'InactiveSku', 'Shipment Contains an inactive sku'),
  OutOfStock: detail(303, 'OutOfStock', 'No Stock On Hand For Sku', true),
  UnknownSku: detail(304, 'UnknownSku', 'No Sku History', true),
  InventoryPartiallyCommitted: detail(
    308,
    'InventoryPartiallyCommitted',
    'Shipment is partially allocated',
    true,
  ),
  PaymentDeclined: detail(400, 'PaymentDeclined', 'Payment Failure'),
  InvalidAddress: detail(401, 'InvalidAddress', 'Invalid Address'),
  Manual: detail(405, 'Manual', 'Manually placed on hold'),
} as const

/** A detail by its name, in any case; any other words are taken as they are. */
export function detailNamed(words: string, otherId: number): Detail {
  const known = Object.values(details).find(({ name }) => name.toLowerCase() === words.toLowerCase())
  return known ?? detail(otherId, words, words)
}
