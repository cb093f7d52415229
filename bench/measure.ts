/** What the benchmarks share: a command that is run and measured, a table of ratios, results that are kept as JSON. */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TARGETS } from './targets.ts'

const ROLLCALL = path.resolve(import.meta.dirname, '../rollcall')
const POLL_MS = 20
/** Processes of PostgreSQL are looked at less often: each look reads two dozen files. */
const SERVER_POLL_MS = 100
/** Adding up memory walks through page tables: 100 times a minute are not felt. */
const MEMORY_POLL_MS = 600
/** Of /proc/…/stat, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

/** One run of a command. */
export interface Measured {
  readonly seconds: number
  /** Processor time of the process itself, all its threads. */
  readonly cpuSeconds: number
  /** Processor time of all processes of the embedded PostgreSQL together. */
  readonly serverCpuSeconds: number
  readonly peakMb: number
  /** Most memory of all processes of the embedded PostgreSQL together (PSS: what they share counts once). */
  readonly serverPeakMb: number
  readonly output: string
}

/** What it is measured against. */
export interface Peer {
  readonly name: string
  readonly seconds: number
  /** With that of PostgreSQL; undefined where it cannot be seen. */
  readonly cpuSeconds: number | undefined
}

interface Row {
  readonly seconds: number
  readonly cpuSeconds: number
  readonly serverCpuSeconds: number
  readonly ratio: number
  readonly cpuRatio: number
  readonly peakMb: number
  readonly serverPeakMb: number
  readonly bytes?: number
  readonly figures?: Figures
}

/** Figures that only some rows have, by name. */
export type Figures = Readonly<Record<string, number>>

/** One row of the results: medians, with the least and the most. */
export interface Result {
  readonly name: string
  readonly against: string
  readonly rounds: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly serverCpuSeconds: number
  readonly ratio: number
  /** The same of processor time, PostgreSQL's included: what a machine that others use does not change. 0: not known. */
  readonly cpuRatio: number
  readonly ratioMin: number
  readonly ratioMax: number
  readonly peakMb: number
  readonly serverPeakMb: number
  readonly bytes?: number
  /** Medians. */
  readonly figures?: Figures
}

/** Runs of a benchmark, row by row. */
export class Results {
  readonly #rows = new Map<string, { against: string; runs: Row[] }>()

  /** Takes a run in, and says it on standard error. */
  add(name: string, ours: Measured, peer: Peer, bytes?: number, figures?: Figures): void {
    const ratio = ours.seconds / peer.seconds
    const row = this.#rows.get(name) ?? { against: peer.name, runs: [] }
    const { seconds, cpuSeconds, serverCpuSeconds, peakMb, serverPeakMb } = ours
    const cpuRatio = peer.cpuSeconds === undefined ? 0 : cpuOfAll(ours) / peer.cpuSeconds
    row.runs.push({
      seconds,
      cpuSeconds,
      serverCpuSeconds,
      ratio,
      cpuRatio,
      peakMb,
      serverPeakMb,
      ...(bytes === undefined ? {} : { bytes }),
      ...(figures === undefined ? {} : { figures }),
    })
    this.#rows.set(name, row)
    console.error(
      `${name}: ${seconds.toFixed(2)} s (CPU ${cpuSeconds.toFixed(1)} + ${serverCpuSeconds.toFixed(1)} s), ${ratio.toFixed(2)} × ${peer.name} (${peer.seconds.toFixed(2)} s), CPU ${cpuRatio.toFixed(2)} ×, ${peakMb} MB, PostgreSQL ${serverPeakMb} MB`,
    )
  }

