import type { RecordMirror } from '../change/mirror.ts'
import { type NamedKind, type OtherName, personsNamed } from '../store/claims.ts'
import type { ClaimComparison } from './claims.ts'
import type { CompareContext } from './compare-persons.ts'
import { type RecordsRead, TAKEN } from './records-read.ts'

interface Alias {
  readonly kind: NamedKind
  readonly key: string
  /** Roster id, or a reference. */
  readonly id: number
}

/** What a delivery does to the further names of persons or groups. */
export interface AliasComparison {
  readonly set: readonly Alias[]
  readonly dropped: readonly Alias[]
  /** Every name that holds once the plan is applied. */
  readonly names: readonly Alias[]
  /** Records that are no longer meant by a name: lists that use it have to be looked at. */
  readonly losers: ReadonlySet<number>
}

export const NO_ALIASES: AliasComparison = { set: [], dropped: [], names: [], losers: new Set() }

interface Outcome {
  readonly added: ReadonlyMap<number, number>
  readonly writes: readonly { readonly id: number; readonly index?: number }[]
  readonly removed: readonly { readonly id: number }[]
  readonly handedOver: ReadonlyMap<number, unknown>
  readonly claims: ClaimComparison
}

/**
 * Compares the names that records say they have with those that they had. A name that another record has already is reported and
 * not given; one that is another's own key is given and means that other one as long as he has the key.
 */
export async function compareAliases(
  context: CompareContext,
  kind: NamedKind,
  read: RecordsRead<{ readonly key: string }>,
  mirror: RecordMirror,
  outcome: Outcome,
  known: readonly OtherName[],
): Promise<AliasComparison> {
  const { sourceId, problems } = context
  const before = known.filter((name) => name.kind === kind)
  if (before.length === 0 && read.aliases.size === 0) {
    return NO_ALIASES
  }
  const idOf = idReader(read, mirror, outcome)
  const leaving = new Set(outcome.removed.map(({ id }) => id))
  const silent = new Set(outcome.claims.dropped.map(({ id }) => id))
  for (const id of outcome.handedOver.keys()) silent.add(id)
  const said = new Map<string, number>()
  const spokenOf = new Set<number>()
  for (let index = 0; index < read.length; index++) {
    const id = read.states.at(index) === TAKEN ? idOf(index) : undefined
    if (id === undefined) continue
    spokenOf.add(id)
    for (const key of read.aliases.get(index) ?? []) {
      const other = said.get(key)
      if (other === undefined) said.set(key, id)
      else if (other !== id) reportTaken(index, key)
    }
  }
  const isDropped = ({ key, id, sourceId: by, joined }: OtherName): boolean =>
    by === sourceId &&
    (joined
      ? outcome.claims.dropped.some((claim) => claim.key === key)
      : leaving.has(id) || silent.has(id) || (spokenOf.has(id) && said.get(key) !== id))
  const staying = before.filter((name) => !isDropped(name))
  const stays = new Map(staying.map(({ key, id }) => [key, id]))
  const set: Alias[] = []
  for (const [index, keys] of read.aliases) {
    const id = read.states.at(index) === TAKEN ? idOf(index) : undefined
    for (const key of id === undefined ? [] : keys) {
      if (said.get(key) !== id || stays.get(key) === id) continue
      if (stays.has(key)) reportTaken(index, key)
      else set.push({ kind, key, id: id as number })
    }
  }
  await reportKeys()

  const losers = new Set<number>()
  for (const { key, id, ...name } of before) {
    const index = read.saidOf(key)
    const isTakenOver = typeof index === 'number' && outcome.added.has(index)
    if (isTakenOver || isDropped({ key, id, ...name })) losers.add(id)
  }
  const names = [...set, ...staying.filter(({ id }) => !leaving.has(id))]
  const dropped = before.filter((name) => !name.joined && isDropped(name))
  return { set, dropped, names, losers: new Set([...losers].filter((id) => !leaving.has(id))) }

  function reportTaken(index: number, found: string): void {
    const key = read.keyOf(index)
    problems.add({ code: 'ALIAS_TAKEN', place: read.places.at(index), kind, key, found })
  }

  /** Names that are somebody's own key. */
  async function reportKeys(): Promise<void> {
    if (set.length === 0) return
    const { session, siteId } = context
    const keys = set.map(({ key }) => key)
    const elsewhere =
      kind === 'person' && context.hasOthers
        ? await personsNamed(session, siteId, sourceId, keys)
        : []
    const owners = new Map(elsewhere.map(({ key, id }) => [key, id]))
    for (const [index, names] of read.aliases) {
      for (const name of names) {
        const { high, low } = context.hashes.text(name)
        const slot = mirror.findKey(high, low)
        const other = read.saidOf(name)
        const known = slot < 0 || mirror.ids.at(slot) < 0 ? undefined : mirror.ids.at(slot)
        const owner = known ?? (typeof other === 'number' ? idOf(other) : owners.get(name))
        if (owner !== undefined && said.get(name) !== owner) reportTaken(index, name)
      }
    }
  }
}

/** Id or reference of a record that was read. */
function idReader(
  read: RecordsRead<{ readonly key: string }>,
  mirror: RecordMirror,
  { added, writes, claims }: Outcome,
): (index: number) => number | undefined {
  const written = new Map(
    writes.flatMap(({ id, index }) => (index === undefined ? [] : [[index, id] as const])),
  )
  return (index) => {
    const slot = read.slots.at(index)
    const id = slot < 0 ? 0 : mirror.ids.at(slot)
    return id > 0 ? id : (added.get(index) ?? written.get(index) ?? claims.here.get(index))
  }
}
