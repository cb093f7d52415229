/** Limits on what a delivery may hold. An operator may lower or raise them; each is named in docs/limits.md. */
export interface ReadLimits {
  /** Largest delivery, as received. */
  readonly deliveryBytesMax: number
  /** Largest single person or group, or list of members. */
  readonly recordBytesMax: number
  /** Deepest nesting of elements. */
  readonly depthMax: number
  /** Most attributes on one element. */
  readonly attributesMax: number
  /** Longest name of an element or attribute. */
  readonly nameBytesMax: number
  /** Longest sync key; `sourcedid/id` has 256 in the standard. */
  readonly keyCharactersMax: number
  /** Most elements inside one person, one group, or one member of a list. */
  readonly partsMax: number
  /** Most members in one list element; a list may come in several. */
  readonly membersMax: number
  /** Most records set aside that are kept in detail in a report; all are counted. */
  readonly problemsMax: number
  /** Largest delivery after unpacking, of one that comes packed. */
  readonly unpackedBytesMax: number
  /** Most bytes that one packed byte may become. */
  readonly unpackedRatioMax: number
}

const MIB = 1024 * 1024

export const DEFAULT_READ_LIMITS: ReadLimits = {
  deliveryBytesMax: 16 * 1024 * MIB,
  recordBytesMax: 64 * MIB,
  depthMax: 64,
  attributesMax: 64,
  nameBytesMax: 256,
  keyCharactersMax: 256,
  partsMax: 10_000,
  membersMax: 250_000,
  problemsMax: 10_000,
  unpackedBytesMax: 16 * 1024 * MIB,
  unpackedRatioMax: 200,
}

/**
 * How far an operator may raise a limit, where more would end in something worse than a refusal: the engine has no text of
 * half a gigabyte and stacks calls as deep as elements are, attributes of one element are compared with each other, and
 * PostgreSQL indexes no key of 2,700 bytes.
 */
export const READ_LIMIT_BOUNDS: { readonly [limit in keyof ReadLimits]?: number } = {
  recordBytesMax: 256 * MIB,
  depthMax: 1000,
  attributesMax: 10_000,
  nameBytesMax: 65_536,
  keyCharactersMax: 512,
  partsMax: 1_000_000,
  membersMax: 2_000_000,
  problemsMax: 1_000_000,
}
