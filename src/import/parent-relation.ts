import { detectParentRelation, parentKeyOf, type ParentRelation } from '../change/tree.ts'
import type { RecordMirror } from '../change/mirror.ts'
import { groupsById, type StoredGroup } from '../store/lookups.ts'
import type { Collector } from './collect.ts'
import type { CompareContext } from './compare-persons.ts'

/** What rules say about the relation that names the parent, and what was decided for an earlier delivery. */
export interface ParentDecision {
  readonly rule: ParentRelation | 'detect'
  readonly kept: ParentRelation | undefined
}

/**
 * Which relation names the parent in this delivery. Groups whose bytes are known count too, though their links were
 * not read: a single new group that names its children only turns nothing over.
 */
export async function decideParentRelation(
  { session, siteId }: CompareContext,
  { groups, relations }: Collector,
  mirror: RecordMirror,
  { rule, kept }: ParentDecision,
): Promise<ParentRelation | undefined> {
  if (rule !== 'detect') return rule
  const detected = detectParentRelation(relations) ?? kept
  if (detected !== 2 || kept !== 1) return detected
  const unread: number[] = []
  for (let slot = 0; slot < mirror.length; slot++) {
    const id = mirror.ids.at(slot)
    if (id > 0 && groups.hasSameBytes(slot)) unread.push(id)
  }
  for await (const { sent } of groupsById(session, siteId, unread)) {
    if (sent?.links.some(({ relation, key }) => relation === 1 && key !== sent.key)) return 1
  }
  return detected
}

/**
 * The parents of groups that say nothing new, by another relation than the one by which they were placed: roster id
 * to key.
 */
export async function parentsByRelation(
  { session, siteId, sourceId }: CompareContext,
  { groups }: Collector,
  stored: readonly StoredGroup[],
  relation: ParentRelation,
): Promise<Map<number, string | undefined>> {
  const own = stored.filter((group) => group.sourceId === sourceId).map(({ id }) => id)
  const parents = new Map<number, string | undefined>()
  for await (const { id, sent } of groupsById(session, siteId, own)) {
    if (sent === null) continue
    const isLeftOut = (key: string): boolean => groups.isLeftOut(key)
    parents.set(id, parentKeyOf(sent.key, sent.links, relation, isLeftOut))
  }
  return parents
}