  /** Prints the table; with a file, puts its rows in place of those of the same names in there. */
  print(file?: string): void {
    const results = [...this.#rows].map(([name, { against, runs }]) => summary(name, against, runs))
    for (const each of results) {
      const ratio = `${each.ratio.toFixed(2)} (${each.ratioMin.toFixed(2)}–${each.ratioMax.toFixed(2)})`
      console.log(
        `${each.name.padEnd(36)} ${each.seconds.toFixed(2).padStart(7)} s ${(each.cpuSeconds + each.serverCpuSeconds).toFixed(1).padStart(6)} s CPU  ${ratio.padEnd(18)} (CPU ${each.cpuRatio.toFixed(2)}) × ${each.against.padEnd(14)} ${String(each.peakMb).padStart(5)} MB + ${each.serverPeakMb} MB PostgreSQL${judged(each)}${figuresOf(each)}`,
      )
    }
    if (file === undefined) return
    const kept = readResults(file).filter(({ name }) => !this.#rows.has(name))
    fs.writeFileSync(file, `${JSON.stringify([...kept, ...results], undefined, 2)}\n`)
  }
}

function judged({ name, ratio }: Result): string {
  const target = TARGETS[name]
  return target === undefined
    ? ''
    : `, target ${target.most}: ${ratio <= target.most ? 'met' : 'missed'}`
}

function figuresOf({ figures = {} }: Result): string {
  return Object.entries(figures)
    .map(([name, value]) => `, ${name} ${value}`)
    .join('')
}

/** Results of earlier benchmarks. */
export function readResults(file: string): Result[] {
  return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, 'utf8')) as Result[]) : []
}

function summary(name: string, against: string, runs: readonly Row[]): Result {
  const sorted = (pick: (run: Row) => number): number[] => runs.map(pick).toSorted((a, b) => a - b)
  const median = (pick: (run: Row) => number, digits = 2): number =>
    Number((sorted(pick)[Math.floor(runs.length / 2)] ?? 0).toFixed(digits))
  const ratios = sorted((run) => run.ratio)
  const bytes = runs[0]?.bytes
  const figures = Object.keys(runs[0]?.figures ?? {}).map(
    (figure) => [figure, median((run) => run.figures?.[figure] ?? 0)] as const,
  )
  return {
    name,
    against,
    rounds: runs.length,
    seconds: median((run) => run.seconds),
    cpuSeconds: median((run) => run.cpuSeconds),
    serverCpuSeconds: median((run) => run.serverCpuSeconds),
    ratio: median((run) => run.ratio),
    cpuRatio: median((run) => run.cpuRatio),
    ratioMin: Number(ratios[0]?.toFixed(2)),
    ratioMax: Number(ratios.at(-1)?.toFixed(2)),
    peakMb: median((run) => run.peakMb, 0),
    serverPeakMb: median((run) => run.serverPeakMb, 0),
    ...(bytes === undefined ? {} : { bytes }),
    ...(figures.length === 0 ? {} : { figures: Object.fromEntries(figures) }),
  }
}

/** `rollcall` with these arguments. Ends with an error where the command broke off; held and the like is an outcome. */
export function rollcall(
  args: readonly string[],
  home: string,
  env: NodeJS.ProcessEnv = {},
): Promise<Measured> {
  return measured(ROLLCALL, args, home, { DATABASE_URL: '', DATABASE_OWNER_URL: '', ...env })
}

/** `xmllint --stream --noout`: reads the whole file and gives nothing. */
export async function xmllint(file: string): Promise<Peer> {
  const run = await measured('xmllint', ['--stream', '--noout', file], undefined)
  return asPeer('xmllint', run)
}

/** A run that others are measured against. */
export function asPeer(name: string, run: Measured): Peer {
  return { name, seconds: run.seconds, cpuSeconds: cpuOfAll(run) }
}

function cpuOfAll({ cpuSeconds, serverCpuSeconds }: Measured): number {
  return cpuSeconds + serverCpuSeconds
}

