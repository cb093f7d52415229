import { compareGroups, type FieldChanges } from '../change/compare-fields.ts'
import type { RecordMirror } from '../change/mirror.ts'
import type { ParentRelation, Placed } from '../change/tree.ts'
import { turnOfKey } from '../change/years.ts'
import type { AdoptedBy } from '../roster/adoption.ts'
import { type GroupKind, type GroupRecord, rosterKey } from '../roster/group.ts'
import type { OtherName } from '../store/claims.ts'
import { activeGroups, archivedCourses, groupsById, type StoredGroup } from '../store/lookups.ts'
import type { Collector } from './collect.ts'
import { adoptGroups } from './adopt.ts'
import {
  type ClaimComparison,
  claimGroups,
  type HandedOver,
  handOver,
  reportUnknownDeletes,
} from './claims.ts'
import { type CompareContext, isFromAnother, isNothing } from './compare-persons.ts'
import { type Known, turnGroups } from './compare-years.ts'
import { resolveKeys, setConflictAside, sweep } from './known-keys.ts'
import { buildTree, groupWrites, isInTrouble, parentNames, type Tree } from './group-tree.ts'
import { setCyclesAside, setSharedKeysAside } from './groups-aside.ts'
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
  /** Groups that another takes the place of, under the same key in another year: id to its reference. */
  readonly replaced: ReadonlyMap<number, number>
  /** Groups that keep the year they have, whatever they hang under: they are set aside, or not spoken of. */
  readonly keepYear: ReadonlySet<number>
  /** Of them, those that may be of another year by now: their lists wait with them. */
  readonly waiting: ReadonlySet<number>
  /** How many groups get a year that they had not, or lose it, because the rules or what is a year changed. */
  readonly yearsLearned: number
  /** Groups whose school or year node changed without anything else: derived, not a change. */
  readonly schoolMoves: {
    readonly id: number
    readonly schoolId: number | null
    readonly yearId: number | null
  }[]
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
  const storedByKey = new Map(stored.map((group) => [group.sentKey, group]))
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
    const calledBefore = parentNames(groups, names, (index) => {
      const slot = groups.slots.at(index)
      const id = slot < 0 ? 0 : mirror.ids.at(slot)
      return id > 0 ? id : (added.get(index) ?? claimed.get(index) ?? idOf(known, index))
    })
    const told = { stored, added, known, removedIds, relation, reparented, aliases: calledBefore }
    const plain = buildTree(collected, told)
    // What is set aside stays where it was: the tree is made again without it.
    if (setCyclesAside(context, collected, plain, mirror, before)) continue

    const differences = await changesOfKnown(context, collected, known, before, mirror, touched)
    const soFar = { before, known, changes: differences, tree: plain }
    const years = await turnGroups(context, collected, mirror, soFar)
    for (const [index, ref] of years.added) added.set(index, ref)
    for (const id of years.leaving) removedIds.add(id)
    const aliases = new Map(
      [...calledBefore].map(([name, id]) => [name, years.replaced.get(id) ?? id]),
    )
    const tree = years.leaving.size === 0 ? plain : buildTree(collected, { ...told, aliases })
    if (setSharedKeysAside(context, collected, tree, mirror)) continue
    keepYears(tree, before, years.staying)

    const changes = new Map([...differences].map(([id, { changes: each }]) => [id, each]))
    const { writes, schoolMoves } = groupWrites(collected, before, tree, {
      known,
      changes,
      sourceId,
      adopted,
    })
    const claims = await claimGroups(context, collected, claimed)
    reportUnknownDeletes(context, 'group', groups, claims)
    await reportArchivedBefore(context, collected, added, years.added, tree)
    return {
      added,
      writes,
      removed: stored.filter(({ id }) => removedIds.has(id)),
      removedSlots: [...removedSlots, ...years.slots],
      handedOver: new Map(
        [...handed].map(([id, to]) => [id, { ...to, kind: (before.get(id) as StoredGroup).kind }]),
      ),
      claims,
      aliases,
      touched,
      replaced: years.replaced,
      keepYear: years.staying,
      waiting: years.waiting,
      yearsLearned: years.learned,
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

/** What differs of each known group, by roster id; and whether that makes it another group. */
async function changesOfKnown(
  { session, siteId }: CompareContext,
  { groups }: Collector,
  known: ReadonlyMap<number, number>,
  before: ReadonlyMap<number, StoredGroup>,
  mirror: RecordMirror,
  touched: number[],
): Promise<Map<number, Known>> {
  const changes = new Map<number, Known>()
  for await (const { id, sent, own } of groupsById(session, siteId, [...known.keys()])) {
    const index = known.get(id)
    if (index === undefined || groups.states.at(index) !== TAKEN) continue
    const record = groups.records.get(index)
    const was = sent ?? asSent(before.get(id) as StoredGroup, own, record)
    const changed = compareGroups(was, record)
    const slot = groups.slots.at(index)
    // A group that becomes a course gets its year with that: the rules make the same of it as before.
    const isSameKind = sent !== null && sent.kind === record.kind
    const turn = isSameKind ? turnOfKey(sent.year, record.year) : 'same'
    // Taken over, and the former owner sent just the same.
    if (slot >= 0 && isFromAnother(mirror, slot, id) && isNothing(changed)) touched.push(slot)
    else changes.set(id, { changes: changed, turn })
  }
  return changes
}

/** Groups that keep the year under which they are known, whatever they hang under. */
function keepYears(
  { placed }: Tree,
  before: ReadonlyMap<number, StoredGroup>,
  staying: ReadonlySet<number>,
): void {
  for (const id of staying) {
    const place = placed.get(id)
    if (place) placed.set(id, { ...place, yearId: before.get(id)?.yearId ?? null })
  }
}

/** @param replacing Courses that take the place of last year's: they are meant to be new. */
async function reportArchivedBefore(
  { session, siteId, problems }: CompareContext,
  { groups }: Collector,
  added: ReadonlyMap<number, number>,
  replacing: ReadonlyMap<number, number>,
  { placed }: Tree,
): Promise<void> {
  const courses = new Map<string, number>()
  for (const index of added.keys()) {
    if (replacing.has(index)) continue
    const record = groups.records.get(index)
    if (record.kind === 'course') courses.set(rosterKey(record), index)
  }
  if (courses.size === 0) return
  for (const { key, yearId } of await archivedCourses(session, siteId, [...courses.keys()])) {
    const index = courses.get(key) as number
    // One of another year is another course.
    if ((placed.get(added.get(index) as number)?.yearId ?? null) !== yearId) continue
    const place = groups.places.at(index)
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
      place: Math.max(0, place),
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
