/**
 * Many small sites whose deliveries all come at the same moment, worked off by one `rollcall worker` and by two, on a
 * PostgreSQL server (Debian's, its defaults, on the loopback) on the same machine:
 *
 *     node bench/sites.ts [--sites 1000] [--persons 1000] [--rounds 1] [--statements] [--json docs/performance.json]
 *
 * First every site has its first import. Then there is a 1 % night for each, once for one worker and once, the next one,
 * for two. `--statements` says what PostgreSQL was asked to do. Needs Debian's packages postgresql and postgresql-client,
 * and a megabyte of disk a site. 1,000 sites of 1,000 persons take a quarter of an hour on two cores.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { writeDeliveryFile } from '../src/demo/delivery.ts'
import { describeNight } from '../src/demo/night.ts'
import { benchmarkOptions, ONE_PERCENT_NIGHT } from '../src/demo/options.ts'
import { DEMO_STYLES } from '../src/demo/style.ts'
import { arrivingFolder } from '../src/import/arrivals.ts'
import { createSite } from '../src/store/sites.ts'
import { SERVER_ROLES } from '../test/database.ts'
import { startInstallation } from '../test/schedule/installation.ts'
import { findServer } from '../test/server.ts'
import {
  asPeer,
  cpuOf,
  type Measured,
  peakOf,
  Results,
  serverCpuOf,
  serverMemory,
} from './measure.ts'

const ROLLCALL = path.resolve(import.meta.dirname, '../rollcall')
const FIRST = path.resolve(import.meta.dirname, 'first-imports.ts')
/** Processes that make the first imports. */
const FILLERS = 2
const POLL_MS = 500

const { values } = parseArgs({
  options: {
    sites: { type: 'string', default: '1000' },
    persons: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '1' },
    statements: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
})
const sites = Number(values.sites)
const persons = Number(values.persons)
const programs = findServer()
if (programs === undefined) throw new Error("install Debian's package postgresql")
const results = new Results()
const settings = values.statements
  ? ['shared_preload_libraries=pg_stat_statements', 'pg_stat_statements.track=all']
  : []
const installation = await startInstallation(programs, settings)
const { client } = installation
if (values.statements) await client.query('create extension pg_stat_statements')
const env = { ...process.env, ...installation.environment('127.0.0.1') }
const serverHome = await folderOfServer()

try {
  await fill()
  for (let round = 0; round < Number(values.rounds); round++) {
    const one = await night(2 * round + 1, 1)
    const two = await night(2 * round + 2, 2)
    const [few, many] = [one, two].map(({ measured }) => measured) as [Measured, Measured]
    const name = `${sites.toLocaleString('en')} sites of ${persons.toLocaleString('en')}, 1 % night`
    results.add(`${name}, two workers`, many, asPeer('one worker', few), undefined, two.night)
    results.add(`${name}, one worker`, few, asPeer('two workers', many), undefined, one.night)
  }
  results.print(values.json)
} finally {
  await installation.stop()
}

/** Sites, each with its first delivery applied. */
async function fill(): Promise<void> {
  const started = performance.now()
  for (let n = 1; n <= sites; n++) await createSite(installation.database, `site-${n}`)
  const { rows } = await client.query<{ least: number; most: number }>(
    `select min(site_id) as least, max(site_id) as most from sites where name like 'site-%'`,
  )
  const { least = 0, most = 0 } = rows[0] ?? {}
  const file = await delivery(0)
  await Promise.all(
    Array.from({ length: FILLERS }, async (_, n) => {
      const from = least + Math.ceil((n * (most - least + 1)) / FILLERS)
      const to = least + Math.ceil(((n + 1) * (most - least + 1)) / FILLERS) - 1
      const words = [FIRST, file, installation.deliveries, String(from), String(to)]
      const child = spawn(process.execPath, words, { env, stdio: ['ignore', 'ignore', 'inherit'] })
      const [code] = (await once(child, 'exit')) as [number]
      if (code !== 0) throw new Error(`first imports ended with ${code}`)
    }),
  )
  const seconds = (performance.now() - started) / 1000
  const megabytes = (fs.statSync(file).size / 1e6).toFixed(1)
  console.error(
    `${sites} first imports of ${megabytes} MB by ${FILLERS} processes: ${seconds.toFixed(0)} s`,
  )
}

