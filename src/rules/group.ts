import type { DeliveryType, ImsGroup, ImsGroupType } from '../ims/records.ts'
import { GROUP_FIELDS, type GroupField, type GroupRecord } from '../roster/group.ts'
import type { Problem } from '../roster/problem.ts'
import type { Reading } from './contract.ts'
import { contactsReader } from './contacts.ts'
import { courseTextReader } from './course.ts'
import { FieldCollector, ownedFields } from './fields.ts'
import { groupKindReader, groupMatcher } from './group-kind.ts'
import { identityOf, type KeyOf } from './key.ts'
import { GROUP_FIELD_CHARACTERS_MAX } from './limits.ts'
import { rankOf } from './pattern.ts'
import { allPieces, textPiece, xmlPiece } from './piece.ts'
import type { EffectiveRules, GroupMatcherRule } from './schema.ts'
import { yearReader } from './school-year.ts'

const OWNED_ALWAYS: readonly GroupField[] = ['title']
/** The relation that says nothing about the tree. */
const ALSO_KNOWN_AS = 3
const NO_PROBLEMS: readonly Problem[] = []
/** Schemes whose memberships are access rights. */
const ACCESS_SCHEME = /^(FronterStructure|Roomprofile)/i

export type GroupReader = (group: ImsGroup, delivery: DeliveryType) => Reading<GroupRecord>

/** Reads groups through a source's rules; the same group gives the same reading. */
export function groupReader(rules: EffectiveRules, keyOf: KeyOf): GroupReader {
  const isTaken = takenReader(rules.take)
  const owned = ownedFields(rules.ownedFields.group, GROUP_FIELDS, OWNED_ALWAYS)
  const kindOf = groupKindReader(rules.groupKinds)
  const contactsOf = contactsReader(rules.contacts)
  const isParentLabel = parentLabelReader(rules.parentLabels)
  const courseTitleOf = courseTextReader(rules.course.title, 'courseTitle')
  const courseCodeOf = courseTextReader(rules.course.code, 'courseCode')
  const yearOf = yearReader(rules.years)

  return (group, delivery) => {
    const identity = identityOf(group.sourcedIds, keyOf)
    if (identity === undefined) {
      return {
        outcome: 'setAside',
        problem: { code: 'KEY_MISSING', place: group.place, kind: 'group' },
      }
    }
    const { key } = identity
    const deleted = group.recstatus === 3 && delivery !== 'full'
    const { kind, type } = kindOf(group, key)
    const problem = (code: Problem['code']): Problem => ({
      code,
      place: group.place,
      kind: 'group',
      key,
    })
    if (kind === 'term') return { outcome: 'notTaken', key, problems: [problem('TERM_NOT_TAKEN')] }
    // A message that removes a group need not say its type again.
    if (kind === 'none' || !isTaken(group, key, kind, deleted)) {
      return { outcome: 'notTaken', key, problems: NO_PROBLEMS }
    }
    const year = deleted ? 'none' : yearOf(kind, group.timeframe)
    // Without it nobody can tell whether this is last year's group or another one with its key.
    if (year === 'missing') {
      const found = group.timeframe[rules.years.from === 'end' ? 'end' : 'begin']
      const dated = { ...(found === undefined ? {} : { found }), expected: 'YYYY-MM-DD' }
      return { outcome: 'setAside', key, problem: { ...problem('YEAR_MISSING'), ...dated } }
    }

    const collector = new FieldCollector(group, key, owned, GROUP_FIELD_CHARACTERS_MAX)
    if (
      !rules.rolesAreAccessRights &&
      group.types.some(({ scheme }) => ACCESS_SCHEME.test(scheme))
    ) {
      collector.warn('ACCESS_ROLES', type?.scheme)
    }
    const title = group.short ?? group.long ?? key
    collector.put('title', title)
    collector.put('long', group.long)
    collector.put('full', group.full)
    collector.put('type', type?.value)
    collector.put('scheme', type?.scheme)
    collector.put('level', type?.level)
    const courseTitle = kind === 'course' ? courseTitleOf(group, key) : group.courseTitle
    if (courseTitle !== title) collector.put('courseTitle', courseTitle)
    collector.put('courseCode', kind === 'course' ? courseCodeOf(group, key) : group.courseCode)
    const begin = collector.putDate('begin', group.timeframe.begin)
    const end = collector.putDate('end', group.timeframe.end)
    if (begin !== undefined && end !== undefined && end < begin) {
      collector.warn('TIMEFRAME_REVERSED', `${begin} to ${end}`)
    }
    collector.put('adminPeriod', group.timeframe.adminPeriod)
    const contacts = contactsOf(group.contacts)
    collector.put('email', group.email ?? contacts.fields.email)
    collector.put('url', group.url ?? contacts.fields.url)
    collector.put('orgName', group.orgName)
    collector.put('orgUnit', group.orgUnits[0])
    collector.put('orgNumber', group.orgNumber)
    collector.put('enrollAccept', group.enrollAccept)
    collector.put('enrollAllowed', group.enrollAllowed)

    return {
      outcome: 'taken',
      record: {
        key,
        kind,
        fields: collector.fields,
        links: group.links.map(({ relation, label, sourcedId }) => ({
          relation: isParentLabel(label) ? relation : ALSO_KNOWN_AS,
          key: keyOf(sourcedId),
        })),
        extension: allPieces(group.extension, [
          ...identity.pieces,
          ...contacts.pieces,
          ...piecesOf(group, type),
        ]),
        ...(year === 'none' ? {} : { year }),
      },
      deleted,
      problems: collector.problems,
      aliases: identity.aliases,
      ...(identity.oldKey !== undefined && { oldKey: identity.oldKey }),
    }
  }
}

