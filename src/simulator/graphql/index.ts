/** A small GraphQL server without a network: what the simulators of GraphQL platforms parse, check and run documents with. */
export { chooseOperation, coerceVariables, collect, type Execution, execute, validate } from './execute.ts'
export {
  type Document,
  type Field,
  parseDocument,
  type Selection,
  SyntaxProblem,
  type Value,
} from './parse.ts'
export {
  type Args,
  Denied,
  type FieldType,
  type GraphqlError,
  type ObjectType,
  objectType,
  Refusal,
  refuse,
  type Schema,
  typeRef,
} from './types.ts'
