/**
 * The door `stockpool/simulator`: a simulator of each platform, and the kit to build one of your own. A door by itself, so
 * that importing an adapter never loads its simulator.
 */
export {
  acceleratedClock,
  extendSimulator,
  type Fault,
  type FaultBoard,
  type FaultInput,
  type FaultKind,
  isVirtualClock,
  MalformedBody,
  matchPath,
  type OutgoingWebhook,
  type RequestLog,
  type RequestRecord,
  type Route,
  type RouteParams,
  type RunningSimulator,
  refuse,
  reply,
  router,
  type SeededRandom,
  SentBack,
  ServerBucket,
  type SimulatorDefinition,
  type SimulatorKit,
  type SimulatorOptions,
  SimulatorRefusal,
  type SimulatorReply,
  type SimulatorRequest,
  SlidingWindow,
  type Subscription,
  seededRandom,
  startSimulator,
  systemClock,
  type Take,
  type VirtualClock,
  type VirtualClockOptions,
  virtualClock,
  type WebhookAttempt,
  type WebhookChaos,
  type WebhookPlan,
  type WebhookSender,
  type WebhookSubscriptionInput,
} from '../src/simulator/index.ts'
export {
  type AmazonCredentials,
  type AmazonOperation,
  type AmazonSimulator,
  type AmazonSimulatorOptions,
  SandboxVector,
  startAmazonSimulator,
} from './amazon/simulator/index.ts'
export {
  type EasyPostSimulator,
  type EasyPostSimulatorOptions,
  startEasyPostSimulator,
} from './easypost/simulator/index.ts'
export {
  type EbayApi,
  type EbayCredentials,
  type EbaySimulator,
  type EbaySimulatorOptions,
  signEbay,
  startEbaySimulator,
} from './ebay/simulator/index.ts'
export {
  type MetaSimulator,
  type MetaSimulatorOptions,
  signMeta,
  signMetaDeletion,
  startMetaSimulator,
} from './meta/simulator/index.ts'
export {
  type ShipBobSimulator,
  type ShipBobSimulatorOptions,
  startShipBobSimulator,
} from './shipbob/simulator/index.ts'
export {
  type ShipHeroSimulator,
  type ShipHeroSimulatorOptions,
  signShipHero,
  startShipHeroSimulator,
} from './shiphero/simulator/index.ts'
export {
  type ShipStreamSimulator,
  type ShipStreamSimulatorOptions,
  startShipStreamSimulator,
} from './shipstream/simulator/index.ts'
export {
  type ShopifySimulator,
  type ShopifySimulatorOptions,
  signShopify,
  startShopifySimulator,
} from './shopify/simulator/index.ts'
export {
  signTikTok,
  startTikTokSimulator,
  type TikTokCredentials,
  type TikTokSimulator,
  type TikTokSimulatorOptions,
} from './tiktok/simulator/index.ts'
