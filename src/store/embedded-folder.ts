import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { RollcallError } from '../errors.ts'
import { sync } from './durable.ts'

/** initdb and postgres refuse to run as root: as root they run as this user and group, "nobody" on most systems. */
export const UNPRIVILEGED = 65534

/** Where root keeps the cluster of a home folder that the unprivileged user cannot reach. */
export const SHELTER = '/var/lib/rollcall'

const POINTER = 'embedded-folder'
// sun_path holds 108 bytes on Linux, 104 on macOS, with the closing zero.
const SOCKET_PATH_BYTES = 103
const SOCKET_NAME = '/.s.PGSQL.5432'

/** Where the embedded database lies, and as whom its server runs. */
export interface Place {
  /** The folder that was asked for. */
  readonly home: string
  /** The folder that holds the cluster: the home, or a shelter that the server's user can reach. */
  readonly base: string
  /** User and group of the server processes; empty when they are our own. */
  readonly as: { readonly uid: number; readonly gid: number } | Record<string, never>
}

/** Says what a file operation under the data folder stumbled on. */
export function folderError(what: string, error: unknown): RollcallError {
  const { code } = error as { code?: string }
  const why =
    code === 'ENOSPC' || code === 'EDQUOT'
      ? 'the disk is full'
      : code === 'EROFS'
        ? 'the file system is read-only'
        : code === 'EACCES' || code === 'EPERM'
          ? 'permission is denied'
          : (code ?? String(error))
  return new RollcallError('ERR_EMBEDDED_FOLDER', `${what}: ${why}`, {
    hint: 'Set ROLLCALL_HOME to a folder that this user may write to and that has room, or DATABASE_URL to a server.',
    cause: error,
  })
}

function ownerOf(file: string): number | undefined {
  return fs.statSync(file, { throwIfNoEntry: false })?.uid
}

/** The first folder on the way to `target` (itself included) that user `uid` cannot pass, or undefined if all are open. */
export function closedFolder(target: string, uid: number): string | undefined {
  const { root } = path.parse(target)
  const steps = target.slice(root.length).split(path.sep).filter(Boolean)
  for (let depth = 0; depth <= steps.length; depth++) {
    const folder = path.join(root, ...steps.slice(0, depth))
    const found = fs.statSync(folder, { throwIfNoEntry: false })
    if (found === undefined) return undefined
    if ((found.mode & (found.uid === uid ? 0o100 : 0o001)) === 0) return folder
  }
  return undefined
}

/** Makes a folder of mode 0700 that belongs to the server's user. */
export function ownFolder(folder: string, place: Place): void {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
  if ('uid' in place.as) fs.chownSync(folder, place.as.uid, place.as.gid)
}

/**
 * Decides where the cluster of `home` lies, and makes the folders. A cluster stays where it is once made: a note in the
 * home folder names the shelter, so that later changes of permissions never lead to a second, empty database.
 * @throws RollcallError ERR_EMBEDDED_FOLDER when that cannot work, saying which folder is in the way.
 */
export function settle(home: string, shelter: string = SHELTER): Place {
  const isRoot = process.getuid?.() === 0
  try {
    // Root's home is passable, so that the server's user gets at the cluster in it, and nothing more.
    const begun = fs.mkdirSync(home, { recursive: true, mode: 0o700 })
    if (isRoot && begun !== undefined) fs.chmodSync(home, 0o711)
    home = fs.realpathSync(home)
    fs.accessSync(home, fs.constants.W_OK | fs.constants.X_OK)
  } catch (error) {
    throw folderError(`The data folder ${home} cannot be made or written to`, error)
  }
  const noted = notedBase(home)
  const made = fs.existsSync(path.join(noted ?? home, 'pg'))
  if (!isRoot) return ownPlace(home, noted ?? home)

  const owner = ownerOf(path.join(noted ?? home, 'pg')) || ownerOf(home) || UNPRIVILEGED
  const as = { uid: owner, gid: owner }
  const closed = closedFolder(noted ?? home, owner)
  if (closed === undefined) return { home, base: noted ?? home, as }
  if (made || noted !== undefined) {
    throw new RollcallError(
      'ERR_EMBEDDED_FOLDER',
      `The database in ${noted ?? home} cannot be reached by user ${owner}, as whom PostgreSQL runs when started by root: ${closed} is closed to it`,
      { hint: `Let it pass (chmod o+x ${closed}), or move the data folder.` },
    )
  }
  return shelteredPlace(home, path.join(shelter, shortHash(home)), as)
}

