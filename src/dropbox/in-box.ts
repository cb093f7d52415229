import { rmSync } from 'node:fs'
import path from 'node:path'
import type { Database, Session } from '../store/connect.ts'
import { type BoxFile, boxFiles, type BoxKey, deleteBoxFile } from '../store/drop-box-files.ts'
import { type DropBoxSettings, holdDropBox } from '../store/drop-boxes.ts'
import type { DropBoxLimits } from './limits.ts'
import { Refused } from './refused.ts'
import type { Upload } from './upload.ts'

/** What all boxes of a process have in common. */
export interface BoxContext {
  readonly database: Database
  readonly deliveriesFolder: string
  readonly limits: DropBoxLimits
  /** Bytes of one file: the limit on a delivery. */
  readonly fileBytesMax: number
  readonly now: () => Date
  /** Called when a delivery of a site has come. */
  readonly onArrival: (siteId: number) => void
  /** What is being written in this process, by the number of the file. */
  readonly uploads: Map<number, Upload>
}

/** Whose box. */
export interface BoxOwner extends BoxKey {
  readonly userName: string
}

/** A box in the middle of a transaction, in which nobody else changes it. */
export interface HeldBox {
  readonly session: Session
  readonly settings: DropBoxSettings
  readonly files: readonly BoxFile[]
  /** Removes a file from the box, and from the disk once the transaction is committed. */
  readonly forget: (file: BoxFile) => Promise<void>
}

/** The folder of an account, below that of its site's deliveries; what lies in it has names of ours. */
export function boxFolder(deliveriesFolder: string, { siteId, sourceId }: BoxKey): string {
  return path.join(deliveriesFolder, String(siteId), 'dropbox', String(sourceId))
}

export function storedFile(context: BoxContext, owner: BoxKey, stored: string): string {
  return path.join(boxFolder(context.deliveriesFolder, owner), stored)
}

/**
 * One transaction on a box.
 * @throws Refused when the account was removed or locked since its sender has signed in: the connection ends.
 */
export async function inBox<T>(
  context: BoxContext,
  owner: BoxKey,
  work: (box: HeldBox) => Promise<T>,
): Promise<T> {
  const gone: string[] = []
  const result = await context.database.site(owner.siteId, async (session) => {
    gone.length = 0
    const box = await holdDropBox(session, owner.siteId, owner.sourceId)
    if (box === undefined || box.lockedAt !== null) {
      throw new Refused('denied', 'This account is closed', true)
    }
    return work({
      session,
      settings: box.settings,
      files: await boxFiles(session, owner),
      async forget(file) {
        await deleteBoxFile(session, owner, file.id)
        if (file.stored !== null) gone.push(file.stored)
      },
    })
  })
  for (const stored of gone) rmSync(storedFile(context, owner, stored), { force: true })
  return result
}

/** Bytes of a file as its sender sees them. */
export function bytesShown(context: BoxContext, file: BoxFile): number {
  return context.uploads.get(file.id)?.pieces.end ?? file.bytes
}
