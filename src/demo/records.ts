import { readOrganisationNumber } from '../numbers/read.ts'
import type { DemoGroup, DemoGroupKind, DemoMember } from './lists.ts'
import type { Markup } from './markup.ts'
import type { ResolvedDemoOptions } from './options.ts'
import type { DemoPerson, DemoPersonKind } from './people.ts'
import type { DemoStyle } from './style.ts'

const SOURCE = 'sis@by.example'

/** What records look like in one file. */
export interface Spelling {
  readonly options: ResolvedDemoOptions
  readonly style: DemoStyle
}

export function writeProperties(xml: Markup, { options, style }: Spelling): void {
  xml.open('properties', style.dialect === 'pifu' ? ' lang="nb"' : ' lang="nb-NO"')
  xml.leaf('datasource', SOURCE)
  if (style.dialect === 'ims') xml.leaf('target', 'Rollcall')
  xml.leaf('type', 'full')
  xml.leaf('datetime', options.dateTime)
  xml.close('properties')
}

const INSTITUTION_ROLES: { readonly [kind in DemoPersonKind]: string } = {
  pupil: 'Student',
  guardian: 'Carer',
  teacher: 'Staff',
  staff: 'Staff',
}

export function writePerson(
  xml: Markup,
  { options, style }: Spelling,
  person: DemoPerson,
  readable: boolean,
): void {
  const isPifu = style.dialect === 'pifu'
  xml.open('person', recstatus(options, isPifu))
  sourcedId(xml, person.key)
  xml.leaf('userid', person.username, ' useridtype="username"')
  if (person.nationalNumber !== undefined) {
    xml.leaf('userid', person.nationalNumber, ' useridtype="personNIN"')
  }
  if (isPifu && person.kind !== 'guardian') {
    const number = person.key.replace(/\D/g, '')
    xml.leaf('userid', number, ` useridtype="${isPupil(person) ? 'studentID' : 'workforceID'}"`)
  }
  xml.open('name')
  if (readable) {
    xml.leaf('fn', `${person.given} ${person.family}`)
    xml.open('n')
    xml.leaf('family', person.family)
    xml.leaf('given', person.given)
    xml.close('n')
  } else {
    xml.empty('fn')
  }
  xml.close('name')
  xml.open('demographics')
  xml.leaf('bday', person.birthDate)
  xml.close('demographics')
  xml.leaf('email', person.email)
  if (options.rich) xml.leaf('tel', person.phone, ' teltype="1"')
  xml.leaf('tel', person.mobile, ' teltype="3"')
  xml.open('adr')
  xml.leaf('street', person.street)
  xml.leaf('locality', 'Eksempelby')
  if (options.rich) {
    xml.leaf('pcode', '0000')
    xml.leaf('country', 'NO')
  }
  xml.close('adr')
  if (!isPifu) {
    const type = INSTITUTION_ROLES[person.kind]
    xml.empty('institutionrole', ` primaryrole="Yes" institutionroletype="${type}"`)
  }
  writeGuardians(xml, isPifu, person.guardians)
  xml.close('person')
}

function isPupil(person: DemoPerson): boolean {
  return person.kind === 'pupil'
}

/** The pupil names the guardians: PIFU with the word for the other person, plain files with the word for the pupil. */
function writeGuardians(xml: Markup, isPifu: boolean, guardians: readonly string[]): void {
  if (guardians.length === 0) return
  xml.open('extension')
  for (const guardian of guardians) {
    if (isPifu) {
      xml.open('pifu_hasContactPerson', ' type="guardian"')
      sourcedId(xml, guardian)
      xml.close('pifu_hasContactPerson')
    } else {
      xml.open('relationship')
      xml.leaf('relationshiptype', 'child')
      sourcedId(xml, guardian)
      xml.close('relationship')
    }
  }
  xml.close('extension')
}

/** Scheme, level and word of a group's type; and the word for it as a parent. */
const GROUP_TYPES: {
  readonly [kind in DemoGroupKind]: readonly [scheme: string, level: string, word: string]
} = {
  municipality: ['pifu-ims-go-org', '1', 'skoleeier'],
  school: ['pifu-ims-go-org', '2', 'skole'],
  year: ['pifu-ims-go-grp', '4', 'trinn'],
  class: ['pifu-ims-go-grp', '1', 'basisgruppe'],
  mentorGroup: ['pifu-ims-go-grp', '3', 'kontaktlærergruppe'],
  course: ['pifu-ims-go-grp', '2', 'undervisningsgruppe'],
}

