/** What the thread that copies a delivery is given. */
export interface CopyWork {
  /** Descriptor of the file that came. */
  readonly source: number
  /** Of the copy that is read from while the run lasts; undefined where that is the one that is kept. */
  readonly copy: number | undefined
  /** Of the one that is kept: packed where there is another to read from, else as it came. */
  readonly kept: number
  /** More bytes than this are not read. */
  readonly bytesMax: number
  /** One number: how many bytes stand in the copy, or `ALL`. */
  readonly progress: SharedArrayBuffer
}

/** What it is asked for: the delivery's hash alone, or its copy as well. */
export type CopyTask = 'hash' | 'copy'

/** What it says at the end of each. */
export type Copied =
  { readonly sha256: string; readonly bytes: number } | { readonly fault: string | undefined }

/** No more will come, whether it was all or not: one number for both, so that nobody waits for a change that was before. */
export const ALL = 2n ** 62n
