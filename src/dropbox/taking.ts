import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { arrivingFolder, takeIn } from '../import/arrivals.ts'
import {
  type BoxFile,
  boxFile,
  deleteBoxFile,
  holdBoxFile,
  letGoOfBoxFile,
  updateBoxFile,
} from '../store/drop-box-files.ts'
import type { DropBoxSettings } from '../store/drop-boxes.ts'
import { type BoxContext, type BoxOwner, type HeldBox, storedFile } from './in-box.ts'
import { QUIET_SECONDS } from './limits.ts'
import { fits, isTemporary, nameOf } from './names.ts'

/** Seconds within which a complete file is moved to the deliveries; a process that dies loses it then. */
const TAKING_SECONDS = 600

/** Whether a name is that of a delivery, and not a temporary one, or one that the account does not deliver. */
export function isDelivery(boxPathText: string, settings: DropBoxSettings): boolean {
  const name = nameOf(boxPathText)
  return !isTemporary(name) && fits(name, settings.names ?? '*')
}

/** What happens to a file of which an account's rule may say that it is complete now. */
export type Moment = 'closed' | 'renamed' | 'rested'

/** Whether a file that its sender has closed is complete at this moment: docs/drop-box.md has the rules in words. */
export function isComplete(
  file: Pick<BoxFile, 'path' | 'bytes' | 'restedSeconds' | 'due'>,
  moment: Moment,
  settings: DropBoxSettings,
  emptySeconds: number,
): boolean {
  if (file.path === null || !isDelivery(file.path, settings)) return false
  const { complete = 'closed', quietSeconds = QUIET_SECONDS.normal } = settings
  if (complete === 'renamed') return moment === 'renamed' || (moment === 'rested' && file.due)
  if (complete === 'quiet')
    return moment === 'rested' && (file.due || file.restedSeconds >= quietSeconds)
  if (moment === 'renamed') return true
  if (moment === 'closed') return file.bytes > 0
  return file.due || file.restedSeconds >= emptySeconds
}

/** A file that is being taken, and by whom. */
export interface Taking {
  readonly id: number
  readonly stored: string
  readonly fileName: string
  readonly token: string
}

/** In the transaction that found it complete: from now on nobody writes to it. */
export async function beginTaking(
  { session }: HeldBox,
  owner: BoxOwner,
  { id, stored, path }: { readonly id: number; readonly stored: string; readonly path: string },
): Promise<Taking> {
  const token = randomUUID()
  await updateBoxFile(session, owner, id, { kind: 'taking', due: true })
  await holdBoxFile(session, owner, id, { holder: token, seconds: TAKING_SECONDS })
  return { id, stored, fileName: nameOf(path), token }
}

/**
 * Makes a complete file a delivery. Once this returns, it is one, whatever happens to this process.
 * @param after what it is when that fails: `part` where its sender is told, and sends it again, else `whole`
 */
export async function take(
  context: BoxContext,
  owner: BoxOwner,
  { id, stored, fileName, token }: Taking,
  after: 'part' | 'whole',
): Promise<void> {
  const { database, deliveriesFolder, now } = context
  const { siteId, sourceId, userName } = owner
  const file = storedFile(context, owner, stored)
  const of = { siteId, sourceId, channel: 'drop box', sender: userName, fileName } as const
  try {
    arrivingFolder(deliveriesFolder, siteId)
    await takeIn({ database, deliveriesFolder, file, now, ...of })
  } catch (error) {
    await database
      .site(siteId, async (session) => {
        if (existsSync(file)) {
          await updateBoxFile(session, owner, id, { kind: after, due: after === 'whole' })
          await letGoOfBoxFile(session, owner, id, token)
        } else await deleteBoxFile(session, owner, id)
      })
      .catch(() => {})
    throw error
  }
  // From here on it is a delivery: what fails now costs the sender a line in his list, no more.
  await database
    .site(siteId, async (session) => {
      const now = await boxFile(session, owner, id)
      if (now === undefined) return
      if (now.path === null) return deleteBoxFile(session, owner, id)
      await updateBoxFile(session, owner, id, { kind: 'taken', stored: null, due: false })
      await letGoOfBoxFile(session, owner, id, token)
    })
    .catch(() => {})
  context.onArrival(siteId)
}
