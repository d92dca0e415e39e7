/** A small reader of GraphQL documents (October 2021 edition, executable part), enough for any client's queries. */

export type Value =
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  | { readonly kind: 'enum'; readonly value: string }
  | { readonly kind: 'list'; readonly values: readonly Value[] }
  | { readonly kind: 'object'; readonly fields: ReadonlyMap<string, Value> }

export interface Directive {
  readonly name: string
  readonly args: ReadonlyMap<string, Value>
}

export interface Field {
  readonly kind: 'field'
  readonly alias: string
  readonly name: string
  readonly args: ReadonlyMap<string, Value>
  readonly directives: readonly Directive[]
  /** `null`: a leaf. */
  readonly selections: readonly Selection[] | null
}

export type Selection =
  | Field
  | { readonly kind: 'spread'; readonly name: string; readonly directives: readonly Directive[] }
  | {
      readonly kind: 'inline'
      readonly on: string | null
      readonly directives: readonly Directive[]
      readonly selections: readonly Selection[]
    }

export interface Operation {
  readonly type: 'query' | 'mutation' | 'subscription'
  readonly name: string | null
  readonly variables: readonly {
    readonly name: string
    readonly type: string
    readonly default: Value | null
  }[]
  readonly selections: readonly Selection[]
}

export interface Document {
  readonly operations: readonly Operation[]
  readonly fragments: ReadonlyMap<string, { readonly on: string; readonly selections: readonly Selection[] }>
}

export class SyntaxProblem extends Error {
  override readonly name = 'SyntaxProblem'
}

interface Token {
  readonly kind: 'punctuator' | 'name' | 'int' | 'float' | 'string' | 'end'
  readonly text: string
}

const pattern =
  /(?<skip>[\s,\uFEFF]+|#[^\n\r]*)|(?<punctuator>\.\.\.|[!$&()/:=@[\]{|}])|(?<name>[_A-Za-z]\w*)|(?<float>-?\d+(?:\.\d+(?:[eE][+-]?\d+)?|[eE][+-]?\d+))|(?<int>-?\d+)|(?<string>"""(?:\\"""|[\s\S])*?"""|"(?:\\.|[^"\\\n\r])*")/gy

function tokensOf(source: string): Token[] {
  const tokens: Token[] = []
  const regex = new RegExp(pattern)
  while (regex.lastIndex < source.length) {
    const at = regex.lastIndex
    const groups = regex.exec(source)?.groups
    if (!groups) throw new SyntaxProblem(`Unexpected character at ${at}: ${source.slice(at, at + 12)}`)
    for (const kind of ['punctuator', 'name', 'float', 'int', 'string'] as const) {
      const text = groups[kind]
      if (text !== undefined) tokens.push({ kind, text })
    }
  }
  tokens.push({ kind: 'end', text: '' })
  return tokens
}

function textOf(token: string): string {
  if (!token.startsWith('"""')) {
    try {
      return JSON.parse(token) as string
    } catch {
      throw new SyntaxProblem(`Bad escape sequence in ${token.slice(0, 40)}`)
    }
  }
  return token.slice(3, -3).replaceAll('\\"""', '"""').trim()
}

/** @throws SyntaxProblem */
export function parseDocument(source: string): Document {
  const tokens = tokensOf(source)
  let position = 0
  const peek = (): Token => tokens[position] ?? { kind: 'end', text: '' }
  const take = (): Token => {
    const token = peek()
    position += 1
    return token
  }
  const is = (text: string) => peek().text === text && peek().kind !== 'string'
  const fail = (wanted: string): never => {
    throw new SyntaxProblem(`Expected ${wanted}, actual: ${peek().text === '' ? 'end of file' : peek().text}`)
  }
  const expect = (text: string): void => {
    if (!is(text)) fail(`"${text}"`)
    position += 1
  }
  const maybe = (text: string): boolean => {
    if (!is(text)) return false
    position += 1
    return true
  }
  const name = (): string => (peek().kind === 'name' ? take().text : fail('a name'))
  const until = <T>(close: string, read: () => T): T[] => {
    const list: T[] = []
    while (!maybe(close)) {
      if (peek().kind === 'end') fail(`"${close}"`)
      list.push(read())
    }
    return list
  }

  const value = (): Value => {
    if (maybe('$')) return { kind: 'variable', name: name() }
    if (maybe('[')) return { kind: 'list', values: until(']', value) }
    if (maybe('{')) return { kind: 'object', fields: new Map(until('}', entry)) }
    const { kind, text } = take()
    if (kind === 'string') return { kind: 'literal', value: textOf(text) }
    if (kind === 'int' || kind === 'float') return { kind: 'literal', value: Number(text) }
    if (kind !== 'name') return fail('a value')
    if (text === 'true' || text === 'false') return { kind: 'literal', value: text === 'true' }
    return text === 'null' ? { kind: 'literal', value: null } : { kind: 'enum', value: text }
  }
  const entry = (): [string, Value] => {
    const key = name()
    expect(':')
    return [key, value()]
  }
  const args = (): ReadonlyMap<string, Value> => new Map(maybe('(') ? until(')', entry) : [])
  const directives = (): Directive[] => {
    const list: Directive[] = []
    while (maybe('@')) list.push({ name: name(), args: args() })
    return list
  }
  const type = (): string => {
    let text: string
    if (maybe('[')) {
      text = `[${type()}]`
      expect(']')
    } else text = name()
    return maybe('!') ? `${text}!` : text
  }
  const selections = (): Selection[] => {
    expect('{')
    const list = until('}', selection)
    return list.length > 0 ? list : fail('a selection')
  }
  const selection = (): Selection => {
    if (maybe('...')) {
      if (peek().kind === 'name' && peek().text !== 'on') {
        return { kind: 'spread', name: name(), directives: directives() }
      }
      const on = maybe('on') ? name() : null
      return { kind: 'inline', on, directives: directives(), selections: selections() }
    }
    const first = name()
    const real = maybe(':') ? name() : first
    const given = args()
    const marked = directives()
    return {
      kind: 'field',
      alias: first,
      name: real,
      args: given,
      directives: marked,
      selections: is('{') ? selections() : null,
    }
  }
  const variable = () => {
    expect('$')
    const called = name()
    expect(':')
    const typed = type()
    const fallback = maybe('=') ? value() : null
    directives()
    return { name: called, type: typed, default: fallback }
  }

  const operations: Operation[] = []
  const fragments = new Map<string, { on: string; selections: readonly Selection[] }>()
  while (peek().kind !== 'end') {
    if (is('{')) {
      operations.push({ type: 'query', name: null, variables: [], selections: selections() })
      continue
    }
    const keyword = name()
    if (keyword === 'fragment') {
      const called = name()
      expect('on')
      const on = name()
      directives()
      fragments.set(called, { on, selections: selections() })
    } else if (keyword === 'query' || keyword === 'mutation' || keyword === 'subscription') {
      const called = peek().kind === 'name' ? name() : null
      const variables = maybe('(') ? until(')', variable) : []
      directives()
      operations.push({ type: keyword, name: called, variables, selections: selections() })
    } else {
      position -= 1
      fail('a definition')
    }
  }
  return { operations, fragments }
}
