import { type Route, reply } from '../../../src/simulator/index.ts'

interface Notice {
  readonly id: string
  readonly body: string
  readonly topic: string
  hiddenUntil: number
  receipt: string | null
}

const hiddenMs = 30_000

/** A queue that the toy platform tells its news into, once for each subscription. */
export class Notices {
  subscriptions = 0
  #notices: Notice[] = []
  #count = 0
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  tell(topic: string, data: unknown): void {
    for (let nth = 0; nth < this.subscriptions; nth += 1) {
      this.#count += 1
      const body = JSON.stringify(data)
      this.#notices.push({ id: `N${this.#count}`, topic, body, hiddenUntil: 0, receipt: null })
    }
  }

  #take(): Notice[] {
    const now = this.#now()
    const some = this.#notices.filter(({ hiddenUntil }) => hiddenUntil <= now).slice(0, 10)
    for (const notice of some) {
      this.#count += 1
      notice.receipt = `R${this.#count}`
      notice.hiddenUntil = now + hiddenMs
    }
    return some
  }

  routes(): Route[] {
    return [
      {
        operation: 'listQueueSubscriptions',
        method: 'GET',
        path: '/queue',
        handle: () => reply(200, { subscriptions: this.subscriptions }),
      },
      {
        operation: 'subscribeQueue',
        method: 'POST',
        path: '/queue',
        handle: () => {
          this.subscriptions += 1
          return reply(201, {})
        },
      },
      {
        operation: 'takeNotices',
        method: 'POST',
        path: '/queue/take',
        handle: () => reply(200, this.#take()),
      },
      {
        operation: 'deleteNotices',
        method: 'POST',
        path: '/queue/delete',
        handle: (request) => {
          const receipts = request.json() as string[]
          this.#notices = this.#notices.filter(
            ({ receipt }) => receipt === null || !receipts.includes(receipt),
          )
          return reply(200, {})
        },
      },
    ]
  }
}
