import { types, type CustomTypesConfig } from 'pg'
import { RollcallError } from '../errors.ts'

// PostgreSQL's own numbers of its types (pg_type.oid), which never change.
const BOOL = 16
const BYTEA = 17
const INT8 = 20
const INT2 = 21
const INT4 = 23
const TEXT = 25
const OID = 26
const JSON_TEXT = 114
const FLOAT8 = 701
const VARCHAR = 1043
const JSONB = 3802
const AS_TEXT = new Set([1082, 1083, 1114, 1184, 1266])
const TEXT_ARRAY = 1009
const INT8_ARRAY = 1016
const TEXTS_IN_ARRAY = new Set([1115, 1182, 1183, 1185])

// The driver's declarations know fewer types than PostgreSQL has.
const driversParser = types.getTypeParser as (
  oid: number,
  format: 'text',
) => (text: string) => unknown

const fromTextArray = driversParser(TEXT_ARRAY, 'text') as (text: string) => string[]

/** Ids and counts stay far below 2^53, so int8 comes as a number. */
function safeInteger(value: string | bigint): number {
  const number = Number(value)
  if (Number.isSafeInteger(number)) return number
  throw new RollcallError('ERR_INTERNAL', 'the database gave a number above 2^53')
}

const FROM_TEXT = new Map<number, (text: string) => unknown>([
  [INT8, safeInteger],
  [INT8_ARRAY, (text) => fromTextArray(text).map(safeInteger)],
  ...[...AS_TEXT].map((oid) => [oid, (text: string) => text] as const),
  ...[...TEXTS_IN_ARRAY].map((oid) => [oid, fromTextArray] as const),
])

const FROM_BINARY = new Map<number, (bytes: Buffer) => unknown>([
  [BOOL, (bytes) => bytes[0] === 1],
  [BYTEA, (bytes) => bytes],
  [INT8, (bytes) => safeInteger(bytes.readBigInt64BE(0))],
  [INT2, (bytes) => bytes.readInt16BE(0)],
  [INT4, (bytes) => bytes.readInt32BE(0)],
  [OID, (bytes) => bytes.readUInt32BE(0)],
  [FLOAT8, (bytes) => bytes.readDoubleBE(0)],
  [TEXT, (bytes) => bytes.toString('utf8')],
  [VARCHAR, (bytes) => bytes.toString('utf8')],
  [JSON_TEXT, (bytes) => JSON.parse(bytes.toString('utf8')) as unknown],
  // A version byte, 1, comes first.
  [JSONB, (bytes) => JSON.parse(bytes.toString('utf8', 1)) as unknown],
])

/**
 * How the bytes of a value of type `oid` are read, in PostgreSQL's binary form.
 * @throws RollcallError ERR_INTERNAL for a type that is not listed here.
 */
export function binaryReader(oid: number): (bytes: Buffer) => unknown {
  const reader = FROM_BINARY.get(oid)
  if (reader !== undefined) return reader
  throw new RollcallError('ERR_INTERNAL', `type ${oid} cannot be read in binary form`)
}

/**
 * How values come back: int8 as number, dates and times as the text PostgreSQL writes (UTC), json parsed, bytea as Buffer,
 * numeric as text; other types as the driver has them.
 */
export const VALUE_TYPES: CustomTypesConfig = {
  getTypeParser(oid: number) {
    return FROM_TEXT.get(oid) ?? driversParser(oid, 'text')
  },
}
