import { randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { RollcallError } from '../errors.ts'
import type { Database } from '../store/connect.ts'
import { FOLDER_MARK, folderId, markOf } from '../store/installation.ts'

/**
 * Makes sure that this process sees the same deliveries folder as all others of the database: the first one leaves an id in
 * it, which the others have to find.
 * @throws RollcallError ERR_FOLDER_NOT_SHARED when it is another folder; ERR_DELIVERY_NOT_KEPT when it cannot be written.
 */
export async function checkSharedFolder(database: Database, folder: string): Promise<void> {
  const id = await folderId(database, () => markOf(folder) ?? mark(folder))
  // Not looked for before: a network's file system remembers for a while that a file was not there.
  if (markOf(folder) === id) return
  throw new RollcallError(
    'ERR_FOLDER_NOT_SHARED',
    `${folder} is not the folder of deliveries that the other processes of this database use`,
    {
      hint: `Mount the same folder here, or name it in ROLLCALL_DELIVERIES_FOLDER. It has a file ${FOLDER_MARK} with the line ${id}; take that along if you move the folder.`,
    },
  )
}

/** Marks the folder with a new id, and gives that. */
function mark(folder: string): string {
  const id = randomUUID()
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(path.join(folder, FOLDER_MARK), `${id}\n`, { mode: 0o600 })
  } catch (cause) {
    throw new RollcallError('ERR_DELIVERY_NOT_KEPT', `${folder} cannot be written`, {
      hint: 'Look at the rights and the free space of the folder that deliveries are kept in.',
      cause,
    })
  }
  return id
}
