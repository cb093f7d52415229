import { ListMirror } from '../change/list-mirror.ts'
import { NOT_TAKEN, RecordMirror } from '../change/mirror.ts'
import type {
  DeliveryType,
  ImsFrame,
  ImsGroup,
  ImsMembership,
  ImsPerson,
  ImsProperties,
  ImsSink,
  KnownRecords,
  RawFingerprint,
} from '../ims/records.ts'
import type { GroupRecord } from '../roster/group.ts'
import type { PersonRecord, Profile, RelationClaim } from '../roster/person.ts'
import type { Problem } from '../roster/problem.ts'
import { severityOf } from '../roster/problem.ts'
import type { Place, RecordKind } from '../roster/record.ts'
import type { Rules } from '../rules/contract.ts'
import type { KeyTexts } from './key-texts.ts'
import { ListsRead } from './lists-read.ts'
import type { ProblemLog } from './problem-log.ts'
import { RecordsRead } from './records-read.ts'

/** What a source sent last time, in memory. */
export interface Mirror {
  readonly persons: RecordMirror
  readonly groups: RecordMirror
  readonly lists: ListMirror
}

/** Another mirror that says the same, in the same slots. Only of one that nothing was removed from. */
export function copyMirror({ persons, groups, lists }: Mirror): Mirror {
  return {
    persons: RecordMirror.unpack(persons.pack()),
    groups: RecordMirror.unpack(groups.pack()),
    lists: ListMirror.unpack(lists.packElements(), lists.packStates()),
  }
}

/**
 * Takes what the index pass finds: marks what is known on the mirror, reads the rest through the rules, and packs
 * it. Nothing is decided here that depends on another record.
 */
export class Collector implements ImsSink, KnownRecords {
  readonly persons: RecordsRead<PersonRecord>
  readonly groups: RecordsRead<GroupRecord>
  readonly lists: ListsRead
  /** Username in lower case of each person read, by number. */
  readonly usernames: (string | undefined)[] = []
  /** The same in the letters that were sent. */
  readonly usernamesAsSent: (string | undefined)[] = []
  /** Profile of each person read, by number. */
  readonly profiles: Profile[] = []
  /** Relations that persons read state, by number. */
  readonly claims = new Map<number, readonly RelationClaim[]>()
  /** Links of the groups read, by which relation they use, without those to themselves. */
  readonly relations = { ones: 0, twos: 0 }
  /** Keys of groups that are set aside because their year cannot be told. */
  readonly yearless = new Set<string | undefined>()
  readonly seenKinds = new Set<RecordKind>()
  readonly membersSetAside: { count: number } = { count: 0 }
  membersNotTaken = 0
  frameRead: ImsFrame | undefined
  propertiesRead: ImsProperties | undefined
  /** Properties that stand behind records and say what these mean: the delivery has to be gone through knowing them. */
  lateProperties: ImsProperties | undefined
  deliveryType: DeliveryType = 'full'
  refusal: Problem | undefined
  recordsRead = 0

  readonly #mirror: Mirror
  readonly #rules: Rules
  readonly #problems: ProblemLog
  /** False while the context differs from last time's: then everything is read. */
  readonly #isSameContext: (collected: Collector) => boolean
  #shortcut: boolean | undefined

  constructor(
    mirror: Mirror,
    rules: Rules,
    hashes: KeyTexts,
    problems: ProblemLog,
    isSameContext: (collected: Collector) => boolean,
  ) {
    this.#mirror = mirror
    this.#rules = rules
    this.#problems = problems
    this.#isSameContext = isSameContext
    const report = (problem: Problem): void => problems.add(problem)
    this.persons = new RecordsRead(mirror.persons, hashes, 'person', report)
    this.groups = new RecordsRead(mirror.groups, hashes, 'group', report)
    this.lists = new ListsRead(mirror.lists, hashes)
  }

  /** True where no record was passed over because its bytes are known. */
  get readsEverything(): boolean {
    return this.#shortcut !== true
  }

