import { type Database, INSTALLATION } from './connect.ts'

/** The file that tells that a deliveries folder is the one that the other processes have. */
export const FOLDER_MARK = '.rollcall-folder'

/**
 * The id that the deliveries folder of all processes has to hold; `suggested` where none was agreed upon yet. Gives whether
 * it is the suggested one now.
 */
export async function folderId(
  database: Database,
  suggested: string,
): Promise<{ readonly id: string; readonly isNew: boolean }> {
  return database.installation(async (session) => {
    const made = await session.execute(
      'insert into installation (site_id, folder_id) values ($1, $2) on conflict do nothing',
      [INSTALLATION, suggested],
    )
    const [row] = await session.query<{ id: string }>(
      'select folder_id as id from installation where site_id = $1',
      [INSTALLATION],
    )
    return { id: row?.id ?? suggested, isNew: made > 0 }
  })
}
