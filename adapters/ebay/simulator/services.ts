import { reply, type SimulatorRequest } from '../../../src/simulator/index.ts'
import { of } from './auth.ts'
import type { Operation, Parts } from './operations.ts'

const notification = '/commerce/notification/v1'

/** The Notification API. */
export function notifying({ notifications, auth }: Parts): Operation[] {
  const shared = { api: 'notification', needs: 'application' } as const
  const either = { api: 'notification', needs: 'either' } as const
  // A topic of the user scope belongs to the seller's token, the others to the application's.
  const scope = (request: SimulatorRequest) =>
    auth.refusal(request, 'application') === null ? 'APPLICATION' : 'USER'
  return [
    {
      ...shared,
      operation: 'getConfig',
      method: 'GET',
      path: `${notification}/config`,
      handle: (request) => notifications.config(request),
    },
    {
      ...shared,
      operation: 'updateConfig',
      method: 'PUT',
      path: `${notification}/config`,
      handle: (request) => notifications.config(request),
    },
    {
      ...shared,
      operation: 'getDestinations',
      method: 'GET',
      path: `${notification}/destination`,
      handle: () => notifications.destinations(),
    },
    {
      ...shared,
      operation: 'createDestination',
      method: 'POST',
      path: `${notification}/destination`,
      handle: (request) => notifications.createDestination(request),
    },
    {
      ...shared,
      operation: 'updateDestination',
      method: 'PUT',
      path: `${notification}/destination/{id}`,
      handle: (request, params) => notifications.updateDestination(request, of(params, 'id')),
    },
    {
      ...shared,
      operation: 'getTopics',
      method: 'GET',
      path: `${notification}/topic`,
      handle: () => notifications.topics(),
    },
    {
      ...shared,
      operation: 'getPublicKey',
      method: 'GET',
      path: `${notification}/public_key/{id}`,
      handle: (_, params) => notifications.publicKey(of(params, 'id')),
    },
    {
      ...either,
      operation: 'getSubscriptions',
      method: 'GET',
      path: `${notification}/subscription`,
      handle: (request) => notifications.subscriptions(scope(request)),
    },
    {
      ...either,
      operation: 'createSubscription',
      method: 'POST',
      path: `${notification}/subscription`,
      handle: (request) => notifications.createSubscription(request, scope(request)),
    },
    {
      ...either,
      operation: 'enableSubscription',
      method: 'POST',
      path: `${notification}/subscription/{id}/enable`,
      handle: (_, params) => notifications.setSubscription(of(params, 'id'), 'ENABLED'),
    },
  ]
}

/** Quotas, and keys that sign. */
export function developing({ quotas, keys }: Parts): Operation[] {
  const shared = { needs: 'application' } as const
  const keyPath = '/developer/key_management/v1/signing_key'
  return [
    {
      ...shared,
      api: 'analytics',
      operation: 'getRateLimits',
      method: 'GET',
      path: '/developer/analytics/v1_beta/rate_limit',
      handle: (request) => quotas.answer(request),
    },
    {
      ...shared,
      api: 'keys',
      operation: 'getSigningKeys',
      method: 'GET',
      path: keyPath,
      handle: () => keys.list(),
    },
    {
      ...shared,
      api: 'keys',
      operation: 'createSigningKey',
      method: 'POST',
      path: keyPath,
      handle: (request) => {
        const { signingKeyCipher } = request.json() as { signingKeyCipher?: unknown }
        return reply(200, keys.create(signingKeyCipher === 'RSA' ? 'RSA' : 'ED25519'))
      },
    },
  ]
}
