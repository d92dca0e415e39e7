import { z } from 'zod'

const text = z.string().nullish()

export const PublicKeyAnswer = z.object({ key: z.string().min(1) })

/** The `x-ebay-signature` header, once it is decoded. */
export const SignatureHeader = z.object({
  kid: z.string().regex(/^[\w-]{8,64}$/),
  signature: z.string().min(1),
  digest: text,
})

export const Notification = z.object({
  metadata: z.object({ topic: z.string().min(1).max(100) }),
  notification: z.object({
    notificationId: z.string().min(1).max(200),
    eventDate: text,
    data: z.record(z.string(), z.unknown()).nullish(),
  }),
})

export const AccountDeletion = z.object({ username: text, userId: text })
/** Carries ids alone; whether in the data itself or in an order inside it, eBay's documents leave open. */
export const OrderConfirmation = z.object({ orderId: text, order: z.object({ orderId: text }).nullish() })

export const DestinationsAnswer = z.object({
  destinations: z
    .array(
      z.object({
        destinationId: z.string(),
        name: text,
        status: text,
        deliveryConfig: z.object({ endpoint: text }).nullish(),
      }),
    )
    .nullish(),
  next: text,
})

export const TopicsAnswer = z.object({
  topics: z
    .array(
      z.object({
        topicId: z.string(),
        status: text,
        scope: text,
        supportedPayloads: z
          .array(
            z.object({
              format: z.array(z.string()).nullish(),
              schemaVersion: text,
              deliveryProtocol: text,
              deprecated: z.boolean().nullish(),
            }),
          )
          .nullish(),
      }),
    )
    .nullish(),
  next: text,
})
export type WireTopic = NonNullable<z.infer<typeof TopicsAnswer>['topics']>[number]

export const SubscriptionsAnswer = z.object({
  subscriptions: z
    .array(z.object({ subscriptionId: z.string(), topicId: text, destinationId: text, status: text }))
    .nullish(),
  next: text,
})
