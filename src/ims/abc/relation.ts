import type { Place } from '../../roster/record.ts'
import type { Problem } from '../../roster/problem.ts'
import { keepUnknown } from '../read-fields.ts'
import { NO_TIMEFRAME } from '../read-timeframe.ts'
import { NO_PIECES, readRecord, type ReadContext, type Reading } from '../reading.ts'
import type { ImsMember, ImsMembership, ImsRole } from '../records.ts'
import type { Tokens } from '../tokens.ts'
import type { AbcFile, AbcId, AbcKind } from './file.ts'
import { idKindOf, readAbcId } from './ids.ts'

/** A relation as written: one subject, many objects. */
export interface AbcRelation {
  readonly place: Place
  readonly length: number
  readonly type: string
  /** Undefined where there is not exactly one that can be read. */
  readonly subject: AbcId | undefined
  readonly objects: readonly { readonly id: AbcId; readonly place: Place }[]
  readonly extension: readonly string[]
  readonly problems: readonly Problem[]
}

/** What relation types are declared for. */
const SUBJECT_WORDS: { readonly [kind in AbcKind]: string } = {
  person: 'person',
  group: 'group',
  ou: 'organization',
  org: 'organization',
}

/** Reads a `<relation>`, called on its start tag; gives undefined when the window ended inside it. */
export function readRelation(
  tokens: Tokens,
  context: ReadContext,
  file: AbcFile,
): AbcRelation | undefined {
  return readRecord(tokens, context, 'membership', (reading) => read(reading, file))
}

function read(reading: Reading, file: AbcFile): AbcRelation {
  const { tokens } = reading
  const type = tokens.attribute('relationtype')?.trim() ?? ''
  const subjects: AbcId[] = []
  const objects: { readonly id: AbcId; readonly place: Place }[] = []
  const extension: string[] = []
  let subjectIsBad = false
  let anyIsBad = tokens.badText
  const side = (take: (id: AbcId | undefined, place: Place, isBad: boolean) => void): void => {
    while (reading.nextChild()) {
      reading.beginMember()
      const place = reading.at()
      tokens.badText = false
      const kind = idKindOf(tokens.name)
      if (kind !== undefined) {
        take(readAbcId(reading, file, kind), place, tokens.badText)
      } else if (tokens.name === 'org' || tokens.name === 'ou') {
        take(readUnitReference(reading, file), place, tokens.badText)
      } else keepUnknown(reading, extension)
      anyIsBad ||= tokens.badText
    }
  }
  while (reading.nextChild()) {
    switch (tokens.name) {
      case 'subject':
        side((id, _, isBad) => {
          subjectIsBad ||= isBad
          if (id !== undefined) subjects.push(id)
        })
        break
      case 'object':
        side((id, place, isBad) => {
          if (isBad) reading.setAside('BYTES_UNREADABLE', place)
          else if (id === undefined) reading.setAside('KEY_MISSING', place)
          else if (isTooLong(reading, id, place)) return
          else objects.push({ id, place })
        })
        break
      default:
        keepUnknown(reading, extension)
    }
  }
  const [only] = subjects
  const subject = subjects.length === 1 && !subjectIsBad ? only : undefined
  if (type === '') reading.noteAt('ROLETYPE_MISSING', reading.place)
  else checkType(reading, file, type, subject, objects)
  tokens.badText ||= anyIsBad
  return {
    place: reading.place,
    length: reading.length(),
    type,
    subject,
    objects,
    extension: extension.length === 0 ? NO_PIECES : extension.sort(),
    problems: reading.problems(),
  }
}

/** `<org>` with the id of an organisation, of a unit in it, or both: the unit is meant then. */
function readUnitReference(reading: Reading, file: AbcFile): AbcId | undefined {
  let found: AbcId | undefined
  while (reading.nextChild()) {
    const kind = idKindOf(reading.tokens.name)
    if (kind === 'org' || kind === 'ou') {
      const id = readAbcId(reading, file, kind)
      if (id !== undefined && (found === undefined || kind === 'ou')) found = id
    } else {
      reading.note('ELEMENT_UNKNOWN', reading.tokens.name)
      reading.skip()
    }
  }
  return found
}

function isTooLong(reading: Reading, { id }: AbcId, place: Place): boolean {
  const max = reading.context.limits.keyCharactersMax
  if (id.length <= max) return false
  reading.setAside('KEY_TOO_LONG', place, undefined, `${id.length}`, `${max}`)
  return true
}

function checkType(
  reading: Reading,
  file: AbcFile,
  type: string,
  subject: AbcId | undefined,
  [first]: AbcRelation['objects'],
): void {
  if (subject === undefined || first === undefined) return
  const words = [SUBJECT_WORDS[subject.kind], SUBJECT_WORDS[first.id.kind]] as const
  file.types.check(reading, 'relationtype', type, ...words)
}

/** Where relations put groups and units: the parent of what, for each pair that says so. */
export function parentsIn({ subject, objects }: AbcRelation): { child: AbcId; parent: AbcId }[] {
  if (subject === undefined) return []
  return objects.flatMap(({ id }) => {
    const subjectIsUnit = isUnit(subject)
    if (subjectIsUnit && id.kind !== 'person') return [{ child: id, parent: subject }]
    // Written the other way round: a unit never hangs under a group.
    return subject.kind === 'group' && isUnit(id) ? [{ child: subject, parent: id }] : []
  })
}

/**
 * The lists of members that a relation stands for: persons in the group or unit that is its subject, and groups in a
 * group; a person as subject is a member of every group that is an object. Undefined for a relation whose subject is
 * unclear, which could be any list.
 */
export function membershipsOf(relation: AbcRelation, file: AbcFile): readonly ImsMembership[] {
  const { subject, objects, type, place, length, problems, extension } = relation
  if (subject === undefined) return []
  const roles: readonly ImsRole[] = [
    { roleType: type, active: true, timeframe: NO_TIMEFRAME, extension: NO_PIECES },
  ]
  const list = (group: AbcId, members: readonly ImsMember[], of = problems): ImsMembership => ({
    kind: 'membership',
    place,
    length,
    sourcedIds: [file.sourcedId(group)],
    members,
    extension,
    problems: of,
  })
  const member = (id: AbcId, at: Place): ImsMember => ({
    place: at,
    sourcedId: file.sourcedId(id),
    idtype: id.kind === 'person' ? 1 : 2,
    roles,
  })
  if (subject.kind === 'person') {
    const groups = objects.filter(({ id }) => id.kind !== 'person')
    return groups.map((group, index) =>
      list(group.id, [member(subject, group.place)], index === 0 ? problems : []),
    )
  }
  const members = objects.filter(
    ({ id }) => id.kind === 'person' || (id.kind === 'group' && subject.kind === 'group'),
  )
  // A relation that only says where groups hang is no list; one that names nobody is an empty one.
  if (members.length === 0 && objects.length > 0) return []
  return [
    list(
      subject,
      members.map(({ id, place: at }) => member(id, at)),
    ),
  ]
}

/** A relation between persons has no place in the roster. */
export function isBetweenPersons({ subject, objects }: AbcRelation): boolean {
  return subject?.kind === 'person' && objects.some(({ id }) => id.kind === 'person')
}

function isUnit({ kind }: AbcId): boolean {
  return kind === 'ou' || kind === 'org'
}
