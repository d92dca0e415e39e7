import type { Return } from '../model/return.ts'
import type { AdapterContext } from './context.ts'

/** One page of the returns that changed since a cursor. */
export interface ReturnPage {
  readonly returns: readonly Return[]
  readonly cursor: string
  readonly more: boolean
}

/** Returns of a channel or a provider. */
export interface ReturnsFacet {
  read(context: AdapterContext, cursor: string | null): Promise<ReturnPage>
}
