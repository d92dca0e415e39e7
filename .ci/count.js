// Prints how the tests went, from vitest's own report: `N passed, N failed` and, when some were, `, N skipped`.
import { existsSync, readFileSync } from 'node:fs'

const path = process.argv[2]
if (!path || !existsSync(path)) {
  console.log('the tests did not run to their end')
  console.log('0 passed, 1 failed')
} else {
  const report = JSON.parse(readFileSync(path, 'utf8'))
  // A file that fails before its first test has no test to count, and is a failure all the same.
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  )
  for (const file of broken) console.log(`failed before its tests: ${file.name}`)
  const skipped = report.numPendingTests + report.numTodoTests
  const failed = report.numFailedTests + broken.length
  console.log(`${report.numPassedTests} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`)
}
