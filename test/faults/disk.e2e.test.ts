/** What becomes of an import when the disk is full: of deliveries, or of the embedded database. */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { type Bed, type Beds, bedsOf } from '../kill/beds.ts'
import { type Measured, measure, prepare } from '../kill/operations.ts'
import { start } from '../kill/process.ts'
import { differences, type Dump } from '../kill/site-dump.ts'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-faults-'))
const skip = mayMount() ? false : 'needs the right to mount a file system of its own'
const PAGE = 4096
const MIB = 1024 * 1024
let beds: Beds
let night: Measured

before(async () => {
  if (skip !== false) return
  beds = (await bedsOf('embedded')) as Beds
  const operations = await prepare(beds, folder)
  night = await measure(beds, operations.find(({ name }) => name === 'import') as Measured)
})
after(async () => {
  await beds?.close()
  fs.rmSync(folder, { recursive: true })
})

test(
  'a disk that is too small for a delivery is named, nothing is left on it, and with room all is well',
  { skip },
  async () => {
    const bed = await beds.make(night.from)
    const deliveries = path.join(bed.home, 'deliveries')
    // A delivery of megabytes is kept in a few kilobytes: one page is left for it.
    await withDisk(deliveries, bytesIn(deliveries) + PAGE, async () => {
      const { code, err } = await start(night.args, bed.environment).ended
      show(err)
      assert.equal(code, 1)
      assert.match(
        err,
        /the delivery cannot be kept in .*: the disk is full\n {2}The roster is as it was. Make room there/,
      )
      assert.match(err, /code: ERR_DELIVERY_NOT_KEPT/)
      assert.deepEqual(rows(await bed.dump()), rows(night.before))
      const left = fs.readdirSync(deliveries, { recursive: true, withFileTypes: true })
      const before = night.before.lines.filter((line) => line.startsWith('file deliveries/'))
      assert.equal(left.filter((entry) => entry.isFile()).length, before.length)
      execFileSync('mount', ['-o', `remount,size=${64 * MIB}`, deliveries])
      await assertNext(bed)
    })
    await bed.remove()
  },
)

test(
  'a disk that is too small for a backup is named, and nothing is left on it',
  { skip },
  async () => {
    const bed = await beds.make(night.from)
    const place = path.join(bed.home, 'backups')
    fs.mkdirSync(place)
    await withDisk(place, MIB / 8, async () => {
      const backup = path.join(place, 'tonight')
      const { code, err } = await start(['backup', backup], bed.environment).ended
      show(err)
      assert.equal(code, 1)
      assert.match(err, /cannot be written in .* \(ENOSPC\)[\s\S]*code: ERR_BACKUP_NOT_MADE/)
      assert.deepEqual(fs.readdirSync(place), [])
      execFileSync('mount', ['-o', `remount,size=${64 * MIB}`, place])
      assert.equal((await start(['backup', backup], bed.environment).ended).code, 0)
      assert.equal((await start(['backup', '--check', backup], bed.environment).ended).code, 0)
    })
    await bed.remove()
  },
)

// With nothing left the server does not start; with little, tables cannot grow, or the log cannot, on which PostgreSQL breaks
// down and recovers.
for (const free of [0, 256, 1024]) {
  test(
    `a disk of the database that has ${free} kB left is said to be full, the roster stays, and with room all is well`,
    { skip },
    async () => {
      const bed = await beds.make(night.from)
      const cluster = path.join(bed.home, 'pg')
      await withDisk(cluster, 300 * MIB, async () => {
        const ballast = path.join(cluster, 'ballast')
        fill(cluster, ballast, free)
        const { code, err } = await start(night.args, bed.environment).ended
        show(err)
        assert.equal(code, 1, err)
        // PostgreSQL breaks down when the log is full at a commit, and may not get to say why.
        assert.match(err, /disk|was being committed/)
        assert.match(err, /code: (ERR_DATABASE_FULL|ERR_EMBEDDED_FOLDER|ERR_OUTCOME_UNKNOWN)/)
        fs.rmSync(ballast)
        assert.deepEqual(
          differences(
            { ...night.before, lines: rows(await bed.dump()) },
            { ...night.before, lines: rows(night.before) },
          ),
          [],
        )
        await assertNext(bed)
      })
      await bed.remove()
    },
  )
}

async function assertNext(bed: Bed): Promise<void> {
  const { code, err } = await start(night.args, bed.environment).ended
  assert.equal(code, 0, err)
  assert.deepEqual(differences(await bed.dump(), night.after), [])
}

function rows({ lines }: Dump): readonly string[] {
  return lines.filter((line) => !line.startsWith('file '))
}

/** Puts what is in `place` on a disk of its own for as long as `work` takes. */
/** Whole pages that the files below a folder take. */
function bytesIn(folder: string): number {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => fs.statSync(path.join(entry.parentPath, entry.name)).size)
    .reduce((sum, size) => sum + Math.ceil(size / PAGE) * PAGE, 0)
}

async function withDisk(place: string, bytes: number, work: () => Promise<void>): Promise<void> {
  const aside = `${place}.aside`
  const { uid, gid, mode } = fs.statSync(place)
  fs.renameSync(place, aside)
  fs.mkdirSync(place)
  const options = `size=${bytes},uid=${uid},gid=${gid},mode=${(mode & 0o777).toString(8)}`
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', place])
  try {
    execFileSync('cp', ['-a', `${aside}/.`, place])
    fs.rmSync(aside, { recursive: true })
    await work()
  } finally {
    execFileSync('umount', ['-l', place])
  }
}

/** Leaves `kilobytes` free. */
function fill(place: string, ballast: string, kilobytes: number): void {
  const { bavail, bsize } = fs.statfsSync(place)
  const bytes = bavail * bsize - kilobytes * 1024
  execFileSync('fallocate', ['-l', String(bytes), ballast])
}

function mayMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  const place = path.join(folder, 'mount')
  fs.mkdirSync(place)
  const done = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place]).status === 0
  if (done) execFileSync('umount', [place])
  return done
}

function show(said: string): void {
  if (process.env['ROLLCALL_TEST_SHOW'] !== undefined) console.log(said)
}
