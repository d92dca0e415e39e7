import type { Socket } from 'node:net'
import type { Pool, PoolClient } from 'pg'
import type { PostgresClient, PostgresPool, PostgresQuery, PostgresResult } from '../../src/store/postgres.ts'

/**
 * When the connection breaks: the server never gets the commit; it has committed and its answer is lost; so have all its answers since
 * the commit was sent; or nobody can say, since the connection breaks just after that.
 */
export type Moment = 'unsent' | 'unanswered' | 'unread' | 'racing'

/** A pool of `pg` whose connections break at a commit, as told. */
export class Breaking {
  /** Asked at each commit, counted from 1 since it was set; `null`: all goes well. */
  readonly pool: PostgresPool
  /** While true there is no server to connect to. */
  unreachable: () => boolean = () => false
  broken = 0
  /** What happens between an `unread` commit and the end of its connection. */
  meanwhile: () => Promise<void> = async () => undefined
  #commits: (n: number) => Moment | null = () => null
  #count = 0

  constructor(pool: Pool) {
    this.pool = {
      connect: async () => {
        if (this.unreachable())
          throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
        return this.#wrapped(await pool.connect())
      },
      end: () => pool.end(),
      on: (event: 'error' | 'connect', listener: never) => pool.on(event as 'error', listener),
      removeListener: (event: 'error' | 'connect', listener: never) =>
        pool.removeListener(event as 'error', listener),
    }
  }

  set commits(commits: (n: number) => Moment | null) {
    this.#commits = commits
    this.#count = 0
  }

  #wrapped(client: PoolClient): PostgresClient {
    return {
      pipeline: (client as unknown as { pipeline?: boolean }).pipeline === true,
      query: (query) => this.#query(client, query),
      release: (destroy) => client.release(destroy),
      on: (event, listener) => client.on(event, listener),
      removeListener: (event, listener) => client.removeListener(event, listener),
    }
  }

  async #query(client: PoolClient, query: PostgresQuery): Promise<PostgresResult> {
    if (query.text !== 'COMMIT') return client.query(query)
    const moment = this.#commits(++this.#count)
    if (moment === null) return client.query(query)
    this.broken += 1
    const { stream } = (client as unknown as { connection: { stream: Socket } }).connection
    if (moment === 'unanswered') await client.query(query)
    if (moment === 'unsent' || moment === 'unanswered') {
      stream.destroy()
      return client.query(query)
    }
    const answer = client.query(query)
    if (moment === 'unread') {
      stream.pause()
      await this.meanwhile()
      stream.destroy()
      return answer
    }
    // What was written has left for the server; what it answers finds nobody.
    await new Promise((resolve) => stream.write('', resolve))
    stream.destroy()
    return answer
  }
}
