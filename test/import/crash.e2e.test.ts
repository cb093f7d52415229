import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { writeDeliveryFile } from '../../src/demo/delivery.ts'
import { describeNight } from '../../src/demo/night.ts'
import type { DemoOptions } from '../../src/demo/options.ts'
import { DEMO_STYLES } from '../../src/demo/style.ts'
import { openDatabase } from '../../src/store/connect.ts'
import { runningPostmaster } from '../../src/store/embedded-postmaster.ts'
import { createSite } from '../../src/store/sites.ts'
import { type Contents, contentsOf } from './contents.ts'
import { assertSound } from './invariants.ts'

/** What an import says on standard error when it enters a step. */
const STEPS = ['receiving', 'reading', 'comparing', 'judging', 'applying', 'reporting'] as const
type StepLine = (typeof STEPS)[number]

const MAIN = path.resolve(import.meta.dirname, '../../src/main.ts')
const home = fs.mkdtempSync('/tmp/rollcall-crash-')
fs.chmodSync(home, 0o711)
const environment = {
  ...process.env,
  ROLLCALL_HOME: home,
  DATABASE_URL: '',
  DATABASE_OWNER_URL: '',
}

const NIGHT: DemoOptions = {
  seed: 9,
  dateTime: '2026-09-01T02:00:00',
  persons: 1500,
  members: 12_000,
  rich: true,
  changes: {
    personsChanged: 0.05,
    personsNew: 0.02,
    personsGone: 0.02,
    personsMoved: 0.02,
    groupsChanged: 0.05,
    groupsNew: 0.02,
    groupsGone: 0.02,
    listShare: 1,
  },
}
const first = path.join(home, 'first.xml')
const next = path.join(home, 'next.xml')
await writeDeliveryFile(describeNight(NIGHT), DEMO_STYLES.plain, first)
await writeDeliveryFile(
  describeNight({ ...NIGHT, dateTime: '2026-09-02T02:00:00', night: 1 }),
  DEMO_STYLES.plain,
  next,
)

const database = await openDatabase({ home, databaseUrl: undefined, ownerUrl: undefined })
after(async () => {
  await database.close({ wait: true })
  fs.rmSync(home, { recursive: true, force: true })
})

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly said: string
}

/** Runs an import; `when` it enters a step, `then` is done a little later. */
function importFile(
  file: string,
  site: string,
  when?: StepLine,
  then?: { readonly afterMs: number; readonly act: (pid: number) => void },
): Promise<Ended> {
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      MAIN,
      'import',
      file,
      '--site',
      site,
      '--accept-older',
    ],
    { env: environment, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let said = ''
  let acted = false
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.stderr.on('data', (chunk: Buffer) => {
      said += String(chunk)
      if (acted || when === undefined || !said.includes(`${when} (`)) return
      acted = true
      void sleep(then?.afterMs ?? 0).then(() => {
        if (child.pid !== undefined && child.exitCode === null) then?.act(child.pid)
      })
    })
    child.on('close', (code, signal) => resolve({ code, signal, said }))
  })
}

const killProcess = (pid: number): void => void process.kill(pid, 'SIGKILL')
const killServer = (): void => {
  const base = path.dirname(fs.globSync(path.join(home, '**/postmaster.pid'))[0] as string)
  const server = runningPostmaster(base)
  assert.ok(server, 'the server runs')
  process.kill(server.pid, 'SIGKILL')
}

interface Site {
  readonly name: string
  readonly database: typeof database
  readonly siteId: number
  readonly sourceId: number
}

async function newSite(name: string): Promise<Site> {
  const { id: siteId } = await createSite(database, name)
  return { name, database, siteId, sourceId: 1 }
}

/** The server may have been killed: the first connections of the pool to find out fail. */
async function contents(site: Site): Promise<Contents> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await contentsOf(site as never)
    } catch (error) {
      if (attempt === 20) throw error
      await sleep(200)
    }
  }
}

async function importWhole(file: string, site: Site): Promise<void> {
  const { code, said } = await importFile(file, site.name)
  assert.equal(code, 0, said)
  await assertSound(site)
}

const reference = await newSite('never killed')
const empty = await contents(reference)
await importWhole(first, reference)
const afterFirst = await contents(reference)
await importWhole(next, reference)
const afterNext = await contents(reference)
assert.notDeepEqual(afterFirst, afterNext)

