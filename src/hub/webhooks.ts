import { StockpoolError, toStockpoolError } from '../error.ts'
import type { ChallengeAnswer, Hint, WebhookDelivery, WebhookEvent, WebhooksFacet } from '../spec/webhooks.ts'
import { callDuty, connectionState, pauseConnection, receiveOnce } from '../store/connections.ts'
import type { Transaction } from '../store/database.ts'
import { emit } from '../store/events.ts'
import { enqueue } from '../store/jobs.ts'
import { erasePeople, ordersOfBuyers, ordersWithPeople } from '../store/orders.ts'
import { readToken } from '../store/tokens.ts'
import { later } from './backoff.ts'
import { observeLater } from './jobs-channel.ts'
import { fetchJob } from './returns-pass.ts'
import type { Runtime } from './runtime.ts'

/** A platform gives up on us after some seconds; a public key that takes longer to fetch comes with the next attempt. */
const verifyMs = 20_000

const uninstalled = 'the platform says that the app was uninstalled'

const statusOf: Readonly<Partial<Record<string, number>>> = {
  not_found: 404,
  signature: 401,
  invalid_input: 400,
  unsupported: 404,
}

/**
 * Takes one webhook: verifies it over the raw bytes, stores its event once with the jobs that re-read the truth, and only
 * then answers 200. Anything that keeps it from being stored answers 500, so that the platform sends it again.
 */
export async function receiveWebhook(run: Runtime, request: Request): Promise<Response> {
  // Platforms look whether an address answers before they send anything there (ShipHero, when a webhook is made).
  if (request.method === 'HEAD') {
    return new Response(null, { status: run.connections.get(nameIn(request))?.webhooks ? 200 : 404 })
  }
  try {
    const { webhooks, name, delivery } = await delivered(run, request)
    const challenge = webhooks.challenge?.(delivery, addressOf(run, name, delivery)) ?? null
    if (challenge !== null) return challengeResponse(challenge)
    const secrets = await storedSecrets(run, name, webhooks.secretNames ?? [])
    const context = run.context(name, AbortSignal.timeout(verifyMs))
    const event = await webhooks.verify(delivery, run.clock.now(), secrets, context)
    const fresh = await run.database.transaction((tx) => takeEvent(run, tx, name, event))
    if (fresh) run.wake()
    const { answer } = event
    if (answer) return new Response(answer.body, { headers: { 'content-type': answer.type } })
    return Response.json({ received: event.id, repeated: !fresh })
  } catch (thrown) {
    const error = toStockpoolError(thrown)
    const status = error.details?.status ?? statusOf[error.code] ?? 500
    run.log.warn('a webhook was refused', { code: error.code, message: error.message })
    return Response.json(
      { error: error.code, message: status === 500 ? 'try again' : error.message },
      { status: Number(status) },
    )
  }
}

const nameIn = (request: Request) => new URL(request.url).pathname.split('/').at(-1) ?? ''

interface Delivered {
  readonly webhooks: WebhooksFacet
  readonly name: string
  readonly delivery: WebhookDelivery
}

async function delivered(run: Runtime, request: Request): Promise<Delivered> {
  const name = nameIn(request)
  const webhooks = run.connections.get(name)?.webhooks
  if (!webhooks) {
    throw new StockpoolError('not_found', 'no connection of this name takes webhooks', {
      field: 'url',
      remedy: 'End the webhook address with the name of the connection, such as /webhooks/web.',
    })
  }
  const body = await boundedBody(request, webhooks.maxBytes)
  const headers = Object.fromEntries(request.headers)
  return { webhooks, name, delivery: { method: request.method, url: request.url, headers, body } }
}

/** The address as the platform knows it: behind a proxy the request's own is another. */
function addressOf(run: Runtime, name: string, { url }: WebhookDelivery): string {
  return run.publicUrl === null ? url.replace(/\?.*$/s, '') : `${run.publicUrl}/${name}`
}

