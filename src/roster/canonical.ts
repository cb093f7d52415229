import { GROUP_FIELDS, type GroupRecord, type GroupYear } from './group.ts'
import { PERSON_FIELDS, type PersonRecord } from './person.ts'

/**
 * A record as it was fingerprinted when it was read: the database keeps the keys of an object in an order of its
 * own, so that a record which comes from there is put back into ours. The JSON of what this gives, byte for byte, is
 * what the canonical fingerprint is of.
 */
export function canonicalPerson(record: PersonRecord): PersonRecord {
  const { key, fields, protected: isProtected, relations, extension, ...rest } = record
  return {
    key,
    fields: inOrder(PERSON_FIELDS, fields),
    protected: isProtected,
    relations: relations.map(({ kind, other, otherIs }) => ({ kind, other, otherIs })),
    extension,
    ...rest,
  }
}

/** The same for a group. */
export function canonicalGroup(record: GroupRecord): GroupRecord {
  const { key, kind, fields, links, extension, year, ...rest } = record
  return {
    key,
    kind,
    fields: inOrder(GROUP_FIELDS, fields),
    links: links.map(({ relation, key: other }) => ({ relation, key: other })),
    extension,
    ...(year === undefined ? {} : { year: canonicalYear(year) }),
    ...rest,
  }
}

function canonicalYear({ name, from, date }: GroupYear): GroupYear {
  return { name, from, ...(date === undefined ? {} : { date }) }
}

function inOrder<F extends string>(
  order: readonly F[],
  fields: { readonly [field in F]?: string },
): { readonly [field in F]?: string } {
  const ordered: { [field in F]?: string } = {}
  for (const field of order) if (fields[field] !== undefined) ordered[field] = fields[field]
  return ordered
}
