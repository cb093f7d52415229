import { float64s, uint64s, type Growable } from './growable.ts'
import { HashIndex } from './hash-index.ts'
import { packColumns, unpackColumns } from './mirror.ts'

/** What a group's list came to when it was last compared. */
export interface ListState {
  /** Order-free sum over the fingerprints of the members that were taken, modulo 2^64 each. */
  readonly sumHigh: bigint
  readonly sumLow: bigint
  /** Elements that keep no raw fingerprint because their outcome depended on another record: read again every time. */
  readonly unsettled: number
}

/** Of a list that has to be compared next time, whatever it comes to: nothing adds up to this. */
export const LOOK_AGAIN: ListState = {
  sumHigh: 0xffff_ffff_ffff_ffffn,
  sumLow: 0xffff_ffff_ffff_ffffn,
  unsettled: 1,
}

/**
 * The membership elements a source last sent: raw fingerprint and group of each, and per group the sum over its
 * members. A group's list may come in many elements; it is unchanged when each of them is back and none is new.
 */
export class ListMirror {
  readonly groupIds: Growable<Float64Array> = float64s()
  readonly rawHigh: Growable<BigUint64Array> = uint64s()
  readonly rawLow: Growable<BigUint64Array> = uint64s()
  readonly #byRaw = new HashIndex(this.rawHigh, this.rawLow)
  readonly states = new Map<number, ListState>()

  add(groupId: number, high: bigint, low: bigint): number {
    const entry = this.groupIds.push(groupId)
    this.rawHigh.push(high)
    this.rawLow.push(low)
    this.#byRaw.add(entry)
    return entry
  }

  findRaw(high: bigint, low: bigint): number {
    return this.#byRaw.find(high, low)
  }

  /** The mirror without the elements and states of these groups, and with others in their place. */
  replace(
    drop: (groupId: number, entry: number) => boolean,
    added: ListMirror,
    renumber: (groupId: number) => number,
  ): ListMirror {
    const next = new ListMirror()
    for (let entry = 0; entry < this.groupIds.length; entry++) {
      const groupId = this.groupIds.at(entry)
      if (!drop(groupId, entry)) next.add(groupId, this.rawHigh.at(entry), this.rawLow.at(entry))
    }
    for (const [groupId, state] of this.states) {
      if (!drop(groupId, -1)) next.states.set(groupId, state)
    }
    for (let entry = 0; entry < added.groupIds.length; entry++) {
      const groupId = renumber(added.groupIds.at(entry))
      next.add(groupId, added.rawHigh.at(entry), added.rawLow.at(entry))
    }
    for (const [groupId, state] of added.states) next.states.set(renumber(groupId), state)
    return next
  }

  /** Lets go of all elements and states. */
  clear(): void {
    for (const column of [this.groupIds, this.rawHigh, this.rawLow]) column.clear()
    this.#byRaw.clear()
    this.states.clear()
  }

  packElements(): Uint8Array {
    const all = Array.from({ length: this.groupIds.length }, (_, entry) => entry)
    return packColumns(all, [this.groupIds, this.rawHigh, this.rawLow])
  }

  packStates(): Uint8Array {
    const ids = float64s()
    const high = uint64s()
    const low = uint64s()
    const unsettled = float64s()
    for (const [groupId, state] of this.states) {
      ids.push(groupId)
      high.push(state.sumHigh)
      low.push(state.sumLow)
      unsettled.push(state.unsettled)
    }
    const all = Array.from({ length: ids.length }, (_, entry) => entry)
    return packColumns(all, [ids, high, low, unsettled])
  }

  static unpack(elements: Uint8Array, states: Uint8Array): ListMirror {
    const mirror = new ListMirror()
    const [groups, rawHigh, rawLow] = unpackColumns(elements, 3)
    if (groups !== undefined && rawHigh !== undefined && rawLow !== undefined) {
      mirror.groupIds.adopt(groups.floats.slice())
      mirror.rawHigh.adopt(rawHigh.bigs.slice())
      mirror.rawLow.adopt(rawLow.bigs.slice())
      mirror.#byRaw.addAll(mirror.groupIds.length)
    }
    const [ids, high, low, unsettled] = unpackColumns(states, 4)
    for (let entry = 0; entry < states.length / 32; entry++) {
      mirror.states.set(ids?.floats[entry] as number, {
        sumHigh: high?.bigs[entry] as bigint,
        sumLow: low?.bigs[entry] as bigint,
        unsettled: unsettled?.floats[entry] as number,
      })
    }
    return mirror
  }
}
