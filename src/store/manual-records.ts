import type { GroupKind } from '../roster/group.ts'
import type { Session } from './connect.ts'

type Own = { readonly [field: string]: unknown }

/** A person made by hand who is no source's. */
export interface ManualPerson {
  readonly id: number
  /** In lower case. */
  readonly username: string | null
  readonly own: Own
}

/** A group made by hand that is no source's. */
export interface ManualGroup {
  readonly id: number
  readonly kind: GroupKind
  readonly title: string
  readonly parentId: number | null
  readonly own: Own
}

export function manualPersons(session: Session, siteId: number): Promise<ManualPerson[]> {
  return session.query<ManualPerson>(
    `select person_id as id, username_key as username, own from persons
     where site_id = $1 and source_id is null and key is null and state = 'active' order by person_id`,
    [siteId],
  )
}

export function manualGroups(session: Session, siteId: number): Promise<ManualGroup[]> {
  return session.query<ManualGroup>(
    `select group_id as id, kind, title, parent_id as "parentId", own from groups
     where site_id = $1 and source_id is null and key is null and state = 'active' order by group_id`,
    [siteId],
  )
}
