import { type GroupRecord, rosterKey } from '../roster/group.ts'
import { ROLES } from '../roster/membership.ts'
import { readCopyRows } from '../store/copy-rows.ts'
import type { Session } from '../store/connect.ts'
import { noSuchPlace } from '../store/journal.ts'
import { loadPlanBlocks } from '../store/mirrors.ts'
import { keysOf, membersOfSchool, protectedPersons } from '../store/lookups.ts'
import type { Cursor } from '../store/roster-queries.ts'
import type { ChangeFilter, ShownChange } from './contract.ts'
import { ACTIVE, ROLE_BITS } from './lists-read.ts'
import { unpackPlan } from './packed-plan.ts'
import { plannedMemberships } from './plan-memberships.ts'
import type { Plan } from './plan.ts'

/** A page of changes, and how many there are in all that the filter lets through. */
export interface ChangePage {
  readonly changes: readonly ShownChange[]
  /** Undefined behind a place, where they are not counted again. */
  readonly total: number | undefined
  /** Where the next page begins; undefined on the last one. */
  readonly next?: Cursor
}

/**
 * Shows the changes of a plan that is not applied, in the order in which it would be. Additions have their values
 * from the plan itself.
 */
export async function plannedChanges(
  session: Session,
  siteId: number,
  parts: Plan['parts'],
  filter: ChangeFilter,
): Promise<ChangePage> {
  const added = addedRecords(parts)
  const school =
    filter.school === undefined
      ? undefined
      : await schoolScope(session, siteId, parts, filter.school)
  const isProtected = await protection(session, siteId, parts)
  const changes: ShownChange[] = []
  const first = placeOf(filter.after)
  let total = 0
  let at = 0
  let last = 0
  for (const raw of everyChange(parts, added)) {
    at++
    if (at <= first) continue
    const change: Raw = isProtected(raw) ? { ...raw, protected: true } : raw
    if (filter.actions && !filter.actions.includes(change.action)) continue
    if (filter.kinds && !filter.kinds.includes(change.kind)) continue
    // Where a protected person is must not be told by asking for a school.
    if (school && (change.protected === true || !school(change))) continue
    total++
    if (total <= filter.offset || changes.length === filter.limit) continue
    changes.push(change)
    last = at
    // Behind a place nothing is counted: the page is all that is wanted.
    if (first > 0 && changes.length === filter.limit) break
  }
  return {
    changes: await withKeys(session, siteId, changes, added),
    total: first > 0 ? undefined : total,
    ...(last > 0 && changes.length === filter.limit ? { next: [PLANNED, last] } : {}),
  }
}

/** The part of a place that says that it is one in a plan. */
const PLANNED = 2

function placeOf(after: Cursor = []): number {
  if (after.length === 0) return 0
  const [part, at] = after
  if (after.length === 2 && part === PLANNED && typeof at === 'number') return at
  throw noSuchPlace()
}

/** The same for a plan that waits, from what is kept of it. */
export async function heldChanges(
  session: Session,
  siteId: number,
  run: number,
  filter: ChangeFilter,
): Promise<ChangePage> {
  const packed = await loadPlanBlocks(session, siteId, run)
  // Of a source that is observed only the newest is kept.
  if (packed.size === 0) return { changes: [], total: 0 }
  const { parts } = unpackPlan(packed)
  return plannedChanges(session, siteId, parts, filter)
}

interface Added {
  readonly persons: ReadonlyMap<
    number,
    { readonly key: string; readonly fields: { readonly [field: string]: unknown } }
  >
  readonly groups: ReadonlyMap<
    number,
    {
      readonly key: string
      readonly fields: { readonly [field: string]: unknown }
      readonly kind: string
      readonly school: number | null
    }
  >
}

interface StoredRecord {
  readonly key: string
  readonly kind: string
  readonly fields: { readonly [field: string]: unknown }
}

type StoredGroupRecord = StoredRecord & Pick<GroupRecord, 'year'>

function addedRecords(parts: Plan['parts']): Added {
  const persons = new Map<number, { key: string; fields: { readonly [field: string]: unknown } }>()
  for (const [ref, , , , , record] of readCopyRows(parts.person_add)) {
    const { key, fields } = JSON.parse(record ?? '{}') as StoredRecord
    persons.set(Number(ref), { key, fields })
  }
  const groups = new Map<
    number,
    {
      key: string
      fields: { readonly [field: string]: unknown }
      kind: string
      school: number | null
    }
  >()
  for (const row of readCopyRows(parts.group_add)) {
    const [ref, , , school] = row
    const record = JSON.parse(row.at(-1) ?? '{}') as StoredGroupRecord
    const { fields, kind } = record
    groups.set(Number(ref), {
      key: rosterKey(record),
      fields,
      kind,
      school: school === null || school === undefined ? null : Number(school),
    })
  }
  return { persons, groups }
}

/** A membership's group travels beside the change until keys are looked up. */
type Raw = ShownChange & { readonly groupId?: number; readonly otherId?: number }

