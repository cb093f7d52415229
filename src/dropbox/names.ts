import { FOLDERS_DEEP_MAX, NAME_BYTES_MAX, PATH_BYTES_MAX } from './limits.ts'

/** Control characters, what no client means in a name of a file, and what bytes that are no UTF-8 become. */
const FORBIDDEN = /[\p{Cc}\p{Cs}\u2028\u2029\uFFFD\\]/u

/**
 * A sender's path as one from the root of his box: `.` and `..` are gone, and nothing leads out of it. It names a row, never a
 * file on disk. Undefined for what is no path here.
 */
export function boxPath(text: string): string | undefined {
  if (Buffer.byteLength(text) > PATH_BYTES_MAX || FORBIDDEN.test(text)) return undefined
  const names: string[] = []
  // Composed, so that a name from a Mac is the one that others write.
  for (const name of text.normalize('NFC').split('/')) {
    if (name === '' || name === '.') continue
    if (name === '..') names.pop()
    else names.push(name)
  }
  const isTooLong = names.some((name) => Buffer.byteLength(name) > NAME_BYTES_MAX)
  return isTooLong || names.length > FOLDERS_DEEP_MAX + 1 ? undefined : `/${names.join('/')}`
}

export function folderOf(boxPathText: string): string {
  return boxPathText.slice(0, Math.max(1, boxPathText.lastIndexOf('/')))
}

export function nameOf(boxPathText: string): string {
  return boxPathText.slice(boxPathText.lastIndexOf('/') + 1)
}

/**
 * Whether programs give a file this name while they write it: WinSCP `.filepart`, lftp `.in.…`, rsync `.…`, and what senders'
 * own programs use.
 */
export function isTemporary(name: string): boolean {
  return /^[.~]|(?:~|\.(?:filepart|part|partial|tmp|temp|upload|uploading|writing|crdownload))$/i.test(
    name,
  )
}

/** Stars in a pattern: each more makes matching slower. */
const STARS_MAX = 5

export function isPattern(text: string): boolean {
  const stars = text.match(/\*/g)?.length ?? 0
  return (
    text !== '' && text.length <= NAME_BYTES_MAX && stars <= STARS_MAX && !/[/\p{Cc}\\]/u.test(text)
  )
}

/** Whether a whole name fits a pattern with * and ?, whatever the case. */
export function fits(name: string, pattern: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 'isu').test(name)
}
