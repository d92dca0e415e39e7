import type { Session } from './postgres-driver.ts'
import { codeOf } from './postgres-errors.ts'

/** A name as an identifier. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A text as a constant. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** What two processes that make the same thing at once are answered, although both said IF NOT EXISTS. */
const madeMeanwhile: ReadonlySet<string> = new Set(['23505', '42710', '42P06', '42P07'])

/**
 * Makes the schema, and in it the row that whoever migrates locks. Safe when many begin at once; nothing is made that is
 * there, so that a user without the right to make schemas can use one that was made for it.
 */
export async function prepareSchema(session: Session, schema: string): Promise<void> {
  const name = quoted(schema)
  const { rows } = await session.control(`SELECT 1 FROM pg_namespace WHERE nspname = ${literal(schema)}`)
  if (rows.length === 0) await make(session, `CREATE SCHEMA IF NOT EXISTS ${name}`)
  const versions = `${name}.schema_version`
  await make(session, `CREATE TABLE IF NOT EXISTS ${versions} (version BIGINT PRIMARY KEY)`)
  await make(session, `INSERT INTO ${versions} (version) VALUES (0) ON CONFLICT (version) DO NOTHING`)
}

async function make(session: Session, statement: string): Promise<void> {
  try {
    await session.control(statement)
  } catch (thrown) {
    const cause = (thrown as Error).cause
    if (!madeMeanwhile.has(codeOf(cause) ?? '')) throw thrown
    session.failure = null
  }
}
