import type { ImsPerson } from './records.ts'
import { PIFU_EMAIL, PIFU_TEL, PIFU_URL, PIFU_USERID_TYPES } from './pifu-vocabulary.ts'
import type { StrictFindings } from './strict-findings.ts'
import { INSTITUTION_ROLES, SYSTEM_ROLES } from './vocabulary.ts'

/** Most characters of each field, with the name of its element. */
const LENGTHS = [
  ['fn', 256, 'name/fn'],
  ['sort', 256, 'name/sort'],
  ['nickname', 256, 'name/nickname'],
  ['family', 256, 'n/family'],
  ['given', 256, 'n/given'],
  ['other', 256, 'n/other'],
  ['prefix', 32, 'n/prefix'],
  ['suffix', 32, 'n/suffix'],
  ['email', 256, 'email'],
  ['url', 256, 'url'],
  ['pobox', 32, 'adr/pobox'],
  ['extadd', 128, 'adr/extadd'],
  ['locality', 64, 'adr/locality'],
  ['region', 64, 'adr/region'],
  ['pcode', 32, 'adr/pcode'],
  ['country', 64, 'adr/country'],
  ['photo', 1024, 'photo/extref'],
] as const

/** Elements of 1.1 that PIFU leaves out. */
const NOT_IN_PIFU = [
  ['sort', 'name/sort'],
  ['nickname', 'name/nickname'],
  ['other', 'n/other'],
  ['prefix', 'n/prefix'],
  ['suffix', 'n/suffix'],
  ['systemRole', 'systemrole'],
] as const

const SYSTEM_ROLE_WORDS = new Set(SYSTEM_ROLES.values())
const INSTITUTION_ROLE_WORDS = new Set(INSTITUTION_ROLES.values())
/** Pieces that PIFU has an attribute for. */
const PIECES = new Set(['photo'])

export function checkPerson(person: ImsPerson, findings: StrictFindings): void {
  for (const sourcedId of person.sourcedIds) findings.sourcedId(sourcedId)
  for (const { value } of person.userIds) findings.length(value, 256, 'userid')
  for (const [field, max, element] of LENGTHS) findings.length(person[field], max, element)
  const streets = person.street?.split('\n') ?? []
  for (const street of streets) findings.length(street, 128, 'adr/street')
  for (const { value } of person.tels) findings.length(value, 32, 'tel')
  findings.date(person.bday, 'demographics/bday')
  if (person.recstatus !== 3) findings.required(person.fn, 'name/fn')
  if (findings.isPifu) checkPifu(person, streets.length, findings)
  else checkRoles(person, findings)
}

function checkRoles(person: ImsPerson, findings: StrictFindings): void {
  findings.vocabulary(person.systemRole, SYSTEM_ROLE_WORDS, 'systemrole/@systemroletype')
  for (const { type } of person.institutionRoles) {
    findings.vocabulary(type, INSTITUTION_ROLE_WORDS, 'institutionrole/@institutionroletype')
  }
}

function checkPifu(person: ImsPerson, streets: number, findings: StrictFindings): void {
  for (const { type, authenticationType } of person.userIds) {
    findings.required(type, 'userid/@useridtype')
    findings.vocabulary(type, PIFU_USERID_TYPES, 'userid/@useridtype')
    findings.length(authenticationType, 32, 'userid/@authenticationtype')
  }
  if (person.recstatus !== 3) {
    findings.required(person.family, 'n/family')
    findings.required(person.given, 'n/given')
  }
  findings.form(person.email, PIFU_EMAIL, 'email', 'name@domain.top')
  findings.form(person.url, PIFU_URL, 'url', 'scheme://…')
  for (const { value, type } of person.tels) {
    findings.form(value, PIFU_TEL, 'tel', '+ and digits only')
    if (type === 4) findings.wrong('STRICT_VOCABULARY', 'tel/@teltype: 1, 2, 3', '4')
  }
  findings.foreign(streets > 3, 'adr/street: at most 3')
  for (const [field, element] of NOT_IN_PIFU) findings.foreign(person[field] !== undefined, element)
  findings.foreign(person.institutionRoles.length > 0, 'institutionrole')
  findings.foreign(
    person.relationships.some(({ form }) => form === 'relationship'),
    'extension/relationship',
  )
  findings.extension(person.extension, PIECES)
}
