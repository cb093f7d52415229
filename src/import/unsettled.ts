import { closeSync, existsSync, openSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { Session } from '../store/connect.ts'
import { pathIsKnown } from '../store/deliveries.ts'

// A delivery gets its name before the run that writes it down is committed: the other way round a row could name bytes that
// a power cut took. A run that is cut off between the two would leave a file that no row names, and that would be kept
// for ever, for retention goes by the rows. So a note lies beside the file until its run has ended well.

const NOTE = '.unsettled-'

/** Notes that no run has written this delivery down yet. Its folder is to be synced afterwards. */
export function noteUnsettled(folder: string, name: string): void {
  closeSync(openSync(path.join(folder, NOTE + name), 'w', 0o600))
}

/** The delivery's run has ended well. */
export function noteSettled(folder: string, name: string): void {
  rmSync(path.join(folder, NOTE + name), { force: true })
}

/** Removes deliveries of runs that were cut off and that no run has written down. The caller holds the site. */
export async function removeUnsettled(
  session: Session,
  siteId: number,
  deliveriesFolder: string,
): Promise<void> {
  const folder = path.join(deliveriesFolder, String(siteId))
  if (!existsSync(folder)) return
  for (const note of readdirSync(folder)) {
    if (!note.startsWith(NOTE)) continue
    const name = note.slice(NOTE.length)
    if (!(await pathIsKnown(session, siteId, `${siteId}/${name}`))) {
      rmSync(path.join(folder, name), { force: true })
    }
    noteSettled(folder, name)
  }
}
