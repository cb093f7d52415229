import type { ImsGroup, ImsMembership, ImsPerson, ImsRole, ImsSourcedId } from '../ims/records.ts'
import type { ImsDocument } from '../ims/write.ts'
import { leaf } from '../ims/xml.ts'
import { imsPerson } from './ss12000-person.ts'
import type { Group, Organisation, Person, Read } from './ss12000-things.ts'

const SOURCE = 'SS12000'

export interface Selection {
  /** The day in the source's time zone, YYYY-MM-DD. */
  readonly today: string
  readonly daysBefore: number
  readonly daysAfter: number
  readonly schoolUnits: readonly string[]
  readonly guardians: boolean
  readonly excludeProtected: boolean
}

export interface Records {
  readonly document: ImsDocument
  /** Persons whose protected identity leaves them out. */
  readonly leftOut: number
  /** Of the school units that were asked for, how many are not there. */
  readonly unknownUnits: number
}

const ROLE_OF_DUTY: { readonly [dutyRole: string]: string } = {
  Rektor: '05',
  Förskolechef: '05',
  Lärare: '02',
  Förskollärare: '02',
  'Övrig pedagogisk personal': '08',
  'Annan personal': '04',
}
const LEARNER = '01'
const TEACHER = '02'
const MENTOR = '06'
const ASSISTANT = '08'

interface Spell {
  readonly startDate?: string | null | undefined
  readonly endDate?: string | null | undefined
}

/**
 * Makes roster records of what an interface says (SS12000:2020): school units with what is above them, the groups of these
 * units, pupils by enrolment, staff by duty, those responsible for the pupils. Pupils are members of their unit and groups;
 * teachers of a group come through its activities, mentors through assignments. Sorted by id: the same data make the
 * same bytes.
 */
export function recordsOf(read: Read, selection: Selection): Records {
  const counts = spellTest(selection)
  const organisations = new Map(read.organisations.map((each) => [each.id, each]))
  const chosen = unitsOf(read.organisations, selection)
  const units = new Set(chosen.units.filter(counts).map(({ id }) => id))
  const nodes = withAncestors(units, organisations)

  const isHidden = ({ securityMarking }: Person): boolean =>
    selection.excludeProtected && isMarked(securityMarking)
  const open = new Map(
    read.persons.filter((each) => !isHidden(each)).map((each) => [each.id, each]),
  )
  const lists = new Lists((id) => open.has(id))

  const pupils = new Set<string>()
  for (const person of open.values()) {
    for (const enrolment of person.enrolments ?? []) {
      const { enroledAt, cancelled } = enrolment
      if (cancelled === true || !units.has(enroledAt.id) || !counts(enrolment)) continue
      pupils.add(person.id)
      lists.add(enroledAt.id, person.id, roleOf(LEARNER, enrolment))
    }
  }
  const staff = new Set<string>()
  const duties = read.duties.filter(
    (duty) => counts(duty) && duty.dutyAt != null && nodes.has(duty.dutyAt.id),
  )
  for (const duty of duties) {
    const { person, dutyAt, dutyRole } = duty
    if (person == null || dutyAt == null || !open.has(person.id)) continue
    staff.add(person.id)
    const role = ROLE_OF_DUTY[dutyRole ?? ''] ?? '04'
    lists.add(dutyAt.id, person.id, roleOf(role, duty, dutyRole ?? undefined))
  }
  const groups = read.groups.filter(
    (group) => counts(group) && group.organisation != null && nodes.has(group.organisation.id),
  )
  addMembers(read, { groups, duties, counts, lists, pupils })

  const children = selection.guardians ? childrenOf(open, pupils) : new Map<string, Set<string>>()
  const persons = [...open.values()]
    .filter(({ id }) => pupils.has(id) || staff.has(id) || children.has(id))
    .map((person) =>
      imsPerson(person, {
        isPupil: pupils.has(person.id),
        isStaff: staff.has(person.id),
        guardians: selection.guardians && pupils.has(person.id) ? guardiansOf(person, open) : [],
        sourcedId,
        isMarked: isMarked(person.securityMarking),
      }),
    )
  const all: ImsGroup[] = [
    ...[...nodes].map((id) => imsOrganisation(organisations.get(id) as Organisation, nodes)),
    ...groups.map(imsGroup),
  ]
  const known = new Set(persons.map(keyOf))
  return {
    document: {
      properties: { datasource: SOURCE, targets: [], type: 'full' },
      persons: persons.toSorted(byKey),
      groups: all.toSorted(byKey),
      memberships: lists.memberships(known),
    },
    leftOut: read.persons.length - open.size,
    unknownUnits: chosen.unknown,
  }
}

