import { z } from 'zod'
import {
  type RouteParams,
  reply,
  type SimulatorReply,
  type SimulatorRequest,
} from '../../../src/simulator/index.ts'
import { failed } from './answers.ts'

/** One of Amazon's static sandbox examples: a request pattern and the answer to it. */
export const SandboxVector = z.object({
  id: z.string(),
  operationId: z.string(),
  method: z.string(),
  pathTemplate: z.string(),
  match: z.record(z.string(), z.unknown()),
  expectStatus: z.int(),
  expectBody: z.unknown(),
})
export type SandboxVector = z.infer<typeof SandboxVector>

/** The paths of the operations that the simulator has. */
export interface StaticRoute {
  readonly operation: string
  readonly method: string
  readonly path: string
}

/**
 * Answers as Amazon's static sandbox does: among the examples of the operation whose every listed parameter equals
 * the request's, the most specific one; else 400 "Could not match input arguments".
 */
export function staticAnswer(
  vectors: readonly SandboxVector[],
  route: StaticRoute,
  request: SimulatorRequest,
  params: RouteParams,
): SimulatorReply {
  const fitting = vectors
    .filter(({ method, pathTemplate }) => method === route.method && pathTemplate === route.path)
    .filter(({ match }) =>
      Object.entries(match).every(([name, value]) => same(value, given(name, value, request, params))),
    )
    .sort((one, other) => weight(other.match) - weight(one.match))
  const [best] = fitting
  if (!best) return failed(400, 'InvalidInput', 'Could not match input arguments')
  const empty = best.expectStatus === 204 || best.expectBody === undefined
  return empty ? reply(best.expectStatus) : reply(best.expectStatus, best.expectBody)
}

/** The request's value of a parameter, in the shape in which the example has its own. */
function given(name: string, like: unknown, request: SimulatorRequest, params: RouteParams): unknown {
  // The examples call the body `body` whatever the model's parameter is named.
  if (name === 'body') return request.raw.length === 0 ? undefined : request.json()
  const text = params[name] ?? request.query.get(name)
  if (text === null || text === undefined) return undefined
  if (Array.isArray(like)) return text.split(',')
  if (typeof like === 'number') return Number(text)
  if (typeof like === 'boolean') return text === 'true'
  return text
}

/** Equality of what the example lists; objects may hold more. */
function same(wanted: unknown, actual: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(actual) &&
      actual.length === wanted.length &&
      wanted.every((each, index) => same(each, actual[index]))
    )
  }
  if (typeof wanted !== 'object' || wanted === null) return wanted === actual
  if (typeof actual !== 'object' || actual === null) return false
  return Object.entries(wanted).every(([key, value]) => same(value, (actual as Record<string, unknown>)[key]))
}

function weight(match: unknown): number {
  if (typeof match !== 'object' || match === null) return 1
  return 1 + Object.values(match).reduce((sum: number, each) => sum + weight(each), 0)
}
