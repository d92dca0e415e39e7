/** Work that runs once at a time: calls that come while it runs share one more run after it. */
export interface Coalesced {
  /** Resolves when everything that was there to do at the call is done. */
  run(): Promise<void>
  /** Resolves when nothing runs. */
  idle(): Promise<void>
}

export function coalesce(work: () => Promise<void>): Coalesced {
  let again = false
  let running: Promise<void> | null = null
  const rounds = async () => {
    try {
      while (again) {
        again = false
        await work()
      }
    } finally {
      running = null
    }
  }
  return {
    run() {
      again = true
      running ??= Promise.resolve().then(rounds)
      return running
    },
    idle: () => running ?? Promise.resolve(),
  }
}
