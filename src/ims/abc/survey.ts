import type { ImsSink } from '../records.ts'
import type { ReadLimits } from '../limits.ts'
import type { ByteSource } from '../source.ts'
import { NO_ABC_RULES, AbcFile, type AbcId, type AbcKind, type AbcRules } from './file.ts'
import { readAbcId } from './ids.ts'
import { readAbcProperties } from './properties.ts'
import { parentsIn, readRelation } from './relation.ts'
import { readRecord, type Reading } from '../reading.ts'
import { Walk, type Elements, type WalkOptions } from '../walk.ts'

/** What is wrong with the file is told by the pass that reads it. */
const NOBODY: ImsSink = {
  frame() {},
  properties() {},
  known() {},
  person() {},
  group() {},
  membership() {},
  problem() {},
}

/**
 * Goes through a file before it is read, for what has to be known of it before its first record. Yields the bytes done.
 * Throws `Malformed` where the delivery is refused.
 */
export function* surveyAbc(
  source: ByteSource,
  limits: ReadLimits,
  options: WalkOptions & { readonly abc?: AbcRules },
): Generator<number, AbcFile> {
  const walk = new Walk(source, limits, NOBODY, options)
  const survey = new Survey(walk, new AbcFile(options.abc ?? NO_ABC_RULES))
  const root = yield* walk.openRoot()
  yield* walk.content(root, survey)
  return survey.file
}

class Survey implements Elements {
  readonly file: AbcFile
  readonly #walk: Walk

  constructor(walk: Walk, file: AbcFile) {
    this.#walk = walk
    this.file = file
  }

  at(at: number): number {
    return this.#walk.other(at, this)
  }

  moved(): void {}

  element(at: number): number {
    const { tokens, context } = this.#walk
    switch (tokens.name) {
      case 'properties':
        return this.#walk.properties(at, this.#properties())
      case 'person':
        return this.#ids(at, 'person')
      case 'group':
        return this.#ids(at, 'group')
      case 'organization': {
        const isWhole = readRecord(tokens, context, 'group', (reading) => {
          this.#unit(reading, 'org', undefined)
          return true
        })
        return isWhole === undefined ? -1 : this.#walk.endOf(at)
      }
      case 'relation':
        return this.#relation(at)
      default:
        return this.#walk.unknown(at)
    }
  }

  #properties() {
    const properties = readAbcProperties(this.#walk.tokens, this.#walk.context, this.file.types)
    const year = /^\d{4}/.exec(properties?.datetime ?? '')?.[0]
    if (year !== undefined) this.file.year = Number(year)
    return properties
  }

  /** The ids of a person or group. */
  #ids(at: number, kind: AbcKind): number {
    const { tokens, context } = this.#walk
    const ids = readRecord(tokens, context, undefined, (reading) => this.#idsOf(reading, kind))
    if (ids === undefined) return -1
    this.file.noteIds(ids)
    return this.#walk.endOf(at)
  }

  #idsOf(reading: Reading, kind: AbcKind): AbcId[] {
    const ids: AbcId[] = []
    while (reading.nextChild()) {
      const id =
        reading.tokens.name === `${kind}id` ? readAbcId(reading, this.file, kind) : reading.skip()
      if (typeof id === 'object') ids.push(id)
    }
    return ids
  }

  /** Ids and parents of an organisation and its units, however deep. */
  #unit(reading: Reading, kind: 'org' | 'ou', above: AbcId | undefined): void {
    const ids: AbcId[] = []
    let parent = above
    while (reading.nextChild()) {
      const { name } = reading.tokens
      if (name === `${kind}id`) {
        const id = readAbcId(reading, this.file, kind)
        if (id !== undefined) ids.push(id)
      } else if (name === 'parentid' && kind === 'ou') {
        const named = readAbcId(reading, this.file, 'ou')
        const isItself = ids.some(({ id, type }) => id === named?.id && type === named.type)
        if (named !== undefined && !isItself) parent = named
      } else if (name === 'ou') {
        reading.beginMember()
        this.#unit(reading, 'ou', ids[0] ?? above)
      } else reading.skip()
    }
    this.file.noteIds(ids)
    if (parent !== undefined) this.file.noteUnitParent(ids, parent)
  }

  #relation(at: number): number {
    const relation = readRelation(this.#walk.tokens, this.#walk.context, this.file)
    if (relation === undefined) return -1
    const stop = this.#walk.endOf(at)
    if (stop <= at) return stop
    for (const { child, parent } of parentsIn(relation)) {
      this.file.noteParent(child, parent, relation.type)
    }
    for (const { id } of relation.objects) {
      if (id.kind === 'person') this.file.noteRelationType(id, relation.type)
      else if (relation.subject === undefined) this.file.noteUnclear(id)
    }
    if (relation.subject?.kind === 'person') {
      this.file.noteRelationType(relation.subject, relation.type)
    }
    return stop
  }
}
