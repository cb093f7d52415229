import type { FieldChanges } from '../change/compare-fields.ts'
import type { RecordMirror } from '../change/mirror.ts'
import { turnOfYears, type YearNode } from '../change/years.ts'
import { groupsById, type StoredGroup } from '../store/lookups.ts'
import type { Collector } from './collect.ts'
import type { CompareContext } from './compare-persons.ts'
import type { Tree } from './group-tree.ts'
import { TAKEN } from './records-read.ts'

/** A known group that was read: what differs, and what that makes of the year in its key. */
export interface Known {
  readonly changes: FieldChanges
  readonly turn: 'same' | 'turned' | 'learned'
}

/** What a new school year does to groups that are known. */
export interface GroupTurn {
  /** Numbers of the records that are groups of their own now, and the reference of each. */
  readonly added: ReadonlyMap<number, number>
  /** Roster id of last year's group to the reference of the one in its place. */
  readonly replaced: ReadonlyMap<number, number>
  /** All that leave: those that are replaced, and in a delta those that go with their year node. */
  readonly leaving: ReadonlySet<number>
  readonly slots: readonly number[]
  /** Groups of the source that the delivery does not speak of, or that are set aside: they keep their year. */
  readonly staying: ReadonlySet<number>
  /** Of them, those that may be of another year by now. */
  readonly waiting: ReadonlySet<number>
  readonly learned: number
}

interface GroupsSoFar {
  readonly before: ReadonlyMap<number, StoredGroup>
  readonly known: ReadonlyMap<number, number>
  readonly changes: ReadonlyMap<number, Known>
  readonly tree: Tree
}

/**
 * Finds the groups that are others now under the keys they had: the year node that they hang under, or the year in their
 * key, is another one. The source goes on naming them by the key alone, so that each old one leaves and a new one takes
 * over its place in the mirror.
 */
export async function turnGroups(
  context: CompareContext,
  collected: Collector,
  mirror: RecordMirror,
  { before, known, changes, tree }: GroupsSoFar,
): Promise<GroupTurn> {
  const { groups, deliveryType } = collected
  const staying = new Set<number>()
  const nodes = new Map<number, YearNode>()
  for (const [id, { kind, yearId }] of tree.placed) {
    const was = before.get(id)
    const isOwn = was?.sourceId === context.sourceId
    const mayGo = isOwn && speaksOf(id)
    if (isOwn && !mayGo) staying.add(id)
    nodes.set(id, {
      kind,
      kindBefore: was?.kind,
      yearId,
      yearBefore: was?.yearId ?? null,
      mayGo,
      yearTurned: changes.get(id)?.turn === 'turned',
    })
  }
  const turn = turnOfYears(nodes)
  const unread: number[] = []
  const leaving = new Set<number>()
  for (const id of turn.replaced) {
    leaving.add(id)
    if (readOf(id) === undefined && !goesWithItsYear(id)) unread.push(id)
  }
  for await (const { id, sent } of groupsById(context.session, context.siteId, unread)) {
    if (sent !== null) groups.readAgain(mirror.findId(id) as number, sent)
  }
  const added = new Map<number, number>()
  const replaced = new Map<number, number>()
  for (const id of turn.replaced) {
    const index = readOf(id)
    if (index === undefined) continue
    const ref = context.nextRef()
    added.set(index, ref)
    replaced.set(id, ref)
  }
  const learnedKeys = [...changes.values()].filter(({ turn: each }) => each === 'learned').length
  return {
    added,
    replaced,
    leaving,
    slots: [...leaving].flatMap((id) => mirror.findId(id) ?? []),
    staying,
    waiting: new Set([...staying].filter(waits)),
    learned: turn.learned + learnedKeys,
  }

  /** Whether the delivery says that the group is there: by a record that was not set aside, or in a delta by saying nothing. */
  function speaksOf(id: number): boolean {
    const said = known.get(id)
    if (said !== undefined) return groups.states.at(said) === TAKEN
    const slot = mirror.findId(id)
    if (slot === undefined || groups.isAside(slot)) return false
    const index = groups.readOf(slot)
    if (index !== undefined) return groups.states.at(index) === TAKEN
    return deliveryType !== 'full' || groups.hasSameBytes(slot)
  }

  function readOf(id: number): number | undefined {
    const slot = mirror.findId(id)
    return known.get(id) ?? (slot === undefined ? undefined : groups.readOf(slot))
  }

  /** In a delta that takes the year node away, what was under it and is not sent anew goes too. */
  function goesWithItsYear(id: number): boolean {
    let at: number | null = id
    while (at !== null && turn.replaced.has(at) && readOf(at) === undefined) {
      at = nodes.get(at)?.yearId ?? null
    }
    return at === null && deliveryType !== 'full'
  }

  function waits(id: number): boolean {
    const { sentKey, yearId } = before.get(id) as StoredGroup
    const slot = mirror.findId(id)
    if (slot === undefined || sentKey === null || !groups.isAside(slot)) return false
    if (collected.yearless.has(sentKey)) return true
    return yearId !== null && (!nodes.has(yearId) || turn.replaced.has(yearId))
  }
}
