import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import type { BoxFile } from '../store/drop-box-files.ts'
import { updateBoxFile } from '../store/drop-box-files.ts'
import { boxesWithFiles } from '../store/drop-box-files.ts'
import {
  type BoxContext,
  boxFolder,
  type BoxOwner,
  type HeldBox,
  inBox,
  storedFile,
} from './in-box.ts'
import { Refused } from './refused.ts'
import { beginTaking, isComplete, take, type Taking } from './taking.ts'

const HOUR_SECONDS = 3600

/**
 * Looks after all boxes, once: takes what has become complete by itself, and removes what is too old and what dead processes
 * have left. Gives how many deliveries that made. May run in any number of processes.
 */
export async function tendBoxes(
  context: BoxContext,
  onError: (error: unknown) => void,
): Promise<number> {
  let taken = 0
  for (const owner of await boxesWithFiles(context.database)) {
    try {
      taken += await tendBox(context, owner)
    } catch (error) {
      // A locked account keeps what it has until it is unlocked.
      if (!(error instanceof Refused)) onError(error)
    }
  }
  return taken
}

async function tendBox(context: BoxContext, owner: BoxOwner): Promise<number> {
  const takings = await inBox(context, owner, async (box) => {
    const found: Taking[] = []
    for (const file of box.files) {
      if (file.isHeld) continue
      const taking = await tendFile(context, owner, box, file)
      if (taking !== undefined) found.push(taking)
    }
    removeStrays(context, owner, box.files)
    return found
  })
  for (const taking of takings) await take(context, owner, taking, 'whole')
  return takings.length
}

async function tendFile(
  context: BoxContext,
  owner: BoxOwner,
  box: HeldBox,
  file: BoxFile,
): Promise<Taking | undefined> {
  const { partHoursMax, shownHoursMax, emptySecondsMax } = context.limits
  const { id, kind, stored, path, restedSeconds } = file
  if (kind === 'folder') return undefined
  if (kind === 'taken') {
    if (restedSeconds > shownHoursMax * HOUR_SECONDS) await box.forget(file)
    return undefined
  }
  const isThere = stored !== null && existsSync(storedFile(context, owner, stored))
  // Whoever was taking it died: before the bytes were moved, or after.
  const isWhole = kind === 'whole' || kind === 'taking'
  if (!isThere || path === null || restedSeconds > partHoursMax * HOUR_SECONDS) {
    await box.forget(file)
    return undefined
  }
  if (kind === 'taking') await updateBoxFile(box.session, owner, id, { kind: 'whole' })
  const isDue = isWhole && isComplete(file, 'rested', box.settings, emptySecondsMax)
  return isDue ? beginTaking(box, owner, { id, stored, path }) : undefined
}

/** Bytes that no row knows: of uploads whose process died in the middle. */
function removeStrays(context: BoxContext, owner: BoxOwner, files: readonly BoxFile[]): void {
  const known = new Set(files.map((file) => file.stored))
  const folder = boxFolder(context.deliveriesFolder, owner)
  const before = Date.now() - HOUR_SECONDS * 1000
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const file = path.join(folder, name)
    // Younger ones may be of a transaction that is not committed yet.
    const stat = statSync(file, { throwIfNoEntry: false })
    if (!known.has(name) && (stat?.mtimeMs ?? before) < before) rmSync(file, { force: true })
  }
}
