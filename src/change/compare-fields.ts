import { GROUP_FIELDS, type GroupRecord } from '../roster/group.ts'
import { PERSON_FIELDS, type PersonRecord } from '../roster/person.ts'

/** What differs between a record as last accepted and as sent now: before and after of each field that does. */
export interface FieldChanges {
  readonly before: { readonly [field: string]: unknown }
  readonly after: { readonly [field: string]: unknown }
  /** Fields that were sent and no longer are, with the value they had: the user's from now on. */
  readonly noLongerSent: { readonly [field: string]: string }
  /** Nothing but extension data differs: applied and counted, not judged. */
  readonly extensionOnly: boolean
}

export function comparePersons(before: PersonRecord, after: PersonRecord): FieldChanges {
  const changes = compareFields(PERSON_FIELDS, before.fields, after.fields)
  noteIfDifferent(changes, 'protected', before.protected, after.protected)
  noteIfDifferent(changes, 'relations', before.relations, after.relations)
  return withExtension(changes, before.extension, after.extension)
}

export function compareGroups(before: GroupRecord, after: GroupRecord): FieldChanges {
  const changes = compareFields(GROUP_FIELDS, before.fields, after.fields)
  noteIfDifferent(changes, 'kind', before.kind, after.kind)
  noteIfDifferent(changes, 'links', before.links, after.links)
  noteIfDifferent(changes, 'year', before.year?.name ?? null, after.year?.name ?? null)
  return withExtension(changes, before.extension, after.extension)
}

interface Changes {
  readonly before: { [field: string]: unknown }
  readonly after: { [field: string]: unknown }
  readonly noLongerSent: { [field: string]: string }
}

function compareFields(
  fields: readonly string[],
  before: { readonly [field: string]: string | undefined },
  after: { readonly [field: string]: string | undefined },
): Changes {
  const changes: Changes = { before: {}, after: {}, noLongerSent: {} }
  for (const field of fields) {
    const was = before[field]
    const is = after[field]
    if (was === is) continue
    changes.before[field] = was ?? null
    changes.after[field] = is ?? null
    if (was !== undefined && is === undefined) changes.noLongerSent[field] = was
  }
  return changes
}

function noteIfDifferent(changes: Changes, field: string, before: unknown, after: unknown): void {
  if (stable(before) === stable(after)) return
  changes.before[field] = before
  changes.after[field] = after
}

function withExtension(
  changes: Changes,
  before: readonly string[],
  after: readonly string[],
): FieldChanges {
  const extensionOnly = Object.keys(changes.after).length === 0
  noteIfDifferent(changes, 'extension', before, after)
  return { ...changes, extensionOnly }
}

/** The database keeps the keys of an object in an order of its own, so equal values may be written differently. */
function stable(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
