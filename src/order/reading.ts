/** A provider's own number for a SKU at one of its places. */
export interface Reading {
  readonly quantity: number
  /** `available`: orders that the provider accepted are taken off. `on-hand`: only what left is. */
  readonly basis: 'available' | 'on-hand'
  /** The moment the number was true: ISO 8601 UTC. */
  readonly asOf: string
}

/** What one order line took at the place, and what the provider made of it, in units of the SKU. */
export interface ReadingAllocation {
  readonly taken: number
  readonly released: number
  readonly shipped: number
  /** When the last of `shipped` left, as far as is known. */
  readonly shippedAt: string | null
  /** Units that the provider took on, ever. */
  readonly accepted: number
  /** When it took on the last of them. */
  readonly acceptedAt: string | null
  /** Of these, units that the provider cancelled and put back. */
  readonly putBack: number
  /** The earliest moment at which it may have put back the first of them. */
  readonly putBackAt: string | null
  /** Units that it keeps to send, and has not taken off what it calls available. */
  readonly waiting: number
}

/**
 * What is available at a provider's place, by its own reading and by what the pool knows.
 *
 * Units are spoken for by an order of ours, or by the provider's own book when we asked for them back and it has not
 * put them back yet, whether or not it has taken them off its stock. The reading has some of these off already: those accepted before `asOf` (basis
 * `available`), those shipped before it (either basis). The rest comes off here. What the merchant's own
 * checkout holds, the provider never knows: it always comes off.
 *
 * Times err to the safe side: where the pool knows only between which two moments a thing happened, it chooses the
 * one that gives the lower number. A number that is too low rises with the next reading; one that is too high sells
 * what is not there.
 *
 * Before all news is in, the number may be too high by what the provider lost, took or shipped outside the pool's
 * orders since `asOf`, and by what it put back of an order that the pool still counts as open. Afterwards never.
 */
export function availableByReading(
  reading: Reading,
  allocations: readonly ReadingAllocation[],
  otherReserved: number,
): number {
  let available = reading.quantity - otherReserved
  for (const allocation of allocations) available -= unseen(reading, allocation)
  return available
}

/** Units of an allocation that the reading has not taken off yet; negative when it still lacks what was put back. */
function unseen(reading: Reading, allocation: ReadingAllocation): number {
  const { taken, released, shipped, accepted, putBack, waiting } = allocation
  const spokenFor = Math.max(taken - released, accepted - putBack + waiting)
  // Of two things in the same millisecond the reading may have come first: what lowers it counts from the next one on.
  const before = (time: string | null) => time !== null && time < reading.asOf
  const left = before(allocation.shippedAt) ? shipped : 0
  if (reading.basis === 'on-hand') return spokenFor - left
  const back = allocation.putBackAt !== null && allocation.putBackAt <= reading.asOf ? putBack : 0
  const booked = (before(allocation.acceptedAt) ? accepted : 0) - back
  return spokenFor - Math.max(booked, left, 0)
}

/**
 * Whether an allocation can never matter to this place's number again: nothing of it is open, and every reading from
 * `asOf` on has all of it off, on either basis. Such rows need not be read again.
 */
export function isSettled(allocation: ReadingAllocation, asOf: string): boolean {
  const { taken, released, shipped } = allocation
  if (taken !== released + shipped || allocation.waiting > 0) return false
  const past = (time: string | null) => time === null || time < asOf
  if (![allocation.acceptedAt, allocation.putBackAt, allocation.shippedAt].every(past)) return false
  const contribution = (basis: Reading['basis']) => unseen({ quantity: 0, basis, asOf }, allocation)
  return contribution('available') === 0 && contribution('on-hand') === 0
}
