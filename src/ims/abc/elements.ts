import type { Problem } from '../../roster/problem.ts'
import type { Hashes } from '../fingerprint.ts'
import type { ImsGroup, ImsPerson, ImsSink, RawFingerprint } from '../records.ts'
import type { Elements, Walk } from '../walk.ts'
import type { AbcFile } from './file.ts'
import { readAbcGroup } from './group.ts'
import { readOrganization } from './organization.ts'
import { readAbcPerson } from './person.ts'
import { readAbcProperties } from './properties.ts'
import { isBetweenPersons, membershipsOf, readRelation } from './relation.ts'
import { DeclaredTypes } from './types.ts'

/**
 * The elements of ABC-Enterprise. What a record says can stand in another element than its own, so that every one of
 * them is read every time, whatever its bytes.
 */
export class AbcElements implements Elements {
  elementsTokenised = 0
  readonly #walk: Walk
  readonly #file: AbcFile
  readonly #sink: ImsSink
  readonly #hashes: Hashes

  constructor(walk: Walk, file: AbcFile, sink: ImsSink, hashes: Hashes) {
    this.#walk = walk
    this.#file = file
    this.#sink = sink
    this.#hashes = hashes
  }

  at(at: number): number {
    return this.#walk.other(at, this)
  }

  moved(): void {}

  element(at: number): number {
    const { tokens, context } = this.#walk
    switch (tokens.name) {
      case 'properties':
        // Its types are known from the survey, those of repeated ones too.
        return this.#walk.properties(at, readAbcProperties(tokens, context, new DeclaredTypes()))
      case 'organization':
        return this.#organization(at)
      case 'person':
        return this.#record(at, readAbcPerson(tokens, context, this.#file))
      case 'group':
        return this.#record(at, readAbcGroup(tokens, context, this.#file))
      case 'relation':
        return this.#relation(at)
      default:
        return this.#walk.unknown(at)
    }
  }

  #record(at: number, record: ImsPerson | ImsGroup | Problem | undefined): number {
    const stop = record === undefined ? -1 : this.#walk.endOf(at)
    if (record === undefined || stop <= at) return stop
    this.#give(record, at, stop)
    return stop
  }

  #give(record: ImsPerson | ImsGroup | Problem, from: number, to: number): void {
    this.elementsTokenised++
    if ('code' in record) this.#sink.problem(record)
    else if (record.kind === 'person') this.#sink.person(record, this.#raw(from, to))
    else this.#sink.group(record, this.#raw(from, to))
  }

  #raw(from: number, to: number): RawFingerprint {
    return this.#hashes.bytes(this.#walk.window.bytes.subarray(from, to))
  }

  #organization(at: number): number {
    const units = readOrganization(this.#walk.tokens, this.#walk.context, this.#file)
    const stop = units === undefined ? -1 : this.#walk.endOf(at)
    if (units === undefined || stop <= at) return stop
    const inOrder = units.toSorted((one, other) => one.from - other.from)
    for (const { record, from, to } of inOrder) this.#give(record, from, to)
    return stop
  }

  #relation(at: number): number {
    const { tokens, context } = this.#walk
    const relation = readRelation(tokens, context, this.#file)
    const stop = relation === undefined ? -1 : this.#walk.endOf(at)
    if (relation === undefined || stop <= at) return stop
    this.elementsTokenised++
    const { place } = relation
    const kind = 'membership'
    if (relation.subject === undefined) {
      this.#sink.problem({ code: 'SUBJECT_UNCLEAR', place, kind })
      return stop
    }
    if (isBetweenPersons(relation)) {
      this.#sink.problem({ code: 'RELATION_NOT_READ', place, kind, found: relation.type })
    }
    const lists = membershipsOf(relation, this.#file)
    const { high, low } = this.#raw(at, stop)
    for (const list of lists) {
      // One element can stand for several lists: each is told from the others.
      const raw = this.#hashes.text(`${high} ${low} ${list.sourcedIds[0]?.id}`)
      this.#sink.membership(list, raw)
    }
    if (lists.length === 0) for (const problem of relation.problems) this.#sink.problem(problem)
    return stop
  }
}
