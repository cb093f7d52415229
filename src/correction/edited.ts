import { GROUP_FIELDS } from '../roster/group.ts'
import { PERSON_FIELDS, PROFILES } from '../roster/person.ts'
import { parseDate } from '../rules/dates.ts'
import { GROUP_FIELD_CHARACTERS_MAX, PERSON_FIELD_CHARACTERS_MAX } from '../rules/limits.ts'

type Values = { readonly [field: string]: unknown }

/** The parts of a person's or group's row that fields live in. */
export interface FieldHolder {
  readonly sent: { readonly fields: { readonly [field: string]: string | undefined } } | null
  readonly own: Values
  readonly edited: Values
}

export interface Edited {
  readonly own: Values
  readonly edited: Values
  /** Fields that the source sends, and that were not unlocked: nothing of them was changed. */
  readonly locked: readonly string[]
}

/**
 * Sets fields of a record by hand; null clears one. What the source does not send is the user's own. What it sends is
 * locked: unlocked deliberately, the value is shown instead of the source's until that changes (drift). Setting a
 * field to what the source sends ends the drift.
 */
export function withEdits(
  row: FieldHolder,
  values: { readonly [field: string]: string | null },
  unlock: boolean,
): Edited {
  const own: { [field: string]: unknown } = { ...row.own }
  const edited: { [field: string]: unknown } = { ...row.edited }
  const locked: string[] = []
  for (const [field, value] of Object.entries(values)) {
    const sent = row.sent?.fields[field]
    if (sent === undefined) {
      if (value === null) delete own[field]
      else own[field] = value
    } else if (value === sent) {
      delete edited[field]
    } else if (unlock) {
      edited[field] = value
    } else {
      locked.push(field)
    }
  }
  return { own, edited, locked }
}

/** A field's value as it is shown: edited by hand, else sent, else the user's own. */
export function shownValue(row: FieldHolder, field: string): unknown {
  if (field in row.edited) return row.edited[field]
  return row.sent?.fields[field] ?? row.own[field] ?? null
}

const DATES = ['birthDate', 'begin', 'end']
/** Without these a person cannot be shown at all. */
const NEVER_EMPTY = ['name', 'profile', 'title']

/** What is wrong with values that somebody typed, as sentences; empty when nothing is. */
export function valueFaults(
  kind: 'person' | 'group',
  values: { readonly [field: string]: string | null },
): string[] {
  const fields: readonly string[] = kind === 'person' ? PERSON_FIELDS : GROUP_FIELDS
  const most: { readonly [field: string]: number } =
    kind === 'person' ? PERSON_FIELD_CHARACTERS_MAX : GROUP_FIELD_CHARACTERS_MAX
  return Object.entries(values).flatMap(([field, value]) => {
    if (!fields.includes(field)) {
      return [`${field}: a ${kind} has no such field; there are ${fields.join(', ')}`]
    }
    if (value === null || value.trim() === '') {
      return NEVER_EMPTY.includes(field) ? [`${field}: cannot be empty`] : []
    }
    const max = most[field] ?? 0
    if (value.length > max) return [`${field}: longer than ${max} characters`]
    if (DATES.includes(field) && parseDate(value) !== value) return [`${field}: not YYYY-MM-DD`]
    if (field === 'profile' && !(PROFILES as readonly string[]).includes(value)) {
      return [`profile: not one of ${PROFILES.join(', ')}`]
    }
    return []
  })
}
