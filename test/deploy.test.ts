/** What deploy/ and its chapter of the manual name is there: variables, commands, files; and the units hold together. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { makeProgram } from '../src/command/program.ts'
import { readConfig } from '../src/config.ts'
import { absent } from './packages.ts'

const root = path.resolve(import.meta.dirname, '..')
const folder = path.join(root, 'deploy')
const files = new Map(
  readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]),
)
const units = [...files].filter(([name]) => /\.(service|timer)$/.test(name))
const text = (name: string): string => files.get(name) ?? ''

/** Of deploy/database alone, which is not Rollcall. */
const OF_THE_DATABASE = new Set(['ROLLCALL_OWNER_PASSWORD', 'ROLLCALL_APP_PASSWORD'])

test('every variable that deploy/ sets is one that the program reads', () => {
  const read = [
    'config.ts',
    'dropbox/limits.ts',
    'ims/limits.ts',
    'store/waits.ts',
    'command/failures.ts',
    'command/program.ts',
  ]
    .map((file) => readFileSync(path.join(root, 'src', file), 'utf8'))
    .join('\n')
  const manual = readFileSync(path.join(root, 'docs/commands.md'), 'utf8')
  const named = new Set(
    [...files.values()].flatMap((each) =>
      [...each.matchAll(/\b(?:ROLLCALL|DATABASE)_[A-Z_]*[A-Z]\b/g)].map(([name]) => name),
    ),
  )
  assert.ok(named.size > 10)
  for (const name of named) {
    if (OF_THE_DATABASE.has(name)) continue
    const suffix = name.replace(/^ROLLCALL_TLS_(CERT|KEY)_FILE$/, 'ROLLCALL_TLS_')
    assert.ok(read.includes(suffix), `${name} is read`)
    assert.ok(manual.includes(name) || existsIn(name), `${name} is in the manual`)
  }
})

function existsIn(name: string): boolean {
  return readdirSync(path.join(root, 'docs'))
    .filter((page) => page.endsWith('.md'))
    .some((page) => readFileSync(path.join(root, 'docs', page), 'utf8').includes(name))
}

