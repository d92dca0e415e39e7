import { z } from 'zod'
import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import type { AdapterContext } from '../../src/spec/index.ts'
import { ask, segment } from './client.ts'
import type { Settings } from './options.ts'

// Notifications API v1: a destination of the application, and one subscription of the seller's for each type.
// https://developer-docs.amazon.com/sp-api/docs/notifications-api-v1-use-case-guide

type Notifications = NonNullable<Settings['notifications']>

const WireDestination = z.object({
  destinationId: z.string().min(1),
  resource: z.object({
    sqs: z.object({ arn: z.string() }).nullish(),
    eventBridge: z.object({ accountId: z.string(), region: z.string() }).nullish(),
  }),
})
type WireDestination = z.infer<typeof WireDestination>
export const DestinationsAnswer = z.object({ payload: z.array(WireDestination).nullish() })
export const DestinationAnswer = z.object({ payload: WireDestination })
const WireSubscription = z.object({
  subscriptionId: z.string(),
  destinationId: z.string(),
  processingDirective: z
    .object({ eventFilter: z.object({ marketplaceIds: z.array(z.string()).nullish() }).nullish() })
    .nullish(),
})
export const SubscriptionAnswer = z.object({ payload: WireSubscription.nullish() })

const root = '/notifications/v1'

type Resource =
  | { readonly sqs: { readonly arn: string } }
  | { readonly eventBridge: { readonly accountId: string; readonly region: string } }

interface Wanted {
  readonly type: string
  readonly payloadVersion: string
  /** ORDER_CHANGE is refused without a complete one (abuzuhri/Amazon-SP-API-CSharp#621). */
  readonly processingDirective?: object
}

/** What goes to the queue: SQS takes orders, feeds, reports and FBA; listings go to EventBridge alone. */
function onQueue(settings: Settings, { alsoOnQueue }: Notifications): readonly Wanted[] {
  const fba = settings.mcf !== null || settings.fbaStock
  const more = [
    ...(settings.mcf === null ? [] : ['FULFILLMENT_ORDER_STATUS']),
    ...(fba ? ['FBA_INVENTORY_AVAILABILITY_CHANGES'] : []),
    ...alsoOnQueue,
  ]
  return [
    {
      type: 'ORDER_CHANGE',
      payloadVersion: '1.0',
      processingDirective: {
        eventFilter: {
          eventFilterType: 'ORDER_CHANGE',
          marketplaceIds: settings.marketplaceIds,
          orderChangeTypes: ['OrderStatusChange', 'BuyerRequestedChange'],
        },
      },
    },
    { type: 'FEED_PROCESSING_FINISHED', payloadVersion: '2020-09-04' },
    { type: 'REPORT_PROCESSING_FINISHED', payloadVersion: '2020-09-04' },
    ...[...new Set(more)].map((type) => ({ type, payloadVersion: '1.0' })),
  ]
}

const onEventBridge: readonly Wanted[] = [
  { type: 'LISTINGS_ITEM_MFN_QUANTITY_CHANGE', payloadVersion: '1.0' },
]

const same = (one: WireDestination['resource'], other: Resource) =>
  'sqs' in other
    ? one.sqs?.arn === other.sqs.arn
    : one.eventBridge?.accountId === other.eventBridge.accountId &&
      one.eventBridge.region === other.eventBridge.region

async function destinations(
  context: AdapterContext,
  settings: Settings,
): Promise<readonly WireDestination[]> {
  const { payload } = await ask(context, settings, {
    operation: 'getDestinations',
    effect: 'read',
    method: 'GET',
    path: `${root}/destinations`,
    grant: 'application',
    schema: DestinationsAnswer,
  })
  return payload ?? []
}

