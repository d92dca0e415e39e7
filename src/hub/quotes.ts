import { toStockpoolError } from '../error.ts'
import type { Order } from '../model/order.ts'
import type { RouteQuote } from '../order/index.ts'
import type { Quote, QuoteRequest } from '../spec/fulfillment.ts'
import { listLocations } from '../store/catalog.ts'
import type { Transaction } from '../store/database.ts'
import { enqueue, type Job } from '../store/jobs.ts'
import { lockOrder } from '../store/locks.ts'
import { rerouteOrder } from '../store/order-reroute.ts'
import { addTimeline, getOrder, readPerson } from '../store/orders.ts'
import { getQuoting, overdueQuotings, putQuoting } from '../store/quoting.ts'
import { openAllocations, submissionsOf } from '../store/submissions.ts'
import { later } from './backoff.ts'
import { react } from './reactions.ts'
import { shipToOf } from './reroute.ts'
import { commit, type Pass, type Runtime } from './runtime.ts'

/**
 * Whether an order has to wait, since providers were asked what it would cost and have not answered yet. Asks them the first
 * time; routes the order by their answers the last time. Its stock is reserved all the while.
 */
export async function waitsForQuotes(run: Runtime, tx: Transaction, order: Order): Promise<boolean> {
  if (run.quoteWithinMs === null) return false
  const { connection, id } = order
  const quoting = await getQuoting(tx, connection, id)
  if (quoting === null) return askForQuotes(run, tx, order, run.quoteWithinMs)
  if (quoting.routed) return false
  if (quoting.pending.length > 0 && quoting.until > run.at()) return true
  await putQuoting(tx, connection, id, { ...quoting, pending: [], routed: true })
  const from = new Map<string, Map<string, number>>()
  for (const { location, sku, open } of await openAllocations(tx, connection, id)) {
    if (open > 0) from.set(location, (from.get(location) ?? new Map<string, number>()).set(sku, open))
  }
  await rerouteOrder(tx, {
    connection,
    order: id,
    at: run.at(),
    route: run.route,
    shipTo: await shipToOf(run, tx, order),
    quotes: quoting.quotes,
    from,
    away: new Set(),
    because: 'by the quotes',
  })
  return false
}

/** `false`: there is nobody to ask, nothing to choose, or the order is under way already. */
async function askForQuotes(
  run: Runtime,
  tx: Transaction,
  { connection, id }: Order,
  withinMs: number,
): Promise<boolean> {
  const places = await listLocations(tx)
  const providers = [...new Set(places.flatMap(({ connection: provider }) => provider ?? []))].filter(
    (provider) => run.connections.get(provider)?.fulfillment?.quote !== undefined,
  )
  if (providers.length === 0 || places.length < 2) return false
  if ((await submissionsOf(tx, connection, id)).length > 0) return false
  if (!(await openAllocations(tx, connection, id)).some(({ open }) => open > 0)) return false
  const at = run.at()
  const asked = { until: later(at, withinMs), pending: providers, quotes: [], routed: false }
  await putQuoting(tx, connection, id, asked)
  for (const provider of providers) {
    await enqueue(tx, {
      connection: provider,
      kind: 'order.quote',
      key: `${provider}/${connection}/${id}`,
      payload: { connection, order: id },
      at,
    })
  }
  return true
}

/** Asks one provider. What it cannot say in time, or at all, is left out: an order never waits for a quote in vain. */
export async function quoteOrder(pass: Pass, job: Job): Promise<void> {
  const { connection = '', order: id = '' } = job.payload
  const asked = await pass.run.database.read(async (tx) => ({
    quoting: await getQuoting(tx, connection, id),
    request: await quoteRequestFor(pass.run, tx, connection, id),
  }))
  if (asked.quoting === null || asked.quoting.routed) return
  let quotes: readonly Quote[] = []
  let failure: string | null = null
  try {
    if (asked.request !== null)
      quotes = (await pass.connection.fulfillment?.quote?.(pass.context, asked.request)) ?? []
  } catch (thrown) {
    const error = toStockpoolError(thrown)
    if (error.retryable && asked.quoting.until > pass.run.at()) throw error
    if (error.code === 'auth' || error.code === 'aborted' || error.code === 'lease_lost') throw error
    failure = error.message
  }
  await commit(pass, async (tx) => {
    await lockOrder(tx, connection, id)
    const quoting = await getQuoting(tx, connection, id)
    const order = await getOrder(tx, connection, id)
    if (quoting === null || quoting.routed || order === null) return
    const given = await quotesHere(pass, tx, quotes)
    const at = pass.run.at()
    const text = failure ? `${pass.name}: no quote: ${failure}` : `${pass.name}: ${given.length} quotes`
    await addTimeline(tx, connection, id, at, { text, facts: { quotes: given } })
    const pending = quoting.pending.filter((name) => name !== pass.name)
    await putQuoting(tx, connection, id, { ...quoting, pending, quotes: [...quoting.quotes, ...given] })
    await react(pass.run, tx, order)
  })
}

/** Orders whose providers have had their time go on. Each in a transaction of its own. */
export async function goOnWithoutQuotes(run: Runtime): Promise<void> {
  const overdue = await run.database.read((tx) => overdueQuotings(tx, run.at()))
  for (const { connection, order: id } of overdue) {
    await run.database.transaction(async (tx) => {
      await lockOrder(tx, connection, id)
      const order = await getOrder(tx, connection, id)
      if (order !== null) await react(run, tx, order)
      // An order that nobody may ship now is routed when it may: the quotes would be old by then.
      const quoting = await getQuoting(tx, connection, id)
      if (quoting?.routed === false)
        await putQuoting(tx, connection, id, { ...quoting, pending: [], routed: true })
    })
  }
}

/** `null`: nothing is open, or it is not known where it goes. */
async function quoteRequestFor(
  run: Runtime,
  tx: Transaction,
  connection: string,
  id: string,
): Promise<QuoteRequest | null> {
  const order = await getOrder(tx, connection, id)
  const person = await readPerson(tx, connection, id, run.vault.reveal).catch(() => null)
  const country = person?.shipTo?.country
  if (order === null || country === undefined || country === null) return null
  const units = new Map<string, number>()
  for (const { sku, open } of await openAllocations(tx, connection, id))
    if (open > 0) units.set(sku, open + (units.get(sku) ?? 0))
  if (units.size === 0) return null
  const { postalCode = null, city = null, region = null } = person?.shipTo ?? {}
  return {
    lines: [...units].map(([sku, quantity]) => ({ sku, quantity })),
    shipTo: { country, postalCode, city, region },
    serviceLevel: null,
  }
}

/** A provider's quotes by the names that its places have here; one that names no place holds for each of them. */
async function quotesHere(pass: Pass, tx: Transaction, quotes: readonly Quote[]): Promise<RouteQuote[]> {
  const places = (await listLocations(tx)).filter(({ connection }) => connection === pass.name)
  const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString())
  return quotes.flatMap(({ location, service, serviceLevel, cost, shipBy, deliverBy, cannotShip }) =>
    places
      .filter(({ externalId }) => location === null || externalId === location)
      .map(({ id }) => ({
        location: id,
        service,
        serviceLevel,
        cost,
        shipBy: iso(shipBy),
        deliverBy: iso(deliverBy),
        cannotShip: cannotShip.map(({ sku }) => sku),
      })),
  )
}
