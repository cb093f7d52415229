import { join } from 'node:path'
import { nameOf } from '../correction/named.ts'
import type { LineColumn } from '../import/lines.ts'
import type { ImsFrame } from '../ims/records.ts'
import { HIDDEN, protectedName, shownPerson } from '../roster/display.ts'
import type { Database } from '../store/connect.ts'
import { journalOf, spellsOf, subjectsNamed } from '../store/explain-queries.ts'
import type { JournalEntry, Origin, Spell, Subject } from '../store/explain-queries.ts'
import { changeJson } from './changes.ts'
import { placesIn } from './places.ts'

/** A site, and where its deliveries lie. */
export interface Where {
  readonly database: Database
  readonly siteId: number
  readonly deliveriesFolder: string
}

/** Everything that is known of how a person, group or course came to be what it is. */
export interface History {
  readonly subject: Subject
  readonly journal: readonly JournalEntry[]
  readonly spells: {
    readonly rows: readonly Spell[]
    readonly total: number
    readonly hidden: number
  }
  /** Lines by run, then place. */
  readonly lines: ReadonlyMap<number, ReadonlyMap<number, LineColumn>>
}

/** Everything of the records that have or had a name: a sync key, or # and a number. */
export async function historiesOf(
  { database, siteId, deliveriesFolder }: Where,
  name: string,
  limit: number,
): Promise<History[]> {
  const found = await database.site(siteId, async (session) => {
    const gathered = []
    for (const subject of await subjectsNamed(session, siteId, nameOf(name))) {
      const journal = await journalOf(session, siteId, subject)
      const spells = await spellsOf(session, siteId, subject, limit)
      gathered.push({ subject, journal, spells })
    }
    return gathered
  })
  const histories: History[] = []
  for (const each of found) {
    const lines = await originLines(deliveriesFolder, each.journal, each.spells.rows)
    histories.push({ ...each, lines })
  }
  return histories
}

/** Lines by run and place, counted in every stored delivery once. */
async function originLines(
  folder: string,
  journal: readonly JournalEntry[],
  spells: readonly Spell[],
): Promise<ReadonlyMap<number, ReadonlyMap<number, LineColumn>>> {
  const runs = new Map<number, { readonly origin: Origin; readonly places: number[] }>()
  const note = (origin: Origin | null, place: number | null | undefined): void => {
    if (origin === null || origin.path === null || place === null || place === undefined) return
    const known = runs.get(origin.run) ?? { origin, places: [] }
    known.places.push(place)
    runs.set(origin.run, known)
  }
  for (const entry of journal) note(entry, entry.place)
  for (const { from, place } of spells) note(from, place)
  const lines = new Map<number, ReadonlyMap<number, LineColumn>>()
  for (const [run, { origin, places }] of runs) {
    const encoding = (origin.encoding ?? 'utf-8') as ImsFrame['encoding']
    if (origin.path === null) continue
    lines.set(run, await placesIn(join(folder, origin.path), encoding, places))
  }
  return lines
}

interface ShownSubject {
  readonly name: string
  readonly fields: { readonly [field: string]: unknown }
  readonly extension: readonly string[]
}

/** A record as it is now, without what must not be shown. */
export function shownSubject({
  kind,
  id,
  sent,
  own,
  edited,
  protected: isProtected,
}: Subject): ShownSubject {
  const { protected: _mark, ...values } = edited
  const fields = { ...own, ...sent?.fields, ...values }
  const extension = isProtected ? [] : (sent?.extension ?? [])
  if (kind === 'person') {
    const shown = shownPerson({
      id,
      fields,
      protected: isProtected,
    })
    return { name: shown.name, fields: shown.fields, extension }
  }
  const title = fields['title']
  return { name: typeof title === 'string' ? title : '', fields, extension }
}

/** The same as data. */
export function historyJson({ subject, journal, spells, lines }: History): {
  readonly [key: string]: unknown
} {
  const { kind, id, key, state, source, protected: isProtected } = subject
  const shown = shownSubject(subject)
  return {
    kind,
    id,
    key,
    state,
    // Where each school has a source of its own, it would tell the school.
    source: isProtected ? null : source,
    protected: isProtected,
    name: isProtected ? protectedName(id) : shown.name,
    fields: shown.fields,
    extension: shown.extension,
    aliases: subject.aliases.map((alias) => (isProtected ? { ...alias, source: null } : alias)),
    claims: subject.claims.map((claim) => (isProtected ? { ...claim, source: null } : claim)),
    changes: journal.map(({ path: _path, encoding: _encoding, ...entry }) =>
      changeJson(isProtected ? { ...entry, protected: true } : entry, lines.get(entry.run)),
    ),
    membershipsTotal: spells.total,
    membershipsHidden: spells.hidden,
    memberships: spells.rows.map((spell) => spellJson(spell, subject, lines)),
  }
}

function spellJson(
  spell: Spell,
  subject: Subject,
  lines: History['lines'],
): { [key: string]: unknown } {
  const { from, to, place, values, groupKey, group, personKey, person } = spell
  const at = from && place !== null ? lines.get(from.run)?.get(place) : undefined
  const hidden = subject.protected
  return {
    groupKey: hidden ? null : groupKey,
    group: hidden ? HIDDEN : group,
    personKey,
    person: hidden ? protectedName(spell.personId) : person,
    source: hidden ? null : spell.source,
    ...values,
    from:
      from === null
        ? null
        : { run: from.run, runKind: from.runKind, at: from.at, fileName: from.fileName, ...at },
    to,
  }
}
