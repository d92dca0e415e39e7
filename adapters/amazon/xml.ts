import { StockpoolError } from '../../src/error.ts'

/** An element that is written already. */
export interface Xml {
  readonly text: string
  /** The same with attributes. */
  with(attributes: Readonly<Record<string, string>>): Xml
}

const names: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

function escaped(text: string): string {
  // XML 1.0 has no way to write the other control characters.
  const writable = [...text].filter((one) => one >= ' ' || '\t\n\r'.includes(one)).join('')
  return writable.replace(/[&<>"']/g, (one) => names[one] ?? '')
}

/** One element: of texts, which are escaped, or of elements. */
export function xml(name: string, ...children: readonly (string | Xml)[]): Xml {
  const inner = children.map((child) => (typeof child === 'string' ? escaped(child) : child.text)).join('')
  const written = (attributes: Readonly<Record<string, string>>): Xml => {
    const list = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`)
    return { text: `<${name}${list.join('')}>${inner}</${name}>`, with: written }
  }
  return written({})
}

/** A document of messages of one type, numbered from 1, as amzn-envelope.xsd has it. */
export function envelope(sellerId: string, type: string, messages: readonly (readonly Xml[])[]): string {
  const header = xml('Header', xml('DocumentVersion', '1.01'), xml('MerchantIdentifier', sellerId))
  const numbered = messages.map((children, index) =>
    xml('Message', xml('MessageID', String(index + 1)), xml(type, ...children)),
  )
  const root = xml('AmazonEnvelope', header, xml('MessageType', type), ...numbered).with({
    'xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
    'xsi:noNamespaceSchemaLocation': 'amzn-envelope.xsd',
  })
  return `<?xml version="1.0" encoding="UTF-8"?>${root.text}`
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const plain = (text: string) =>
  text
    .replace(/<!\[CDATA\[([\s\S]*?)\]\]>/g, '$1')
    .replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => entities[name] ?? '')
    .trim()

function inside(text: string, tag: string): readonly string[] {
  return [...text.matchAll(new RegExp(`<${tag}(?:\\s[^>]*)?>([\\s\\S]*?)</${tag}>`, 'g'))].map(
    ([, inner = '']) => inner,
  )
}

/** What the processing report of a feed refuses. */
export interface Refusals {
  /** Why, by the number of the message. */
  readonly messages: ReadonlyMap<number, string>
  /** What is said of the feed as a whole; `null`: nothing. `someTaken`: messages of it were taken all the same. */
  readonly whole: { readonly detail: string; readonly someTaken: boolean } | null
}

/**
 * Why Amazon refused messages of a feed, by its processing report. DONE alone says nothing: the report can hold errors
 * (`ResultCode` Error), and warnings, which are none.
 * @throws StockpoolError `invalid_input` when it is no processing report.
 */
export function xmlRefusals(report: string | null): Refusals {
  const messages = new Map<number, string>()
  if (report === null) return { messages, whole: null }
  const count = (tag: string) => Number(inside(report, tag)[0] ?? Number.NaN)
  const results = inside(report, 'Result')
  if (Number.isNaN(count('MessagesWithError')) && results.length === 0) {
    throw new StockpoolError('invalid_input', 'the report of a feed cannot be read', {
      field: 'ProcessingReport',
      retryable: true,
    })
  }
  for (const result of results) {
    if (!inside(result, 'ResultCode').some((code) => plain(code) === 'Error')) continue
    const [number = ''] = inside(result, 'MessageID')
    const [code = ''] = inside(result, 'ResultMessageCode')
    const [description = ''] = inside(result, 'ResultDescription')
    const message = Number(plain(number)) || 0
    const before = messages.get(message)
    const detail = `${plain(code)}: ${plain(description)}`.slice(0, 500)
    messages.set(message, before === undefined ? detail : `${before}; ${detail}`.slice(0, 2_500))
  }
  const nameless = count('MessagesWithError') > 0 ? 'Amazon refused some of it without a reason' : null
  const detail = messages.get(0) ?? (messages.size === 0 ? nameless : null)
  messages.delete(0)
  return { messages, whole: detail === null ? null : { detail, someTaken: count('MessagesSuccessful') > 0 } }
}
