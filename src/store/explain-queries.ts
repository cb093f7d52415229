import { JOURNAL_COLUMNS, JOURNAL_TABLES, journalChange } from './journal.ts'
import type { JournalChange, JournalRow } from './journal.ts'
import { spellValues } from './membership-journal.ts'
import type { RecordName } from './hand-lookups.ts'
import type { Session } from './connect.ts'

export type SubjectKind = 'person' | 'group' | 'course'

/** A person, group or course that has or had a key, as it is now. */
export interface Subject {
  readonly kind: SubjectKind
  readonly id: number
  readonly key: string | null
  readonly state: string
  readonly protected: boolean
  readonly source: string | null
  /** The record as the source last sent it, extension data included; null for manual ones and courses. */
  readonly sent: SentRecord | null
  /** The user's own values, or a course's columns. */
  readonly own: { readonly [field: string]: unknown }
  /** Values changed by hand although the source sends them. */
  readonly edited: { readonly [field: string]: unknown }
  /** Further keys that name it, and who says so; null for a key that it had once. */
  readonly aliases: readonly { readonly key: string; readonly source: string | null }[]
  /** Other sources that send it too. */
  readonly claims: readonly Claim[]
}

export interface Claim {
  readonly source: string
  readonly key: string
  /** The attribute by which it was joined; null where the keys are the same. */
  readonly joinedBy: string | null
}

export interface SentRecord {
  readonly fields?: { readonly [field: string]: string }
  readonly extension?: readonly string[]
  readonly [part: string]: unknown
}

/**
 * Everything that has this key now, or had it in some run; or the record of this number. Groups come before courses of
 * the same key.
 */
export function subjectsNamed(
  session: Session,
  siteId: number,
  name: RecordName,
): Promise<Subject[]> {
  const [key, id] = 'key' in name ? [name.key, null] : [null, name.id]
  return session.query<Subject>(
    `with had as (select distinct c.kind, c.id from changes c join runs r using (site_id, run_id)
       where c.site_id = $1 and r.state in ('applied', 'released')
         and (c.key = $2 or c.before ->> 'key' = $2)
       union select kind, id from aliases where site_id = $1 and key = $2
       union select kind, id from claims where site_id = $1 and key = $2)
     select 'person' as kind, person_id as id, p.key, p.state, protected, s.name as source, sent, own, edited,
       ${tiesOf('person', 'p.person_id')}
       from persons p left join sources s using (site_id, source_id)
       where p.site_id = $1 and (p.key = $2 or p.person_id = $3 or (select true from had where kind = 'person' and id = person_id))
     union all
     select 'group', group_id, g.key, g.state, false, s.name, sent, g.own, g.edited, ${tiesOf('group', 'g.group_id')}
       from groups g left join sources s using (site_id, source_id)
       where g.site_id = $1 and (g.key = $2 or g.sent_key = $2 or g.group_id = $3 or (select true from had where kind = 'group' and id = group_id))
     union all
     select 'course', course_id, c.key, c.state, false, null, null,
       jsonb_strip_nulls(jsonb_build_object('title', c.title, 'code', c.code, 'members', nullif((select count(*)
         from course_members m where m.site_id = c.site_id and m.course_id = c.course_id), 0))), '{}', '[]', '[]'
       from courses c left join groups g on g.site_id = c.site_id and g.group_id = c.group_id
       where c.site_id = $1 and (c.key = $2 or g.sent_key = $2 or c.course_id = $3)`,
    [siteId, key, id],
  )
}

/** Aliases and claims of a record, as two columns of JSON. */
function tiesOf(kind: 'person' | 'group', id: string): string {
  const list = (table: string, columns: string): string => `(select
    coalesce(jsonb_agg(jsonb_build_object('key', a.key, ${columns}) order by a.key, o.name), '[]') from ${table} a
    left join sources o on o.site_id = a.site_id and o.source_id = a.source_id
    where a.site_id = $1 and a.kind = '${kind}' and a.id = ${id})`
  return `${list('aliases', `'source', o.name`)} as aliases,
       ${list('claims', `'source', o.name, 'joinedBy', a.joined_by`)} as claims`
}

/** The run that a change came with, and the delivery it read. */
export interface Origin {
  readonly run: number
  /** `import`, or what was done by hand. */
  readonly runKind: string
  readonly at: string
  readonly fileName: string | null
  /** Below the deliveries folder; null once the bytes were deleted. */
  readonly path: string | null
  readonly encoding: string | null
}

const ORIGIN_COLUMNS = `r.run_id as run, r.kind as "runKind", coalesce(r.finished_at, r.started_at) as at, d.file_name as "fileName",
  d.path, r.report #>> '{delivery,encoding}' as encoding`
const ORIGIN_DELIVERY = `left join deliveries d on d.site_id = r.site_id and d.delivery_id = r.delivery_id`

export type JournalEntry = JournalChange & Origin

/**
 * Every applied change of a person, group or course, the first first; of a person his relations too. A course has no
 * rows for how it began: it began with its group.
 */
export async function journalOf(
  session: Session,
  siteId: number,
  { kind, id }: Pick<Subject, 'kind' | 'id'>,
): Promise<JournalEntry[]> {
  const rows = await session.query<JournalRow & Origin>(
    kind === 'course' ? COURSE_JOURNAL : RECORD_JOURNAL,
    kind === 'course' ? [siteId, id] : [siteId, id, kind],
  )
  return rows.map(({ run, runKind, at, fileName, path, encoding, ...row }) => ({
    ...journalChange(row),
    run,
    runKind,
    at,
    fileName,
    path,
    encoding,
  }))
}

