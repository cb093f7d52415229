import type { ApplyContext } from './apply.ts'
import type { Session } from './connect.ts'
import { keepEarlier } from './earlier-rows.ts'

/**
 * Courses whose group leaves: archived, or left open where archiving is off. Those who were members when the run
 * began become manual members with the role they had; ended or inactive memberships get none. Runs before the
 * memberships end.
 */
export async function endCourses(
  session: Session,
  context: ApplyContext,
  groups: number,
): Promise<void> {
  if (groups === 0) return
  await detach(session, context, 'select id from planned_group_remove where is_course')
}

/** Courses of new groups, and of groups that become or cease to be courses or change their titles. */
export async function applyCourses(
  session: Session,
  context: ApplyContext,
  groupsAdded: boolean,
  groupsWritten: boolean,
): Promise<void> {
  const { siteId, runId } = context
  if (groupsAdded) {
    await session.execute(
      `insert into courses (site_id, course_id, group_id, key, state, title, code, from_run)
       select $1, pg_temp.real_id(course), pg_temp.real_id(ref), key, 'open', course_title, course_code, $2
       from planned_group_add where course is not null`,
      [siteId, runId],
    )
  }
  if (!groupsWritten) return
  await detach(session, context, 'select id from planned_group_write where leaves_course')
  await session.execute(
    `insert into courses (site_id, course_id, group_id, key, state, title, code, from_run)
     select $1, pg_temp.real_id(course), id, key, 'open', course_title, course_code, $2
     from planned_group_write where course is not null`,
    [siteId, runId],
  )
  await keepEarlier(
    session,
    context,
    'courses',
    `exists (select from planned_group_write w where w.id = t.group_id and (t.key, t.title, t.code) is distinct from
       (w.key, coalesce(w.course_title, t.title), case when w.record is null then t.code else w.course_code end))`,
  )
  await session.execute(
    `update courses c set key = w.key, title = coalesce(w.course_title, c.title),
       code = case when w.record is null then c.code else w.course_code end
     from planned_group_write w where c.site_id = $1 and c.group_id = w.id`,
    [siteId],
  )
}

async function detach(session: Session, context: ApplyContext, groupIds: string): Promise<void> {
  const { siteId, runId, archiveCourses, today } = context
  await keepEarlier(session, context, 'courses', `t.group_id in (${groupIds})`)
  await session.execute(
    `insert into course_members (site_id, course_id, person_id, role, from_run)
     select $1, c.course_id, m.person_id, max(m.role), $2
     from courses c join memberships m on m.site_id = c.site_id and m.group_id = c.group_id
     where c.site_id = $1 and c.group_id in (${groupIds}) and m.to_run is null and m.active
       and coalesce(m.ends >= $3, true)
     group by c.course_id, m.person_id
     on conflict do nothing`,
    [siteId, runId, today],
  )
  await session.execute(
    `update courses set group_id = null, state = $3, archived_run = $2
     where site_id = $1 and group_id in (${groupIds})`,
    [siteId, archiveCourses ? runId : null, archiveCourses ? 'archived' : 'open'],
  )
}
