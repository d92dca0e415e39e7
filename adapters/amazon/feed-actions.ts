import { StockpoolError } from '../../src/error.ts'
import type { AdapterContext } from '../../src/spec/index.ts'
import { feedBatches, type Place } from './feed-batch.ts'
import {
  awaitFeed,
  type FeedType,
  feedReport,
  feedsSince,
  isOver,
  submitFeed,
  type WireFeed,
} from './feeds.ts'
import type { Settings } from './options.ts'
import {
  type ActionKind,
  type ActionOutcome,
  acknowledgeMessage,
  cancelMessage,
  messageTypes,
  type OrderActions,
  refundMessage,
  shipMessage,
} from './order-actions.ts'
import { envelope, type Refusals, type Xml, xmlRefusals } from './xml.ts'

const feedTypes = {
  cancel: 'POST_ORDER_ACKNOWLEDGEMENT_DATA',
  refund: 'POST_PAYMENT_ADJUSTMENT_DATA',
  ship: 'POST_ORDER_FULFILLMENT_DATA',
} as const satisfies Record<ActionKind, FeedType>

const referenceOf = ({ feed, message }: Place) => `${feed}:${message}`

/** @throws StockpoolError `invalid_input` when it is none of ours. */
function placeOf(reference: string): Place {
  const [, feed, message] = /^([^:]+):([1-9]\d*)$/.exec(reference) ?? []
  if (feed !== undefined && message !== undefined) return { feed, message: Number(message) }
  throw new StockpoolError('invalid_input', `"${reference}" names no message of a feed`, {
    field: 'reference',
  })
}

/** What a seller does to orders, by feeds. */
export function feedActions(settings: Settings): OrderActions {
  const submit = (context: AdapterContext, kind: ActionKind, messages: readonly (readonly Xml[])[]) =>
    submitFeed(context, settings, {
      type: feedTypes[kind],
      marketplaceIds: settings.marketplaceIds,
      document: {
        content: envelope(settings.sellerId, messageTypes[kind], messages),
        type: 'text/xml; charset=UTF-8',
      },
      // Cancelling what is cancelled is refused, and does nothing. Amazon counts what is left to ship: the same units a
      // second time are refused.
      effect: kind === 'refund' ? 'once' : 'idempotent',
      priority: 8,
    })
  const refusals = reports(settings)
  const handIn = feedBatches(submit)
  const verdict = async (
    context: AdapterContext,
    place: Place,
    patienceMs: number,
  ): Promise<ActionOutcome> => {
    const feed = await awaitFeed(context, settings, place.feed, patienceMs)
    const reference = referenceOf(place)
    if (feed === null) {
      const detail = `Amazon knows no feed ${place.feed} any more`
      return { status: 'ended', reference, detail, nothingDone: false }
    }
    if (!isOver(feed)) return { status: 'waiting', reference }
    if (feed.processingStatus !== 'DONE') {
      const detail = `Amazon ended feed ${feed.feedId} as ${feed.processingStatus}`
      return { status: 'ended', reference, detail, nothingDone: feed.processingStatus === 'CANCELLED' }
    }
    const { messages, whole } = await refusals(context, feed)
    const detail = messages.get(place.message)
    if (detail !== undefined) return { status: 'refused', detail }
    if (whole === null) return { status: 'taken', reference }
    // Which of its messages were taken, the report does not say.
    if (whole.someTaken) return { status: 'ended', reference, detail: whole.detail, nothingDone: false }
    return { status: 'refused', detail: whole.detail }
  }
  /** What is handed in is in good hands: whatever keeps us from looking, being stopped among it, must not make it look unsent. */
  const afterwards = async (context: AdapterContext, place: Place): Promise<ActionOutcome> => {
    try {
      return await verdict(context, place, settings.feedWaitMs)
    } catch {
      return { status: 'waiting', reference: referenceOf(place) }
    }
  }
  return {
    cancel: async (context, action) =>
      afterwards(context, await handIn(context, 'cancel', cancelMessage(action))),
    refund: async (context, action) =>
      afterwards(context, await handIn(context, 'refund', refundMessage(action))),
    ship: async (context, action) => afterwards(context, await handIn(context, 'ship', shipMessage(action))),
    look: (context, reference) => verdict(context, placeOf(reference), 0),
    async acknowledge(context, order) {
      await handIn(context, 'cancel', acknowledgeMessage(order))
    },
    async recent(context, kind, since) {
      const feeds = await feedsSince(context, settings, feedTypes[kind], since)
      return feeds.map((feed) => ({ reference: feed.feedId, over: isOver(feed) }))
    },
  }
}

/** Feeds whose refusals are kept at hand. */
const mostKept = 50

/**
 * What Amazon refused of a feed that is over. Many messages ask for the same report, which Amazon gives every 45 seconds: it never
 * changes, so what was read is kept for a while.
 */
function reports(settings: Settings) {
  const kept = new Map<string, Promise<Refusals>>()
  return async (context: AdapterContext, feed: WireFeed): Promise<Refusals> => {
    const before = kept.get(feed.feedId)
    if (before) return await before
    const read = feedReport(context, settings, feed).then(xmlRefusals)
    kept.set(feed.feedId, read)
    for (const oldest of [...kept.keys()].slice(0, Math.max(0, kept.size - mostKept))) kept.delete(oldest)
    try {
      return await read
    } catch (error) {
      kept.delete(feed.feedId)
      throw error
    }
  }
}
