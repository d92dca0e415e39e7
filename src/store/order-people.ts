import type { Address, Buyer } from '../model/address.ts'
import type { Transaction } from './database.ts'
import { chunks, marks } from './sql.ts'

/** Who bought, where it goes, and the channel's payload, which names them as well. */
export interface Person {
  readonly buyer: Buyer | null
  readonly shipTo: Address | null
  readonly raw: unknown
}

type Payloads = Readonly<Record<string, Readonly<Record<string, string>>>>

/** Each part protected by itself, so that one can be replaced without reading the others. */
interface StoredPerson {
  readonly buyer?: string | null
  readonly shipTo?: string | null
  readonly raw?: string | null
  /** What providers sent of the order, by provider and reference: it names who the parcels go to. */
  readonly payloads?: Payloads
  /** What was sent of the order's returns, by connection and return. */
  readonly returns?: Payloads
  /** Erased at the platform's wish: never stored again. */
  readonly erased?: true
}

/** What is left of a person once erased. The writes themselves leave it alone, also when it comes in between. */
const erased = JSON.stringify({ erased: true } satisfies StoredPerson)

export interface PersonNews extends Person {
  readonly connection: string
  readonly order: string
  readonly eraseAt: string | null
  readonly protect: (text: string) => string
}

/** Whether a snapshot shows a buyer or an address of which nothing is stored, and may be. */
export async function showsMore(
  tx: Transaction,
  connection: string,
  order: string,
  { buyer, shipTo }: Pick<Person, 'buyer' | 'shipTo'>,
): Promise<boolean> {
  if (buyer === null && shipTo === null) return false
  const known = await stored(tx, connection, order)
  if (known?.erased) return false
  return (buyer !== null && !known?.buyer) || (shipTo !== null && !known?.shipTo)
}

/** Stores buyer data, protected. A part that the channel hides now stays as it was shown before. */
export async function storePerson(tx: Transaction, news: PersonNews): Promise<void> {
  const { connection, order, protect } = news
  const known = await stored(tx, connection, order)
  if (known?.erased) return
  if (known === null && news.buyer === null && news.shipTo === null && news.raw === null) return
  const part = (value: unknown, before: string | null | undefined) =>
    value === null || value === undefined ? (before ?? null) : protect(JSON.stringify(value))
  const person: StoredPerson = {
    ...known,
    buyer: part(news.buyer, known?.buyer),
    shipTo: part(news.shipTo, known?.shipTo),
    raw: part(news.raw, known?.raw),
  }
  await tx.run(
    `INSERT INTO person (connection, order_id, data, erase_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (connection, order_id) DO UPDATE SET data = excluded.data, erase_at = excluded.erase_at
     WHERE person.data <> ?`,
    [connection, order, JSON.stringify(person), news.eraseAt, erased],
  )
}

/** Lets the time of stored buyer data run, where it does not yet: its order is finished. */
export async function eraseAfter(
  tx: Transaction,
  connection: string,
  order: string,
  eraseAt: string,
): Promise<void> {
  const known = await stored(tx, connection, order)
  if (known === null || known.erased) return
  await tx.run(
    `UPDATE person SET erase_at = ? WHERE connection = ? AND order_id = ? AND erase_at IS NULL AND data <> ?`,
    [eraseAt, connection, order, erased],
  )
}

/** Buyer data of an order, or `null` when there is none any more. */
export async function readPerson(
  tx: Transaction,
  connection: string,
  order: string,
  reveal: (text: string) => string,
): Promise<Person | null> {
  const known = await stored(tx, connection, order)
  if (known === null || known.erased) return null
  const part = (text: string | null | undefined) =>
    text === null || text === undefined ? null : JSON.parse(reveal(text))
  return { buyer: part(known.buyer), shipTo: part(known.shipTo), raw: part(known.raw) }
}

/** Erases the buyer data of these orders for good: no later snapshot brings it back. */
export async function erasePeople(
  tx: Transaction,
  connection: string,
  orders: readonly string[],
): Promise<void> {
  for (const order of [...new Set(orders)].sort()) {
    await tx.run(
      `INSERT INTO person (connection, order_id, data, erase_at) VALUES (?, ?, ?, NULL)
       ON CONFLICT (connection, order_id) DO UPDATE SET data = excluded.data, erase_at = NULL`,
      [connection, order, erased],
    )
    await eraseWords(tx, connection, [order])
  }
}

/** What a channel is told in prose, and what is to be printed, may name the buyer as well. */
async function eraseWords(tx: Transaction, connection: string, orders: readonly string[]): Promise<void> {
  const these = `connection = ? AND order_id IN (${marks(orders.length)})`
  await tx.run(`UPDATE answer SET words = NULL WHERE ${these}`, [connection, ...orders])
  await tx.run(`DELETE FROM label_document WHERE ${these}`, [connection, ...orders])
}

