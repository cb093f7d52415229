import fs from 'node:fs'
import path from 'node:path'
import { type Database, INSTALLATION } from './connect.ts'
import { LOCK_CLASS } from './migrate.ts'

/** The file that tells that a deliveries folder is the one that the other processes have. */
export const FOLDER_MARK = '.rollcall-folder'
/** Class of the advisory lock by which processes take turns while the folder is marked. */
const FOLDER_LOCK_CLASS = LOCK_CLASS + 3

/** The id that a deliveries folder is marked with; undefined where it is not. */
export function markOf(folder: string): string | undefined {
  const file = path.join(folder, FOLDER_MARK)
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim() || undefined : undefined
}

/**
 * The id that the deliveries folder of all processes has to hold. Where none was agreed upon yet `mark` marks the folder and
 * gives the id that it has now; whoever asks meanwhile waits for that.
 */
export async function folderId(database: Database, mark: () => string): Promise<string> {
  return database.installation(async (session) => {
    await session.execute('select pg_advisory_xact_lock($1, $2)', [FOLDER_LOCK_CLASS, INSTALLATION])
    const [row] = await session.query<{ id: string }>(
      'select folder_id as id from installation where site_id = $1',
      [INSTALLATION],
    )
    if (row !== undefined) return row.id
    // Marked before it is agreed upon: who is killed in between leaves a mark that the next one takes.
    const id = mark()
    await session.execute('insert into installation (site_id, folder_id) values ($1, $2)', [
      INSTALLATION,
      id,
    ])
    return id
  })
}
