/**
 * Fuzzes the reader, guided by coverage: index pass, tokeniser and rules (src/ims, src/rules):
 *
 *     scripts/hostile fuzz [--seconds 180] [--corpus FOLDER] [--seed 1]
 *
 * An input that runs a block of code that none ran before, or ran it far more often, joins the corpus and is damaged further
 * in its turn. The corpus is kept in a folder outside of the repository, so that the next run goes on from it. Coverage is V8's
 * own, by block (node:inspector). It prints how much is covered as it goes; a finding is made as small as it can be while it
 * still fails, and kept in the corpus' folder under `findings`.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { Before } from './agree.ts'
import { BlockCoverage } from './block-coverage.ts'
import { Draw } from './draw.ts'
import { minimise } from './minimise.ts'
import { mutate } from './mutate.ts'
import { pieces } from './pieces.ts'

// V8 tells blocks only of functions that it compiled afterwards.
const coverage = await BlockCoverage.start(/\/src\/(ims|rules)\//)
const { assertIndexAgrees, readBefore } = await import('./agree.ts')
const { GOOD_FILES } = await import('./good-files.ts')

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '180' },
    corpus: { type: 'string', default: path.join(os.tmpdir(), 'rollcall-corpus') },
    seed: { type: 'string', default: `${Date.now() & 0xffffff}` },
  },
})
/** Asking for coverage takes longer than reading a small file: it is asked for once for so many inputs. */
const BATCH = 128
/** Longer inputs find nothing that shorter ones do not, and take their time. */
const INPUT_BYTES_MAX = 12 * 1024
const REPORT_MS = 10_000

interface Seed {
  readonly bytes: Buffer
  readonly before: Before
}

const draw = new Draw(Number(values.seed))
const findingsFolder = path.join(values.corpus, 'findings')
mkdirSync(findingsFolder, { recursive: true })
const befores = GOOD_FILES.map((good) => {
  try {
    return readBefore({ ...good, bytes: shortened(good.bytes) })
  } catch {
    return readBefore(good)
  }
})
const corpus: Seed[] = [
  ...befores.map((before) => ({ bytes: before.bytes, before })),
  ...readdirSync(values.corpus)
    .filter((name) => name.endsWith('.xml'))
    .map((name) => ({
      bytes: readFileSync(path.join(values.corpus, name)),
      before: befores[Number(name.split('-')[0])] ?? befores[0]!,
    })),
]
const kept = corpus.length
for (const seed of corpus) runs(seed)
await coverage.take()
const begun = performance.now()
let reported = begun
let executions = 0
let findings = 0
console.log(`seed ${values.seed}: ${kept} inputs to begin with, ${coverage.blocks} blocks`)

while (performance.now() - begun < Number(values.seconds) * 1000) {
  const batch: Seed[] = []
  while (batch.length < BATCH) {
    // The newest know a way that is not worn yet.
    const near = draw.onceIn(2) ? corpus.slice(-32) : corpus
    const { bytes, before } = draw.pick(near)
    const others = [draw.pick(corpus).bytes, draw.pick(corpus).bytes]
    const { bytes: mutated } = mutate(draw, bytes, others)
    const seed = { bytes: mutated.subarray(0, INPUT_BYTES_MAX), before }
    batch.push(seed)
    if (!runs(seed)) found(seed)
  }
  executions += batch.length
  if ((await coverage.take()) > 0) await whoseItIs(batch)
  if (performance.now() - reported > REPORT_MS) report()
}
report()
process.exitCode = findings === 0 ? 0 : 1

/** A good file without most of its persons, which are all alike; where tags are hidden in comments it may be none. */
function shortened(bytes: Buffer): Buffer {
  const records = pieces(bytes, 'record')
  if (records.length < 12) return bytes
  const kept = records.filter((_, index) => index < 3 || index >= records.length - 5)
  const [first, last] = [records[0]!, records.at(-1)!]
  return Buffer.concat([
    bytes.subarray(0, first.from),
    ...kept.map(({ from, to }) => bytes.subarray(from, to)),
    bytes.subarray(last.to),
  ])
}

/** One of a batch ran something new: it is found by halves, which are run again, and joins the corpus. */
async function whoseItIs(batch: readonly Seed[]): Promise<void> {
  if (batch.length > 1) {
    await coverage.forgetNewest()
    for (const half of [batch.slice(0, batch.length >> 1), batch.slice(batch.length >> 1)]) {
      for (const seed of half) runs(seed)
      executions += half.length
      if ((await coverage.take()) > 0) await whoseItIs(half)
    }
    return
  }
  const [seed] = batch
  if (seed === undefined) return
  corpus.push(seed)
  const name = createHash('sha256').update(seed.bytes).digest('hex').slice(0, 16)
  const which = befores.indexOf(seed.before)
  writeFileSync(path.join(values.corpus, `${which}-${name}.xml`), seed.bytes)
}

function runs({ bytes, before }: Seed): boolean {
  try {
    assertIndexAgrees(bytes, before)
    return true
  } catch {
    return false
  }
}

function found({ bytes, before }: Seed): void {
  const reason = (input: Buffer): string | undefined => {
    try {
      assertIndexAgrees(input, before)
      return undefined
    } catch (error) {
      // Which assertion of ours, or where in our code it broke.
      return error instanceof Error
        ? `${error.name} ${(error.stack ?? '').split('\n').find((line) => line.includes('/src/') || line.includes('agree.ts'))}`
        : 'thrown'
    }
  }
  const small = minimise(bytes, (input) => reason(input) === reason(bytes))
  findings++
  const name = createHash('sha256').update(small).digest('hex').slice(0, 16)
  const file = path.join(findingsFolder, `${befores.indexOf(before)}-${name}.xml`)
  writeFileSync(file, small)
  console.log(`FINDING (${before.name}), ${small.length} bytes, ${file}\n  ${reason(small)}`)
}

function report(): void {
  reported = performance.now()
  const seconds = ((reported - begun) / 1000).toFixed(0)
  console.log(
    `${seconds.padStart(5)} s  ${executions} executions  ${coverage.blocks} blocks  ${coverage.features} features  ` +
      `${corpus.length} inputs  ${findings} findings`,
  )
}
