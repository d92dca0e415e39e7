import { createHash } from 'node:crypto'
import { z } from 'zod'
import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import { carriers } from '../../src/model/carrier.ts'
import { type Money, moneyFromDecimal } from '../../src/model/money.ts'
import type { ChannelOrder } from '../../src/model/order.ts'
import type {
  AdapterContext,
  CancelResult,
  Label,
  LabelRate,
  LabelRequest,
  LabelsFacet,
} from '../../src/spec/index.ts'
import { ask, segment } from './client.ts'
import { chosenRate, documentFor, type LabelName, labelId, nameOf, rateIdOf } from './label-ids.ts'
import { track } from './label-tracking.ts'
import {
  DocumentsAnswer,
  PurchaseAnswer,
  RatesAnswer,
  type WirePackageDocuments,
  type WireRate,
} from './label-wire.ts'
import type { LabelSettings, Settings } from './options.ts'
import { getOrder } from './orders.ts'

/** Labels of Amazon Shipping v2 for orders of this channel, Seller Fulfilled Prime among them. */
export type AmazonLabels = Required<LabelsFacet>

const root = '/shipping/v2/shipments'

const currencies: Readonly<Record<string, string>> = {
  US: 'USD',
  CA: 'CAD',
  MX: 'MXN',
  GB: 'GBP',
  IN: 'INR',
  JP: 'JPY',
}

function needed(value: string | null, field: string): string {
  if (value !== null && value.trim() !== '') return value
  throw new StockpoolError('invalid_input', `Amazon needs ${field} of the place to ship from`, {
    field: `shipFrom.${field}`,
    remedy: 'Complete the address of the location.',
  })
}

const given = (name: string, value: string | null) =>
  value === null || value === '' ? {} : { [name]: value }

/** The body of getRates. Where the parcel goes, the order tells Amazon itself. */
export function ratesBody(order: ChannelOrder, request: LabelRequest): object {
  const { shipFrom } = request
  const currency = order.currency ?? currencies[shipFrom.country ?? ''] ?? 'EUR'
  return {
    shipFrom: {
      name: needed(shipFrom.name ?? shipFrom.company, 'name'),
      addressLine1: needed(shipFrom.line1, 'line1'),
      ...given('addressLine2', shipFrom.line2),
      ...given('addressLine3', shipFrom.line3),
      ...given('companyName', shipFrom.company),
      city: needed(shipFrom.city, 'city'),
      stateOrRegion: shipFrom.region ?? '',
      postalCode: needed(shipFrom.postalCode, 'postalCode'),
      countryCode: needed(shipFrom.country, 'country'),
      ...given('phoneNumber', shipFrom.phone),
    },
    shipDate: new Date(request.shipAt).toISOString(),
    packages: request.packages.map(({ size, weight, lines }, index) => ({
      dimensions: {
        length: size.length / 10,
        width: size.width / 10,
        height: size.height / 10,
        unit: 'CENTIMETER',
      },
      weight: { unit: 'GRAM', value: weight },
      insuredValue: { unit: currency, value: 0 },
      packageClientReferenceId: String(index + 1),
      items: lines.map(({ line, quantity }) => ({ itemIdentifier: line, quantity })),
    })),
    channelDetails: { channelType: 'AMAZON', amazonOrderDetails: { orderId: order.id } },
  }
}

/** Amazon's ids of carriers are not those of confirmShipment; what is not known here has its name. */
export function carrierOf(carrierId: string): string | null {
  const wanted = carrierId.toLowerCase().replace(/[^a-z0-9]/g, '')
  return carriers.find(({ code }) => code.replace(/[^a-z0-9]/g, '') === wanted)?.code ?? null
}

function moneyOf({ value, unit }: WireRate['totalCharge']): Money | null {
  try {
    return moneyFromDecimal(value.toFixed(4), unit)
  } catch {
    return null
  }
}

/** Whether a rate arrives by the day that the buyer was promised. */
function keepsPromise(order: ChannelOrder, deliverBy: number | null): boolean | null {
  if (order.deliverBy === null || deliverBy === null) return null
  return deliverBy <= Date.parse(order.deliverBy)
}

async function orderOf(context: AdapterContext, settings: Settings, id: string): Promise<ChannelOrder> {
  const order = await getOrder(context, settings, id)
  if (order !== null) return order
  throw new StockpoolError('not_found', `Amazon has no order ${id}`, { field: 'order' })
}

