export {
  type PostgresClient,
  type PostgresOptions,
  type PostgresPool,
  type PostgresQuery,
  type PostgresResult,
  postgres,
} from './store/postgres.ts'
