import { z } from 'zod'
import { reply, type SimulatorReply, type SimulatorRequest } from '../../../src/simulator/index.ts'
import { failed, instant, invalidInput } from './answers.ts'
import type { Order, World } from './world.ts'

// Shipping v2, for orders of this marketplace.

/** A label that was bought. */
export interface BoughtLabel {
  readonly id: string
  readonly order: string
  readonly carrier: string
  readonly packages: readonly {
    readonly reference: string
    readonly tracking: string
    /** What the carrier scanned, in the order in which it did. */
    readonly scans: Scan[]
  }[]
  readonly promisedAt: number
  readonly format: string
  voided: boolean
}

export interface Scan {
  readonly code: string
  readonly at: number
  readonly type: 'FORWARD' | 'RETURNS'
}

interface Quoted {
  readonly order: string
  readonly endsAt: number
  readonly references: readonly string[]
}

/** What Amazon Shipping keeps. */
export class Shipping {
  readonly labels = new Map<string, BoughtLabel>()
  readonly quotes = new Map<string, Quoted>()
  readonly byKey = new Map<string, SimulatorReply>()
}

const text = z.string().min(1)
const Rates = z.object({
  shipFrom: z.object({
    name: text,
    addressLine1: text,
    city: text,
    stateOrRegion: z.string(),
    postalCode: text,
    countryCode: text.length(2),
  }),
  shipDate: z.iso.datetime({ offset: true }).optional(),
  packages: z
    .array(
      z.object({
        dimensions: z.object({
          length: z.number().positive(),
          width: z.number().positive(),
          height: z.number().positive(),
          unit: z.enum(['INCH', 'CENTIMETER']),
        }),
        weight: z.object({
          unit: z.enum(['GRAM', 'KILOGRAM', 'OUNCE', 'POUND']),
          value: z.number().positive(),
        }),
        insuredValue: z.object({ unit: text, value: z.number() }),
        packageClientReferenceId: text,
        items: z.array(z.object({ itemIdentifier: text.optional(), quantity: z.int().min(1) })).min(1),
      }),
    )
    .min(1),
  channelDetails: z.object({
    channelType: z.enum(['AMAZON', 'EXTERNAL']),
    amazonOrderDetails: z.object({ orderId: text }).optional(),
  }),
})

const quoteLifeMs = 600_000
const dayMs = 86_400_000
const size = { width: 4, length: 6, unit: 'INCH' } as const

const services = [
  {
    id: 'USPS_PTP_GROUND',
    name: 'USPS Ground Advantage',
    carrierId: 'USPS',
    carrierName: 'USPS',
    cost: 5.42,
    days: 5,
  },
  { id: 'UPS_PTP_2ND', name: 'UPS 2nd Day Air', carrierId: 'UPS', carrierName: 'UPS', cost: 11.95, days: 2 },
] as const

/** POST /shipping/v2/shipments/rates */
export function getRates(world: World, request: SimulatorRequest): SimulatorReply {
  const now = world.settle()
  const parsed = Rates.safeParse(request.json())
  if (!parsed.success) return invalidInput(parsed.error.issues[0]?.path.join('.') ?? '')
  const { packages, channelDetails } = parsed.data
  const id = channelDetails.amazonOrderDetails?.orderId ?? ''
  const order = world.orders.get(id)
  if (channelDetails.channelType !== 'AMAZON' || !order)
    return invalidInput('channelDetails.amazonOrderDetails.orderId')
  const stranger = packages.flatMap(({ items }) => items).find((item) => !lineIn(order, item.itemIdentifier))
  if (stranger) return invalidInput('packages.items.itemIdentifier')
  const requestToken = world.random.text(32)
  world.shipping.quotes.set(requestToken, {
    order: id,
    endsAt: now + quoteLifeMs,
    references: packages.map(({ packageClientReferenceId }) => packageClientReferenceId),
  })
  return reply(200, {
    payload: {
      requestToken,
      rates: services.map((service) => ({
        rateId: `${service.id}.${requestToken}`,
        carrierId: service.carrierId,
        carrierName: service.carrierName,
        serviceId: service.id,
        serviceName: service.name,
        totalCharge: { value: service.cost * packages.length, unit: 'USD' },
        promise: {
          deliveryWindow: {
            start: instant(now + (service.days - 1) * dayMs),
            end: instant(now + service.days * dayMs),
          },
        },
        supportedDocumentSpecifications: (['PDF', 'ZPL'] as const).map((format) => ({
          format,
          size,
          printOptions: [
            {
              supportedDPIs: [203, 300],
              supportedPageLayouts: ['DEFAULT'],
              supportedFileJoiningOptions: [false],
              supportedDocumentDetails: [{ name: 'LABEL', isMandatory: true }],
            },
          ],
        })),
        requiresAdditionalInputs: false,
      })),
    },
  })
}

const lineIn = (order: Order, id: string | undefined) => order.lines.some((line) => line.id === id)

const Purchase = z.object({
  requestToken: text,
  rateId: text,
  requestedDocumentSpecification: z.object({
    format: z.enum(['PDF', 'PNG', 'ZPL']),
    size: z.object({ width: z.number(), length: z.number(), unit: z.enum(['INCH', 'CENTIMETER']) }),
    dpi: z.int().optional(),
    pageLayout: z.string().optional(),
    needFileJoining: z.boolean(),
    requestedDocumentTypes: z.array(z.enum(['PACKSLIP', 'LABEL', 'RECEIPT', 'CUSTOM_FORM'])).min(1),
  }),
})

