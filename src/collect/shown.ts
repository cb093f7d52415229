import { RollcallError } from '../errors.ts'
import {
  type CollectedFile,
  collectedFiles,
  collectorOf,
  deleteCollector,
  listCollectors,
  type StoredCollector,
} from '../store/collectors.ts'
import type { Database } from '../store/connect.ts'
import type { Sealing } from '../store/sealed.ts'
import { listSources, type Source } from '../store/sites.ts'
import { openSecrets } from './secrets.ts'

/** Files that are shown as fetched last. */
const SHOWN_MAX = 10

/** A collector with the name of its source. */
export interface NamedCollector {
  readonly source: string
  readonly collector: StoredCollector
}

/** All collectors of a site. */
export async function collectorsOfSite(
  database: Database,
  siteId: number,
): Promise<NamedCollector[]> {
  const sources = await listSources(database, siteId)
  const all = await database.site(siteId, (session) => listCollectors(session, siteId))
  return all.map((collector) => ({
    collector,
    source: sources.find(({ id }) => id === collector.sourceId)?.name ?? '',
  }))
}

/** The collector of a source with the names of its secrets, and what it fetched last. */
export interface ShownCollector extends NamedCollector {
  readonly secrets: readonly string[]
  readonly files: readonly CollectedFile[]
}

/** @throws RollcallError ERR_NOT_FOUND where the source has none */
export async function shownCollector(
  database: Database,
  sealing: Sealing,
  siteId: number,
  source: Pick<Source, 'id' | 'name'>,
): Promise<ShownCollector> {
  const { collector, files } = await database.site(siteId, async (session) => ({
    collector: await collectorOf(session, siteId, source.id),
    files: await collectedFiles(session, siteId, source.id),
  }))
  if (collector === undefined) throw noCollector(source.name)
  const secrets = Object.keys(openSecrets(sealing, siteId, collector))
  return { source: source.name, collector, secrets, files: files.slice(0, SHOWN_MAX) }
}

/** Removes the collector of a source, with its secrets. @throws RollcallError ERR_NOT_FOUND where it has none */
export async function removeCollector(
  database: Database,
  siteId: number,
  source: Pick<Source, 'id' | 'name'>,
): Promise<void> {
  const isGone = await database.site(siteId, (session) =>
    deleteCollector(session, siteId, source.id),
  )
  if (!isGone) throw noCollector(source.name)
}

/** A collector as data, without its secrets. */
export function collectorJson({
  source,
  collector: { secrets: _, sourceId: _id, ...collector },
}: NamedCollector): Omit<StoredCollector, 'secrets' | 'sourceId'> & { readonly source: string } {
  return { source, ...collector }
}

function noCollector(source: string): RollcallError {
  return new RollcallError('ERR_NOT_FOUND', `The source ${source} has no collector`, {
    hint: 'rollcall collectors list shows which sources have one.',
  })
}
