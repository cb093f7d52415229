import os from 'node:os'
import { createGzip, gzipSync } from 'node:zlib'
import { once } from 'node:events'
import { DEFAULT_READ_LIMITS, type ReadLimits } from '../../src/ims/limits.ts'
import { memorySource } from '../../src/ims/source.ts'
import { packingOfBytes } from '../../src/import/packing.ts'
import { unpack } from '../../src/import/unpack.ts'
import { ZIP_ENTRIES_MAX } from '../../src/import/unzip.ts'
import { deflated, zipOf } from '../import/archives.ts'

const GIB = 1024 ** 3

/** An archive that was made to fill a disk. */
export interface Bomb {
  readonly name: string
  readonly bound: keyof ReadLimits | 'ZIP_ENTRIES_MAX' | 'archive'
  readonly make: () => Promise<Buffer>
  readonly limits?: Partial<ReadLimits>
  readonly code: string
}

/** As the command unpacks them. The suite has them of 40 MB (unpack.test.ts). */
export const BOMBS: readonly Bomb[] = bombs(10 * GIB)

/** The same, with so many bytes unpacked. */
export function bombs(bytes: number): readonly Bomb[] {
  const packed = (): Promise<Buffer> => gzipped(bytes)
  const zipped = async (more: object = {}): Promise<Buffer> => {
    const { raw, size, crc32 } = await deflated(bytes)
    return zipOf({ name: 'a.xml', bytes: '', raw, size, crc32, ...more })
  }
  return [
    { name: 'gzip of blanks', bound: 'unpackedRatioMax', make: packed, code: 'LIMIT_EXCEEDED' },
    {
      name: 'gzip of blanks, any ratio allowed',
      bound: 'unpackedBytesMax',
      make: packed,
      limits: { unpackedRatioMax: 1e6, unpackedBytesMax: Math.floor(bytes / 5) },
      code: 'LIMIT_EXCEEDED',
    },
    {
      name: 'zip of blanks',
      bound: 'unpackedRatioMax',
      make: () => zipped(),
      code: 'LIMIT_EXCEEDED',
    },
    {
      name: 'zip that says it is small',
      bound: 'archive',
      make: () => zipped({ size: 1000 }),
      code: 'LIMIT_EXCEEDED',
    },
    {
      name: 'zip that says it is huge',
      bound: 'unpackedBytesMax',
      make: () => zipped({ zip64: true, size: 2 ** 45 }),
      code: 'LIMIT_EXCEEDED',
    },
    {
      name: 'zip64 of blanks',
      bound: 'unpackedRatioMax',
      make: () => zipped({ zip64: true }),
      code: 'LIMIT_EXCEEDED',
    },
    {
      name: 'gzip in gzip',
      bound: 'archive',
      make: async () => gzipSync(await packed()),
      code: 'ARCHIVE_NESTED',
    },
    {
      name: 'zip in zip',
      bound: 'archive',
      make: async () => zipOf({ name: 'a.xml', bytes: await zipped() }),
      code: 'ARCHIVE_NESTED',
    },
    {
      name: 'zip of 5,000 files',
      bound: 'ZIP_ENTRIES_MAX',
      make: () =>
        Promise.resolve(
          zipOf(
            ...Array.from(
              { length: Math.max(ZIP_ENTRIES_MAX + 1, bytes > GIB ? 5000 : 0) },
              () => ['a', ''] as const,
            ),
          ),
        ),
      code: 'LIMIT_EXCEEDED',
    },
    {
      name: 'zip with a password',
      bound: 'archive',
      make: () => zipped({ encrypted: true }),
      code: 'ARCHIVE_ENCRYPTED',
    },
  ]
}

/** Unpacks one with the usual limits; gives the code with which it is refused, and how long that took. */
export async function unpackBomb(
  { make, limits }: Bomb,
  folder = os.tmpdir(),
): Promise<{ readonly code: string; readonly bytesRead: number; readonly seconds: number }> {
  const bytes = await make()
  const begun = performance.now()
  const end = (code: string): { code: string; bytesRead: number; seconds: number } => ({
    code,
    bytesRead: bytes.length,
    seconds: (performance.now() - begun) / 1000,
  })
  const packing = packingOfBytes(bytes)
  if (packing === undefined) return end('not packed')
  const upTo = { ...DEFAULT_READ_LIMITS, ...limits }
  const content = await unpack(memorySource(bytes), packing, { upTo, folder })
  if ('code' in content) return end(content.code)
  content.close()
  return end('unpacked')
}

async function gzipped(bytes: number): Promise<Buffer> {
  const gzip = createGzip({ level: 1 })
  const chunks: Buffer[] = []
  gzip.on('data', (chunk: Buffer) => chunks.push(chunk))
  const ended = once(gzip, 'end')
  const blanks = Buffer.alloc(1 << 20, ' ')
  for (let done = 0; done < bytes; done += blanks.length) {
    if (!gzip.write(blanks)) await once(gzip, 'drain')
  }
  gzip.end()
  await ended
  return Buffer.concat(chunks)
}
