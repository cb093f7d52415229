import { END, START } from './tokens.ts'
import type { Reading } from './reading.ts'
import { attribute, escapeText } from './xml.ts'

/** A small tree of one element of extension data; secrets are already gone from it. */
export interface XmlElement {
  /** Local name in lower case, to look things up by. */
  readonly name: string
  /** Local name as written. */
  readonly written: string
  readonly attributes: readonly XmlAttribute[]
  readonly children: readonly (XmlElement | string)[]
}

interface XmlAttribute {
  readonly name: string
  readonly written: string
  readonly value: string
}

const SECRET = /password|passwd|passphrase|pwd$|^pifu_authinfo$/
const NAMING = new Set(['name', 'type', 'key', 'fieldname', 'fieldtype'])

/** Whether what has this name holds a password. `passwordchange` only says whether it may be changed. */
export function isSecret(name: string): boolean {
  return name !== 'passwordchange' && SECRET.test(name)
}

/** Reads the current element whole. Gives undefined where it is a password: nothing of it is kept then. */
export function readElement(reading: Reading): XmlElement | undefined {
  const { tokens } = reading
  const name = tokens.name
  const written = localName(tokens.rawName)
  let secret = isSecret(name)
  const attributes: XmlAttribute[] = []
  for (const attribute of tokens.attributes()) {
    if (isSecret(attribute.name)) {
      if (attribute.value !== '') reading.note('PASSWORD_DROPPED')
    } else if (NAMING.has(attribute.name) && isSecret(attribute.value.toLowerCase())) {
      secret = true
    } else if (isKept(attribute, attributes)) {
      const { name, rawName, value } = attribute
      attributes.push({ name, written: localName(rawName), value })
    }
  }
  // Two files that differ in the order of attributes say the same.
  attributes.sort((a, b) => (a.written < b.written ? -1 : 1))
  const children: (XmlElement | string)[] = []
  let text = ''
  for (let kind = reading.next(); kind !== END; kind = reading.next()) {
    if (kind !== START) {
      text += tokens.text()
      continue
    }
    if (text.trim() !== '') children.push(text.trim())
    text = ''
    const child = readElement(reading)
    if (child === undefined) continue
    if (NAMING.has(child.name) && isSecret(textOf(child).toLowerCase())) secret = true
    children.push(child)
  }
  if (text.trim() !== '') children.push(text.trim())
  if (!secret) return { name, written, attributes, children }
  if (children.length > 0 || attributes.length > 0) reading.note('PASSWORD_DROPPED')
  return undefined
}

function localName(rawName: string): string {
  return rawName.slice(rawName.indexOf(':') + 1)
}

/** Namespaces, places of schemas and how a dropped password was encrypted tell nothing about the record. */
function isKept(
  attribute: { readonly name: string; readonly rawName: string },
  kept: readonly XmlAttribute[],
): boolean {
  const raw = attribute.rawName.toLowerCase()
  if (raw === 'xmlns' || raw.startsWith('xmlns:') || raw.startsWith('xsi:')) return false
  if (attribute.name === 'pwencryptiontype') return false
  const local = localName(attribute.rawName)
  return kept.every((other) => other.written !== local)
}

/** The element as XML: no comments, no blanks between elements, no prefixes, attributes by name. */
export function pieceOf(element: XmlElement): string {
  let open = element.written
  for (const { written, value } of element.attributes) open += attribute(written, value)
  if (element.children.length === 0) return `<${open}/>`
  let content = ''
  for (const child of element.children) {
    content += typeof child === 'string' ? escapeText(child) : pieceOf(child)
  }
  return `<${open}>${content}</${element.written}>`
}

/** All text in the element, trimmed. */
export function textOf(element: XmlElement): string {
  let text = ''
  for (const child of element.children) text += typeof child === 'string' ? child : textOf(child)
  return text.trim()
}

export function childrenOf(element: XmlElement): readonly XmlElement[] {
  return element.children.filter((child) => typeof child !== 'string')
}

export function childOf(element: XmlElement, name: string): XmlElement | undefined {
  return childrenOf(element).find((child) => child.name === name)
}

export function attributeOf(element: XmlElement, name: string): string | undefined {
  return element.attributes.find((attribute) => attribute.name === name)?.value
}

/** Reads the children of `<extension>`, each handed to `take`. */
export function readExtension(reading: Reading, take: (element: XmlElement) => void): void {
  while (reading.nextChild()) {
    const element = readElement(reading)
    if (element !== undefined) take(element)
  }
}

/** Keeps the current element, which the dialect does not know here, as extension data. */
export function readUnknown(reading: Reading, take: (element: XmlElement) => void): void {
  reading.note('ELEMENT_UNKNOWN', reading.tokens.name)
  const element = readElement(reading)
  if (element !== undefined) take(element)
}
