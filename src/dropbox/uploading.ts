import { randomUUID } from 'node:crypto'
import { constants, mkdirSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import {
  type BoxFile,
  boxFile,
  cameByDropBox,
  deleteBoxFile,
  holdBoxFile,
  insertBoxFile,
  letGoOfBoxFile,
  updateBoxFile,
} from '../store/drop-box-files.ts'
import {
  type BoxContext,
  boxFolder,
  type BoxOwner,
  type HeldBox,
  inBox,
  storedFile,
} from './in-box.ts'
import { folderOf } from './names.ts'
import { noSuchFile, Refused } from './refused.ts'
import { beginTaking, isComplete, take } from './taking.ts'
import { type Allowance, bytesUsed, HELD_SECONDS, settleAll, Upload } from './upload.ts'

const DAY_SECONDS = 86_400

/** How a sender opens a file; he always writes. */
export interface OpenFlags {
  readonly create: boolean
  readonly truncate: boolean
  readonly exclusive: boolean
  readonly append: boolean
}

interface Opened {
  readonly id: number
  readonly stored: string
  readonly holder: string
  readonly bytes: number
  readonly isNew: boolean
  readonly allowance: Allowance
}

/**
 * Opens a file for writing: a new one, or what is left of one that was broken off. Undefined where the name is that of a
 * delivery that was taken and the sender does not say that he begins anew: his first write shows what he means.
 * @throws Refused
 */
export async function openUpload(
  context: BoxContext,
  owner: BoxOwner,
  path: string,
  flags: OpenFlags,
): Promise<Upload | undefined> {
  for (;;) {
    await settleAll(context, owner)
    const opened = await inBox(context, owner, (box) => enter(context, owner, box, path, flags))
    if (opened === undefined) return undefined
    const file = await openStored(context, owner, opened)
    if (file !== undefined) return new Upload(context, { ...opened, owner, path, file })
    // Its bytes are gone, so that there is nothing to go on with.
    await context.database.site(owner.siteId, (session) => deleteBoxFile(session, owner, opened.id))
  }
}

async function enter(
  context: BoxContext,
  owner: BoxOwner,
  box: HeldBox,
  path: string,
  flags: OpenFlags,
): Promise<Opened | undefined> {
  const { session, files } = box
  const before = files.find((file) => file.path === path)
  if (before?.kind === 'folder') throw new Refused('failure', 'This is a folder')
  if (!isFolder(files, folderOf(path))) throw noSuchFile()
  if (before === undefined && !flags.create) throw noSuchFile()
  if (before !== undefined && flags.create && flags.exclusive) {
    throw new Refused('failure', 'There is a file of this name already')
  }
  const allowance = await allowanceOf(context, owner, box)
  const holder = randomUUID()
  const goesOn = before !== undefined && !flags.truncate
  if (goesOn && (before.stored === null || before.kind === 'taking')) {
    if (!flags.append) return undefined
    throw new Refused('failure', 'This file was taken as a delivery: send it from the beginning')
  }
  if (goesOn) {
    await holdBoxFile(session, owner, before.id, { holder, seconds: HELD_SECONDS })
    await updateBoxFile(session, owner, before.id, { kind: 'part', due: false })
    const stored = before.stored ?? ''
    // What another process has written since it last said so is not known to be without holes.
    const bytes = context.uploads.get(before.id)?.pieces.whole ?? before.bytes
    return { id: before.id, stored, holder, bytes, isNew: false, allowance }
  }
  if (before === undefined) await makeRoom(context, box)
  else await replace(box, owner, before)
  const stored = randomUUID()
  const shownAt = context.now().toISOString()
  const file = { path, kind: 'part', stored, shownAt, holder, heldSeconds: HELD_SECONDS } as const
  const id = await insertBoxFile(session, owner, file)
  return { id, stored, holder, bytes: 0, isNew: true, allowance }
}

/** Another file takes the name. One that is being written or taken becomes what it would have been, unseen. */
export async function replace(box: HeldBox, owner: BoxOwner, before: BoxFile): Promise<void> {
  if (before.isHeld) await updateBoxFile(box.session, owner, before.id, { path: null })
  else await box.forget(before)
}

export function isFolder(files: readonly BoxFile[], path: string): boolean {
  return path === '/' || files.some((file) => file.kind === 'folder' && file.path === path)
}

/** Room for one more name: what is only shown makes way. */
export async function makeRoom({ limits }: BoxContext, { files, forget }: HeldBox): Promise<void> {
  const seen = files.filter((file) => file.path !== null)
  if (seen.length < limits.filesMax) return
  const [oldest] = seen
    .filter((file) => file.kind === 'taken')
    .toSorted((a, b) => b.restedSeconds - a.restedSeconds)
  if (oldest === undefined) {
    throw new Refused('failure', `There may be ${limits.filesMax} files and folders at most`)
  }
  await forget(oldest)
}

async function allowanceOf(
  context: BoxContext,
  owner: BoxOwner,
  { session, settings, files }: HeldBox,
): Promise<Allowance> {
  const { limits, now } = context
  const span = { now: now().toISOString(), seconds: DAY_SECONDS }
  const came = await cameByDropBox(session, owner, span)
  if (came.count >= limits.deliveriesPerDayMax) {
    throw new Refused(
      'failure',
      `There may be ${limits.deliveriesPerDayMax} deliveries in 24 hours`,
    )
  }
  const left = (settings.quotaBytes ?? limits.quotaBytesMax) - bytesUsed(context, files, came.bytes)
  if (left <= 0) {
    throw new Refused(
      'failure',
      'The quota of this account is used up; it is counted over 24 hours',
    )
  }
  // All that the account has open shares what is left.
  const other = [...context.uploads.values()].find(
    (upload) => upload.owner.siteId === owner.siteId && upload.owner.sourceId === owner.sourceId,
  )
  if (other === undefined) return { left }
  other.allowance.left = left
  return other.allowance
}

async function openStored(
  context: BoxContext,
  owner: BoxOwner,
  { stored, isNew, bytes }: Opened,
): Promise<FileHandle | undefined> {
  const name = storedFile(context, owner, stored)
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
  if (isNew) {
    mkdirSync(boxFolder(context.deliveriesFolder, owner), { recursive: true, mode: 0o700 })
    return open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
  }
  try {
    const file = await open(name, O_WRONLY | O_NOFOLLOW)
    await file.truncate(bytes)
    return file
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * The sender has closed the file. If that makes it complete, it is a delivery when this returns.
 * @throws Refused when bytes are missing in the middle, or the file is no longer his
 */
export async function closeUpload(context: BoxContext, upload: Upload): Promise<void> {
  const { owner, pieces, id, holder, stored, file } = upload
  try {
    await upload.settle()
  } catch (error) {
    await breakOff(context, upload)
    throw error
  }
  if (pieces.whole !== pieces.end) {
    const missing = pieces.whole
    await breakOff(context, upload)
    throw new Refused(
      'failure',
      `Bytes are missing from byte ${missing} on: send it again, or go on from there`,
    )
  }
  try {
    // Whoever was taken over from may have written beyond.
    await file.truncate(pieces.end)
    await file.datasync()
  } finally {
    await upload.end()
  }
  const taking = await inBox(context, owner, async (box) => {
    const now = await boxFile(box.session, owner, id)
    if (now?.holder !== holder) {
      throw new Refused(
        'failure',
        'Another connection has gone on with this file, or it was removed',
      )
    }
    const bytes = pieces.end
    await updateBoxFile(box.session, owner, id, { kind: 'whole', bytes })
    // Replaced while it was written: it can only be taken now, or it is of no use.
    const path = now.path ?? upload.path
    const { emptySecondsMax } = context.limits
    if (isComplete({ ...now, path, bytes }, 'closed', box.settings, emptySecondsMax)) {
      return beginTaking(box, owner, { id, stored, path })
    }
    if (now.path === null) await box.forget(now)
    else await letGoOfBoxFile(box.session, owner, id, holder)
    return undefined
  })
  if (taking !== undefined) await take(context, owner, taking, 'part')
}

/** The connection was lost, or the sender gave up: what came stays for a while, to be gone on with. Never a delivery. */
export async function breakOff(context: BoxContext, upload: Upload): Promise<void> {
  const { owner, id, holder, pieces } = upload
  await upload.settle().catch(() => {})
  if (!upload.isStale) await upload.file.truncate(pieces.whole).catch(() => {})
  await upload.end()
  await context.database.site(owner.siteId, async (session) => {
    const now = await boxFile(session, owner, id)
    if (now?.holder !== holder || now.kind !== 'part') return
    if (now.path !== null) await updateBoxFile(session, owner, id, { bytes: pieces.whole })
    await letGoOfBoxFile(session, owner, id, holder)
  })
}
