import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type Sample, together } from './measure.ts'
import type { Load } from './ours.ts'

const program = fileURLToPath(new URL('./process.ts', import.meta.url))

/** Other processes that reserve from the same pool, each with a store of its own. */
export class Processes {
  readonly #children: readonly ChildProcess[]

  private constructor(children: readonly ChildProcess[]) {
    this.#children = children
  }

  static async start(count: number, url: string, schema: string): Promise<Processes> {
    const children = Array.from({ length: count }, () => fork(program, [url, schema]))
    await Promise.all(children.map(answer))
    return new Processes(children)
  }

  async reserve(load: Load): Promise<Sample> {
    const samples = this.#children.map((child, index) => {
      child.send({ ...load, prefix: `${load.prefix}-process${index}` })
      return answer(child) as Promise<Sample>
    })
    return together(await Promise.all(samples))
  }

  async end(): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        if (child.exitCode !== null) return
        const ended = once(child, 'exit')
        child.disconnect()
        await ended
      }),
    )
  }
}

/** The next message; a process that ends instead has told why on its standard error. */
async function answer(child: ChildProcess): Promise<unknown> {
  const answered = new AbortController()
  const { signal } = answered
  const ended = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`a process ended with ${code}`)
  })
  try {
    const [message] = await Promise.race([once(child, 'message', { signal }), ended])
    return message
  } finally {
    answered.abort()
  }
}
