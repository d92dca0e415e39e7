/** As much of XML as the Trading API's answers need: elements, text, entities and CDATA. Attributes are left out. */
export interface XmlNode {
  readonly name: string
  readonly text: string
  readonly children: readonly XmlNode[]
}

/** What is written: text, or elements in order; `undefined` is left out, a list repeats its element. */
export type XmlContent = string | number | boolean | undefined | XmlMembers | readonly XmlContent[]
export interface XmlMembers {
  readonly [name: string]: XmlContent
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const codes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' } as const

const escaped = (text: string) =>
  text.replace(/[&<>"']/g, (character) => codes[character as keyof typeof codes])

function unescaped(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return entities[name] ?? whole
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}

/** @example writeXml({ ItemID: '1', Fees: ['a', 'b'] }) // <ItemID>1</ItemID><Fees>a</Fees><Fees>b</Fees> */
export function writeXml(members: XmlMembers): string {
  return Object.entries(members)
    .flatMap(([name, content]) =>
      (Array.isArray(content) ? content : [content]).map((each) => element(name, each)),
    )
    .join('')
}

function element(name: string, content: XmlContent): string {
  if (content === undefined) return ''
  const inner = typeof content === 'object' ? writeXml(content as XmlMembers) : escaped(String(content))
  return `<${name}>${inner}</${name}>`
}

interface Open {
  readonly name: string
  text: string
  readonly children: XmlNode[]
}

const token =
  /<!\[CDATA\[([\s\S]*?)\]\]>|<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!DOCTYPE[^>]*>|<(\/?)([\w:.-]+)[^>]*?(\/?)>|([^<]+)/g

/** The root element of a document; `null` when it is none: a gateway's page, a document cut short. */
export function readXml(document: string): XmlNode | null {
  const root: Open = { name: '', text: '', children: [] }
  const stack: Open[] = [root]
  for (const [, cdata, closing, qualified, selfClosing, text] of document.matchAll(token)) {
    const top = stack.at(-1) ?? root
    if (cdata !== undefined) top.text += cdata
    else if (text !== undefined) top.text += unescaped(text)
    else if (qualified !== undefined) {
      const name = qualified.replace(/^.*:/, '')
      if (closing) {
        if (stack.length < 2 || top.name !== name) return null
        stack.pop()
        stack.at(-1)?.children.push({ ...top, text: top.text.trim() })
      } else if (selfClosing) top.children.push({ name, text: '', children: [] })
      else stack.push({ name, text: '', children: [] })
    }
  }
  return stack.length === 1 && root.children.length === 1 ? (root.children[0] ?? null) : null
}

export const childrenOf = (node: XmlNode | undefined, name: string): readonly XmlNode[] =>
  node?.children.filter((child) => child.name === name) ?? []

/** The first descendant by its path. */
export function childOf(node: XmlNode | undefined, ...path: readonly string[]): XmlNode | undefined {
  return path.reduce<XmlNode | undefined>((at, name) => childrenOf(at, name)[0], node)
}

export const textAt = (node: XmlNode | undefined, ...path: readonly string[]): string | null =>
  childOf(node, ...path)?.text ?? null
