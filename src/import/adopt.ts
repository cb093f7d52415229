import { parentKeyOf, type ParentRelation } from '../change/tree.ts'
import type { AdoptedBy } from '../roster/adoption.ts'
import { manualGroups, manualPersons } from '../store/manual-records.ts'
import type { PersonRecord } from '../roster/person.ts'
import type { KeyOwner, StoredGroup } from '../store/lookups.ts'
import { normalised } from './claims.ts'
import type { Collector } from './collect.ts'
import type { CompareContext } from './compare-persons.ts'
import { type RecordsRead, TAKEN } from './records-read.ts'

/** Number of the record to the person or group made by hand that becomes the source's, and how it was recognised. */
export type Adoptions = ReadonlyMap<number, { readonly id: number; readonly by: AdoptedBy }>

export const NO_ADOPTIONS: Adoptions = new Map()

/**
 * Recognises persons made by hand in a source's first delivery: by username, e-mail or national number, where exactly one fits.
 *
 * @param indexes Numbers of the records whose key nobody has.
 */
export async function adoptPersons(
  context: CompareContext,
  { persons }: Collector,
  indexes: readonly number[],
): Promise<Adoptions> {
  const { session, siteId, adopt, siteIsEmpty } = context
  if (adopt.size === 0 || siteIsEmpty || indexes.length === 0) return NO_ADOPTIONS
  const values = new Values()
  for (const { id, username, own } of await manualPersons(session, siteId)) {
    values.add('username', username ?? own['username'], id)
    values.add('email', own['email'], id)
    values.add('number', numberText(own['nationalNumber']), id)
  }
  const candidates = new Candidates(adopt, values)
  for (const index of indexes) {
    const { username, email, nationalNumber } = persons.records.get(index).fields
    candidates.match(index, { username, email, number: numberText(nationalNumber) })
  }
  return candidates.settle(context, persons, 'person')
}

/**
 * Persons whom somebody brought back from the recycle bin by hand: they belong to no source and kept their keys. Who
 * sends such a key has its person again.
 */
export function takenBack(
  persons: RecordsRead<PersonRecord>,
  indexes: readonly number[],
  owners: ReadonlyMap<string, KeyOwner>,
): Adoptions {
  const found = new Map<number, { readonly id: number; readonly by: AdoptedBy }>()
  for (const index of indexes) {
    const owner = owners.get(persons.keyOf(index))
    if (owner?.state !== 'active' || owner.sourceId !== null) continue
    found.set(index, { id: owner.id, by: 'key' })
  }
  return found
}

/**
 * The same for groups: by e-mail or organisation number; else by kind and title under the same parent. A parent that is adopted
 * itself counts as the same.
 */
export async function adoptGroups(
  context: CompareContext,
  { groups }: Collector,
  indexes: readonly number[],
  stored: ReadonlyMap<string | null, StoredGroup>,
  relation: ParentRelation | undefined,
): Promise<Adoptions> {
  const { session, siteId, adopt, siteIsEmpty } = context
  if (adopt.size === 0 || siteIsEmpty || indexes.length === 0) return NO_ADOPTIONS
  const manual = await manualGroups(session, siteId)
  if (manual.length === 0) return NO_ADOPTIONS
  const values = new Values()
  for (const { id, own } of manual) {
    values.add('email', own['email'], id)
    values.add('number', numberText(own['orgNumber']), id)
  }
  const candidates = new Candidates(adopt, values)
  const ofKey = new Map<string, number>()
  for (const index of indexes) {
    const { key, fields } = groups.records.get(index)
    ofKey.set(key, index)
    candidates.match(index, { email: fields.email, number: numberText(fields.orgNumber) })
  }
  let adopted = candidates.settle(context, groups, 'group')
  // Level by level: whose parent was adopted in this round is looked for in the next.
  for (let before = -1; adopt.has('title') && before < adopted.size;) {
    before = adopted.size
    const taken = new Set([...adopted.values()].map(({ id }) => id))
    const titles = new Values()
    for (const { id, kind, title, parentId } of manual) {
      if (!taken.has(id)) titles.add('title', placeText(kind, parentId, title), id)
    }
    const level = new Candidates(adopt, titles)
    for (const index of indexes) {
      if (adopted.has(index)) continue
      const { key, kind, fields, links } = groups.records.get(index)
      const parentKey = parentKeyOf(key, links, relation ?? 1, (other) => groups.isLeftOut(other))
      const parent = parentKey === undefined ? null : idOfParent(parentKey, adopted)
      if (parent !== undefined) level.match(index, { title: placeText(kind, parent, fields.title) })
    }
    adopted = new Map([...adopted, ...level.settle(context, groups, 'group')])
  }
  return adopted

  function idOfParent(key: string, so: Adoptions): number | undefined {
    const index = ofKey.get(key)
    return index === undefined ? stored.get(key)?.id : so.get(index)?.id
  }
}

