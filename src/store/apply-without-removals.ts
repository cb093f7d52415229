import type { Session } from './connect.ts'

/**
 * Takes everything out of a planned run that takes something away: memberships that end or become inactive, and
 * groups that cease to be courses, as they would archive them. Persons, groups and relations that go are left out
 * where they are applied.
 *
 * @returns how many of the planned writes of groups are left.
 */
export async function leaveRemovalsOut(
  session: Session,
  siteId: number,
  rows: { readonly [part: string]: number },
): Promise<number> {
  if ((rows['membership'] ?? 0) > 0) {
    await session.execute(
      `delete from planned_membership
       where action = 3 or (action = 2 and code_before & 8 > 0 and not active)`,
    )
  }
  if ((rows['group_remove'] ?? 0) > 0) await keepParents(session, siteId, rows)
  const groups = await writesLeft(session, rows)
  if (groups === 0) return 0
  await session.execute(
    `delete from planned_change where kind = 'group' and action <> 'remove'
       and id in (select id from planned_group_write where leaves_course)`,
  )
  return groups - (await session.execute('delete from planned_group_write where leaves_course'))
}

async function writesLeft(
  session: Session,
  rows: { readonly [part: string]: number },
): Promise<number> {
  if ((rows['group_write'] ?? 0) === 0) return 0
  const [row] = await session.query<{ n: number }>('select count(*) as n from planned_group_write')
  return row?.n ?? 0
}

/**
 * The plan hangs the children of groups that go under the nearest ancestor left. Their parents stay now, so they hang
 * where they say, in the school that they were in.
 */
async function keepParents(
  session: Session,
  siteId: number,
  rows: { readonly [part: string]: number },
): Promise<void> {
  const staying = `from groups s where s.site_id = $1 and s.key = w.parent_key
    and s.group_id in (select id from planned_group_remove)`
  const inItsSchool = `from groups g where g.site_id = $1 and g.group_id = w.id
    and g.school_id in (select id from planned_group_remove)`
  if ((rows['school_move'] ?? 0) > 0) {
    await session.execute(
      `delete from planned_school_move w where exists (select ${inItsSchool})`,
      [siteId],
    )
  }
  if ((rows['group_write'] ?? 0) > 0) {
    await session.execute(
      `update planned_change c set before = c.before - 'parent', after = c.after - 'parent'
       from planned_group_write w
       where c.kind = 'group' and c.id = w.id and exists (select ${staying})`,
      [siteId],
    )
    await session.execute(
      `delete from planned_change c using planned_group_write w
       where c.kind = 'group' and c.id = w.id and w.record is null and exists (select ${staying})`,
      [siteId],
    )
    await session.execute(
      `delete from planned_group_write w where w.record is null and exists (select ${staying})`,
      [siteId],
    )
    await session.execute(
      `update planned_group_write w set parent = s.group_id,
         school = case w.kind when 'school' then w.id else s.school_id end ${staying}`,
      [siteId],
    )
    await session.execute(
      `update planned_group_write w set school = g.school_id ${inItsSchool}
         and w.parent is not distinct from g.parent_id`,
      [siteId],
    )
  }
  if ((rows['group_add'] ?? 0) > 0) {
    await session.execute(
      `update planned_group_add w set parent = s.group_id,
         school = case w.kind when 'school' then w.ref else s.school_id end ${staying}`,
      [siteId],
    )
    await session.execute(
      `with recursive below (ref, school) as (
         select w.ref, w.school from planned_group_add w where exists (select ${staying})
         union all
         select w.ref, case w.kind when 'school' then w.ref else below.school end
         from planned_group_add w join below on w.parent = below.ref
       )
       update planned_group_add w set school = below.school from below where below.ref = w.ref`,
      [siteId],
    )
  }
}
