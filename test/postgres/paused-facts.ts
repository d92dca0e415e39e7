/** What the tests of a paused worker and its process both go by. */
export const leaseMs = 1500
/** So long the server lets a transaction of a process that stands still hold its locks. */
export const idleTransactionMs = 1000
/** One number at a time, and the next one after five seconds. */
export const writeLimit = { rate: 0.2, burst: 1 }
