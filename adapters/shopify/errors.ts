import { type ErrorCode, StockpoolError } from '../../src/error.ts'
import type { HttpAnswer } from '../../src/spec/context.ts'
import { type Envelope, Envelope as EnvelopeSchema, type UserError } from './wire.ts'

interface Rule {
  readonly code: ErrorCode
  readonly remedy?: string
  readonly retryable?: boolean
}

/** `errors[].extensions.code` of a GraphQL answer, most of them under HTTP 200. */
export const graphqlErrors: Readonly<Record<string, Rule>> = {
  // HTTP 200, not 429 (Shopify/cli#8317, #5222): the code decides, never the status or the message.
  THROTTLED: { code: 'rate_limited' },
  MAX_COST_EXCEEDED: { code: 'rejected', remedy: 'Report it: a document of this adapter costs too much.' },
  MAX_INPUT_SIZE_EXCEEDED: { code: 'internal' },
  ACCESS_DENIED: {
    code: 'permission',
    remedy: 'Grant the app the access scope that the message names, then release a new version of it.',
  },
  SHOP_INACTIVE: { code: 'auth', remedy: 'The shop is closed or frozen: its owner must reopen it.' },
  INTERNAL_SERVER_ERROR: { code: 'unavailable' },
  TIMEOUT: { code: 'unavailable' },
  BAD_REQUEST: { code: 'rejected' },
  INVALID_FIELD_ARGUMENTS: { code: 'rejected' },
  INVALID_VARIABLE: { code: 'invalid_input', remedy: 'Check the ids: Shopify wants gid://shopify/….' },
  RESOURCE_NOT_FOUND: { code: 'not_found' },
  IDEMPOTENCY_CONCURRENT_REQUEST: { code: 'unavailable' },
  IDEMPOTENCY_KEY_PARAMETER_MISMATCH: { code: 'conflict' },
  IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED: { code: 'rejected' },
}

/** HTTP statuses of Shopify's edge. 5xx, 408 and network failures are the HTTP client's own business. */
export const httpErrors: Readonly<Record<number, Rule>> = {
  400: { code: 'rejected' },
  401: { code: 'auth', remedy: 'The access token was refused: make a new one, then resume the connection.' },
  402: { code: 'auth', remedy: 'The shop is frozen: its owner must settle the bill.' },
  403: { code: 'permission', remedy: 'Grant the app the scopes it needs, or reinstall it.' },
  404: {
    code: 'not_found',
    remedy: 'Check the shop name (the part before .myshopify.com) and the API version.',
  },
  406: { code: 'rejected' },
  422: { code: 'rejected' },
  423: { code: 'auth', remedy: 'The shop is locked by Shopify: its owner must contact Shopify.' },
  429: { code: 'rate_limited' },
  430: { code: 'permission', remedy: 'Shopify took the request for a malicious one: contact Shopify.' },
}

/** `userErrors[].code` of `inventorySetQuantities`, for rows that are not merely stale. */
export const quantityErrors: Readonly<Record<string, Rule>> = {
  // Never loop on it: reported once, for the listing (Eshopbox/Central-Backlog#333). Gone since 2026-10, where a
  // number may be set at any location (shopify.dev/changelog/removal-of-itemnotstockedatlocation-error).
  ITEM_NOT_STOCKED_AT_LOCATION: {
    code: 'rejected',
    remedy: 'In Shopify, stock the product at this location (product, Inventory, Edit locations).',
  },
  INVALID_INVENTORY_ITEM: { code: 'not_found', remedy: 'Link the listing to an inventory item that exists.' },
  INVALID_LOCATION: { code: 'not_found', remedy: 'Give the gid of an active location of this shop.' },
  NON_MUTABLE_INVENTORY_ITEM: {
    code: 'rejected',
    remedy: 'Shopify computes a bundle from its components: link those instead.',
  },
  INVALID_QUANTITY_NEGATIVE: { code: 'invalid_input' },
  INVALID_QUANTITY_TOO_HIGH: { code: 'invalid_input' },
  INVALID_QUANTITY_TOO_LOW: { code: 'invalid_input' },
  NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR: { code: 'internal' },
  INVALID_NAME: { code: 'internal' },
  INVALID_REASON: { code: 'internal' },
  INVALID_REFERENCE_DOCUMENT: { code: 'internal' },
  COMPARE_QUANTITY_REQUIRED: { code: 'internal', remedy: 'Use API version 2026-04 or later.' },
  IDEMPOTENCY_KEY_PARAMETER_MISMATCH: { code: 'conflict' },
  IDEMPOTENCY_CONCURRENT_REQUEST: { code: 'unavailable' },
  IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED: { code: 'unavailable' },
}

