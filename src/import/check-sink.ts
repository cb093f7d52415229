import { detectParentRelation, parentKeyOf, placeGroups, type TreeNode } from '../change/tree.ts'
import type { Hashes } from '../ims/fingerprint.ts'
import type {
  DeliveryType,
  ImsFrame,
  ImsGroup,
  ImsMembership,
  ImsPerson,
  ImsProperties,
  ImsRecord,
  ImsSink,
} from '../ims/records.ts'
import { strictChecks } from '../ims/strict.ts'
import type { GroupKind, GroupLink } from '../roster/group.ts'
import type { Role } from '../roster/membership.ts'
import type { Profile } from '../roster/person.ts'
import { severityOf, type Problem } from '../roster/problem.ts'
import type { Place, RecordKind } from '../roster/record.ts'
import type { Reading, Rules } from '../rules/contract.ts'
import { CheckedRecords, Mentions } from './check-records.ts'
import type { ProblemLog } from './problem-log.ts'

/** How many of each there are. */
export interface CheckCounts {
  /** Elements of the file, whatever becomes of them. */
  readonly elements: { [kind in RecordKind]: number }
  members: number
  /** Records that an import would take: persons and groups once each, members. */
  readonly taken: { [kind in RecordKind]: number }
  readonly notTaken: { [kind in RecordKind]: number }
  readonly setAside: { [kind in RecordKind]: number }
  readonly profiles: { [profile in Profile]?: number }
  readonly groupKinds: { [kind in GroupKind]?: number }
  readonly roles: { [role in Role]?: number }
  relations: number
  relationsSetAside: number
  protected: number
}

/** Reads a delivery through rules as an import into an empty roster would, and keeps what there is to say about it. */
export class CheckSink implements ImsSink {
  readonly counts: CheckCounts = {
    elements: { person: 0, group: 0, membership: 0 },
    members: 0,
    taken: { person: 0, group: 0, membership: 0 },
    notTaken: { person: 0, group: 0, membership: 0 },
    setAside: { person: 0, group: 0, membership: 0 },
    profiles: {},
    groupKinds: {},
    roles: {},
    relations: 0,
    relationsSetAside: 0,
    protected: 0,
  }
  frameRead: ImsFrame | undefined
  propertiesRead: ImsProperties | undefined
  deliveryType: DeliveryType = 'full'
  refusal: Problem | undefined
  /** First byte and end of every element about a protected person: what was found in it is not shown. */
  readonly protectedRanges: { readonly from: Place; readonly to: Place }[] = []

  readonly #rules: Rules
  readonly #hashes: Hashes
  readonly #problems: ProblemLog
  readonly #persons: CheckedRecords
  readonly #groups: CheckedRecords
  readonly #members: Mentions
  readonly #lists: Mentions
  readonly #relatives: Mentions
  readonly #links = new Map<
    string,
    { readonly kind: GroupKind; readonly links: readonly GroupLink[] }
  >()

  constructor(rules: Rules, hashes: Hashes, problems: ProblemLog) {
    this.#rules = rules
    this.#hashes = hashes
    this.#problems = problems
    const report = (problem: Problem): void => this.#add(problem)
    this.#persons = new CheckedRecords('person', report)
    this.#groups = new CheckedRecords('group', report)
    this.#members = new Mentions(this.#persons)
    this.#lists = new Mentions(this.#groups)
    this.#relatives = new Mentions(this.#persons)
  }

  frame(frame: ImsFrame): void {
    // A second frame replaces the first, and repeats what it found.
    const before = new Set(this.frameRead?.problems.map(({ code }) => code))
    this.frameRead = frame
    this.#problems.addAll(frame.problems.filter(({ code }) => !before.has(code)))
  }

  properties(properties: ImsProperties): void {
    this.#problems.addAll(properties.problems)
    if (this.propertiesRead) return
    this.propertiesRead = properties
    this.#problems.addAll(strictChecks(properties, this.#dialect))
    const type = this.#rules.deliveryType(properties)
    if (typeof type === 'string') this.deliveryType = type
    else this.refusal = type
    const { targets } = this.#rules
    const isMeant = properties.targets.some((target) => targets.includes(target))
    if (targets.length > 0 && properties.targets.length > 0 && !isMeant) {
      this.refusal = {
        code: 'TARGET_OTHER',
        place: properties.place,
        found: properties.targets.join(', '),
        expected: targets.join(', '),
      }
    }
  }

  known(): void {
    // Nothing is known beforehand.
  }

