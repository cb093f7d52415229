import { type Delay, type WaitingChange, waits } from '../change/waiting.ts'
import type { Collector } from './collect.ts'
import type { Comparison } from './compare.ts'
import type { CompareContext } from './compare-persons.ts'
import { tiesOfStaying } from './other-sources.ts'
import { withholdGroups } from './withhold-groups.ts'
import { withholdLists, withoutLists } from './withhold-lists.ts'
import { waitForUsernames } from './withhold-usernames.ts'

/** What of the mirror stays as it was, and is read again next time so that what waits is planned again. */
export interface WaitingMarks {
  readonly persons: ReadonlySet<number>
  readonly groups: ReadonlySet<number>
  /** Groups whose lists are compared again. */
  readonly lists: ReadonlySet<number>
  /** Lists may have been read as naming somebody whom the rules leave out, and who stays after all: all are read. */
  readonly everyList: boolean
  /** Groups wait to hang where another relation says than last time: the source's relation stays what it was, too. */
  readonly reparented: boolean
}

/** A comparison without what waits, and what that is. */
export interface Withheld {
  readonly comparison: Comparison & { readonly waiting: WaitingMarks }
  readonly changes: readonly WaitingChange[]
}

/**
 * Takes out of a comparison what the source's mode delays, with everything that follows: usernames that are not freed
 * after all, children under groups that stay, schools of groups, memberships of those who stay. What comes back is a
 * comparison like any other: plan, mirror, counts and journal are made of it as always, and what is not in it is
 * found again the next time, against a mirror that says what it said before.
 *
 * @returns undefined where nothing waits.
 */
export async function withhold(
  context: Pick<CompareContext, 'session' | 'siteId' | 'sourceId'>,
  collected: Collector,
  comparison: Comparison,
  delay: Delay,
): Promise<Withheld | undefined> {
  if (delay.mode === 'everything') return undefined
  const changes: WaitingChange[] = []
  const { persons: staying, relations } = withholdPersons(collected, comparison, delay, changes)
  const { persons, waiting } = await waitForUsernames(
    context,
    collected,
    comparison.persons,
    staying,
  )
  for (const { id, profileBefore: profile } of waiting) {
    changes.push({
      ...NOTHING,
      kind: 'person',
      action: 'update',
      id,
      profile,
      fields: ['username'],
    })
  }
  const groups = withholdGroups(collected, comparison.groups, context.sourceId, delay, changes)
  const lists = withholdLists(
    withoutLists(comparison.lists, groups.waitingRefs),
    {
      persons: new Set(persons.removed.map(({ id }) => id)),
      groups: new Set(groups.comparison.removed.map(({ id }) => id)),
    },
    delay,
    changes,
  )
  if (changes.length === 0) return undefined
  const waitingPersons = new Set<number>()
  const waitingGroups = new Set(groups.unheard)
  for (const { kind, id, otherId } of changes) {
    if (kind === 'person') waitingPersons.add(id)
    else if (kind === 'group') waitingGroups.add(id)
    else if (kind === 'relation') waitingPersons.add(id).add(otherId)
  }
  for (const id of comparison.groups.removed.map((group) => group.id)) {
    if (waitingGroups.has(id)) lists.waiting.add(id)
  }
  return {
    changes,
    comparison: {
      ...comparison,
      persons,
      groups: groups.comparison,
      ...tiesOfStaying(comparison, persons.removed, groups.comparison.removed),
      lists: lists.comparison,
      relations: { ...comparison.relations, changes: relations },
      waiting: {
        persons: waitingPersons,
        groups: waitingGroups,
        lists: lists.waiting,
        reparented: groups.reparented,
        everyList: someoneLeftOutStays(collected, comparison, waitingPersons, waitingGroups),
      },
    },
  }
}

function withholdPersons(
  collected: Collector,
  { persons, relations }: Comparison,
  delay: Delay,
  changes: WaitingChange[],
): Pick<Comparison, 'persons'> & { readonly relations: Comparison['relations']['changes'] } {
  const stays = new Set<number>()
  const removed = persons.removed.filter(({ id, profile }) => {
    if (!waits(delay, { kind: 'person', effect: 'remove', person: id, profile })) return true
    stays.add(id)
    changes.push({ ...NOTHING, kind: 'person', action: 'remove', id, profile })
    return false
  })
  const writes = persons.writes.filter((write) => {
    const { id, index, action, profileBefore: profile } = write
    if (action === 'restore') return true
    if (!waits(delay, { kind: 'person', effect: 'update', person: id, profile })) return true
    const fields = Object.keys({ ...write.changes.before, ...write.changes.after })
    if (write.keyBefore !== collected.persons.keyOf(index)) fields.push('key')
    changes.push({ ...NOTHING, kind: 'person', action, id, profile, fields })
    return false
  })
  const related = relations.changes.filter(({ personId, otherId, kind, saidAfter }) => {
    // Who says so is no change that anyone sees.
    const effect = saidAfter === 0 ? 'remove' : 'add'
    const change = { kind: 'relation', effect, person: personId, other: otherId } as const
    if (!waits(delay, change)) return true
    changes.push({
      ...NOTHING,
      kind: 'relation',
      action: 'remove',
      id: personId,
      otherId,
      relation: kind,
    })
    return false
  })
  return {
    persons: {
      ...persons,
      removed,
      writes,
      removedSlots: persons.removedSlots.filter((slot) => !stays.has(collected.persons.idAt(slot))),
    },
    relations: related,
  }
}

const NOTHING = { otherId: 0, relation: '', fields: [] } as const

/** Whether the removal of a record waits that the rules leave out: lists name it, and it is no member by them. */
function someoneLeftOutStays(
  { persons, groups }: Collector,
  comparison: Comparison,
  waitingPersons: ReadonlySet<number>,
  waitingGroups: ReadonlySet<number>,
): boolean {
  const isLeftOut = (
    read: Collector['persons'] | Collector['groups'],
    removed: readonly number[],
    waiting: ReadonlySet<number>,
  ): boolean => {
    const left = new Set(read.notTaken.slots.array.subarray(0, read.notTaken.slots.length))
    return removed.some((slot) => left.has(slot) && waiting.has(read.idAt(slot)))
  }
  return (
    isLeftOut(persons, comparison.persons.removedSlots, waitingPersons) ||
    isLeftOut(groups, comparison.groups.removedSlots, waitingGroups)
  )
}