const RECORD_JOURNAL = `select ${JOURNAL_COLUMNS}, ${ORIGIN_COLUMNS} from ${JOURNAL_TABLES}
  join runs r on r.site_id = c.site_id and r.run_id = c.run_id ${ORIGIN_DELIVERY}
  where c.site_id = $1 and (c.kind = $3 and c.id = $2
      or $3 = 'person' and c.kind = 'relation' and (c.id = $2 or (coalesce(c.after, c.before) ->> 'other')::bigint = $2))
    and r.state in ('applied', 'released')
  order by r.applied, c.seq`

const COURSE_JOURNAL = `select 'course' as kind, e.action, k.course_id as id, k.key, null as "otherKey", e.place,
    null as before, null as after, false as protected, k.title as name, ${ORIGIN_COLUMNS}
  from courses k
  cross join lateral (select 'add' as action, k.from_run as run, (select c.place from changes c
      where c.site_id = k.site_id and c.run_id = k.from_run and c.kind = 'group' and c.key = k.key
        and c.action <> 'remove' limit 1) as place
    union all select 'archive', k.archived_run, null where k.archived_run is not null
    union all (select c.action, c.run_id, c.place from changes c
      where c.site_id = k.site_id and c.kind = 'course' and c.action = 'remove' and c.key = k.key
        and k.group_id is null and c.run_id > k.from_run order by c.run_id limit 1)
    union all select c.action, c.run_id, null from changes c join runs h on h.site_id = c.site_id and h.run_id = c.run_id
      where c.site_id = k.site_id and c.kind = 'course' and c.id = k.course_id and h.kind <> 'import'
        and c.run_id not in (k.from_run, coalesce(k.archived_run, 0))) e
  join runs r on r.site_id = k.site_id and r.run_id = e.run ${ORIGIN_DELIVERY}
  where k.site_id = $1 and k.course_id = $2 and r.state in ('applied', 'released')
  order by r.applied`

/** From when until when a membership was as it was. */
export interface Spell {
  readonly groupKey: string | null
  readonly group: string
  readonly personKey: string | null
  readonly person: string | null
  readonly personId: number
  readonly protected: boolean
  readonly values: { readonly [field: string]: unknown }
  readonly place: number | null
  /** Who says so; null for one by hand. */
  readonly source: string | null
  readonly from: Origin | null
  /** Absent while it holds. */
  readonly to: Omit<Origin, 'path' | 'encoding'> | null
}

/**
 * Spells of the memberships of a person or in a group, the first first, and how many there are. Of a course whose group
 * has left those who are in it by hand: inactive while they are in the recycle bin.
 */
export async function spellsOf(
  session: Session,
  siteId: number,
  { kind, id }: Pick<Subject, 'kind' | 'id'>,
  limit: number,
): Promise<{ readonly rows: readonly Spell[]; readonly total: number; readonly hidden: number }> {
  const column = kind === 'person' ? 'm.person_id' : 'm.group_id'
  // In a group, protected persons are counted and not listed: the group would tell where they are.
  const shown = kind === 'person' ? 'true' : 'not p.protected'
  const from =
    kind === 'course'
      ? `(${COURSE_SPELLS}) m
    join persons p on p.site_id = m.site_id and p.person_id = m.person_id
    join courses g on g.site_id = m.site_id and g.course_id = m.group_id`
      : `memberships m
    join persons p on p.site_id = m.site_id and p.person_id = m.person_id
    join groups g on g.site_id = m.site_id and g.group_id = m.group_id`
  const [counted] = await session.query<{ total: number; hidden: number }>(
    `select count(*)::int as total, (count(*) filter (where not (${shown})))::int as hidden
     from ${from} where m.site_id = $1 and ${column} = $2`,
    [siteId, id],
  )
  const rows = await session.query<Spell>(
    `select g.key as "groupKey", g.title as "group", p.key as "personKey", p.person_id as "personId",
       case when p.protected then null else coalesce(p.edited ->> 'name', p.sent #>> '{fields,name}', p.own ->> 'name') end as person,
       p.protected, ${spellValues('m')} as values, m.from_place as place, s.name as source,
       case when r.run_id is not null then (select jsonb_build_object('run', r.run_id, 'runKind', r.kind, 'at',
         coalesce(r.finished_at, r.started_at), 'fileName', d.file_name, 'path', d.path,
         'encoding', r.report #>> '{delivery,encoding}')) end as "from",
       case when e.run_id is not null then jsonb_build_object('run', e.run_id, 'runKind', e.kind, 'at',
         coalesce(e.finished_at, e.started_at), 'fileName', ed.file_name) end as "to"
     from ${from}
     left join sources s on s.site_id = m.site_id and s.source_id = m.source_id
     left join runs r on r.site_id = m.site_id and r.run_id = m.from_run ${ORIGIN_DELIVERY}
     left join runs e on e.site_id = m.site_id and e.run_id = m.to_run
     left join deliveries ed on ed.site_id = e.site_id and ed.delivery_id = e.delivery_id
     where m.site_id = $1 and ${column} = $2 and ${shown}
     order by m.from_run, g.key, p.key, m.source_id limit $3`,
    [siteId, id, limit],
  )
  return { rows, total: counted?.total ?? 0, hidden: counted?.hidden ?? 0 }
}

const COURSE_SPELLS = `select k.site_id, null::int as source_id, k.course_id as group_id, k.person_id, k.role, b.state = 'active' as active,
    null::date as begins, null::date as ends, null::jsonb as detail, null::bigint as from_place, k.from_run, null::bigint as to_run
  from course_members k join persons b on b.site_id = k.site_id and b.person_id = k.person_id`
