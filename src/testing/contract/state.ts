import { z } from 'zod'
import type { RunningSimulator } from '../../simulator/index.ts'

const text = z.string().nullable()

/** What `GET /_simulator/state` of every channel simulator has; more members are welcome. */
export const ChannelState = z.looseObject({
  listings: z.array(
    z.looseObject({ sku: z.string(), listing: z.string(), place: z.string(), quantity: z.int() }),
  ),
  orders: z.array(
    z.looseObject({
      id: z.string(),
      status: z.string(),
      lines: z.array(
        z.looseObject({
          id: z.string(),
          sku: z.string(),
          quantity: z.int(),
          cancelled: z.int(),
          shipped: z.int(),
        }),
      ),
      shipments: z.array(
        z.looseObject({
          trackingNumber: text,
          carrier: text,
          lines: z.array(z.looseObject({ id: z.string(), quantity: z.int() })),
        }),
      ),
    }),
  ),
})
export type ChannelState = z.infer<typeof ChannelState>

const skuLines = z.array(z.looseObject({ sku: z.string(), quantity: z.int() }))

/** What `GET /_simulator/state` of every fulfilment provider's simulator has. */
export const ProviderState = z.looseObject({
  stock: z.array(
    z.looseObject({
      sku: z.string(),
      location: z.string(),
      onHand: z.int(),
      committed: z.int(),
      fulfillable: z.int(),
    }),
  ),
  orders: z.array(
    z.looseObject({
      id: z.string(),
      reference: z.string(),
      status: z.string(),
      lines: z.array(
        z.looseObject({ sku: z.string(), quantity: z.int(), shipped: z.int(), cancelled: z.int() }),
      ),
      shipments: z.array(z.looseObject({ id: z.string(), trackingNumber: text, lines: skuLines })),
    }),
  ),
})
export type ProviderState = z.infer<typeof ProviderState>

/** What the state of a channel simulator that takes returns has besides. */
export const ReturnsState = z.looseObject({
  returns: z.array(
    z.looseObject({
      id: z.string(),
      order: z.string(),
      lines: z.array(z.looseObject({ id: z.string(), quantity: z.int(), received: z.int() })),
    }),
  ),
  refunds: z.array(
    z.looseObject({ order: z.string(), amount: z.object({ amount: z.int(), currency: z.string() }) }),
  ),
})
export type ReturnsState = z.infer<typeof ReturnsState>

export const channelState = (simulator: RunningSimulator) => ChannelState.parse(simulator.state())
export const providerState = (simulator: RunningSimulator) => ProviderState.parse(simulator.state())

export function channelOrder(simulator: RunningSimulator, id: string): ChannelState['orders'][number] {
  const found = channelState(simulator).orders.find((order) => order.id === id)
  if (!found) throw new Error(`the simulator's state has no order ${id}`)
  return found
}

export function providerOrders(simulator: RunningSimulator, reference: string): ProviderState['orders'] {
  return providerState(simulator).orders.filter((order) => order.reference === reference)
}

const returnsState = (simulator: RunningSimulator) => ReturnsState.parse(simulator.state())

export function channelReturn(simulator: RunningSimulator, id: string): ReturnsState['returns'][number] {
  const found = returnsState(simulator).returns.find((each) => each.id === id)
  if (!found) throw new Error(`the simulator's state has no return ${id}`)
  return found
}

export const returnsOf = (simulator: RunningSimulator, order: string) =>
  returnsState(simulator).returns.filter((each) => each.order === order)

export const refundsOf = (simulator: RunningSimulator, order: string) =>
  returnsState(simulator).refunds.filter((each) => each.order === order)
