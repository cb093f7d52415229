import type { Database } from './connect.ts'

/** A folder of this machine from which a source's files are taken. */
export interface WatchSettings {
  readonly folder: string
  /** Names that are deliveries, with * and ?. */
  readonly names: string
  /** Seconds for which nothing about a file changes before it counts as complete; 0: as soon as it has its name. */
  readonly quietSeconds: number
  /** Or: what is complete has a file beside it whose name is its own and this. */
  readonly flag?: string
}

export interface WatchedFolder extends WatchSettings {
  readonly siteId: number
  readonly sourceId: number
}

/** The watched folders of all sources of all sites. */
export async function watchedFolders(database: Database): Promise<WatchedFolder[]> {
  const rows = await database.operator((session) =>
    session.query<{ siteId: number; sourceId: number; watch: WatchSettings }>(
      `select site_id as "siteId", source_id as "sourceId", settings->'watch' as watch
       from sources where settings ? 'watch' order by 1, 2`,
    ),
  )
  return rows.map(({ siteId, sourceId, watch }) => ({ siteId, sourceId, ...watch }))
}
