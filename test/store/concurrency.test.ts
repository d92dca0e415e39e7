import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { storeAt } from '../stores.ts'
import { openShop, type Shop, scratch } from './support.ts'

const files = scratch()
const running = new Set<ChildProcess>()
afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
})
afterAll(() => files.remove())

const worker = fileURLToPath(new URL('worker.ts', import.meta.url))
// Node 22 up to 22.17 runs TypeScript only when asked to.
const flags = ['--experimental-strip-types', '--no-warnings']

function start(
  job: string,
  file: string,
  name: string,
  count: number,
): { child: ChildProcess; lines: unknown[] } {
  const child = spawn(process.execPath, [...flags, worker, job, file, name, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  const lines: unknown[] = []
  let rest = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    const pieces = (rest + chunk).split('\n')
    rest = pieces.pop() ?? ''
    lines.push(...pieces.map((line) => JSON.parse(line)))
  })
  return { child, lines }
}

/** All lines that so many processes printed; each must end well. */
async function runAll(job: string, file: string, processes: number, count: number): Promise<unknown[]> {
  const started = Array.from({ length: processes }, (_, index) => start(job, file, `p${index}`, count))
  const ends = await Promise.all(started.map(({ child }) => once(child, 'close')))
  expect(ends.map(([code]) => code)).toEqual(started.map(() => 0))
  return started.flatMap(({ lines }) => lines)
}

async function openFile(name: string, units: number): Promise<{ file: string; shop: Shop }> {
  const file = files.path(name)
  const shop = await openShop(await storeAt(file).open())
  for (const sku of ['A', 'B']) {
    await shop.putItem({ sku })
    await shop.stock.receive(sku, units, { key: `start ${sku}` })
    await shop.link({ connection: 'web', listing: sku, sku })
  }
  return { file, shop }
}

const tally = (answers: unknown[], status: string) => answers.filter((answer) => answer === status).length

describe('several processes on one file', () => {
  it('take exactly what is there', async () => {
    const { file, shop } = await openFile('take.db', 130)
    const answers = await runAll('take', file, 4, 60)
    expect([tally(answers, 'reserved'), tally(answers, 'insufficient')]).toEqual([130, 110])
    expect(await shop.stock.get('A')).toMatchObject({ available: 0, reserved: 130 })
    expect(await shop.stock.get('B')).toMatchObject({ available: 0, reserved: 130 })
    expect(await shop.stock.verify()).toEqual({ ok: true, differences: [] })
    // One mark by the link, and none more while nobody computes the number.
    expect(await shop.generations()).toEqual({ A: 1, B: 1 })
    await shop.database.close()
  })

  it('take all when there is more than enough', async () => {
    const { file, shop } = await openFile('plenty.db', 1000)
    const answers = await runAll('take', file, 3, 50)
    expect(tally(answers, 'reserved')).toBe(150)
    expect(await shop.stock.get('A')).toMatchObject({ available: 850, reserved: 150 })
    await shop.database.close()
  })

  it('that all report the same facts count each of them once', async () => {
    const { file, shop } = await openFile('same.db', 1000)
    const answers = await runAll('same', file, 4, 40)
    expect([tally(answers, 'reserved'), tally(answers, 'exists')]).toEqual([40, 120])
    expect(await shop.stock.get('A')).toMatchObject({ available: 960, reserved: 40 })
    expect((await shop.stock.verify()).ok).toBe(true)
    await shop.database.close()
  })

  it('may be the first to open it at the same moment', async () => {
    const answers = await runAll('open', files.path('new.db'), 5, 0)
    expect(answers).toEqual(Array.from({ length: 5 }, () => [{ id: 'main' }]))
  })

  it('may be killed at any moment: nothing that was answered is lost, nothing is half written', async () => {
    const { file, shop } = await openFile('killed.db', 1_000_000)
    const answered: unknown[] = []
    for (let kill = 0; kill < 6; kill += 1) {
      const { child, lines } = start('forever', file, `k${kill}`, 0)
      while (lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 60))
      child.kill('SIGKILL')
      await once(child, 'close')
      answered.push(...lines)
    }
    const kept = await shop.database.read((tx) => tx.all<{ key: string }>('SELECT key FROM reservation'))
    const keys = new Set(kept.map((row) => row.key))
    expect(answered.filter((key) => !keys.has(String(key)))).toEqual([])
    expect(await shop.stock.verify()).toEqual({ ok: true, differences: [] })
    expect(await shop.stock.get('A')).toMatchObject({ reserved: keys.size })
    await shop.database.close()
  })
})
