import type { NoticeResult, ShipmentNotice } from '../spec/index.ts'

/** How many orders' parcels are remembered: enough for every notice that is on its way at once. */
const rememberedOrders = 1000

interface Claims {
  /** The last notice of the order that was begun. */
  last: Promise<unknown>
  /** References by parcel, as this process was given them: the engine's own record lags behind by a transaction. */
  readonly parcels: Map<string, string>
}

/**
 * Parcels of one order told one after the other, for a platform that keeps no keys of ours: the look of the second must see what the
 * first has made, and must not take it for its own.
 * @example
 * const turns = new ParcelTurns()
 * return { confirm: (context, notices) => Promise.all(notices.map((one) => turns.take(one, (others) => tell(context, one, others)))) }
 */
export class ParcelTurns {
  readonly #orders = new Map<string, Claims>()

  /** `confirm` is given the references of the order's other parcels, as far as this process knows them. */
  take(
    notice: ShipmentNotice,
    confirm: (others: readonly string[]) => Promise<NoticeResult>,
  ): Promise<NoticeResult> {
    const { parcel } = notice
    const claims = this.#claimsOf(notice.order)
    const result = claims.last.then(async () => {
      const others = [...claims.parcels]
        .filter(([known]) => known !== parcel)
        .map(([, reference]) => reference)
      const confirmed = await confirm(others)
      if (confirmed.status === 'done' && confirmed.reference) claims.parcels.set(parcel, confirmed.reference)
      return confirmed
    })
    claims.last = result.catch(() => null)
    return result
  }

  /** The order that was asked for longest ago is forgotten first. */
  #claimsOf(order: string): Claims {
    const claims = this.#orders.get(order) ?? { last: Promise.resolve(), parcels: new Map() }
    this.#orders.delete(order)
    this.#orders.set(order, claims)
    if (this.#orders.size > rememberedOrders) this.#orders.delete(this.#orders.keys().next().value ?? '')
    return claims
  }
}
