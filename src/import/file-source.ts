import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { RollcallError } from '../errors.ts'
import type { ByteSource } from '../ims/source.ts'
import { transcodeUtf16, utf16Of } from '../ims/utf16.ts'

/** An open file as bytes to read. */
export interface FileSource extends ByteSource {
  /** Whether somebody has written to it since it was opened: what was read then fits nothing. */
  isChanged(): boolean
  close(): void
}

/** One on disk. */
export interface OpenFile extends FileSource {
  readonly descriptor: number
}

/** Opens a file for reading. Throws ERR_FILE_UNREADABLE; its message has the name as it was given. */
export function openFileSource(file: string): OpenFile {
  try {
    const handle = openSync(file, 'r')
    const stat = fstatSync(handle, { bigint: true })
    if (stat.isDirectory()) {
      closeSync(handle)
      throw new RollcallError('ERR_FILE_UNREADABLE', `${file} is a folder, not a file`)
    }
    return {
      descriptor: handle,
      length: Number(stat.size),
      read: (into, at) => readSync(handle, into, 0, into.length, at),
      isChanged() {
        const now = fstatSync(handle, { bigint: true })
        return now.size !== stat.size || now.mtimeNs !== stat.mtimeNs
      },
      close: () => closeSync(handle),
    }
  } catch (cause) {
    if (cause instanceof RollcallError) throw cause
    const { code } = cause as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code ?? 'unknown'})`
    throw new RollcallError('ERR_FILE_UNREADABLE', `${file} ${why}`, { cause })
  }
}

/**
 * To be called when all was read; `read` is how many bytes that were. A file that was renamed or deleted meanwhile was read whole all the same.
 * @throws RollcallError ERR_FILE_UNREADABLE when it was written to.
 */
export function assertUnchanged(source: FileSource, read = source.length): void {
  if (source.isChanged() || read !== source.length) throw changedMeanwhile()
}

/** What is said of a file that was written to while it was read. */
export function changedMeanwhile(): RollcallError {
  return new RollcallError('ERR_FILE_UNREADABLE', 'the file changed while it was read', {
    hint: 'The roster is as it was. Import the file once its sender is done with it.',
  })
}

export interface Utf8Source {
  readonly source: ByteSource
  readonly transcodedFrom?: 'utf-16le' | 'utf-16be'
}

/** The bytes as the reader wants them: UTF-16 becomes UTF-8 as it is read, everything else stays as it is. */
export function utf8Source(source: ByteSource): Utf8Source {
  const transcodedFrom = utf16Of(source)
  if (transcodedFrom === undefined) return { source }
  return { source: transcodeUtf16(source, transcodedFrom), transcodedFrom }
}