async function ensureDestination(
  context: AdapterContext,
  settings: Settings,
  resource: Resource,
): Promise<string> {
  const find = async () =>
    (await destinations(context, settings)).find((each) => same(each.resource, resource))?.destinationId
  const known = await find()
  if (known !== undefined) return known
  try {
    const { payload } = await ask(context, settings, {
      operation: 'createDestination',
      // A destination is unique by what it names: a second one is refused.
      effect: 'idempotent',
      method: 'POST',
      path: `${root}/destinations`,
      grant: 'application',
      json: { name: `stockpool-${'sqs' in resource ? 'sqs' : 'events'}`, resourceSpecification: resource },
      schema: DestinationAnswer,
    })
    return payload.destinationId
  } catch (error) {
    const made = isStockpoolError(error, 'rejected') ? await find() : undefined
    if (made === undefined) throw error
    return made
  }
}

async function ensureSubscription(
  context: AdapterContext,
  settings: Settings,
  destinationId: string,
  wanted: Wanted,
): Promise<void> {
  const path = `${root}/subscriptions/${segment(wanted.type)}`
  const known = await subscriptionOf(context, settings, wanted)
  if (known && known.destinationId !== destinationId) throw elsewhere(wanted.type, known.destinationId)
  if (known && covers(settings, known)) return
  if (known) {
    // It was made for other marketplaces, and cannot be changed.
    await ask(context, settings, {
      operation: 'deleteSubscriptionById',
      effect: 'idempotent',
      method: 'DELETE',
      path: `${path}/${segment(known.subscriptionId)}`,
      grant: 'application',
      schema: z.unknown(),
    })
  }
  const { type: _, ...body } = wanted
  try {
    await ask(context, settings, {
      operation: 'createSubscription',
      effect: 'idempotent',
      method: 'POST',
      path,
      json: { ...body, destinationId },
      schema: SubscriptionAnswer,
    })
  } catch (error) {
    // 409: it is there, by another process or by an answer that was lost.
    const made = isStockpoolError(error, 'rejected') ? await subscriptionOf(context, settings, wanted) : null
    if (made?.destinationId !== destinationId) throw error
  }
}

async function subscriptionOf(
  context: AdapterContext,
  settings: Settings,
  { type, payloadVersion }: Wanted,
): Promise<z.infer<typeof WireSubscription> | null> {
  try {
    const { payload } = await ask(context, settings, {
      operation: 'getSubscription',
      effect: 'read',
      method: 'GET',
      path: `${root}/subscriptions/${segment(type)}`,
      query: { payloadVersion },
      schema: SubscriptionAnswer,
    })
    return payload ?? null
  } catch (error) {
    if (isStockpoolError(error, 'not_found')) return null
    throw error
  }
}

function covers(settings: Settings, known: z.infer<typeof WireSubscription>): boolean {
  const filtered = known.processingDirective?.eventFilter?.marketplaceIds
  return filtered == null || settings.marketplaceIds.every((id) => filtered.includes(id))
}

function elsewhere(type: string, destination: string): StockpoolError {
  return new StockpoolError('conflict', `${type} goes to another destination already (${destination})`, {
    field: 'notifications',
    remedy:
      'Amazon keeps one subscription of a type for each seller and application. Give the queue that it goes to, or delete it (deleteSubscriptionById).',
    details: { type, destination },
  })
}

/** Sees to it that every notification that is wanted goes where the options say. Safe to repeat. */
export async function ensureSubscriptions(
  context: AdapterContext,
  settings: Settings,
  notifications: Notifications,
): Promise<void> {
  const { sqsArn, eventBridge } = notifications
  const wanted: readonly (readonly [Resource, readonly Wanted[]])[] = [
    ...(sqsArn === undefined ? [] : [[{ sqs: { arn: sqsArn } }, onQueue(settings, notifications)] as const]),
    ...(eventBridge === undefined ? [] : [[{ eventBridge }, onEventBridge] as const]),
  ]
  for (const [resource, list] of wanted) {
    const destinationId = await ensureDestination(context, settings, resource)
    for (const each of list) await ensureSubscription(context, settings, destinationId, each)
  }
}
