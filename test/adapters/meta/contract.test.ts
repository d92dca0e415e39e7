import { describe, it } from 'vitest'
import { meta } from '../../../adapters/meta/index.ts'
import { startMetaSimulator } from '../../../adapters/meta/simulator/index.ts'
import { acceleratedClock } from '../../../src/simulator/index.ts'
import { testConnection } from '../../../src/testing/index.ts'

await testConnection({
  test: { describe, it },
  simulator: () => startMetaSimulator({ clock: acceleratedClock(600) }),
  connect: (simulator) => meta(simulator.options),
  refused: (simulator) => meta({ ...simulator.options, accessToken: 'EAARevokedSystemUserToken' }),
})
