import type { Problem } from '../roster/problem.ts'
import { assertUnchanged, type FileSource, type OpenFile, openFileSource } from './file-source.ts'
import { packingOf } from './packing.ts'
import { unpack, type UnpackOptions } from './unpack.ts'

/** A delivery that is open for reading. */
export interface OpenedDelivery {
  /** As it came, packed or not. */
  readonly bytes: number
  /** What there is to read, unpacked; or why there is nothing. */
  readonly content: FileSource | Problem
  close(): void
}

/** Opens a delivery wherever it lies, packed or plain. Throws ERR_FILE_UNREADABLE, ERR_DELIVERY_NOT_KEPT. */
export function openDelivery(file: string, options: UnpackOptions): Promise<OpenedDelivery> {
  return openedOf(openFileSource(file), options)
}

/** The same of a file that is open already; it is closed when its delivery is. */
export async function openedOf(came: OpenFile, options: UnpackOptions): Promise<OpenedDelivery> {
  const packing = packingOf(came)
  if (packing === undefined) return { bytes: came.length, content: came, close: () => came.close() }
  try {
    const content = await unpack(came, packing, options)
    assertUnchanged(came)
    return { bytes: came.length, content, close: () => closeContent(content) }
  } finally {
    came.close()
  }
}

/** Lets go of what was unpacked. */
export function closeContent(content: FileSource | Problem): void {
  if (!('code' in content)) content.close()
}