function placeText(kind: string, parent: number | null, title: string | undefined): string {
  return `${kind} ${parent ?? 'site'} ${normalised(title) ?? ''}`
}

/** Digits and letters of a number: people write blanks and dashes into it. */
function numberText(value: unknown): string | undefined {
  return typeof value === 'string' ? value.replaceAll(/[^\p{Letter}\p{Number}]/gu, '') : undefined
}

/** Records made by hand by what they may be recognised by. */
class Values {
  readonly #ids = new Map<string, number[]>()

  add(by: AdoptedBy, value: unknown, id: number): void {
    const text = normalised(value)
    if (text === undefined) return
    const name = `${by} ${text}`
    this.#ids.set(name, [...(this.#ids.get(name) ?? []), id])
  }

  of(by: AdoptedBy, value: unknown): readonly number[] {
    const text = normalised(value)
    return text === undefined ? [] : (this.#ids.get(`${by} ${text}`) ?? [])
  }
}

class Candidates {
  readonly #adopt: ReadonlySet<AdoptedBy>
  readonly #values: Values
  /** Number of the record to all that fit, with the first way in which each does. */
  readonly #found = new Map<number, Map<number, AdoptedBy>>()

  constructor(adopt: ReadonlySet<AdoptedBy>, values: Values) {
    this.#adopt = adopt
    this.#values = values
  }

  match(index: number, said: { readonly [by in AdoptedBy]?: string | undefined }): void {
    for (const by of this.#adopt) {
      for (const id of this.#values.of(by, said[by])) {
        const found = this.#found.get(index) ?? new Map<number, AdoptedBy>()
        if (!found.has(id)) found.set(id, by)
        this.#found.set(index, found)
      }
    }
  }

  /** Those that are clear: one record, one person or group. The others are reported, and new. */
  settle(
    { problems }: CompareContext,
    read: RecordsRead<{ readonly key: string }>,
    kind: 'person' | 'group',
  ): Map<number, { readonly id: number; readonly by: AdoptedBy }> {
    const wanted = new Map<number, number>()
    for (const ids of this.#found.values()) {
      for (const id of ids.keys()) wanted.set(id, (wanted.get(id) ?? 0) + 1)
    }
    const adopted = new Map<number, { readonly id: number; readonly by: AdoptedBy }>()
    for (const [index, ids] of this.#found) {
      const [only, ...others] = ids
      if (only === undefined || read.states.at(index) !== TAKEN) continue
      const [id, by] = only
      if (others.length === 0 && wanted.get(id) === 1) adopted.set(index, { id, by })
      else {
        const place = read.places.at(index)
        problems.add({ code: 'ADOPTION_AMBIGUOUS', place, kind, key: read.keyOf(index) })
      }
    }
    return adopted
  }
}

/** How the record of a number was recognised, if it was. */
export function adoptedBy(adopted: Adoptions, index: number): { readonly adoptedBy?: AdoptedBy } {
  const by = adopted.get(index)?.by
  return by === undefined ? {} : { adoptedBy: by }
}

/** What the user had of his own, of the fields that the source sends now: what it is compared with when a source adopts it. */
export function asSent(
  own: { readonly [field: string]: unknown },
  { fields }: PersonRecord,
): PersonRecord {
  const had = Object.entries(own).filter(
    ([field, value]) => field in fields && typeof value === 'string',
  )
  return {
    key: '',
    fields: Object.fromEntries(had) as PersonRecord['fields'],
    protected: false,
    relations: [],
    extension: [],
  }
}
