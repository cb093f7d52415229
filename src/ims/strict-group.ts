import type { ImsGroup, ImsGroupType, ImsMember, ImsMembership } from './records.ts'
import { PIFU_EMAIL, PIFU_GROUP_TYPES, PIFU_SUBROLES, PIFU_URL } from './pifu-vocabulary.ts'
import type { StrictFindings } from './strict-findings.ts'
import { ROLE_TYPES } from './vocabulary.ts'

const ROLE_CODES = new Set(ROLE_TYPES.values())
const NO_OR_YES = new Set(['0', '1'])
/** Pieces that PIFU has an attribute for (`restrict`), or an element (results). */
const PIECES = new Set(['begin', 'end'])
const ROLE_PIECES = new Set(['begin', 'end', 'interimresult', 'finalresult'])

export function checkGroup(group: ImsGroup, findings: StrictFindings): void {
  for (const sourcedId of group.sourcedIds) findings.sourcedId(sourcedId)
  for (const { scheme, value, level } of group.types) {
    findings.length(scheme, 256, 'grouptype/scheme')
    findings.length(value, 256, 'grouptype/typevalue')
    findings.required(level, 'grouptype/typevalue/@level')
  }
  if (group.recstatus !== 3) findings.required(group.short, 'description/short')
  findings.length(group.short, 60, 'description/short')
  findings.length(group.long, 256, 'description/long')
  findings.length(group.full, 2048, 'description/full')
  findings.length(group.orgName, 256, 'org/orgname')
  for (const unit of group.orgUnits) findings.length(unit, 256, 'org/orgunit')
  findings.length(group.email, 256, 'email')
  findings.length(group.url, 256, 'url')
  findings.timeframe(group.timeframe)
  for (const { label, sourcedId } of group.links) {
    findings.length(label, findings.isPifu ? 128 : 32, 'relationship/label')
    findings.sourcedId(sourcedId)
  }
  if (findings.isPifu) {
    checkPifuGroup(group, findings)
    return
  }
  findings.vocabulary(group.enrollAccept, NO_OR_YES, 'enrollcontrol/enrollaccept')
  findings.vocabulary(group.enrollAllowed, NO_OR_YES, 'enrollcontrol/enrollallowed')
}

function checkPifuGroup(group: ImsGroup, findings: StrictFindings): void {
  if (group.types.length === 0) findings.required(undefined, 'grouptype')
  for (const type of group.types) checkGroupType(type, findings)
  if (group.links.length === 0) findings.required(undefined, 'relationship')
  for (const { relation, label } of group.links) {
    findings.required(label, 'relationship/label')
    if (relation === 2) findings.wrong('STRICT_VOCABULARY', 'relationship/@relation: 1, 3', '2')
  }
  findings.form(group.email, PIFU_EMAIL, 'email', 'name@domain.top')
  findings.form(group.url, PIFU_URL, 'url', 'scheme://…')
  findings.foreign(group.orgName !== undefined || group.orgUnits.length > 0, 'org')
  const enrolls = group.enrollAccept !== undefined || group.enrollAllowed !== undefined
  findings.foreign(enrolls, 'enrollcontrol')
  const isCourse = group.courseTitle !== undefined || group.courseCode !== undefined
  findings.foreign(isCourse, 'extension/course')
  findings.extension(group.extension, PIECES)
}

/** Scheme, level and value must name the same row of the list. */
function checkGroupType({ scheme, level, value }: ImsGroupType, findings: StrictFindings): void {
  const values = PIFU_GROUP_TYPES.get(scheme)
  if (values === undefined) {
    const schemes = [...PIFU_GROUP_TYPES.keys()].join(', ')
    findings.wrong('STRICT_VOCABULARY', `grouptype/scheme: ${schemes}`, scheme)
    return
  }
  const expected = values.indexOf(value) + 1
  if (expected === 0) {
    findings.vocabulary(value, new Set(values), 'grouptype/typevalue')
    findings.required(value, 'grouptype/typevalue')
  } else if (String(expected) !== level) {
    findings.wrong('STRICT_VOCABULARY', `typevalue/@level: ${expected} for ${value}`, level)
  }
}

export function checkMembership(membership: ImsMembership, findings: StrictFindings): void {
  for (const sourcedId of membership.sourcedIds) findings.sourcedId(sourcedId)
  findings.foreign(membership.type !== undefined, 'membership/type')
  findings.foreign(membership.extension.length > 0, 'membership/extension')
  for (const member of membership.members) checkMember(member, findings)
}

function checkMember(member: ImsMember, findings: StrictFindings): void {
  const { place } = member
  findings.sourcedId(member.sourcedId, place)
  if (findings.isPifu && member.idtype === 2) {
    findings.wrong('STRICT_VOCABULARY', 'member/idtype: 1', '2', place)
  }
  if (member.roles.length === 0) findings.required(undefined, 'member/role', place)
  for (const { roleType, subrole, timeframe, extension } of member.roles) {
    findings.vocabulary(roleType, ROLE_CODES, 'role/@roletype', place)
    findings.length(subrole, 32, 'role/subrole', place)
    findings.timeframe(timeframe, place)
    if (!findings.isPifu) continue
    findings.required(roleType, 'role/@roletype', place)
    findings.extension(extension, ROLE_PIECES)
    if (!findings.hasSubroles) continue
    const subroles = PIFU_SUBROLES.get(roleType) ?? new Set<string>()
    findings.vocabulary(subrole, subroles, `role/subrole of ${roleType}`, place)
  }
}