export function writeGroup(xml: Markup, { options, style }: Spelling, group: DemoGroup): void {
  const isPifu = style.dialect === 'pifu'
  const [scheme, level, word] = GROUP_TYPES[group.kind]
  xml.open('group', recstatus(options, isPifu))
  sourcedId(xml, group.key)
  xml.open('grouptype')
  xml.leaf('scheme', scheme)
  xml.leaf('typevalue', word, ` level="${level}"`)
  xml.close('grouptype')
  xml.open('description')
  xml.leaf('short', group.short)
  xml.leaf('long', group.long)
  xml.close('description')
  if (group.kind !== 'municipality' && group.kind !== 'school') {
    const { schoolYear } = options
    writeDates(xml, options, () => {
      xml.leaf('adminperiod', `${schoolYear}/${schoolYear + 1}`)
    })
  }
  // PIFU hangs every group under its school.
  const parent = isPifu && group.parentKind === 'year' ? group.parent.slice(0, -4) : group.parent
  const parentKind = isPifu && group.parentKind === 'year' ? 'school' : group.parentKind
  xml.open('relationship', ' relation="1"')
  sourcedId(xml, parent)
  xml.leaf('label', GROUP_TYPES[parentKind][2])
  xml.close('relationship')
  if (group.course !== undefined && !isPifu) {
    xml.open('extension')
    xml.open('course')
    xml.leaf('title', group.course.title)
    xml.leaf('code', group.course.code)
    xml.close('course')
    xml.close('extension')
  }
  if (isPifu) writePifuExtension(xml, group)
  xml.close('group')
}

function writePifuExtension(xml: Markup, group: DemoGroup): void {
  if (group.course !== undefined) {
    writePifuId(xml, 'grepCodeShortForm', group.course.code, 'grep - levende læreplaner')
  } else if (group.kind === 'municipality' || group.kind === 'school') {
    const nth = group.kind === 'school' ? Number(group.key.slice(1)) : 0
    writePifuId(xml, 'organizationNumber', organisationNumber(nth), 'enhetsregisteret', () => {
      xml.open('pifu_name', ' type="legalName"')
      xml.leaf('pifu_value', group.short)
      xml.close('pifu_name')
    })
  }
}

function writePifuId(
  xml: Markup,
  type: string,
  value: string,
  scope: string,
  more: () => void = () => undefined,
): void {
  xml.open('extension')
  xml.open('pifu_id', ` type="${type}"`)
  xml.leaf('pifu_value', value)
  xml.leaf('pifu_scope', scope)
  xml.leaf('pifu_unique', '1')
  xml.close('pifu_id')
  more?.()
  xml.close('extension')
}

/** An organisation number that begins with 3, as no organisation in use has, with its check digit. */
function organisationNumber(nth: number): string {
  const eight = String(31_000_000 + nth * 2)
  const digits = Array.from({ length: 10 }, (_, digit) => `NO${eight}${digit}`)
  const good = digits.find((text) => readOrganisationNumber('NO', text).verdict === 'ok')
  return good ?? organisationNumber(nth + 500_000)
}

export function writeMember(xml: Markup, { options, style }: Spelling, member: DemoMember): void {
  xml.open('member')
  sourcedId(xml, member.key)
  xml.leaf('idtype', '1')
  const attributes = recstatus(options, style.dialect === 'pifu')
  xml.open('role', `${attributes} roletype="${member.roleType}"`)
  xml.leaf('status', '1')
  if (options.rich) {
    writeDates(xml, options)
  }
  xml.close('role')
  xml.close('member')
}

export function sourcedId(xml: Markup, key: string): void {
  xml.open('sourcedid')
  xml.leaf('source', SOURCE)
  xml.leaf('id', key)
  xml.close('sourcedid')
}

/** The dates of the school year, and what comes behind them. */
function writeDates(xml: Markup, { schoolYear }: ResolvedDemoOptions, more?: () => void): void {
  xml.open('timeframe')
  xml.leaf('begin', `${schoolYear}-08-01`, ' restrict="0"')
  xml.leaf('end', `${schoolYear + 1}-07-31`, ' restrict="0"')
  more?.()
  xml.close('timeframe')
}

/** PIFU does not use it in a full delivery. */
function recstatus(options: ResolvedDemoOptions, isPifu: boolean): string {
  return options.recstatus === undefined || isPifu ? '' : ` recstatus="${options.recstatus}"`
}
