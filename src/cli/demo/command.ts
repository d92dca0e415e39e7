import { parseArgs } from 'node:util'
import type { SkuRow } from './checks.ts'
import { type DemoResult, runDemo } from './run.ts'

/** `stockpool demo` */
export async function demo(args: string[], entry: string): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { seed: { type: 'string', default: '7' }, json: { type: 'boolean', default: false } },
  })
  const seed = Number(values.seed)
  if (!Number.isSafeInteger(seed)) {
    process.stderr.write(`stockpool: --seed must be a whole number, not ${values.seed}\n`)
    return 2
  }
  const began = Date.now()
  const say = (text: string) =>
    process.stdout.write(`${((Date.now() - began) / 1000).toFixed(1).padStart(5)} s  ${text}\n`)
  const result = await runDemo({ seed, entry, ...(values.json ? {} : { say }) })
  process.stdout.write(values.json ? `${JSON.stringify(result, null, 2)}\n` : report(result))
  return result.faults.length === 0 ? 0 : 1
}

const columns: readonly [title: string, value: (row: SkuRow) => string | number][] = [
  ['SKU', ({ sku }) => sku],
  ['pool', ({ pool }) => pool],
  ['Shopify', ({ web }) => web],
  ['Amazon', ({ amazonUs }) => amazonUs],
  ['sold', ({ sold }) => sold],
  ['shipped', ({ shipped }) => shipped],
  ['cancelled', ({ cancelled }) => cancelled],
  ['oversold', ({ oversold, reason }) => (oversold === 0 ? '' : `${oversold}: ${reason}`)],
]

function report(result: DemoResult): string {
  const cells = [
    columns.map(([title]) => title),
    ...result.rows.map((row) => columns.map(([, value]) => String(value(row)))),
  ]
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)))
  const table = cells.map((row) =>
    row
      .map((cell, i) =>
        i === 0 || i === row.length - 1 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
  const { orders, parcels, tooLate, refused, webhooks, seconds, seed, faults } = result
  return `
${table.join('\n')}

${orders} orders counted once each, ${parcels} parcels with tracking on their channels, ${refused} answers of 429,
${webhooks.duplicates} webhooks delivered twice, ${webhooks.forged} forged and ${webhooks.forgedAccepted} of these accepted, one crash. ${seconds.toFixed(0)} s, seed ${seed}.${tooLate > 0 ? `\n${tooLate} parcels left before their cancelled order could be stopped.` : ''}
${faults.length === 0 ? 'Every listing shows its offer, and the ledger refolds.' : `NOT exact:\n${faults.map((fault) => `- ${fault}`).join('\n')}`}
`
}
