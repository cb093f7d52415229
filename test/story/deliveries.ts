/**
 * The municipality of the story, and deliveries of it. Everything in it is invented and small enough to be counted
 * by hand: 3 schools with 2 classes of 12 pupils, 2 courses of 24 pupils and 6 teachers each, 30 guardians, and one
 * mentor group. Two deliveries of the same state are the same bytes, but for their datetime.
 */
export interface Person {
  readonly key: string
  /** A former key, sent beside the current one. */
  readonly oldKey?: string
  readonly given: string
  readonly family: string
  readonly username: string
  readonly profile: 'Student' | 'Staff' | 'Carer'
  readonly guardian?: string
}

export interface Group {
  readonly title: string
  readonly parent?: string
  readonly type: keyof typeof GROUP_TYPES
  /** First day of its time frame. */
  readonly begin?: string
}

export interface Member {
  readonly role: string
  readonly status?: 0 | 1
}

/** What a source knows on one night. Nights change it in place. */
export interface Town {
  readonly persons: Map<string, Person>
  readonly groups: Map<string, Group>
  /** Members by group, in the order in which they are written. */
  readonly lists: Map<string, Map<string, Member>>
}

const GROUP_TYPES = {
  town: '<typevalue level="0">kommun</typevalue>',
  school: '<typevalue level="1">skola</typevalue>',
  class: '<typevalue level="2">klass</typevalue>',
  year: '<typevalue level="2">läsår</typevalue>',
  course: '<typevalue level="3">course</typevalue>',
  mentors: '<scheme>pifu-ims-go-grp</scheme><typevalue level="2">kontaktlærergruppe</typevalue>',
} as const

const SCHOOLS = { N: 'Norrskolan', S: 'Sydskolan', O: 'Östskolan' } as const
const PUPILS = ['Åska', 'Bris', 'Dimma', 'Frost', 'Glimt', 'Hagel', 'Is', 'Klar', 'Måne']
const MORE_PUPILS = ['Norrsken', 'Regn', 'Snö']
const TEACHERS = ['Agat', 'Bärnsten', 'Flinta', 'Granit', 'Kvarts', 'Skiffer']
const FAMILIES = { N1: 'Alm', N2: 'Björk', S1: 'Ek', S2: 'Gran', O1: 'Hägg', O2: 'Lönn' } as const
/** How many of a class have a guardian in the register. */
const GUARDIANS = { N1: 12, N2: 0, S1: 12, S2: 0, O1: 6, O2: 0 } as const

const pupilNames = [...PUPILS, ...MORE_PUPILS]

/** The municipality as it is on the first night. `pupils` of a class are 12; more make a larger delivery. */
export function town(pupils = 12): Town {
  const town: Town = { persons: new Map(), groups: new Map(), lists: new Map() }
  town.groups.set('K', { title: 'Björkby kommun', type: 'town' })
  for (const school of ['N', 'S', 'O'] as const) {
    town.groups.set(school, { title: SCHOOLS[school], parent: 'K', type: 'school' })
    for (const year of ['1', '2']) {
      addGroup(town, `${school}-${year}`, `Klass ${school}-${year}`, school, 'class')
    }
    addGroup(town, `${school}-MA`, 'Matematik', school, 'course')
    addGroup(town, `${school}-SV`, 'Svenska', school, 'course')
    addTeachers(town, school)
    for (const year of ['1', '2'] as const) {
      const className = `${school}${year}` as const
      for (let number = 1; number <= pupils; number++) {
        addPupil(town, pupilOf(className, number), [
          `${school}-${year}`,
          `${school}-MA`,
          `${school}-SV`,
        ])
      }
    }
  }
  addGroup(town, 'N-M', 'Mentorer N-1', 'N', 'mentors')
  join(town, 'N-M', 'n-t6', '06')
  for (const [key] of town.lists.get('N-1') ?? []) if (key.startsWith('n1-')) join(town, 'N-M', key)
  return town
}

function addGroup(
  { groups, lists }: Town,
  key: string,
  title: string,
  parent: string,
  type: Group['type'],
): void {
  groups.set(key, { title, parent, type })
  lists.set(key, new Map())
}

/** Six at each school: the head, a teacher for each class and course, and one without any. */
function addTeachers(town: Town, school: 'N' | 'S' | 'O'): void {
  const keys = TEACHERS.map((given, index) => {
    const key = `${school.toLowerCase()}-t${index + 1}`
    const family = SCHOOLS[school].slice(0, -'skolan'.length)
    town.persons.set(key, { key, given, family, username: key, profile: 'Staff' })
    return key
  })
  town.lists.set(
    school,
    new Map(keys.map((key, index) => [key, { role: index === 0 ? '05' : '02' }])),
  )
  const groups = ['1', '2', 'MA', 'SV']
  groups.forEach((group, index) => join(town, `${school}-${group}`, keys[index + 1] ?? '', '02'))
}

/** A pupil of a class, `n1-01`, as the register would know him. */
export function pupilOf(className: keyof typeof FAMILIES, number: number): Person {
  const key = `${className.toLowerCase()}-${String(number).padStart(2, '0')}`
  const given = pupilNames[(number - 1) % pupilNames.length] ?? ''
  const guardian = number <= GUARDIANS[className] ? { guardian: `g-${key}` } : {}
  return { key, given, family: FAMILIES[className], username: key, profile: 'Student', ...guardian }
}

