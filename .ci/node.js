// Runs before the scripts that need a current Node. Plain enough for any Node of the last years, so that an old one
// gets a sentence instead of a stack trace.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const task = process.env.npm_lifecycle_event ?? ''

if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    [
      `stockpool: running from source needs Node 22.18 or later; this is ${process.versions.node}.`,
      'The development dependency `node` brings a Node of its own, and npm scripts use it by themselves.',
      'It is missing here: run `npm install` (with install scripts and development dependencies allowed), then repeat.',
    ].join('\n'),
  )
  process.exit(1)
}
const words = {
  test: 'all tests, from source, without a build; the slow ones use real files and processes. A few minutes.',
  bench: 'the benchmarks; other work on this machine shows in the figures.',
}
if (words[task]) console.log(`stockpool on Node ${process.versions.node}: ${words[task]}`)
