import { StockpoolError } from '../error.ts'
import { LocationId, Sku } from '../model/ids.ts'
import { Item, type ItemInput } from '../model/item.ts'
import { Listing } from '../model/listing.ts'
import { Location, type LocationInput } from '../model/location.ts'
import {
  getItem,
  getListing,
  getLocation,
  type ListingRow,
  linkListing,
  listItems,
  listListings,
  listLocations,
  putItem,
  putLocation,
  unlinkListing,
} from '../store/catalog.ts'
import { connectionState, resumeConnection } from '../store/connections.ts'
import { deadlinesOf } from '../store/deadlines.ts'
import { emit } from '../store/events.ts'
import { checked } from '../store/input.ts'
import { type Job, listJobs, replayJob } from '../store/jobs.ts'
import { JobFilter, JobId, ListingFilter, ListingPlace } from './inputs.ts'
import { resumeOrders } from './resume.ts'
import type { Runtime } from './runtime.ts'
import type { ConnectionStatus, LinkInput } from './types.ts'

/** `hub.items` */
export const itemsApi = (run: Runtime) => ({
  /** Makes an item, or changes it. Throws `invalid_input` naming the field; `not_found` when a kit's component is unknown. */
  async put(input: ItemInput): Promise<Item> {
    const item = checked(Item, input, 'item')
    await run.database.transaction((tx) => putItem(tx, item, run.at()))
    return item
  },
  /**
   * One item by its SKU; `null` when there is none.
   * @throws StockpoolError `invalid_input` when this is no SKU
   * @example (await hub.items.get('MUG-RED'))?.title
   */
  async get(sku: string): Promise<Item | null> {
    const known = checked(Sku, sku, 'sku')
    return run.database.read((tx) => getItem(tx, known))
  },
  /** All items and kits, by SKU. */
  list: (): Promise<Item[]> => run.database.read(listItems),
})

/** `hub.locations` */
export const locationsApi = (run: Runtime) => ({
  /**
   * Makes a location, or changes it. `main` is there from the start; a provider's places come by themselves, and what you do not
   * change of their name, country and postal code follows the provider.
   */
  async put(input: LocationInput): Promise<Location> {
    const location = checked(Location, input, 'location')
    if (location.connection !== null) mustKnow(run, location.connection)
    await run.database.transaction((tx) => putLocation(tx, location))
    return location
  },
  /**
   * One location by the merchant's name for it; `null` when there is none.
   * @throws StockpoolError `invalid_input` when this cannot be a name
   */
  async get(id: string): Promise<Location | null> {
    const known = checked(LocationId, id, 'id')
    return run.database.read((tx) => getLocation(tx, known))
  },
  /** All locations, also those of the providers; the highest priority (lowest number) first. */
  list: (): Promise<Location[]> => run.database.read(listLocations),
})

/** `hub.listings` */
export const listingsApi = (run: Runtime) => ({
  /**
   * Says that a channel's listing sells an SKU. Its number is written at the next opportunity, and orders that waited
   * for this link go on. Linking again changes the policy.
   */
  async link(input: LinkInput): Promise<Listing> {
    const listing = checked(Listing, input, 'listing')
    const connection = mustKnow(run, listing.connection)
    if (!connection.listings) {
      throw new StockpoolError('unsupported', `${listing.connection} (${connection.kind}) has no listings`, {
        field: 'connection',
        remedy: 'Link listings of a sales channel.',
      })
    }
    await run.database.transaction((tx) => linkListing(tx, listing, run.at()))
    // Should the process end in between, the upkeep goes on with them.
    await resumeOrders(run, listing.connection)
    return listing
  },
  /**
   * Stops writing a listing's number; what the channel shows stays as it is. `false`: it was not linked.
   * @throws StockpoolError `not_found` for an unknown connection, `invalid_input` naming the field
   */
  async unlink(input: { connection: string; listing: string; place?: string }): Promise<boolean> {
    const { connection, listing, place } = checked(ListingPlace, input, 'listing')
    mustKnow(run, connection)
    return run.database.transaction((tx) => unlinkListing(tx, connection, listing, place))
  },
  /**
   * One linked listing with its policy; `null` when it is not linked. `place` is needed where it was linked with one.
   * @throws StockpoolError `not_found` for an unknown connection, `invalid_input` naming the field
   */
  async get(input: { connection: string; listing: string; place?: string }): Promise<ListingRow | null> {
    const { connection, listing, place } = checked(ListingPlace, input, 'listing')
    mustKnow(run, connection)
    return run.database.read((tx) => getListing(tx, connection, listing, place))
  },
  /**
   * All linked listings, or those of a connection, of a SKU (not those of kits that hold it), or of both; the first linked
   * first.
   * @throws StockpoolError `not_found` for an unknown connection, `invalid_input` naming the field
   */
  async list(filter: { connection?: string; sku?: string } = {}): Promise<ListingRow[]> {
    const known = checked(ListingFilter, filter, 'filter')
    if (known.connection !== undefined) mustKnow(run, known.connection)
    return run.database.read((tx) => listListings(tx, known))
  },
})

/** `hub.jobs`: what the hub still has to do outside, and what it gave up. */
export const jobsApi = (run: Runtime) => ({
  /**
   * Jobs in a state, or all; oldest first. At most `limit` of them: 1 to 1,000, default 100.
   * @throws StockpoolError `not_found` for an unknown connection, `invalid_input` naming the field
   * @example const dead = await hub.jobs.list({ state: 'dead' })
   */
  async list(
    filter: { state?: 'waiting' | 'dead'; connection?: string; limit?: number } = {},
  ): Promise<Job[]> {
    const { state, connection, limit } = checked(JobFilter, filter, 'filter')
    if (connection !== undefined) mustKnow(run, connection)
    return run.database.read((tx) => listJobs(tx, { state, connection, limit }))
  },
  /** Gives a dead job all its attempts again. Throws `not_found` when no dead job has this id. */
  async replay(id: number): Promise<void> {
    const known = checked(JobId, id, 'id')
    const found = await run.database.transaction((tx) => replayJob(tx, known, run.at()))
    if (!found) {
      throw new StockpoolError('not_found', `there is no dead job ${id}`, {
        field: 'id',
        remedy: 'See hub.jobs.list({ state: "dead" }).',
      })
    }
  },
})

/** `hub.connections` */
export const connectionsApi = (run: Runtime) => ({
  /** Every connection, whether it was stopped because its credential was refused, and what of it ends by itself. */
  async list(): Promise<ConnectionStatus[]> {
    const at = run.at()
    return run.database.transaction(async (tx) => {
      const all: ConnectionStatus[] = []
      for (const [name, { kind }] of run.connections) {
        const { pausedAt, reason, countsFrom } = await connectionState(tx, name, at)
        const deadlines = await deadlinesOf(tx, name)
        all.push({ name, kind, pausedAt, reason, countsFrom, deadlines })
      }
      return all
    })
  },
  /** Starts a paused connection again, after its credential was renewed. */
  async resume(name: string): Promise<void> {
    mustKnow(run, name)
    await run.database.transaction(async (tx) => {
      if (await resumeConnection(tx, name))
        await emit(tx, run.at(), 'connection.resumed', { connection: name })
    })
  },
})

/** @throws StockpoolError `not_found` with the names there are */
export function mustKnow(run: Runtime, name: string) {
  const connection = run.connections.get(name)
  if (connection) return connection
  throw new StockpoolError('not_found', `there is no connection ${name}`, {
    field: 'connection',
    remedy: `Use one of: ${[...run.connections.keys()].join(', ')}.`,
  })
}
