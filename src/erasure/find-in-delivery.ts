import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { utf8Source } from '../import/file-source.ts'
import { openKept } from '../import/kept.ts'
import type { Hashes } from '../ims/fingerprint.ts'
import type { ReadLimits } from '../ims/limits.ts'
import type { ImsPerson, ImsSink, ImsSourcedId } from '../ims/records.ts'
import { NOTHING_KNOWN, scanDelivery, type ByteSource } from '../ims/scan.ts'
import { readFully } from '../ims/source.ts'
import { keyReader } from '../rules/key.ts'
import { standsIn, type Traces } from './identifiers.ts'

/**
 * What a kept delivery has of a person. `named` his key stands in a list or another's record · `sent` he is sent ·
 * `unreadable` it cannot be searched.
 */
export type Found = 'nothing' | 'named' | 'sent' | 'unreadable' | 'notThere'

const WINDOW_BYTES = 4 * 1024 * 1024

/**
 * Searches a kept delivery for persons, read as an import reads it: unpacked, decoded, with its entities resolved. Where
 * a record cannot be read, the bytes are searched as well. Memory holds one window of it.
 */
export async function findInDelivery(
  file: string,
  traces: Traces,
  limits: ReadLimits,
  hashes: Hashes,
): Promise<Found> {
  const folder = path.dirname(file)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  let opened: Awaited<ReturnType<typeof openKept>>
  try {
    opened = await openKept(file, { upTo: limits, folder })
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_FILE_UNREADABLE') return 'notThere'
    throw error
  }
  try {
    const { content } = opened
    if ('code' in content) return 'unreadable'
    const { source, transcodedFrom } = utf8Source(content)
    const search = new Search(traces)
    const options = { windowBytes: WINDOW_BYTES, ...(transcodedFrom && { transcodedFrom }) }
    const scan = scanDelivery(source, NOTHING_KNOWN, limits, search, hashes, options)
    for (;;) {
      const step = scan.next()
      if (search.found === 'sent') return 'sent'
      if (step.done !== true) continue
      if (step.value.problem !== undefined) return 'unreadable'
      break
    }
    if (search.found === 'nothing' && search.missed && standsInBytes(source, traces)) return 'named'
    return search.found
  } finally {
    opened.close()
  }
}

/** Looks at every value of a record by which somebody may be known. */
class Search implements ImsSink {
  found: 'nothing' | 'named' | 'sent' = 'nothing'
  /** A record could not be read: what stands in it was not seen. */
  missed = false
  readonly #traces: Traces
  readonly #values: ReadonlySet<string>
  readonly #longKey = keyReader('source+id')

  constructor(traces: Traces) {
    this.#traces = traces
    this.#values = new Set(traces.values)
  }

  person(person: ImsPerson): void {
    const { userIds, email, sourcedIds, relationships, extension } = person
    const isHis =
      sourcedIds.some((each) => this.#isKey(each)) ||
      userIds.some(({ value }) => this.#values.has(value)) ||
      (email !== undefined && this.#values.has(email))
    if (isHis) this.found = 'sent'
    const isNamed =
      relationships.some(({ sourcedId }) => this.#isKey(sourcedId)) || this.#isIn(extension)
    if (isNamed) this.#named()
  }

  group({ extension }: { readonly extension: readonly string[] }): void {
    if (this.#isIn(extension)) this.#named()
  }

  membership({ members, extension }: Parameters<ImsSink['membership']>[0]): void {
    const isNamed =
      members.some(
        ({ sourcedId, roles }) =>
          this.#isKey(sourcedId) || roles.some((role) => this.#isIn(role.extension)),
      ) || this.#isIn(extension)
    if (isNamed) this.#named()
  }

  frame(): void {}
  properties(): void {}
  known(): void {}

  problem(): void {
    this.missed = true
  }

  #named(): void {
    if (this.found === 'nothing') this.found = 'named'
  }

  /** As it is written, or with its source: which of the two was the key, rules said, and they may have changed. */
  #isKey(sourcedId: ImsSourcedId): boolean {
    return this.#values.has(sourcedId.id) || this.#values.has(this.#longKey(sourcedId))
  }

  #isIn(extension: readonly string[]): boolean {
    return extension.some((piece) => this.#traces.isIn(piece) || this.#standsIn(piece))
  }

  /** A short value stands in an element of extension data as its whole text. */
  #standsIn(piece: string): boolean {
    return this.#traces.values.some((value) => piece.includes(`>${value}<`))
  }
}

/** Whether a value stands in the bytes as they are, in any encoding that has ASCII within. */
function standsInBytes(source: ByteSource, traces: Traces): boolean {
  const longest = Math.max(...traces.values.map((value) => 3 * value.length))
  const bytes = Buffer.alloc(WINDOW_BYTES + longest + 2)
  for (let at = 0; at < source.length; at += WINDOW_BYTES) {
    const have = readFully(source, bytes, at)
    const text = bytes.toString('latin1', 0, have)
    for (const value of traces.values) {
      const utf8 = Buffer.from(value).toString('latin1')
      if (standsIn(text, value) || standsIn(text, utf8)) return true
    }
  }
  return false
}
