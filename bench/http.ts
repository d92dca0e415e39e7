import { spawn } from 'node:child_process'
import http from 'node:http'
import { fileURLToPath } from 'node:url'
import axios from 'axios'
import { z } from 'zod'
import { createHttpClient } from '../src/http/index.ts'

/** The cost of the HTTP room: CPU per request over bare axios with the same keep-alive agent, on loopback. */

const aimMicroseconds = 60
const rounds = 9
const perRound = 1000
const concurrency = 16

const body = {
  productType: 'PRODUCT',
  patches: [
    {
      op: 'merge',
      path: '/attributes/fulfillment_availability',
      value: [{ fulfillment_channel_code: 'DEFAULT', quantity: 10, note: 'x'.repeat(480) }],
    },
  ],
}

// The server is another process, so that its work is not counted.
const server = `
  const http = require('node:http')
  const answer = JSON.stringify({ sku: 'A-1', status: 'ACCEPTED', submissionId: 'f1dc2914', issues: [] })
  http.createServer((request, response) => {
    request.resume().on('end', () => {
      response.setHeader('content-type', 'application/json')
      response.end(answer)
    })
  }).listen(0, '127.0.0.1', function () { process.stdout.write(String(this.address().port)) })
`

function startServer(): Promise<{ port: number; stop: () => void }> {
  const child = spawn(process.execPath, ['-e', server], { stdio: ['ignore', 'pipe', 'inherit'] })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.stdout.once('data', (port) => resolve({ port: Number(port), stop: () => child.kill() }))
  })
}

async function microsecondsPerRequest(send: () => Promise<unknown>): Promise<number> {
  let left = perRound
  const before = process.cpuUsage()
  const worker = async () => {
    while (left > 0) {
      left -= 1
      await send()
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / perRound
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

export async function run(): Promise<void> {
  const { port, stop } = await startServer()
  const url = `http://127.0.0.1:${port}/listings/2021-08-01/items/A1/SKU-1`
  const agent = new http.Agent({ keepAlive: true, maxFreeSockets: 16 })
  const bare = axios.create({ httpAgent: agent, proxy: false })
  const client = createHttpClient({
    connection: 'bench',
    hosts: [`127.0.0.1:${port}`],
    limits: { patchListingsItem: { rate: 1_000_000, burst: 1_000_000 } },
    concurrency: concurrency + 1,
  })
  const schema = z.object({ sku: z.string(), status: z.string(), issues: z.array(z.unknown()) })
  const token = 'Atza|a-token-of-the-usual-kind'
  const query = { marketplaceIds: 'ATVPDKIKX0DER' }
  const headers = { 'x-amz-access-token': token }
  const contenders = {
    'bare axios': () => bare.patch(url, body, { params: query, headers }),
    stockpool: () =>
      client.request({
        operation: 'patchListingsItem',
        effect: 'idempotent',
        method: 'PATCH',
        url,
        query,
        headers,
        json: body,
        schema,
      }),
  }
  const taken: Record<keyof typeof contenders, number[]> = { 'bare axios': [], stockpool: [] }
  const over: number[] = []
  try {
    for (const send of Object.values(contenders)) await microsecondsPerRequest(send)
    for (let round = 0; round < rounds; round += 1) {
      const bareCost = await microsecondsPerRequest(contenders['bare axios'])
      const ownCost = await microsecondsPerRequest(contenders.stockpool)
      taken['bare axios'].push(bareCost)
      taken.stockpool.push(ownCost)
      over.push(ownCost - bareCost)
    }
  } finally {
    client.close()
    agent.destroy()
    stop()
  }
  const [bareCost, ownCost] = [median(taken['bare axios']), median(taken.stockpool)]
  console.log(
    `HTTP: CPU per request, PATCH of ${JSON.stringify(body).length} bytes, ${concurrency} at once, median of ${rounds} interleaved rounds`,
  )
  console.table({
    'bare axios': { 'µs/request': bareCost.toFixed(0), ratio: '1.00', 'over bare, µs': '', aim: '' },
    stockpool: {
      'µs/request': ownCost.toFixed(0),
      ratio: (ownCost / bareCost).toFixed(2),
      'over bare, µs': median(over).toFixed(0),
      aim: `at most ${aimMicroseconds}`,
    },
  })
}

export default run

if (process.argv[1] === fileURLToPath(import.meta.url)) await run()
