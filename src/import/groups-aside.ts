import type { RecordMirror } from '../change/mirror.ts'
import type { StoredGroup } from '../store/lookups.ts'
import type { Collector } from './collect.ts'
import type { CompareContext } from './compare-persons.ts'
import type { Tree } from './group-tree.ts'
import { TAKEN } from './records-read.ts'

/** Sets every group of a cycle aside; true when there was one. */
export function setCyclesAside(
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

/**
 * Two groups would be known by one key once the year is part of it: those that say so now are set aside; true when there
 * were any.
 */
export function setSharedKeysAside(
  { problems }: CompareContext,
  { groups }: Collector,
  { keys, indexes, hasYears }: Tree,
  mirror: RecordMirror,
): boolean {
  if (!hasYears) return false
  const owners = new Map<string, number>()
  let found = false
  for (const [id, key] of keys) {
    if (key === null) continue
    const other = owners.get(key)
    owners.set(key, id)
    for (const each of other === undefined ? [] : [other, id]) {
      const index = indexes.get(each)
      if (index === undefined || groups.states.at(index) !== TAKEN) continue
      found = true
      groups.setReadAside(index)
      const slot = mirror.findId(each)
      if (slot !== undefined) groups.setSlotAside(slot)
      problems.add({ code: 'REKEY_CONFLICT', place: groups.places.at(index), kind: 'group', key })
    }
  }
  return found
}
