import { RollcallError } from '../errors.ts'
import { readRelationAsWritten } from './abc/as-written.ts'
import { ABC_DIALECT } from './dialect.ts'
import type { ReadLimits } from './limits.ts'
import { readGroup } from './read-group.ts'
import { readMembership } from './read-membership.ts'
import { readPerson } from './read-person.ts'
import type { ReadContext } from './reading.ts'
import type { ImsFrame, ImsGroup, ImsMembership, ImsPerson, ImsProperties } from './records.ts'
import { readFully } from './source.ts'
import type { ByteSource } from './source.ts'
import { MORE, Malformed, Tokens } from './tokens.ts'
import type { Problem } from '../roster/problem.ts'
import type { Place } from '../roster/record.ts'

type Read<R> = (tokens: Tokens, context: ReadContext) => R | Problem | undefined

/**
 * Reads records again at places remembered from a scan of the same bytes, in the context of that file.
 * Throws `RollcallError` (`ERR_FILE_UNREADABLE`) where the bytes at the place are no such record any more.
 */
export class RecordReader {
  readonly #source: ByteSource
  readonly #context: Omit<ReadContext, 'base'>
  readonly #tokens: Tokens
  #bytes: Buffer = Buffer.alloc(0)

  constructor(
    source: ByteSource,
    frame: ImsFrame,
    properties: ImsProperties | undefined,
    limits: ReadLimits,
  ) {
    this.#source = source
    this.#tokens = new Tokens(limits)
    const isSixteen = frame.encoding === 'utf-16le' || frame.encoding === 'utf-16be'
    // UTF-16 was transcoded before it was scanned.
    this.#tokens.encoding = isSixteen ? 'utf-8' : frame.encoding
    this.#context = { datasource: properties?.datasource, limits, dialect: frame.dialect }
  }

  person(place: Place, length: number): ImsPerson {
    return this.#read(place, length, readPerson)
  }

  group(place: Place, length: number): ImsGroup {
    return this.#read(place, length, readGroup)
  }

  /** Of ABC-Enterprise: all members that a relation names, with their ids as written. */
  membership(place: Place, length: number): ImsMembership {
    return this.#read(
      place,
      length,
      this.#context.dialect === ABC_DIALECT ? readRelationAsWritten : readMembership,
    )
  }

  #read<R extends object>(place: Place, length: number, read: Read<R>): R {
    if (this.#bytes.length < length) this.#bytes = Buffer.allocUnsafeSlow(2 * length)
    const have = readFully(this.#source, this.#bytes.subarray(0, length), place)
    this.#tokens.reset(this.#bytes, 0, have, place)
    const record = this.#recordAt(place, read)
    if (record === undefined || 'code' in record)
      throw new RollcallError(
        'ERR_FILE_UNREADABLE',
        `No record can be read at byte ${place} of the delivery.`,
        {
          hint: 'The stored file has changed since it was scanned. Run the delivery again.',
        },
      )
    return record
  }
  #recordAt<R extends object>(place: Place, read: Read<R>): R | Problem | undefined {
    try {
      if (this.#tokens.next() === MORE) return undefined
      return read(this.#tokens, { ...this.#context, base: place })
    } catch (error) {
      if (error instanceof Malformed) return error.problem
      throw error
    }
  }
}
