import { compareGroups, type FieldChanges } from '../change/compare-fields.ts'
import type { RecordMirror } from '../change/mirror.ts'
import type { ParentRelation, Placed } from '../change/tree.ts'
import type { AdoptedBy } from '../roster/adoption.ts'
import type { GroupKind, GroupRecord } from '../roster/group.ts'
import type { OtherName } from '../store/claims.ts'
import { activeGroups, archivedCourseKeys, groupsById, type StoredGroup } from '../store/lookups.ts'
import type { Collector } from './collect.ts'
import { adoptGroups } from './adopt.ts'
import {
  type ClaimComparison,
  claimGroups,
  type HandedOver,
  handOver,
  reportUnknownDeletes,
} from './claims.ts'
import {
  type CompareContext,
  isFromAnother,
  isNothing,
  resolveKeys,
  setConflictAside,
  sweep,
} from './compare-persons.ts'
import { buildTree, groupWrites, isInTrouble, parentNames, type Tree } from './group-tree.ts'
import { decideParentRelation, type ParentDecision, parentsByRelation } from './parent-relation.ts'
import { TAKEN } from './records-read.ts'

export interface GroupWrite {
  readonly id: number
  /** Number of the record among those read; undefined where only its place in the tree changes. */
  readonly index?: number
  readonly action: 'update' | 'rekey'
  readonly key: string | null
  /** False for a group of another source, or made by hand, that only moves with one of this source. */
  readonly isOwn: boolean
  readonly changes?: FieldChanges
  readonly kindBefore: GroupKind
  readonly placed: Placed
  /** How it was recognised, where it was made by hand. */
  readonly adoptedBy?: AdoptedBy
  readonly parentBefore: number | null
  readonly parentKey: string | undefined
  /** Its parent as shown changed: a change of the group even where it says what it said before. */
  readonly moved: boolean
}

export interface GroupComparison {
  /** Numbers of new records, and their references. */
  readonly added: Map<number, number>
  readonly writes: GroupWrite[]
  readonly removed: StoredGroup[]
  readonly removedSlots: number[]
  /** Groups that another source takes over, by id. */
  readonly handedOver: ReadonlyMap<number, HandedOver & { readonly kind: GroupKind }>
  readonly claims: ClaimComparison
  /** Names by which a group may be called as a parent beside its key. */
  readonly aliases: ReadonlyMap<string, number>
  readonly touched: number[]
  /** Groups whose school changed without anything else: derived, not a change. */
  readonly schoolMoves: { readonly id: number; readonly schoolId: number | null }[]
  /** Where each group is after this plan, by id or reference. */
  readonly placed: ReadonlyMap<
    number,
    Placed & { readonly kind: GroupKind; readonly title: string }
  >
  readonly before: ReadonlyMap<number, StoredGroup>
  readonly parentKeys: ReadonlyMap<number, string | undefined>
  readonly relation: ParentRelation | undefined
  /** Where another relation names the parent than last time: parents of the groups that were not read, by id. */
  readonly reparented: ReadonlyMap<number, string | undefined> | undefined
  /** Groups in trouble about their parents, whose outcome depends on others. */
  readonly unsettled: ReadonlySet<number>
}

export async function compareGroupRecords(
  context: CompareContext,
  collected: Collector,
  mirror: RecordMirror,
  decided: ParentDecision,
  names: readonly OtherName[],
): Promise<GroupComparison> {
  const { session, siteId, sourceId } = context
  const { groups } = collected
  const stored = await activeGroups(session, siteId)
  const before = new Map(stored.map((group) => [group.id, group]))
  const storedByKey = new Map(stored.map((group) => [group.key, group]))
  const relation = await decideParentRelation(context, collected, mirror, decided)
  const reparented =
    relation === undefined || decided.kept === undefined || relation === decided.kept
      ? undefined
      : await parentsByRelation(context, collected, stored, relation)
  reportRelation(context, groups.length, relation)

  for (;;) {
    const { fresh, known, rekeyed } = resolveKeys(context, groups, mirror)
    for (const [index, oldSlot] of rekeyed) {
      if (!storedByKey.has(groups.records.get(index).key)) continue
      rekeyed.delete(index)
      known.delete(mirror.ids.at(oldSlot))
      setConflictAside(context.problems, groups, index, oldSlot)
    }
    const added = new Map<number, number>()
    const claimed = new Map<number, number>()
    for (const index of fresh) {
      const owner = storedByKey.get(groups.keyOf(index))
      if (!owner) added.set(index, context.nextRef())
      else if (owner.sourceId === null || owner.sourceId === sourceId) known.set(owner.id, index)
      else claimed.set(index, owner.id)
    }
    const adopted = await adoptGroups(context, collected, [...added.keys()], storedByKey, relation)
    for (const [index, { id }] of adopted) {
      added.delete(index)
      known.set(id, index)
    }
    const { removedSlots, touched } = sweep(context, groups, mirror, rekeyed)
    const removedIds = new Set(removedSlots.map((slot) => mirror.ids.at(slot)))
    const leaving = stored.flatMap(({ id, key }) =>
      removedIds.has(id) && key !== null ? [{ id, key }] : [],
    )
    const handed = await handOver(context, 'group', groups, leaving)
    for (const id of handed.keys()) removedIds.delete(id)
    const aliases = parentNames(groups, names, (index) => {
      const slot = groups.slots.at(index)
      const id = slot < 0 ? 0 : mirror.ids.at(slot)
      return id > 0 ? id : (added.get(index) ?? claimed.get(index) ?? idOf(known, index))
    })
    const told = { stored, added, known, removedIds, relation, reparented, aliases }
    const tree = buildTree(collected, told)
    const cyclic = setCyclesAside(context, collected, tree, mirror, before)
    // What is set aside stays where it was: the tree is made again without it.
    if (cyclic) continue

    const { writes, schoolMoves } = groupWrites(collected, before, tree, {
      known,
      changes: await changesOfKnown(context, collected, known, before, mirror, touched),
      isRekeyed: (index) => rekeyed.has(index),
      sourceId: context.sourceId,
      adopted,
    })
    const claims = await claimGroups(context, collected, claimed)
    reportUnknownDeletes(context, 'group', groups, claims)
    await reportArchivedBefore(context, collected, added)
    return {
      added,
      writes,
      removed: stored.filter(({ id }) => removedIds.has(id)),
      removedSlots,
      handedOver: new Map(
        [...handed].map(([id, to]) => [id, { ...to, kind: (before.get(id) as StoredGroup).kind }]),
      ),
      claims,
      aliases,
      touched,
      schoolMoves,
      placed: tree.placed,
      before,
      parentKeys: tree.parentKeys,
      relation,
      reparented,
      unsettled: reportTrouble(context, collected, tree, mirror),
    }
  }
}