export function addPupil(town: Town, pupil: Person, groups: readonly string[]): void {
  const { key, guardian } = pupil
  town.persons.set(key, pupil)
  if (guardian !== undefined) {
    const { given, family } = pupil
    const name = { given: `${given}s vuxna`, family }
    town.persons.set(guardian, { key: guardian, ...name, username: guardian, profile: 'Carer' })
  }
  for (const group of groups) join(town, group, key)
}

export function join(
  town: Town,
  group: string,
  person: string,
  role = '01',
  status: 0 | 1 = 1,
): void {
  const list = town.lists.get(group)
  if (list === undefined) throw new Error(`no list ${group}`)
  list.set(person, { role, status })
}

export function quit(town: Town, group: string, person: string): void {
  if (town.lists.get(group)?.delete(person) !== true)
    throw new Error(`${person} is not in ${group}`)
}

/** Takes someone out of the register and of every list. */
export function leave(town: Town, person: string): void {
  if (!town.persons.delete(person)) throw new Error(`there is no ${person}`)
  for (const list of town.lists.values()) list.delete(person)
}

export function change(town: Town, person: string, values: Partial<Person>): void {
  const known = town.persons.get(person)
  if (known === undefined) throw new Error(`there is no ${person}`)
  town.persons.set(person, { ...known, ...values })
}

/** Gives a person another key, in the register and in every list; `oldKey` says that it once was another. */
export function rekey(town: Town, from: string, to: string): void {
  change(town, from, { key: to, oldKey: from })
  renameKey(town.persons, from, to)
  for (const list of town.lists.values()) renameKey(list, from, to)
}

/** Everything keeps its place. */
function renameKey<V>(map: Map<string, V>, from: string, to: string): void {
  const entries = [...map]
  map.clear()
  for (const [key, value] of entries) map.set(key === from ? to : key, value)
}

export function copyOf(town: Town): Town {
  return {
    persons: new Map(town.persons),
    groups: new Map(town.groups),
    lists: new Map([...town.lists].map(([key, list]) => [key, new Map(list)])),
  }
}

/** The town without a school: its groups, its teachers and pupils, and the guardians of these. */
export function withoutSchool(town: Town, school: 'N' | 'S' | 'O'): Town {
  const rest = copyOf(town)
  const prefix = school.toLowerCase()
  for (const key of rest.groups.keys()) {
    if (key !== school && !key.startsWith(`${school}-`)) continue
    rest.groups.delete(key)
    rest.lists.delete(key)
  }
  for (const key of rest.persons.keys()) {
    const ofSchool = key.startsWith(prefix) || key.startsWith(`g-${prefix}`)
    if (ofSchool) rest.persons.delete(key)
  }
  return rest
}

/** The town as an IMS Enterprise 1.1 document, written at `datetime`. */
export function delivery(town: Town, datetime: string): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<enterprise>',
    `<properties lang="sv"><datasource>SIS</datasource><type>full</type><datetime>${datetime}</datetime></properties>`,
    ...[...town.persons.values()].map(personElement),
    ...[...town.groups].map(([key, group]) => groupElement(key, group)),
    ...[...town.lists].map(([key, list]) => listElement(key, list)),
    '</enterprise>',
    '',
  ].join('\n')
}

/** A person's record as it stands in the delivery. */
export function personElement(person: Person): string {
  const { key, oldKey, given, family, username, profile, guardian } = person
  const ids =
    oldKey === undefined ? sourcedId(key) : `${sourcedId(key, 'New')}${sourcedId(oldKey, 'Old')}`
  const relation =
    guardian === undefined
      ? ''
      : `<extension><relationship><relationshiptype>child</relationshiptype>${sourcedId(guardian)}</relationship></extension>`
  return `<person>${ids}<userid useridtype="username">${username}</userid><name><fn>${given} ${family}</fn><n><family>${family}</family><given>${given}</given></n></name><institutionrole primaryrole="Yes" institutionroletype="${profile}"/>${relation}</person>`
}

function groupElement(key: string, { title, parent, type, begin }: Group): string {
  const above =
    parent === undefined
      ? ''
      : `<relationship relation="1">${sourcedId(parent)}<label>parent</label></relationship>`
  const frame = begin === undefined ? '' : `<timeframe><begin>${begin}</begin></timeframe>`
  return `<group>${sourcedId(key)}<grouptype>${GROUP_TYPES[type]}</grouptype><description><short>${title}</short></description>${frame}${above}</group>`
}

/** A membership list as it stands in the delivery. */
export function listElement(key: string, list: ReadonlyMap<string, Member>): string {
  const members = [...list].map(
    ([person, { role, status = 1 }]) =>
      `<member>${sourcedId(person)}<idtype>1</idtype><role roletype="${role}"><status>${status}</status></role></member>`,
  )
  return `<membership>${sourcedId(key)}${members.join('')}</membership>`
}

function sourcedId(id: string, type?: string): string {
  const mark = type === undefined ? '' : ` sourcedidtype="${type}"`
  return `<sourcedid${mark}><source>SIS</source><id>${id}</id></sourcedid>`
}
