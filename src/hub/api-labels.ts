import { z } from 'zod'
import { StockpoolError } from '../error.ts'
import { Address } from '../model/address.ts'
import { Instant, Key, PositiveQuantity } from '../model/ids.ts'
import type { LabelRate, LabelRequest } from '../spec/labels.ts'
import { type AnswerState, ask, getAnswer } from '../store/answers.ts'
import { isPaused } from '../store/connections.ts'
import type { Transaction } from '../store/database.ts'
import { checked } from '../store/input.ts'
import { documentsOf } from '../store/label-documents.ts'
import { lockOrder } from '../store/locks.ts'
import { mustKnow } from './api-catalog.ts'
import { type Asked, mustHaveLines } from './api-returns.ts'
import type { LabelFacts } from './jobs-labels.ts'
import { mustHave } from './order-lookup.ts'
import type { Runtime } from './runtime.ts'

const name = (what: string) => z.string(`${what} must be a string`).min(1, `${what} must not be empty`)
const length = z.number().positive('a box has a size').max(100_000)

const Wanted = z.strictObject({
  connection: name('connection'),
  order: name('order'),
  shipFrom: Address,
  packages: z
    .array(
      z.strictObject({
        size: z.strictObject({ length, width: length, height: length }),
        weight: z.number().positive('a box weighs something').max(10_000_000),
        lines: z
          .array(z.strictObject({ line: name('line'), quantity: PositiveQuantity }))
          .min(1)
          .max(1000),
      }),
    )
    .min(1, 'packages must name a box')
    .max(100),
  shipAt: Instant.optional(),
})
const Bought = Wanted.extend({ rate: name('rate'), key: Key })

/**
 * What labels are wanted for: parcels of one order of a channel.
 * @example
 * const wanted: LabelInput = {
 *   connection: 'amazonUs', order: '112-1', shipFrom,
 *   packages: [{ size: { length: 200, width: 150, height: 100 }, weight: 450, lines: [{ line: 'l1', quantity: 1 }] }],
 * }
 */
export interface LabelInput {
  /** The channel that the order is of, and that sells the labels. */
  readonly connection: string
  /** The channel's id of the order. */
  readonly order: string
  readonly shipFrom: z.input<typeof Address>
  /** Sizes in millimetres, weights in grams; lines by the channel's order line, in units of the listing. */
  readonly packages: LabelRequest['packages']
  /** When the parcels will be handed over: ISO 8601 with an offset. Default: now. */
  readonly shipAt?: string | undefined
}

/** A label to buy, at one of the rates that the channel named for it. */
export interface BuyLabelInput extends LabelInput {
  readonly rate: string
  /** The idempotency key: 1 to 200 characters. Nothing is bought twice under one. */
  readonly key: string
}

/** A label as the hub knows it. */
export interface KnownLabel {
  readonly key: string
  readonly order: string
  readonly state: AnswerState
  /** `null` until it was bought. */
  readonly label: LabelFacts | null
  /** What is to be printed, by package; `null`: not made yet, or erased with the buyer's data. It names the buyer. */
  readonly documents: readonly (Uint8Array | null)[]
}