function reportRelation(
  { problems }: CompareContext,
  groupsRead: number,
  relation: ParentRelation | undefined,
): void {
  if (relation === 2 && groupsRead > 0) {
    problems.add({ code: 'RELATION_2_IS_PARENT', place: 0, kind: 'group' })
  }
}

/** Sets every group of a cycle aside; true when there was one. */
function setCyclesAside(
  { problems }: CompareContext,
  { groups }: Collector,
  { placed, indexes }: Tree,
  mirror: RecordMirror,
  before: ReadonlyMap<number, StoredGroup>,
): boolean {
  let found = false
  for (const [id, { trouble }] of placed) {
    if (trouble !== 'cycle') continue
    const index = indexes.get(id)
    if (index === undefined) {
      // It says what it said before: others have made a cycle of it.
      const slot = mirror.findId(id)
      if (slot === undefined || !groups.isSeen(slot) || groups.isAside(slot)) continue
      groups.setSlotAside(slot)
      const place = groups.placeOf(slot)
      const key = before.get(id)?.key ?? ''
      problems.add({ code: 'PARENT_CYCLE', place, kind: 'group', key })
      continue
    }
    found = true
    groups.setReadAside(index)
    problems.add({
      code: 'PARENT_CYCLE',
      place: groups.places.at(index),
      kind: 'group',
      key: groups.records.get(index).key,
    })
    const slot = mirror.findId(id)
    if (slot !== undefined) groups.setSlotAside(slot)
  }
  return found
}

async function changesOfKnown(
  { session, siteId }: CompareContext,
  { groups }: Collector,
  known: ReadonlyMap<number, number>,
  before: ReadonlyMap<number, StoredGroup>,
  mirror: RecordMirror,
  touched: number[],
): Promise<Map<number, FieldChanges>> {
  const changes = new Map<number, FieldChanges>()
  for await (const { id, sent, own } of groupsById(session, siteId, [...known.keys()])) {
    const index = known.get(id)
    if (index === undefined || groups.states.at(index) !== TAKEN) continue
    const record = groups.records.get(index)
    const changed = compareGroups(
      sent ?? asSent(before.get(id) as StoredGroup, own, record),
      record,
    )
    const slot = groups.slots.at(index)
    // Taken over, and the former owner sent just the same.
    if (slot >= 0 && isFromAnother(mirror, slot, id) && isNothing(changed)) touched.push(slot)
    else changes.set(id, changed)
  }
  return changes
}

async function reportArchivedBefore(
  { session, siteId, problems }: CompareContext,
  { groups }: Collector,
  added: ReadonlyMap<number, number>,
): Promise<void> {
  const courses = new Map<string, number>()
  for (const index of added.keys()) {
    const { kind, key } = groups.records.get(index)
    if (kind === 'course') courses.set(key, index)
  }
  if (courses.size === 0) return
  for (const key of await archivedCourseKeys(session, siteId, [...courses.keys()])) {
    const place = groups.places.at(courses.get(key) as number)
    problems.add({ code: 'COURSE_ARCHIVED_BEFORE', place, kind: 'group', key })
  }
}

function reportTrouble(
  { problems }: CompareContext,
  { groups }: Collector,
  { placed, parentKeys, indexes }: Tree,
  mirror: RecordMirror,
): ReadonlySet<number> {
  const unsettled = new Set<number>()
  for (const [id, { trouble }] of placed) {
    const parentKey = parentKeys.get(id)
    if (!isInTrouble(groups, trouble, parentKey)) continue
    unsettled.add(id)
    const index = indexes.get(id)
    const slot = mirror.findId(id)
    const read = slot === undefined ? undefined : groups.readOf(slot)
    const place =
      index !== undefined
        ? groups.places.at(index)
        : read !== undefined
          ? groups.places.at(read)
          : slot === undefined
            ? 0
            : groups.placeOf(slot)
    problems.add({
      code: trouble === 'left' ? 'PARENT_LEFT' : 'PARENT_UNKNOWN',
      place,
      kind: 'group',
      ...(parentKey === undefined ? {} : { found: parentKey }),
    })
  }
  return unsettled
}

/** What the user had of his own, of the fields that the source sends now: what it is compared with when a source adopts it. */
function asSent(
  { kind, title }: StoredGroup,
  own: { readonly [field: string]: unknown },
  { fields }: GroupRecord,
): GroupRecord {
  const had = Object.entries(own).filter(
    ([field, value]) => field in fields && typeof value === 'string',
  )
  return { key: '', kind, fields: { ...Object.fromEntries(had), title }, links: [], extension: [] }
}

function idOf(known: ReadonlyMap<number, number>, index: number): number | undefined {
  for (const [id, at] of known) if (at === index) return id
  return undefined
}
