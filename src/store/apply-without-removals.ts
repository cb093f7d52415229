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
  rows: { readonly [part: string]: number },
): Promise<number> {
  if ((rows['membership'] ?? 0) > 0) {
    await session.execute(
      `delete from planned_membership
       where action = 3 or (action = 2 and code_before & 8 > 0 and not active)`,
    )
  }
  const groups = rows['group_write'] ?? 0
  if (groups === 0) return 0
  await session.execute(
    `delete from planned_change where kind = 'group' and action <> 'remove'
       and id in (select id from planned_group_write where leaves_course)`,
  )
  return groups - (await session.execute('delete from planned_group_write where leaves_course'))
}
