// @ts-check
// An adapter of your own, certified by the contract that every adapter here keeps: npm run build, then node examples/own-adapter.js
import { describe, it } from 'node:test'
import { acceleratedClock } from 'stockpool/simulator'
import { testConnection } from 'stockpool/testing'
import { acme } from './acme/adapter.js'
import { key, startAcme } from './acme/simulator.js'

await testConnection({
  test: { describe, it: (name, run, timeout = 60_000) => it(name, { timeout }, run) },
  simulator: () => startAcme({ clock: acceleratedClock(600) }),
  connect: ({ url }) => acme({ endpoint: url, key }),
  refused: ({ url }) => acme({ endpoint: url, key: 'a key that was revoked' }),
  many: 50,
})