function* everyChange(parts: Plan['parts'], added: Added): Generator<Raw> {
  for (const [, kind, action, id, key, place, before, after] of readCopyRows(parts.change)) {
    const isNew = action === 'add' && (kind === 'person' || kind === 'group')
    const record = isNew
      ? (kind === 'person' ? added.persons : added.groups).get(Number(id))
      : undefined
    const was = valuesOf(before)
    const is = valuesOf(after) ?? record?.fields
    const otherId = kind === 'relation' ? ((is ?? was) as { other?: number }).other : undefined
    yield {
      kind: kind as ShownChange['kind'],
      action: action as ShownChange['action'],
      id: Number(id),
      ...(key && kind !== 'relation' ? { key } : {}),
      ...(place ? { place: Number(place) } : {}),
      ...(was ? { before: withoutOther(was) } : {}),
      ...(is ? { after: withoutOther(is) } : {}),
      ...(otherId === undefined ? {} : { otherId }),
    }
  }
  const ACTIONS = ['add', 'update', 'remove'] as const
  for (const planned of plannedMemberships(parts)) {
    const { action, group, person, role, active, begins, ends, place, codeBefore } = planned
    const name = ACTIONS[action - 1] ?? 'add'
    yield {
      kind: 'membership',
      action: name,
      id: group,
      groupId: group,
      otherId: person,
      ...(place === undefined ? {} : { place }),
      ...(name === 'add' ? {} : { before: roleValues(codeBefore) }),
      ...(name === 'remove'
        ? {}
        : {
            after: {
              role: ROLES[role],
              active,
              ...(begins ? { begin: begins } : {}),
              ...(ends ? { end: ends } : {}),
            },
          }),
    }
  }
  yield* otherChanges(parts)
}

/** Memberships of other sources and by hand that end or come back with their person or group. */
function* otherChanges(parts: Plan['parts']): Generator<Raw> {
  for (const [action, , group, person, role, active] of readCopyRows(parts.other_membership)) {
    const values = { role: ROLES[Number(role)], active: active === 't' }
    yield {
      kind: 'membership',
      action: action === 'end' ? 'remove' : 'add',
      id: Number(group),
      groupId: Number(group),
      otherId: Number(person),
      ...(action === 'end' ? { before: values } : { after: values }),
    }
  }
}

/** Which changes are about somebody whose identity is protected now, or will be. */
async function protection(
  session: Session,
  siteId: number,
  parts: Plan['parts'],
): Promise<(change: Raw) => boolean> {
  const ids = new Set(await protectedPersons(session, siteId))
  for (const [ref, , , , , record] of readCopyRows(parts.person_add)) {
    if (isMarked(record)) ids.add(Number(ref))
  }
  for (const row of readCopyRows(parts.person_write))
    if (isMarked(row.at(-1))) ids.add(Number(row[0]))
  return ({ kind, id, otherId }) =>
    (otherId !== undefined && ids.has(otherId)) ||
    ((kind === 'person' || kind === 'relation') && ids.has(id))
}

function isMarked(record: string | null | undefined): boolean {
  return (JSON.parse(record ?? '{}') as { readonly protected?: boolean }).protected === true
}

type Values = { readonly [field: string]: unknown }

function valuesOf(json: string | null | undefined): Values | undefined {
  return json === null || json === undefined ? undefined : (JSON.parse(json) as Values)
}

/** The other person of a relation is shown by his key, not by the roster's number. */
function withoutOther({ other: _, ...values }: Values): Values {
  return values
}

function roleValues(code: number): { readonly [field: string]: unknown } {
  return { role: ROLES[code & ROLE_BITS], active: (code & ACTIVE) !== 0 }
}

/** Whether a change concerns a school: its groups, memberships in them, and persons who are or will be members there. */
async function schoolScope(
  session: Session,
  siteId: number,
  parts: Plan['parts'],
  key: string,
): Promise<(change: Raw) => boolean> {
  const { schoolIds, groupIds, personIds } = await membersOfSchool(session, siteId, key)
  for (const row of readCopyRows(parts.group_add)) {
    const [ref, , , school] = row
    const record = JSON.parse(row.at(-1) ?? '{}') as StoredGroupRecord
    if (record.kind === 'school' && rosterKey(record) === key) schoolIds.add(Number(ref))
    if (schoolIds.has(Number(ref)) || (school && schoolIds.has(Number(school))))
      groupIds.add(Number(ref))
  }
  for (const { group, person } of plannedMemberships(parts)) {
    if (groupIds.has(group)) personIds.add(person)
  }
  return (change) => {
    if (change.kind === 'membership') return groupIds.has(change.groupId ?? 0)
    if (change.kind === 'person' || change.kind === 'relation') return personIds.has(change.id)
    return groupIds.has(change.id)
  }
}

async function withKeys(
  session: Session,
  siteId: number,
  changes: readonly Raw[],
  added: Added,
): Promise<ShownChange[]> {
  const persons = new Set<number>()
  const groups = new Set<number>()
  for (const { kind, id, groupId, otherId } of changes) {
    if (kind === 'relation') persons.add(id)
    if (groupId !== undefined) groups.add(groupId)
    if (otherId !== undefined) persons.add(otherId)
  }
  const known = await keysOf(session, siteId, [...persons], [...groups])
  const personKey = (id: number | undefined): string | undefined =>
    id === undefined ? undefined : (added.persons.get(id)?.key ?? known.persons.get(id))
  const groupKey = (id: number): string | undefined =>
    added.groups.get(id)?.key ?? known.groups.get(id)
  return changes.map(({ groupId, otherId, ...change }) => {
    const key =
      change.kind === 'membership'
        ? groupKey(groupId ?? 0)
        : change.kind === 'relation'
          ? personKey(change.id)
          : change.key
    const otherKey = personKey(otherId)
    return {
      ...change,
      ...(key === undefined ? {} : { key }),
      ...(otherKey === undefined ? {} : { otherKey }),
    }
  })
}
