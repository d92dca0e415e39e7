export {
  clientCredentials,
  type OAuthClient,
  type RefreshTokenClient,
  refreshTokenGrant,
  withToken,
} from './auth.ts'
export type { SharedBudget } from './budget.ts'
export {
  type ConnectionHttpClient,
  createHttpClient,
  type HttpClientOptions,
  type HttpEvent,
} from './client.ts'
export { acceleratedClock, systemClock } from './clock.ts'
export { defaultError, requestIdOf, retryAfterOf } from './failure.ts'
export { assertHost } from './host.ts'
export { serverMoment } from './moment.ts'
export { ParcelTurns } from './parcel-turns.ts'
export {
  createRedactor,
  type Redactor,
  redactError,
  redactingLogger,
  silentLogger,
} from './redact.ts'
export { type ReadRowOptions, readRow, tryRow } from './rows.ts'
export {
  fromBase64,
  headerOf,
  hmacSha256,
  type StandardWebhook,
  sameBytes,
  toBase64,
  toHex,
  verifyStandardWebhook,
} from './signature.ts'
export { type KeptPage, orBeginAgain } from './stale-page.ts'
