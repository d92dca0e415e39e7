import type { Events, EventType, StoredEvent } from '../model/event.ts'
import type { ListingInput } from '../model/listing.ts'
import type { CancelReason } from '../spec/orders.ts'
import type { DeclineReason } from '../spec/returns.ts'
import type { StoredDeadline } from '../store/deadlines.ts'
import type { StockElsewhere } from '../store/elsewhere.ts'
import type { createStock } from '../store/pool.ts'
import type { connectionsApi, itemsApi, jobsApi, listingsApi, locationsApi } from './api-catalog.ts'
import type { holdsApi } from './api-holds.ts'
import type { labelsApi } from './api-labels.ts'
import type { ordersApi, shipmentsApi } from './api-orders.ts'
import type { Asked, returnsApi } from './api-returns.ts'
import type { Can } from './capabilities.ts'
import type { DriftReport } from './drift.ts'
import type { Explanation } from './explain.ts'
import type { ImportOptions, ImportReport } from './import.ts'
import type { ConnectionMap } from './options.ts'
import type { Notified } from './queue-pass.ts'
import type { PassReport } from './runtime.ts'

/**
 * What `hub.sync` takes.
 * @example await hub.sync({ audit: true, signal: AbortSignal.timeout(60_000) })
 */
export interface SyncOptions {
  /**
   * Reads every number that the channels show, and sets right what somebody changed there. Default: when that was last done
   * six hours ago, since it may take many calls.
   */
  readonly audit?: boolean
  /** Ends the pass between two steps; what was done stays done. */
  readonly signal?: AbortSignal
}

/**
 * What `hub.start` takes.
 * @example await hub.start({ signal: shutdown.signal })
 */
export interface StartOptions {
  /** Stops the hub when it aborts, as `stop()` does. */
  readonly signal?: AbortSignal
}

/**
 * One connection as `hub.connections.list()` tells it.
 * @example const paused = (await hub.connections.list()).filter(({ pausedAt }) => pausedAt !== null)
 */
export interface ConnectionStatus {
  /** As it was named in `createHub`. */
  readonly name: string
  /** The platform: `shopify`. */
  readonly kind: string
  /** ISO 8601 UTC; `null`: it runs. */
  readonly pausedAt: string | null
  /** Why it was paused, in words; `null` while it runs. */
  readonly reason: string | null
  /** ISO 8601 UTC: orders placed before this instant count only with what was open at first sight. */
  readonly countsFrom: string
  /** What of it ends by itself, the next one first: a consent, a secret, a version of an interface. */
  readonly deadlines: readonly StoredDeadline[]
}

/** A listing to link; only names of connections that sell compile. */
export type LinkInput<Name extends string = string> = Omit<ListingInput, 'connection'> & {
  readonly connection: Name
}

/** A first parameter that is, or holds, the name of a connection, narrowed to some names. */
type Naming<Parameter, Name extends string> = Parameter extends string
  ? Name
  : Parameter extends { connection: string }
    ? Omit<Parameter, 'connection'> & { connection: Name }
    : Parameter extends { connection?: string | undefined }
      ? Omit<Parameter, 'connection'> & { connection?: Name | undefined }
      : Parameter

/** A part of the hub whose methods `Methods` take only these names of connections. */
type Named<Api, Methods extends keyof Api, Name extends string> = {
  readonly [Method in keyof Api]: Method extends Methods
    ? Api[Method] extends (first: infer First, ...rest: infer Rest) => infer Result
      ? undefined extends First
        ? (first?: Naming<NonNullable<First>, Name>, ...rest: Rest) => Result
        : (first: Naming<First, Name>, ...rest: Rest) => Result
      : never
    : Api[Method]
}

type Returns = ReturnType<typeof returnsApi>

