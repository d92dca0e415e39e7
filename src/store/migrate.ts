import { randomUUID } from 'node:crypto'
import { StockpoolError } from '../error.ts'
import type { Database, Transaction } from './database.ts'
import { migrations as landed, type Migration } from './schema.ts'

const words: Readonly<Record<Database['dialect'], Readonly<Record<string, string>>>> = {
  sqlite: {
    // AUTOINCREMENT: an id is never given twice, even when the newest row was deleted. Cursors rely on it.
    identity: 'INTEGER PRIMARY KEY AUTOINCREMENT',
    row: 'INTEGER PRIMARY KEY',
    compact: 'WITHOUT ROWID',
    busy: '',
  },
  postgres: {
    identity: 'BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY',
    row: 'BIGINT PRIMARY KEY',
    compact: '',
    // Room on each page for the next version of its rows: then the indexes need not be touched.
    busy: ' WITH (fillfactor = 60)',
  },
}

/**
 * Brings a database up to date, one transaction for each migration. Safe when several processes open it at once:
 * whoever holds the write lock (on PostgreSQL, that of the row of version 0) applies, the others find it done.
 */
export async function migrate(database: Database, migrations: readonly Migration[] = landed): Promise<void> {
  for (;;) {
    const version = await database.transaction((tx) => step(tx, database.dialect, migrations))
    if (version === migrations.length) return
  }
}

async function step(
  tx: Transaction,
  dialect: Database['dialect'],
  migrations: readonly Migration[],
): Promise<number> {
  if (dialect === 'postgres') await tx.run('SELECT version FROM schema_version WHERE version = 0 FOR UPDATE')
  else await tx.run('CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY)')
  const row = await tx.get<{ version: number | null }>('SELECT MAX(version) AS version FROM schema_version')
  const version = Number(row?.version ?? 0)
  if (version > migrations.length) {
    throw new StockpoolError(
      'database_too_new',
      `the database has version ${version}, this stockpool knows ${migrations.length}`,
      {
        remedy: 'Upgrade stockpool to the version that wrote it.',
        details: { version, known: migrations.length },
      },
    )
  }
  const statements = migrations[version]
  if (statements === undefined) return version
  for (const statement of statements) {
    if (typeof statement === 'string') await tx.run(inDialect(statement, dialect))
    else if (dialect === 'postgres') await tx.run(inDialect(statement.postgres, dialect))
  }
  if (version === 0) {
    await tx.run(`INSERT INTO location (id, name, priority) VALUES ('main', 'Main', 100)`)
    await tx.run(`INSERT INTO meta (name, value) VALUES ('id', ?)`, [randomUUID()])
  }
  await tx.run('INSERT INTO schema_version (version) VALUES (?)', [version + 1])
  return version + 1
}

function inDialect(statement: string, dialect: Database['dialect']): string {
  const text = statement.replace(/\{(\w+)\}/g, (whole, word: string) => words[dialect][word] ?? whole)
  // Text sorts by its bytes in both: ISO times by time, and keys in one order whatever the server's locale.
  return dialect === 'postgres' ? text.replace(/\bTEXT\b/g, 'TEXT COLLATE "C"') : text
}
