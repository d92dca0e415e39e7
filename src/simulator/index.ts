export { acceleratedClock, systemClock } from '../http/clock.ts'
export {
  ServerBucket,
  SlidingWindow,
  type Take,
} from './bucket.ts'
export { isVirtualClock, type VirtualClock, type VirtualClockOptions, virtualClock } from './clock.ts'
export type { Fault, FaultBoard, FaultInput, FaultKind } from './faults.ts'
export type { RequestLog, RequestRecord } from './log.ts'
export { type SeededRandom, seededRandom } from './random.ts'
export { MalformedBody, refuse, reply, SimulatorRefusal } from './request.ts'
export { matchPath, type Route, type RouteParams, router } from './route.ts'
export { SentBack } from './sent-back.ts'
export { extendSimulator, startSimulator } from './server.ts'
export type {
  RunningSimulator,
  SimulatorDefinition,
  SimulatorKit,
  SimulatorOptions,
  SimulatorReply,
  SimulatorRequest,
} from './types.ts'
export type {
  OutgoingWebhook,
  Subscription,
  WebhookAttempt,
  WebhookChaos,
  WebhookPlan,
  WebhookSender,
  WebhookSubscriptionInput,
} from './webhooks.ts'
