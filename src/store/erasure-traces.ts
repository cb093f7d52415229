import type { Session } from './connect.ts'

/** What finds somebody outside his own rows: regular expressions for texts and for JSON as text. */
export interface TracePatterns {
  readonly values: readonly string[]
  readonly inText: string
  readonly inJson: string
}

/** Empties what problems say of persons: those of their records, and what quotes them elsewhere. */
export async function forgetProblems(
  session: Session,
  siteId: number,
  keys: readonly string[],
  traces: TracePatterns | undefined,
): Promise<void> {
  await session.execute(
    `update problems set key = null, found = null, expected = null
     where site_id = $1 and coalesce(kind, 'person') = 'person' and key = any($2)`,
    [siteId, keys],
  )
  if (traces === undefined) return
  await session.execute(
    `update problems set key = case when key ~ $2 then null else key end,
       found = case when found ~ $2 then null else found end,
       expected = case when expected ~ $2 then null else expected end
     where site_id = $1 and (key ~ $2 or found ~ $2 or expected ~ $2)`,
    [siteId, traces.inText],
  )
}

/** Takes suspected pairs of theirs away, and empties reasons of announcements that quote them. */
export async function forgetInJudgement(
  session: Session,
  siteId: number,
  keys: readonly string[],
  traces: TracePatterns | undefined,
): Promise<void> {
  await session.execute(
    `delete from suspected_pairs
     where site_id = $1 and kind = 'person' and (old_key = any($2) or new_key = any($2))`,
    [siteId, keys],
  )
  // Answers to requests, kept for a day: a repeated one is answered anew, or refused.
  await session.execute('delete from requests where site_id = $1', [siteId])
  if (traces === undefined) return
  await session.execute(
    `update announcements set reason = '(erased)' where site_id = $1 and reason ~ $2`,
    [siteId, traces.inText],
  )
}

/** Empties values of other records' changes that quote them. */
export async function forgetInChanges(
  session: Session,
  siteId: number,
  { inText, inJson }: TracePatterns,
): Promise<void> {
  const without = (values: string): string =>
    `(select coalesce(jsonb_object_agg(k, case when v::text ~ $3 then null else v end), '{}')
      from jsonb_each(${values}) as e(k, v))`
  await session.execute(
    `update changes set key = case when key ~ $2 then null else key end,
       before = case when jsonb_typeof(before) = 'object' then ${without('before')} else before end,
       after = case when jsonb_typeof(after) = 'object' then ${without('after')} else after end
     where site_id = $1 and kind <> 'relation' and (key ~ $2 or before::text ~ $3 or after::text ~ $3)`,
    [siteId, inText, inJson],
  )
}

/** Runs whose report or decision names them. */
export function runsNaming(
  session: Session,
  siteId: number,
  { inJson }: TracePatterns,
): Promise<{ readonly id: number; readonly report: unknown; readonly decision: unknown }[]> {
  return session.query(
    `select run_id as id, report, decision from runs
     where site_id = $1 and (report::text ~ $2 or decision::text ~ $2)`,
    [siteId, inJson],
  )
}

export async function rewriteRun(
  session: Session,
  siteId: number,
  run: { readonly id: number; readonly report: unknown; readonly decision: unknown },
): Promise<void> {
  const { id, report, decision } = run
  await session.execute(
    'update runs set report = $3, decision = $4 where site_id = $1 and run_id = $2',
    [siteId, id, JSON.stringify(report), decision === null ? null : JSON.stringify(decision)],
  )
}

/** A place where persons are still named. */
export interface Remaining {
  readonly table: string
  readonly column: string
  readonly rows: number
}

/**
 * Searches every column of the site that may hold a text. The columns are those that the database has: a table that is
 * new is searched as well.
 */
export async function searchEverywhere(
  session: Session,
  siteId: number,
  { values, inText, inJson }: TracePatterns,
): Promise<Remaining[]> {
  const columns = await session.query<{ table: string; column: string; type: string }>(
    `select c.relname as table, a.attname as column, format_type(a.atttypid, null) as type
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
       and exists (select from pg_attribute s where s.attrelid = c.oid and s.attname = 'site_id')
       and format_type(a.atttypid, null) in ('text', 'json', 'jsonb', 'text[]', 'bytea')
     order by 1, 2`,
  )
  const found: Remaining[] = []
  for (const { table, column, type } of columns) {
    const name = `"${column}"`
    const [condition, value] =
      type === 'bytea'
        ? [
            `exists (select from unnest($2::text[]) v where octet_length(v) >= 5 and position(convert_to(v, 'UTF8') in ${name}) > 0)`,
            values,
          ]
        : type === 'text'
          ? [`${name} ~ $2`, inText]
          : type === 'text[]'
            ? [`exists (select from unnest(${name}) v where v ~ $2)`, inText]
            : [`${name}::text ~ $2`, inJson]
    const [row] = await session.query<{ rows: number }>(
      `select count(*)::int as rows from "${table}" where site_id = $1 and ${condition}`,
      [siteId, value],
    )
    if (row !== undefined && row.rows > 0) found.push({ table, column, rows: row.rows })
  }
  return found
}
