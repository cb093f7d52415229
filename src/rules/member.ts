import type { DeliveryType, ImsMember, ImsRole } from '../ims/records.ts'
import { byStrength, type MemberRecord, type MemberRole, type Role } from '../roster/membership.ts'
import type { Problem, ProblemCode } from '../roster/problem.ts'
import type { Reading } from './contract.ts'
import { parseDate } from './dates.ts'
import type { KeyOf } from './key.ts'
import { allPieces, textPiece } from './piece.ts'
import { firstOf } from './pattern.ts'
import type { EffectiveRules } from './schema.ts'

const NO_PROBLEMS: readonly Problem[] = []
const NO_PIECES: readonly string[] = []

export type MemberReader = (member: ImsMember, delivery: DeliveryType) => Reading<MemberRecord>

/** The roles of a member who has just this one and nothing else about it: made once, shared by all such members. */
interface PlainRoles {
  readonly active: readonly MemberRole[]
  readonly inactive: readonly MemberRole[]
}

/** What roles came to with which nothing was wrong: members that are written alike share the object `sent`. */
interface RolesRead {
  readonly sent: readonly ImsRole[]
  readonly delivery: DeliveryType
  readonly roles: readonly MemberRole[]
  readonly deleted: boolean
}

/**
 * Reads members through a source's rules. This runs once for every member of a delivery: the ordinary one, with one
 * known role and nothing else, costs two small objects.
 */
export function memberReader(rules: EffectiveRules, keyOf: KeyOf): MemberReader {
  const takesMemberships = rules.take.kinds.includes('membership')
  const isExact = ([type]: readonly [string, Role]): boolean => !type.includes('*')
  const named = Object.entries(rules.roles)
  const roleOf = new Map<string, Role>(named.filter(isExact))
  const byPattern = firstOf(Object.fromEntries(named.filter((each) => !isExact(each))))
  const withoutType = roleOf.get('01') ?? 'learner'
  const plain = new Map([...roleOf].map(([type, role]) => [type, plainRoles(role)]))
  plain.set('', plainRoles(withoutType))
  const missing = plainRoles(rules.missingRole).active
  let last: RolesRead | undefined

  return (member, delivery) => {
    const key = keyOf(member.sourcedId)
    if (!takesMemberships) return { outcome: 'notTaken', key, problems: NO_PROBLEMS }
    const memberKind = member.idtype === 2 ? 'group' : 'person'
    const [role] = member.roles
    if (role === undefined) {
      const record = { key, memberKind, roles: missing } as const
      return { outcome: 'taken', record, deleted: false, problems: NO_PROBLEMS }
    }
    if (member.roles.length === 1 && isPlain(role)) {
      const shared = plain.get(role.roleType)
      if (shared !== undefined) {
        const roles = role.active ? shared.active : shared.inactive
        const deleted = role.recstatus === 3 && delivery !== 'full'
        return {
          outcome: 'taken',
          record: { key, memberKind, roles },
          deleted,
          problems: NO_PROBLEMS,
        }
      }
    }
    if (last?.sent === member.roles && last.delivery === delivery) {
      const { roles, deleted } = last
      const record = { key, memberKind, roles } as const
      return { outcome: 'taken', record, deleted, problems: NO_PROBLEMS }
    }
    const problems: Problem[] = []
    const problem = (code: ProblemCode, found: string): void => {
      problems.push({ code, place: member.place, kind: 'membership', key, found })
    }
    const kept =
      delivery === 'full' ? member.roles : member.roles.filter(({ recstatus }) => recstatus !== 3)
    const deleted = kept.length === 0
    const counted = deleted ? member.roles : kept
    const roles = distinct(counted.map((role) => readRole(role, problem))).sort(byStrength)
    if (problems.length === 0) last = { sent: member.roles, delivery, roles, deleted }
    return { outcome: 'taken', record: { key, memberKind, roles }, deleted, problems }
  }

  function readRole(
    sent: ImsRole,
    problem: (code: ProblemCode, found: string) => void,
  ): MemberRole {
    const known =
      sent.roleType === ''
        ? withoutType
        : (roleOf.get(sent.roleType) ??
          roleOf.get(sent.roleType.toLowerCase()) ??
          byPattern(sent.roleType))
    if (known === undefined) problem('ROLE_UNKNOWN', sent.roleType)
    const date = (written: string | undefined): string | undefined => {
      if (written === undefined) return undefined
      const read = parseDate(written)
      if (read === undefined) problem('DATE_UNREADABLE', written)
      return read
    }
    const begin = date(sent.timeframe.begin)
    const end = date(sent.timeframe.end)
    if (begin !== undefined && end !== undefined && end < begin) {
      problem('TIMEFRAME_REVERSED', `${begin} to ${end}`)
    }
    const { adminPeriod } = sent.timeframe
    const made = adminPeriod === undefined ? NO_PIECES : [textPiece('adminperiod', {}, adminPeriod)]
    return {
      role: known ?? 'guest',
      active: sent.active,
      ...(begin !== undefined && { begin }),
      ...(end !== undefined && { end }),
      ...(sent.subrole !== undefined && { subrole: sent.subrole }),
      extension: allPieces(sent.extension, made),
    }
  }
}

function plainRoles(role: Role): PlainRoles {
  const only = (active: boolean): readonly MemberRole[] =>
    Object.freeze([Object.freeze({ role, active, extension: NO_PIECES })])
  return { active: only(true), inactive: only(false) }
}

function isPlain({ timeframe, subrole, extension }: ImsRole): boolean {
  return (
    subrole === undefined &&
    extension.length === 0 &&
    timeframe.begin === undefined &&
    timeframe.end === undefined &&
    timeframe.adminPeriod === undefined
  )
}

/** Each role once: senders repeat them. */
function distinct(roles: readonly MemberRole[]): MemberRole[] {
  if (roles.length < 2) return [...roles]
  const seen = new Map(roles.map((role) => [JSON.stringify(role), role]))
  return [...seen.values()]
}
