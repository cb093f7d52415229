/** What the thread that keeps a delivery is given. */
export interface CopyWork {
  /** Descriptor of the file that came. */
  readonly source: number
  /** Of the one that is kept. */
  readonly kept: number
  /** Whether it is packed to be kept; one that came packed stays as it is. */
  readonly packs: boolean
  /** More bytes than this are not read. */
  readonly bytesMax: number
  /** One number: how many bytes were read, or `ALL`. */
  readonly progress: SharedArrayBuffer
}

/** What it is asked for: the delivery's hash alone, or to keep it as well. */
export type CopyTask = 'hash' | 'copy'

/** What it says at the end of each. */
export type Copied =
  | { readonly sha256: string; readonly crc32: number; readonly bytes: number }
  | { readonly fault: string | undefined }

/** No more will come, whether it was all or not: one number for both, so that nobody waits for a change that was before. */
export const ALL = 2n ** 62n
