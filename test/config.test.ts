import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { limitVariable, normalHome, readConfig } from '../src/config.ts'
import { DEFAULT_DROP_BOX_LIMITS } from '../src/dropbox/limits.ts'
import { DEFAULT_READ_LIMITS, READ_LIMIT_BOUNDS } from '../src/ims/limits.ts'
import { gather } from './ims/gather.ts'
import { DEFAULT_WAIT_LIMITS } from '../src/store/waits.ts'

test('with nothing set, a clone keeps its data beside itself, in the embedded database', () => {
  const config = readConfig({})
  const home = path.resolve(import.meta.dirname, '../.rollcall')
  assert.deepEqual(config, {
    home,
    deliveriesFolder: path.join(home, 'deliveries'),
    databaseUrl: undefined,
    ownerUrl: undefined,
    key: undefined,
    keyFile: path.join(home, 'key'),
    programsFile: undefined,
    limits: DEFAULT_READ_LIMITS,
    mail: { smtp: undefined, from: undefined, folder: undefined },
    mayCallPrivate: false,
    mayReachPrivate: false,
    web: {
      port: undefined,
      host: '127.0.0.1',
      tls: undefined,
      behindProxy: false,
      metricsToken: undefined,
    },
    dropBox: { port: undefined, host: '::', limits: DEFAULT_DROP_BOX_LIMITS },
    service: { importsAtOnce: 2, stopSeconds: 60, logLevel: 'info' },
    waits: DEFAULT_WAIT_LIMITS,
  })
})

test('an installed package keeps its data in the user’s data folder', () => {
  const source = '/usr/lib/node_modules/rollcall'
  assert.equal(normalHome(source, { HOME: '/home/x' }), '/home/x/.local/share/rollcall')
  assert.equal(normalHome(source, { HOME: '/home/x', XDG_DATA_HOME: '/data' }), '/data/rollcall')
})

test('every limit is set by a variable of its name, with K, M and G', () => {
  for (const limit of Object.keys(DEFAULT_READ_LIMITS)) {
    const { limits } = readConfig({ [limitVariable(limit)]: '64' })
    assert.deepEqual(limits, { ...DEFAULT_READ_LIMITS, [limit]: 64 })
  }
  const { limits } = readConfig({ ROLLCALL_RECORD_BYTES_MAX: '2M' })
  assert.equal(limits.recordBytesMax, 2 * 1024 * 1024)
  for (const limit of Object.keys(DEFAULT_WAIT_LIMITS)) {
    const { waits } = readConfig({ [limitVariable(limit)]: '5' })
    assert.deepEqual(waits, { ...DEFAULT_WAIT_LIMITS, [limit]: 5 })
  }
  assert.equal(limitVariable('deliveryBytesMax'), 'ROLLCALL_DELIVERY_BYTES_MAX')
})

test('a limit may be raised to its bound, and a record at the bounds is read', () => {
  const bounds = Object.entries(READ_LIMIT_BOUNDS)
  const raised = bounds.map(([limit, bound]) => [limitVariable(limit), String(bound)])
  const { limits } = readConfig(Object.fromEntries(raised))
  assert.deepEqual(limits, { ...DEFAULT_READ_LIMITS, ...READ_LIMIT_BOUNDS })
  for (const [limit, bound] of bounds) {
    const message = new RegExp(`${limitVariable(limit)} may be ${bound} at most`)
    assert.throws(() => readConfig({ [limitVariable(limit)]: String(bound + 1) }), { message })
  }
  const deep = limits.depthMax - 3
  const inside = `<extension>${'<x>'.repeat(deep)}${'</x>'.repeat(deep)}</extension>`
  const many = Array.from({ length: 3000 }, (_, at) => ` a${at}=""`).join('')
  const key = '<sourcedid><source>S</source><id>P</id></sourcedid>'
  const person = `<person>${key}<name><fn>A</fn></name>${inside}</person>`
  const roots = `<enterprise><properties/><comments${many}/>${person}</enterprise>`
  const { end, records } = gather(roots, { limits })
  assert.equal(end.problem, undefined)
  assert.equal(records.length, 1)
})

