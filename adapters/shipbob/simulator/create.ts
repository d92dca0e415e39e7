import { z } from 'zod'
import { reply, type SimulatorReply } from '../../../src/simulator/index.ts'
import type { OrderInput } from './types.ts'

const filled = z.string().min(1)
const maybe = z.string().nullish()

// What ShipBob's OpenAPI requires of Create Order, and the ranges it must have to mean anything.
const Body = z.object({
  reference_id: filled,
  order_number: maybe,
  purchase_date: z.iso.datetime({ offset: true }).nullish(),
  shipping_method: filled,
  type: z.enum(['DTC', 'DropShip', 'B2B']),
  location_id: z.int().nullish(),
  recipient: z.looseObject({
    name: filled,
    email: z.email().nullish(),
    phone_number: maybe,
    address: z.looseObject({
      address1: filled,
      city: filled,
      country: filled,
      state: maybe,
      zip_code: maybe,
    }),
  }),
  products: z.array(z.object({ reference_id: filled, name: maybe, quantity: z.int().min(1) })).min(1),
})

const pascal = (key: PropertyKey) =>
  typeof key === 'number'
    ? `[${key}]`
    : String(key).replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())

/** The order, or ShipBob's refusal: the fields at fault in the spelling of its server. */
export function parseOrder(body: unknown): OrderInput | SimulatorReply {
  const parsed = Body.safeParse(body)
  if (parsed.success) return parsed.data
  const complaints: Record<string, string[]> = {}
  for (const { path, message } of parsed.error.issues) {
    const field = path.map(pascal).join('.').replaceAll('.[', '[')
    complaints[field] = [...(complaints[field] ?? []), message]
  }
  return reply(400, complaints)
}
