export { type ConnectionContract, type TestRunner, testConnection } from './connection.ts'
export { type AdapterContextOptions, adapterContext, memoryTokens } from './context.ts'
export { type DatabaseContract, testDatabase } from './database.ts'
export { type SignWebhook, type TestWebhook, webhookDelivery, webhookRequest } from './webhook.ts'
