import { z } from 'zod'
import {
  type Fault,
  reply,
  type SimulatorReply,
  type SimulatorRequest,
} from '../../../src/simulator/index.ts'
import { failed, instant, invalidInput, listOf } from './answers.ts'
import { workListings } from './feed-listings.ts'
import { workOrders } from './feed-orders.ts'
import type { World } from './world.ts'

export interface Feed {
  readonly id: string
  readonly type: string
  readonly marketplaceIds: readonly string[]
  readonly createdAt: number
  readonly input: string
  status: 'IN_QUEUE' | 'IN_PROGRESS' | 'DONE' | 'CANCELLED' | 'FATAL'
  startedAt: number | null
  endedAt: number | null
  result: string | null
}

/** What is made of a document: the text of the report. */
export type Work = (world: World, feed: Feed, text: string, fault: Fault | null) => string

/** By feed type; another type is refused. */
const works: Readonly<Record<string, { readonly work: Work; readonly contentType: string }>> = {
  JSON_LISTINGS_FEED: { work: workListings, contentType: 'application/json; charset=UTF-8' },
  POST_ORDER_ACKNOWLEDGEMENT_DATA: { work: workOrders, contentType: 'text/xml; charset=UTF-8' },
  POST_PAYMENT_ADJUSTMENT_DATA: { work: workOrders, contentType: 'text/xml; charset=UTF-8' },
  POST_ORDER_FULFILLMENT_DATA: { work: workOrders, contentType: 'text/xml; charset=UTF-8' },
}

const CreateDocument = z.object({ contentType: z.string().min(1) })
const Create = z.object({
  feedType: z.string(),
  marketplaceIds: z.array(z.string()).min(1).max(25),
  inputFeedDocumentId: z.string(),
})

/** POST /feeds/2021-06-30/documents */
export function createFeedDocument(world: World, request: SimulatorRequest): SimulatorReply {
  const parsed = CreateDocument.safeParse(request.json())
  if (!parsed.success) return invalidInput('contentType')
  const { id, url } = world.documents.announce(parsed.data.contentType)
  return reply(201, { feedDocumentId: id, url })
}

/** POST /feeds/2021-06-30/feeds */
export function createFeed(world: World, request: SimulatorRequest): SimulatorReply {
  const now = world.settle()
  const parsed = Create.safeParse(request.json())
  if (!parsed.success) return invalidInput(parsed.error.issues[0]?.path.join('.') ?? '')
  const { feedType, marketplaceIds, inputFeedDocumentId } = parsed.data
  const kind = works[feedType]
  if (!kind) return invalidInput(`feedType ${feedType}`)
  const stranger = marketplaceIds.find((id) => !world.options.marketplaceIds.includes(id))
  if (stranger !== undefined) return invalidInput(`marketplaceIds: ${stranger}`)
  if (!world.documents.has(inputFeedDocumentId)) return invalidInput('inputFeedDocumentId')
  const feed: Feed = {
    id: world.random.text(12, '123456789'),
    type: feedType,
    marketplaceIds,
    createdAt: now,
    input: inputFeedDocumentId,
    status: 'IN_QUEUE',
    startedAt: null,
    endedAt: null,
    result: null,
  }
  world.feeds.set(feed.id, feed)
  const fault = request.fault('accepted_not_applied') ?? request.fault('partial_failure')
  schedule(world, feed, kind, fault)
  return reply(202, { feedId: feed.id })
}

function schedule(
  world: World,
  feed: Feed,
  { work, contentType }: { readonly work: Work; readonly contentType: string },
  fault: Fault | null,
): void {
  const { feedQueueMs, feedMs } = world.options
  world.later(feed.createdAt + feedQueueMs, (startedAt) => {
    if (feed.status !== 'IN_QUEUE') return
    feed.status = 'IN_PROGRESS'
    feed.startedAt = startedAt
    world.later(startedAt + feedMs, (at) => {
      const text = world.documents.text(feed.input)
      const fatal = text === null || (fault?.detail as { status?: string } | undefined)?.status === 'FATAL'
      feed.endedAt = at
      feed.status = fatal ? 'FATAL' : 'DONE'
      if (!fatal) feed.result = world.documents.keep(work(world, feed, text ?? '', fault), contentType)
      world.tell('FEED_PROCESSING_FINISHED', at, {
        feedProcessingFinishedNotification: {
          sellerId: world.options.sellerId,
          accountId: `amzn1.merchant.o.${world.options.sellerId}`,
          feedId: feed.id,
          feedType: feed.type,
          processingStatus: feed.status,
          ...(feed.result === null ? {} : { resultFeedDocumentId: feed.result }),
        },
      })
    })
  })
}

/** GET /feeds/2021-06-30/feeds/{feedId} */
export function getFeed(world: World, id: string): SimulatorReply {
  world.settle()
  const feed = world.feeds.get(id)
  return feed ? reply(200, onWire(feed)) : failed(404, 'NotFound', 'Feed not found')
}

/** GET /feeds/2021-06-30/feeds */
export function getFeeds(world: World, request: SimulatorRequest): SimulatorReply {
  const now = world.settle()
  const { query } = request
  const types = listOf(query, 'feedTypes')
  const statuses = listOf(query, 'processingStatuses')
  const since = Date.parse(query.get('createdSince') ?? new Date(now - 72 * 3_600_000).toISOString())
  if (types === null || Number.isNaN(since)) return invalidInput('feedTypes, or a nextToken alone, is needed')
  const size = Number(query.get('pageSize') ?? 10)
  if (!Number.isInteger(size) || size < 1 || size > 100) return invalidInput('pageSize must be 1 to 100')
  const feeds = [...world.feeds.values()]
    .filter(({ type, createdAt, status }) => {
      return types.includes(type) && createdAt >= since && (statuses?.includes(status) ?? true)
    })
    .sort((one, other) => other.createdAt - one.createdAt)
    .slice(0, size)
  return reply(200, { feeds: feeds.map(onWire) })
}

/** DELETE /feeds/2021-06-30/feeds/{feedId} */
export function cancelFeed(world: World, id: string): SimulatorReply {
  const now = world.settle()
  const feed = world.feeds.get(id)
  if (!feed) return failed(404, 'NotFound', 'Feed not found')
  if (feed.status === 'CANCELLED') return reply(200)
  if (feed.status !== 'IN_QUEUE') return invalidInput('only a feed that is IN_QUEUE can be cancelled')
  feed.status = 'CANCELLED'
  feed.endedAt = now
  return reply(200)
}

/** GET /feeds/2021-06-30/documents/{feedDocumentId}; not of what a seller put (jlevers/selling-partner-api#36). */
export function getFeedDocument(world: World, id: string): SimulatorReply {
  world.settle()
  const offered = world.documents.offer(id)
  return offered ? reply(200, { feedDocumentId: id, ...offered }) : invalidInput('Invalid feedDocumentId')
}

function onWire(feed: Feed): unknown {
  return {
    feedId: feed.id,
    feedType: feed.type,
    marketplaceIds: feed.marketplaceIds,
    createdTime: instant(feed.createdAt),
    processingStatus: feed.status,
    ...(feed.startedAt === null ? {} : { processingStartTime: instant(feed.startedAt) }),
    ...(feed.endedAt === null ? {} : { processingEndTime: instant(feed.endedAt) }),
    ...(feed.result === null ? {} : { resultFeedDocumentId: feed.result }),
  }
}
