import { float64s } from '../change/growable.ts'
import type { Problem } from '../roster/problem.ts'
import type { Place } from '../roster/record.ts'

export interface Seen {
  readonly key: string
  /** Fingerprint of the record as read through the rules, of which the first with this key was. */
  readonly print: bigint
  readonly place: Place
  readonly value: string | undefined
  isAside: boolean
}

/**
 * Persons or groups of one file by key, as an import into an empty roster would take them: the same record twice is
 * one, two different ones with one key are both set aside.
 */
export class CheckedRecords {
  readonly #seen = new Map<string, Seen>()
  readonly #notTaken = new Set<string>()
  readonly #kind: 'person' | 'group'
  readonly #report: (problem: Problem) => void

  constructor(kind: 'person' | 'group', report: (problem: Problem) => void) {
    this.#kind = kind
    this.#report = report
  }

  /** `value` is what must be unique beside the key: of persons the username, in lower case. Gives false for a repetition. */
  take(key: string, print: bigint, place: Place, value?: string): boolean {
    const first = this.#seen.get(key)
    if (first === undefined) {
      this.#seen.set(key, { key, print, place, value, isAside: false })
      return true
    }
    if (first.print === print && !first.isAside) return false
    this.#setAside(first, 'DUPLICATE_KEY')
    this.#report({ code: 'DUPLICATE_KEY', place, kind: this.#kind, key })
    return true
  }

  leaveOut(key: string): void {
    this.#notTaken.add(key)
  }

  /** Sets all aside that share a value, once the whole file is known. */
  setSharedValuesAside(): void {
    const first = new Map<string, Seen>()
    for (const seen of this.#seen.values()) {
      if (seen.value === undefined || seen.isAside) continue
      const other = first.get(seen.value)
      if (other === undefined) {
        first.set(seen.value, seen)
        continue
      }
      this.#setAside(other, 'DUPLICATE_USERNAME', seen.value)
      this.#setAside(seen, 'DUPLICATE_USERNAME', seen.value)
    }
  }

  setAside(key: string, code: Problem['code']): void {
    const seen = this.#seen.get(key)
    if (seen !== undefined) this.#setAside(seen, code)
  }

  find(key: string): Seen | undefined {
    return this.#seen.get(key)
  }

  /** True for what would be in the roster, and for what the rules leave out on purpose. */
  isKnown(key: string): boolean {
    return this.#notTaken.has(key) || this.#seen.get(key)?.isAside === false
  }

  get takenCount(): number {
    let taken = 0
    for (const { isAside } of this.#seen.values()) if (!isAside) taken++
    return taken
  }

  isTaken(key: string): boolean {
    return this.#seen.get(key)?.isAside === false
  }

  placeOf(key: string): Place {
    return this.#seen.get(key)?.place ?? 0
  }

  #setAside(seen: Seen, code: Problem['code'], found?: string): void {
    if (seen.isAside) return
    seen.isAside = true
    const what = found === undefined ? {} : { found }
    const { key, place } = seen
    this.#report({ code, place, kind: this.#kind, key, ...what })
  }
}

/**
 * Keys that lists and relations mention. Whether there is such a record is known when the whole file was read; a
 * million mentions of what has been seen take 16 MB.
 */
export class Mentions {
  readonly #records: CheckedRecords
  readonly #seen: Seen[] = []
  readonly #seenPlaces = float64s()
  readonly #unseen: { readonly key: string; readonly place: Place }[] = []

  constructor(records: CheckedRecords) {
    this.#records = records
  }

  add(key: string, place: Place): void {
    const seen = this.#records.find(key)
    if (seen === undefined) {
      this.#unseen.push({ key, place })
      return
    }
    this.#seen.push(seen)
    this.#seenPlaces.push(place)
  }

  /** Mentions of what is not there, of what was set aside too. */
  *unknown(): Generator<{ readonly key: string; readonly place: Place }, void> {
    for (const [index, { key, isAside }] of this.#seen.entries()) {
      if (isAside) yield { key, place: this.#seenPlaces.at(index) }
    }
    for (const mention of this.#unseen) if (!this.#records.isKnown(mention.key)) yield mention
  }
}