/** A home of its own, whose cluster is initialised before anything is timed. */
export async function withHome(work: (home: string) => Promise<void>): Promise<void> {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-bench-'))
  // The embedded server runs as somebody else where we are root.
  fs.chmodSync(home, 0o711)
  try {
    await rollcall(['runs'], home)
    await work(home)
  } finally {
    // The last command told the server to stop, and did not wait for it.
    for (let waited = 0; serverOf(home) !== undefined && waited < 60_000; waited += 100) {
      await sleep(100)
    }
    fs.rmSync(home, { recursive: true, force: true })
  }
}

function measured(
  command: string,
  args: readonly string[],
  home: string | undefined,
  env: NodeJS.ProcessEnv = {},
): Promise<Measured> {
  const started = performance.now()
  const child = spawn(command, args, {
    env: { ...process.env, ...env, ...(home === undefined ? {} : { ROLLCALL_HOME: home }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)))
  let peakMb = 0
  let cpuSeconds = 0
  let serverPeakMb = 0
  const serverCpu = new Map<string, number>()
  const before = home === undefined ? new Map<string, number>() : serverCpuOf(home)
  const watch = setInterval(() => {
    peakMb = Math.max(peakMb, peakOf(child.pid))
    cpuSeconds = Math.max(cpuSeconds, cpuOf(child.pid))
  }, POLL_MS)
  const watchServer = setInterval(() => {
    if (home === undefined) return
    for (const [pid, cpu] of serverCpuOf(home)) serverCpu.set(pid, cpu - (before.get(pid) ?? 0))
  }, SERVER_POLL_MS)
  const watchMemory = setInterval(() => {
    if (home !== undefined) serverPeakMb = Math.max(serverPeakMb, serverMemory(home))
  }, MEMORY_POLL_MS)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      clearInterval(watch)
      clearInterval(watchServer)
      clearInterval(watchMemory)
      const seconds = (performance.now() - started) / 1000
      if (code === 1 || code === 2 || code === null) {
        reject(new Error(`${command} ${args.join(' ')} ended with ${code}: ${said}`))
      } else {
        const serverCpuSeconds = [...serverCpu.values()].reduce((sum, cpu) => sum + cpu, 0)
        resolve({ seconds, cpuSeconds, serverCpuSeconds, peakMb, serverPeakMb, output })
      }
    })
  })
}

function procFile(pid: number | string | undefined, name: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    // It has ended.
    return ''
  }
}

/** Most memory that a process has had so far, in MB. */
export function peakOf(pid: number | undefined): number {
  const kB = /VmHWM:\s+(\d+) kB/.exec(procFile(pid, 'status'))?.[1]
  return Math.round((Number(kB ?? 0) * 1024) / 1e6)
}

/** Processor time of a process so far, in seconds. */
export function cpuOf(pid: number | string | undefined): number {
  // Fields 14 and 15, counted behind the name, which may hold anything.
  const fields = procFile(pid, 'stat').split(') ').at(-1)?.split(' ') ?? []
  const ticks = Number(fields[11]) + Number(fields[12])
  return Number.isNaN(ticks) ? 0 : ticks / TICKS_PER_SECOND
}

function serverOf(home: string): string | undefined {
  try {
    return fs.readFileSync(path.join(home, 'pg/postmaster.pid'), 'utf8').split('\n')[0]
  } catch {
    return undefined
  }
}

function serverProcesses(home: string): string[] {
  const server = serverOf(home)
  if (server === undefined) return []
  const children = procFile(server, `task/${server}/children`).trim()
  return [server, ...children.split(' ').filter((pid) => pid !== '')]
}

/** Processor time of each process of the PostgreSQL whose cluster is `pg` in a folder. */
export function serverCpuOf(home: string): Map<string, number> {
  return new Map(serverProcesses(home).map((pid) => [pid, cpuOf(pid)]))
}

/** Memory of all of them together, in MB. */
export function serverMemory(home: string): number {
  let kB = 0
  for (const pid of serverProcesses(home)) {
    kB += Number(/^Pss:\s+(\d+) kB/m.exec(procFile(pid, 'smaps_rollup'))?.[1] ?? 0)
  }
  return Math.round((kB * 1024) / 1e6)
}
