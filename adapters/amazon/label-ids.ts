import { z } from 'zod'
import { StockpoolError } from '../../src/error.ts'
import { Money } from '../../src/model/money.ts'
import type { WireRate } from './label-wire.ts'
import type { LabelSettings } from './options.ts'

// An adapter keeps nothing: what a later call needs travels in the ids that it gives out.

const Document = z.object({
  format: z.string(),
  size: z.object({ width: z.number(), length: z.number(), unit: z.string() }),
  dpi: z.int().optional(),
  pageLayout: z.string().optional(),
})
export type LabelDocument = z.infer<typeof Document>

const Chosen = z.object({
  /** Of the getRates call that offered it; it ends after ten minutes. */
  token: z.string(),
  rate: z.string(),
  carrier: z.string(),
  name: z.string(),
  price: Money.nullable(),
  document: Document,
})
export type ChosenRate = z.infer<typeof Chosen>

const Name = z.object({
  shipment: z.string().min(1),
  packages: z.int().min(1).max(100),
  carrier: z.string(),
  name: z.string(),
})
export type LabelName = z.infer<typeof Name>

const write = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

function read<T>(schema: z.ZodType<T>, text: string, field: string, what: string): T {
  try {
    return schema.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')))
  } catch {
    throw new StockpoolError('invalid_input', `this is no ${what} of Amazon's labels`, {
      field,
      remedy: 'Give it as it was given.',
    })
  }
}

export const rateIdOf = (chosen: ChosenRate): string => write(chosen)
export const chosenRate = (id: string): ChosenRate => read(Chosen, id, 'rate', 'rate')
export const labelId = (name: LabelName): string => write(name)
export const nameOf = (id: string): LabelName => read(Name, id, 'id', 'label')

/** Of the documents that a rate can be bought with, the one nearest to what is wanted: a purchase of another is refused. `null`: none. */
export function documentFor(rate: WireRate, wanted: LabelSettings): LabelDocument | null {
  const distance = ({ format, size }: WireRate['supportedDocumentSpecifications'][number]) =>
    (format === wanted.format ? 0 : 2) +
    (size.unit === 'INCH' && size.width === wanted.size.width && size.length === wanted.size.length ? 0 : 1)
  const found = rate.supportedDocumentSpecifications
    .flatMap((specification) =>
      specification.printOptions
        .filter(({ supportedFileJoiningOptions }) => supportedFileJoiningOptions.includes(false))
        .map((option) => ({ specification, option })),
    )
    .sort((one, other) => distance(one.specification) - distance(other.specification))[0]
  if (!found) return null
  const { specification, option } = found
  const dpis = option.supportedDPIs ?? []
  const dpi = dpis.includes(wanted.dpi) ? wanted.dpi : dpis[0]
  const [pageLayout] = option.supportedPageLayouts
  return {
    format: specification.format,
    size: specification.size,
    ...(dpi === undefined ? {} : { dpi }),
    ...(pageLayout === undefined ? {} : { pageLayout }),
  }
}
