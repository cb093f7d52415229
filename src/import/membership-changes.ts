import { float64s, int32s, uint8s } from '../change/growable.ts'

export const ADD = 1
export const UPDATE = 2
export const REMOVE = 3

/** The membership changes of a plan, as columns: a million of them take about 40 MB. */
export class MembershipChanges {
  readonly actions = uint8s()
  readonly groups = float64s()
  readonly persons = float64s()
  /** Role and flags after the change (lists-read.ts); of a removal, before it. */
  readonly codes = uint8s()
  readonly codesBefore = uint8s()
  /** Number of the detail text in ListsRead, or 0. */
  readonly details = int32s()
  /** Byte offset, or -1 where absence is the reason. */
  readonly places = float64s()
  /** Updates of active memberships where nothing but extension data differs. */
  updatedInExtension = 0

  get length(): number {
    return this.actions.length
  }

  add(
    action: number,
    group: number,
    person: number,
    code: number,
    codeBefore: number,
    detail: number,
    place: number,
  ): void {
    this.actions.push(action)
    this.groups.push(group)
    this.persons.push(person)
    this.codes.push(code)
    this.codesBefore.push(codeBefore)
    this.details.push(detail)
    this.places.push(place)
  }
}
