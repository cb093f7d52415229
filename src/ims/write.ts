import type {
  ImsGroup,
  ImsMember,
  ImsMembership,
  ImsPerson,
  ImsProperties,
  ImsRole,
} from './records.ts'
import { writeGroup } from './write-group.ts'
import { extension, recstatus, sourcedId, timeframe } from './write-parts.ts'
import { writePerson } from './write-person.ts'
import { attribute, leaf } from './xml.ts'

export type WrittenDialect = 'ims-1.1' | 'pifu-1.3'

/** What a file is made of. Places, lengths and problems of the records are not looked at. */
export interface ImsDocument {
  readonly properties: Omit<ImsProperties, 'place' | 'problems'>
  readonly persons: Iterable<ImsPerson>
  readonly groups: Iterable<ImsGroup>
  readonly memberships: Iterable<ImsMembership>
}

const PIFU_NAMESPACE = 'http://pifu.no/xsd/pifu-ims_sas/pifu-ims_sas-v1'

/**
 * Writes a whole file, one record at a time, as every known reader accepts it: UTF-8 without byte order mark or
 * DOCTYPE, elements in the order of the standard, two-digit roletypes, a status in every role. Reading gives the
 * records back. Pieces of extension data are written as they are, all of them into `extension`. In PIFU what that
 * dialect has no element for (institution roles, nicknames, organisation names …) is left out.
 */
export function* writeEnterprise(
  document: ImsDocument,
  dialect: WrittenDialect = 'ims-1.1',
): Generator<string> {
  const isPifu = dialect === 'pifu-1.3'
  const namespace = isPifu ? attribute('xmlns', PIFU_NAMESPACE) : ''
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<enterprise${namespace}>\n`
  yield writeProperties(document.properties)
  for (const person of document.persons) yield writePerson(person, isPifu)
  for (const group of document.groups) yield writeGroup(group, isPifu)
  for (const membership of document.memberships) yield writeMembership(membership)
  yield '</enterprise>\n'
}

function writeProperties(properties: ImsDocument['properties']): string {
  const { lang, datasource, targets, type, datetime } = properties
  let xml = `  <properties${attribute('lang', lang)}>${leaf('datasource', datasource)}`
  for (const target of targets) xml += leaf('target', target)
  return `${xml}${leaf('type', type)}${leaf('datetime', datetime)}</properties>\n`
}

function writeMembership(membership: ImsMembership): string {
  let xml = `  <membership${recstatus(membership.recstatus)}>`
  for (const id of membership.sourcedIds) xml += sourcedId(id)
  xml += `${leaf('type', membership.type)}\n`
  for (const member of membership.members) xml += writeMember(member)
  return `${xml}  ${extension(membership.extension)}</membership>\n`
}

function writeMember(member: ImsMember): string {
  let xml = `    <member>${sourcedId(member.sourcedId)}<idtype>${member.idtype}</idtype>`
  for (const role of member.roles) xml += writeRole(role)
  return `${xml}</member>\n`
}

function writeRole(role: ImsRole): string {
  const type = role.roleType === '' ? '' : attribute('roletype', role.roleType)
  return (
    `<role${recstatus(role.recstatus)}${type}>${leaf('subrole', role.subrole)}` +
    `<status>${role.active ? 1 : 0}</status>${timeframe(role.timeframe)}` +
    `${extension(role.extension)}</role>`
  )
}