function addMembers(
  { activities }: Read,
  {
    groups,
    duties,
    counts,
    lists,
    pupils,
  }: {
    readonly groups: readonly Group[]
    readonly duties: Read['duties']
    readonly counts: (spell: Spell) => boolean
    readonly lists: Lists
    readonly pupils: ReadonlySet<string>
  },
): void {
  const taken = new Set(groups.map(({ id }) => id))
  for (const { id, groupMemberships, studentMemberships } of groups) {
    for (const member of groupMemberships ?? studentMemberships ?? []) {
      if (counts(member) && pupils.has(member.person.id)) {
        lists.add(id, member.person.id, roleOf(LEARNER, member))
      }
    }
  }
  const personOf = new Map(duties.map(({ id, person }) => [id, person?.id]))
  for (const duty of duties) {
    for (const assignment of duty.assignmentRole ?? []) {
      const { group, assignmentRoleType } = assignment
      if (duty.person == null || !taken.has(group.id) || !counts(assignment)) continue
      const isMentor = assignmentRoleType == null || assignmentRoleType === 'Mentor'
      const role = isMentor ? MENTOR : ASSISTANT
      lists.add(group.id, duty.person.id, roleOf(role, assignment, assignmentRoleType ?? undefined))
    }
  }
  for (const activity of activities.filter(counts)) {
    for (const teacher of (activity.teachers ?? []).filter(counts)) {
      const person = personOf.get(teacher.duty.id)
      if (person === undefined) continue
      for (const { id } of activity.groups ?? []) {
        if (taken.has(id)) lists.add(id, person, roleOf(TEACHER, teacher))
      }
    }
  }
}

/** Lists of members by group; a person is in one of them once, with each role once. */
class Lists {
  readonly #lists = new Map<string, Map<string, Map<string, ImsRole>>>()
  readonly #isOpen: (person: string) => boolean

  constructor(isOpen: (person: string) => boolean) {
    this.#isOpen = isOpen
  }