test('every command that deploy/ runs exists', () => {
  const commands = makeProgram().commands.map((command) => command.name())
  const run = [
    ...units.flatMap(([, each]) => [...each.matchAll(/\/opt\/rollcall\/rollcall ([a-z]+)/g)]),
    ...text('compose.yaml').matchAll(/command: \['([a-z]+)'/g),
    ...text('Dockerfile').matchAll(/^CMD \["([a-z]+)"\]/gm),
  ].map(([, name = '']) => name)
  assert.deepEqual([...new Set(run)].toSorted(), ['backup', 'migrate', 'serve', 'worker'])
  for (const name of run) assert.ok(commands.includes(name), name)
})

test('every file that deploy/ names is there', () => {
  const copied = [...text('Dockerfile').matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(
    ([, names = '']) => names.split(' '),
  )
  assert.ok(copied.length > 8)
  for (const name of copied) assert.ok(existsSync(path.join(root, name)), name)
  const installed = [...files.values()].flatMap((each) =>
    [...each.matchAll(/\/opt\/rollcall\/([\w./-]+\w)/g)].map(([, name = '']) => name),
  )
  for (const name of installed) assert.ok(existsSync(path.join(root, name)), name)
  for (const name of ['database', 'healthcheck', 'rollcall-command']) {
    assert.ok((statSync(path.join(folder, name)).mode & 0o111) !== 0, `${name} can be run`)
  }
})

test('the settings that are handed out are settings that the program takes', () => {
  const lines = text('rollcall.env').matchAll(/^#?([A-Z_]+)='(.*)'$/gm)
  const environment = Object.fromEntries(
    [...lines].map(([, name = '', value = '']) => [name, value]),
  )
  assert.ok(Object.keys(environment).length >= 6)
  const config = readConfig(environment)
  assert.equal(config.web.port, 8080)
  assert.equal(config.mail.smtp?.host, 'mail.example.org')
})

test('a stop leaves more time than what is under way has', () => {
  const { stopSeconds } = readConfig({}).service
  for (const [name, unit] of units.filter(([name]) =>
    /^rollcall(-worker@)?\.service$/.test(name),
  )) {
    const [, seconds] = /^TimeoutStopSec=(\d+)$/m.exec(unit) ?? []
    assert.ok(Number(seconds) > stopSeconds, name)
  }
  const [, grace] = /^ {2}stop_grace_period: (\d+)s$/m.exec(text('compose.yaml')) ?? []
  assert.ok(Number(grace) > stopSeconds, 'compose.yaml')
})

test(
  'systemd takes the units, and finds them well closed',
  { skip: absent('systemd-analyze', 'systemd') },
  () => {
    const place = mkdtempSync(path.join(tmpdir(), 'rollcall-units-'))
    try {
      cpSync(folder, place, { recursive: true })
      // Rollcall is not installed here.
      for (const [name, unit] of units) {
        const of = path.join(place, name.replace('@.', '@1.'))
        writeFileSync(of, unit.replaceAll('/opt/rollcall/rollcall', '/bin/true'))
        const verified = spawnSync('systemd-analyze', ['verify', '--man=no', of], {
          encoding: 'utf8',
        })
        assert.equal(verified.status, 0, `${name}: ${verified.stderr}`)
        assert.equal(verified.stderr, '', name)
        if (!name.endsWith('.service')) continue
        const args = ['security', '--offline=yes', '--no-pager', '--threshold=30', of]
        const { status, stdout } = spawnSync('systemd-analyze', args, { encoding: 'utf8' })
        assert.equal(status, 0, `${name}: ${stdout}`)
      }
    } finally {
      rmSync(place, { recursive: true })
    }
  },
)

interface Compose {
  readonly services: {
    readonly [name: string]: {
      readonly build: { readonly target: string }
      readonly command?: readonly string[]
      readonly depends_on?: { readonly [name: string]: { readonly condition: string } }
      readonly environment?: { readonly [name: string]: string }
      readonly volumes?: readonly string[]
      readonly ports?: readonly string[]
      readonly deploy?: { readonly replicas: number }
    }
  }
  readonly volumes: { readonly [name: string]: unknown }
}

test('compose.yaml starts the database, its tables, the service and two workers, each from an image that the Dockerfile makes', () => {
  const { services, volumes } = parse(text('compose.yaml'), { merge: true }) as Compose
  const { database, migrate, serve, worker } = services
  assert.deepEqual(Object.keys(services), ['database', 'migrate', 'serve', 'worker'])
  assert.deepEqual(
    [migrate, serve, worker].map((each) => each?.command),
    [['migrate'], ['serve'], ['worker']],
  )
  assert.equal(worker?.deploy?.replicas, 2)
  assert.deepEqual(migrate?.depends_on, { database: { condition: 'service_healthy' } })
  for (const each of [serve, worker]) {
    assert.deepEqual(each?.depends_on, { migrate: { condition: 'service_completed_successfully' } })
    assert.ok(each?.volumes?.includes('deliveries:/srv/rollcall/deliveries'))
    assert.equal(each?.environment?.['ROLLCALL_DELIVERIES_FOLDER'], '/srv/rollcall/deliveries')
    assert.equal(each?.environment?.['DATABASE_OWNER_URL'], undefined, 'for migrating only')
  }
  assert.equal(database?.ports, undefined, 'nobody outside reaches the database')
  for (const { build, volumes: used } of Object.values(services)) {
    assert.match(text('Dockerfile'), new RegExp(`^FROM \\S+ AS ${build.target}$`, 'm'))
    for (const volume of used ?? []) assert.ok((volume.split(':')[0] ?? '') in volumes, volume)
  }
})
