import type { ListMirror } from '../change/list-mirror.ts'
import { COUNTRIES, type Country } from '../numbers/number.ts'
import { checkNumber } from '../numbers/read.ts'
import type { Rules } from '../rules/contract.ts'
import type { RecordKind } from '../roster/record.ts'
import { otherNames } from '../store/claims.ts'
import type { LookAgain } from '../store/look-again.ts'
import { type AliasComparison, compareAliases } from './aliases.ts'
import type { Collector, Mirror } from './collect.ts'
import { compareGroupRecords, type GroupComparison } from './compare-groups.ts'
import { compareLists, type ListComparison, type ReadAgain } from './compare-lists.ts'
import {
  comparePersonRecords,
  type CompareContext,
  type PersonComparison,
} from './compare-persons.ts'
import { compareRelations, type RelationComparison } from './compare-relations.ts'
import { groupsElsewhere, PersonsElsewhere } from './elsewhere.ts'
import { otherSources, type OtherSources } from './other-sources.ts'
import {
  leaveOutSameNumbers,
  type Suspected,
  suspectGroupPairs,
  suspectPersonPairs,
} from './suspects.ts'
import { isUnchanged, nothingToDo } from './unchanged.ts'
import type { WaitingMarks } from './withhold.ts'
import { makeUsernames, restoredWithoutUsername, writeNameless } from './usernames.ts'

/** Everything that a delivery does to the roster, kind by kind. */
export interface Comparison {
  readonly persons: PersonComparison
  readonly groups: GroupComparison
  readonly lists: ListComparison
  readonly relations: RelationComparison
  readonly aliases: { readonly persons: AliasComparison; readonly groups: AliasComparison }
  /** What becomes of memberships that are not the source's. */
  readonly others: OtherSources
  /** Number of the record to the username made for it. */
  readonly usernames: ReadonlyMap<number, string>
  /** Records that leave and are probably sent under new keys. */
  readonly suspected: Suspected
  /** Kinds whose absence means nothing in this delivery, because a record had no readable key. */
  readonly removalsLeftOut: readonly RecordKind[]
  /** Kinds that this full delivery should carry and does not. */
  readonly missingKinds: readonly RecordKind[]
  /** How many references were given to new records: -2, -3, … */
  readonly refs: number
  /** Set where something of it was taken out because it waits. */
  readonly waiting?: WaitingMarks
}

/** References of new records begin here: -1 in the mirror means "not taken". */
export const FIRST_REF = -2

export async function compare(
  base: Omit<CompareContext, 'nextRef' | 'removesAbsent'> & {
    readonly hasAliases: boolean
    readonly hasClaims: boolean
    readonly again: LookAgain
  },
  collected: Collector,
  mirror: Mirror,
  rules: Rules,
  keptRelation: 1 | 2 | undefined,
  readAgain: ReadAgain,
): Promise<Comparison> {
  const { session, siteId, again } = base
  if (isUnchanged(collected, mirror, base)) return nothingToDo(keptRelation)
  let next = FIRST_REF
  const nextRef = (): number => next--
  const unreadable: { readonly [kind in RecordKind]: boolean } = {
    person: collected.persons.unreadableKeys > 0,
    group: collected.groups.unreadableKeys > 0,
    membership: collected.lists.unreadableLists > 0,
  }
  const hadRecords: { readonly [kind in RecordKind]: boolean } = {
    person: hasAny(mirror.persons.ids.array, mirror.persons.length),
    group: hasAny(mirror.groups.ids.array, mirror.groups.length),
    membership: hasMembers(mirror.lists),
  }
  const full = collected.deliveryType === 'full'
  const missingKinds = full
    ? rules.carries.filter((kind) => hadRecords[kind] && !collected.seenKinds.has(kind))
    : []
  const contextOf = (kind: RecordKind): CompareContext => ({
    ...base,
    nextRef,
    removesAbsent: full && rules.carries.includes(kind) && !unreadable[kind],
  })

  const names = base.hasOthers || base.hasAliases ? await otherNames(session, siteId) : []
  const [person, group] = [contextOf('person'), contextOf('group')]
  const persons = await comparePersonRecords(person, collected, mirror.persons, rules)
  const suspectedPersons = await suspectPersonPairs(person, collected, persons, (text) =>
    checkNumber(text, numberCountries(rules), { acceptSynthetic: true, today: base.today }),
  )
  leaveOutSameNumbers(person, collected, mirror.persons, persons, suspectedPersons)
  const decided = { rule: rules.parentRelation, kept: keptRelation }
  const groups = await compareGroupRecords(group, collected, mirror.groups, decided, names)
  const aliases = {
    persons: await compareAliases(
      person,
      'person',
      collected.persons,
      mirror.persons,
      persons,
      names,
    ),
    groups: await compareAliases(group, 'group', collected.groups, mirror.groups, groups, names),
  }
  const takes = (kind: RecordKind): boolean => rules.takes.includes(kind)
  const elsewhere = new PersonsElsewhere(person, aliases.persons.names, !takes('person'))
  for (const index of await restoredWithoutUsername(contextOf('person'), collected, persons)) {
    persons.withoutUsername.add(index)
  }
  await writeNameless(contextOf('person'), collected, persons, mirror.persons, rules)
  const usernames = await makeUsernames(contextOf('person'), collected, persons, rules)
  const lists = await compareLists(
    contextOf('membership'),
    collected,
    mirror,
    persons,
    groups,
    {
      persons: elsewhere,
      groups: groupsElsewhere(group, groups.before.values(), aliases.groups.names, !takes('group')),
      again: again.lists,
      letGo: [...persons.handedOver.keys(), ...persons.claims.dropped.map(({ id }) => id)],
      renamed: { persons: aliases.persons.losers, groups: aliases.groups.losers },
    },
    readAgain,
  )
  const relations = await compareRelations(person, collected, mirror.persons, persons, elsewhere)
  const suspectedGroups = suspectGroupPairs(collected, groups, lists, suspectedPersons)
  collected.lists.forgetColumns()
  collected.claims.clear()
  return {
    persons,
    groups,
    lists,
    relations,
    aliases,
    others: await otherSources(person, persons, groups, aliases),
    usernames,
    suspected: { person: suspectedPersons, group: suspectedGroups },
    removalsLeftOut: full ? rules.carries.filter((kind) => unreadable[kind]) : [],
    missingKinds,
    refs: FIRST_REF - next,
  }
}

function numberCountries({ numberCountries: countries }: Rules): readonly [Country, ...Country[]] {
  const [first, ...others] = countries.map((country) => country.toUpperCase() as Country)
  return first === undefined ? COUNTRIES : [first, ...others]
}

function hasAny(ids: Float64Array, length: number): boolean {
  for (let slot = 0; slot < length; slot++) if ((ids[slot] as number) > 0) return true
  return false
}

function hasMembers(lists: ListMirror): boolean {
  for (const { sumHigh, sumLow, unsettled } of lists.states.values()) {
    if (sumHigh !== 0n || sumLow !== 0n || unsettled > 0) return true
  }
  return false
}
