import type { PersonField, PersonFields } from './person.ts'

/**
 * Protected identity. Everything that names, lists, finds or prints a person asks this file what may be shown;
 * nothing else decides it. Of a protected person there is a short id of our own and the profile, nothing more:
 * no name, username, address or number, and nothing that tells the school. Where an operator works by sync key
 * (command line, JSON) the key is given too, because that is how he looks a person up.
 */

export interface PersonToShow {
  /** Roster id; negative or absent while he is only planned. */
  readonly id?: number
  readonly fields: PersonFields
  readonly protected: boolean
}

export interface ShownPerson {
  readonly name: string
  readonly fields: PersonFields
  readonly protected: boolean
}

/** Fields that say nothing of who or where a person is. */
const HARMLESS: readonly PersonField[] = ['profile', 'status']

/** What may be shown of a person. */
export function shownPerson(person: PersonToShow): ShownPerson {
  if (!person.protected) {
    return { name: fullName(person.fields), fields: person.fields, protected: false }
  }
  const name = protectedName(person.id)
  const fields: { [field in PersonField]?: string } = { name }
  for (const field of HARMLESS) {
    const value = person.fields[field]
    if (value !== undefined) fields[field] = value
  }
  return { name, fields, protected: true }
}

/** What stands for the name of a protected person. */
export function protectedName(id: number | undefined): string {
  return id === undefined || id < 0 ? 'Protected person (new)' : `Protected person ${id}`
}

/** The name to show of a person who is not protected; persons without a formatted name have parts of one. */
function fullName({ name, given, family }: PersonFields): string {
  if (name) return name
  return [given, family].filter(Boolean).join(' ')
}

/** Stands for a value that may not be shown. */
export const HIDDEN = '(protected)'

/** Values of a change or problem about a protected person: which fields they are is shown, what they hold is not. */
export function shownValues(
  values: { readonly [field: string]: unknown } | undefined,
  isProtected: boolean,
): { readonly [field: string]: unknown } | undefined {
  if (values === undefined || !isProtected) return values
  const shown: { [field: string]: unknown } = {}
  for (const [field, value] of Object.entries(values)) {
    const harmless = field === 'protected' || (HARMLESS as readonly string[]).includes(field)
    shown[field] = harmless || value === null ? value : HIDDEN
  }
  return shown
}

/**
 * True when a change touches a protected person: he is one, becomes one, or ceases to be one. His earlier name is
 * as worth protecting as the new one.
 */
export function isProtectedChange(change: {
  readonly protected?: boolean
  readonly before?: { readonly [field: string]: unknown }
  readonly after?: { readonly [field: string]: unknown }
}): boolean {
  return (
    change.protected === true ||
    change.before?.['protected'] === true ||
    change.after?.['protected'] === true
  )
}

/** How somebody looks for persons. */
export interface PersonSearch {
  readonly key?: string
  readonly search?: string
  readonly school?: string
  readonly group?: string
}

/**
 * Whether protected persons may be among the answers. They are found by their whole key and listed among all,
 * but not by name, school or group: to be an answer to that would tell what is protected.
 */
export function mayListProtected({ search, school, group }: PersonSearch): boolean {
  return search === undefined && school === undefined && group === undefined
}

/**
 * Fields in which a text is searched for, beside the key. Of a protected person none is: his whole key finds him,
 * a part of it or of anything else does not.
 */
export const SEARCHED_FIELDS = [
  'name',
  'family',
  'given',
  'username',
  'email',
] as const satisfies readonly PersonField[]

/** What may be shown of two keys that are suspected to be one person's: of a protected one neither. */
export function shownPairKeys(pair: {
  readonly oldKey: string
  readonly newKey: string
  readonly protected: boolean
}): { readonly oldKey: string; readonly newKey: string } {
  return pair.protected
    ? { oldKey: HIDDEN, newKey: HIDDEN }
    : { oldKey: pair.oldKey, newKey: pair.newKey }
}
