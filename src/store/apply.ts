import { RollcallError } from '../errors.ts'
import { countAnew, refreshStatistics } from './apply-counts.ts'
import { applyCourses, endCourses } from './apply-courses.ts'
import { keepEdits } from './apply-edits.ts'
import { writeJournal } from './apply-journal.ts'
import {
  applyTakeovers,
  applyTies,
  countDependents,
  endOtherMemberships,
  restoreByHand,
  TIE_COLUMNS,
} from './apply-ties.ts'
import type { Session } from './connect.ts'
import { keepEarlier, keepPlanned } from './earlier-rows.ts'
import { insertRows } from './first-rows.ts'

/** Rows of each part of a plan in COPY format; ids below zero are references to what the plan adds. */
export interface PlanRows {
  readonly parts: { readonly [part: string]: Iterable<Uint8Array> }
  readonly rows: { readonly [part: string]: number }
  /** How many new ids it needs; references run from -2 downwards. */
  readonly refs: number
}

export interface ApplyContext {
  readonly siteId: number
  readonly sourceId: number
  readonly runId: number
  readonly archiveCourses: boolean
  /** The day in the source's time zone, `YYYY-MM-DD`: which memberships have ended by their dates. */
  readonly today: string
}

/** What a planned reference or id becomes: `base` minus a reference, or the id itself. */
export type IdBase = number

const COLUMNS: { readonly [part: string]: string } = {
  group_add: `ref bigint, place bigint, parent bigint, school bigint, parent_key text, kind text, title text,
    course bigint, course_title text, course_code text, key text, year bigint, record jsonb`,
  group_write: `id bigint, place bigint, key text, parent bigint, school bigint, parent_key text, kind text,
    title text, course bigint, course_title text, course_code text, leaves_course boolean, year bigint, record jsonb,
    own jsonb`,
  group_remove: 'id bigint, is_course boolean',
  school_move: 'id bigint, school bigint, year bigint',
  person_add: 'ref bigint, place bigint, username text, username_key text, made text, record jsonb',
  person_write: `id bigint, place bigint, action text, key_before text, username text, username_key text,
    own jsonb, record jsonb`,
  person_remove: 'id bigint',
  membership: `action smallint, group_ref bigint, person_ref bigint, role smallint, active boolean, begins date,
    ends date, detail json, place bigint, code_before smallint`,
  membership_add: `group_ref bigint, role smallint, active boolean, begins date, ends date, detail json,
    person_refs bigint[], places bigint[]`,
  link: 'group_ref bigint, members jsonb',
  relation:
    'person_ref bigint, other_ref bigint, kind text, said_before smallint, said_after smallint',
  count: 'kind text, profile text, school bigint, delta bigint',
  change: `seq int, kind text, action text, id bigint, key text, place bigint, before jsonb, after jsonb`,
  ...TIE_COLUMNS,
}

/**
 * Applies a plan inside the caller's transaction: roster, journal and counts. What every change was made against is
 * checked here; anything that no longer holds refuses the whole plan.
 *
 * @returns the number that turns references into ids.
 * @throws RollcallError ERR_PLAN_OUTDATED
 */
export async function applyPlan(
  session: Session,
  context: ApplyContext,
  plan: PlanRows,
): Promise<IdBase> {
  const base = await reserveIds(session, context.siteId, plan.refs)
  await session.execute(
    `create or replace function pg_temp.real_id(ref bigint) returns bigint immutable language sql
     return case when ref < 0 then ${base} - ref else ref end`,
  )
  for (const [part, columns] of Object.entries(COLUMNS)) {
    if ((plan.rows[part] ?? 0) === 0) continue
    await session.execute(`create temp table planned_${part} (${columns}) on commit drop`)
    await session.copyIn(`copy planned_${part} from stdin`, plan.parts[part] ?? [])
  }
  const count = (part: string): number => plan.rows[part] ?? 0
  const has = (part: string): boolean => count(part) > 0

  if (has('group_remove')) await endCourses(session, context, count('group_remove'))
  if (has('membership')) await changeMemberships(session, context)
  await insertRows(session, 'memberships', count('membership_add'), () =>
    addMemberships(session, context),
  )
  const going = { persons: has('person_remove'), groups: has('group_remove') }
  const goes = going.persons || going.groups
  if (goes) await endOtherMemberships(session, context, going)
  if (going.persons) await removePersons(session, context, plan)
  if (has('takeover')) {
    const taken = await applyTakeovers(session, context)
    expect(taken, count('takeover'), 'records that another source takes over')
  }
  if (has('person_write')) await restoreByHand(session, context)
  if (has('person_write')) await writePersons(session, context, plan)
  await insertRows(session, 'persons', count('person_add'), () => addPersons(session, context))
  if (has('group_remove')) await removeGroups(session, context, plan)
  if (has('group_write')) await writeGroups(session, context, plan)
  if (has('group_add')) await addGroups(session, context)
  if (has('school_move')) await moveSchools(session, context)
  await applyTies(session, context, has)
  if (goes)
    expect(0, await countDependents(session, context, going), 'records that nobody else needed')
  await applyCourses(session, context, has('group_add'), has('group_write'))
  if (has('relation')) await applyRelations(session, context)
  if (has('link')) await applyLinks(session, context)
  if (Object.values(plan.rows).some((rows) => rows > 0))
    await countAnew(session, context, has('count'), has('adoption') || has('takeover'))
  await insertRows(session, 'changes', count('change'), () => writeJournal(session, context))
  await refreshStatistics(session, plan)
  return base
}