/** Nearly all senders have no labels of a meaning: then nothing is looked up. */
function parentLabelReader(patterns: readonly string[]): (label: string) => boolean {
  if (patterns.includes('*')) return () => true
  const rank = rankOf(patterns)
  // A parent that a unit's own element names has no label.
  return (label) => label === '' || rank(label) < Infinity
}

type TakenReader = (
  group: ImsGroup,
  key: string,
  kind: GroupRecord['kind'],
  deleted: boolean,
) => boolean

function takenReader(take: EffectiveRules['take']): TakenReader {
  const takesGroups = take.kinds.includes('group')
  const kinds = take.groupKinds === 'all' ? undefined : new Set(take.groupKinds)
  const isOnly = take.onlyGroups === 'all' ? undefined : anyOf(take.onlyGroups)
  const isExcept = anyOf(take.exceptGroups)
  return (group, key, kind, deleted) => {
    if (!takesGroups) return false
    if (deleted) return true
    return kinds?.has(kind) !== false && isOnly?.(group, key) !== false && !isExcept(group, key)
  }
}

function anyOf(rules: readonly GroupMatcherRule[]): (group: ImsGroup, key: string) => boolean {
  const matchers = rules.map(groupMatcher)
  return (group, key) => matchers.some((match) => match(group, key) !== undefined)
}

/** Further types, organisation units and the words on links: no field of the roster. */
function piecesOf(group: ImsGroup, counted: ImsGroupType | undefined): readonly string[] {
  const types = group.types.length < 2 ? [] : group.types.filter((type) => type !== counted)
  const labels = group.links.filter(({ label }) => !/^[0-9]*$/.test(label))
  return [
    ...types.map(typePiece),
    ...group.orgUnits.slice(1).map((unit) => textPiece('orgunit', {}, unit)),
    ...labels.map(({ relation, label }) =>
      xmlPiece('relationship', { relation: String(relation) }, textPiece('label', {}, label)),
    ),
  ]
}

function typePiece({ scheme, level, value }: ImsGroupType): string {
  const content = textPiece('scheme', {}, scheme) + textPiece('typevalue', { level }, value)
  return xmlPiece('grouptype', {}, content)
}
