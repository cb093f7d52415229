import type { ImsGroup } from './records.ts'
import { orgNumberPiece } from './read-group-extension.ts'
import { extension, recstatus, sourcedId, timeframe } from './write-parts.ts'
import { attribute, leaf } from './xml.ts'

export function writeGroup(group: ImsGroup, isPifu: boolean): string {
  let xml = `  <group${recstatus(group.recstatus)}>`
  for (const id of group.sourcedIds) xml += sourcedId(id)
  for (const { scheme, level, value } of group.types) {
    xml += `<grouptype>${leaf('scheme', scheme)}${leaf('typevalue', value, attribute('level', level))}</grouptype>`
  }
  xml += `<description>${leaf('short', group.short ?? '')}${leaf('long', group.long)}${leaf('full', group.full)}</description>`
  if (!isPifu) xml += org(group)
  xml += timeframe(group.timeframe)
  if (!isPifu) xml += enrollControl(group)
  xml += leaf('email', group.email) + leaf('url', group.url)
  for (const { relation, label, sourcedId: other } of group.links) {
    xml += `<relationship relation="${relation}">${sourcedId(other)}${leaf('label', label)}</relationship>`
  }
  const own = course(group) + (isPifu ? orgNumber(group) : '')
  return `${xml}${extension(group.extension, own)}</group>\n`
}

function org({ orgName, orgUnits, orgNumber }: ImsGroup): string {
  let xml = leaf('orgname', orgName)
  for (const unit of orgUnits) xml += leaf('orgunit', unit)
  xml += leaf('id', orgNumber)
  return xml === '' ? '' : `<org>${xml}</org>`
}

function enrollControl({ enrollAccept, enrollAllowed }: ImsGroup): string {
  const xml = leaf('enrollaccept', enrollAccept) + leaf('enrollallowed', enrollAllowed)
  return xml === '' ? '' : `<enrollcontrol>${xml}</enrollcontrol>`
}

function course({ courseTitle, courseCode }: ImsGroup): string {
  const xml = leaf('title', courseTitle) + leaf('code', courseCode)
  return xml === '' ? '' : `<course>${xml}</course>`
}

/** PIFU has no `org`: the number is an identifier in the extension, where it may stand already in another form. */
function orgNumber({ orgNumber: number, extension: pieces }: ImsGroup): string {
  if (number === undefined) return ''
  const isOrgNumber = /^<pifu_id[^>]* type="organizationnumber"/i
  return pieces.some((piece) => isOrgNumber.test(piece)) ? '' : orgNumberPiece(number)
}
