import type { ImsSourcedId } from '../ims/records.ts'
import { textPiece, xmlPiece } from './piece.ts'

export type KeyOf = (sourcedId: ImsSourcedId) => string

/** What a record is known by. Source and id are joined by `/`, which inside a source is written %2F. */
export function keyReader(syncKey: 'id' | 'source+id'): KeyOf {
  if (syncKey === 'id') return (sourcedId) => sourcedId.id
  return ({ source, id }) => `${source.replaceAll('%', '%25').replaceAll('/', '%2F')}/${id}`
}

/** Which of a record's sourcedids is its key, which it had before, which are duplicates of it; the rest as extension data. */
export interface Identity {
  readonly key: string
  /** The bare id of the sourcedid that is the key. */
  readonly id: string
  readonly oldKey?: string
  /** Further keys that the record says it has. */
  readonly aliases: readonly string[]
  readonly pieces: readonly string[]
}

const NONE: readonly string[] = []

/** New counts before one without a type, and that before any other; undefined where there is none. */
export function identityOf(
  sourcedIds: readonly ImsSourcedId[],
  keyOf: KeyOf,
): Identity | undefined {
  const [first] = sourcedIds
  if (first === undefined) return undefined
  if (sourcedIds.length === 1)
    return { key: keyOf(first), id: first.id, aliases: NONE, pieces: NONE }
  const current =
    sourcedIds.find(({ type }) => type === 'New') ??
    sourcedIds.find(({ type }) => type === undefined) ??
    first
  const key = keyOf(current)
  const old = sourcedIds.find((sourcedId) => sourcedId.type === 'Old' && keyOf(sourcedId) !== key)
  const pieces = sourcedIds
    .filter((sourcedId) => sourcedId !== current && sourcedId !== old && keyOf(sourcedId) !== key)
    .map(pieceOf)
  const aliases = sourcedIds
    .filter(({ type }) => type === 'Duplicate')
    .map(keyOf)
    .filter((alias, at, all) => alias !== key && all.indexOf(alias) === at)
  const identity = { key, id: current.id, aliases, pieces }
  return old === undefined ? identity : { ...identity, oldKey: keyOf(old) }
}

function pieceOf({ source, id, type }: ImsSourcedId): string {
  const content = textPiece('source', {}, source) + textPiece('id', {}, id)
  return xmlPiece('sourcedid', { sourcedidtype: type }, content)
}
