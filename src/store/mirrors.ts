import type { Session } from './connect.ts'
import { writeBlocks } from './copy-blocks.ts'

interface Block {
  readonly part: string
  readonly bytes: Buffer
}

/** The parts of a source's mirror, each whole; none where there is no mirror yet. */
export async function loadMirror(
  session: Session,
  siteId: number,
  sourceId: number,
): Promise<ReadonlyMap<string, Uint8Array>> {
  return joined(
    await session.queryBinary<Block>(
      'select part, bytes from mirror_blocks where site_id = $1 and source_id = $2 order by part, block',
      [siteId, sourceId],
    ),
  )
}

/** Puts these parts in the place of the source's mirror, and moves its version. */
export async function saveMirror(
  session: Session,
  siteId: number,
  sourceId: number,
  parts: { readonly [part: string]: Uint8Array },
): Promise<void> {
  await session.execute('delete from mirror_blocks where site_id = $1 and source_id = $2', [
    siteId,
    sourceId,
  ])
  await receiveBlocks(session, parts)
  await session.execute(
    `insert into mirror_blocks (site_id, source_id, part, block, bytes)
     select $1, $2, part, block, bytes from received_blocks`,
    [siteId, sourceId],
  )
  await session.execute(
    'update sources set mirror_version = mirror_version + 1 where site_id = $1 and source_id = $2',
    [siteId, sourceId],
  )
}

/** Keeps a held plan's parts beside its run. */
export async function savePlanBlocks(
  session: Session,
  siteId: number,
  runId: number,
  parts: { readonly [part: string]: Uint8Array },
): Promise<void> {
  await receiveBlocks(session, parts)
  await session.execute(
    `insert into plan_blocks (site_id, run_id, part, block, bytes)
     select $1, $2, part, block, bytes from received_blocks`,
    [siteId, runId],
  )
}

export async function loadPlanBlocks(
  session: Session,
  siteId: number,
  runId: number,
): Promise<ReadonlyMap<string, Uint8Array>> {
  return joined(
    await session.queryBinary<Block>(
      'select part, bytes from plan_blocks where site_id = $1 and run_id = $2 order by part, block',
      [siteId, runId],
    ),
  )
}

function joined(blocks: readonly Block[]): ReadonlyMap<string, Uint8Array> {
  const byPart = Map.groupBy(blocks, ({ part }) => part)
  return new Map(
    [...byPart].map(([part, list]) => [part, Buffer.concat(list.map(({ bytes }) => bytes))]),
  )
}

export async function dropPlanBlocks(
  session: Session,
  siteId: number,
  runId: number,
): Promise<void> {
  await session.execute('delete from plan_blocks where site_id = $1 and run_id = $2', [
    siteId,
    runId,
  ])
}

/** Lets go of the changes that earlier runs of an observed source would have made. */
export async function dropObserved(
  session: Session,
  siteId: number,
  sourceId: number,
): Promise<void> {
  await session.execute(
    `with gone as (
       select run_id from runs where site_id = $1 and source_id = $2 and state = 'observed'
     ), dropped as (
       delete from plan_blocks where site_id = $1 and run_id in (select run_id from gone)
     )
     delete from changes where site_id = $1 and run_id in (select run_id from gone)`,
    [siteId, sourceId],
  )
}

/** COPY into a table under row-level security is not possible: the blocks come by way of a temporary one. */
async function receiveBlocks(
  session: Session,
  parts: { readonly [part: string]: Uint8Array },
): Promise<void> {
  await session.execute('drop table if exists received_blocks')
  await session.execute(
    'create temp table received_blocks (part text, block int, bytes bytea) on commit drop',
  )
  await session.execute('alter table received_blocks alter column bytes set storage external')
  await session.copyIn('copy received_blocks from stdin (format binary)', writeBlocks(parts))
}
