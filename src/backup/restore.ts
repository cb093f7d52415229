import fs from 'node:fs'
import path from 'node:path'
import { createGunzip } from 'node:zlib'
import { RollcallError } from '../errors.ts'
import { makeFolder, sync } from '../store/durable.ts'
import { FOLDER_MARK } from '../store/installation.ts'
import type { Owner } from '../store/owner.ts'
import { beginRestore, type Dump, endRestore, rebuild } from '../store/rebuild.ts'
import type { Checked } from './check.ts'
import { DELIVERIES, KEY, partOfTable } from './contents.ts'
import { writePart } from './parts.ts'

const SITE = /^\d+$/

/** Where a backup goes. */
export interface RestoreRequest {
  readonly backup: Checked
  readonly owner: Owner
  readonly deliveriesFolder: string
  /** The file of the key; undefined where the environment gives the key itself. */
  readonly keyFile: string | undefined
  readonly notice: (line: string) => void
}

/**
 * Restores a backup that was checked into an empty installation. Until it has ended nobody else can open the database; one that
 * was cut off can be made again.
 * @throws RollcallError ERR_NOT_EMPTY, ERR_DATABASE_NEWER before anything is changed; ERR_BACKUP_DAMAGED, ERR_BACKUP_NOT_MADE.
 */
export async function restoreBackup(request: RestoreRequest): Promise<void> {
  const { backup, owner, deliveriesFolder, notice } = request
  const { manifest, folder, id } = backup
  const dump: Dump = {
    ...manifest,
    id,
    read: (table) => unpacked(path.join(folder, partOfTable(table))),
  }
  const sites = sitesIn(deliveriesFolder)
  const beginning = await beginRestore(owner, dump, () => {
    if (sites.length > 0) throw notEmpty(deliveriesFolder)
  })
  try {
    // Nobody could open the installation since it was found empty: what lies there is of the restore that was cut off.
    if (beginning === 'begun before') {
      for (const site of sites) fs.rmSync(path.join(deliveriesFolder, site), { recursive: true })
    }
    notice(`Restoring ${manifest.files.length} files of deliveries`)
    await placeFiles(request)
  } catch (error) {
    throw notPlaced(error, deliveriesFolder)
  }
  notice(`Restoring ${manifest.tables.length} tables`)
  await rebuild(owner, dump)
  await endRestore(owner)
}

async function placeFiles({ backup, deliveriesFolder, keyFile }: RestoreRequest): Promise<void> {
  const { folder, manifest } = backup
  const folders = new Set<string>()
  for (const file of manifest.files) {
    const from = fs.createReadStream(path.join(folder, DELIVERIES, file.path))
    await writePart(deliveriesFolder, file.path, from)
    folders.add(path.dirname(path.join(deliveriesFolder, file.path)))
  }
  for (const each of folders) sync(each)
  if (manifest.folderId !== null) {
    const mark = path.join(deliveriesFolder, FOLDER_MARK)
    makeFolder(deliveriesFolder)
    fs.writeFileSync(mark, `${manifest.folderId}\n`, { mode: 0o600 })
    sync(mark)
    sync(deliveriesFolder)
  }
  // A key that is there stays: whether it is the right one is seen by what it opens.
  if (manifest.hasKey && keyFile !== undefined && !fs.existsSync(keyFile)) {
    const bytes = fs.readFileSync(path.join(folder, KEY))
    await writePart(path.dirname(keyFile), path.basename(keyFile), [bytes])
    sync(path.dirname(keyFile))
  }
}

function unpacked(file: string): NodeJS.ReadableStream {
  const packed = fs.createReadStream(file)
  const rows = packed.pipe(createGunzip())
  packed.on('error', (error) => rows.destroy(error))
  return rows
}

/** Folders of sites: what deliveries lie in. */
function sitesIn(deliveriesFolder: string): string[] {
  if (!fs.existsSync(deliveriesFolder)) return []
  return fs.readdirSync(deliveriesFolder).filter((name) => SITE.test(name))
}

function notEmpty(folder: string): RollcallError {
  return new RollcallError('ERR_NOT_EMPTY', `${folder} holds deliveries already`, {
    hint: 'A backup is restored into an installation that is empty: move them away, or set ROLLCALL_DELIVERIES_FOLDER to an empty folder. Nothing was changed.',
  })
}

function notPlaced(error: unknown, folder: string): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (error instanceof RollcallError || code === undefined) return error
  return new RollcallError('ERR_DELIVERY_NOT_KEPT', `${folder} cannot be written (${code})`, {
    hint: 'Look at the rights and the free space of the folder that deliveries are kept in, then restore again.',
    cause: error,
  })
}
