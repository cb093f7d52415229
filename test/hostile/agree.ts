import assert from 'node:assert/strict'
import type { ReadLimits } from '../../src/ims/limits.ts'
import { NOTHING_KNOWN, scanDelivery, type ByteSource } from '../../src/ims/scan.ts'
import { memorySource } from '../../src/ims/source.ts'
import { Tokens } from '../../src/ims/tokens.ts'
import { DEFAULT_READ_LIMITS } from '../../src/ims/limits.ts'
import { CheckSink } from '../../src/import/check-sink.ts'
import { utf8Source } from '../../src/import/file-source.ts'
import { ProblemLog } from '../../src/import/problem-log.ts'
import { compileSourceRules } from '../../src/import/source-rules.ts'
import type { Rules } from '../../src/rules/contract.ts'
import { gather, hashes, Known, type Gathered } from '../ims/gather.ts'
import type { GoodFile } from './good-files.ts'

/** A good file that was read: what the mirror of its source knows, and how its source's files are read. */
export interface Before {
  readonly name: string
  readonly bytes: Buffer
  readonly rules: Rules
  readonly known: Gathered
}

/** What the readings of one file came to. */
export interface Agreed {
  /** Code of the refusal; undefined where the file is read. */
  readonly refused: string | undefined
  readonly records: number
  /** Of them known by their bytes, on a mirror that has the good file. */
  readonly known: number
}

/**
 * Most work for a byte of the file. A token takes a byte at least, but for the end of a self-closing tag; what a window
 * cuts off is read again, and windows double: less than twice over. The bytes are looked at for the encoding up to two times
 * more, and once for the length of UTF-16. An ABC-Enterprise file is gone through twice.
 */
const TOKENS_A_BYTE_MAX = 2
const READS_A_BYTE_MAX = 5
/** Of a file of a few bytes. */
const WORK_MIN = 4096

const LIMITS: ReadLimits = DEFAULT_READ_LIMITS

let tokens = 0
// oxlint-disable-next-line typescript/unbound-method -- it is called on whatever it was called on
const { next } = Tokens.prototype
Tokens.prototype.next = function counted(this: Tokens): number {
  tokens++
  return next.call(this)
}

export function readBefore({ name, bytes, rules: text }: GoodFile): Before {
  const rules = compileSourceRules(text ?? null)
  const known = readAs(bytes, rules)
  assert.equal(known.end.problem, undefined, `${name} is a good file`)
  assert.ok(known.records.length > 0, `${name} has records`)
  return { name, bytes, rules, known }
}

/**
 * Reads a damaged file in every way there is, and holds the readings against each other: by the tokeniser alone with a large
 * window and with a small one, and by the index pass with mirrors that have the good file, and the damaged one itself; then
 * the good file on a mirror that has the damaged one. Through the rules too. Throws where two of them differ, or where one
 * did more work than the file is long.
 */
export function assertAgree(
  bytes: Buffer,
  { bytes: good, rules, known }: Before,
  windowBytes: number,
): Agreed {
  const full = readAs(bytes, rules)
  assertSame(readAs(bytes, rules, { windowBytes }), full, `windows of ${windowBytes}`)
  const short = readAs(bytes, rules, { windowBytes, known: new Known(known) })
  assertSame(short, full, 'the index pass that knows the good file')
  if (full.end.problem === undefined) {
    assertSame(readAs(bytes, rules, { known: new Known(full) }), full, 'the same file again')
    const healed = readAs(good, rules, { windowBytes, known: new Known(full) })
    assertSame(healed, known, 'the good file on a mirror that has the damaged one')
  }
  throughRules(bytes, rules)
  return {
    refused: full.end.problem?.code,
    records: full.records.length,
    known: short.knownSlots.length,
  }
}

/** The part of it that finds most, in half the time: the tokeniser alone, the index pass, and the rules. */
export function assertIndexAgrees(bytes: Buffer, { rules, known }: Before): void {
  const full = readAs(bytes, rules, { windowBytes: FEW_BYTES })
  const short = readAs(bytes, rules, { windowBytes: FEW_BYTES, known: new Known(known) })
  assertSame(short, full, 'the index pass that knows the good file')
  throughRules(bytes, rules)
}

/**
 * The same records at the same places, the same problems, the same refusal. What a refusal quotes ends with the window, and is
 * decoded as far as the encoding is known by then: it is left out.
 */
function assertSame(one: Gathered, other: Gathered, what: string): void {
  assert.equal(one.end.problem?.code, other.end.problem?.code, what)
  assert.equal(one.end.problem?.place, other.end.problem?.place, what)
  // A large window finds out about the encoding earlier, and so before another refusal.
  if (other.end.problem === undefined) assert.deepEqual(frameOf(one), frameOf(other), what)
  assert.deepEqual(one.properties, other.properties, what)
  assert.deepEqual(one.records, other.records, what)
  assert.deepEqual(one.problems, other.problems, what)
}

function frameOf({ frames }: Gathered): object {
  const frame = frames.at(-1)
  return { ...frame, problems: frame?.problems.toSorted((a, b) => a.code.localeCompare(b.code)) }
}

/** So few that most records lie across two windows. */
const FEW_BYTES = 500
/** Files of tests are small: the window of an import would be most of the work. */
const WINDOW_BYTES = 64 * 1024

/** With which code a file is refused by the reader; undefined where it is not. */
export function refusalOf(bytes: Uint8Array, { rules }: Before): string | undefined {
  return readAs(bytes, rules).end.problem?.code
}

interface Way {
  readonly windowBytes?: number
  readonly known?: Known
}

function readAs(bytes: Uint8Array, { abc }: Rules, way: Way = {}): Gathered {
  const counted = countingSource(bytes)
  const { source, transcodedFrom } = utf8Source(counted)
  tokens = 0
  const gathered = gather(source, {
    windowBytes: WINDOW_BYTES,
    ...way,
    abc,
    ...(transcodedFrom && { transcodedFrom }),
  })
  const most = Math.max(WORK_MIN, source.length)
  assert.ok(tokens <= TOKENS_A_BYTE_MAX * most, `${tokens} tokens of ${source.length} bytes`)
  const { bytesRead } = counted
  assert.ok(bytesRead <= READS_A_BYTE_MAX * most, `${bytesRead} read of ${source.length} bytes`)
  return gathered
}

function throughRules(bytes: Uint8Array, rules: Rules): void {
  const sink = new CheckSink(rules, hashes, new ProblemLog(LIMITS.problemsMax))
  const { source, transcodedFrom } = utf8Source(memorySource(bytes))
  const options = {
    windowBytes: WINDOW_BYTES,
    abc: rules.abc,
    ...(transcodedFrom && { transcodedFrom }),
  }
  const scan = scanDelivery(source, NOTHING_KNOWN, LIMITS, sink, hashes, options)
  let step = scan.next()
  while (step.done !== true) step = scan.next()
  if (step.value.problem === undefined) sink.end()
}

function countingSource(bytes: Uint8Array): ByteSource & { readonly bytesRead: number } {
  const inner = memorySource(bytes)
  let bytesRead = 0
  return {
    length: inner.length,
    get bytesRead() {
      return bytesRead
    },
    read(into, at) {
      const read = inner.read(into, at)
      bytesRead += read
      return read
    },
  }
}
