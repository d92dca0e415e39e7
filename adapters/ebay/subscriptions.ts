import type { z } from 'zod'
import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import type { AdapterContext } from '../../src/spec/index.ts'
import { type EbayAuth, type EbayRequest, segment, send } from './client.ts'
import { hasErrorId } from './errors.ts'
import type { EbayWebhookOptions, Settings } from './options.ts'
import { Anything } from './wire.ts'
import { DestinationsAnswer, SubscriptionsAnswer, TopicsAnswer, type WireTopic } from './wire-notification.ts'

const root = '/commerce/notification/v1'

/**
 * What is subscribed where eBay offers it. There is no topic of an order that changed or was shipped; the deletion of an
 * account every application must hear of, or be exempted.
 */
export const wantedTopics = ['ORDER_CONFIRMATION', 'MARKETPLACE_ACCOUNT_DELETION'] as const

const request = <T>(
  operation: string,
  method: EbayRequest<T>['method'],
  path: string,
  schema: z.ZodType<T>,
  more: Partial<EbayRequest<T>> = {},
): EbayRequest<T> => ({
  operation,
  bucket: 'notification',
  effect: method === 'GET' ? 'read' : 'idempotent',
  method,
  path: `${root}${path}`,
  auth: 'application',
  schema,
  ...more,
})

/** Every page of a list, by the token in the address of the next. */
async function allOf<T, Row>(
  context: AdapterContext,
  settings: Settings,
  page: (continuation: string | undefined) => EbayRequest<T & { next?: string | null | undefined }>,
  rows: (answer: T) => readonly Row[] | null | undefined,
): Promise<Row[]> {
  const found: Row[] = []
  let token: string | undefined
  for (let pages = 0; pages < 50; pages += 1) {
    const { data } = await send(context, settings, page(token))
    found.push(...(rows(data) ?? []))
    const next: string | null = data.next
      ? new URL(data.next, settings.endpoint).searchParams.get('continuation_token')
      : null
    if (!next) return found
    token = next
  }
  return found
}

const listed = (continuation_token: string | undefined) => ({
  query: { limit: 100, ...(continuation_token === undefined ? {} : { continuation_token }) },
})

/** "Subscription already exists", "Destination exists for this endpoint". Other conflicts are refusals. */
const alreadyThere = [195012, 195021] as const

/** Creates something, or finds out that it is there: a repeat after a lost answer, or another process that was quicker. */
async function createOnce(
  context: AdapterContext,
  settings: Settings,
  create: EbayRequest<unknown>,
): Promise<void> {
  try {
    await send(context, settings, create)
  } catch (error) {
    if (!isStockpoolError(error) || !hasErrorId(error, ...alreadyThere)) throw error
  }
}

/** eBay refuses a destination before it knows where to write when one is down (195003). */
async function ensureAlertEmail(
  context: AdapterContext,
  settings: Settings,
  alertEmail: string,
): Promise<void> {
  try {
    await send(context, settings, request('getConfig', 'GET', '/config', Anything))
  } catch (error) {
    if (!isStockpoolError(error, 'not_found')) throw error
    await send(
      context,
      settings,
      request('updateConfig', 'PUT', '/config', Anything, { json: { alertEmail } }),
    )
  }
}

const destinations = (context: AdapterContext, settings: Settings) =>
  allOf(
    context,
    settings,
    (token) => request('getDestinations', 'GET', '/destination', DestinationsAnswer, listed(token)),
    (answer) => answer.destinations,
  )

/** The destination of this address, enabled: eBay marks one down that was silent for a day. */
async function ensureDestination(
  context: AdapterContext,
  settings: Settings,
  { verificationToken }: EbayWebhookOptions,
  address: string,
): Promise<string> {
  const find = async () =>
    (await destinations(context, settings)).find(({ deliveryConfig }) => deliveryConfig?.endpoint === address)
  const body = (name: string) => ({
    name,
    status: 'ENABLED',
    deliveryConfig: { endpoint: address, verificationToken },
  })
  const known = await find()
  if (known && known.status !== 'ENABLED') {
    const path = `/destination/${segment(known.destinationId)}`
    const json = body(known.name ?? 'stockpool')
    await send(context, settings, request('updateDestination', 'PUT', path, Anything, { json }))
  }
  if (known) return known.destinationId
  const json = body('stockpool')
  await createOnce(
    context,
    settings,
    request('createDestination', 'POST', '/destination', Anything, { json }),
  )
  const made = await find()
  if (made) return made.destinationId
  throw new StockpoolError('unavailable', 'eBay does not show the destination that was just made')
}

const authOf = ({ scope }: WireTopic): EbayAuth => (scope === 'USER' ? 'user' : 'application')

/** The newest payload that is JSON over HTTPS. */
function payloadOf({ supportedPayloads }: WireTopic) {
  const fitting = (supportedPayloads ?? []).filter(
    ({ format, deprecated }) => !deprecated && (format ?? ['JSON']).includes('JSON'),
  )
  const versions = fitting.flatMap(({ schemaVersion }) => schemaVersion ?? [])
  const byNumber = (one: string, other: string) => one.localeCompare(other, 'en', { numeric: true })
  return { format: 'JSON', schemaVersion: versions.sort(byNumber).at(-1) ?? '1.0', deliveryProtocol: 'HTTPS' }
}

async function ensureSubscription(
  context: AdapterContext,
  settings: Settings,
  topic: WireTopic,
  destinationId: string,
): Promise<void> {
  const auth = authOf(topic)
  const { topicId } = topic
  const all = await allOf(
    context,
    settings,
    (token) =>
      request('getSubscriptions', 'GET', '/subscription', SubscriptionsAnswer, { auth, ...listed(token) }),
    (answer) => answer.subscriptions,
  )
  const known = all.find((each) => each.topicId === topicId && each.destinationId === destinationId)
  if (known === undefined) {
    const json = { topicId, status: 'ENABLED', destinationId, payload: payloadOf(topic) }
    await createOnce(
      context,
      settings,
      request('createSubscription', 'POST', '/subscription', Anything, { auth, json }),
    )
  } else if (known.status !== 'ENABLED') {
    const path = `/subscription/${segment(known.subscriptionId)}/enable`
    await send(context, settings, request('enableSubscription', 'POST', path, Anything, { auth, json: {} }))
  }
}

/** Sees to the alert email, the destination and a subscription of each wanted topic that eBay offers now. */
export async function ensureSubscriptions(
  context: AdapterContext,
  settings: Settings,
  webhooks: EbayWebhookOptions,
  address: string,
): Promise<void> {
  await ensureAlertEmail(context, settings, webhooks.alertEmail)
  const destinationId = await ensureDestination(context, settings, webhooks, address)
  // Read each time: which topics there are differs by environment and changes (the sandbox has no ORDER_CONFIRMATION).
  const topics = await allOf(
    context,
    settings,
    (token) => request('getTopics', 'GET', '/topic', TopicsAnswer, listed(token)),
    (answer) => answer.topics,
  )
  for (const topicId of wantedTopics) {
    const topic = topics.find((each) => each.topicId === topicId && each.status !== 'DISABLED')
    if (topic) await ensureSubscription(context, settings, topic, destinationId)
    else context.log.info('eBay does not offer a topic; it is polled', { topic: topicId })
  }
}
