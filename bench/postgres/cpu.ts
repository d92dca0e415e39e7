import { readdirSync, readFileSync } from 'node:fs'
import type { Client } from 'pg'

/** Linux counts processor time in hundredths of a second. */
const tickMs = 10

interface Stat {
  readonly parent: number
  readonly own: number
  /** Of children that have ended. */
  readonly ended: number
}

/** What the whole server has spent of its processors so far, in milliseconds; `null` where that cannot be told. */
export type ServerCpu = () => number | null

/**
 * Processor time says what a reservation costs the server even while others use the machine, which a rate does not. The
 * server is the parent of the process that answers us.
 */
export async function serverCpu(client: Client): Promise<ServerCpu> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const server = statOf(String(rows[0]?.pid))?.parent
  if (server === undefined) return () => null
  return () => {
    const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
    const children = all.map(statOf).filter((stat) => stat?.parent === server)
    const spent = children.reduce((sum, stat) => sum + (stat?.own ?? 0), 0)
    const itself = statOf(String(server))
    return itself === null ? null : (spent + itself.own + itself.ended) * tickMs
  }
}

/** `null` where there is no such process, or no such file. */
function statOf(pid: string): Stat | null {
  try {
    // The name, in brackets, may hold anything.
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text
      .slice(text.lastIndexOf(') ') + 2)
      .split(' ')
      .map(Number)
    const [parent = 0, user = 0, system = 0, endedUser = 0, endedSystem = 0] = [1, 11, 12, 13, 14].map(
      (index) => fields[index],
    )
    return { parent, own: user + system, ended: endedUser + endedSystem }
  } catch {
    return null
  }
}
