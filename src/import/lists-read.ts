import { int32s, uint64s, uint8s } from '../change/growable.ts'
import type { ListMirror } from '../change/list-mirror.ts'
import { Wholes } from '../change/wholes.ts'
import type { RawFingerprint } from '../ims/records.ts'
import type { MemberRecord, MemberRole, Role } from '../roster/membership.ts'
import { ROLES } from '../roster/membership.ts'
import type { Place } from '../roster/record.ts'
import type { KeyTexts } from './key-texts.ts'

/** A member's code: role in the low 3 bits, then flags. */
export const ROLE_BITS = 7
export const ACTIVE = 8
export const IS_GROUP = 16
export const IS_DELETED = 32

/**
 * The membership elements of a delivery: known ones as places, those that were read as columns of members. A
 * million members take about 13 MB.
 */
export class ListsRead {
  /** Of each entry of the mirror: where it stands tonight and how long it is; length 0 is "not there". */
  readonly knownPlaces: Float64Array
  readonly knownLengths: Float64Array

  /** Elements that were read. Members of element e are numbered from starts[e] to starts[e + 1]. */
  /** Number of each group's key among `keys`. */
  readonly groupKeys = int32s()
  readonly rawHigh = uint64s()
  readonly rawLow = uint64s()
  readonly places = new Wholes()
  readonly lengths = new Wholes()
  readonly starts = int32s()
  /** 1 where a member was set aside, so that the element is read again next time. */
  readonly unsettled = uint8s()

  /** Number of each member's key among `keys`. */
  readonly memberKeys = int32s()
  readonly keys: KeyTexts
  readonly memberCodes = uint8s()
  readonly memberPlaces = new Wholes()
  /** Number of the JSON text with dates, sub-role, further roles and extension data; 0 for none. */
  readonly memberDetails = int32s()
  readonly details: string[] = ['']
  /** Keys of group links (`idtype` 2), by member number. */
  readonly linkKeys = new Map<number, string>()

  /** Lists that name no group: whose memberships they hold is unknown, so none is ended for being absent. */
  unreadableLists = 0

  readonly #detailNumbers = new Map<string, number>()
  #lastRoles: readonly MemberRole[] | undefined
  #lastDetail = 0

  constructor(mirror: ListMirror, keys: KeyTexts) {
    this.knownPlaces = new Float64Array(mirror.groupIds.length)
    this.knownLengths = new Float64Array(mirror.groupIds.length)
    this.keys = keys
  }

  get length(): number {
    return this.places.length
  }

  known(entry: number, place: Place, length: number): void {
    this.knownPlaces[entry] = place
    this.knownLengths[entry] = length
  }

  /** Begins an element; its members follow. */
  begin(groupKey: string, place: Place, length: number, raw: RawFingerprint): number {
    this.groupKeys.push(this.keys.number(groupKey))
    this.rawHigh.push(raw.high)
    this.rawLow.push(raw.low)
    this.starts.push(this.memberCodes.length)
    this.unsettled.push(0)
    this.lengths.push(length)
    return this.places.push(place)
  }

  member(member: MemberRecord, place: Place, deleted: boolean): void {
    const strongest = member.roles[0]
    if (!strongest) throw new Error('a member has at least one role')
    const isGroup = member.memberKind === 'group'
    this.memberKeys.push(this.keys.number(member.key))
    this.memberCodes.push(
      ROLES.indexOf(strongest.role) |
        (strongest.active ? ACTIVE : 0) |
        (isGroup ? IS_GROUP : 0) |
        (deleted ? IS_DELETED : 0),
    )
    // Members that are written alike stand in a row, and have the same object.
    if (member.roles !== this.#lastRoles) {
      this.#lastRoles = member.roles
      this.#lastDetail = this.detailOf(member.roles)
    }
    this.memberDetails.push(this.#lastDetail)
    const number = this.memberPlaces.push(place)
    if (isGroup) this.linkKeys.set(number, member.key)
  }

  /** Numbers of the keys that members have, each once. */
  keysOfMembers(): readonly number[] {
    const isMet = new Uint8Array(this.keys.length)
    const met: number[] = []
    for (let at = 0; at < this.memberKeys.length; at++) {
      const key = this.memberKeys.at(at)
      if (isMet[key] === 0) met.push(key)
      isMet[key] = 1
    }
    return met
  }

  /** Once every list is compared, only the texts of details are needed: 13 MB less a million members, 33 MB a million elements. */
  forgetColumns(): void {
    for (const column of [
      this.groupKeys,
      this.rawHigh,
      this.rawLow,
      this.places,
      this.lengths,
      this.starts,
      this.unsettled,
      this.memberKeys,
      this.memberCodes,
      this.memberPlaces,
      this.memberDetails,
    ]) {
      column.clear()
    }
  }

  endOf(element: number): number {
    return element + 1 < this.length ? this.starts.at(element + 1) : this.memberCodes.length
  }

  /** Number of the text that keeps what the columns cannot. */
  detailOf(roles: readonly MemberRole[]): number {
    const [only] = roles
    if (
      roles.length === 1 &&
      only !== undefined &&
      only.begin === undefined &&
      only.end === undefined &&
      only.subrole === undefined &&
      only.extension.length === 0
    ) {
      return 0
    }
    return this.detailNumber(JSON.stringify(roles))
  }

  /** Number of a detail text, as it was written when the roster took it. */
  detailNumber(text: string): number {
    if (text === '') return 0
    const known = this.#detailNumbers.get(text)
    if (known !== undefined) return known
    const number = this.details.push(text) - 1
    this.#detailNumbers.set(text, number)
    return number
  }
}

export function roleOf(code: number): Role {
  return ROLES[code & ROLE_BITS] as Role
}

/** The code of a membership as the roster holds it. */
export function codeOf({
  role,
  active,
}: {
  readonly role: number
  readonly active: boolean
}): number {
  return role | (active ? ACTIVE : 0)
}
