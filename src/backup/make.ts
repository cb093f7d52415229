import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createZstdDecompress } from 'node:zlib'
import { RollcallError } from '../errors.ts'
import type { Database } from '../store/connect.ts'
import { KEPT_PACKED } from '../store/deliveries.ts'
import { makeFolder, sync } from '../store/durable.ts'
import { beginSnapshot, copyOfTable, type NamedFile, type Snapshot } from '../store/dump.ts'
import { markOf } from '../store/installation.ts'
import type { Session } from '../store/session.ts'
import { DELIVERIES, FORMAT, KEY, MANIFEST, type Manifest, partOfTable, SUMS } from './contents.ts'
import { nameOfOurs, removeLeft } from './left.ts'
import { Linked } from './linked.ts'
import { type Written, writePart, writeRows } from './parts.ts'

/** How often a moment is sought at which every file that rows name can be got hold of. */
const SNAPSHOTS_MAX = 5
const UNFINISHED = '.unfinished-backup-'

/** What is backed up, and where to. */
export interface BackupRequest {
  readonly database: Database
  readonly deliveriesFolder: string
  /** Folder that becomes the backup; must not be there. */
  readonly folder: string
  /** The key of secrets, to be put into the backup; undefined: it stays out. */
  readonly key: string | undefined
  readonly program: string
  readonly now: () => Date
  /** Told a line when something begins that may take long. */
  readonly notice: (line: string) => void
}

/** What a backup holds. */
export interface BackupReport {
  readonly folder: string
  readonly madeAt: string
  readonly tables: number
  readonly rows: number
  readonly files: number
  /** Bytes of all parts. */
  readonly bytes: number
  readonly missing: readonly string[]
  readonly changed: readonly string[]
  readonly hasKey: boolean
}

/**
 * Makes a backup of the database and of the files that its rows name, as of one moment, while others go on working. It is written
 * under another name, synced, and renamed when it is whole.
 * @throws RollcallError ERR_TAKEN when the folder is there; ERR_BACKUP_NOT_MADE when it cannot be written;
 *   ERR_FOLDER_NOT_SHARED when the deliveries are not those of the database.
 */
export async function makeBackup(request: BackupRequest): Promise<BackupReport> {
  const folder = path.resolve(request.folder)
  if (fs.existsSync(folder)) {
    throw new RollcallError('ERR_TAKEN', `${folder} is there already`, {
      hint: 'A backup is a new folder: give it a name with the date, say.',
    })
  }
  const unfinished = path.join(path.dirname(folder), nameOfOurs(UNFINISHED))
  const linked = new Linked(request.deliveriesFolder)
  try {
    removeLeft(path.dirname(folder), UNFINISHED)
    makeFolder(unfinished)
    const manifest = await atOneMoment(request, unfinished, linked)
    fs.renameSync(unfinished, folder)
    sync(path.dirname(folder))
    return reportOf(folder, manifest.manifest, manifest.bytes)
  } catch (error) {
    fs.rmSync(unfinished, { recursive: true, force: true })
    throw notMade(error, path.dirname(folder))
  } finally {
    linked.letGo()
  }
}

interface Whole {
  readonly manifest: Manifest
  readonly bytes: number
}

async function atOneMoment(
  request: BackupRequest,
  unfinished: string,
  linked: Linked,
): Promise<Whole> {
  let before: readonly string[] = []
  for (let look = 1; ; look++) {
    const whole = await request.database.operator(async (session) => {
      const snapshot = await beginSnapshot(session)
      mustBeItsFolder(request.deliveriesFolder, snapshot)
      // A delivery may have been imported, and its file removed, since the moment: then another moment is taken. What is
      // missing every time is missing.
      const missing = linked.link(snapshot.files)
      const isSettled =
        missing.every((each) => before.includes(each)) && missing.length === before.length
      before = missing
      if (missing.length > 0 && !isSettled && look < SNAPSHOTS_MAX) return undefined
      return write(request, session, snapshot, { unfinished, linked, missing })
    })
    if (whole !== undefined) return whole
  }
}

