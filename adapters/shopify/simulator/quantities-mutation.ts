import { type Args, refuse } from '../../../src/simulator/graphql/index.ts'
import { idempotencyMessages, idempotent, keyOf } from './idempotency.ts'
import { iso } from './shop.ts'
import type { World } from './world.ts'

interface Row {
  readonly inventoryItemId: string
  readonly locationId: string
  readonly quantity: number
  readonly changeFromQuantity?: number | null
}

interface Input {
  readonly name: string
  readonly reason: string
  readonly referenceDocumentUri?: string | null
  readonly quantities: readonly Row[]
}

interface Problem {
  readonly row: number | null
  readonly member: string | null
  readonly code: string
  readonly message: string
}

const highest = 1_000_000_000

const messages: Readonly<Record<string, string>> = {
  INVALID_INVENTORY_ITEM: 'The specified inventory item could not be found.',
  INVALID_LOCATION: 'The specified location could not be found.',
  ITEM_NOT_STOCKED_AT_LOCATION: 'The specified inventory item is not stocked at the location.',
  NON_MUTABLE_INVENTORY_ITEM: 'The specified inventory item is not allowed to be adjusted via API.',
  INVALID_QUANTITY_NEGATIVE: "The quantity can't be negative.",
  INVALID_QUANTITY_TOO_HIGH: "The quantity can't be higher than 1,000,000,000.",
  CHANGE_FROM_QUANTITY_STALE: 'The changeFromQuantity argument does not match the persisted quantity.',
  NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR:
    'The combination of inventoryItemId and locationId must be unique.',
  INVALID_NAME: "The quantity name must be either 'available' or 'on_hand'.",
  ...idempotencyMessages,
}

const problem = (code: string, row: number | null = null, member: string | null = null): Problem => ({
  row,
  member,
  code,
  message: messages[code] ?? code,
})

function answer(world: World, input: Input, problems: readonly Problem[]) {
  const { quantityErrors } = world.behaviour
  const shown = quantityErrors === 'all' ? problems : problems.slice(0, 1)
  const userErrors = shown.map(({ row, member, code, message }) => ({
    field:
      row === null || quantityErrors === 'unnamed'
        ? null
        : ['input', 'quantities', String(row), ...(member === null ? [] : [member])],
    code,
    message,
  }))
  const group =
    problems.length > 0
      ? null
      : {
          id: world.shop.nextId('InventoryAdjustmentGroup'),
          reason: input.reason,
          referenceDocumentUri: input.referenceDocumentUri ?? null,
          createdAt: iso(world.shop.now()),
        }
  return { inventoryAdjustmentGroup: group, userErrors }
}

/** What is wrong with a row, in the order in which it can be known. */
function rowProblem({ shop, version }: World, name: string, row: Row, index: number): Problem | null {
  const item = shop.items.get(row.inventoryItemId)
  if (!item || item.deleted) return problem('INVALID_INVENTORY_ITEM', index, 'inventoryItemId')
  if (!shop.locations.some(({ id }) => id === row.locationId))
    return problem('INVALID_LOCATION', index, 'locationId')
  if (item.bundle) return problem('NON_MUTABLE_INVENTORY_ITEM', index, 'inventoryItemId')
  const level = shop.level(item.id, row.locationId)
  // Since 2026-10 a number may be set at any location, which begins to stock the item.
  if (!level && version < '2026-10') return problem('ITEM_NOT_STOCKED_AT_LOCATION', index, 'locationId')
  if (row.quantity < 0) return problem('INVALID_QUANTITY_NEGATIVE', index, 'quantity')
  if (row.quantity > highest) return problem('INVALID_QUANTITY_TOO_HIGH', index, 'quantity')
  const { available, committed } = level ?? { available: 0, committed: 0 }
  const now = name === 'on_hand' ? available + committed : available
  const stale = row.changeFromQuantity !== null && row.changeFromQuantity !== now
  return stale ? problem('CHANGE_FROM_QUANTITY_STALE', index, 'changeFromQuantity') : null
}

function problemsOf(world: World, { name, quantities }: Input): Problem[] {
  if (name !== 'available' && name !== 'on_hand') return [problem('INVALID_NAME')]
  const pairs = quantities.map(({ inventoryItemId, locationId }) => `${inventoryItemId} ${locationId}`)
  if (new Set(pairs).size < pairs.length) return [problem('NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR')]
  return quantities.flatMap((row, index) => rowProblem(world, name, row, index) ?? [])
}

/** Sets absolute numbers: all rows of a call, or none of them. */
export function quantitiesMutation(args: Args, world: World, directives: ReadonlyMap<string, Args>) {
  const input = args.input as Input
  keyOf(directives)
  const absent = input.quantities.findIndex((row) => row.changeFromQuantity === undefined)
  if (absent !== -1) {
    const message = `InventoryQuantityInput must include the following argument: changeFromQuantity (quantities.${absent}).`
    return refuse('INVALID_FIELD_ARGUMENTS', message)
  }
  if (world.injected !== null) return answer(world, input, [problem(world.injected)])

  return idempotent(world, directives, input, {
    run() {
      const problems = problemsOf(world, input)
      if (problems.length === 0) apply(world, input)
      return answer(world, input, problems)
    },
    failed: ({ userErrors }) => userErrors.length > 0,
    refuse: (code) => answer(world, input, [problem(code)]),
  })
}

function apply({ shop }: World, { name, quantities }: Input): void {
  for (const { inventoryItemId, locationId, quantity } of quantities) {
    const level = shop.level(inventoryItemId, locationId)
    const item = shop.items.get(inventoryItemId)
    const available = name === 'on_hand' ? quantity - (level?.committed ?? 0) : quantity
    if (level) shop.setAvailable(level, available)
    else if (item) shop.stock(item, locationId, available)
  }
}
