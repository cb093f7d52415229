import { type BoxFile, insertBoxFile, updateBoxFile } from '../store/drop-box-files.ts'
import { type BoxContext, type BoxOwner, bytesShown, inBox } from './in-box.ts'
import { folderOf, nameOf } from './names.ts'
import { noSuchFile, Refused } from './refused.ts'
import { beginTaking, isComplete, take } from './taking.ts'
import { settleAll } from './upload.ts'
import { isFolder, makeRoom, replace } from './uploading.ts'

/** A name in a box as its sender sees it. */
export interface Shown {
  readonly name: string
  readonly isFolder: boolean
  readonly bytes: number
  readonly shownAt: Date
}

/** @throws Refused where there is nothing of this name */
export async function show(context: BoxContext, owner: BoxOwner, path: string): Promise<Shown> {
  if (path === '/') return { name: '', isFolder: true, bytes: 0, shownAt: context.now() }
  await settleAll(context, owner)
  const files = await inBox(context, owner, ({ files }) => Promise.resolve(files))
  return shown(context, found(files, path))
}

/** What is directly in a folder. */
export async function list(context: BoxContext, owner: BoxOwner, path: string): Promise<Shown[]> {
  await settleAll(context, owner)
  const files = await inBox(context, owner, ({ files }) => Promise.resolve(files))
  if (!isFolder(files, path)) throw noSuchFile()
  return files
    .filter((file) => file.path !== null && folderOf(file.path) === path)
    .map((file) => shown(context, file))
}

function shown(context: BoxContext, file: BoxFile): Shown {
  return {
    name: nameOf(file.path ?? ''),
    isFolder: file.kind === 'folder',
    bytes: bytesShown(context, file),
    shownAt: new Date(file.shownAt),
  }
}

function found(files: readonly BoxFile[], path: string): BoxFile {
  const file = files.find((each) => each.path === path)
  if (file === undefined) throw noSuchFile()
  return file
}

/** Sets the time that is shown of a file: many programs give it that of the original. */
export async function setTime(
  context: BoxContext,
  owner: BoxOwner,
  path: string,
  shownAt: Date,
): Promise<void> {
  if (path === '/') return
  await inBox(context, owner, ({ session, files }) =>
    updateBoxFile(session, owner, found(files, path).id, { shownAt: shownAt.toISOString() }),
  )
}

export async function makeFolder(
  context: BoxContext,
  owner: BoxOwner,
  path: string,
): Promise<void> {
  await inBox(context, owner, async (box) => {
    const { session, files } = box
    if (path === '/' || files.some((file) => file.path === path)) {
      throw new Refused('failure', 'There is a file or folder of this name already')
    }
    if (!isFolder(files, folderOf(path))) throw noSuchFile()
    await makeRoom(context, box)
    const shownAt = context.now().toISOString()
    const folder = { path, kind: 'folder', stored: null, shownAt, holder: null } as const
    await insertBoxFile(session, owner, { ...folder, heldSeconds: 0 })
  })
}

export async function removeFolder(
  context: BoxContext,
  owner: BoxOwner,
  path: string,
): Promise<void> {
  await inBox(context, owner, async ({ files, forget }) => {
    if (path === '/') throw new Refused('denied', 'This is the folder of the account')
    const folder = found(files, path)
    if (folder.kind !== 'folder') throw new Refused('failure', 'This is no folder')
    if (files.some((file) => file.path !== null && folderOf(file.path) === path)) {
      throw new Refused('failure', 'The folder is not empty')
    }
    await forget(folder)
  })
}

/** Removes a file. One that was taken goes from the list only: a delivery is not called back like this. */
export async function removeFile(
  context: BoxContext,
  owner: BoxOwner,
  path: string,
): Promise<void> {
  await inBox(context, owner, async (box) => {
    const file = found(box.files, path)
    if (file.kind === 'folder') throw new Refused('failure', 'This is a folder')
    if (file.kind === 'taking') await updateBoxFile(box.session, owner, file.id, { path: null })
    else await box.forget(file)
    const upload = context.uploads.get(file.id)
    if (upload !== undefined && file.kind !== 'taking') upload.isStale = true
  })
}

/** Renames a file, over another if need be; that may be what makes it complete. */
export async function rename(
  context: BoxContext,
  owner: BoxOwner,
  from: string,
  to: string,
): Promise<void> {
  const taking = await inBox(context, owner, async (box) => {
    const { session, settings, files } = box
    const file = found(files, from)
    if (file.kind === 'folder') throw new Refused('unsupported', 'Folders cannot be renamed')
    if (to === '/' || !isFolder(files, folderOf(to))) throw noSuchFile()
    const before = files.find((each) => each.path === to)
    if (before?.kind === 'folder') throw new Refused('failure', 'There is a folder of this name')
    if (before !== undefined && before.id !== file.id) await replace(box, owner, before)
    await updateBoxFile(session, owner, file.id, { path: to })
    const { stored, kind } = file
    const renamed = { ...file, path: to }
    const { emptySecondsMax } = context.limits
    if (stored === null || kind !== 'whole' || file.isHeld) return undefined
    if (!isComplete(renamed, 'renamed', settings, emptySecondsMax)) return undefined
    return beginTaking(box, owner, { id: file.id, stored, path: to })
  })
  // The sender is told if it fails; the file stays complete, and is taken by and by.
  if (taking !== undefined) await take(context, owner, taking, 'whole')
}
