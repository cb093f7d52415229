import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { constants, type Stats } from 'node:fs'
import { lstat, open, opendir, readdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { RollcallError } from '../errors.ts'
import { arrivingFolder, takeIn } from '../import/arrivals.ts'
import { hasArrivedSince } from '../store/arrivals.ts'
import type { Database } from '../store/connect.ts'
import { endLease, takeLease } from '../store/leases.ts'
import { type WatchedFolder, watchedFolders } from '../store/watched-folders.ts'
import { WATCHED_FILES_MAX, WATCHED_NAMES_MAX, WATCHING_LEASE_SECONDS } from './limits.ts'
import { fits, isTemporary } from './names.ts'

export interface WatchOptions {
  readonly database: Database
  readonly deliveriesFolder: string
  /** Bytes of one file: the limit on a delivery. */
  readonly fileBytesMax: number
  readonly now: () => Date
  /** Milliseconds, which never go back. */
  readonly clock: () => number
  /** Called when a delivery of a site has come. */
  readonly onArrival: (siteId: number) => void
  /** Told what is wrong with a source's folder, once until it is something else. */
  readonly onError: (error: unknown, of?: Pick<WatchedFolder, 'siteId' | 'sourceId'>) => void
}

/** What a file was like when it was first seen as it is now. */
interface Seen {
  readonly mark: string
  readonly since: number
}

/**
 * Looks at the watched folders of all sources. A folder is looked at by one process at a time; what it has seen it remembers
 * from one look to the next.
 */
export class Watcher {
  readonly #options: WatchOptions
  readonly #holder = randomUUID()
  readonly #faults = new Map<string, string>()
  #seen = new Map<string, Seen>()

  constructor(options: WatchOptions) {
    this.#options = options
  }

  /** Takes what is complete, of all folders; gives how many deliveries that made. */
  async look(): Promise<number> {
    const before = this.#seen
    this.#seen = new Map()
    let taken = 0
    for (const watched of await watchedFolders(this.#options.database)) {
      const key = `${watched.siteId} ${watched.sourceId}`
      try {
        taken += await this.#lookAt(watched, before)
        this.#faults.delete(key)
      } catch (error) {
        this.#tell(key, watched, error)
      }
    }
    return taken
  }

  /** Lets other processes have the folders. */
  async end(): Promise<void> {
    const { database } = this.#options
    for (const { siteId, sourceId } of await watchedFolders(database)) {
      await database.site(siteId, (session) =>
        endLease(session, siteId, leaseOf(sourceId), this.#holder),
      )
    }
  }

  #tell(key: string, watched: WatchedFolder, error: unknown): void {
    const { folder } = watched
    const { code = 'ERR_INTERNAL' } = error as NodeJS.ErrnoException
    if (this.#faults.get(key) === code) return
    this.#faults.set(key, code)
    const known =
      error instanceof RollcallError
        ? error
        : new RollcallError(
            'ERR_WATCHED_FOLDER',
            `The watched folder ${folder} cannot be used (${code})`,
            {
              hint: 'Look at its rights: files in it have to be read, renamed and removed. Is it mounted?',
              cause: error,
            },
          )
    this.#options.onError(known, watched)
  }

  async #lookAt(watched: WatchedFolder, before: ReadonlyMap<string, Seen>): Promise<number> {
    const { database } = this.#options
    const { siteId, sourceId } = watched
    const lease = { holder: this.#holder, seconds: WATCHING_LEASE_SECONDS }
    const isOurs = (): Promise<boolean> =>
      database.site(siteId, (session) => takeLease(session, siteId, leaseOf(sourceId), lease))
    if (!(await isOurs())) return 0
    // It goes on while a large file is copied.
    const renewal = setInterval(() => void isOurs().catch(() => {}), lease.seconds * 300)
    try {
      return await this.#takeFrom(watched, before)
    } finally {
      clearInterval(renewal)
    }
  }

  async #takeFrom(watched: WatchedFolder, before: ReadonlyMap<string, Seen>): Promise<number> {
    const names = await namesIn(watched.folder)
    await this.#removeCopies(watched)
    const failed: unknown[] = []
    let taken = 0
    const deliver = async (aside: string, isLeft: boolean): Promise<void> => {
      try {
        if (await this.#deliver(watched, aside, isLeft)) taken += 1
      } catch (error) {
        // The others need not wait for it.
        failed.push(error)
      }
    }
    // What a process that died had taken. Nobody else has it, as the lease is ours.
    for (const name of names.filter((each) => takenName(watched, each) !== undefined)) {
      await deliver(name, true)
    }
    const candidates = names.filter((name) => !isTemporary(name) && fits(name, watched.names))
    for (const name of candidates) {
      if (taken >= WATCHED_FILES_MAX) break
      if (!(await this.#isComplete(watched, name, names, before))) continue
      const aside = `${takenPrefix(watched)}${this.#options.now().getTime()}-${name}`
      await rename(path.join(watched.folder, name), path.join(watched.folder, aside))
      await deliver(aside, false)
    }
    if (failed.length > 0) throw failed[0]
    return taken
  }

  async #isComplete(
    { folder, flag, quietSeconds }: WatchedFolder,
    name: string,
    names: readonly string[],
    before: ReadonlyMap<string, Seen>,
  ): Promise<boolean> {
    const file = path.join(folder, name)
    if (flag !== undefined && (name.endsWith(flag) || !names.includes(`${name}${flag}`)))
      return false
    const stat = await lstat(file).catch(() => undefined)
    if (stat === undefined || !isPlain(stat)) return false
    if (stat.size > this.#options.fileBytesMax) {
      throw new RollcallError(
        'ERR_WATCHED_FOLDER',
        `A file in ${folder} is too large for a delivery`,
        {
          hint: 'Remove it, or raise ROLLCALL_DELIVERY_BYTES_MAX.',
        },
      )
    }
    if (flag !== undefined || quietSeconds === 0) return true
    // By our own clock: that of a file server may be another.
    const now = this.#options.clock()
    const earlier = before.get(file)
    const mark = markOf(stat)
    const since = earlier?.mark === mark ? earlier.since : now
    if (now - since >= quietSeconds * 1000) return true
    this.#seen.set(file, { mark, since })
    return false
  }

  /** Makes a file that was taken a delivery, and removes it. False where it had become one before, or is none. */
  async #deliver(watched: WatchedFolder, aside: string, isLeft: boolean): Promise<boolean> {
    const { siteId, sourceId, folder, flag } = watched
    const { database, deliveriesFolder, fileBytesMax, now, onArrival } = this.#options
    const { time, fileName } = takenName(watched, aside) ?? { time: 0, fileName: '' }
    const from = path.join(folder, aside)
    const file = path.join(
      arrivingFolder(deliveriesFolder, siteId),
      `${copyOf(sourceId)}${randomUUID()}`,
    )
    // Before the delivery: what is left of a flag would make half of the next file look complete.
    if (flag !== undefined) await rm(path.join(folder, `${fileName}${flag}`), { force: true })
    const bytes = await copied(from, file, fileBytesMax)
    if (bytes === undefined) {
      // Written to after all, or no plain file any more: it is looked at again under its own name.
      await rename(from, path.join(folder, fileName))
      return false
    }
    const since = new Date(time).toISOString()
    const of = { sourceId, fileName, bytes }
    // A process that died may have got as far as the delivery.
    const hasCome =
      isLeft &&
      (await database.site(siteId, (session) => hasArrivedSince(session, siteId, of, since)))
    if (hasCome) await rm(file)
    else {
      const how = { channel: 'drop box', sender: 'watched folder' } as const
      await takeIn({ database, siteId, sourceId, fileName, deliveriesFolder, file, now, ...how })
    }
    await rm(from)
    onArrival(siteId)
    return !hasCome
  }

  /** Copies that a process that died was making; the lease says that nobody makes one now. */
  async #removeCopies({ siteId, sourceId }: WatchedFolder): Promise<void> {
    const folder = arrivingFolder(this.#options.deliveriesFolder, siteId)
    for (const name of await readdir(folder)) {
      if (name.startsWith(copyOf(sourceId))) await rm(path.join(folder, name), { force: true })
    }
  }
}

/** A file that is being taken is called like this, its time and its own name until it is a delivery. */
function takenPrefix({ siteId, sourceId }: WatchedFolder): string {
  return `.rollcall-${siteId}-${sourceId}-`
}

function takenName(
  watched: WatchedFolder,
  name: string,
): { readonly time: number; readonly fileName: string } | undefined {
  const prefix = takenPrefix(watched)
  const [, time, fileName] = name.startsWith(prefix)
    ? (/^(\d{13})-(.+)$/s.exec(name.slice(prefix.length)) ?? [])
    : []
  return time === undefined || fileName === undefined ? undefined : { time: Number(time), fileName }
}

function leaseOf(sourceId: number): string {
  return `watched folder ${sourceId}`
}

function copyOf(sourceId: number): string {
  return `.part-watched-${sourceId}-`
}

async function namesIn(folder: string): Promise<string[]> {
  const names: string[] = []
  for await (const { name } of await opendir(folder)) {
    if (names.length >= WATCHED_NAMES_MAX) {
      throw new RollcallError(
        'ERR_WATCHED_FOLDER',
        `${folder} has more than ${WATCHED_NAMES_MAX} names`,
        {
          hint: 'Let the sender write into a folder of its own.',
        },
      )
    }
    names.push(name)
  }
  return names.toSorted()
}

/** A plain file under one name: a link could name any file that the service may read. */
function isPlain(stat: Stats): boolean {
  return stat.isFile() && stat.nlink === 1
}

function markOf({ dev, ino, size, mtimeMs }: Stats): string {
  return `${dev} ${ino} ${size} ${mtimeMs}`
}

/** Copies a plain file; gives its bytes, or undefined where it is none, is too large, or was written to meanwhile. */
async function copied(from: string, to: string, bytesMax: number): Promise<number | undefined> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants
  const file = await open(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ELOOP') return undefined
      throw error
    },
  )
  if (file === undefined) return undefined
  try {
    const before = await file.stat()
    if (!isPlain(before) || before.size > bytesMax) return undefined
    const end = Math.max(0, before.size - 1)
    if (before.size === 0) await (await open(to, 'wx', 0o600)).close()
    else {
      await pipeline(
        file.createReadStream({ start: 0, end, autoClose: false, highWaterMark: 1024 * 1024 }),
        createWriteStream(to, { flags: 'wx', mode: 0o600 }),
      )
    }
    const after = await file.stat()
    if (markOf(after) === markOf(before)) return before.size
    await rm(to)
    return undefined
  } catch (error) {
    await rm(to, { force: true })
    throw error
  } finally {
    await file.close()
  }
}
