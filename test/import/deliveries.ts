/** Deliveries of tests: persons, groups and lists as plain objects, written as IMS Enterprise. */

export interface PersonSpec {
  readonly key: string
  /** sourcedid of type Old beside this one as New. */
  readonly old?: string
  readonly name?: string
  readonly given?: string
  readonly family?: string
  /** institutionroletype; Student unless said. */
  readonly role?: string
  readonly username?: string
  readonly password?: string
  readonly nationalNumber?: string
  readonly birthDate?: string
  readonly email?: string
  /** Keys of guardians: this person says that he is their child. */
  readonly guardians?: readonly string[]
  /** Keys of children: this person says that he is their guardian. */
  readonly children?: readonly string[]
  /** XML inside the extension. */
  readonly extension?: string
  readonly recstatus?: 1 | 2 | 3
}

export interface GroupSpec {
  readonly key: string
  readonly old?: string
  readonly title?: string
  /** typevalue: School and Course mean something to the default rules. */
  readonly type?: string
  readonly parent?: string
  /** The relation that names the parent; 1 unless said. */
  readonly relation?: 1 | 2
  readonly children?: readonly string[]
  /** Of its time frame. */
  readonly begin?: string
  readonly end?: string
  readonly extension?: string
  readonly recstatus?: 1 | 2 | 3
}

export interface RoleSpec {
  /** 01 (learner) unless said. */
  readonly role?: string
  readonly status?: 0 | 1
  readonly begin?: string
  readonly end?: string
  readonly recstatus?: 1 | 2 | 3
}

export interface MemberSpec extends RoleSpec {
  readonly key: string
  readonly isGroup?: boolean
  /** Several roles in place of the one. */
  readonly roles?: readonly RoleSpec[]
}

export interface ListSpec {
  /** Key of the group; '' writes an empty one. */
  readonly group: string
  /** A key alone is an active learner. */
  readonly members: readonly (string | MemberSpec)[]
}

export interface DeliverySpec {
  readonly persons?: readonly (string | PersonSpec)[]
  readonly groups?: readonly (string | GroupSpec)[]
  readonly lists?: readonly ListSpec[]
  /** properties/type; none unless said. */
  readonly type?: string
  readonly datetime?: string
  readonly datasource?: string
  readonly target?: string
  /** Declared in the XML declaration. */
  readonly encoding?: string
}

/** The XML of a delivery. A person or group given as a key alone has nothing but what it must have. */
export function deliveryText(spec: DeliverySpec): string {
  const { datasource = 'school', target, type, datetime, encoding = 'UTF-8' } = spec
  return [
    `<?xml version="1.0" encoding="${encoding}"?>`,
    '<enterprise>',
    `<properties>${leaf('datasource', datasource)}${leaf('target', target)}${leaf('type', type)}${leaf('datetime', datetime)}</properties>`,
    ...(spec.persons ?? []).map((person) => personText(asRecord(person))),
    ...(spec.groups ?? []).map((group) => groupText(asRecord(group))),
    ...(spec.lists ?? []).map(listText),
    '</enterprise>',
    '',
  ].join('\n')
}

/** Keys with a number each: `keys('P', 3)` is P1, P2, P3. */
export function keys(prefix: string, count: number, from = 1): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${from + index}`)
}

export function personText(person: PersonSpec): string {
  const { key, given, family, role = 'Student', username, password, nationalNumber, email } = person
  const { birthDate } = person
  const parts =
    given === undefined && family === undefined
      ? ''
      : `<n>${leaf('family', family)}${leaf('given', given)}</n>`
  const secret = password === undefined ? '' : ` password="${escaped(password)}"`
  const userIds =
    (username === undefined ? '' : `<userid${secret}>${escaped(username)}</userid>`) +
    (nationalNumber === undefined
      ? ''
      : `<userid useridtype="personNIN">${escaped(nationalNumber)}</userid>`)
  const extension =
    relationships('child', person.guardians) +
    relationships('guardian', person.children) +
    (person.extension ?? '')
  return (
    `<person${recstatus(person)}>${ids(key, person.old)}${userIds}` +
    `<name>${leaf('fn', person.name ?? `Person ${key}`)}${parts}</name>` +
    `${birthDate === undefined ? '' : `<demographics>${leaf('bday', birthDate)}</demographics>`}${leaf('email', email)}` +
    `<institutionrole primaryrole="Yes" institutionroletype="${role}"/>` +
    `${extension && `<extension>${extension}</extension>`}</person>`
  )
}

export function groupText(group: GroupSpec): string {
  const { key, title = `Group ${key}`, type = 'Group', parent, relation = 1 } = group
  const link = (other: string, as: number): string =>
    `<relationship relation="${as}">${sourcedId(other)}<label/></relationship>`
  const links =
    (parent === undefined ? '' : link(parent, relation)) +
    (group.children ?? []).map((child) => link(child, 3 - relation)).join('')
  return (
    `<group${recstatus(group)}>${ids(key, group.old)}` +
    `<grouptype><scheme>school</scheme><typevalue level="3">${type}</typevalue></grouptype>` +
    `<description>${leaf('short', title)}</description>${timeframe(group)}${links}` +
    `${group.extension === undefined ? '' : `<extension>${group.extension}</extension>`}</group>`
  )
}

export function listText({ group, members }: ListSpec): string {
  return `<membership>${sourcedId(group)}${members.map((member) => memberText(asRecord(member))).join('')}</membership>`
}

function memberText(member: MemberSpec): string {
  const roles = (member.roles ?? [member]).map(roleText).join('')
  const idtype = member.isGroup === true ? 2 : 1
  return `<member>${sourcedId(member.key)}<idtype>${idtype}</idtype>${roles}</member>`
}

function roleText(role: RoleSpec): string {
  return `<role${recstatus(role)} roletype="${role.role ?? '01'}"><status>${role.status ?? 1}</status>${timeframe(role)}</role>`
}

function timeframe({ begin, end }: { readonly begin?: string; readonly end?: string }): string {
  if (begin === undefined && end === undefined) return ''
  return `<timeframe>${leaf('begin', begin)}${leaf('end', end)}</timeframe>`
}

function asRecord<R extends { readonly key: string }>(record: string | R): R | { key: string } {
  return typeof record === 'string' ? { key: record } : record
}

function relationships(word: string, others: readonly string[] | undefined): string {
  return (others ?? [])
    .map(
      (other) =>
        `<relationship><relationshiptype>${word}</relationshiptype>${sourcedId(other)}</relationship>`,
    )
    .join('')
}

function ids(key: string, old: string | undefined): string {
  return old === undefined ? sourcedId(key) : sourcedId(key, 'New') + sourcedId(old, 'Old')
}

function sourcedId(key: string, type?: string): string {
  const attribute = type === undefined ? '' : ` sourcedidtype="${type}"`
  return `<sourcedid${attribute}><source>school</source><id>${escaped(key)}</id></sourcedid>`
}

function recstatus({ recstatus: status }: { readonly recstatus?: 1 | 2 | 3 }): string {
  return status === undefined ? '' : ` recstatus="${status}"`
}

function leaf(name: string, text: string | undefined): string {
  return text === undefined ? '' : `<${name}>${escaped(text)}</${name}>`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