/** Writes the delivery of a night: the same one for all sites, each of which keeps its own. */
async function delivery(night: number): Promise<string> {
  const file = path.join(installation.folder, `night-${night}.xml`)
  const day = String(night + 1).padStart(2, '0')
  const options = {
    ...benchmarkOptions(persons),
    dateTime: `2026-09-${day}T02:00:00`,
    night,
    changes: ONE_PERCENT_NIGHT.b,
  }
  await writeDeliveryFile(describeNight(options), DEMO_STYLES.plain, file)
  return file
}

interface Night {
  readonly measured: Measured
  readonly night: Readonly<Record<string, number>>
}

/** One night of all sites, by so many workers that have nothing else to do. */
async function night(number: number, count: number): Promise<Night> {
  const file = await delivery(number)
  const workers = Array.from({ length: count }, () => startWorker())
  try {
    await Promise.all(workers.map(isUp))
    if (values.statements) await client.query('select pg_stat_statements_reset()')
    await client.query('checkpoint')
    const cpuBefore = workers.map(({ pid }) => cpuOf(pid))
    const serverBefore = serverCpuOf(serverHome)
    await comeAll(file, number)
    const { connections, serverPeakMb } = await allDone(number)
    const cpuSeconds = workers.reduce(
      (sum, { pid }, n) => sum + cpuOf(pid) - (cpuBefore[n] ?? 0),
      0,
    )
    let serverCpuSeconds = 0
    for (const [pid, cpu] of serverCpuOf(serverHome))
      serverCpuSeconds += cpu - (serverBefore.get(pid) ?? 0)
    const peakMb = Math.max(...workers.map(({ pid }) => peakOf(pid)))
    const waits = await waitsOf(number)
    if (values.statements) await printStatements()
    const seconds = waits.at(-1) ?? 0
    const measured = { seconds, cpuSeconds, serverCpuSeconds, peakMb, serverPeakMb, output: '' }
    const figures = {
      importsPerSecond: Number((sites / seconds).toFixed(2)),
      medianWaitSeconds: Number((waits[Math.floor(waits.length / 2)] ?? 0).toFixed(1)),
      longestWaitSeconds: Number(seconds.toFixed(1)),
      connections,
    }
    console.error(`${count} worker(s): ${JSON.stringify({ ...measured, ...figures })}`)
    return { measured, night: figures }
  } finally {
    await Promise.all(workers.map(stopWorker))
  }
}

