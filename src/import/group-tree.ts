import type { FieldChanges } from '../change/compare-fields.ts'
import {
  parentKeyOf,
  placeGroups,
  type ParentRelation,
  type Placed,
  type TreeNode,
} from '../change/tree.ts'
import { type GroupKind, type GroupRecord, rosterKey } from '../roster/group.ts'
import type { OtherName } from '../store/claims.ts'
import type { StoredGroup } from '../store/lookups.ts'
import { adoptedBy, type Adoptions, NO_ADOPTIONS } from './adopt.ts'
import type { Collector } from './collect.ts'
import type { GroupComparison, GroupWrite } from './compare-groups.ts'
import { TAKEN } from './records-read.ts'

/** Where every group of the site hangs once a plan is applied. */
export interface Tree {
  readonly placed: Map<number, Placed & { readonly kind: GroupKind; readonly title: string }>
  readonly parentKeys: Map<number, string | undefined>
  /** Number of the record read, by id or reference. */
  readonly indexes: Map<number, number>
  /** What each group is known by. */
  readonly keys: Map<number, string | null>
  /** Whether a year is part of the key of any group that was read. */
  readonly hasYears: boolean
}

/** What a tree is made of: the groups that there are, and what tonight's delivery tells of them. */
export interface Told {
  readonly stored: Iterable<StoredGroup>
  readonly added: ReadonlyMap<number, number>
  /** Roster id to number of the record, of groups that say something new. */
  readonly known: ReadonlyMap<number, number>
  readonly removedIds: ReadonlySet<number>
  readonly relation: ParentRelation | undefined
  readonly reparented: ReadonlyMap<number, string | undefined> | undefined
  /** Further keys of groups, for parents that are named by one. */
  readonly aliases: ReadonlyMap<string, number>
  /** Groups that stay where they hang, if that is still there. */
  readonly staying?: (id: number) => boolean
  /** Keys that groups are to have and do not have yet, by id. */
  readonly comingKeys?: ReadonlyMap<number, string>
}

/** Hangs every group of the site anew: those of this delivery by what they say now, all others by what was said of them last. */
export function buildTree(
  { groups }: Collector,
  { stored, added, known, removedIds, relation, reparented, aliases, staying, comingKeys }: Told,
): Tree {
  const nodes: TreeNode[] = []
  const titles = new Map<number, string>()
  const indexes = new Map<number, number>()
  const keys = new Map<number, string | null>()
  let hasYears = false
  const gone = new Map<number, number | null>()
  const goneByKey = new Map<string, number>()
  const push = (id: number, record: GroupRecord, parentBefore: number | null | undefined): void => {
    const parentKey = parentKeyOf(record.key, record.links, relation ?? 1, (key) =>
      groups.isLeftOut(key),
    )
    nodes.push({ id, key: record.key, kind: record.kind, parentKey, parentBefore })
    titles.set(id, record.fields.title ?? record.key)
    keys.set(id, rosterKey(record))
    hasYears ||= record.year !== undefined
  }
  for (const group of stored) {
    if (removedIds.has(group.id)) {
      gone.set(group.id, group.parentId)
      if (group.sentKey !== null) goneByKey.set(group.sentKey, group.id)
      continue
    }
    const index = known.get(group.id)
    if (index !== undefined && groups.states.at(index) === TAKEN) {
      indexes.set(group.id, index)
      push(group.id, groups.records.get(index), group.parentId)
      continue
    }
    const stays = staying?.(group.id) === true
    const moves = !stays && reparented?.has(group.id) === true
    const comingKey = comingKeys?.get(group.id)
    nodes.push({
      id: group.id,
      key: group.sentKey ?? `#${group.id}`,
      ...(comingKey === undefined ? {} : { comingKey }),
      kind: group.kind,
      parentKey: moves ? reparented.get(group.id) : (group.parentKey ?? undefined),
      parentBefore: moves ? undefined : group.parentId,
      ...(stays ? { stays } : {}),
    })
    titles.set(group.id, group.title)
    keys.set(group.id, group.key)
  }
  for (const [index, ref] of added) {
    indexes.set(ref, index)
    push(ref, groups.records.get(index), undefined)
  }
  const placed = placeGroups(nodes, gone, goneByKey, aliases)
  return {
    placed: new Map(
      nodes.map(({ id, kind }) => [
        id,
        { ...(placed.get(id) as Placed), kind, title: titles.get(id) as string },
      ]),
    ),
    parentKeys: new Map(nodes.map(({ id, parentKey }) => [id, parentKey])),
    indexes,
    keys,
    hasYears,
  }
}

/** What a group changes, whose record was read or whose place in the tree moves. */
export function groupWrites(
  { groups }: Collector,
  before: ReadonlyMap<number, StoredGroup>,
  { placed, parentKeys }: Pick<Tree, 'placed' | 'parentKeys'>,
  told: {
    readonly known: ReadonlyMap<number, number>
    readonly changes: ReadonlyMap<number, FieldChanges>
    readonly sourceId: number
    readonly adopted?: Adoptions
  },
): Pick<GroupComparison, 'writes' | 'schoolMoves'> {
  const { known, changes, sourceId, adopted = NO_ADOPTIONS } = told
  const writes: GroupWrite[] = []
  const schoolMoves: GroupComparison['schoolMoves'] = []
  for (const [id, place] of placed) {
    const was = before.get(id)
    if (!was) continue
    const changed = changes.get(id)
    const moved = was.parentId !== place.parentId
    const pointsElsewhere = (was.parentKey ?? undefined) !== parentKeys.get(id)
    if (changed || moved || pointsElsewhere) {
      const index = changed ? known.get(id) : undefined
      const key = index === undefined ? was.key : rosterKey(groups.records.get(index))
      writes.push({
        id,
        ...(index === undefined ? {} : { index }),
        action: index !== undefined && key !== was.key && was.key !== null ? 'rekey' : 'update',
        key,
        isOwn: was.sourceId === sourceId || index !== undefined,
        ...(changed ? { changes: changed } : {}),
        kindBefore: was.kind,
        placed: place,
        ...(index === undefined ? {} : adoptedBy(adopted, index)),
        parentBefore: was.parentId,
        parentKey: parentKeys.get(id),
        moved,
      })
    } else if (was.schoolId !== place.schoolId || was.yearId !== place.yearId) {
      schoolMoves.push({ id, schoolId: place.schoolId, yearId: place.yearId })
    }
  }
  return { writes, schoolMoves }
}

/** A parent that the rules leave out is known: its child hangs under the site, or where it did, for good. */
export function isInTrouble(
  groups: Collector['groups'],
  trouble: Placed['trouble'],
  parentKey: string | undefined,
): boolean {
  return trouble !== undefined && (parentKey === undefined || !groups.isLeftOut(parentKey))
}

/** Names by which a group may be called as a parent beside its key: those that tonight's records say go before. */
export function parentNames(
  groups: Collector['groups'],
  names: readonly OtherName[],
  idOf: (index: number) => number | undefined,
): ReadonlyMap<string, number> {
  const aliases = new Map<string, number>()
  for (const { kind, key, id } of names) if (kind === 'group') aliases.set(key, id)
  for (const [index, keys] of groups.aliases) {
    const id = groups.states.at(index) === TAKEN ? idOf(index) : undefined
    for (const key of id === undefined ? [] : keys) aliases.set(key, id as number)
  }
  return aliases
}
