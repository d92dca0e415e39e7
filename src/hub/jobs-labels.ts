import type { CarrierCode } from '../model/carrier.ts'
import type { Money } from '../model/money.ts'
import type { Label, LabelRequest } from '../spec/labels.ts'
import { type Answer, settleAnswer } from '../store/answers.ts'
import type { Transaction } from '../store/database.ts'
import { emit } from '../store/events.ts'
import type { Job } from '../store/jobs.ts'
import { keepDocuments } from '../store/label-documents.ts'
import { lockOrder } from '../store/locks.ts'
import { addTimeline } from '../store/orders.ts'
import { begin, requestOf } from './begin-answer.ts'
import { unsupported } from './jobs-channel.ts'
import { commit, type Pass } from './runtime.ts'

/** What is shown of a label that was bought: no buyer data. */
export interface LabelFacts {
  /** The platform's own id of it. */
  readonly label: string
  readonly carrier: CarrierCode | string | null
  readonly carrierName: string
  readonly price: Money | null
  readonly packages: readonly { readonly trackingNumber: string | null; readonly format: string }[]
}

/**
 * Buys a label, once under its key. That it may have been bought is in the store before the call; from then on the adapter looks
 * for it before it buys.
 */
export async function buyLabel(pass: Pass, job: Job): Promise<void> {
  const { labels } = pass.connection
  if (!labels) throw unsupported(pass, 'sell labels')
  const answer = await begin(pass, job)
  if (answer === null) return
  const { key, order, repeated } = answer
  const request = requestOf(pass, answer) as LabelRequest & { rate: string }
  const label = await labels.buy(pass.context, { ...request, order, key: `${answer.kind}/${key}`, repeated })
  await commit(pass, (tx) => bought(pass, tx, answer, label))
}

async function bought(pass: Pass, tx: Transaction, answer: Answer, label: Label): Promise<void> {
  const { name: connection, run } = pass
  const { key, order } = answer
  const at = run.at()
  await lockOrder(tx, connection, order)
  const { id, carrier, carrierName, price } = label
  const packages = label.packages.map(({ trackingNumber, format }) => ({ trackingNumber, format }))
  const facts: LabelFacts = { label: id, carrier, carrierName, price, packages }
  await settleAnswer(tx, answer, { state: 'done', return: null, facts: { ...facts }, at })
  // What the platform gives again need not lie here.
  if (!pass.connection.labels?.get) {
    const documents = label.packages.flatMap(({ document }, position) =>
      document === null ? [] : [{ position, content: document }],
    )
    await keepDocuments(tx, { connection, key, order }, documents, run.vault.protect)
  }
  await addTimeline(tx, connection, order, at, {
    text: `${connection}: label bought`,
    facts: { key, ...facts },
  })
  await emit(tx, at, 'label.bought', { connection, order, key, label: id, price, packages })
}

/** Gives a label back. What the platform says of it is in the order's timeline. */
export async function voidLabel(pass: Pass, job: Job): Promise<void> {
  const { labels } = pass.connection
  if (!labels?.void) throw unsupported(pass, 'take labels back')
  const answer = await begin(pass, job)
  if (answer === null) return
  const id = String(answer.facts.label)
  const { outcome, detail = '' } = await labels.void(pass.context, id)
  await commit(pass, async (tx) => {
    const { name: connection } = pass
    const { key, order } = answer
    const at = pass.run.at()
    await lockOrder(tx, connection, order)
    const state = ({ stopped: 'done', too_late: 'too_late', unknown: 'pending' } as const)[outcome]
    await settleAnswer(tx, answer, { state, return: null, facts: { outcome, detail }, at })
    const what = { stopped: 'given back', too_late: 'cannot be given back', unknown: 'asked to take it back' }
    const text = `${connection}: label ${id} ${what[outcome]}`
    await addTimeline(tx, connection, order, at, { text, facts: { key, label: id, outcome, detail } })
    await emit(tx, at, 'label.voided', { connection, order, key, label: id, outcome })
  })
}