/** `orderCancelUserErrors[].code`. `INVALID` is decided by reading the order again. */
export const cancelErrors: Readonly<Record<string, Rule>> = {
  NOT_FOUND: { code: 'not_found' },
  INTERNAL_ERROR: { code: 'unavailable' },
  NO_REFUND_PERMISSION: {
    code: 'permission',
    remedy: 'Allow the app to refund, or set cancel.refund to false.',
  },
  NO_REFUND_TO_STORE_CREDIT_PERMISSION: { code: 'permission' },
  STORE_CREDIT_REFUND_B2B_NOT_SUPPORTED: { code: 'rejected' },
  STORE_CREDIT_REFUND_EXPIRATION_IN_PAST: { code: 'rejected' },
  STORE_CREDIT_REFUND_MISSING_CUSTOMER: { code: 'rejected' },
  INVALID: { code: 'rejected' },
}

/** `userErrors[].code` of holds. That our hold is there already is no error: see holds.ts. */
export const holdErrors: Readonly<Record<string, Rule>> = {
  FULFILLMENT_ORDER_NOT_FOUND: {
    code: 'unavailable',
    remedy: 'It was merged or moved meanwhile: look again.',
  },
  FULFILLMENT_ORDER_HOLD_LIMIT_REACHED: {
    code: 'rejected',
    remedy: 'This app has ten holds on it already: release one of them in Shopify.',
  },
  INVALID_ACCESS: { code: 'permission', remedy: 'Release the hold in Shopify: it is none of this app.' },
}

/** `userErrors[].code` of the mutations of returns. `INVALID_STATE` is decided by reading the return again. */
export const returnErrors: Readonly<Record<string, Rule>> = {
  NOT_FOUND: { code: 'not_found' },
  INTERNAL_ERROR: { code: 'unavailable' },
  MISSING_PERMISSION: {
    code: 'permission',
    remedy: 'Grant the app write_returns (and write_orders to refund), then release a new version of it.',
  },
  FEATURE_NOT_ENABLED: {
    code: 'rejected',
    remedy: 'Turn self-serve returns on in Shopify, or answer there.',
  },
  TOO_MANY_ARGUMENTS: { code: 'internal' },
}

/** The error of one entry of `userErrors`, by its code where the table has it. */
export function userError(
  { message, code, field }: UserError,
  table: Readonly<Record<string, Rule>> = {},
): StockpoolError {
  const rule: Rule = (code ? table[code] : undefined) ?? { code: 'rejected' }
  return new StockpoolError(rule.code, message, {
    remedy: rule.remedy,
    retryable: rule.retryable,
    field: field?.join('.'),
    details: code ? { shopifyCode: code } : undefined,
  })
}

/**
 * The milliseconds until a refused query may pass: (asked for - left) / restore rate. A rate of 0, as small
 * development shops report it, waits a second instead of for ever (microsoft/BCApps#10417).
 */
export function throttleWaitMs(envelope: Envelope): number {
  const cost = envelope.extensions?.cost
  const status = cost?.throttleStatus
  if (!status || !(status.restoreRate > 0)) return 1000
  const missing = (cost?.requestedQueryCost ?? 10) - status.currentlyAvailable
  return Math.max(100, Math.ceil((missing / status.restoreRate) * 1000))
}

function fromRule(rule: Rule, message: string, details: Record<string, unknown>, waitMs?: number) {
  return new StockpoolError(rule.code, message, {
    remedy: rule.remedy,
    retryable: rule.retryable,
    details,
    retryAfterMs: waitMs,
  })
}

/** Whether everything but some nullable fields was answered: buyer data without the permission to see it. */
function onlyHidden(errors: readonly { code: string; depth: number }[], data: unknown): boolean {
  if (typeof data !== 'object' || data === null) return false
  if (Object.values(data).some((value) => value === null)) return false
  return errors.every(({ code, depth }) => code === 'ACCESS_DENIED' && depth > 1)
}

/** The error table, asked for every answer. A token endpoint's refusal has its own shape: see tokens.ts. */
export function classify(answer: HttpAnswer): StockpoolError | null {
  const parsed = EnvelopeSchema.safeParse(answer.body)
  const envelope = parsed.success ? parsed.data : {}
  const list = Array.isArray(envelope.errors) ? envelope.errors : []
  const errors = list.map(({ message, path, extensions }) => ({
    message,
    code: extensions?.code ?? '',
    depth: path?.length ?? 0,
  }))
  const worst = errors.find(({ code }) => code in graphqlErrors) ?? errors[0]
  if (worst && !onlyHidden(errors, envelope.data)) {
    const rule = graphqlErrors[worst.code] ?? { code: 'rejected' as const }
    const wait = rule.code === 'rate_limited' ? throttleWaitMs(envelope) : undefined
    return fromRule(rule, worst.message, { shopifyCode: worst.code }, wait)
  }
  const rule = httpErrors[answer.status]
  if (!rule) return null
  const said = typeof envelope.errors === 'string' ? envelope.errors : `Shopify answered ${answer.status}`
  return fromRule(rule, said, { status: answer.status }, retryAfterMs(answer))
}

function retryAfterMs(answer: HttpAnswer): number | undefined {
  const seconds = Number(answer.headers['retry-after'])
  return Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds * 1000) : undefined
}
