import { z } from 'zod'
import type { Work } from './feeds.ts'
import { applyPatches, Patches, problemsOf } from './listings.ts'
import type { World } from './world.ts'

const Message = z.object({
  messageId: z.int().min(1),
  sku: z.string().min(1),
  operationType: z.enum(['UPDATE', 'PARTIAL_UPDATE', 'PATCH', 'DELETE']),
  productType: z.string().optional(),
  patches: Patches.optional(),
  attributes: z.record(z.string(), z.unknown()).optional(),
})
const Document = z.object({
  header: z.object({ sellerId: z.string(), version: z.literal('2.0') }),
  messages: z.array(z.unknown()).min(1).max(25_000, 'The messages list is beyond the allowed size'),
})

interface Problem {
  readonly messageId?: number
  readonly sku?: string
  readonly code: string
  readonly message: string
}

/** JSON_LISTINGS_FEED: each message by itself; the report names those that were refused. */
export const workListings: Work = (world, feed, text, fault) => {
  const document = readDocument(text)
  const own = document?.header.sellerId === world.options.sellerId
  const messages = document && own ? document.messages : []
  const problems: Problem[] =
    document && own ? [] : [{ code: '4000001', message: 'The feed cannot be read.' }]
  for (const [index, raw] of messages.entries()) {
    if (fault?.kind === 'accepted_not_applied') continue
    const spoilt = fault?.kind === 'partial_failure' && index === 0
    problems.push(...workMessage(world, raw, spoilt))
  }
  const refused = new Set(problems.map(({ messageId }) => messageId)).size
  return JSON.stringify({
    header: { sellerId: world.options.sellerId, version: '2.0', feedId: feed.id },
    issues: problems.map((problem) => ({
      ...problem,
      severity: 'ERROR',
      attributeName: 'fulfillment_availability',
    })),
    summary: {
      errors: problems.length,
      warnings: 0,
      messagesProcessed: messages.length,
      messagesAccepted: Math.max(0, messages.length - refused),
      messagesInvalid: Math.min(refused, messages.length),
    },
  })
}

function readDocument(text: string): z.infer<typeof Document> | null {
  try {
    return Document.parse(JSON.parse(text))
  } catch {
    return null
  }
}

function workMessage(world: World, raw: unknown, spoilt: boolean): readonly Problem[] {
  const parsed = Message.safeParse(raw)
  if (!parsed.success) return [{ code: '4000001', message: parsed.error.issues[0]?.message ?? '' }]
  const { messageId, sku, operationType, patches = [], attributes } = parsed.data
  const named = { messageId, sku }
  if (spoilt) return [{ ...named, code: '90220', message: 'The quantity could not be applied.' }]
  if (operationType === 'DELETE') {
    world.listings.delete(sku)
    return []
  }
  const wanted =
    operationType === 'PATCH'
      ? patches
      : (Patches.safeParse([
          {
            op: 'replace',
            path: '/attributes/fulfillment_availability',
            value: attributes?.fulfillment_availability,
          },
        ]).data ?? [])
  const problems = problemsOf(world, sku, wanted)
  const listing = world.listings.get(sku)
  if (problems.length === 0 && listing) {
    applyPatches(world, listing, wanted)
    listing.updatedAt = world.clock.now()
  }
  return problems.map(({ code, message }) => ({ ...named, code, message }))
}
