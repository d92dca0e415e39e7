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

/** A document of one message, as amzn-envelope.xsd has it. */
export function envelope(sellerId: string, type: string, children: readonly Xml[]): string {
  const header = xml('Header', xml('DocumentVersion', '1.01'), xml('MerchantIdentifier', sellerId))
  const message = xml('Message', xml('MessageID', '1'), xml(type, ...children))
  const root = xml('AmazonEnvelope', header, xml('MessageType', type), message).with({
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

/**
 * Why Amazon refused the one message of a feed, by its processing report; `null`: it did not. DONE alone says nothing: the
 * report can hold errors (`ResultCode` Error), and warnings, which are none.
 * @throws StockpoolError `invalid_input` when it is no processing report.
 */
export function refusalOf(report: string | null): string | null {
  if (report === null) return null
  const [counted] = inside(report, 'MessagesWithError')
  const results = inside(report, 'Result')
  if (counted === undefined && results.length === 0) {
    throw new StockpoolError('invalid_input', 'the report of a feed cannot be read', {
      field: 'ProcessingReport',
      retryable: true,
    })
  }
  const errors = results.filter((result) =>
    inside(result, 'ResultCode').some((code) => plain(code) === 'Error'),
  )
  if (errors.length === 0) return Number(counted ?? 0) > 0 ? 'Amazon refused it without a reason' : null
  return errors
    .map((error) => {
      const [code = ''] = inside(error, 'ResultMessageCode')
      const [description = ''] = inside(error, 'ResultDescription')
      return `${plain(code)}: ${plain(description)}`.slice(0, 500)
    })
    .slice(0, 5)
    .join('; ')
}
