import { attribute, escapeText } from '../ims/xml.ts'

/** Pieces of extension data that rules make from what a record says and the roster has no field for. */

/** One element with attributes and text; attributes without a value are left out. */
export function textPiece(
  name: string,
  attributes: { readonly [name: string]: string | undefined },
  text: string,
): string {
  return xmlPiece(name, attributes, escapeText(text))
}

/** One element with attributes around XML that is already escaped. */
export function xmlPiece(
  name: string,
  attributes: { readonly [name: string]: string | undefined },
  content: string,
): string {
  const written = Object.entries(attributes).map(([key, value]) => attribute(key, value))
  const start = `${name}${written.join('')}`
  return content === '' ? `<${start}/>` : `<${start}>${content}</${name}>`
}

/** The local name of the element that a piece is. */
export function nameOfPiece(piece: string): string {
  const name = /^<([^\s/>]*)/.exec(piece)?.[1] ?? ''
  return name.slice(name.indexOf(':') + 1)
}

/** The text of a piece without its tags. */
export function textOfPiece(piece: string): string {
  return piece.replace(/<[^>]*>/g, '').trim()
}

/** The pieces of a record, those it came with and those that rules made, in the one order that pieces have: sorted. */
export function allPieces(sent: readonly string[], made: readonly string[]): readonly string[] {
  return made.length === 0 ? sent : [...sent, ...made].sort()
}
