import type { Problem } from '../roster/problem.ts'
import type { ImsSourcedId } from './records.ts'
import type { Reading } from './reading.ts'
import { SOURCEDID_TYPES } from './vocabulary.ts'
import { childOf, textOf, type XmlElement } from './read-extension.ts'

/** Reads a `<sourcedid>`; gives undefined where it has no id. */
export function readSourcedId(reading: Reading): ImsSourcedId | undefined {
  const { tokens } = reading
  const written = tokens.attribute('sourcedidtype')
  let source = ''
  let id = ''
  while (reading.nextChild()) {
    switch (tokens.name) {
      case 'id':
        reading.keyFrom = tokens.stop
        id = reading.trimmedText()
        reading.keyTo = tokens.start
        reading.keys++
        break
      case 'source':
        if (id !== '') reading.note('ORDER_UNUSUAL', 'source')
        source = reading.text()
        break
      default:
        reading.note('ELEMENT_UNKNOWN', tokens.name)
        reading.skip()
    }
  }
  if (id === '') return undefined
  if (source === '') {
    reading.note('SOURCE_MISSING', undefined, reading.context.datasource)
    source = reading.context.datasource ?? ''
  }
  if (written === undefined) return { source, id }
  const type = SOURCEDID_TYPES.get(written.trim().toLowerCase())
  if (type !== undefined) return { source, id, type }
  reading.note('VALUE_UNKNOWN', written, 'sourcedidtype')
  return { source, id }
}

/** The same for a `<sourcedid>` in extension data. */
export function sourcedIdOf(element: XmlElement, reading: Reading): ImsSourcedId | undefined {
  const id = childOf(element, 'id')
  const key = id === undefined ? '' : textOf(id)
  if (key === '') return undefined
  const source = childOf(element, 'source')
  const name = source === undefined ? '' : textOf(source)
  if (name !== '') return { source: name, id: key }
  reading.note('SOURCE_MISSING', undefined, reading.context.datasource)
  return { source: reading.context.datasource ?? '', id: key }
}

/**
 * The ids with the current one first: the one marked New, else the first without a mark. Senders put the
 * old id before the new one or after it.
 */
export function currentFirst(sourcedIds: ImsSourcedId[]): readonly ImsSourcedId[] {
  if (sourcedIds.length < 2) return sourcedIds
  const marked = sourcedIds.findIndex(({ type }) => type === 'New')
  const at = marked >= 0 ? marked : sourcedIds.findIndex(({ type }) => type === undefined)
  const current = sourcedIds[at]
  if (at <= 0 || current === undefined) return sourcedIds
  return [current, ...sourcedIds.slice(0, at), ...sourcedIds.slice(at + 1)]
}

/** KEY_TOO_LONG where the key is longer than the limit, as a problem of the whole record. */
export function keyTooLong(reading: Reading, key: string): Problem | undefined {
  const max = reading.context.limits.keyCharactersMax
  if (key.length <= max) return undefined
  return reading.problem('KEY_TOO_LONG', reading.place, undefined, String(key.length), String(max))
}

/** What a person or group is called. */
export interface Identity {
  /** The current one first. */
  readonly sourcedIds: readonly ImsSourcedId[]
  readonly key: ImsSourcedId
}

/** Identifies a person or group once all of it was read, or says why it cannot be used. */
export function readIdentity(
  reading: Reading,
  allIds: ImsSourcedId[],
  keyIsBad: boolean,
): Identity | Problem {
  const sourcedIds = currentFirst(allIds)
  const key = sourcedIds[0]
  if (reading.tokens.badText) {
    const readable = keyIsBad ? undefined : key?.id
    return reading.problem('BYTES_UNREADABLE', reading.place, readable)
  }
  if (key === undefined) return reading.problem('KEY_MISSING', reading.place)
  for (const { id } of sourcedIds) {
    const tooLong = keyTooLong(reading, id)
    if (tooLong !== undefined) return tooLong
  }
  return { sourcedIds, key }
}
