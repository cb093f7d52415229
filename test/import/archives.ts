import { once } from 'node:events'
import { crc32, createDeflateRaw, deflateRawSync } from 'node:zlib'

/** A file to put into a zip, and what may be wrong with it. */
export interface Zipped {
  readonly name: string
  readonly bytes: Uint8Array | string
  readonly stored?: boolean
  readonly encrypted?: boolean
  /** Written in place of the method that was used. */
  readonly method?: number
  readonly crc32?: number
  /** Written in place of the size unpacked. */
  readonly size?: number
  /** Deflated already, in place of `bytes`. */
  readonly raw?: Uint8Array
  /** Sizes stand in a ZIP64 extra field of the directory. */
  readonly zip64?: boolean
}

/** A zip of these files, as PKWARE's APPNOTE wants it: local headers, then the directory. */
export function zipOf(
  ...files: readonly (Zipped | readonly [string, Uint8Array | string])[]
): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const each of files) {
    const file: Zipped = 'name' in each ? each : { name: each[0], bytes: each[1] }
    const plain = Buffer.from(file.bytes)
    const packed = Buffer.from(file.raw ?? (file.stored === true ? plain : deflateRawSync(plain)))
    const name = Buffer.from(file.name)
    const header = Buffer.alloc(26)
    header.writeUInt16LE(20, 0)
    header.writeUInt16LE(file.encrypted === true ? 1 : 0, 2)
    header.writeUInt16LE(file.method ?? (file.stored === true ? 0 : 8), 4)
    header.writeUInt32LE(file.crc32 ?? crc32(plain), 10)
    header.writeUInt32LE(packed.length, 14)
    const size = file.size ?? plain.length
    const extra = file.zip64 === true ? zip64Of(size) : Buffer.alloc(0)
    header.writeUInt32LE(extra.length > 0 ? 0xffffffff : size, 18)
    header.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), header, name, packed])
    const central = Buffer.alloc(16)
    central.writeUInt32LE(offset, 12)
    const listed = Buffer.from(header)
    listed.writeUInt16LE(extra.length, 24)
    directory.push(
      Buffer.from('PK\x01\x02\x14\x00', 'latin1'),
      listed,
      central.subarray(2),
      name,
      extra,
    )
    parts.push(local)
    offset += local.length
  }
  const listing = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(files.length, 8)
  end.writeUInt16LE(files.length, 10)
  end.writeUInt32LE(listing.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...parts, listing, end])
}

/** The extra field 0x0001 of APPNOTE 4.5.3, with the size unpacked. */
function zip64Of(size: number): Buffer {
  const extra = Buffer.alloc(12)
  extra.writeUInt16LE(1, 0)
  extra.writeUInt16LE(8, 2)
  extra.writeBigUInt64LE(BigInt(size), 4)
  return extra
}

/** So many blanks, deflated a piece at a time. */
export async function deflated(
  bytes: number,
): Promise<{ readonly raw: Buffer; readonly size: number; readonly crc32: number }> {
  const deflate = createDeflateRaw({ level: 1 })
  const chunks: Buffer[] = []
  deflate.on('data', (chunk: Buffer) => chunks.push(chunk))
  const ended = once(deflate, 'end')
  const blanks = Buffer.alloc(1 << 20, ' ')
  let sum = 0
  for (let done = 0; done < bytes; done += blanks.length) {
    sum = crc32(blanks, sum)
    if (!deflate.write(blanks)) await once(deflate, 'drain')
  }
  deflate.end()
  await ended
  const size = Math.ceil(bytes / blanks.length) * blanks.length
  return { raw: Buffer.concat(chunks), size, crc32: sum }
}
