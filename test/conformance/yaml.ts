/** As much of YAML as eBay's documents use: mappings, lists and scalars of one line each, by indentation. */
export function readYaml(text: string): unknown {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#'))
  let at = 0
  const indentOf = (line: string) => line.length - line.trimStart().length

  const scalar = (value: string): unknown => {
    const quoted = /^(['"])(.*)\1$/.exec(value)
    if (quoted) return quoted[1] === "'" ? quoted[2]?.replaceAll("''", "'") : JSON.parse(value)
    if (value === 'true' || value === 'false') return value === 'true'
    if (value === '[]') return []
    if (value === '{}') return {}
    return /^-?\d+$/.test(value) ? Number(value) : value
  }

  const mapping = (indent: number): unknown => {
    const members: Record<string, unknown> = {}
    for (
      let line = lines[at];
      line !== undefined && indentOf(line) === indent && !line.trimStart().startsWith('- ');
      line = lines[at]
    ) {
      const match = /^('[^']*'|"[^"]*"|.+?):(?: (.*))?$/.exec(line.trim())
      if (!match?.[1]) throw new Error(`this is no member: ${line.slice(0, 80)}`)
      at += 1
      members[String(scalar(match[1]))] = match[2] === undefined ? node(indent) : scalar(match[2])
    }
    return members
  }

  const list = (indent: number): unknown => {
    const rows: unknown[] = []
    for (
      let line = lines[at];
      line !== undefined && indentOf(line) === indent && line.trimStart().startsWith('- ');
      line = lines[at]
    ) {
      const rest = line.trimStart().slice(2)
      if (/^('[^']*'|"[^"]*"|[\w@$-]+):( |$)/.test(rest)) {
        // The first member stands beside the dash: read it as if it stood on a line of its own.
        lines[at] = `${' '.repeat(indent + 2)}${rest}`
        rows.push(mapping(indent + 2))
      } else {
        at += 1
        rows.push(scalar(rest))
      }
    }
    return rows
  }

  const node = (parent: number): unknown => {
    const line = lines[at]
    if (line === undefined) return null
    const indent = indentOf(line)
    if (line.trimStart().startsWith('- ')) return indent >= parent ? list(indent) : null
    return indent > parent ? mapping(indent) : null
  }
  return node(-1)
}
