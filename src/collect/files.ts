import { compilePattern } from '../rules/pattern.ts'
import type { Fetched, Job } from './contract.ts'
import { failure } from './failure.ts'
import type { Incoming } from './incoming.ts'
import { LISTED_MAX } from './limits.ts'
import type { FileSettings } from './settings.ts'

/** A file on the other side, as it says. */
export interface RemoteFile {
  readonly name: string
  readonly bytes: number
  /** Milliseconds since 1970 by the clock of the other side; undefined where it does not say. */
  readonly modifiedAt: number | undefined
}

/** A folder on the other side that a collector is signed in to. */
export interface RemoteFolder {
  /** Regular files only. */
  readonly list: () => Promise<readonly RemoteFile[]>
  /** Times of files where the listing has none, or only rough ones. */
  readonly dated: (files: readonly RemoteFile[]) => Promise<readonly RemoteFile[]>
  /** Undefined where it is gone. */
  readonly look: (name: string) => Promise<RemoteFile | undefined>
  readonly read: (name: string, into: Incoming) => Promise<void>
  readonly remove: (name: string) => Promise<void>
  readonly move: (name: string, folder: string) => Promise<void>
}

type FileJob = Pick<
  Job<'sftp' | 'ftp'>,
  'deadline' | 'known' | 'now' | 'open' | 'say' | 'there' | 'wait'
> & {
  readonly settings: FileSettings
}

/** What tells one version of a file from another. */
export function markOf({ bytes, modifiedAt }: RemoteFile): string {
  return `${bytes} bytes, ${modifiedAt === undefined ? 'no time' : new Date(modifiedAt).toISOString()}`
}

/** The files that are meant, the oldest first, whether they were fetched before or not. */
export async function meantFiles(folder: RemoteFolder, job: FileJob): Promise<RemoteFile[]> {
  const { settings, deadline } = job
  deadline.at('files')
  const listed = await folder.list()
  if (listed.length > LISTED_MAX) {
    throw failure('ERR_FETCH_LIMIT', 'files', `the folder holds more than ${LISTED_MAX} files`, {
      hint: 'Is it the right folder? Have old files cleared away there, or set after=move.',
    })
  }
  const names = new Set(listed.map(({ name }) => name))
  job.there([...names])
  const { matches } = compilePattern(settings.pattern)
  const flagOf = (name: string): string => settings.flag.replaceAll('{}', name)
  const flags = new Set(settings.complete === 'flag' ? [...names].map(flagOf) : [])
  const meant = listed.filter(
    ({ name }) =>
      isPlainName(name) &&
      matches(name) &&
      !flags.has(name) &&
      (settings.complete !== 'flag' || names.has(flagOf(name))),
  )
  const dated = settings.order === 'time' ? await folder.dated(meant) : meant
  return dated.toSorted(settings.order === 'name' ? byName : byTime)
}

/** Fetches what is new and complete. Judged by the other side's clock alone where files are compared with each other. */
export async function* fetchFiles(folder: RemoteFolder, job: FileJob): AsyncGenerator<Fetched> {
  const { settings, say, deadline } = job
  const meant = await meantFiles(folder, job)
  const newest = settings.pick === 'newest' ? meant.slice(-1) : meant
  const fresh = (await folder.dated(newest)).filter(
    (file) => job.known(file.name)?.mark !== markOf(file),
  )
  const chosen = fresh.slice(0, settings.filesMax)
  if (chosen.length === 0) {
    say('files', meant.length === 0 ? 'no file of this name' : 'no new file')
    return
  }
  const complete = await completeOf(folder, chosen, job)
  if (complete.length === 0) {
    throw failure('ERR_FETCH_FAILED', 'files', 'the new file is still being written', {
      hint: 'Run it again later, or see the settings complete and quietSeconds.',
    })
  }
  for (const file of complete) {
    deadline.at('fetch')
    const incoming = job.open()
    try {
      await folder.read(file.name, incoming)
      await checkWhole(folder, file, incoming.bytes)
      incoming.close()
    } catch (error) {
      incoming.discard()
      throw error
    }
    yield {
      name: file.name,
      mark: markOf(file),
      file: incoming,
      settle: () => settled(folder, file.name, settings),
    }
  }
}

async function completeOf(
  folder: RemoteFolder,
  files: readonly RemoteFile[],
  { settings, wait, now, deadline }: FileJob,
): Promise<RemoteFile[]> {
  if (settings.complete === 'flag') return [...files]
  const quiet = settings.quietSeconds * 1000
  const isOld = (file: RemoteFile): boolean =>
    file.modifiedAt !== undefined && now().getTime() - file.modifiedAt >= quiet
  if (settings.complete === 'age') {
    // A clock that is ahead of ours says nothing about age: such a file is looked at twice instead.
    const isAhead = files.some(({ modifiedAt = Infinity }) => modifiedAt > now().getTime())
    if (!isAhead) return files.filter(isOld)
  }
  for (let waited = 0; waited < quiet; waited += 1000) {
    await wait(Math.min(1000, quiet - waited))
    // It is we who wait.
    deadline.alive()
  }
  const same: RemoteFile[] = []
  for (const file of files) {
    const again = await folder.look(file.name)
    deadline.alive()
    if (again !== undefined && markOf(again) === markOf(file)) same.push(file)
  }
  return same
}

async function checkWhole(folder: RemoteFolder, file: RemoteFile, bytes: number): Promise<void> {
  const after = await folder.look(file.name)
  const isSame = after !== undefined && markOf(after) === markOf(file)
  if (isSame && bytes === file.bytes) return
  const what =
    after === undefined
      ? 'the file vanished while it was fetched'
      : isSame
        ? `${bytes} bytes came of ${file.bytes}`
        : 'the file changed while it was fetched'
  throw failure('ERR_FETCH_FAILED', 'fetch', what, {
    hint: 'Nothing was delivered. Run it again; if it happens often, fetch at another time or set complete.',
  })
}

async function settled(
  folder: RemoteFolder,
  name: string,
  { after, moveTo, complete, flag }: FileSettings,
): Promise<void> {
  if (after === 'leave') return
  if (after === 'move') await folder.move(name, moveTo)
  else await folder.remove(name)
  if (complete === 'flag') await folder.remove(flag.replaceAll('{}', name))
}

/** A name that stays in its folder and on its line. */
function isPlainName(name: string): boolean {
  // oxlint-disable-next-line no-control-regex -- these are what is meant
  return name !== '' && name.length <= 255 && !/[/\\\u0000-\u001F\u007F]|^\.\.?$/.test(name)
}

function byName(one: RemoteFile, other: RemoteFile): number {
  return one.name < other.name ? -1 : one.name > other.name ? 1 : 0
}

function byTime(one: RemoteFile, other: RemoteFile): number {
  return (one.modifiedAt ?? 0) - (other.modifiedAt ?? 0) || byName(one, other)
}
