import { writeSync } from 'node:fs'
import { constants, type ZstdOptions } from 'node:zlib'
import type { RingMemory } from './ring.ts'

/** What the thread that keeps a delivery is given. It hashes at once, until it is told to copy. */
export interface CopyWork {
  /** Descriptor of the file that came. */
  readonly source: number
  /** More bytes than this are not read. */
  readonly bytesMax: number
  /** Where it reads the bytes into, for whoever goes over them behind it. */
  readonly ring: RingMemory
}

/** Where a delivery is kept. */
export interface CopyTask {
  /** Descriptor of the file. */
  readonly kept: number
  /** Whether it is packed to be kept; one that came packed stays as it is. */
  readonly packs: boolean
}

/** What came of it. */
export type Copied =
  { readonly sha256: string; readonly bytes: number } | { readonly fault: string | undefined }

/** What the thread says when it has hashed everything, and when it has copied everything. */
export interface Said {
  readonly done: 'hash' | 'copy'
  readonly copied: Copied
}

/** How deliveries are packed: one frame with a checksum. */
export const PACKED: ZstdOptions = {
  params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 },
}

/** Writes all of the bytes, from a place in the file on. */
export function writeAll(descriptor: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(descriptor, bytes, done, bytes.length - done, at + done)
  }
}
