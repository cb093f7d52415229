import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import { limitVariable, normalHome, readConfig } from '../src/config.ts'
import { DEFAULT_READ_LIMITS, READ_LIMIT_BOUNDS } from '../src/ims/limits.ts'
import { gather } from './ims/gather.ts'

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
    limits: DEFAULT_READ_LIMITS,
  })
})

test('an installed package keeps its data in the user’s data folder', () => {
  const source = '/usr/lib/node_modules/rollcall/dist'
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