function startWorker(): ChildProcess {
  return spawn(ROLLCALL, ['worker'], {
    env: { ...env, ROLLCALL_LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

async function isUp(worker: ChildProcess): Promise<void> {
  let said = ''
  await new Promise<void>((resolve, reject) => {
    worker.on('exit', () => reject(new Error(`a worker has ended: ${said}`)))
    worker.stdout?.on('data', (chunk: Buffer) => {
      if (said.length < 10_000) said += chunk.toString()
      if (said.includes('service_started')) resolve()
    })
  })
}

async function stopWorker(worker: ChildProcess): Promise<void> {
  const gone = worker.exitCode !== null || worker.signalCode !== null
  worker.kill('SIGTERM')
  if (!gone) await once(worker, 'exit')
}

/** The bytes lie on the disk once; the arrivals of all sites are there with one commit. */
async function comeAll(file: string, number: number): Promise<void> {
  const { rows } = await client.query<{ id: number }>(
    `select site_id as id from sources where name = 'default' and site_id in (select site_id from sites where name like 'site-%')`,
  )
  const name = `night-${number}`
  for (const { id } of rows) {
    fs.linkSync(file, path.join(arrivingFolder(installation.deliveries, id), name))
  }
  await client.query(
    `insert into arrivals (site_id, source_id, channel, sender, file_name, path, bytes, arrived_at)
     select site_id, source_id, 'drop box', 'benchmark', $1, site_id || '/arriving/' || $1, $2, clock_timestamp()
     from sources where site_id = any($3)`,
    [name, fs.statSync(file).size, rows.map(({ id }) => id)],
  )
}

/** Waits until every site's run has ended; gives the most connections of workers, and of PostgreSQL's memory. */
async function allDone(number: number): Promise<{ connections: number; serverPeakMb: number }> {
  let connections = 0
  let serverPeakMb = 0
  for (let look = 0; ; look++) {
    const { rows } = await client.query<{ left: number; broken: number; connections: number }>(
      `select count(*) filter (where run_id is null)::int as left, count(error)::int as broken,
         (select count(*)::int from pg_stat_activity where usename = $2 and application_name like 'rollcall%'
            and pid <> all($3)) as connections
       from arrivals where file_name = $1`,
      [`night-${number}`, SERVER_ROLES.app, await ownConnections()],
    )
    const { left = 0, broken = 0, connections: now = 0 } = rows[0] ?? {}
    if (broken > 0) throw new Error(`${broken} imports broke off`)
    connections = Math.max(connections, now)
    if (look % 10 === 0) serverPeakMb = Math.max(serverPeakMb, serverMemory(serverHome))
    if (left === 0) return { connections, serverPeakMb }
    await sleep(POLL_MS)
  }
}

/** Those that this process has as the restricted role. */
async function ownConnections(): Promise<number[]> {
  const rows = await installation.database.operator((session) =>
    session.query<{ pid: number }>('select pg_backend_pid() as pid'),
  )
  return rows.map(({ pid }) => pid)
}

/** Seconds from the arrival to the end of its run, of each site, least first. */
async function waitsOf(number: number): Promise<number[]> {
  const { rows } = await client.query<{ state: string; seconds: number }>(
    `select r.state, extract(epoch from r.finished_at - a.arrived_at)::float8 as seconds
     from arrivals a join runs r using (site_id, run_id) where a.file_name = $1`,
    [`night-${number}`],
  )
  const other = rows.find(({ state }) => state !== 'applied')
  if (other !== undefined) throw new Error(`a run is ${other.state}`)
  return rows.map(({ seconds }) => seconds).toSorted((a, b) => a - b)
}

/** What PostgreSQL was asked to do, a site: statements most often sent, and those that took longest. */
async function printStatements(): Promise<void> {
  const { rows } = await client.query<{ calls: number; ms: number; text: string }>(
    `select calls::float8 / $1 as calls, total_exec_time / $1 as ms, left(regexp_replace(query, '\\s+', ' ', 'g'), 110) as text
     from pg_stat_statements order by total_exec_time desc`,
    [sites],
  )
  const sum = (pick: (row: { calls: number; ms: number }) => number): string =>
    rows.reduce((total, row) => total + pick(row), 0).toFixed(1)
  console.error(`a site: ${sum(({ calls }) => calls)} statements, ${sum(({ ms }) => ms)} ms`)
  const byCalls = rows.toSorted((a, b) => b.calls - a.calls)
  for (const { calls, ms, text } of new Set([...rows.slice(0, 30), ...byCalls.slice(0, 30)])) {
    console.error(`${calls.toFixed(2).padStart(8)} × ${ms.toFixed(2).padStart(8)} ms  ${text}`)
  }
}

/** The folder in which the server's cluster is the folder `pg`. */
async function folderOfServer(): Promise<string> {
  const { rows } = await client.query<{ folder: string }>(
    `select current_setting('data_directory') as folder`,
  )
  return path.dirname(rows[0]?.folder ?? '')
}
