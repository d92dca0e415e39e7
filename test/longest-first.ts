import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files of half a minute and more, which would leave a core idle were one of them the last. */
const longest = [
  'test/e2e/workers.test.ts',
  'test/property/providers.test.ts',
  'test/postgres/paused.test.ts',
  'test/e2e/crash.test.ts',
]

/** The longest files in this order, then all others as vitest has them. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const others = await super.sort(files)
    const first = longest.flatMap((path) => others.filter(({ moduleId }) => moduleId.endsWith(`/${path}`)))
    return [...first, ...others.filter((file) => !first.includes(file))]
  }
}
