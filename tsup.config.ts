import { defineConfig } from 'tsup'

/** One entry for each door of the package's `exports`, and one for its command. */
export const entry = {
  index: 'src/index.ts',
  shopify: 'adapters/shopify/index.ts',
  amazon: 'adapters/amazon/index.ts',
  shipbob: 'adapters/shipbob/index.ts',
  tiktok: 'adapters/tiktok/index.ts',
  ebay: 'adapters/ebay/index.ts',
  easypost: 'adapters/easypost/index.ts',
  meta: 'adapters/meta/index.ts',
  shiphero: 'adapters/shiphero/index.ts',
  shipstream: 'adapters/shipstream/index.ts',
  postgres: 'src/postgres.ts',
  simulator: 'adapters/simulators.ts',
  testing: 'src/testing/index.ts',
  'cli/main': 'src/cli/main.ts',
}

const { 'cli/main': _command, ...doors } = entry

export default defineConfig({
  entry,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  // Shared code is built once, so that an error thrown through one door is recognised through another.
  splitting: true,
  // `sqlite` exists only as `node:sqlite`.
  removeNodeProtocol: false,
  dts: { entry: doors },
  clean: true,
})
