/** What is known of one number that a channel shows. Quantities in units of the listing, times ISO 8601 UTC. */
export interface ShownFacts {
  readonly confirmed: number | null
  readonly confirmedAt: string | null
  readonly observed: number | null
  readonly observedAt: string | null
  readonly sent: number | null
  /** The highest number that may still be applied, while any write is in doubt. */
  readonly sentMost: number | null
  readonly sentAt: string | null
  /** Set while nobody knows whether what was sent is, or will be, applied. */
  readonly sentKey: string | null
  /** Every order placed before this instant has been read. */
  readonly completeUntil: string | null
}

/** A number the channel is known to have shown, and when. */
export interface Baseline {
  readonly quantity: number
  readonly at: string
}

/** Whether a write may have been applied, or may still be, without our having seen it. */
export function inDoubt({ sentKey }: Pick<ShownFacts, 'sentKey'>): boolean {
  return sentKey !== null
}

/**
 * The number from which the channel can only have fallen by its own sales. Ordinarily the last confirmed write; a
 * later look takes its place once all orders placed before that look have been read, since whatever it found then is
 * explained, by orders or by somebody's hand. While a write is in doubt, the higher of the two numbers: too high holds back
 * too much for a while, too low sells what is gone.
 */
export function baseline(facts: ShownFacts): Baseline | null {
  const { confirmed, confirmedAt, observed, observedAt, sent, sentMost, sentAt, completeUntil } = facts
  const explained = observedAt !== null && completeUntil !== null && observedAt <= completeUntil
  if (observed !== null && explained && (confirmedAt === null || observedAt > confirmedAt)) {
    if (!inDoubt(facts) || (sentAt !== null && observedAt > sentAt))
      return { quantity: observed, at: observedAt }
  }
  if (inDoubt(facts) && sent !== null && sentAt !== null) {
    return { quantity: Math.max(sent, sentMost ?? 0, confirmed ?? 0), at: sentAt }
  }
  return confirmed === null || confirmedAt === null ? null : { quantity: confirmed, at: confirmedAt }
}

/**
 * Sales that the channel has made and we have not read: what it fell since the baseline, less the sales we know of.
 * They are held back until their orders arrive.
 */
export function unseenSales(base: Baseline | null, soldSinceBase: number, observed: number): number {
  return base === null ? 0 : Math.max(0, base.quantity - soldSinceBase - observed)
}

export interface PushDecision {
  readonly quantity: number
  /** Units held back for unseen sales; more than the offer when that is small. */
  readonly held: number
  /** Whether the channel is already known to show `quantity`. */
  readonly shown: boolean
}

/** A look at the channel, against what is known of it. */
export interface PushLook {
  readonly base: Baseline | null
  readonly soldSinceBase: number
  readonly observed: number
}

/**
 * The number to send for an offer. `waited`: units held back at an earlier look whose orders have still not been read. The
 * look is compared with what was written since, so what it misses comes on top. `null`: none was needed.
 */
export function decide(offer: number, waited: number, look: PushLook | null): PushDecision {
  const held = waited + (look === null ? 0 : unseenSales(look.base, look.soldSinceBase, look.observed))
  const quantity = Math.max(0, offer - held)
  return { quantity, held, shown: look?.observed === quantity }
}

type Shown = Omit<ShownFacts, 'completeUntil'>

/** The most that the channel may show now or once an accepted write is applied; `null`: nothing is known. */
export function mayShow(facts: Shown): number | null {
  const { confirmed, confirmedAt, observed, observedAt, sent, sentMost } = facts
  const looked = observedAt !== null && (confirmedAt === null || observedAt > confirmedAt)
  const last = looked ? observed : confirmed
  return inDoubt(facts) ? Math.max(sent ?? 0, sentMost ?? 0, last ?? 0, confirmed ?? 0) : last
}

/** A row that an earlier failure or an accepted write keeps: only a lower number goes before that. */
export function mustBeLower(
  { handle, retryAt }: { readonly handle: string | null; readonly retryAt: string | null },
  at: string,
): boolean {
  return handle !== null || (retryAt !== null && retryAt > at)
}

/** Whether `quantity` takes something off sale: less than was accepted last, or than the channel may show. */
export function isLower(facts: Shown & { readonly handle: string | null }, quantity: number): boolean {
  if (facts.handle !== null) return facts.sent !== null && quantity < facts.sent
  const most = mayShow(facts)
  return most === null ? quantity === 0 : quantity < most
}

/** Zero first, then decreases, then raises. */
export const urgencies = [0, 1, 2] as const

export function urgency({ offer, shown }: { offer: number; shown: number | null }): 0 | 1 | 2 {
  if (offer === 0) return 0
  return shown !== null && offer < shown ? 1 : 2
}
