import { crc32, deflateRawSync } from 'node:zlib'

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
    const packed = file.stored === true ? plain : deflateRawSync(plain)
    const name = Buffer.from(file.name)
    const header = Buffer.alloc(26)
    header.writeUInt16LE(20, 0)
    header.writeUInt16LE(file.encrypted === true ? 1 : 0, 2)
    header.writeUInt16LE(file.method ?? (file.stored === true ? 0 : 8), 4)
    header.writeUInt32LE(file.crc32 ?? crc32(plain), 10)
    header.writeUInt32LE(packed.length, 14)
    header.writeUInt32LE(file.size ?? plain.length, 18)
    header.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), header, name, packed])
    const central = Buffer.alloc(16)
    central.writeUInt32LE(offset, 12)
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), header, central.subarray(2), name)
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
