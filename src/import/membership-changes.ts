import { uint8s } from '../change/growable.ts'
import { Wholes } from '../change/wholes.ts'

export const ADD = 1
export const UPDATE = 2
export const REMOVE = 3

/** The membership changes of a plan, as columns: a million of them take about 20 MB. */
export class MembershipChanges {
  readonly actions = uint8s()
  readonly groups = new Wholes()
  readonly persons = new Wholes()
  /** Role and flags after the change (lists-read.ts); of a removal, before it. */
  readonly codes = uint8s()
  readonly codesBefore = uint8s()
  /** Number of the detail text in ListsRead, or 0. */
  readonly details = new Wholes()
  /** Byte offset, or -1 where absence is the reason. */
  readonly places = new Wholes()
  /** 1 for updates of active memberships where nothing but extension data differs. */
  readonly extensionOnly = uint8s()

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
    extensionOnly = false,
  ): void {
    this.actions.push(action)
    this.groups.push(group)
    this.persons.push(person)
    this.codes.push(code)
    this.codesBefore.push(codeBefore)
    this.details.push(detail)
    this.places.push(place)
    this.extensionOnly.push(extensionOnly ? 1 : 0)
  }

  get added(): number {
    let count = 0
    for (let row = 0; row < this.length; row++) if (this.actions.at(row) === ADD) count++
    return count
  }

  get updatedInExtension(): number {
    let count = 0
    for (let row = 0; row < this.length; row++) count += this.extensionOnly.at(row)
    return count
  }

  /** Takes a change over from others. */
  take(from: MembershipChanges, row: number): void {
    this.add(
      from.actions.at(row),
      from.groups.at(row),
      from.persons.at(row),
      from.codes.at(row),
      from.codesBefore.at(row),
      from.details.at(row),
      from.places.at(row),
      from.extensionOnly.at(row) === 1,
    )
  }
}