async function storedSecrets(run: Runtime, connection: string, names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return []
  return run.database.read(async (tx) => {
    const secrets: string[] = []
    for (const name of names) {
      const row = await readToken(tx, connection, name)
      if (row !== null) secrets.push(run.vault.reveal(row.value))
    }
    return secrets
  })
}

const challengeResponse = ({ status, type, body }: ChallengeAnswer) =>
  new Response(body, { status, headers: { 'content-type': type } })

async function boundedBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = () =>
    new StockpoolError('invalid_input', `the webhook's body is larger than ${maxBytes} bytes`, {
      field: 'body',
      details: { status: 413 },
    })
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge()
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of request.body ?? []) {
    size += part.length
    if (size > maxBytes) throw tooLarge()
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/**
 * Stores a platform's event once, with the jobs that re-read the truth, however it came: by a webhook, by a queue, or handed in.
 * `false`: it was stored before.
 */
export async function takeEvent(
  run: Runtime,
  tx: Transaction,
  connection: string,
  event: WebhookEvent,
): Promise<boolean> {
  const at = run.at()
  if (!(await receiveOnce(tx, connection, event.id, at))) return false
  // In one order, so that two events of the same things do not wait for each other's jobs in a ring.
  for (const hint of event.hints.toSorted(byText)) await follow(run, tx, connection, hint, at)
  return true
}

function byText(a: Hint, b: Hint): number {
  const [one, other] = [JSON.stringify(a), JSON.stringify(b)]
  return one < other ? -1 : one > other ? 1 : 0
}

/** A hint never carries truth: it only asks for a fresh read. */
async function follow(
  run: Runtime,
  tx: Transaction,
  connection: string,
  hint: Hint,
  at: string,
): Promise<void> {
  switch (hint.kind) {
    case 'order':
      await enqueue(tx, {
        connection,
        kind: 'order.fetch',
        key: `${connection}/${hint.order}`,
        payload: { order: hint.order },
        at,
      })
      return
    case 'fulfillment':
      if (hint.reference === null) await callDuty(tx, connection, 'updates')
      else {
        const { reference, id } = hint
        await enqueue(tx, {
          connection,
          kind: 'fulfillment.fetch',
          key: `${connection}/${reference}`,
          payload: { reference, ...(id ? { id } : {}) },
          at,
        })
      }
      return
    case 'listing':
      await observeLater(tx, connection, [hint], at)
      return
    case 'stock':
      await callDuty(tx, connection, 'stock')
      await callDuty(tx, connection, 'platform-stock')
      return
    case 'erasure':
      await erasePeople(tx, connection, await ordersToErase(run, tx, connection, hint))
      return
    case 'disclosure': {
      const { orders, withinMs } = hint
      await emit(tx, at, 'buyer.data_requested', {
        connection,
        orders: [...orders],
        answerBy: later(at, withinMs),
      })
      return
    }
    case 'uninstalled':
      await connectionState(tx, connection, at)
      if (await pauseConnection(tx, connection, uninstalled, at))
        await emit(tx, at, 'connection.paused', { connection, code: 'auth', message: uninstalled })
      return
    case 'return':
      if (hint.id !== null && run.connections.get(connection)?.returns?.get) {
        await enqueue(tx, fetchJob({ name: connection, run }, hint.id))
        return
      }
      await callDuty(tx, connection, 'returns')
      await callDuty(tx, connection, 'provider-returns')
      return
    case 'tracking': {
      const { id } = hint
      if (id === null) return callDuty(tx, connection, 'tracking')
      const key = `${connection}/${id}`
      await enqueue(tx, { connection, kind: 'tracking.fetch', key, payload: { id }, at })
      return
    }
    case 'ignored':
      return
  }
}

async function ordersToErase(
  run: Runtime,
  tx: Transaction,
  connection: string,
  { orders, buyers = [], all }: Extract<Hint, { kind: 'erasure' }>,
): Promise<readonly string[]> {
  if (all) return ordersWithPeople(tx, connection)
  if (buyers.length === 0) return orders
  return [...orders, ...(await ordersOfBuyers(tx, connection, buyers, run.vault.reveal))]
}
