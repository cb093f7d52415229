/** What the thread that copies a delivery is given. */
export interface CopyWork {
  /** Descriptors of the file that came and of its copy. */
  readonly source: number
  readonly copy: number
  /** More bytes than this are not read. */
  readonly bytesMax: number
  /** One number: how many bytes stand in the copy, or `ALL`. */
  readonly progress: SharedArrayBuffer
}

/** What it says at the end. */
export type Copied =
  { readonly sha256: string; readonly bytes: number } | { readonly fault: string | undefined }

/** No more will come, whether it was all or not: one number for both, so that nobody waits for a change that was before. */
export const ALL = 2n ** 62n
