import { z } from 'zod'

// What is read of Shipping v2.

const Window = z.object({ end: z.string().nullish() }).nullish()
const Size = z.object({ width: z.number(), length: z.number(), unit: z.string() })

export const WireRate = z.object({
  rateId: z.string(),
  carrierId: z.string(),
  carrierName: z.string(),
  serviceName: z.string(),
  totalCharge: z.object({ value: z.number(), unit: z.string() }),
  promise: z.object({ deliveryWindow: Window }),
  requiresAdditionalInputs: z.boolean().default(false),
  supportedDocumentSpecifications: z.array(
    z.object({
      format: z.string(),
      size: Size,
      printOptions: z.array(
        z.object({
          supportedDPIs: z.array(z.int()).nullish(),
          supportedPageLayouts: z.array(z.string()),
          supportedFileJoiningOptions: z.array(z.boolean()),
        }),
      ),
    }),
  ),
})
export type WireRate = z.infer<typeof WireRate>

export const RatesAnswer = z.object({
  payload: z.object({ requestToken: z.string(), rates: z.array(WireRate) }),
})

const WirePackageDocuments = z.object({
  trackingId: z.string().nullish(),
  packageDocuments: z.array(z.object({ type: z.string(), format: z.string(), contents: z.string() })),
})
export type WirePackageDocuments = z.infer<typeof WirePackageDocuments>

export const PurchaseAnswer = z.object({
  payload: z.object({ shipmentId: z.string(), packageDocumentDetails: z.array(WirePackageDocuments) }),
})

export const DocumentsAnswer = z.object({
  payload: z.object({ packageDocumentDetail: WirePackageDocuments }),
})

const WireTrackingEvent = z.object({
  eventCode: z.string(),
  eventTime: z.string(),
  /** FORWARD or RETURNS. */
  shipmentType: z.string().nullish(),
})
export type WireTrackingEvent = z.infer<typeof WireTrackingEvent>

export const TrackingAnswer = z.object({
  payload: z.object({
    eventHistory: z.array(WireTrackingEvent).default([]),
    promisedDeliveryDate: z.string().nullish(),
    summary: z.object({ status: z.string().nullish() }).nullish(),
  }),
})
export type WireTracking = z.infer<typeof TrackingAnswer>['payload']