/** `hub.labels`: shipping labels that a channel sells for its own orders. Buying one ships nothing: see `hub.shipments.add`. */
export const labelsApi = (run: Runtime, signal: AbortSignal) => ({
  /**
   * Asks the channel what shipping would cost. Changes nothing; rates end soon, within minutes on most channels.
   * @throws StockpoolError `unsupported`, `not_found` for an unknown connection, order or line, `invalid_input` naming the field,
   * `auth` while the connection is paused, and whatever the channel answers
   */
  async rates(input: LabelInput): Promise<readonly LabelRate[]> {
    const wanted = checked(Wanted, input, 'label')
    const labels = facetOf(run, wanted.connection)
    await run.database.read(async (tx) => {
      await checkLines(run, tx, wanted)
      await mustRun(tx, wanted.connection)
    })
    return labels.rates(run.context(wanted.connection, signal), requestOf(run, wanted))
  },
  /**
   * Buys a label, once under its key: `label.bought` tells of it, and `get` gives what is to be printed. A lost answer is looked up
   * before anything is bought again; what cannot be looked up goes to a person.
   * @throws StockpoolError `unsupported`, `not_found` for an unknown connection, order or line, `conflict` when the key was used
   * with another content, `invalid_input` naming the field
   */
  async buy(input: BuyLabelInput): Promise<Asked> {
    const { key, rate, ...wanted } = checked(Bought, input, 'label')
    const { connection, order } = wanted
    facetOf(run, connection)
    return run.database.transaction(async (tx) => {
      await lockOrder(tx, connection, order)
      await checkLines(run, tx, wanted)
      const request = { ...requestOf(run, wanted), rate }
      const meaning = { ...wanted, rate }
      const place = { connection, kind: 'label.buy', key, order, return: null } as const
      const { protect } = run.vault
      return ask(tx, { ...place, request, meaning, words: null, facts: {}, protect, at: run.at() })
    })
  },
  /**
   * Gives a label back while it is unused, by the key that it was bought under. `label.voided` tells what the channel says.
   * @throws StockpoolError `unsupported`, `not_found` for an unknown connection, or a label that was not bought
   */
  async void(connection: string, key: string): Promise<Asked> {
    const given = checked(Key, key, 'key')
    if (!facetOf(run, connection).void) throw cannot(connection, 'takes no labels back')
    return run.database.transaction(async (tx) => {
      const bought = await getAnswer(tx, { connection, kind: 'label.buy', key: given })
      if (bought?.state !== 'done') throw noLabel(connection, given)
      const place = { connection, kind: 'label.void', key: given, order: bought.order, return: null } as const
      const facts = { label: (bought.facts as unknown as LabelFacts).label }
      const { protect } = run.vault
      return ask(tx, { ...place, request: {}, words: null, facts, protect, at: run.at() })
    })
  },
  /**
   * A label by the key that it was asked for under; `null` when it was not. What is to be printed comes from the channel where
   * it gives it again, else from the store, protected as buyer data are.
   * @throws StockpoolError `unsupported`, `not_found` for an unknown connection, and whatever the channel answers
   */
  async get(connection: string, key: string): Promise<KnownLabel | null> {
    const given = checked(Key, key, 'key')
    const labels = facetOf(run, connection)
    const found = await run.database.read((tx) =>
      getAnswer(tx, { connection, kind: 'label.buy', key: given }),
    )
    if (found === null) return null
    const { order, state } = found
    if (state !== 'done') return { key: given, order, state, label: null, documents: [] }
    const { label, carrier, carrierName, price, packages } = found.facts as unknown as LabelFacts
    const known = { key: given, order, state, label: { label, carrier, carrierName, price, packages } }
    if (labels.get) {
      await run.database.read((tx) => mustRun(tx, connection))
      const now = await labels.get(run.context(connection, signal), label)
      return { ...known, documents: packages.map((_, index) => now?.packages[index]?.document ?? null) }
    }
    const kept = await run.database.read((tx) => documentsOf(tx, connection, given, run.vault.reveal))
    return { ...known, documents: packages.map((_, index) => kept.get(index) ?? null) }
  },
})

type WantedLabel = z.output<typeof Wanted>

function facetOf(run: Runtime, connection: string) {
  const { labels } = mustKnow(run, connection)
  if (labels) return labels
  throw cannot(connection, 'sells no labels')
}

/** Nothing goes out to a connection whose credential was refused. */
async function mustRun(tx: Transaction, connection: string): Promise<void> {
  if ((await isPaused(tx, connection)) !== true) return
  throw new StockpoolError('auth', `${connection} is paused`, {
    field: 'connection',
    remedy: `See hub.connections.list() for the reason; put it right, then hub.connections.resume('${connection}').`,
  })
}

const cannot = (connection: string, what: string) =>
  new StockpoolError('unsupported', `${connection} ${what}`, {
    field: 'connection',
    remedy: 'Do it on the platform itself, or at a carrier.',
  })

const noLabel = (connection: string, key: string) =>
  new StockpoolError('not_found', `no label was bought at ${connection} under the key "${key}"`, {
    field: 'key',
    remedy: 'Give the key that it was bought under; hub.labels.get tells how it stands.',
  })

async function checkLines(
  run: Runtime,
  tx: Transaction,
  { connection, order, packages }: WantedLabel,
): Promise<void> {
  const known = await mustHave(run, tx, connection, order)
  for (const { lines } of packages) mustHaveLines(known, lines)
}

function requestOf(run: Runtime, { order, shipFrom, packages, shipAt }: WantedLabel): LabelRequest {
  return { order, shipFrom, packages, shipAt: shipAt === undefined ? run.clock.now() : Date.parse(shipAt) }
}
