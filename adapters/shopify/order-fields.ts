import { pages } from './document.ts'

/** What is asked of an order, once for pages and once for bulk files, so that both read alike. */

const money = '{ shopMoney { amount currencyCode } }'

// Two objects for the variant, two for the price, three each for one discount and one tax, and the line itself.
export const lineCost = 11
const lineMembers = `id
  title
  sku
  quantity
  currentQuantity
  unfulfilledQuantity
  nonFulfillableQuantity
  requiresShipping
  isGiftCard
  variant { inventoryItem { id tracked } }
  originalUnitPriceSet ${money}
  discountAllocations { allocatedAmountSet ${money} }
  taxLines { title channelLiable priceSet ${money} }`

const orderMembers = `id
  name
  createdAt
  updatedAt
  cancelledAt
  cancelReason
  displayFinancialStatus
  displayFulfillmentStatus
  currencyCode
  email
  phone
  sourceName
  customAttributes { key value }
  customerJourneySummary { lastVisit { landingPage referrerUrl utmParameters { source } } }
  test
  currentTotalPriceSet ${money}
  shippingAddress { name company address1 address2 city provinceCode province zip countryCodeV2 phone }
  shippingLine { title code }
  fulfillmentsCount { count }`

export const lineFields = `fragment Line on LineItem {
  ${lineMembers}
}`

// Order, address, shipping line, total and its money, count; the cart's attributes, the journey, its last visit, its campaign; the
// parts it is fulfilled in, each with its holds; its first lines.
export const orderCost = 6 + 4 + 2 + pages.partsOfOrders * 2 + 2 + pages.linesOfOrders * lineCost
export const orderFields = `fragment OrderFields on Order {
  ${orderMembers}
  fulfillmentOrders(first: ${pages.partsOfOrders}) {
    nodes { status updatedAt fulfillmentHolds { reason } }
    pageInfo { hasNextPage endCursor }
  }
  lineItems(first: ${pages.linesOfOrders}) {
    nodes { ...Line }
    pageInfo { hasNextPage endCursor }
  }
}
${lineFields}`

/** Every order that a search finds, with everything of it. A bulk query has no variables, and knows edges alone. */
export const bulkOrdersQuery = (search: string) => `{
  orders(sortKey: UPDATED_AT, query: ${JSON.stringify(search)}) {
    edges { node {
      ${orderMembers}
      fulfillmentOrders { edges { node { id status updatedAt fulfillmentHolds { reason } } } }
      lineItems { edges { node {
        ${lineMembers}
      } } }
    } }
  }
}`

/** What every item of the shop has at a location. */
export const bulkAvailableQuery = (location: string) => `{
  inventoryItems {
    edges { node {
      id
      tracked
      inventoryLevel(locationId: ${JSON.stringify(location)}) { quantities(names: ["available"]) { name quantity } }
    } }
  }
}`

/** Every variant of the shop with what its item has at a location. */
export const bulkVariantsQuery = (location: string) => `{
  productVariants {
    edges { node {
      sku
      displayName
      barcode
      inventoryItem {
        id
        tracked
        inventoryLevel(locationId: ${JSON.stringify(location)}) { quantities(names: ["available"]) { name quantity } }
      }
    } }
  }
}`
