import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, describe, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { writeDeliveryFile } from '../../src/demo/delivery.ts'
import { describeNight } from '../../src/demo/night.ts'
import { benchmarkOptions, ONE_PERCENT_NIGHT } from '../../src/demo/options.ts'
import { DEMO_STYLES } from '../../src/demo/style.ts'

/** 94 MB, or as many as are asked for: `ROLLCALL_TEST_PERSONS=98000 scripts/test import/memory` has 470 MB. */
const PERSONS = Number(process.env['ROLLCALL_TEST_PERSONS'] ?? 19_600)
const BYTES = 4800 * PERSONS
/** Peak memory of a whole import: what the program takes, and what it keeps of each person with ten members. */
const PEAK_MAX_MB = Math.round(200 + PERSONS / 490)
const HEAP_MB = 256
const POLL_MS = 10

const ROOT = path.resolve(import.meta.dirname, '../..')
const noProc = fs.existsSync('/proc/self/status') ? false : 'needs /proc to see peak memory'

interface Imported {
  readonly report: {
    readonly verdict: string
    readonly bytesRead: number
    readonly recordsRead: number
    readonly person: { readonly added: number; readonly updated: number; readonly removed: number }
    readonly membership: { readonly added: number; readonly removed: number }
  }
  readonly peakMB: number
}

/** Most memory that a process has had so far, in MB; undefined once it is gone. */
function peakOf(pid: number): number | undefined {
  try {
    const kB = /^VmHWM:\s+(\d+) kB$/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kB === undefined ? undefined : Number(kB) / 1000
  } catch {
    return undefined
  }
}

function importFile(file: string, home: string): Promise<Imported> {
  const child = spawn(path.join(ROOT, 'rollcall'), ['import', file, '--json'], {
    env: {
      ...process.env,
      ROLLCALL_HOME: home,
      DATABASE_URL: '',
      DATABASE_OWNER_URL: '',
      NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}`,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let peakMB = 0
  // The launcher becomes the program: it is one process from beginning to end.
  const poll = setInterval(() => (peakMB = Math.max(peakMB, peakOf(child.pid ?? 0) ?? 0)), POLL_MS)
  let printed = ''
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (printed += String(chunk)))
  child.stderr.on('data', (chunk: Buffer) => (said += String(chunk)))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      clearInterval(poll)
      if (code === 0) resolve({ report: JSON.parse(printed) as Imported['report'], peakMB })
      else reject(new Error(`exit ${code}: ${said}`))
    })
  })
}

describe(
  `a delivery of ${Math.round(BYTES / 1e6)} MB is imported in less than ${PEAK_MAX_MB} MB`,
  { skip: noProc },
  () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-memory-'))
    fs.chmodSync(folder, 0o711)
    const home = path.join(folder, 'home')
    const file = path.join(folder, 'delivery.xml')
    after(async () => {
      // The last import told the server to stop, and did not wait for it.
      const isUp = (): boolean => fs.globSync(path.join(home, '**/postmaster.pid')).length > 0
      for (let waited = 0; isUp() && waited < 60_000; waited += 100) await sleep(100)
      fs.rmSync(folder, { recursive: true, force: true })
    })

    const night = (n: number, dateTime: string): Promise<number> => {
      const options = {
        ...benchmarkOptions(PERSONS),
        night: n,
        dateTime,
        changes: ONE_PERCENT_NIGHT.b,
      }
      return writeDeliveryFile(describeNight(options), DEMO_STYLES.plain, file)
    }
    const assertSmall = (t: TestContext, peakMB: number): void => {
      t.diagnostic(`peak ${Math.round(peakMB)} MB`)
      assert.ok(peakMB > 0 && peakMB <= PEAK_MAX_MB, `it took ${Math.round(peakMB)} MB`)
    }

    test('the first time', async (t) => {
      const bytes = await night(0, '2026-09-01T02:00:00')
      assert.ok(bytes > 0.95 * BYTES && bytes < 1.05 * BYTES)
      const { report, peakMB } = await importFile(file, home)
      assert.equal(report.bytesRead, bytes)
      assert.equal(report.person.added, PERSONS)
      assert.equal(report.membership.added, 10 * PERSONS)
      assertSmall(t, peakMB)
    })

    test('when nothing changed', async (t) => {
      // The same bytes but for one digit at the beginning.
      const handle = fs.openSync(file, 'r+')
      const head = Buffer.alloc(1000)
      fs.readSync(handle, head, 0, head.length, 0)
      const at = head.indexOf('2026-09-01T02:00:00')
      assert.ok(at > 0)
      fs.writeSync(handle, '2026-09-02T02:00:00', at)
      fs.closeSync(handle)
      const { report, peakMB } = await importFile(file, home)
      assert.equal(report.recordsRead, 0)
      assertSmall(t, peakMB)
    })

    test('on a night on which one person in a hundred changed, and every other list', async (t) => {
      await night(1, '2026-09-03T02:00:00')
      const { report, peakMB } = await importFile(file, home)
      assert.equal(report.verdict, 'pass')
      assert.ok(report.person.updated > PERSONS / 245 && report.person.removed > PERSONS / 490)
      assert.ok(report.membership.removed > PERSONS / 98)
      assertSmall(t, peakMB)
    })
  },
)
