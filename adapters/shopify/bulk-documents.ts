import { z } from 'zod'
import { define, type GraphqlDocument } from './document.ts'
import { UserErrors } from './wire.ts'

const BulkOperation = z.object({
  id: z.string(),
  status: z.string(),
  errorCode: z.string().nullish(),
  createdAt: z.string(),
  /** Bytes, as text: it may be larger than a 32-bit number. */
  fileSize: z.string().nullish(),
  url: z.string().nullish(),
})
export type WireBulkOperation = z.infer<typeof BulkOperation>

const members = '{ id status errorCode createdAt fileSize url }'

/** Grouped: each order's lines follow it in the file, so that it can be read in pieces. */
export const bulkRunDocument = define({
  operation: 'BulkOperationRun',
  data: z.object({
    bulkOperationRunQuery: z.object({ bulkOperation: BulkOperation.nullish(), userErrors: UserErrors }),
  }),
  cost: 10,
  query: `mutation BulkOperationRun($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: true) {
    bulkOperation ${members}
    userErrors { field code message }
  }
}`,
})

/** `currentBulkOperation` is deprecated: an app may run five of them at once since 2026-01. */
export const bulkOperationDocument = define({
  operation: 'BulkOperation',
  data: z.object({ bulkOperation: BulkOperation.nullish() }),
  cost: 1,
  query: `query BulkOperation($id: ID!) {
  bulkOperation(id: $id) ${members}
}`,
})

export const bulkDocuments: readonly GraphqlDocument[] = [bulkRunDocument, bulkOperationDocument]
