import type { Session } from './connect.ts'

/** A membership that another source, or somebody by hand, holds. */
export interface OtherMembership {
  readonly sourceId: number | null
  readonly groupId: number
  readonly personId: number
  readonly role: number
  readonly active: boolean
  readonly begins: string | null
  readonly ends: string | null
  readonly detail: string | null
}

const COLUMNS = `m.source_id as "sourceId", m.group_id as "groupId", m.person_id as "personId", m.role, m.active,
  m.begins::text as begins, m.ends::text as ends, m.detail::text as detail`

/** Memberships that hold now and are not the source's: of these persons, or in these groups. */
export function otherMemberships(
  session: Session,
  siteId: number,
  sourceId: number,
  personIds: readonly number[],
  groupIds: readonly number[],
): Promise<OtherMembership[]> {
  const where = `m.site_id = $1 and m.to_run is null and m.source_id is distinct from $2`
  return session.query<OtherMembership>(
    `select ${COLUMNS} from memberships m where ${where} and m.person_id = any($3)
     union
     select ${COLUMNS} from memberships m where ${where} and m.group_id = any($4)
     order by "groupId", "personId", "sourceId"`,
    [siteId, sourceId, personIds, groupIds],
  )
}

/** Memberships by hand that ended when these persons, who are in the recycle bin, got there; in groups that are still there. */
export function endedByBin(
  session: Session,
  siteId: number,
  personIds: readonly number[],
): Promise<OtherMembership[]> {
  return session.query<OtherMembership>(
    `select ${COLUMNS} from persons p
     join memberships m on m.site_id = p.site_id and m.person_id = p.person_id and m.to_run = p.binned_run
       and m.source_id is null
     join groups g on g.site_id = m.site_id and g.group_id = m.group_id and g.state = 'active'
     where p.site_id = $1 and p.person_id = any($2) and p.state = 'binned'
     order by m.group_id, m.person_id`,
    [siteId, personIds],
  )
}

/** In which lists of other sources these persons stand, and which lists these groups have there. */
export function listsElsewhere(
  session: Session,
  siteId: number,
  sourceId: number,
  personIds: readonly number[],
  groupIds: readonly number[],
): Promise<{ readonly sourceId: number; readonly groupId: number }[]> {
  return session.query(
    `select distinct source_id as "sourceId", group_id as "groupId" from memberships
     where site_id = $1 and to_run is null and source_id <> $2 and (person_id = any($3) or group_id = any($4))
     order by 1, 2`,
    [siteId, sourceId, personIds, groupIds],
  )
}
