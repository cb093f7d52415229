import { CopyRows } from '../store/copy-rows.ts'
import { type ClaimComparison, fingerprintOf } from './claims.ts'
import type { Collector } from './collect.ts'
import type { Comparison } from './compare.ts'
import type { RecordsRead } from './records-read.ts'

type TiePart = 'claim' | 'takeover' | 'alias' | 'other_membership' | 'look_again' | 'adoption'

/** Rows of what a plan has to do with other sources. */
export function tieRows(
  collected: Collector,
  { persons, groups, aliases, others }: Comparison,
): { readonly [part in TiePart]: CopyRows } {
  const claim = new CopyRows()
  addClaims(claim, 'person', collected.persons, persons.claims)
  addClaims(claim, 'group', collected.groups, groups.claims)
  const takeover = new CopyRows()
  for (const [kind, { handedOver }] of [
    ['person', persons],
    ['group', groups],
  ] as const) {
    for (const { id, sourceId, keyBefore, key } of handedOver.values()) {
      takeover.add(kind, id, sourceId, keyBefore, key)
    }
  }
  const alias = new CopyRows()
  for (const { set, dropped } of [aliases.persons, aliases.groups]) {
    for (const { kind, key, id } of dropped) alias.add('drop', kind, key, id)
    for (const { kind, key, id } of set) alias.add('set', kind, key, id)
  }
  const other = new CopyRows()
  for (const [action, memberships] of [
    ['end', others.ended],
    ['add', others.restored],
  ] as const) {
    for (const m of memberships) {
      other.add(
        action,
        m.sourceId,
        m.groupId,
        m.personId,
        m.role,
        m.active,
        m.begins,
        m.ends,
        m.detail,
      )
    }
  }
  const again = new CopyRows()
  for (const { sourceId, groupId } of others.lists) again.add(sourceId, 'list', groupId)
  const adoption = new CopyRows()
  for (const [kind, writes] of [
    ['person', persons.writes],
    ['group', groups.writes],
  ] as const) {
    for (const { id, adoptedBy } of writes) if (adoptedBy) adoption.add(kind, id, adoptedBy)
  }
  return { adoption, claim, takeover, alias, other_membership: other, look_again: again }
}

function addClaims<R extends { readonly key: string }>(
  rows: CopyRows,
  kind: 'person' | 'group',
  read: RecordsRead<R>,
  { set, dropped }: ClaimComparison,
): void {
  for (const { key, id } of dropped) rows.add('drop', kind, key, id, null, null, null)
  for (const { index, id, joinedBy } of set) {
    const record = JSON.stringify(read.records.get(index))
    rows.add('set', kind, read.keyOf(index), id, joinedBy, fingerprintOf(read, index), record)
  }
}