async function write(
  request: BackupRequest,
  session: Session,
  snapshot: Snapshot,
  of: { readonly unfinished: string; readonly linked: Linked; readonly missing: readonly string[] },
): Promise<Whole> {
  const { database, key, program, now, notice } = request
  const { unfinished, linked, missing } = of
  const sums: string[] = []
  let bytes = 0
  const wrote = (part: string, written: Written): void => {
    sums.push(`${written.sha256}  ${part}`)
    bytes += written.bytes
  }
  const madeAt = now().toISOString()
  notice(`Copying ${snapshot.tables.length} tables`)
  const tables: Manifest['tables'][number][] = []
  for (const table of snapshot.tables) {
    const part = partOfTable(table.name)
    const written = await writeRows(unfinished, part, copyOfTable(session, table))
    wrote(part, written)
    tables.push({ ...table, rows: written.rows })
  }
  const kept = snapshot.files.filter((file) => !missing.includes(file.path))
  notice(`Copying ${kept.length} files of deliveries`)
  const files: Manifest['files'][number][] = []
  const changed: string[] = []
  for (const file of kept) {
    const part = `${DELIVERIES}/${file.path}`
    const written = await writePart(
      unfinished,
      part,
      fs.createReadStream(linked.placeOf(file.path)),
    )
    wrote(part, written)
    files.push({ path: file.path, bytes: written.bytes })
    if (await isChanged(file, linked.placeOf(file.path), written)) changed.push(file.path)
  }
  if (key !== undefined) wrote(KEY, await writePart(unfinished, KEY, [Buffer.from(`${key}\n`)]))
  const manifest: Manifest = {
    format: FORMAT,
    madeAt,
    program,
    database: database.description,
    migrations: snapshot.migrations,
    tables,
    sequences: snapshot.sequences,
    folderId: snapshot.folderId ?? null,
    files,
    missing,
    changed,
    hasKey: key !== undefined,
  }
  const text = Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`)
  wrote(MANIFEST, await writePart(unfinished, MANIFEST, [text]))
  await writePart(unfinished, SUMS, [Buffer.from(`${sums.join('\n')}\n`)])
  for (const entry of fs.readdirSync(unfinished, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) sync(path.join(entry.parentPath, entry.name))
  }
  sync(unfinished)
  return { manifest, bytes }
}

/** Whether a file is not what came; its hash is of the bytes that came, before they were packed to be kept. */
async function isChanged(file: NamedFile, place: string, written: Written): Promise<boolean> {
  if (file.sha256 === null) return false
  if (!file.path.endsWith(KEPT_PACKED)) return file.sha256 !== written.sha256
  const hash = createHash('sha256')
  try {
    await pipeline(fs.createReadStream(place), createZstdDecompress(), hash)
    return file.sha256 !== hash.digest('hex')
  } catch {
    return true
  }
}

/** The folder must be the one that the database's processes agreed upon, if they did. */
function mustBeItsFolder(folder: string, { folderId }: Snapshot): void {
  if (folderId === undefined) return
  if (markOf(folder) === folderId) return
  throw new RollcallError(
    'ERR_FOLDER_NOT_SHARED',
    `${folder} is not the folder of deliveries that the processes of this database use`,
    { hint: 'Run this on a host that has it, or name it in ROLLCALL_DELIVERIES_FOLDER.' },
  )
}

function reportOf(folder: string, manifest: Manifest, bytes: number): BackupReport {
  const { madeAt, tables, files, missing, changed, hasKey } = manifest
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  return {
    folder,
    madeAt,
    tables: tables.length,
    rows,
    files: files.length,
    bytes,
    missing,
    changed,
    hasKey,
  }
}

const DISK = /^(ENOSPC|EDQUOT|EACCES|EPERM|EROFS|EIO|ENOTDIR|ENAMETOOLONG|EFBIG|ENOENT)$/

function notMade(error: unknown, where: string): unknown {
  const { code = '' } = error as NodeJS.ErrnoException
  if (error instanceof RollcallError || !DISK.test(code)) return error
  return new RollcallError(
    'ERR_BACKUP_NOT_MADE',
    `The backup cannot be written in ${where} (${code})`,
    {
      hint: 'Look at the rights and the room there. Nothing of it was left.',
      cause: error,
    },
  )
}
