import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { RollcallError } from '../errors.ts'
import type { ByteSource } from '../ims/source.ts'
import { transcodeUtf16, utf16Of } from '../ims/utf16.ts'

/** An open file as bytes to read. */
export interface FileSource extends ByteSource {
  close(): void
}

/** Opens a file for reading. Throws ERR_FILE_UNREADABLE; its message has the name as it was given. */
export function openFileSource(file: string): FileSource {
  try {
    const handle = openSync(file, 'r')
    const stat = fstatSync(handle)
    if (stat.isDirectory()) {
      closeSync(handle)
      throw new RollcallError('ERR_FILE_UNREADABLE', `${file} is a folder, not a file`)
    }
    return {
      length: stat.size,
      read: (into, at) => readSync(handle, into, 0, into.length, at),
      close: () => closeSync(handle),
    }
  } catch (cause) {
    if (cause instanceof RollcallError) throw cause
    const { code } = cause as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code ?? 'unknown'})`
    throw new RollcallError('ERR_FILE_UNREADABLE', `${file} ${why}`, { cause })
  }
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
