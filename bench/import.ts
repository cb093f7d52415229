/**
 * Times whole `./rollcall import` commands against `xmllint --stream --noout` of the same file, in one run:
 *
 *     node bench/deliveries.ts FOLDER        makes the deliveries (4 GB)
 *     node bench/import.ts FOLDER [--rounds 3] [--only nights,forms,small]
 *
 * Every case is paired with an xmllint run right before it, as the speed of a shared machine drifts; the ratio of the
 * two is what counts. Embedded database, cluster initialised. Memory is the peak of our own process.
 */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { describeNight } from '../src/demo/night.ts'
import { styleNamed } from '../src/demo/style.ts'
import { writeDeliveryFile } from '../src/demo/delivery.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: 'nights,forms,small' },
  },
})
const folder = positionals[0]
if (folder === undefined) throw new Error('name the folder that bench/deliveries.ts filled')
const rounds = Number(values.rounds)
const only = new Set(values.only.split(','))
const rollcall = path.resolve(import.meta.dirname, '../rollcall')

interface Measured {
  readonly seconds: number
  readonly peakMb: number
  readonly output: string
}

const SMALL = {
  seed: 1,
  persons: 10_000,
  groups: 1_000,
  members: 60_000,
  schools: 10,
  personsPerClass: 50,
}

const results = new Map<string, { seconds: number; ratio: number; peakMb: number }[]>()

for (let round = 1; round <= rounds; round++) {
  if (only.has('nights')) await nights()
  if (only.has('forms')) await forms()
  if (only.has('small')) await small()
}
for (const [name, runs] of results) {
  const column = (pick: (run: (typeof runs)[number]) => number, digits: number): string => {
    const sorted = runs.map(pick).toSorted((a, b) => a - b)
    const middle = sorted[Math.floor(sorted.length / 2)] ?? 0
    return `${middle.toFixed(digits)} (${sorted[0]?.toFixed(digits)}–${sorted.at(-1)?.toFixed(digits)})`
  }
  console.log(
    `${name.padEnd(34)} ${column((run) => run.seconds, 2).padEnd(22)} s  ${column((run) => run.ratio, 2).padEnd(20)} × xmllint  ${column((run) => run.peakMb, 0)} MB`,
  )
}

/** One source through its nights, each against the one before. */
async function nights(): Promise<void> {
  await withHome(async (home) => {
    await timed('first import', 'base.xml', home)
    await timed('unchanged (other datetime)', 'unchanged.xml', home)
    await timed('very same bytes', 'unchanged.xml', home)
    await timed('1 % night (a)', 'night-a.xml', home)
    await imported('unchanged.xml', home)
    await timed('1 % night (b)', 'night-b.xml', home)
    await imported('unchanged.xml', home)
    await timed('every record touched', 'touched.xml', home)
  })
}

/** First imports of the same roster in other forms. */
async function forms(): Promise<void> {
  for (const form of ['oneline', 'member', 'comments', 'latin1']) {
    await withHome((home) => timed(`first import, ${form}`, `${form}.xml`, home))
  }
}

/** 10,000 persons, 1,000 groups, 60,000 members. */
async function small(): Promise<void> {
  await withHome(async (home) => {
    const file = path.join(home, 'small.xml')
    const write = (dateTime: string): Promise<number> =>
      writeDeliveryFile(describeNight({ ...SMALL, dateTime }), styleNamed('plain'), file)
    await write('2026-09-01T02:00:00')
    await timed('10,000 persons, first', file, home)
    await write('2026-09-02T02:00:00')
    await timed('10,000 persons, unchanged', file, home)
  })
}

async function timed(name: string, delivery: string, home: string): Promise<void> {
  const file = path.resolve(folder ?? '.', delivery)
  const peer = await run('xmllint', ['--stream', '--noout', file], home)
  const ours = await run(rollcall, ['import', '--accept-older', '--json', file], home)
  const { outcome } = JSON.parse(ours.output) as { outcome: string }
  if (!['applied', 'same'].includes(outcome)) throw new Error(`${name}: ${outcome}`)
  const ratio = ours.seconds / peer.seconds
  const megabytes = fs.statSync(file).size / 1e6
  console.error(
    `${name}: ${ours.seconds.toFixed(2)} s, ${ratio.toFixed(2)} × xmllint (${peer.seconds.toFixed(2)} s), ${(megabytes / ours.seconds).toFixed(1)} MB/s, ${ours.peakMb} MB`,
  )
  const runs = results.get(name) ?? []
  runs.push({ seconds: ours.seconds, ratio, peakMb: ours.peakMb })
  results.set(name, runs)
}

async function imported(delivery: string, home: string): Promise<void> {
  await run(
    rollcall,
    ['import', '--accept-older', '--json', path.resolve(folder ?? '.', delivery)],
    home,
  )
}

/** A home of its own, whose cluster is initialised before anything is timed. */
async function withHome(work: (home: string) => Promise<void>): Promise<void> {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-bench-'))
  try {
    await run(rollcall, ['runs'], home)
    await work(home)
  } finally {
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    fs.rmSync(home, { recursive: true, force: true })
  }
}

/** Runs a command to its end; peak memory is read while it runs. */
function run(command: string, args: readonly string[], home: string): Promise<Measured> {
  const started = performance.now()
  const child = spawn(command, args, {
    env: { ...process.env, ROLLCALL_HOME: home },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  let peakMb = 0
  const watch = setInterval(() => {
    try {
      const status = fs.readFileSync(`/proc/${child.pid}/status`, 'utf8')
      const peak = /VmHWM:\s+(\d+) kB/.exec(status)?.[1]
      peakMb = Math.max(peakMb, Math.round((Number(peak ?? 0) * 1024) / 1e6))
    } catch {
      // It has ended.
    }
  }, 50)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      clearInterval(watch)
      const seconds = (performance.now() - started) / 1000
      if (code === 1 || code === 2 || code === null)
        reject(new Error(`${command} ended with ${code}`))
      else resolve({ seconds, peakMb, output })
    })
  })
}
