import { z } from 'zod'

const units = z.int().min(0)

/**
 * The body of the control `sent-back`, which the simulator of every provider with returns has, beside its own ways of telling
 * of one: a return **as it stands now**, so that the same body twice moves no units twice. It is announced when nothing has been
 * received yet, and over when all of it has. The control answers `{ return }`, a text to name the return by the next time.
 * Throws a `ZodError` for another body.
 *
 * @example
 * const { return: id } = await simulator.control('sent-back', { reference, lines: [{ sku: 'MUG-RED', quantity: 2 }] })
 * const lines = [{ sku: 'MUG-RED', quantity: 2, received: 2, restocked: 1, word: 'Chipped' }]
 * await simulator.control('sent-back', { return: id, reference, lines })
 */
export const SentBack = z.strictObject({
  /** As it was answered; absent: another return. */
  return: z.string().optional(),
  /** Our reference of the order that the goods were shipped for; it has shipped. */
  reference: z.string().min(1),
  lines: z
    .array(
      z.strictObject({
        sku: z.string().min(1),
        /** Units announced, the same each time. */
        quantity: z.int().min(1),
        /** Units that arrived, of those announced. */
        received: units.default(0),
        /** Units back on the shelf, of those that arrived. */
        restocked: units.default(0),
        /** What the provider says of the units that arrived and are not back on the shelf; `null`: nothing yet. */
        word: z.string().min(1).nullable().default(null),
      }),
    )
    .min(1),
  /** A word for where the return stands, in place of the provider's own. */
  status: z.string().min(1).optional(),
  /** Shows the return in a form that the provider does not document. */
  unreadable: z.boolean().default(false),
})
export type SentBack = z.infer<typeof SentBack>
