import type { ImsGroupLink, ImsSourcedId } from '../records.ts'
import { DeclaredTypes, type TypeKind } from './types.ts'

/** What an id names. Units and organisations are groups of their own kind. */
export type AbcKind = 'person' | 'group' | 'ou' | 'org'

/** An id as written, with the type that its file gives it. */
export interface AbcId {
  readonly kind: AbcKind
  readonly type: string
  readonly id: string
}

/** What the reader asks of the source's rules: which of several ids names a record. */
export interface AbcRules {
  /** How well a type of ids serves as sync key, from 0; infinite where the rules do not name it. */
  keyRank(type: string): number
  /** Whether it matters in which relations a person stands. */
  readonly usesRelationTypes: boolean
}

export const NO_ABC_RULES: AbcRules = { keyRank: () => Infinity, usesRelationTypes: false }

const TYPE_KINDS: { readonly [kind in AbcKind]: TypeKind } = {
  person: 'personidtype',
  group: 'groupidtype',
  ou: 'ouidtype',
  org: 'orgidtype',
}
const NO_TYPES: readonly string[] = Object.freeze([])
/** Deeper trees are cut: so many units above each other are a circle. */
const LEVEL_MAX = 64

/**
 * What of a file has to be known before its first record: vocabularies, which ids name the same record, and what
 * relations say of records that stand elsewhere. Filled by one pass over the file before the one that reads it.
 */
export class AbcFile {
  readonly types = new DeclaredTypes()
  /** The year in which the file says it was made. */
  year: number | undefined
  readonly rules: AbcRules
  /** All ids of a record that has several, by each of them. */
  readonly #ids = new Map<string, readonly AbcId[]>()
  readonly #parents = new Map<string, Statement[]>()
  readonly #unitParents = new Map<string, AbcId>()
  readonly #unclear = new Set<string>()
  readonly #relationTypes = new Map<string, readonly string[]>()
  /** Each combination of types once: hundreds of persons share one. */
  readonly #combinations = new Map<string, readonly string[]>()

  constructor(rules: AbcRules) {
    this.rules = rules
  }

  /** A record has these ids. */
  noteIds(ids: readonly AbcId[]): void {
    if (ids.length > 1) for (const id of ids) this.#ids.set(textOf(id), ids)
  }

  /** The id that is the sync key: the type that the rules name first, else the one that was declared first. */
  key(ids: readonly AbcId[]): AbcId | undefined {
    let best: AbcId | undefined
    for (const id of ids) if (best === undefined || this.#isBetter(id, best)) best = id
    return best
  }

  #isBetter(one: AbcId, other: AbcId): boolean {
    const rank = this.rules.keyRank(one.type)
    const otherRank = this.rules.keyRank(other.type)
    if (rank !== otherRank) return rank < otherRank
    const kind = TYPE_KINDS[one.kind]
    return this.types.rank(kind, one.type) < this.types.rank(kind, other.type)
  }

  /** How a record that is named somewhere is known: by its sync key, whichever of its ids was written. */
  sourcedId(id: AbcId): ImsSourcedId {
    const ids = this.#ids.get(textOf(id))
    const { type, id: key } = (ids === undefined ? undefined : this.key(ids)) ?? id
    return { source: type, id: key }
  }

  /** A unit hangs under another one or under its organisation. */
  noteUnitParent(unit: readonly AbcId[], parent: AbcId): void {
    for (const id of unit) this.#unitParents.set(textOf(id), parent)
  }

  /** How many units are above each other, this one included: 1 right below the organisation. */
  level(unit: AbcId): number {
    let level = 1
    let at = this.#unitParents.get(textOf(unit))
    while (at?.kind === 'ou' && level < LEVEL_MAX) {
      level++
      at = this.#unitParents.get(textOf(at))
    }
    return level
  }

  /** A relation says under what a group or unit hangs. */
  noteParent(child: AbcId, parent: AbcId, label: string): void {
    const key = textOf(child)
    const statements = this.#parents.get(key)
    if (statements === undefined) this.#parents.set(key, [{ parent, label }])
    else statements.push({ parent, label })
  }

  /** What relations say of the parents of the record with these ids, in the order of the file. */
  parents(ids: readonly AbcId[]): ImsGroupLink[] {
    return ids.flatMap((id) =>
      (this.#parents.get(textOf(id)) ?? []).map(({ parent, label }) => ({
        relation: 1 as const,
        label,
        sourcedId: this.sourcedId(parent),
      })),
    )
  }

  /** A relation about this group or unit cannot be read: what it says of it is unknown. */
  noteUnclear(id: AbcId): void {
    this.#unclear.add(textOf(id))
  }

  isUnclear(ids: readonly AbcId[]): boolean {
    return ids.some((id) => this.#unclear.has(textOf(id)))
  }

  noteRelationType(person: AbcId, type: string): void {
    if (!this.rules.usesRelationTypes) return
    const key = textOf(person)
    const before = this.#relationTypes.get(key) ?? NO_TYPES
    if (before.includes(type)) return
    const types = [...before, type].sort()
    const name = types.join('\n')
    const shared = this.#combinations.get(name) ?? types
    this.#combinations.set(name, shared)
    this.#relationTypes.set(key, shared)
  }

  /** Types of the relations in which the person with these ids stands. */
  relationTypes(ids: readonly AbcId[]): readonly string[] {
    const found = ids.flatMap((id) => this.#relationTypes.get(textOf(id)) ?? NO_TYPES)
    return found.length === 0 ? NO_TYPES : found
  }
}

interface Statement {
  readonly parent: AbcId
  readonly label: string
}

function textOf({ kind, type, id }: AbcId): string {
  return `${kind}\n${type}\n${id}`
}