async function reserveIds(session: Session, siteId: number, refs: number): Promise<IdBase> {
  const [site] = await session.query<{ last: number }>(
    'update sites set last_id = last_id + $2 where site_id = $1 returning last_id as last',
    [siteId, refs],
  )
  // The first reference, -2, becomes the first new id.
  return (site?.last ?? 0) - refs - 1
}

function expect(found: number, expected: number, what: string): void {
  if (found === expected) return
  throw new RollcallError(
    'ERR_PLAN_OUTDATED',
    `${expected - found} of ${expected} ${what} are no longer as they were when the plan was made`,
    { hint: 'Import the delivery again: a new plan is made.' },
  )
}

async function addPersons(
  session: Session,
  { siteId, sourceId, runId }: ApplyContext,
): Promise<void> {
  await session.execute(
    `insert into persons (site_id, person_id, source_id, key, state, profile, username, username_key, protected,
       sent, own, from_run)
     select $1, pg_temp.real_id(ref), $2, record->>'key', 'active', record->'fields'->>'profile', username,
       username_key, (record->>'protected')::boolean, record,
       case when made is null then '{}' else jsonb_build_object('username', made) end, $3
     from planned_person_add`,
    [siteId, sourceId, runId],
  )
}

async function writePersons(
  session: Session,
  context: ApplyContext,
  plan: PlanRows,
): Promise<void> {
  const { siteId, sourceId } = context
  await keepPlanned(session, context, 'persons', 'person_write')
  await keepEdits(session, siteId, 'person')
  // Two persons may swap usernames: nobody gets a new one before everybody gave the old one up.
  await session.execute(
    `update persons p set username_key = null from planned_person_write w
     where p.site_id = $1 and p.person_id = w.id and p.username_key is distinct from w.username_key`,
    [siteId],
  )
  const written = await session.execute(
    `update persons p set key = w.record->>'key', state = 'active', binned_run = null, merged_into = null,
       source_id = $2, profile = coalesce(w.edited->>'profile', w.record->'fields'->>'profile'),
       username = w.username, username_key = w.username_key,
       protected = (w.record->>'protected')::boolean or w.edited ? 'protected', sent = w.record,
       own = p.own || w.own, edited = w.edited
     from planned_person_write w
     where p.site_id = $1 and p.person_id = w.id and p.key is not distinct from w.key_before
       and p.state = case w.action when 'restore' then 'binned' else 'active' end`,
    [siteId, sourceId],
  )
  expect(written, plan.rows['person_write'] ?? 0, 'persons')
}

async function removePersons(
  session: Session,
  context: ApplyContext,
  plan: PlanRows,
): Promise<void> {
  const { siteId, runId } = context
  await keepPlanned(session, context, 'persons', 'person_remove')
  const removed = await session.execute(
    `update persons p set state = 'binned', binned_run = $2 from planned_person_remove r
     where p.site_id = $1 and p.person_id = r.id and p.state = 'active'`,
    [siteId, runId],
  )
  expect(removed, plan.rows['person_remove'] ?? 0, 'persons')
}

async function addGroups(
  session: Session,
  { siteId, sourceId, runId }: ApplyContext,
): Promise<void> {
  await session.execute(
    `insert into groups (site_id, group_id, source_id, key, sent_key, state, kind, title, parent_id, parent_key,
       school_id, year_id, sent, from_run)
     select $1, pg_temp.real_id(ref), $2, key, nullif(record->>'key', key), 'active', kind, title,
       pg_temp.real_id(parent), parent_key, pg_temp.real_id(school), pg_temp.real_id(year), record, $3
     from planned_group_add`,
    [siteId, sourceId, runId],
  )
}

async function writeGroups(session: Session, context: ApplyContext, plan: PlanRows): Promise<void> {
  const { siteId, sourceId } = context
  await keepPlanned(session, context, 'groups', 'group_write')
  await keepEdits(session, siteId, 'group')
  const written = await session.execute(
    `update groups g set key = w.key, kind = w.kind, title = coalesce(w.edited->>'title', w.title, g.title),
       sent_key = case when w.record is null then g.sent_key else nullif(w.record->>'key', w.key) end,
       parent_id = pg_temp.real_id(w.parent), parent_key = w.parent_key,
       school_id = pg_temp.real_id(w.school), year_id = pg_temp.real_id(w.year),
       sent = coalesce(w.record, g.sent), own = g.own || w.own,
       edited = case when w.record is null then g.edited else w.edited end,
       source_id = case when w.record is null then g.source_id else $2 end
     from planned_group_write w
     where g.site_id = $1 and g.group_id = w.id and g.state = 'active'`,
    [siteId, sourceId],
  )
  expect(written, plan.rows['group_write'] ?? 0, 'groups')
}

