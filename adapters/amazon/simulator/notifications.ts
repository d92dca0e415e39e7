import { z } from 'zod'
import { reply, type SimulatorReply, type SimulatorRequest } from '../../../src/simulator/index.ts'
import { failed, invalidInput } from './answers.ts'
import type { Destination } from './notices.ts'
import type { World } from './world.ts'

const CreateDestination = z.object({
  name: z.string().min(1).max(256),
  resourceSpecification: z.object({
    sqs: z.object({ arn: z.string().regex(/^arn:aws:sqs:\S+:\S+:\S+/) }).optional(),
    eventBridge: z.object({ accountId: z.string(), region: z.string() }).optional(),
  }),
})

/** POST /notifications/v1/destinations */
export function createDestination(world: World, request: SimulatorRequest): SimulatorReply {
  const parsed = CreateDestination.safeParse(request.json())
  if (!parsed.success) return invalidInput(parsed.error.issues[0]?.path.join('.') ?? '')
  const { sqs, eventBridge } = parsed.data.resourceSpecification
  if ((sqs === undefined) === (eventBridge === undefined)) return invalidInput('one of sqs and eventBridge')
  const { destinations } = world.notices
  const known = [...destinations.values()].some(({ resource }) =>
    sqs ? resource.sqs?.arn === sqs.arn : resource.eventBridge?.accountId === eventBridge?.accountId,
  )
  if (known) return failed(409, 'Conflict', 'The destination exists already.')
  const destination: Destination = {
    destinationId: world.random.uuid(),
    name: parsed.data.name,
    resource: {
      ...(sqs ? { sqs } : {}),
      ...(eventBridge
        ? { eventBridge: { ...eventBridge, name: 'aws.partner/sellingpartnerapi.amazon.com/simulated' } }
        : {}),
    },
  }
  destinations.set(destination.destinationId, destination)
  return reply(200, { payload: destination })
}

/** GET /notifications/v1/destinations */
export const getDestinations = (world: World): SimulatorReply =>
  reply(200, { payload: [...world.notices.destinations.values()] })

const CreateSubscription = z.object({
  payloadVersion: z.string(),
  destinationId: z.string(),
  processingDirective: z
    .object({
      eventFilter: z
        .object({
          eventFilterType: z.enum([
            'ANY_OFFER_CHANGED',
            'ORDER_CHANGE',
            'SHIPMENT_TRACKING_MILESTONE_CHANGED',
          ]),
          marketplaceIds: z.array(z.string()).optional(),
          orderChangeTypes: z
            .array(z.enum(['OrderStatusChange', 'BuyerRequestedChange', 'DeliveryTipChange']))
            .optional(),
        })
        .optional(),
      filterExpression: z.string().optional(),
    })
    .optional(),
})

const eventBridgeOnly = /^LISTINGS_ITEM_|^PRODUCT_TYPE_|^BRANDED_|^ITEM_/

/** POST /notifications/v1/subscriptions/{notificationType} */
export function createSubscription(world: World, request: SimulatorRequest, type: string): SimulatorReply {
  const parsed = CreateSubscription.safeParse(request.json())
  if (!parsed.success) return invalidInput(parsed.error.issues[0]?.path.join('.') ?? '')
  const { destinationId, payloadVersion, processingDirective } = parsed.data
  const destination = world.notices.destinations.get(destinationId)
  if (!destination) return failed(404, 'NotFound', 'There is no such destination.')
  if (eventBridgeOnly.test(type) && !destination.resource.eventBridge)
    return invalidInput(`${type} can be sent to EventBridge only`)
  if (!eventBridgeOnly.test(type) && destination.resource.eventBridge)
    return invalidInput(`${type} can be sent to SQS only`)
  // abuzuhri/Amazon-SP-API-CSharp#621
  if (type === 'ORDER_CHANGE' && processingDirective?.eventFilter?.eventFilterType !== 'ORDER_CHANGE')
    return invalidInput('processingDirective')
  if (world.notices.subscriptions.has(type))
    return failed(409, 'Conflict', 'A subscription of this type exists already.')
  const subscription = {
    subscriptionId: world.random.uuid(),
    payloadVersion,
    destinationId,
    ...(processingDirective ? { processingDirective } : {}),
  }
  world.notices.subscriptions.set(type, { ...subscription, type })
  return reply(200, { payload: subscription })
}

/** GET /notifications/v1/subscriptions/{notificationType} */
export function getSubscription(world: World, type: string): SimulatorReply {
  const known = world.notices.subscriptions.get(type)
  if (!known) return failed(404, 'NotFound', 'There is no subscription of this type.')
  const { type: _, ...payload } = known
  return reply(200, { payload })
}

/** DELETE /notifications/v1/subscriptions/{notificationType}/{subscriptionId} */
export function deleteSubscription(world: World, type: string, id: string): SimulatorReply {
  const known = world.notices.subscriptions.get(type)
  if (known?.subscriptionId !== id) return failed(404, 'NotFound', 'There is no such subscription.')
  world.notices.subscriptions.delete(type)
  return reply(200, {})
}

/** POST /notifications/v1/subscriptions/{notificationType}/testNotification, a sandbox-only operation. */
export function sendTestNotification(world: World, type: string): SimulatorReply {
  if (!world.notices.subscriptions.has(type)) return failed(404, 'NotFound', 'There is no subscription.')
  const [order] = world.orders.values()
  if (type === 'ORDER_CHANGE' && order) world.tellOrder(order, world.clock.now(), 'OrderStatusChange')
  else world.tell(type, world.clock.now(), {})
  return reply(200, {})
}
