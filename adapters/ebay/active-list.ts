import type { AdapterContext } from '../../src/spec/index.ts'
import type { Settings } from './options.ts'
import { callTrading, type TradingCall } from './trading.ts'
import { childOf, childrenOf, textAt, type XmlNode } from './xml.ts'

/** Oldest first, so that what is listed meanwhile comes at the end. `entries`: 200 at most. */
export const activeListCall = (page: number, entries: number): TradingCall => ({
  name: 'GetMyeBaySelling',
  effect: 'read',
  members: {
    ActiveList: {
      Include: true,
      Sort: 'StartTime',
      Pagination: { EntriesPerPage: entries, PageNumber: page + 1 },
    },
  },
})

/** A page, from 0, of everything that the seller has on sale, whichever API made it, and how many pages there are. */
export async function activePage(
  context: AdapterContext,
  settings: Settings,
  page: number,
  entries: number,
): Promise<{ readonly items: readonly XmlNode[]; readonly pages: number }> {
  const { root } = await callTrading(context, settings, activeListCall(page, entries))
  const list = childOf(root, 'ActiveList')
  return {
    items: childrenOf(childOf(list, 'ItemArray'), 'Item'),
    pages: Number(textAt(list, 'PaginationResult', 'TotalNumberOfPages') ?? 0),
  }
}

const mostEntries = 200

/**
 * Of these items, those that the list of active ones has: 200 a call, where each alone would cost one, of 5,000 a day. When the pages
 * are more than the items, the first page tells, and is all.
 */
export async function activeItems(
  context: AdapterContext,
  settings: Settings,
  wanted: ReadonlySet<string>,
): Promise<Map<string, XmlNode>> {
  const found = new Map<string, XmlNode>()
  for (let page = 0, pages = 1; page < pages && found.size < wanted.size; page += 1) {
    const answer = await activePage(context, settings, page, mostEntries)
    for (const item of answer.items) {
      const id = textAt(item, 'ItemID')
      if (id !== null && wanted.has(id)) found.set(id, item)
    }
    pages = answer.pages
    if (page === 0 && pages > wanted.size) break
  }
  return found
}
