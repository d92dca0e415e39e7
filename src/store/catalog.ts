import { StockpoolError } from '../error.ts'
import type { Item, KitComponent } from '../model/item.ts'
import type { Location } from '../model/location.ts'
import type { Transaction } from './database.ts'
import { componentsOfAll, noItem } from './kits.ts'
import { dependOn, markListing } from './listings.ts'
import { lockBalances, lockCatalogue, lockItems } from './locks.ts'
import { flat, rowMarks } from './sql.ts'

export { componentsOf } from './kits.ts'
export type { ListingRow } from './listings.ts'
export { getListing, linkListing, listListings, unlinkListing } from './listings.ts'

interface ItemRow {
  sku: string
  title: string
  barcode: string | null
  reorder_point: number | null
}

interface ComponentRow {
  kit: string
  sku: string
  quantity: number
}

/** Makes an item, or replaces the one of this SKU. A kit's listings follow its components from then on. */
export async function putItem(tx: Transaction, item: Item, at: string): Promise<void> {
  const kit = item.kit
  await lockCatalogue(tx)
  if (kit !== null || (await kitOf(tx, item.sku)).length > 0) {
    await lockBalances(tx, [item.sku])
    // Nobody puts stock of it, or of its parts, at a new place meanwhile.
    await lockItems(tx, [item.sku, ...(kit ?? []).map(({ sku }) => sku)])
  }
  if (kit !== null) await checkKit(tx, item.sku, kit)
  await tx.run(
    `INSERT INTO item (sku, title, barcode, reorder_point) VALUES (?, ?, ?, ?)
     ON CONFLICT (sku) DO UPDATE SET
       title = excluded.title, barcode = excluded.barcode, reorder_point = excluded.reorder_point`,
    [item.sku, item.title, item.barcode, item.reorderPoint],
  )
  const before = await kitOf(tx, item.sku)
  if (sameKit(before, kit ?? [])) return
  await tx.run('DELETE FROM kit_component WHERE kit = ?', [item.sku])
  if (kit !== null) {
    await tx.run('DELETE FROM balance WHERE sku = ?', [item.sku])
    await tx.run(
      `INSERT INTO kit_component (kit, sku, quantity) VALUES ${rowMarks(kit.length, 3)}`,
      flat(kit.map((part) => [item.sku, part.sku, part.quantity])),
    )
  }
  await relist(tx, item.sku, partsOf(item.sku, before), partsOf(item.sku, kit ?? []), at)
}

/** The SKUs whose stock a listing of this SKU shows. */
function partsOf(sku: string, kit: readonly { readonly sku: string }[]): string[] {
  return kit.length === 0 ? [sku] : kit.map((part) => part.sku)
}

export async function getItem(tx: Transaction, sku: string): Promise<Item | null> {
  const row = await tx.get<ItemRow>('SELECT * FROM item WHERE sku = ?', [sku])
  return row === undefined ? null : toItem(row, await kitOf(tx, sku))
}

/** All items, by SKU. */
export async function listItems(tx: Transaction): Promise<Item[]> {
  const rows = await tx.all<ItemRow>('SELECT * FROM item ORDER BY sku')
  const parts = await tx.all<ComponentRow>('SELECT * FROM kit_component ORDER BY kit, sku')
  const kits = new Map<string, ComponentRow[]>()
  for (const part of parts) kits.set(part.kit, [...(kits.get(part.kit) ?? []), part])
  return rows.map((row) => toItem(row, kits.get(row.sku) ?? []))
}

interface LocationRow {
  id: string
  name: string
  connection: string | null
  external_id: string | null
  priority: number
  country: string | null
  postal_code: string | null
  service_levels: string | null
}

/** Makes a location, or replaces the one of this id. */
export async function putLocation(tx: Transaction, location: Location): Promise<void> {
  const { id, connection, externalId } = location
  await lockCatalogue(tx)
  const twin = await tx.get<{ id: string }>(
    'SELECT id FROM location WHERE connection = ? AND external_id = ? AND id <> ?',
    [connection, externalId, id],
  )
  if (twin !== undefined) {
    throw new StockpoolError('conflict', `location ${twin.id} is ${externalId} of ${connection} already`, {
      field: 'externalId',
      remedy: `Use ${twin.id}, or give it another external id first.`,
      details: { location: twin.id, connection, externalId },
    })
  }
  await tx.run(
    `INSERT INTO location (id, name, connection, external_id, priority, country, postal_code, service_levels)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, connection = excluded.connection,
       external_id = excluded.external_id, priority = excluded.priority, country = excluded.country,
       postal_code = excluded.postal_code, service_levels = excluded.service_levels`,
    [
      id,
      location.name,
      connection,
      externalId,
      location.priority,
      location.country,
      location.postalCode,
      location.serviceLevels === null ? null : JSON.stringify(location.serviceLevels),
    ],
  )
}

