/**
 * Damages good files of every dialect, reads each in every way there is, and holds the readings against each other:
 *
 *     scripts/hostile mutations [--count 100000] [--seed 1]
 *
 * Says how many were refused and read, how long a byte took, and how much memory there is before and after; ends at the
 * first finding, which it writes to the folder for temporary files.
 */
import { writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { assertAgree, readBefore } from './agree.ts'
import { Draw } from './draw.ts'
import { GOOD_FILES } from './good-files.ts'
import { mutate, NAMES } from './mutate.ts'

/** Longest time of a byte, for all readings of a file together; of the fastest of three tries. */
const NANOSECONDS_A_BYTE_MAX = 50_000
/** Files of a few bytes take what every file takes. */
const BYTES_MIN = 4096
/** How much more memory may be in use after any number of files. */
const GROWTH_MAX = 32 * 1024 * 1024

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
  },
})
const count = Number(values.count)
const seed = Number(values.seed)
const before = GOOD_FILES.map(readBefore)
const others = GOOD_FILES.map(({ bytes }) => bytes)

const outcomes = new Map<string, number>()
const damagesDone = new Map<string, number>()
let records = 0
let known = 0
let bytesDone = 0
let worst = { nanoseconds: 0, seed: 0 }
let heapBefore = 0
const begun = process.hrtime.bigint()

for (let number = 0; number < count; number++) {
  // Memory is compared once everything that is made once has been made.
  if (number === Math.min(1000, count >> 1)) heapBefore = await inUse()
  one(seed * 1_000_000 + number)
  if ((number + 1) % 10_000 === 0) console.log(`${number + 1} files, ${seconds()} s`)
}
const growth = (await inUse()) - heapBefore
const sorted = [...outcomes].toSorted(([, a], [, b]) => b - a)
console.log(`\n${count} files, ${Math.round(bytesDone / 1e6)} MB, ${seconds()} s`)
for (const [outcome, times] of sorted) console.log(`${String(times).padStart(8)} ${outcome}`)
console.log(`records read ${records}, of them known by their bytes ${known}`)
for (const name of NAMES) console.log(`${String(damagesDone.get(name) ?? 0).padStart(8)} ${name}`)
console.log(`slowest: ${Math.round(worst.nanoseconds)} ns a byte (seed ${worst.seed})`)
console.log(`memory in use: ${Math.round(growth / 1024)} KiB more than after the first 1000 files`)
if (growth > GROWTH_MAX) throw new Error(`memory grows: ${growth} bytes`)

function one(drawSeed: number): void {
  const draw = new Draw(drawSeed)
  const good = draw.pick(before)
  const { bytes, damages } = mutate(draw, good.bytes, others)
  const windowBytes = draw.pick([1, 16, 64, 500, 4096])
  for (const name of damages) damagesDone.set(name, (damagesDone.get(name) ?? 0) + 1)
  let nanoseconds = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < 3; attempt++) {
    const from = process.hrtime.bigint()
    try {
      const agreed = assertAgree(bytes, good, windowBytes)
      if (attempt === 0) {
        records += agreed.records
        known += agreed.known
        bytesDone += bytes.length
        const outcome = agreed.refused ?? 'read'
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      }
    } catch (error) {
      const file = path.join(os.tmpdir(), `rollcall-mutation-${drawSeed}.xml`)
      writeFileSync(file, bytes)
      console.log(
        `${good.name}, seed ${drawSeed}, windows of ${windowBytes}: ${damages.join(', ')}`,
      )
      console.log(`kept as ${file}`)
      throw error
    }
    const took = Number(process.hrtime.bigint() - from) / Math.max(BYTES_MIN, bytes.length)
    nanoseconds = Math.min(nanoseconds, took)
    if (nanoseconds <= NANOSECONDS_A_BYTE_MAX) break
  }
  if (nanoseconds > worst.nanoseconds) worst = { nanoseconds, seed: drawSeed }
  if (nanoseconds > NANOSECONDS_A_BYTE_MAX)
    throw new Error(`seed ${drawSeed} takes ${Math.round(nanoseconds)} ns a byte`)
}

/** Bytes in use once everything that nobody holds is gone, buffers too: these go a turn later. */
async function inUse(): Promise<number> {
  for (let turn = 0; turn < 4; turn++) {
    globalThis.gc?.()
    await setImmediate()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function seconds(): string {
  return (Number(process.hrtime.bigint() - begun) / 1e9).toFixed(1)
}