test('every fault is reported at once', () => {
  const wrong = {
    DATABASE_OWNER_URL: 'mysql://x',
    ROLLCALL_DEPTH_MAX: '0',
    ROLLCALL_DELIVERY_BYTES_MAX: 'much',
  }
  assert.throws(() => readConfig(wrong), {
    code: 'ERR_CONFIG_WRONG',
    message:
      /DATABASE_OWNER_URL is not of the form.*DATABASE_URL is not.*DELIVERY_BYTES_MAX.*DEPTH_MAX/,
  })
})

test('an empty variable counts as unset', () => {
  assert.equal(readConfig({ DATABASE_URL: '', ROLLCALL_DEPTH_MAX: ' ' }).databaseUrl, undefined)
})

test('mail leaves by a server with STARTTLS unless something else is said', () => {
  const given = {
    ROLLCALL_SMTP_URL: 'smtp://mail.kommun.example',
    ROLLCALL_MAIL_FROM: 'a@b.example',
  }
  assert.deepEqual(readConfig(given).mail, {
    smtp: {
      host: 'mail.kommun.example',
      port: 587,
      isTls: false,
      startTls: 'required',
      user: undefined,
      password: undefined,
      caFile: undefined,
    },
    from: 'a@b.example',
    folder: undefined,
  })
  const { smtp } = readConfig({ ...given, ROLLCALL_SMTP_URL: 'smtps://[::1]' }).mail
  assert.deepEqual([smtp?.host, smtp?.port, smtp?.isTls], ['::1', 465, true])
})

test('the password of the mail server is read from a file', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-config-'))
  try {
    const file = path.join(folder, 'password')
    fs.writeFileSync(file, 'open sesame\n')
    const { smtp } = readConfig({
      ROLLCALL_SMTP_URL: 'smtp://mail.kommun.example:25',
      ROLLCALL_SMTP_USER: 'rollcall',
      ROLLCALL_SMTP_PASSWORD_FILE: file,
      ROLLCALL_MAIL_FROM: 'a@b.example',
    }).mail
    assert.deepEqual([smtp?.port, smtp?.user, smtp?.password], [25, 'rollcall', 'open sesame'])
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
})

test('faults of mail settings are named without what they hold', () => {
  const wrong = {
    ROLLCALL_SMTP_URL: 'smtp://user:secret@mail.kommun.example',
    ROLLCALL_SMTP_STARTTLS: 'maybe',
    ROLLCALL_MAIL_FROM: 'Rollcall <a@b.example>',
    ROLLCALL_WEBHOOKS_PRIVATE: 'yes',
    ROLLCALL_COLLECTORS_PRIVATE: 'no',
  }
  assert.throws(
    () => readConfig(wrong),
    (error: Error) => {
      assert.match(error.message, /MAIL_FROM is not a plain/)
      assert.match(error.message, /STARTTLS is not required or off/)
      assert.match(error.message, /SMTP_URL is not of the form/)
      assert.match(error.message, /WEBHOOKS_PRIVATE is not refuse or allow/)
      assert.match(error.message, /COLLECTORS_PRIVATE is not refuse or allow/)
      assert.doesNotMatch(error.message, /secret/)
      return true
    },
  )
})

test('tokens are not let cross the net readable', () => {
  const open = { ROLLCALL_WEB_PORT: '8480', ROLLCALL_WEB_HOST: '0.0.0.0' }
  assert.throws(() => readConfig(open), { code: 'ERR_CONFIG_WRONG', message: /readable/ })
  const tls = { ROLLCALL_TLS_CERT_FILE: '/c.pem', ROLLCALL_TLS_KEY_FILE: '/k.pem' }
  assert.equal(readConfig({ ...open, ...tls }).web.port, 8480)
  assert.ok(readConfig({ ...open, ROLLCALL_WEB_PROXY: 'trusted' }).web.behindProxy)
  const { ROLLCALL_TLS_KEY_FILE: _, ...half } = tls
  assert.throws(() => readConfig({ ...open, ...half }), { message: /go together/ })
  assert.throws(() => readConfig({ ROLLCALL_WEB_PORT: '70000' }), { message: /1 to 65535/ })
})
