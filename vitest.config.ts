import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/longest-first.ts'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** What reaches a database is run over each: see test/stores.ts. */
const overDatabases = [
  'test/{hub,property}/**/*.test.ts',
  'test/store/{stock,pool,catalog,readings,orders*,together,concurrency,budgets}.test.ts',
]

/** Of these, what says nothing to a database that others do not say as well. */
const overOne = ['test/hub/{queue,cancel-requests,compare,input}.test.ts', 'test/property/keep.test.ts']

export default defineConfig({
  resolve: {
    // The doors of the package by their published names, from source.
    alias: [
      { find: /^stockpool$/, replacement: at('src/index.ts') },
      { find: /^stockpool\/testing$/, replacement: at('src/testing/index.ts') },
      { find: /^stockpool\/postgres$/, replacement: at('src/postgres.ts') },
      { find: /^stockpool\/simulator$/, replacement: at('adapters/simulators.ts') },
      { find: /^stockpool\/(\w+)$/, replacement: at('adapters/$1/index.ts') },
    ],
  },
  test: {
    globalSetup: ['test/postgres/global.ts'],
    // Processes, not threads: the store opens files, and crash tests end processes.
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    // Generous: a shared machine with two busy cores must not fail a correct test.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    projects: [
      { extends: true, test: { name: 'sqlite', include: ['test/**/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'postgres',
          include: overDatabases,
          exclude: overOne,
          env: { STOCKPOOL_TEST_DATABASE: 'postgres' },
        },
      },
    ],
  },
})
