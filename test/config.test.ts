import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import { limitVariable, normalHome, readConfig } from '../src/config.ts'
import { DEFAULT_READ_LIMITS } from '../src/ims/limits.ts'

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
    const { limits } = readConfig({ [limitVariable(limit)]: '2M' })
    assert.deepEqual(limits, { ...DEFAULT_READ_LIMITS, [limit]: 2 * 1024 * 1024 })
  }
  assert.equal(limitVariable('deliveryBytesMax'), 'ROLLCALL_DELIVERY_BYTES_MAX')
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
