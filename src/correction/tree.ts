import { placeGroups, type TreeNode } from '../change/tree.ts'
import type { Session } from '../store/connect.ts'
import { goneIn, moveGroups, treeMoved } from '../store/hand-effects.ts'
import { activeGroups } from '../store/lookups.ts'
import type { HandContext } from '../store/rewrite.ts'

/**
 * Hangs every group under its parent again after a run by hand: children of what went under the nearest ancestor
 * left, children of what came back under it. Their schools follow.
 */
export async function settleTree(session: Session, hand: HandContext): Promise<void> {
  if (!(await treeMoved(session, hand))) return
  const groups = await activeGroups(session, hand.siteId)
  const gone = await goneIn(session, hand)
  const nodes: TreeNode[] = groups.map((group) => ({
    id: group.id,
    key: group.sentKey ?? `#${group.id}`,
    kind: group.kind,
    parentKey: group.parentKey ?? undefined,
    parentBefore: group.parentId,
  }))
  const goneByKey = new Map<string, number>()
  for (const [id, { key }] of gone) goneByKey.set(key ?? `#${id}`, id)
  const placed = placeGroups(
    nodes,
    new Map([...gone].map(([id, { parentId }]) => [id, parentId])),
    goneByKey,
  )
  const moves = groups.flatMap(({ id, parentId, schoolId, yearId }) => {
    const now = placed.get(id)
    // A circle is left as it hangs: an import says which groups are to blame.
    if (!now || now.trouble === 'cycle') return []
    const isSame = now.parentId === parentId && now.schoolId === schoolId && now.yearId === yearId
    return isSame ? [] : [{ id, ...now }]
  })
  await moveGroups(session, hand, moves)
}