  person(person: ImsPerson): void {
    const reading = this.#reading(person, this.#rules.person(person, this.deliveryType))
    if (reading === undefined) return
    const { record } = reading
    if (record.protected) {
      this.protectedRanges.push({ from: person.place, to: person.place + person.length })
    }
    const { key } = record
    const username = record.fields.username?.toLowerCase()
    if (!this.#persons.take(key, this.#print(record), person.place, username)) return
    if (record.protected) this.counts.protected++
    count(this.counts.profiles, (record.fields.profile ?? 'other') as Profile)
    this.counts.relations += record.relations.length
    for (const { other } of record.relations) this.#relatives.add(other, person.place)
  }

  group(group: ImsGroup): void {
    const reading = this.#reading(group, this.#rules.group(group, this.deliveryType))
    if (reading === undefined) return
    const { key, kind, links } = reading.record
    if (!this.#groups.take(key, this.#print(reading.record), group.place)) return
    this.#links.set(key, { kind, links })
    count(this.counts.groupKinds, kind)
  }

  membership(membership: ImsMembership): void {
    this.counts.elements.membership++
    this.counts.members += membership.members.length
    this.#problems.addAll(strictChecks(membership, this.#dialect))
    for (const problem of membership.problems) this.#add(problem)
    const groupKey = this.#rules.listKey(membership)
    if (groupKey === undefined) {
      this.#add({ code: 'KEY_MISSING', place: membership.place, kind: 'membership' })
      return
    }
    this.#lists.add(groupKey, membership.place)
    for (const member of membership.members) {
      const reading = this.#rules.member(member, this.deliveryType)
      if (reading.outcome === 'setAside') {
        this.#add(reading.problem)
        continue
      }
      for (const problem of reading.problems) this.#add(problem)
      if (reading.outcome === 'notTaken') {
        this.counts.notTaken.membership++
        continue
      }
      const { key, memberKind, roles } = reading.record
      this.counts.taken.membership++
      for (const { role } of roles) count(this.counts.roles, role)
      if (memberKind === 'person') this.#members.add(key, member.place)
    }
  }

  problem(problem: Problem): void {
    if (severityOf(problem) === 'refused') this.refusal ??= problem
    if (severityOf(problem) === 'setAside' && problem.kind) this.counts.elements[problem.kind]++
    this.#add(problem)
  }

  /** What can only be told of the whole file: shared usernames, cycles, and names of nobody. */
  end(): void {
    this.#persons.setSharedValuesAside()
    this.#checkParents()
    for (const { key, place } of this.#lists.unknown()) {
      this.#add({ code: 'GROUP_UNKNOWN', place, kind: 'membership', key })
    }
    for (const { key, place } of this.#members.unknown()) {
      this.counts.taken.membership--
      this.#add({ code: 'MEMBER_UNKNOWN', place, kind: 'membership', key })
    }
    for (const { key, place } of this.#relatives.unknown()) {
      this.counts.relationsSetAside++
      this.#problems.add({ code: 'RELATION_UNKNOWN', place, kind: 'person', key })
    }
    this.counts.taken.person = this.#persons.takenCount
    this.counts.taken.group = this.#groups.takenCount
  }

  get #dialect(): string {
    return this.frameRead?.dialect ?? 'unknown'
  }

  /** Counts the element and what is wrong with it; gives the record if it is taken. */
  #reading<R>(
    element: ImsRecord & (ImsPerson | ImsGroup),
    reading: Reading<R>,
  ): Extract<Reading<R>, { outcome: 'taken' }> | undefined {
    const { kind } = element
    this.counts.elements[kind]++
    this.#problems.addAll(strictChecks(element, this.#dialect))
    this.#problems.addAll(element.problems)
    if (reading.outcome === 'setAside') {
      this.#add(reading.problem)
      return undefined
    }
    this.#problems.addAll(reading.problems)
    if (reading.outcome === 'taken') return reading
    this.counts.notTaken[kind]++
    const records = kind === 'person' ? this.#persons : this.#groups
    records.leaveOut(reading.key)
    return undefined
  }

  #checkParents(): void {
    const rule = this.#rules.parentRelation
    const uses = { ones: 0, twos: 0 }
    for (const [key, { links }] of this.#links) {
      for (const link of links) {
        if (link.key === key) continue
        if (link.relation === 1) uses.ones++
        else if (link.relation === 2) uses.twos++
      }
    }
    const relation = rule === 'detect' ? detectParentRelation(uses) : rule
    if (relation === undefined) return
    if (relation === 2 && rule === 'detect') this.#add({ code: 'RELATION_2_IS_PARENT', place: 0 })
    const keys = [...this.#links.keys()].filter((key) => this.#groups.isTaken(key))
    const nodes: TreeNode[] = keys.map((key, id) => {
      const { kind, links } = this.#links.get(key) as {
        kind: GroupKind
        links: readonly GroupLink[]
      }
      return {
        id,
        key,
        kind,
        parentKey: parentKeyOf(
          key,
          links,
          relation,
          (other) => this.#groups.isKnown(other) && !this.#groups.isTaken(other),
        ),
        parentBefore: undefined,
      }
    })
    for (const [id, { trouble }] of placeGroups(nodes, new Map(), new Map())) {
      const node = nodes[id] as TreeNode
      if (trouble === 'cycle') this.#groups.setAside(node.key, 'PARENT_CYCLE')
      else if (
        trouble !== undefined &&
        node.parentKey !== undefined &&
        !this.#groups.isKnown(node.parentKey)
      ) {
        const place = this.#groups.placeOf(node.key)
        this.#add({
          code: 'PARENT_UNKNOWN',
          place,
          kind: 'group',
          key: node.key,
          found: node.parentKey,
        })
      }
    }
  }

  #add(problem: Problem): void {
    this.#problems.add(problem)
    if (severityOf(problem) === 'setAside' && problem.kind !== undefined) {
      this.counts.setAside[problem.kind]++
    }
  }

  #print(record: unknown): bigint {
    const { high, low } = this.#hashes.text(JSON.stringify(record))
    return (high << 64n) | low
  }
}

function count<K extends string>(counts: { [key in K]?: number }, key: K): void {
  counts[key] = (counts[key] ?? 0) + 1
}
