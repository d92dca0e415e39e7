import type { SeededRandom } from '../../simulator/index.ts'

/** One thing the demo sells. A kit has `kit`; the others have stock. */
export interface DemoItem {
  readonly sku: string
  readonly title: string
  /** Units at the warehouse when the doors open. */
  readonly stock: number
  readonly kit: readonly { readonly sku: string; readonly quantity: number }[] | null
}

const goods = ['MUG', 'BOWL', 'PLATE', 'LAMP', 'VASE', 'TRAY', 'CLOCK', 'TOWEL', 'APRON']
const colours = ['RED', 'BLUE', 'SAND']

/** Thirty SKUs: twenty-seven with stock, some of it scarce, and three kits made of them. */
export function catalogue(random: SeededRandom): DemoItem[] {
  const items: DemoItem[] = goods.flatMap((thing) =>
    colours.map((colour) => ({
      sku: `${thing}-${colour}`,
      title: `${thing.toLowerCase()}, ${colour.toLowerCase()}`,
      // A third of them are scarce: their last units are fought over.
      stock: random.int(0, 2) === 0 ? random.int(1, 4) : random.int(8, 25),
      kit: null,
    })),
  )
  const kit = (name: string, ...parts: [string, number][]): DemoItem => ({
    sku: `SET-${name}`,
    title: `set: ${name.toLowerCase()}`,
    stock: 0,
    kit: parts.map(([sku, quantity]) => ({ sku, quantity })),
  })
  return [
    ...items,
    kit('BREAKFAST', ['MUG-RED', 1], ['BOWL-RED', 1], ['PLATE-RED', 1]),
    kit('TEA', ['MUG-BLUE', 2], ['TRAY-BLUE', 1]),
    kit('KITCHEN', ['APRON-SAND', 1], ['TOWEL-SAND', 2]),
  ]
}
