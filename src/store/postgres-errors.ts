import { StockpoolError } from '../error.ts'

/**
 * What a failure says of its transaction.
 * - `conflict`: PostgreSQL rolled it back for another's sake (serialization failure, deadlock): run it again.
 * - `connection`: the connection is gone or of no use: run it again on another.
 * - `statement`: a fault of the statement; repeating will not help.
 */
export type FailureKind = 'conflict' | 'connection' | 'statement'

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const conflicts: ReadonlySet<string> = new Set(['40001', '40P01', '55P03'])

const lostConnections: ReadonlySet<string> = new Set([
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now: it is starting
  '57P05', // idle_session_timeout
  '25P03', // idle_in_transaction_session_timeout
  '25006', // read_only_sql_transaction: connected to what was the primary
  '53300', // too_many_connections
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
])

/** What `pg` says without a code when a connection breaks, or when its pool has none in time. */
const lostWords =
  /connection terminated|connection error|not queryable|timeout exceeded when trying to connect/i

export function codeOf(thrown: unknown): string | null {
  if (typeof thrown !== 'object' || thrown === null) return null
  const { code } = thrown as { code?: unknown }
  return typeof code === 'string' ? code : null
}

export function kindOf(thrown: unknown): FailureKind {
  const code = codeOf(thrown)
  if (code !== null) {
    if (conflicts.has(code)) return 'conflict'
    const lost = lostConnections.has(code) || code.startsWith('08') || isOldPlan(code, thrown)
    return lost ? 'connection' : 'statement'
  }
  return thrown instanceof Error && lostWords.test(thrown.message) ? 'connection' : 'statement'
}

/** A statement that was prepared before another process migrated the schema: a new connection prepares it anew. */
function isOldPlan(code: string, thrown: unknown): boolean {
  return code === '0A000' && thrown instanceof Error && thrown.message.startsWith('cached plan')
}

const remedies: Readonly<Record<string, string>> = {
  '28P01': 'Correct the user or the password of the pool.',
  '28000': 'Let this user connect from here (pg_hba.conf), or use another.',
  '3D000': 'Create the database, or correct its name.',
  '42501':
    'Grant this user the schema: GRANT CREATE ON DATABASE … once, or make the schema and give it to the user.',
  '53100': 'Free some disk space on the server, then repeat.',
  '53300': 'Raise max_connections, or let each process use fewer.',
  '57P03': 'Wait until the server has started.',
  '25006': 'Connect to the primary: this server is read-only.',
  ECONNREFUSED: 'Start the server, or correct the host and the port of the pool.',
  ENOTFOUND: 'Correct the host of the pool.',
}

/**
 * A driver's error as everybody sees it. `detail` and `where` of PostgreSQL quote whole rows and statements, which may
 * hold buyer data or tokens: of these nothing is kept, nor of values that a message quotes.
 */
export function databaseError(thrown: unknown, description: string): StockpoolError {
  if (thrown instanceof StockpoolError) return thrown
  const code = codeOf(thrown)
  const text = thrown instanceof Error ? thrown.message : String(thrown)
  const message = text.replace(/: ".*"$/s, '')
  const cause = Object.assign(new Error(message), {
    name: 'PostgresError',
    ...(code === null ? {} : { code }),
  })
  return new StockpoolError('database', `${description}: ${message}`, {
    cause,
    remedy: code === null ? undefined : remedies[code],
    details: { sqlstate: code },
    retryable: kindOf(thrown) !== 'statement',
  })
}
