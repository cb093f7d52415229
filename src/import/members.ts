import { byStrength, type MemberRole, ROLES } from '../roster/membership.ts'
import type { ImsMembership } from '../ims/records.ts'
import type { Place } from '../roster/record.ts'
import type { Collector } from './collect.ts'
import type { CompareContext } from './compare-persons.ts'
import { ACTIVE, IS_DELETED, IS_GROUP, type ListsRead, ROLE_BITS } from './lists-read.ts'
import { LEFT_OUT, type Resolve, type standInFinder, UNKNOWN } from './resolve.ts'

/** A member of a group after split and repeated elements were merged. */
export interface Member {
  readonly person: number
  readonly code: number
  readonly detail: number
  readonly place: number
}

export interface GroupLinkChange {
  readonly groupId: number
  /** Keys of the groups that are members now; they take the place of what was there. */
  readonly memberKeys: readonly { readonly key: string; readonly role: number }[]
}

interface Settled {
  readonly sumHigh: bigint
  readonly sumLow: bigint
  /** Elements whose outcome depends on another record. */
  readonly unsettled: ReadonlySet<number>
  /** It names somebody who stands in for a record that was left out: the sum does not tell whether it changed. */
  readonly hasStandIn: boolean
}

/** Gives the members of a group from the elements of its list, merged, and what they add up to. */
export class Members {
  setAside = 0
  notTaken = 0
  readonly #lists: ListsRead
  readonly #resolve: Resolve
  readonly #context: CompareContext
  readonly #sum = new BigUint64Array(2)
  readonly #factors = new Map<number, bigint>()
  /** Whom each key means, by its number, once it was looked up; NaN before. */
  readonly #refs: Float64Array
  readonly #seen = new Set<number>()
  readonly #seenLinks = new Set<number>()
  readonly #readAgain: (place: Place, length: number) => ImsMembership
  readonly #isStandIn: ReturnType<typeof standInFinder>
  #again: { readonly element: number; readonly list: ImsMembership } | undefined

