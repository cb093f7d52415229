import type { ByteSource } from '../ims/source.ts'
import { headOf } from '../ims/source.ts'

/** How a delivery is packed, told by its first bytes and never by its name. */
export type Packing = 'gzip' | 'zip' | 'other'

/** Local file, empty archive, first part of a split one. */
const ZIP_SIGNATURES: readonly string[] = ['PK\x03\x04', 'PK\x05\x06', 'PK\x07\x08']
/** bzip2, 7-Zip, xz, Zstandard, RAR: known, so that the answer is not that they are no XML. */
const OTHER_SIGNATURES: readonly string[] = [
  'BZh',
  '7z\xbc\xaf',
  '\xfd7zXZ',
  '\x28\xb5\x2f\xfd',
  'Rar!',
]
const SIGNATURE_BYTES_MAX = 6

/** How bytes are packed; undefined for plain ones. `other` is a way that is not read. */
export function packingOf(source: ByteSource): Packing | undefined {
  return packingOfBytes(headOf(source, SIGNATURE_BYTES_MAX))
}

/** The same for bytes in memory, of which the first ones count. */
export function packingOfBytes(bytes: Uint8Array): Packing | undefined {
  const head = Buffer.from(bytes.subarray(0, SIGNATURE_BYTES_MAX)).toString('latin1')
  const begins = (signature: string): boolean => head.startsWith(signature)
  if (begins('\x1f\x8b')) return 'gzip'
  if (ZIP_SIGNATURES.some(begins)) return 'zip'
  return OTHER_SIGNATURES.some(begins) ? 'other' : undefined
}
