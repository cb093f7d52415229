import type { Session } from './connect.ts'

/** Bytes of one row of a packed mirror or plan. */
const BLOCK_BYTES = 1024 * 1024

/** The parts of a source's mirror, each whole; empty where there is none yet. */
export async function loadMirror(
  session: Session,
  siteId: number,
  sourceId: number,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const rows = await session.queryBinary<{ part: string; bytes: Buffer }>(
    `select part, bytes from mirror_blocks where site_id = $1 and source_id = $2 order by part, block`,
    [siteId, sourceId],
  )
  return joinBlocks(rows)
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
  const { names, blocks, bytes } = splitBlocks(parts)
  await session.execute(
    `insert into mirror_blocks (site_id, source_id, part, block, bytes)
     select $1, $2, part, block, bytes from unnest($3::text[], $4::int[], $5::bytea[]) b (part, block, bytes)`,
    [siteId, sourceId, names, blocks, bytes],
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
  const { names, blocks, bytes } = splitBlocks(parts)
  await session.execute(
    `insert into plan_blocks (site_id, run_id, part, block, bytes)
     select $1, $2, part, block, bytes from unnest($3::text[], $4::int[], $5::bytea[]) b (part, block, bytes)`,
    [siteId, runId, names, blocks, bytes],
  )
}

export async function loadPlanBlocks(
  session: Session,
  siteId: number,
  runId: number,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const rows = await session.queryBinary<{ part: string; bytes: Buffer }>(
    'select part, bytes from plan_blocks where site_id = $1 and run_id = $2 order by part, block',
    [siteId, runId],
  )
  return joinBlocks(rows)
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

function joinBlocks(
  rows: readonly { readonly part: string; readonly bytes: Buffer }[],
): ReadonlyMap<string, Uint8Array> {
  const parts = new Map<string, Buffer[]>()
  for (const { part, bytes } of rows) {
    const blocks = parts.get(part)
    if (blocks) blocks.push(bytes)
    else parts.set(part, [bytes])
  }
  return new Map([...parts].map(([part, blocks]) => [part, Buffer.concat(blocks)]))
}

function splitBlocks(parts: { readonly [part: string]: Uint8Array }): {
  readonly names: string[]
  readonly blocks: number[]
  readonly bytes: Buffer[]
} {
  const names: string[] = []
  const blocks: number[] = []
  const bytes: Buffer[] = []
  for (const [part, whole] of Object.entries(parts)) {
    for (let from = 0; from < whole.length; from += BLOCK_BYTES) {
      names.push(part)
      blocks.push(from / BLOCK_BYTES)
      const end = Math.min(whole.length, from + BLOCK_BYTES)
      bytes.push(Buffer.from(whole.buffer, whole.byteOffset + from, end - from))
    }
  }
  return { names, blocks, bytes }
}