  /** Keys of members are not kept: the list is read once more to name someone whom nobody knows. */
  #keyAt(element: number, place: Place): string | undefined {
    if (this.#again?.element !== element) {
      const list = this.#readAgain(this.#lists.places.at(element), this.#lists.lengths.at(element))
      this.#again = { element, list }
    }
    const member = this.#again.list.members.find((each) => each.place === place)
    return member?.sourcedId.id
  }

  constructor(
    collected: Collector,
    resolve: Resolve,
    context: CompareContext,
    readAgain: (place: Place, length: number) => ImsMembership,
    isStandIn: ReturnType<typeof standInFinder>,
  ) {
    this.#readAgain = readAgain
    this.#isStandIn = isStandIn
    this.#lists = collected.lists
    this.#resolve = resolve
    this.#context = context
    this.#refs = new Float64Array(collected.lists.keys.length).fill(Number.NaN)
  }

  /** Sums the members up that can be resolved, and reports those that cannot. */
  settle(elements: readonly number[]): Settled {
    const { starts, memberCodes, memberPlaces, unsettled: asideIn } = this.#lists
    const unsettled = new Set<number>()
    const seen = this.#seen
    const seenLinks = this.#seenLinks
    seen.clear()
    seenLinks.clear()
    this.#sum.fill(0n)
    let members = 0
    let hasStandIn = false
    for (const element of elements) {
      if (asideIn.at(element) === 1) unsettled.add(element)
      const end = this.#lists.endOf(element)
      for (let at = starts.at(element); at < end; at++) {
        const code = memberCodes.at(at)
        if ((code & IS_GROUP) === 0) {
          const ref = this.#refOf(at)
          if (ref === LEFT_OUT) {
            this.notTaken++
            continue
          }
          if (ref === UNKNOWN) {
            unsettled.add(element)
            this.setAside++
            const place = memberPlaces.at(at)
            const key = this.#context.problems.hasRoom ? this.#keyAt(element, place) : undefined
            this.#context.problems.add({
              code: 'MEMBER_UNKNOWN',
              place,
              kind: 'membership',
              ...(key === undefined ? {} : { key }),
            })
            continue
          }
          if (this.#standsIn(at)) {
            hasStandIn = true
            unsettled.add(element)
            continue
          }
          seen.add(ref)
        } else {
          seenLinks.add(this.#lists.memberKeys.at(at))
        }
        members++
        this.#addToSum(at, code, this.#lists.memberDetails.at(at))
      }
    }
    if (seen.size + seenLinks.size < members) this.#sumMerged(elements)
    const [sumHigh = 0n, sumLow = 0n] = this.#sum
    return { sumHigh, sumLow, unsettled, hasStandIn }
  }

  /** Counts the members of a group that the rules do not take. */
  leaveOut(elements: readonly number[]): void {
    for (const element of elements) {
      this.notTaken += this.#lists.endOf(element) - this.#lists.starts.at(element)
    }
  }

  /** The members that are persons of the roster, merged. */
  of(elements: readonly number[]): Iterable<Member> {
    return this.#merged(elements)
  }

  hasUnreadable(elements: readonly number[]): boolean {
    return elements.some((element) => this.#lists.unsettled.at(element) === 1)
  }

  detailText(detail: number): string {
    return this.#lists.details[detail] as string
  }

  /** Whether roles, dates and sub-roles are those of another detail text: only extension data may differ. */
  isSameButExtension(before: string, detail: number, code: number): boolean {
    return (
      withoutExtension(this.#rolesIn(before, code)) ===
      withoutExtension(this.#rolesIn(this.detailText(detail), code))
    )
  }

  hasLinks(elements: readonly number[]): boolean {
    if (this.#lists.linkKeys.size === 0) return false
    return elements.some((element) => {
      for (let at = this.#lists.starts.at(element); at < this.#lists.endOf(element); at++) {
        if (this.#lists.linkKeys.has(at)) return true
      }
      return false
    })
  }

  /** Groups that are members of these groups: those that stay (`before`) and those that the lists name. */
  links(
    groupIds: Iterable<number>,
    byGroup: ReadonlyMap<number, readonly number[]>,
    before: ReadonlyMap<number, readonly { readonly key: string; readonly role: number }[]>,
  ): GroupLinkChange[] {
    const changes: GroupLinkChange[] = []
    for (const groupId of groupIds) {
      const staying = before.get(groupId) ?? []
      const memberKeys = new Map(staying.map(({ key, role }) => [key, role]))
      for (const element of byGroup.get(groupId) ?? []) {
        for (let at = this.#lists.starts.at(element); at < this.#lists.endOf(element); at++) {
          const key = this.#lists.linkKeys.get(at)
          if (key === undefined) continue
          const code = this.#lists.memberCodes.at(at)
          if ((code & IS_DELETED) === 0) memberKeys.set(key, code & ROLE_BITS)
          else memberKeys.delete(key)
        }
      }
      changes.push({ groupId, memberKeys: [...memberKeys].map(([key, role]) => ({ key, role })) })
    }
    return changes
  }

  #refOf(at: number): number {
    const { keys, memberKeys } = this.#lists
    const key = memberKeys.at(at)
    const known = this.#refs[key] as number
    // Only NaN is not itself: not looked up yet.
    if (known === known) return known
    const ref = this.#resolve(keys.high, keys.low, key)
    this.#refs[key] = ref
    return ref
  }

  #standsIn(at: number): boolean {
    const { keys, memberKeys } = this.#lists
    return this.#isStandIn?.(keys.high, keys.low, memberKeys.at(at)) ?? false
  }

  *#merged(elements: readonly number[]): Iterable<Member & { readonly at: number }> {
    const lists = this.#lists
    const merged = new Map<number, Member & { at: number }>()
    for (const element of elements) {
      for (let at = lists.starts.at(element); at < lists.endOf(element); at++) {
        if ((lists.memberCodes.at(at) & IS_GROUP) !== 0) continue
        const person = this.#refOf(at)
        if (person === UNKNOWN || person === LEFT_OUT) continue
        const first = merged.get(person)
        const member = this.#member(at, person)
        merged.set(person, first ? this.#join(first, member) : member)
      }
    }
    yield* merged.values()
  }

  /** Someone is in the list twice: he counts once, as the two together say; of a group link the last counts. */
  #sumMerged(elements: readonly number[]): void {
    this.#sum.fill(0n)
    for (const { at, code, detail } of this.#merged(elements)) {
      if (!this.#standsIn(at)) this.#addToSum(at, code, detail)
    }
    const { starts, memberCodes, memberDetails, memberKeys } = this.#lists
    const links = new Map<number, number>()
    for (const element of elements) {
      for (let at = starts.at(element); at < this.#lists.endOf(element); at++) {
        if ((memberCodes.at(at) & IS_GROUP) !== 0) links.set(memberKeys.at(at), at)
      }
    }
    for (const at of links.values()) this.#addToSum(at, memberCodes.at(at), memberDetails.at(at))
  }

  #member(at: number, person: number): Member & { at: number } {
    const lists = this.#lists
    return {
      person,
      code: lists.memberCodes.at(at),
      detail: lists.memberDetails.at(at),
      place: lists.memberPlaces.at(at),
      at,
    }
  }

  /** All roles are kept, the strongest counts; the same role twice is one, active if either says so. */
  #join(first: Member & { at: number }, second: Member): Member & { at: number } {
    if (first.code === second.code && first.detail === second.detail) return first
    if ((first.code & IS_DELETED) !== 0) return { ...first, ...second }
    if ((second.code & IS_DELETED) !== 0) return first
    const roles = mergeRoles([...this.#rolesOf(first), ...this.#rolesOf(second)])
    const [strongest] = roles as [MemberRole]
    const code = ROLES.indexOf(strongest.role) | (strongest.active ? ACTIVE : 0)
    return { ...first, code, detail: this.#lists.detailOf(roles) }
  }

  #rolesOf({ code, detail }: Member): readonly MemberRole[] {
    return this.#rolesIn(this.detailText(detail), code)
  }

  #rolesIn(detail: string, code: number): readonly MemberRole[] {
    if (detail !== '') return JSON.parse(detail) as MemberRole[]
    const role = ROLES[code & ROLE_BITS] as MemberRole['role']
    return [{ role, active: (code & ACTIVE) !== 0, extension: [] }]
  }

  #addToSum(at: number, code: number, detail: number): void {
    const factor = this.#factor(code & ~IS_DELETED, detail)
    const sum = this.#sum
    const { keys, memberKeys } = this.#lists
    const key = memberKeys.at(at)
    // The array cuts what is beyond 64 bits off.
    sum[0] = (sum[0] as bigint) + keys.high.at(key) * factor
    sum[1] = (sum[1] as bigint) + keys.low.at(key) * factor
  }

  /** An odd number for each role, state and detail, so that a member in another role adds something else. */
  #factor(code: number, detail: number): bigint {
    const cached = this.#factors.get(detail * 64 + code)
    if (cached !== undefined) return cached
    const text = `${code}\n${this.detailText(detail)}`
    const factor = this.#context.hashes.text(text).low | 1n
    this.#factors.set(detail * 64 + code, factor)
    return factor
  }
}

function withoutExtension(roles: readonly MemberRole[]): string {
  return JSON.stringify(roles.map((role) => ({ ...role, extension: [] })))
}

function mergeRoles(roles: readonly MemberRole[]): MemberRole[] {
  const kept = new Map<string, MemberRole>()
  for (const role of roles) {
    const { active: _, ...rest } = role
    const key = JSON.stringify(rest)
    const same = kept.get(key)
    if (!same || (!same.active && role.active)) kept.set(key, role)
  }
  return [...kept.values()].toSorted(byStrength)
}