/** The orders of a connection of which buyer data is stored. */
export async function ordersWithPeople(tx: Transaction, connection: string): Promise<string[]> {
  const rows = await tx.all<{ order_id: string }>('SELECT order_id FROM person WHERE connection = ?', [
    connection,
  ])
  return rows.map(({ order_id }) => order_id)
}

/** The orders of a connection that were placed by these buyers, as far as their data is stored and can be read. */
export async function ordersOfBuyers(
  tx: Transaction,
  connection: string,
  buyers: readonly string[],
  reveal: (text: string) => string,
): Promise<string[]> {
  const rows = await tx.all<{ order_id: string; data: string }>(
    'SELECT order_id, data FROM person WHERE connection = ? AND data <> ?',
    [connection, erased],
  )
  const wanted = new Set(buyers)
  return rows.filter(({ data }) => wanted.has(buyerOf(data, reveal) ?? '')).map(({ order_id }) => order_id)
}

/** The platform's id of who bought; `null` also where the key that protects it is gone: then nobody can read it. */
function buyerOf(data: string, reveal: (text: string) => string): string | null {
  const { buyer } = JSON.parse(data) as StoredPerson
  if (buyer === null || buyer === undefined) return null
  try {
    return (JSON.parse(reveal(buyer)) as Buyer).id
  } catch {
    return null
  }
}

/** Deletes buyer data whose time is over. Answers for how many orders. */
export async function eraseDuePeople(tx: Transaction, at: string, limit = 1000): Promise<number> {
  const due = await tx.all<{ connection: string; order_id: string }>(
    `SELECT connection, order_id FROM person WHERE erase_at IS NOT NULL AND erase_at <= ?
     ORDER BY connection, order_id LIMIT ?${tx.dialect === 'postgres' ? ' FOR UPDATE SKIP LOCKED' : ''}`,
    [at, limit],
  )
  const byConnection = Map.groupBy(due, ({ connection }) => connection)
  for (const [connection, rows] of byConnection) {
    for (const some of chunks(rows)) {
      const orders = some.map((row) => row.order_id)
      await tx.run(`DELETE FROM person WHERE connection = ? AND order_id IN (${marks(orders.length)})`, [
        connection,
        ...orders,
      ])
      await eraseWords(tx, connection, orders)
    }
  }
  return due.length
}

/**
 * Keeps a payload of one reference of a provider's, or of one return, protected, as long as the buyer's own data are kept and no longer. The
 * other parts are not read: they may have been protected with a key that is not here.
 */
export async function keepPayload(
  tx: Transaction,
  payload: {
    readonly connection: string
    readonly order: string
    /** Default: a provider's payload, by its reference. */
    readonly of?: 'payloads' | 'returns'
    readonly provider: string
    readonly reference: string
    readonly raw: unknown
    readonly protect: (text: string) => string
  },
): Promise<void> {
  const { connection, order, of = 'payloads', provider, reference, raw, protect } = payload
  const known = await stored(tx, connection, order)
  if (known === null || known.erased) return
  const own = { ...known[of]?.[provider], [reference]: protect(JSON.stringify(raw ?? null)) }
  const person: StoredPerson = { ...known, [of]: { ...known[of], [provider]: own } }
  await tx.run('UPDATE person SET data = ? WHERE connection = ? AND order_id = ? AND data <> ?', [
    JSON.stringify(person),
    connection,
    order,
    erased,
  ])
}

/** The providers' payloads of an order, by provider, oldest reference first. */
export async function readPayloads(
  tx: Transaction,
  connection: string,
  order: string,
  reveal: (text: string) => string,
): Promise<Map<string, unknown[]>> {
  const known = await stored(tx, connection, order)
  return new Map(
    Object.entries(known?.payloads ?? {}).map(([provider, texts]) => [
      provider,
      Object.entries(texts)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, text]): unknown => JSON.parse(reveal(text))),
    ]),
  )
}

/** Whether anything that names the buyer may be stored beside the order: as long as the buyer's own data are. */
export async function mayKeep(tx: Transaction, connection: string, order: string): Promise<boolean> {
  const known = await stored(tx, connection, order)
  return known !== null && !known.erased
}

/** The payload of a return; `null` when none is kept (any more). */
export async function readReturnPayload(
  tx: Transaction,
  order: { readonly connection: string; readonly id: string },
  { connection, id }: { readonly connection: string; readonly id: string },
  reveal: (text: string) => string,
): Promise<unknown> {
  const known = await stored(tx, order.connection, order.id)
  const text = known?.returns?.[connection]?.[id]
  return text === undefined ? null : JSON.parse(reveal(text))
}

async function stored(tx: Transaction, connection: string, order: string): Promise<StoredPerson | null> {
  const row = await tx.get<{ data: string }>(
    'SELECT data FROM person WHERE connection = ? AND order_id = ?',
    [connection, order],
  )
  return row === undefined ? null : (JSON.parse(row.data) as StoredPerson)
}
