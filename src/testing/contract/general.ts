import assert from 'node:assert/strict'
import type { Connection } from '../../spec/index.ts'
import type { Group } from './stage.ts'
import { printed } from './watch.ts'

const facetMethods: Readonly<Record<string, { must: readonly string[]; may: readonly string[] }>> = {
  orders: { must: ['read', 'get'], may: ['cancel', 'answerCancelRequest'] },
  listings: { must: ['write'], may: ['read', 'check'] },
  shipments: { must: ['confirm'], may: ['correct'] },
  returns: { must: ['read'], may: ['get', 'open', 'approve', 'decline', 'receive', 'close', 'refund'] },
  fulfillment: {
    must: ['submit', 'get', 'updates', 'stock', 'locations'],
    may: ['cancel', 'keep', 'quote', 'returns'],
  },
  webhooks: { must: ['verify'], may: ['ensure', 'challenge'] },
}

const facetOf = (connection: Connection, name: string) =>
  (connection as unknown as Record<string, Record<string, unknown> | undefined>)[name]

export const general: Group = {
  name: 'the connection',
  when: () => true,
  checks: [
    {
      name: 'states its version, its kind, and facets whose methods are functions',
      async run({ connection }) {
        assert.equal(connection.specVersion, 1)
        assert.match(connection.kind, /^[a-z][a-z0-9-]{1,39}$/)
        const present = Object.keys(facetMethods).filter((name) => facetOf(connection, name) !== undefined)
        assert.ok(present.length > 0, 'a connection needs at least one facet')
        for (const name of present) {
          const facet = facetOf(connection, name) ?? {}
          const { must = [], may = [] } = facetMethods[name] ?? {}
          for (const method of must) assert.equal(typeof facet[method], 'function', `${name}.${method}`)
          for (const method of may) {
            if (facet[method] !== undefined)
              assert.equal(typeof facet[method], 'function', `${name}.${method}`)
          }
        }
      },
    },
    {
      name: 'says why a facet is not there only of one that is not, and what to do instead',
      when: (connection) => connection.absent !== undefined,
      async run({ connection }) {
        for (const [name, absence] of Object.entries(connection.absent ?? {})) {
          assert.equal(facetOf(connection, name), undefined, `${name} is there, and said to be absent`)
          assert.match(absence.since, /^\d{4}-\d{2}-\d{2}$/)
          assert.ok(absence.why !== '' && absence.instead !== '')
        }
      },
    },
    {
      name: 'names bare hosts, and the simulator is one of them',
      async run({ connection, simulator }) {
        assert.ok(connection.hosts.length > 0)
        for (const host of connection.hosts)
          assert.match(host, /^(\*\.)?[a-z0-9.-]+(:\d+)?$/i, `host ${host}`)
        const { host } = new URL(simulator.url)
        assert.ok(connection.hosts.includes(host), `${host} is not among ${connection.hosts.join(', ')}`)
      },
    },
    {
      name: 'has sane limits and intervals',
      async run({ connection }) {
        for (const [name, { rate, burst, batch }] of Object.entries(connection.limits)) {
          assert.ok(Number.isFinite(rate) && rate > 0, `${name}: rate ${rate}`)
          assert.ok(Number.isFinite(burst) && burst >= 1, `${name}: burst ${burst}`)
          assert.ok(batch === undefined || (Number.isInteger(batch) && batch >= 1), `${name}: batch ${batch}`)
        }
        for (const [name, ms] of Object.entries(connection.intervals)) {
          assert.ok(Number.isFinite(ms) && ms >= 100, `${name}: ${ms} ms between two reads`)
        }
        if (connection.listings) {
          assert.ok(Number.isInteger(connection.listings.batch) && connection.listings.batch >= 1)
          assert.equal(typeof connection.listings.compareAndSet, 'boolean')
          const { revisions } = connection.listings
          if (revisions) {
            const { most, spare, zone } = revisions
            assert.ok(Number.isInteger(most) && most >= 1, `listings.revisions.most: ${most}`)
            assert.ok(
              Number.isInteger(spare) && spare >= 0 && spare < most,
              `listings.revisions.spare: ${spare}`,
            )
            assert.doesNotThrow(
              () => new Intl.DateTimeFormat('en', { timeZone: zone }),
              `no time zone: ${zone}`,
            )
          }
        }
        if (connection.webhooks) assert.ok(connection.webhooks.maxBytes >= 1_024)
      },
    },
    {
      name: 'knows its secrets and does not show them when printed',
      async run({ again }) {
        const { connection } = again()
        const secrets = connection.secrets()
        assert.ok(secrets.length > 0, 'secrets() names none')
        const text = printed(connection)
        for (const secret of secrets) {
          assert.ok(
            typeof secret === 'string' && secret.length > 0,
            'an empty secret would redact everything',
          )
          assert.ok(!text.includes(secret), 'the printed connection shows a secret')
        }
      },
    },
  ],
}