export async function getLocation(tx: Transaction, id: string): Promise<Location | null> {
  const row = await tx.get<LocationRow>('SELECT * FROM location WHERE id = ?', [id])
  return row === undefined ? null : toLocation(row)
}

/** All locations, those asked first by routing first. */
export async function listLocations(tx: Transaction): Promise<Location[]> {
  return (await tx.all<LocationRow>('SELECT * FROM location ORDER BY priority, id')).map(toLocation)
}

/** The same, of which none is changed by anybody else before this transaction ends. */
export async function holdLocations(tx: Transaction): Promise<Location[]> {
  await lockCatalogue(tx)
  return listLocations(tx)
}

function toLocation(row: LocationRow): Location {
  return {
    id: row.id as Location['id'],
    name: row.name,
    connection: row.connection,
    externalId: row.external_id,
    priority: Number(row.priority),
    country: row.country,
    postalCode: row.postal_code,
    serviceLevels: row.service_levels === null ? null : JSON.parse(row.service_levels),
  }
}

function toItem(row: ItemRow, kit: readonly ComponentRow[]): Item {
  return {
    sku: row.sku as Item['sku'],
    title: row.title,
    barcode: row.barcode,
    reorderPoint: row.reorder_point === null ? null : Number(row.reorder_point),
    kit:
      kit.length === 0
        ? null
        : kit.map((part) => ({ sku: part.sku as Item['sku'], quantity: Number(part.quantity) })),
  }
}

async function kitOf(tx: Transaction, sku: string): Promise<ComponentRow[]> {
  return tx.all<ComponentRow>('SELECT * FROM kit_component WHERE kit = ? ORDER BY sku', [sku])
}

function sameKit(before: readonly ComponentRow[], after: readonly KitComponent[]): boolean {
  if (before.length !== after.length) return false
  const quantities = new Map(before.map((part) => [part.sku, Number(part.quantity)]))
  return after.every((part) => quantities.get(part.sku) === part.quantity)
}

async function checkKit(tx: Transaction, sku: string, kit: readonly KitComponent[]): Promise<void> {
  const wrong = (field: string, message: string, remedy: string) =>
    new StockpoolError('invalid_input', message, { field, remedy, details: { sku } })
  const names = new Set<string>()
  for (const [index, part] of kit.entries()) {
    const field = `kit.${index}.sku`
    if (part.sku === sku) throw wrong(field, `${sku} cannot be a component of itself`, 'Name another SKU.')
    if (names.has(part.sku)) throw wrong(field, `${part.sku} is named twice`, 'Name it once, with the sum.')
    names.add(part.sku)
    const parts = (await componentsOfAll(tx, [part.sku])).get(part.sku)
    if (parts === undefined) noItem(part.sku, field)
    if (parts.length !== 1 || parts[0]?.sku !== part.sku) {
      throw wrong(
        field,
        `${part.sku} is itself a kit`,
        'Name its components instead: a kit cannot hold a kit.',
      )
    }
  }
  const user = await tx.get<{ kit: string }>('SELECT kit FROM kit_component WHERE sku = ?', [sku])
  if (user !== undefined) {
    throw wrong(
      'kit',
      `${sku} is a component of ${user.kit}`,
      'A kit cannot hold a kit; change that kit first.',
    )
  }
  const stock = await tx.get(
    'SELECT sku FROM balance WHERE sku = ? AND (available <> 0 OR reserved <> 0 OR quarantined <> 0)',
    [sku],
  )
  if (stock !== undefined) {
    throw wrong('kit', `${sku} holds stock of its own`, 'Bring its stock to zero first, or use another SKU.')
  }
}

/** The listings of a SKU depend on other SKUs now. */
async function relist(
  tx: Transaction,
  sku: string,
  before: readonly string[],
  after: readonly string[],
  at: string,
): Promise<void> {
  const listings = await tx.all<{ id: number }>(
    `SELECT listing.id AS id FROM listing_sku JOIN listing ON listing.id = listing_sku.listing
     WHERE listing_sku.sku = ? AND listing.sku = ? ORDER BY listing.id`,
    [before[0] ?? sku, sku],
  )
  for (const { id } of listings) {
    await dependOn(tx, id, before, after)
    await markListing(tx, id, at)
  }
}