/** What is decided of returns, each only where the channel can be told of it. */
export interface ReturnDecisions<Connections extends ConnectionMap> {
  readonly get: Named<Returns, 'get', keyof Connections & string>['get']
  readonly list: Named<Returns, 'list', keyof Connections & string>['list']
  readonly open: Named<Returns, 'open', Can<Connections, 'returns', 'open'>>['open']
  readonly refund: Named<Returns, 'refund', Can<Connections, 'returns', 'refund'>>['refund']
  /** Lets the buyer send the goods. Answers once that is stored; `hub.returns.answers` tells what became of it. */
  approve(connection: Can<Connections, 'returns', 'approve'>, id: string): Promise<Asked>
  /** Refuses a return. */
  decline(
    connection: Can<Connections, 'returns', 'decline'>,
    id: string,
    options?: { reason?: DeclineReason; note?: string | null },
  ): Promise<Asked>
  /** Ends a return: nothing more is expected. */
  close(connection: Can<Connections, 'returns', 'close'>, id: string): Promise<Asked>
}

type LabelsApi = ReturnType<typeof labelsApi>

/** Shipping labels, each only where the channel sells them. Buying one ships nothing: see `hub.shipments.add`. */
export interface Labels<Connections extends ConnectionMap> {
  readonly rates: Named<LabelsApi, 'rates', Can<Connections, 'labels', 'rates'>>['rates']
  readonly buy: Named<LabelsApi, 'buy', Can<Connections, 'labels', 'buy'>>['buy']
  readonly void: Named<LabelsApi, 'void', Can<Connections, 'labels', 'void'>>['void']
  readonly get: Named<LabelsApi, 'get', Can<Connections, 'labels', 'buy'>>['get']
}

/** What `createHub` gives. The connections' names and abilities type every method. */
export interface Hub<Connections extends ConnectionMap> {
  readonly items: ReturnType<typeof itemsApi>
  readonly locations: ReturnType<typeof locationsApi>
  readonly listings: Named<
    ReturnType<typeof listingsApi>,
    'link' | 'unlink' | 'get' | 'list',
    Can<Connections, 'listings', 'write'>
  >
  readonly stock: ReturnType<typeof createStock> & {
    /**
     * What platforms keep of a SKU and sell by themselves (Amazon FBA, TikTok FBT), with its age. No part of `get`: nothing here
     * may promise it.
     * @throws StockpoolError `invalid_input` when this is no SKU
     */
    elsewhere(sku: string): Promise<StockElsewhere[]>
  }
  readonly orders: Named<
    Omit<ReturnType<typeof ordersApi>, 'cancel' | 'answerCancel'> & ReturnType<typeof holdsApi>,
    'get' | 'list' | 'person' | 'timeline' | 'resume' | 'hold' | 'release' | 'holds',
    Can<Connections, 'orders', 'get'>
  > & {
    /**
     * Cancels what of an order has not shipped: on its channel, and at the provider that holds it. The outcome (stopped,
     * too late, unknown) is told by the order's timeline and events.
     */
    cancel(
      connection: Can<Connections, 'orders', 'cancel'>,
      order: string,
      options?: { reason?: CancelReason },
    ): Promise<void>
    /**
     * Accepts or refuses a buyer's request to cancel (`order.cancel_requested`). The outcome is told by the order's timeline
     * and events.
     */
    answerCancel(
      connection: Can<Connections, 'orders', 'answerCancelRequest'>,
      order: string,
      options: { accept: boolean },
    ): Promise<void>
  }
  readonly shipments: Named<
    ReturnType<typeof shipmentsApi>,
    'list' | 'add',
    Can<Connections, 'orders', 'get'>
  >
  readonly returns: Named<
    Omit<ReturnType<typeof returnsApi>, 'open' | 'approve' | 'decline' | 'close' | 'refund' | 'get' | 'list'>,
    'receive' | 'restock' | 'scrap' | 'answers',
    Can<Connections, 'orders', 'get'>
  > &
    ReturnDecisions<Connections>
  readonly labels: Labels<Connections>
  readonly jobs: ReturnType<typeof jobsApi>
  readonly connections: Omit<ReturnType<typeof connectionsApi>, 'resume'> & {
    resume(name: keyof Connections & string): Promise<void>
  }

