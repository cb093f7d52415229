import type { ImsPerson, ImsRelationship } from './records.ts'
import { PRIVACY_PIECE } from './read-person-extension.ts'
import { extension, recstatus, sourcedId } from './write-parts.ts'
import { attribute, leaf } from './xml.ts'

export function writePerson(person: ImsPerson, isPifu: boolean): string {
  let xml = `  <person${recstatus(person.recstatus)}>`
  for (const id of person.sourcedIds) xml += sourcedId(id)
  for (const { value, type, authenticationType } of person.userIds) {
    const types =
      attribute('useridtype', type) + attribute('authenticationtype', authenticationType)
    xml += leaf('userid', value, types)
  }
  xml += isPifu ? pifuName(person) : name(person)
  const demographics = leaf('gender', person.gender) + leaf('bday', person.bday)
  if (demographics !== '') xml += `<demographics>${demographics}</demographics>`
  xml += leaf('email', person.email) + leaf('url', person.url)
  for (const { value, type } of person.tels)
    xml += leaf('tel', value, attribute('teltype', `${type}`))
  xml += address(person)
  if (person.photo !== undefined) xml += `<photo>${leaf('extref', person.photo)}</photo>`
  if (!isPifu) xml += roles(person)
  return `${xml}${extension(person.extension, ownExtension(person))}</person>\n`
}

/** `fn` is required, also of a person who is only to be deleted: an empty one is read as none. */
function name(person: ImsPerson): string {
  const { family, given, other, prefix, suffix } = person
  const n =
    leaf('family', family) +
    leaf('given', given) +
    leaf('other', other) +
    leaf('prefix', prefix) +
    leaf('suffix', suffix)
  return (
    `<name>${leaf('fn', person.fn ?? '')}${leaf('sort', person.sort)}` +
    `${leaf('nickname', person.nickname)}${n === '' ? '' : `<n>${n}</n>`}</name>`
  )
}

function pifuName({ fn = '', family = '', given = '' }: ImsPerson): string {
  return `<name>${leaf('fn', fn)}<n>${leaf('family', family)}${leaf('given', given)}</n></name>`
}

function address(person: ImsPerson): string {
  let xml = leaf('pobox', person.pobox) + leaf('extadd', person.extadd)
  for (const line of person.street?.split('\n') ?? []) xml += leaf('street', line)
  xml +=
    leaf('locality', person.locality) +
    leaf('region', person.region) +
    leaf('pcode', person.pcode) +
    leaf('country', person.country)
  return xml === '' ? '' : `<adr>${xml}</adr>`
}

function roles({ systemRole, institutionRoles }: ImsPerson): string {
  let xml =
    systemRole === undefined ? '' : `<systemrole${attribute('systemroletype', systemRole)}/>`
  for (const { type, primary } of institutionRoles) {
    xml += `<institutionrole primaryrole="${primary ? 'Yes' : 'No'}"${attribute('institutionroletype', type)}/>`
  }
  return xml
}

function ownExtension(person: ImsPerson): string {
  let xml = ''
  for (const status of person.statuses) xml += leaf('pifu_status', status, statusType(status))
  const language = attribute('source', 'ISO 639-1')
  xml += leaf('pifu_preferredLanguage', person.preferredLanguage, language)
  for (const relationship of person.relationships) xml += related(relationship)
  const saidByPiece = person.extension.some((piece) => piece.startsWith('<pifu_privacy'))
  return person.private && !saidByPiece ? xml + PRIVACY_PIECE : xml
}

function statusType(status: string): string {
  const isActivity = status === 'aktiv' || status === 'inaktiv'
  return attribute('type', isActivity ? 'activeInactive' : 'pupilStatus')
}

function related({ form, word, sourcedId: other }: ImsRelationship): string {
  if (form === 'relationship') {
    return `<relationship>${leaf('relationshiptype', word)}${sourcedId(other)}</relationship>`
  }
  const type = attribute('type', word === 'nextofkin' ? 'nextOfKin' : word)
  return `<pifu_hasContactPerson${type}>${sourcedId(other)}</pifu_hasContactPerson>`
}