/** POST /shipping/v2/shipments; once for each idempotency key. */
export function purchaseShipment(world: World, request: SimulatorRequest): SimulatorReply {
  const now = world.settle()
  const key = request.headers['x-amzn-idempotencykey']
  const before = key === undefined ? undefined : world.shipping.byKey.get(key)
  if (before) return before
  const parsed = Purchase.safeParse(request.json())
  if (!parsed.success) return invalidInput(parsed.error.issues[0]?.path.join('.') ?? '')
  const { requestToken, rateId, requestedDocumentSpecification: specification } = parsed.data
  const quote = world.shipping.quotes.get(requestToken)
  if (!quote || quote.endsAt <= now) return invalidInput('requestToken has expired')
  const service = services.find(({ id }) => rateId === `${id}.${requestToken}`)
  if (!service) return invalidInput('rateId')
  const fits = ['PDF', 'ZPL'].includes(specification.format) && specification.size.width === size.width
  if (!fits || specification.needFileJoining) return invalidInput('requestedDocumentSpecification')
  const label: BoughtLabel = {
    id: `amzn1.sid.${world.random.text(20)}`,
    order: quote.order,
    carrier: service.carrierId,
    packages: quote.references.map((reference) => ({
      reference,
      tracking: `1Z999AA1${world.random.text(10, '0123456789')}`,
      scans: [{ code: 'ReadyForReceive', at: now, type: 'FORWARD' }],
    })),
    promisedAt: now + service.days * dayMs,
    format: specification.format,
    voided: false,
  }
  world.shipping.labels.set(label.id, label)
  const answer = reply(200, {
    payload: {
      shipmentId: label.id,
      packageDocumentDetails: label.packages.map((each) => detailOf(label, each)),
      promise: {},
    },
  })
  if (key !== undefined) world.shipping.byKey.set(key, answer)
  return answer
}

function detailOf(label: BoughtLabel, { reference, tracking }: BoughtLabel['packages'][number]): unknown {
  const contents = Buffer.from(`label of ${label.order}, ${tracking}`).toString('base64')
  return {
    packageClientReferenceId: reference,
    packageDocuments: [{ type: 'LABEL', format: label.format, contents }],
    trackingId: tracking,
  }
}

/** GET /shipping/v2/shipments/{shipmentId}/documents */
export function getShipmentDocuments(world: World, request: SimulatorRequest, id: string): SimulatorReply {
  world.settle()
  const label = world.shipping.labels.get(id)
  const reference = request.query.get('packageClientReferenceId')
  const found = label?.packages.find((each) => each.reference === reference)
  if (!label || !found) return failed(404, 'NotFound', 'There is no such shipment.')
  return reply(200, { payload: { shipmentId: id, packageDocumentDetail: detailOf(label, found) } })
}

/** PUT /shipping/v2/shipments/{shipmentId}/cancel; not once the order was confirmed with it. */
export function cancelShipment(world: World, id: string): SimulatorReply {
  world.settle()
  const label = world.shipping.labels.get(id)
  if (!label) return failed(404, 'NotFound', 'There is no such shipment.')
  const used = [...(world.orders.get(label.order)?.packages.values() ?? [])].some(({ tracking }) =>
    label.packages.some((each) => each.tracking === tracking),
  )
  if (used) return invalidInput('The shipment is on its way.')
  label.voided = true
  return reply(200, { payload: {} })
}

/** @throws Error when no label has the number */
export function scanParcel(
  world: World,
  { tracking, code, type }: Pick<Scan, 'code' | 'type'> & { readonly tracking: string },
): { tracking: string } {
  const packages = [...world.shipping.labels.values()].flatMap((label) => label.packages)
  const found = packages.find((each) => each.tracking === tracking)
  if (!found) throw new Error(`there is no label with the number ${tracking}`)
  found.scans.push({ code, at: world.settle(), type })
  return { tracking }
}

/** What each scan makes of a parcel. */
const statuses: Readonly<Record<string, string>> = {
  ReadyForReceive: 'PreTransit',
  PickupDone: 'InTransit',
  Departed: 'InTransit',
  ArrivedAtCarrierFacility: 'InTransit',
  ReturnInitiated: 'InTransit',
  RecipientRequestedAlternateDeliveryTiming: 'InTransit',
  AvailableForPickup: 'AwaitingCustomerPickup',
}

/** GET /shipping/v2/tracking */
export function getTracking(world: World, request: SimulatorRequest): SimulatorReply {
  world.settle()
  const [trackingId, carrierId] = [request.query.get('trackingId'), request.query.get('carrierId')]
  if (!trackingId || !carrierId) return invalidInput('trackingId and carrierId')
  const label = [...world.shipping.labels.values()].find(
    ({ carrier, packages }) =>
      carrier === carrierId && packages.some(({ tracking }) => tracking === trackingId),
  )
  const scans = label?.packages.find(({ tracking }) => tracking === trackingId)?.scans
  const last = scans?.at(-1)
  if (!label || !scans || !last) return failed(404, 'NotFound', 'There is no such shipment.')
  return reply(200, {
    payload: {
      trackingId,
      alternateLegTrackingId: '',
      eventHistory: scans.map(({ code, at, type }) => ({
        eventCode: code,
        eventTime: instant(at),
        shipmentType: type,
      })),
      promisedDeliveryDate: instant(label.promisedAt),
      summary: { status: statuses[last.code] ?? last.code },
    },
  })
}