  /**
   * Hears every event committed from now on, in this process, after its commit. A listener that throws harms nobody.
   * @returns a function that ends it
   * @example hub.on('stock.oversold', ({ sku, by, connection }) => alertStaff(sku, by, connection))
   */
  on<Type extends EventType>(
    type: Type,
    listener: (data: Events[Type], event: StoredEvent<Type>) => void,
  ): () => void

  /**
   * Hears every event since this name was first used, at least once, in order, also those of times when this process was
   * down. The event counts as heard when the handler's promise resolves; until then it is given again, later and later.
   * With several processes, one of them at a time gets the events of a name.
   * @example await hub.subscribe('pick-list', 'order.placed', async ({ order }) => printPickList(order))
   */
  subscribe<Type extends EventType>(
    name: string,
    type: Type,
    handler: (data: Events[Type], event: StoredEvent<Type>) => void | Promise<void>,
  ): Promise<{ stop(): void }>

  /**
   * One whole pass over every connection: empties queues of notifications, reads orders, returns, provider news and stock, submits,
   * confirms, answers, writes every number that is out of date. Answers what was done, by connection; a failing connection is in its report and stops nobody else. What of
   * the store's own upkeep failed is in every report, as `upkeep: …`.
   * @throws the signal's reason when it aborts
   */
  sync(options?: SyncOptions): Promise<Record<keyof Connections & string, PassReport>>
  /** Works until `stop()`: each duty at its own pace, and at once when a webhook or a change of stock calls for it. */
  start(options?: StartOptions): Promise<void>
  /** Ends what is under way in good order, gives the leases back, then resolves. */
  stop(): Promise<void>
  /** Takes one webhook. The last segment of its address names the connection: `/webhooks/web`. */
  webhook(request: Request): Promise<Response>
  /**
   * Takes one notification that your own code was given, such as an EventBridge handler's event: stored once, and what it hints
   * at is read again. When it throws, let the sender send it again.
   * @throws StockpoolError `invalid_input` when it is none of the platform's, `unsupported`, `not_found` for an unknown connection
   * @example export const handler = (event: unknown) => hub.notify('amazonUs', event)
   */
  notify(connection: Can<Connections, 'queue', 'parse'>, message: unknown): Promise<Notified>
  /** The webhooks of node:http, before any body parser: `createServer(hub.listener())`. */
  listener(): (req: import('node:http').IncomingMessage, res: import('node:http').ServerResponse) => void
  /**
   * Every term of the numbers that a SKU's listings show on a channel.
   * @throws StockpoolError `not_found` when nothing is linked there
   */
  explain(sku: string, connection: Can<Connections, 'listings', 'write'>): Promise<Explanation[]>
  /**
   * Takes in what a channel has already, page by page: links its listings to items by SKU, and reads its orders. Killed midway,
   * the next call goes on from the last page that was stored; called again when it is complete, it begins anew and changes
   * nothing that is linked. Memory does not grow with the number of listings or orders.
   * @throws StockpoolError `unsupported` when the channel lists nothing, `conflict` while another process is at it, and what the
   * platform answers; the reason of the signal when it aborts
   * @example await hub.import('web', { create: 'with-stock', onProgress: ({ listings }) => console.log(listings.read) })
   */
  import(
    connection: Can<Connections, 'listings', 'list'> | Can<Connections, 'orders', 'read'>,
    options?: ImportOptions,
  ): Promise<ImportReport>
  /** Reads the channels' own numbers and reports every difference with its likely cause. Changes nothing. */
  drift(
    connection?: Can<Connections, 'listings', 'read'>,
    options?: { signal?: AbortSignal },
  ): Promise<DriftReport>
  /** Stops, and closes the store. */
  close(): Promise<void>
}
