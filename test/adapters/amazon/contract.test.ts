import { describe, it } from 'vitest'
import { amazon } from '../../../adapters/amazon/index.ts'
import { startAmazonSimulator } from '../../../adapters/amazon/simulator/index.ts'
import { acceleratedClock } from '../../../src/simulator/index.ts'
import { testConnection } from '../../../src/testing/index.ts'

const sqsArn = 'arn:aws:sqs:us-east-1:123456789012:amazon-news'

await testConnection({
  test: { describe, it },
  simulator: () =>
    startAmazonSimulator({
      clock: acceleratedClock(1000),
      pendingMs: 0,
      settlingMs: 0,
      feedQueueMs: 0,
      feedMs: 0,
    }),
  connect: (simulator) => amazon({ ...simulator.options, notifications: { sqsArn, queue: simulator.queue } }),
  // Amazon takes no key with a refund, and does not tell what a feed held: a repeat is refused for a person to look, never paid
  // (order-actions.test.ts).
  without: [
    'refund: pays once what it says, also when repeated and by another process',
    'refund: ends in one refund through lost answers, endless waits, 429 and 5xx',
  ],
  refused: (simulator) => amazon({ ...simulator.options, refreshToken: 'Atzr|withdrawn-by-the-seller' }),
})