async function removeGroups(
  session: Session,
  context: ApplyContext,
  plan: PlanRows,
): Promise<void> {
  const { siteId, runId } = context
  await keepPlanned(session, context, 'groups', 'group_remove')
  const removed = await session.execute(
    `update groups g set state = 'gone', gone_run = $2 from planned_group_remove r
     where g.site_id = $1 and g.group_id = r.id and g.state = 'active'`,
    [siteId, runId],
  )
  expect(removed, plan.rows['group_remove'] ?? 0, 'groups')
  await session.execute(
    `update group_links l set to_run = $2 from planned_group_remove r
     where l.site_id = $1 and l.group_id = r.id and l.to_run is null`,
    [siteId, runId],
  )
}

async function moveSchools(session: Session, context: ApplyContext): Promise<void> {
  const { siteId } = context
  await keepPlanned(session, context, 'groups', 'school_move')
  await session.execute(
    `update groups g set school_id = pg_temp.real_id(m.school), year_id = pg_temp.real_id(m.year)
     from planned_school_move m
     where g.site_id = $1 and g.group_id = m.id`,
    [siteId],
  )
}

const ADD = 1
const UPDATE = 2

/** A change ends the row that holds now and begins another. A plan that an earlier version held has additions among them. */
async function changeMemberships(
  session: Session,
  { siteId, sourceId, runId }: ApplyContext,
): Promise<void> {
  const ends = `> ${ADD}`
  const [{ expected } = { expected: 0 }] = await session.query<{ expected: number }>(
    `select count(*) as expected from planned_membership where action ${ends}`,
  )
  if (expected > 0) {
    const ended = await session.execute(
      `update memberships m set to_run = $2 from planned_membership c
       where c.action ${ends} and m.site_id = $1 and m.group_id = c.group_ref and m.person_id = c.person_ref
         and m.source_id = $3 and m.to_run is null and m.role = (c.code_before & 7)
         and m.active = (c.code_before & 8 > 0)`,
      [siteId, runId, sourceId],
    )
    expect(ended, expected, 'memberships')
  }
  await session.execute(
    `insert into memberships (site_id, source_id, group_id, person_id, role, active, begins, ends, detail, from_run,
       from_place)
     select $1, $2, pg_temp.real_id(group_ref), pg_temp.real_id(person_ref), role, active, begins, ends, detail,
       $3, place
     from planned_membership where action <= ${UPDATE}`,
    [siteId, sourceId, runId],
  )
}

async function addMemberships(
  session: Session,
  { siteId, sourceId, runId }: ApplyContext,
): Promise<void> {
  await session.execute(
    `insert into memberships (site_id, source_id, group_id, person_id, role, active, begins, ends, detail, from_run,
       from_place)
     select $1, $2, pg_temp.real_id(a.group_ref), pg_temp.real_id(m.person_ref), a.role, a.active, a.begins, a.ends,
       a.detail, $3, m.place
     from planned_membership_add a, unnest(a.person_refs, a.places) as m (person_ref, place)`,
    [siteId, sourceId, runId],
  )
}

async function applyRelations(session: Session, context: ApplyContext): Promise<void> {
  const { siteId, runId } = context
  await keepEarlier(
    session,
    context,
    'relations',
    `(t.person_id, t.other_id, t.kind) in (select person_ref, other_ref, kind from planned_relation)`,
  )
  await session.execute(
    `delete from relations r using planned_relation c
     where c.said_after = 0 and r.site_id = $1 and r.person_id = c.person_ref and r.other_id = c.other_ref
       and r.kind = c.kind`,
    [siteId],
  )
  await session.execute(
    `insert into relations (site_id, person_id, other_id, kind, said_by, from_run)
     select $1, pg_temp.real_id(person_ref), pg_temp.real_id(other_ref), kind, said_after, $2
     from planned_relation where said_after > 0
     on conflict (site_id, person_id, other_id, kind) do update set said_by = excluded.said_by`,
    [siteId, runId],
  )
}

async function applyLinks(
  session: Session,
  { siteId, sourceId, runId }: ApplyContext,
): Promise<void> {
  await session.execute(
    `update group_links l set to_run = $2 from planned_link c
     where l.site_id = $1 and l.group_id = c.group_ref and l.to_run is null`,
    [siteId, runId],
  )
  await session.execute(
    `insert into group_links (site_id, source_id, group_id, member_key, role, from_run)
     select $1, $2, pg_temp.real_id(group_ref), m->>'key', (m->>'role')::smallint, $3
     from planned_link, jsonb_array_elements(members) m`,
    [siteId, sourceId, runId],
  )
}
