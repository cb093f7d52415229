import { type MemberRole, roleText } from '../roster/membership.ts'
import { CopyRows, type CopyValue, readCopyRows } from '../store/copy-rows.ts'
import type { Collector } from './collect.ts'
import type { Comparison } from './compare.ts'
import { ACTIVE, ROLE_BITS } from './lists-read.ts'
import { ADD } from './membership-changes.ts'
import type { Plan } from './plan.ts'

/** Members in one row: about 200 kB. */
const MEMBERS_A_ROW_MAX = 10_000

/** Rows of the memberships that end or become another. */
export function membershipRows(collected: Collector, comparison: Comparison): CopyRows {
  const { changes } = comparison.lists
  const detailsAt = (row: number): readonly CopyValue[] =>
    detailOf(collected.lists.details[changes.details.at(row)] ?? '')
  const rows = new CopyRows()
  for (let row = 0; row < changes.length; row++) {
    const action = changes.actions.at(row)
    if (action === ADD) continue
    const code = changes.codes.at(row)
    const place = changes.places.at(row)
    rows.add(
      action,
      changes.groups.at(row),
      changes.persons.at(row),
      code & ROLE_BITS,
      (code & ACTIVE) !== 0,
      ...detailsAt(row),
      place < 0 ? null : place,
      changes.codesBefore.at(row),
    )
  }
  return rows
}

/**
 * Rows of new memberships, one for those of a group that stand side by side and differ in nothing but the person: the database
 * takes a million of them in half the time that a row for each takes.
 */
export function addedMemberships(
  collected: Collector,
  comparison: Comparison,
): Iterable<Uint8Array> {
  return {
    *[Symbol.iterator]() {
      const { changes } = comparison.lists
      const rows = new CopyRows()
      let first = -1
      let persons = ''
      let places = ''
      let members = 0
      const finish = (): void => {
        if (first < 0) return
        const code = changes.codes.at(first)
        const detail = detailOf(collected.lists.details[changes.details.at(first)] ?? '')
        const active = (code & ACTIVE) !== 0
        const group = changes.groups.at(first)
        rows.add(group, code & ROLE_BITS, active, ...detail, `{${persons}}`, `{${places}}`)
        first = -1
      }
      for (let row = 0; row < changes.length; row++) {
        if (changes.actions.at(row) !== ADD) continue
        const goesOn =
          first >= 0 &&
          members < MEMBERS_A_ROW_MAX &&
          changes.groups.at(row) === changes.groups.at(first) &&
          changes.codes.at(row) === changes.codes.at(first) &&
          changes.details.at(row) === changes.details.at(first)
        const place = changes.places.at(row)
        if (goesOn) {
          persons += ','
          places += ','
        } else {
          finish()
          yield* rows.takeFull()
          first = row
          persons = ''
          places = ''
          members = 0
        }
        persons += changes.persons.at(row)
        places += place < 0 ? 'NULL' : place
        members++
      }
      finish()
      yield* rows.chunks
    },
  }
}

/** Begin, end and detail; dates are those of the strongest role. No detail where the columns say all of it. */
function detailOf(detail: string): readonly CopyValue[] {
  if (detail === '') return [null, null, null]
  const [strongest] = JSON.parse(detail) as MemberRole[]
  if (strongest === undefined) return [null, null, detail]
  const { role, active, begin = null, end = null } = strongest
  return [begin, end, roleText(role, active, begin, end) === detail ? null : detail]
}

/** A change of a membership, as a plan holds it. */
export interface PlannedMembership {
  readonly action: number
  readonly group: number
  readonly person: number
  readonly role: number
  readonly active: boolean
  readonly begins: string | null
  readonly ends: string | null
  readonly place: number | undefined
  /** Role and flags before (lists-read.ts). */
  readonly codeBefore: number
}

/** The membership changes of a plan, also of one that an earlier version holds: that has its additions among the others. */
export function* plannedMemberships(
  parts: Pick<Plan['parts'], 'membership' | 'membership_add'>,
): Generator<PlannedMembership> {
  for (const row of readCopyRows(parts.membership)) {
    const [action, group, person, role, active, begins = null, ends = null, , place, code] = row
    yield {
      action: Number(action),
      group: Number(group),
      person: Number(person),
      role: Number(role),
      active: active === 't',
      begins,
      ends,
      place: placeOf(place),
      codeBefore: Number(code),
    }
  }
  for (const row of readCopyRows(parts.membership_add)) {
    const [group, role, active, begins = null, ends = null, , persons = null, places = null] = row
    const shared = { action: ADD, group: Number(group), role: Number(role), codeBefore: 0 } as const
    const at = listOf(places)
    for (const [index, person] of listOf(persons).entries()) {
      const place = at[index] === 'NULL' ? undefined : placeOf(at[index])
      yield { ...shared, person: Number(person), active: active === 't', begins, ends, place }
    }
  }
}

function placeOf(text: string | null | undefined): number | undefined {
  return text === null || text === undefined ? undefined : Number(text)
}

/** Elements of an array of numbers in PostgreSQL's text form. */
function listOf(text: string | null): readonly string[] {
  return text === null ? [] : text.slice(1, -1).split(',')
}
