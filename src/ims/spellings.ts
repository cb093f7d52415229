import { BLANK, CLASS, GREATER, NAME } from './bytes.ts'
import type { RecordKind } from '../roster/record.ts'

/** One way in which a file writes a record's tags: `person`, `PERSON`, `ims:person`. */
export interface Spelling {
  readonly kind: RecordKind
  readonly name: Buffer
  readonly endTag: Buffer
  /** Window index of the first end tag not before where was looked last, and after it; -1 before looking. */
  next: number
  nextStop: number
}

/** More ways than one file has reason for. Records spelt in yet another way are read without the shortcut. */
const SPELLINGS_MAX = 12

/** The spellings met so far, and where the next end tag of each stands in the window. */
export class Spellings {
  readonly #all: Spelling[] = []

  add(kind: RecordKind, name: Uint8Array): void {
    if (this.#all.length >= SPELLINGS_MAX) return
    const copy = Buffer.from(name)
    const endTag = Buffer.concat([Buffer.from('</'), copy])
    this.#all.push({ kind, name: copy, endTag, next: -1, nextStop: -1 })
  }

  /** Which of them is the name at `at`; undefined where none is, or the window ends. */
  at(bytes: Buffer, at: number): Spelling | undefined {
    for (const spelling of this.#all) {
      const { name } = spelling
      const stop = at + name.length
      if (stop >= bytes.length || (CLASS[bytes[stop]!]! & NAME) !== 0) continue
      let index = 0
      while (index < name.length && bytes[at + index] === name[index]) index++
      if (index === name.length) return spelling
    }
    return undefined
  }

  /** Forgets where end tags stand: the window has moved. */
  moved(): void {
    for (const spelling of this.#all) spelling.next = -1
  }

  /**
   * Window index after the first end tag in this spelling from `at` on, be it a true one or one in a comment; -1 where
   * the window holds none. Looking at ever later places costs one pass over the window in all.
   */
  endFrom(spelling: Spelling, bytes: Buffer, at: number): number {
    if (spelling.next < at) this.#look(spelling, bytes, at)
    return spelling.nextStop
  }

  #look(spelling: Spelling, bytes: Buffer, from: number): void {
    for (let at = from; ;) {
      const open = bytes.indexOf(spelling.endTag, at)
      if (open < 0) break
      at = open + spelling.endTag.length
      while (at < bytes.length && (CLASS[bytes[at]!]! & BLANK) !== 0) at++
      if (bytes[at] !== GREATER) continue
      spelling.next = open
      spelling.nextStop = at + 1
      return
    }
    spelling.next = Number.MAX_SAFE_INTEGER
    spelling.nextStop = -1
  }
}
