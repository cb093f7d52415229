import { type MemberRole, ROLES } from '../roster/membership.ts'
import type { Collector } from './collect.ts'
import type { CompareContext } from './compare-persons.ts'
import { ACTIVE, IS_DELETED, IS_GROUP, type ListsRead, ROLE_BITS } from './lists-read.ts'
import { LEFT_OUT, type Resolve, UNKNOWN } from './resolve.ts'

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

  constructor(collected: Collector, resolve: Resolve, context: CompareContext) {
    this.#lists = collected.lists
    this.#resolve = resolve
    this.#context = context
  }

  /** Sums the members up that can be resolved, and reports those that cannot. */
  settle(elements: readonly number[]): Settled {
    const unsettled = new Set<number>()
    for (const element of elements) {
      if (this.#lists.unsettled.at(element) === 1) unsettled.add(element)
      for (let at = this.#lists.starts.at(element); at < this.#lists.endOf(element); at++) {
        if ((this.#lists.memberCodes.at(at) & IS_GROUP) !== 0) continue
        const ref = this.#refOf(at)
        if (ref === LEFT_OUT) this.notTaken++
        else if (ref === UNKNOWN) {
          unsettled.add(element)
          this.setAside++
          this.#context.problems.add({
            code: 'MEMBER_UNKNOWN',
            place: this.#lists.memberPlaces.at(at),
            kind: 'membership',
          })
        }
      }
    }
    this.#sum.fill(0n)
    for (const member of this.#merged(elements, true)) this.#addToSum(member)
    return { sumHigh: this.#sum[0] as bigint, sumLow: this.#sum[1] as bigint, unsettled }
  }

  /** Counts the members of a group that the rules do not take. */
  leaveOut(elements: readonly number[]): void {
    for (const element of elements) {
      this.notTaken += this.#lists.endOf(element) - this.#lists.starts.at(element)
    }
  }

  /** The members that are persons of the roster, merged. */
  of(elements: readonly number[]): Iterable<Member> {
    return this.#merged(elements, false)
  }

  hasUnreadable(elements: readonly number[]): boolean {
    return elements.some((element) => this.#lists.unsettled.at(element) === 1)
  }

  detailText(detail: number): string {
    return this.#lists.details[detail] as string
  }

  /** Groups that are members of groups, of every list that was looked at. */
  links(byGroup: ReadonlyMap<number, readonly number[]>, full: boolean): GroupLinkChange[] {
    const changes: GroupLinkChange[] = []
    if (!full || this.#lists.linkKeys.size === 0) return changes
    for (const [groupId, elements] of byGroup) {
      const memberKeys = new Map<string, number>()
      for (const element of elements) {
        for (let at = this.#lists.starts.at(element); at < this.#lists.endOf(element); at++) {
          const key = this.#lists.linkKeys.get(at)
          if (key !== undefined) memberKeys.set(key, this.#lists.memberCodes.at(at) & ROLE_BITS)
        }
      }
      if (memberKeys.size === 0) continue
      changes.push({ groupId, memberKeys: [...memberKeys].map(([key, role]) => ({ key, role })) })
    }
    return changes
  }

  #refOf(at: number): number {
    return this.#resolve(this.#lists.memberKeyHigh.at(at), this.#lists.memberKeyLow.at(at))
  }

  /** With `links`, groups that are members come too, under negative numbers of their own: they count in the sum. */
  #merged(elements: readonly number[], links: boolean): Iterable<Member & { readonly at: number }> {
    const lists = this.#lists
    const merged = new Map<number, Member & { at: number }>()
    for (const element of elements) {
      for (let at = lists.starts.at(element); at < lists.endOf(element); at++) {
        const code = lists.memberCodes.at(at)
        if ((code & IS_GROUP) !== 0) {
          if (links) merged.set(0.5 + at, this.#member(at, 0.5 + at))
          continue
        }
        const person = this.#refOf(at)
        if (person === UNKNOWN || person === LEFT_OUT) continue
        const first = merged.get(person)
        merged.set(person, first ? this.#join(first, this.#member(at, person)) : this.#member(at, person))
      }
    }
    return merged.values()
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
    if (detail !== 0) return JSON.parse(this.detailText(detail)) as MemberRole[]
    const role = ROLES[code & ROLE_BITS] as MemberRole['role']
    return [{ role, active: (code & ACTIVE) !== 0, extension: [] }]
  }

  #addToSum(member: Member & { readonly at: number }): void {
    const factor = this.#factor(member.code & ~IS_DELETED, member.detail)
    const high = this.#lists.memberKeyHigh.at(member.at) * factor
    const low = this.#lists.memberKeyLow.at(member.at) * factor
    // The array cuts what is beyond 64 bits off.
    this.#sum[0] = (this.#sum[0] as bigint) + high
    this.#sum[1] = (this.#sum[1] as bigint) + low
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

function mergeRoles(roles: readonly MemberRole[]): MemberRole[] {
  const kept = new Map<string, MemberRole>()
  for (const role of roles) {
    const { active: _, ...rest } = role
    const key = JSON.stringify(rest)
    const same = kept.get(key)
    if (!same || (!same.active && role.active)) kept.set(key, role)
  }
  return [...kept.values()].toSorted(
    (a, b) => Number(b.active) - Number(a.active) || ROLES.indexOf(b.role) - ROLES.indexOf(a.role),
  )
}
