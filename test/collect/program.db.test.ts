import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, test } from 'node:test'
import { type Program, readPrograms } from '../../src/collect/programs.ts'
import { RollcallError } from '../../src/errors.ts'
import { testDatabase } from '../database.ts'
import { deliveryText } from '../import/deliveries.ts'
import { type Collecting, collecting, folder } from './collecting.ts'

const { database } = await testDatabase()
const FIRST = deliveryText({ persons: ['P1', 'P2'], groups: ['G1'] })
/** An account that nobody is. */
const ID = 64_321
const example = path.join(folder, 'example.xml')
fs.writeFileSync(example, FIRST, { mode: 0o644 })
let scripts = 0

/** A source that is fetched by a program: a script of the shell. */
async function fetching(
  script: string,
  more: Partial<Program> = {},
  secrets: { readonly [name: string]: string } = {},
): Promise<Collecting> {
  const command = path.join(folder, `client-${++scripts}`)
  fs.writeFileSync(command, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  const listed = path.join(folder, `programs-${scripts}.json`)
  const program = { command, uid: ID, gid: ID, sites: ['School'], ...more }
  fs.writeFileSync(listed, JSON.stringify({ programs: { client: program } }), { mode: 0o600 })
  const collector = await collecting(database, { programs: readPrograms(listed) })
  await collector.set({ kind: 'program', set: { program: 'client' }, secrets })
  return collector
}

async function fails(collector: Collecting, words: RegExp): Promise<void> {
  await assert.rejects(collector.fetch(), (error: RollcallError) => {
    assert.equal(error.code, 'ERR_PROGRAM_FAILED')
    assert.match(error.message, words)
    return true
  })
  assert.deepEqual([await collector.waiting(), collector.arriving()], [[], []])
}

const skip = process.getuid?.() === 0 ? false : 'needs root, to run it as another account'

describe("a supplier's program", { skip }, () => {
  test('leaves a file, which is the delivery', async () => {
    const collector = await fetching(`cp ${example} "$1/export.xml"`, { arguments: ['{folder}'] })
    const { deliveries } = await collector.fetch()
    assert.deepEqual(
      deliveries.map(({ fileName }) => fileName),
      ['export.xml'],
    )
    assert.deepEqual(await collector.texts(), [FIRST])
    assert.deepEqual(await collector.fetch(), { deliveries: [], unchanged: 1 })
  })

  test('runs as an account of its own, in an empty home, with nothing of ours in its environment', async () => {
    process.env['SECRET_OF_THE_SERVICE'] = 'hemligt'
    const collector = await fetching(
      `{ id -u; id -g; id -G; umask; pwd; ls -A | wc -l; env; cat ${folder}/key; } >out.xml 2>&1; exit 0`,
      { environment: { UNIT: '7' } },
      { password: 'lösen' },
    )
    await collector.fetch()
    delete process.env['SECRET_OF_THE_SERVICE']
    const [text = ''] = await collector.texts()
    const lines = text.split('\n')
    assert.deepEqual(lines.slice(0, 4), [`${ID}`, `${ID}`, `${ID}`, '0077'])
    // Its output lies there by the time that it looks.
    assert.equal(lines[5]?.trim(), '1')
    assert.ok(text.includes('UNIT=7') && text.includes('ROLLCALL_PASSWORD=lösen'))
    assert.ok(!text.includes('SECRET_OF_THE_SERVICE'))
    assert.match(text, /key: Permission denied/)
    assert.ok(!fs.existsSync(lines[4] ?? ''), 'its home is gone')
  })

  test('that runs too long is ended, with all that it has started', async () => {
    const mark = path.join(folder, 'alive')
    fs.writeFileSync(mark, '', { mode: 0o666 })
    fs.chmodSync(mark, 0o666)
    const busy = `while :; do date >>${mark}; sleep 0.1; done`
    const collector = await fetching(
      `trap '' TERM\nsetsid sh -c '${busy}' &\n(${busy}) &\nsleep 60`,
      { secondsMax: 1 },
    )
    await fails(collector, /ran longer than 1 s/)
    await sleep(300)
    const size = fs.statSync(mark).size
    assert.ok(size > 0)
    await sleep(500)
    assert.equal(fs.statSync(mark).size, size, 'nothing of it runs on')
  })

  test('that takes too much memory, disk or breath is ended', async () => {
    const eater = `exec ${process.execPath} -e 'const a=[];for(;;)a.push(Buffer.alloc(1e8,1))'`
    await fails(await fetching(eater, { memoryBytesMax: 1024 ** 3 }), /ended/)
    const writer = 'head -c 3000000 /dev/zero >export.xml; sleep 0.1'
    await fails(await fetching(`${writer} || exit 1`, { fileBytesMax: 1_000_000 }), /ended|holds/)
    const many = 'for i in 1 2 3; do head -c 900000 /dev/zero >$i.xml; done; sleep 30'
    await fails(await fetching(many, { fileBytesMax: 1_000_000 }), /its folder holds more/)
    await fails(await fetching('yes; sleep 30'), /said more than/)
  })

  test('that fails, leaves nothing, or leaves what is not its own, delivers nothing', async () => {
    await fails(await fetching(`cp ${example} export.xml; echo P1 >&2; exit 3`), /exit code 3/)
    await fails(await fetching('true'), /left no file/)
    await fails(await fetching('mkdir export.xml'), /left no file/)
    await fails(await fetching(`ln -s ${folder}/key export.xml`), /left no file/)
    await fails(await fetching('mkfifo export.xml'), /left no file/)
    const gone = await fetching('true', { command: '/nowhere/client' })
    await fails(gone, /exit code/)
    await assert.rejects(gone.test(), /no such program/)
  })

  test('is run for the sites that it is listed for, and for no other', async () => {
    const collector = await fetching(`cp ${example} export.xml`, { sites: ['Other'] })
    await assert.rejects(collector.fetch(), { code: 'ERR_COLLECTOR_WRONG' })
    await collector.set({ set: { program: 'unknown' } })
    await assert.rejects(collector.fetch(), /no such program is listed for this site/)
  })
})

describe('the list of programs', () => {
  const listed = path.join(folder, 'listed.json')
  const write = (content: unknown, mode = 0o600): void => {
    fs.writeFileSync(listed, JSON.stringify(content))
    fs.chmodSync(listed, mode)
  }
  const program = { command: '/bin/true', uid: ID, gid: ID, sites: ['School'] }

  test('is not read when others may write it, and names what is wrong in it', () => {
    write({ programs: { client: program } }, 0o666)
    assert.throws(() => readPrograms(listed), /may be written by others/)
    for (const [change, words] of [
      [{ uid: 0 }, /programs\.client\.uid/],
      [{ uid: 65_534 }, /not root, not nobody/],
      [{ command: 'client' }, /an absolute path/],
      [{ sites: [] }, /programs\.client\.sites/],
      [{ leaves: '../x' }, /a name in which/],
      [{ shell: true }, /programs\.client/],
    ] as const) {
      write({ programs: { client: { ...program, ...change } } })
      assert.throws(() => readPrograms(listed), words)
    }
    assert.throws(() => readPrograms('/nowhere.json'), { code: 'ERR_CONFIG_WRONG' })
    assert.equal(readPrograms(undefined).size, 0)
  })
})