async function rates(
  context: AdapterContext,
  settings: Settings,
  labels: LabelSettings,
  request: LabelRequest,
): Promise<readonly LabelRate[]> {
  const order = await orderOf(context, settings, request.order)
  const { payload } = await ask(context, settings, {
    operation: 'getRates',
    effect: 'read',
    method: 'POST',
    path: `${root}/rates`,
    json: ratesBody(order, request),
    schema: RatesAnswer,
  })
  return payload.rates.flatMap((rate): LabelRate[] => {
    const document = documentFor(rate, labels)
    // What only a form of the carrier's could buy is no offer here.
    if (document === null || rate.requiresAdditionalInputs) return []
    const until = Date.parse(rate.promise.deliveryWindow?.end ?? '')
    const deliverBy = Number.isNaN(until) ? null : until
    return [
      {
        id: rateIdOf({
          token: payload.requestToken,
          rate: rate.rateId,
          carrier: rate.carrierId,
          name: rate.carrierName,
          price: moneyOf(rate.totalCharge),
          document,
        }),
        carrier: carrierOf(rate.carrierId),
        carrierName: rate.carrierName,
        service: rate.serviceName,
        price: moneyOf(rate.totalCharge),
        deliverBy,
        keepsPromise: keepsPromise(order, deliverBy),
      },
    ]
  })
}

/** Amazon knows a repeat by its key, so that a label is bought once. */
async function buy(
  context: AdapterContext,
  settings: Settings,
  request: LabelRequest & { readonly rate: string; readonly key: string; readonly repeated?: boolean },
): Promise<Label> {
  const chosen = chosenRate(request.rate)
  try {
    const { payload } = await ask(context, settings, {
      operation: 'purchaseShipment',
      effect: 'idempotent',
      method: 'POST',
      path: root,
      headers: {
        'x-amzn-idempotencykey': createHash('sha256').update(request.key).digest('hex').slice(0, 36),
      },
      json: {
        requestToken: chosen.token,
        rateId: chosen.rate,
        requestedDocumentSpecification: {
          ...chosen.document,
          needFileJoining: false,
          requestedDocumentTypes: ['LABEL'],
        },
      },
      schema: PurchaseAnswer,
    })
    const details = payload.packageDocumentDetails
    return {
      id: labelId({
        shipment: payload.shipmentId,
        packages: details.length,
        carrier: chosen.carrier,
        name: chosen.name,
      }),
      packages: details.map(packageOf),
      carrier: carrierOf(chosen.carrier),
      carrierName: chosen.name,
      price: chosen.price,
    }
  } catch (error) {
    if (request.repeated !== true || !isStockpoolError(error, 'rejected')) throw error
    // The offer has ended since: whether it was bought the first time, only a person can see.
    throw new StockpoolError(
      'unknown_outcome',
      `a label of order ${request.order} may have been bought already`,
      {
        retryable: false,
        cause: error,
        remedy:
          'Look at the order in Seller Central; void the label there if it is not wanted, else buy anew under another key.',
        details: { order: request.order },
      },
    )
  }
}

function packageOf({ trackingId, packageDocuments }: WirePackageDocuments): Label['packages'][number] {
  const label = packageDocuments.find(({ type }) => type === 'LABEL') ?? packageDocuments[0]
  return {
    trackingNumber: trackingId ?? null,
    format: label?.format ?? '',
    document: label ? new Uint8Array(Buffer.from(label.contents, 'base64')) : null,
  }
}

async function get(context: AdapterContext, settings: Settings, id: string): Promise<Label | null> {
  const name: LabelName = nameOf(id)
  try {
    const packages: WirePackageDocuments[] = []
    for (let index = 1; index <= name.packages; index += 1) {
      const { payload } = await ask(context, settings, {
        operation: 'getShipmentDocuments',
        effect: 'read',
        method: 'GET',
        path: `${root}/${segment(name.shipment)}/documents`,
        query: { packageClientReferenceId: String(index) },
        schema: DocumentsAnswer,
      })
      packages.push(payload.packageDocumentDetail)
    }
    return {
      id,
      packages: packages.map(packageOf),
      carrier: carrierOf(name.carrier),
      carrierName: name.name,
      price: null,
    }
  } catch (error) {
    if (isStockpoolError(error, 'not_found')) return null
    throw error
  }
}

async function giveBack(context: AdapterContext, settings: Settings, id: string): Promise<CancelResult> {
  try {
    await ask(context, settings, {
      operation: 'cancelShipment',
      effect: 'idempotent',
      method: 'PUT',
      path: `${root}/${segment(nameOf(id).shipment)}/cancel`,
      schema: z.unknown(),
    })
    return { outcome: 'stopped' }
  } catch (error) {
    if (!isStockpoolError(error, 'rejected')) throw error
    return { outcome: 'too_late', detail: error.message.slice(0, 300) }
  }
}

export function amazonLabels(settings: Settings, labels: LabelSettings): AmazonLabels {
  return {
    rates: (context, request) => rates(context, settings, labels, request),
    buy: (context, request) => buy(context, settings, request),
    get: (context, id) => get(context, settings, id),
    track: (context, parcel) => track(context, settings, parcel),
    void: (context, id) => giveBack(context, settings, id),
  }
}