function ownPlace(home: string, base: string): Place {
  const cluster = path.join(base, 'pg')
  const owner = ownerOf(cluster)
  if (owner !== undefined && owner !== process.getuid?.()) {
    throw new RollcallError(
      'ERR_EMBEDDED_FOLDER',
      `The database in ${base} belongs to another user (uid ${owner}): it was made by somebody else, or by root`,
      { hint: 'Run as that user or as root, or set ROLLCALL_HOME to a folder of your own.' },
    )
  }
  return { home, base, as: {} }
}

function shelteredPlace(home: string, base: string, as: Place['as']): Place {
  try {
    fs.mkdirSync(base, { recursive: true })
    for (const folder of [path.dirname(base), base]) fs.chmodSync(folder, 0o711)
    fs.writeFileSync(path.join(base, 'belongs-to'), `${home}\n`)
    fs.writeFileSync(path.join(home, POINTER), `${base}\n`)
    // Lost in a power cut, it would lead to a second, empty database.
    for (const place of [path.join(home, POINTER), home, path.dirname(base)]) sync(place)
  } catch (error) {
    throw folderError(`${home} is closed to the database's user, and ${base} cannot be made`, error)
  }
  const closed = 'uid' in as ? closedFolder(base, as.uid) : undefined
  if (closed === undefined) return { home, base, as }
  throw new RollcallError(
    'ERR_EMBEDDED_FOLDER',
    `PostgreSQL runs as user ${as.uid} when started by root, and neither ${home} nor ${base} can be reached by it: ${closed} is closed`,
    { hint: `Set ROLLCALL_HOME to a folder that it can pass to, or open ${closed} (chmod o+x).` },
  )
}

function notedBase(home: string): string | undefined {
  const note = path.join(home, POINTER)
  if (!fs.existsSync(note)) return undefined
  const base = fs.readFileSync(note, 'utf8').trim()
  if (fs.existsSync(base)) return base
  throw new RollcallError(
    'ERR_EMBEDDED_FOLDER',
    `The database of ${home} was kept in ${base}, which is gone`,
    { hint: `Bring it back, or delete ${note} to begin with an empty database.` },
  )
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/**
 * The folder for the server's socket, mode 0700: `run` beside the cluster or, where that path would be too long for a
 * socket, one with a short name under the folder for temporary files.
 * @throws RollcallError ERR_EMBEDDED_FOLDER when somebody else has made the short one before us.
 */
export function socketFolder(place: Place): string {
  const short = `rollcall-${shortHash(place.base)}`
  const candidates = [
    path.join(place.base, 'run'),
    path.join(os.tmpdir(), short),
    path.join('/tmp', short),
  ]
  const folder =
    candidates.find((each) => Buffer.byteLength(each + SOCKET_NAME) <= SOCKET_PATH_BYTES) ??
    path.join('/tmp', short)
  const server = 'uid' in place.as ? place.as.uid : process.getuid?.()
  try {
    fs.mkdirSync(folder, { mode: 0o700 })
    if ('uid' in place.as) fs.chownSync(folder, place.as.uid, place.as.gid)
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') {
      throw folderError(`The folder ${folder} for the database's socket cannot be made`, error)
    }
    const found = fs.lstatSync(folder)
    if (!found.isDirectory() || found.uid !== server || (found.mode & 0o077) !== 0) {
      throw new RollcallError(
        'ERR_EMBEDDED_FOLDER',
        `${folder}, where the database's socket belongs, is not a folder that only user ${server} may enter`,
        { hint: 'Look who made it, remove it, and try again.' },
      )
    }
  }
  return folder
}