/** Where the roster stands: whatever was cut off, there is no third answer. */
function standing(now: Contents, before: Contents, whole: Contents): 'before' | 'after' {
  const text = JSON.stringify(now)
  if (text === JSON.stringify(before)) return 'before'
  assert.equal(text, JSON.stringify(whole), 'the roster is as before or as after, never between')
  return 'after'
}

async function assertDeliveriesWhole(site: Site): Promise<void> {
  const folder = path.join(home, 'deliveries', String(site.siteId))
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : []
  for (const name of names.filter((each) => each.endsWith('.xml'))) {
    const hash = createHash('sha256')
      .update(fs.readFileSync(path.join(folder, name)))
      .digest('hex')
    assert.equal(name, `${hash}.xml`, 'a delivery that is kept is whole')
  }
  const known = await database.site(site.siteId, (session) =>
    session.query<{ path: string }>('select path from deliveries where site_id = $1', [
      site.siteId,
    ]),
  )
  for (const { path: below } of known) {
    assert.ok(
      fs.existsSync(path.join(home, 'deliveries', below)),
      'a delivery that is known is kept',
    )
  }
}

async function assertNothingRuns(site: Site): Promise<void> {
  const running = await database.site(site.siteId, (session) =>
    session.query(`select run_id from runs where site_id = $1 and state = 'running'`, [
      site.siteId,
    ]),
  )
  assert.deepEqual(running, [])
}

describe('an import killed with kill -9', { timeout: 300_000 }, () => {
  const moments: readonly (readonly [StepLine, number])[] = [
    ['receiving', 0],
    ['reading', 3],
    ['comparing', 0],
    ['judging', 0],
    ['applying', 0],
    ['applying', 80],
    ['applying', 250],
    ['reporting', 0],
    ['reporting', 20],
  ]
  for (const [step, afterMs] of moments) {
    test(`${afterMs} ms into ${step} leaves nothing of a first delivery, or all; the same again gives all`, async () => {
      const site = await newSite(`first ${step} ${afterMs}`)
      const { said } = await importFile(first, site.name, step, { afterMs, act: killProcess })
      assert.ok(said.includes(`${step} (`), said)
      const stands = standing(await contents(site), empty, afterFirst)
      if (step !== 'applying' && step !== 'reporting') assert.equal(stands, 'before')
      await assertDeliveriesWhole(site)
      await importWhole(first, site)
      assert.deepEqual(await contents(site), afterFirst)
      await assertNothingRuns(site)
      await assertDeliveriesWhole(site)
    })
  }

  test('in the middle of a next night leaves the night before, or this one; the same again gives this one', async () => {
    const site = await newSite('next night')
    await importWhole(first, site)
    for (const [step, afterMs] of [
      ['comparing', 20],
      ['applying', 10],
      ['applying', 60],
      ['reporting', 5],
    ] as const) {
      await importFile(next, site.name, step, { afterMs, act: killProcess })
      standing(await contents(site), afterFirst, afterNext)
      await importWhole(next, site)
      assert.deepEqual(await contents(site), afterNext)
      await importWhole(first, site)
      assert.deepEqual(await contents(site), afterFirst)
    }
    await assertNothingRuns(site)
  })
})

describe('an import whose database server is killed', { timeout: 300_000 }, () => {
  for (const [step, afterMs] of [
    ['comparing', 0],
    ['applying', 30],
    ['applying', 200],
  ] as const) {
    test(`${afterMs} ms into ${step} says so, and the same again gives what it would have`, async () => {
      const site = await newSite(`server ${step} ${afterMs}`)
      const { code, signal, said } = await importFile(first, site.name, step, {
        afterMs,
        act: killServer,
      })
      assert.equal(signal, null)
      const stands = standing(await contents(site), empty, afterFirst)
      if (code === 0) assert.equal(stands, 'after')
      else {
        assert.equal(code, 1, said)
        assert.match(said, /ERR_DATABASE_UNREACHABLE/)
      }
      await importWhole(first, site)
      assert.deepEqual(await contents(site), afterFirst)
      await assertNothingRuns(site)
      await assertDeliveriesWhole(site)
    })
  }
})
