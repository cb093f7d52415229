import type { Reading } from './reading.ts'
import { pieceOf, readElement, readUnknown } from './read-extension.ts'
import { leaf } from './xml.ts'

/** What a record under construction has of an interface, all of it optional still. */
export type Draft<T> = { -readonly [field in keyof T]?: T[field] }

/** Reads text into a field that stands once; a second one is kept as a piece. */
export function readOnce<F extends string>(
  reading: Reading,
  fields: { [field in F]?: string },
  field: F,
  extension: string[],
): void {
  const { name } = reading.tokens
  const text = reading.text()
  if (text === '') return
  if (fields[field] === undefined) {
    fields[field] = text
    return
  }
  reading.note('ELEMENT_REPEATED', name)
  extension.push(leaf(name, text))
}

/** Reads text that may be repeated: the values are joined, in the order of the file. */
export function readJoined<F extends string>(
  reading: Reading,
  fields: { [field in F]?: string },
  field: F,
  separator: string,
): void {
  const text = reading.text()
  if (text === '') return
  const before = fields[field]
  fields[field] = before === undefined ? text : before + separator + text
}

/** As `readOnce`, where blanks around the text are worth a notice. */
export function readName<F extends string>(
  reading: Reading,
  fields: { [field in F]?: string },
  field: F,
): void {
  const text = reading.trimmedText()
  if (text !== '') fields[field] ??= text
}

/** Keeps the current element as a piece, because the dialect does not know it here. */
export function keepUnknown(reading: Reading, extension: string[]): void {
  readUnknown(reading, (element) => extension.push(pieceOf(element)))
}

/** Keeps an element that the dialect knows and the roster has no field for. */
export function keepWhole(reading: Reading, pieces: string[]): void {
  const element = readElement(reading)
  if (element !== undefined && element.children.length > 0) pieces.push(pieceOf(element))
}