  find(kind: RecordKind, high: bigint, low: bigint): number {
    this.#shortcut ??= this.deliveryType === 'full' && this.#isSameContext(this)
    if (!this.#shortcut) return -1
    if (kind === 'membership') return this.#mirror.lists.findRaw(high, low)
    return (kind === 'person' ? this.#mirror.persons : this.#mirror.groups).findRaw(high, low)
  }

  has(kind: RecordKind): boolean {
    if (this.#shortcut !== true) return false
    if (kind === 'membership') return this.#mirror.lists.groupIds.length > 0
    return (kind === 'person' ? this.#mirror.persons : this.#mirror.groups).length > 0
  }

  frame(frame: ImsFrame): void {
    // A second frame replaces the first, and repeats what it found.
    const before = new Set(this.frameRead?.problems.map(({ code }) => code))
    this.frameRead = frame
    this.#problems.addAll(frame.problems.filter(({ code }) => !before.has(code)))
    this.#shortcut = undefined
  }

  properties(properties: ImsProperties): void {
    if (this.propertiesRead?.place === properties.place) return
    this.#problems.addAll(properties.problems)
    if (this.propertiesRead) return
    this.propertiesRead = properties
    const type = this.#rules.deliveryType(properties)
    if (typeof type === 'string') this.deliveryType = type
    else this.refusal = type
    const { targets } = this.#rules
    if (targets.length > 0 && properties.targets.length > 0) {
      const meant = properties.targets.some((target) => targets.includes(target))
      if (!meant) {
        this.refusal = {
          code: 'TARGET_OTHER',
          place: properties.place,
          found: properties.targets.join(', '),
          expected: targets.join(', '),
        }
      }
    }
    const wasPassedOver = this.#shortcut === true && !this.#isSameContext(this)
    if (this.seenKinds.size > 0 && (this.deliveryType !== 'full' || wasPassedOver)) {
      this.lateProperties = properties
    }
  }

  known(kind: RecordKind, slot: number, place: Place, length: number): void {
    this.seenKinds.add(kind)
    if (kind === 'membership') this.lists.known(slot, place, length)
    else this.#read(kind).known(slot, place)
  }

  person(person: ImsPerson, raw: RawFingerprint): void {
    this.recordsRead++
    this.seenKinds.add('person')
    const reading = this.#rules.person(person, this.deliveryType)
    if (reading.outcome === 'setAside') {
      this.#problems.addAll(person.problems)
      this.#aside('person', reading.key, reading.problem)
      return
    }
    const problems = [...person.problems, ...reading.problems]
    const isProtected = reading.outcome === 'taken' && reading.record.protected
    this.#problems.addAll(isProtected ? problems.map(withoutValue) : problems)
    if (reading.outcome === 'notTaken') {
      this.persons.leaveOut(reading.key, raw)
      return
    }
    const { record } = reading
    const index = this.persons.take(record, person.place, raw, reading.deleted)
    if (reading.oldKey !== undefined) this.persons.oldKeys.set(index, reading.oldKey)
    if (reading.aliases?.length) this.persons.aliases.set(index, reading.aliases)
    this.profiles[index] = record.fields.profile as Profile
    this.usernames[index] = record.fields.username?.toLowerCase()
    this.usernamesAsSent[index] = record.fields.username
    if (record.relations.length > 0) this.claims.set(index, record.relations)
  }

  group(group: ImsGroup, raw: RawFingerprint): void {
    this.recordsRead++
    this.seenKinds.add('group')
    this.#problems.addAll(group.problems)
    const reading = this.#rules.group(group, this.deliveryType)
    if (reading.outcome === 'setAside') {
      this.#aside('group', reading.key, reading.problem)
      if (reading.problem.code === 'YEAR_MISSING') this.yearless.add(reading.key)
      return
    }
    this.#problems.addAll(reading.problems)
    if (reading.outcome === 'notTaken') {
      this.groups.leaveOut(reading.key, raw)
      return
    }
    for (const { relation, key } of reading.record.links) {
      if (key === reading.record.key) continue
      if (relation === 1) this.relations.ones++
      else if (relation === 2) this.relations.twos++
    }
    const index = this.groups.take(reading.record, group.place, raw, reading.deleted)
    if (reading.oldKey !== undefined) this.groups.oldKeys.set(index, reading.oldKey)
    if (reading.aliases?.length) this.groups.aliases.set(index, reading.aliases)
  }

  membership(membership: ImsMembership, raw: RawFingerprint): void {
    this.recordsRead++
    this.addMembership(membership, raw)
  }

  /** A list that was known and is needed after all: its bytes were read before, so its problems are not news. */
  addMembership(membership: ImsMembership, raw: RawFingerprint): void {
    this.seenKinds.add('membership')
    const groupKey = this.#rules.listKey(membership)
    if (groupKey === undefined) {
      this.problem({ code: 'KEY_MISSING', place: membership.place, kind: 'membership' })
      return
    }
    const element = this.lists.begin(groupKey, membership.place, membership.length, raw)
    for (const problem of membership.problems) this.#memberProblem(problem, element)
    for (const member of membership.members) {
      const reading = this.#rules.member(member, this.deliveryType)
      if (reading.outcome === 'taken') {
        this.lists.member(reading.record, member.place, reading.deleted)
      } else if (reading.outcome === 'setAside') {
        this.#memberProblem(reading.problem, element)
        continue
      } else {
        this.membersNotTaken++
      }
      for (const problem of reading.problems) this.#problems.add(problem)
    }
  }

  problem(problem: Problem): void {
    const severity = severityOf(problem)
    if (severity === 'refused') this.refusal ??= problem
    if (severity === 'setAside' && problem.kind !== undefined) {
      this.recordsRead++
      this.seenKinds.add(problem.kind)
      this.#aside(problem.kind, problem.key, problem)
    } else {
      this.#problems.add(problem)
    }
  }

  #memberProblem(problem: Problem, element: number): void {
    this.#problems.add(problem)
    if (severityOf(problem) !== 'setAside') return
    this.lists.unsettled.set(element, 1)
    this.membersSetAside.count++
  }

  #aside(kind: RecordKind, key: string | undefined, problem: Problem): void {
    this.#problems.add(problem)
    if (kind === 'membership') {
      this.membersSetAside.count++
      this.lists.unreadableLists++
    } else {
      this.#read(kind).aside(key, problem.place)
    }
  }

  #read(kind: 'person' | 'group'): RecordsRead<PersonRecord> | RecordsRead<GroupRecord> {
    return kind === 'person' ? this.persons : this.groups
  }
}

/** What was found at a person whose identity is protected is not written down. */
function withoutValue({ found: _, ...problem }: Problem): Problem {
  return problem
}

/** True when a record that the rules left out last time is taken now: then every list must be looked at again. */
export function anyNewlyTaken(
  mirror: RecordMirror,
  read: RecordsRead<{ readonly key: string }>,
): boolean {
  for (let index = 0; index < read.length; index++) {
    const slot = read.slots.at(index)
    if (slot >= 0 && mirror.ids.at(slot) === NOT_TAKEN) return true
  }
  return false
}
