/** One request, without its body and its query. */
export interface RequestRecord {
  readonly operation: string
  readonly method: string
  readonly path: string
  /** 0 when no answer was sent. */
  readonly status: number
  /** The simulator's clock when the request came, epoch milliseconds. */
  readonly at: number
  /** The fault that was applied. */
  readonly fault: string | null
}

/** The latest requests and counters of all of them. */
export interface RequestLog {
  readonly records: readonly RequestRecord[]
  count(operation?: string, status?: number): number
  /** Forgets records and counters. */
  clear(): void
}

export interface WritableRequestLog extends RequestLog {
  add(record: RequestRecord): void
}

export function createRequestLog(capacity = 10_000): WritableRequestLog {
  let records: RequestRecord[] = []
  let counters = new Map<string, Map<number, number>>()
  const sum = (statuses: ReadonlyMap<number, number>, status?: number) => {
    if (status !== undefined) return statuses.get(status) ?? 0
    return [...statuses.values()].reduce((total, each) => total + each, 0)
  }
  return {
    get records() {
      return records.slice(-capacity)
    },
    add(record) {
      records.push(record)
      // Cut rarely: shifting one element off a long array for each request would be slow.
      if (records.length >= capacity * 2) records = records.slice(-capacity)
      const statuses = counters.get(record.operation) ?? new Map<number, number>()
      statuses.set(record.status, (statuses.get(record.status) ?? 0) + 1)
      counters.set(record.operation, statuses)
    },
    count(operation, status) {
      const chosen = operation === undefined ? [...counters.values()] : [counters.get(operation) ?? new Map()]
      return chosen.reduce((total, statuses) => total + sum(statuses, status), 0)
    },
    clear() {
      records = []
      counters = new Map()
    },
  }
}
