import { StockpoolError } from '../../src/error.ts'

export interface Page<T> {
  readonly nodes: readonly T[]
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor?: string | null | undefined }
}

/** The cursor of the next page, `null` on the last. A page that points to itself would be read for ever. */
export function nextOf(page: Page<unknown>, after: string | null): string | null {
  if (!page.pageInfo.hasNextPage) return null
  const next = page.pageInfo.endCursor ?? null
  if (next === null || next === after) {
    throw new StockpoolError('unavailable', 'Shopify gave the same page twice')
  }
  return next
}

/** The rows of a page and of all that follow it. `fetch` gives `null` when what is paged is gone. */
export async function allOf<T>(
  first: Page<T>,
  fetch: (after: string) => Promise<Page<T> | null | undefined>,
): Promise<T[]> {
  const rows = [...first.nodes]
  let after = nextOf(first, null)
  while (after !== null) {
    const page = await fetch(after)
    if (!page) throw new StockpoolError('not_found', 'what was being read vanished between two pages')
    rows.push(...page.nodes)
    after = nextOf(page, after)
  }
  return rows
}
