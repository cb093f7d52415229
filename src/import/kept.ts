/**
 * Deliveries as they are kept. A plain one is packed (Zstandard, one frame with a checksum): a tenth of the disk's room and less, and
 * of the time that it takes to be durable. Whoever reads it gets the bytes that came, whose hash its name is; `zstd -d` does the
 * same by hand. One that came packed is kept as it came.
 */
import { RollcallError } from '../errors.ts'
import { headOf } from '../ims/source.ts'
import { KEPT_PACKED } from '../store/deliveries.ts'
import { type OpenFile, openFileSource } from './file-source.ts'
import { type OpenedDelivery, openedOf } from './open-delivery.ts'
import { unpackKept, type UnpackOptions } from './unpack.ts'

/**
 * Opens a kept delivery as it came.
 * @param folder Where it lies unpacked meanwhile.
 * @throws RollcallError ERR_FILE_UNREADABLE when it is not there or damaged, ERR_DELIVERY_NOT_KEPT when the folder cannot be
 *   written.
 */
export async function openAsItCame(
  file: string,
  folder: string,
  bytesMax?: number,
): Promise<OpenFile> {
  const kept = openFileSource(file)
  if (!file.endsWith(KEPT_PACKED)) return kept
  try {
    const came = await unpackKept(kept, folder, bytesMax)
    if (!('code' in came)) return came
    throw new RollcallError('ERR_FILE_UNREADABLE', `${file} is damaged`, {
      hint: 'The disk has lost a delivery that was kept. Nothing else depends on it; see what else is on that disk.',
    })
  } finally {
    kept.close()
  }
}

/** Opens a kept delivery and, if it came packed, unpacks it. Throws as `openAsItCame`. */
export async function openKept(file: string, options: UnpackOptions): Promise<OpenedDelivery> {
  const { upTo, folder } = options
  return openedOf(
    await openAsItCame(file, folder, typeof upTo === 'number' ? upTo : undefined),
    options,
  )
}

/** The beginning of a kept delivery, as it came. Throws as `openAsItCame`. */
export async function headOfKept(
  file: string,
  folder: string,
  bytesMax: number,
): Promise<Uint8Array> {
  const came = await openAsItCame(file, folder, bytesMax)
  try {
    return headOf(came, bytesMax)
  } finally {
    came.close()
  }
}