  add(group: string, person: string, role: ImsRole): void {
    if (!this.#isOpen(person)) return
    const members = this.#lists.get(group) ?? new Map<string, Map<string, ImsRole>>()
    const roles = members.get(person) ?? new Map<string, ImsRole>()
    const before = roles.get(role.roleType)
    // Two spells of one role: the one that lasts longer.
    const isLater = (role.timeframe.end ?? '9999') > (before?.timeframe.end ?? '9999')
    if (before === undefined || isLater) roles.set(role.roleType, role)
    this.#lists.set(group, members.set(person, roles))
  }

  memberships(known: ReadonlySet<string>): ImsMembership[] {
    return sorted(this.#lists)
      .map(([group, members]) => ({
        kind: 'membership' as const,
        ...NOTHING,
        sourcedIds: [sourcedId(group)],
        members: sorted(members)
          .filter(([person]) => known.has(person))
          .map(([person, roles]) => ({
            place: 0,
            sourcedId: sourcedId(person),
            idtype: 1 as const,
            roles: sorted(roles).map(([, role]) => role),
          })),
      }))
      .filter(({ members }) => members.length > 0)
  }
}

/** What a record has that is read from a file. */
const NOTHING = { place: 0, length: 0, extension: [], problems: [] } as const

function unitsOf(
  organisations: readonly Organisation[],
  { schoolUnits }: Selection,
): { readonly units: readonly Organisation[]; readonly unknown: number } {
  const all = organisations.filter(({ organisationType }) => organisationType === 'Skolenhet')
  if (schoolUnits.length === 0) return { units: all, unknown: 0 }
  const isMeant = ({ id, schoolUnitCode }: Organisation, name: string): boolean =>
    id === name || schoolUnitCode === name
  return {
    units: all.filter((unit) => schoolUnits.some((name) => isMeant(unit, name))),
    unknown: schoolUnits.filter((name) => !all.some((unit) => isMeant(unit, name))).length,
  }
}

function withAncestors(
  units: ReadonlySet<string>,
  organisations: ReadonlyMap<string, Organisation>,
): ReadonlySet<string> {
  const nodes = new Set<string>()
  for (const unit of units) {
    let at = organisations.get(unit)
    while (at !== undefined && !nodes.has(at.id)) {
      nodes.add(at.id)
      at = organisations.get(at.parentOrganisation?.id ?? '')
    }
  }
  return nodes
}

/** Whether a spell counts on the day, with the days before and after it. */
function spellTest({ today, daysBefore, daysAfter }: Selection): (spell: Spell) => boolean {
  const latestBegin = movedBy(today, daysBefore)
  const earliestEnd = movedBy(today, -daysAfter)
  return ({ startDate, endDate }) =>
    (startDate == null || startDate.slice(0, 10) <= latestBegin) &&
    (endDate == null || endDate.slice(0, 10) >= earliestEnd)
}

function movedBy(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}

/** In doubt it is: a word that the standard does not have is a mark. */
function isMarked(securityMarking: string | null | undefined): boolean {
  return securityMarking != null && securityMarking !== '' && securityMarking !== 'Ingen'
}

function guardiansOf(person: Person, open: ReadonlyMap<string, Person>): string[] {
  const ids = (person.responsibles ?? []).map((each) => each.person.id)
  return [...new Set(ids)].filter((id) => open.has(id)).toSorted()
}

/** Whom somebody is responsible for, of the pupils that are taken. */
function childrenOf(
  open: ReadonlyMap<string, Person>,
  pupils: ReadonlySet<string>,
): Map<string, Set<string>> {
  const children = new Map<string, Set<string>>()
  for (const id of pupils) {
    const pupil = open.get(id)
    if (pupil === undefined) continue
    for (const guardian of guardiansOf(pupil, open)) {
      children.set(guardian, (children.get(guardian) ?? new Set()).add(id))
    }
  }
  return children
}

function imsOrganisation(organisation: Organisation, nodes: ReadonlySet<string>): ImsGroup {
  const { id, displayName, organisationType, organisationNumber, schoolUnitCode } = organisation
  const parent = organisation.parentOrganisation?.id
  const code = schoolUnitCode == null ? [] : [leaf('schoolUnitCode', schoolUnitCode)]
  return {
    ...groupOf(id, organisationType ?? 'Övrigt', displayName, organisation),
    ...(organisationNumber == null ? {} : { orgNumber: organisationNumber }),
    ...(organisation.email == null ? {} : { email: organisation.email }),
    ...(organisation.url == null ? {} : { url: organisation.url }),
    links: parent !== undefined && nodes.has(parent) ? [parentLink(parent)] : [],
    extension: code,
  }
}

function imsGroup(group: Group): ImsGroup {
  const { id, displayName, groupType, organisation } = group
  return {
    ...groupOf(id, groupType ?? 'Övrigt', displayName, group),
    links: organisation == null ? [] : [parentLink(organisation.id)],
  }
}

function groupOf(
  id: string,
  type: string,
  name: string | null | undefined,
  spell: Spell,
): ImsGroup {
  return {
    kind: 'group',
    ...NOTHING,
    sourcedIds: [sourcedId(id)],
    types: [{ scheme: SOURCE, level: '', value: type }],
    ...(name == null ? {} : { short: name }),
    timeframe: timeframeOf(spell),
    orgUnits: [],
    links: [],
  }
}

function parentLink(id: string): ImsGroup['links'][number] {
  return { relation: 1, label: 'parent', sourcedId: sourcedId(id) }
}

function roleOf(roleType: string, spell: Spell, subrole?: string): ImsRole {
  return {
    roleType,
    ...(subrole === undefined ? {} : { subrole }),
    active: true,
    timeframe: timeframeOf(spell),
    extension: [],
  }
}

function timeframeOf({ startDate, endDate }: Spell): ImsGroup['timeframe'] {
  return {
    ...(startDate == null ? {} : { begin: startDate.slice(0, 10) }),
    ...(endDate == null ? {} : { end: endDate.slice(0, 10) }),
  }
}

function sourcedId(id: string): ImsSourcedId {
  return { source: SOURCE, id }
}

function keyOf({ sourcedIds }: ImsPerson | ImsGroup): string {
  return sourcedIds[0]?.id ?? ''
}

function byKey(one: ImsPerson | ImsGroup, other: ImsPerson | ImsGroup): number {
  return keyOf(one) < keyOf(other) ? -1 : 1
}

function sorted<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].toSorted(([one], [other]) => (one < other ? -1 : 1))
}
