import type { JoinAttribute, RelationClaim } from '../roster/person.ts'
import { readCopyStream } from './copy-rows.ts'
import type { Session } from './connect.ts'

/** Kinds of records that may be claimed and have aliases. */
export type NamedKind = 'person' | 'group'

/** A source's record of a person or group that somebody else owns. */
export interface StoredClaim {
  readonly key: string
  readonly id: number
  /** The attribute by which it was joined; null where the keys are the same. */
  readonly joinedBy: string | null
  readonly fingerprint: string
  /** The record is there, and another source's or nobody's. */
  readonly holds: boolean
}

/** Every claim of a source. */
export function claimsOfSource(
  session: Session,
  siteId: number,
  sourceId: number,
  kind: NamedKind,
): Promise<StoredClaim[]> {
  const [table, id] = kind === 'person' ? ['persons', 'person_id'] : ['groups', 'group_id']
  return session.query<StoredClaim>(
    `select c.key, c.id, c.joined_by as "joinedBy", c.fingerprint,
       coalesce(t.state = 'active' and t.source_id is distinct from $2, false) as holds
     from claims c left join ${table} t on t.site_id = c.site_id and t.${id} = c.id
     where c.site_id = $1 and c.source_id = $2 and c.kind = $3`,
    [siteId, sourceId, kind],
  )
}

/** Who takes a record over when its owner stops: the source that has claimed it longest. */
export interface Successor {
  readonly id: number
  readonly sourceId: number
  readonly source: string
  /** The key by which it knows the record. */
  readonly key: string
}

/** For those of these records that another source claims. A joined key that is somebody's own by now claims nothing. */
export function successors(
  session: Session,
  siteId: number,
  sourceId: number,
  kind: NamedKind,
  ids: readonly number[],
): Promise<Successor[]> {
  const table = kind === 'person' ? 'persons' : 'groups'
  return session.query<Successor>(
    `select distinct on (c.id) c.id, c.source_id as "sourceId", s.name as source, c.key
     from claims c join sources s using (site_id, source_id)
     where c.site_id = $1 and c.source_id <> $2 and c.kind = $3 and c.id = any($4)
       and (c.joined_by is null or not exists (select from ${table} t where t.site_id = c.site_id and t.key = c.key and t.state <> 'undone'))
     order by c.id, c.from_run, c.source_id`,
    [siteId, sourceId, kind, ids],
  )
}

/** A key by which a record may be named beside its own. */
export interface OtherName {
  readonly kind: NamedKind
  readonly key: string
  readonly id: number
  /** The source that says so; null for a key that the record had once. */
  readonly sourceId: number | null
  /** By a claim that was joined, not by an alias. */
  readonly joined: boolean
}

/** Aliases of the records that are there, and the keys of joined claims. */
export function otherNames(session: Session, siteId: number): Promise<OtherName[]> {
  return session.query<OtherName>(
    `select n.kind, n.key, n.id, n.source_id as "sourceId", n.joined
     from (select site_id, kind, key, id, source_id, false as joined from aliases
       union all select site_id, kind, key, id, source_id, true from claims where joined_by is not null) n
     where n.site_id = $1 and case n.kind
       when 'person' then exists (select from persons p
         where p.site_id = n.site_id and p.person_id = n.id and p.state = 'active')
       else exists (select from groups g
         where g.site_id = n.site_id and g.group_id = n.id and g.state = 'active') end
     order by n.kind, n.key, n.joined, n.source_id nulls last`,
    [siteId],
  )
}

/** Id and key of every person who is there and not the source's. A hundred thousand stream by in a tenth of a second. */
export async function* personsElsewhere(
  session: Session,
  siteId: number,
  sourceId: number,
): AsyncGenerator<{ readonly id: number; readonly key: string }> {
  const rows = session.copyOut(
    `copy (select person_id, key from persons where site_id = ${siteId} and state = 'active'
       and key is not null and source_id is distinct from ${sourceId}) to stdout`,
  )
  for await (const [id, key] of readCopyStream(rows)) yield { id: Number(id), key: key as string }
}

/** Persons who are there, have one of these keys, and are not the source's. */
export function personsNamed(
  session: Session,
  siteId: number,
  sourceId: number,
  keys: readonly string[],
): Promise<{ readonly id: number; readonly key: string }[]> {
  return session.query(
    `select person_id as id, key from persons
     where site_id = $1 and source_id is distinct from $2 and key = any($3) and state = 'active'`,
    [siteId, sourceId, keys],
  )
}

/** What the records of other sources state of the relations of these persons. */
export function statedElsewhere(
  session: Session,
  siteId: number,
  sourceId: number,
  personIds: readonly number[],
): Promise<{ readonly id: number; readonly claims: readonly RelationClaim[] }[]> {
  return session.query(
    `select person_id as id, sent -> 'relations' as claims from persons
     where site_id = $1 and source_id <> $2 and person_id = any($3) and sent -> 'relations' <> '[]'
     union all
     select id, sent -> 'relations' from claims
     where site_id = $1 and source_id <> $2 and kind = 'person' and id = any($3) and sent -> 'relations' <> '[]'
     order by id`,
    [siteId, sourceId, personIds],
  )
}

/** Persons of other sources for whom one of these values is sent (in lower case, without blanks around them). */
export function personsWith(
  session: Session,
  siteId: number,
  sourceId: number,
  attribute: JoinAttribute,
  values: readonly string[],
): Promise<{ readonly id: number; readonly value: string }[]> {
  const value =
    attribute === 'username' ? 'username_key' : `lower(btrim(sent -> 'fields' ->> '${attribute}'))`
  return session.query(
    `select person_id as id, ${value} as value from persons
     where site_id = $1 and source_id <> $2 and state = 'active' and ${value} = any($3) order by person_id`,
    [siteId, sourceId, values],
  )
}
