import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDatabase } from '../../src/store/connect.ts'
import { lockSite } from '../../src/store/site-lock.ts'
import { connected, testDatabase, variant } from '../database.ts'

const { database, config, superuser } = await testDatabase()

async function makeSite(siteId: number): Promise<void> {
  await database.site(siteId, (session) =>
    session.execute('insert into sites (site_id, name) values ($1, $2)', [
      siteId,
      `site ${siteId}`,
    ]),
  )
}

const names = (siteId: number): Promise<{ name: string }[]> =>
  database.site(siteId, (session) => session.query('select name from sites order by name'))

test('a transaction for a site sees what it wrote, and so does the next', async () => {
  await makeSite(1)
  assert.deepEqual(await names(1), [{ name: 'site 1' }])
})

test('a transaction whose work fails leaves nothing behind, and its connection goes on', async () => {
  await assert.rejects(
    database.site(2, async (session) => {
      await session.execute(`insert into sites (site_id, name) values (2, 'half')`)
      throw new Error('stopped in the middle')
    }),
    /stopped in the middle/,
  )
  assert.deepEqual(await names(2), [])
})

test('a transaction in which a statement failed never passes for done', async () => {
  await assert.rejects(
    database.site(3, async (session) => {
      await session.execute(`insert into sites (site_id, name) values (3, 'half')`)
      await session.query('select 1/0').catch(() => {})
    }),
    { code: 'ERR_INTERNAL' },
  )
  assert.deepEqual(await names(3), [])
})

test('the operator sees all sites and writes none of their rows', async () => {
  await makeSite(10)
  await makeSite(11)
  const seen = await database.operator((session) =>
    session.query<{ site_id: number }>('select site_id from sites where site_id >= 10 order by 1'),
  )
  assert.deepEqual(seen, [{ site_id: 10 }, { site_id: 11 }])
  await assert.rejects(
    database.operator((session) => session.execute('delete from persons')),
    { code: '42501' },
  )
})

test('statements are counted as they are sent, transaction control included', async () => {
  const counted = await database.site(1, async (session) => {
    await session.query('select 1')
    await session.execute('create temp table counted (a int) on commit drop')
    await session.copyIn('copy counted from stdin', ['1\n', '2\n'])
    await session.queryBinary('select a from counted')
    return session.statements
  })
  assert.equal(counted, 6)
})

test('ids come as numbers, times and dates as text, json as values, numeric as text', async () => {
  const [row] = await database.site(1, (session) =>
    session.query(`select 9007199254740991::int8 as id, '2031-02-03'::date as day,
      '2031-02-03 04:05:06.5+00'::timestamptz as at, '{"a":[1]}'::jsonb as json, 1.50::numeric as exact,
      array[1,2]::int8[] as ids, array['2031-02-03']::date[] as days, '\\x00ff'::bytea as bytes`),
  )
  assert.deepEqual(row, {
    id: 9007199254740991,
    day: '2031-02-03',
    at: '2031-02-03 04:05:06.5+00',
    json: { a: [1] },
    exact: '1.50',
    ids: [1, 2],
    days: ['2031-02-03'],
    bytes: Buffer.from([0, 255]),
  })
  await assert.rejects(
    database.site(1, (session) => session.query('select 9007199254740993::int8')),
    { code: 'ERR_INTERNAL' },
  )
})

test('the binary form gives the same values', async () => {
  const query = `select 7::int8 as big, 7::int4 as int, 7::int2 as small, -1.5::float8 as float, true as yes,
    'å'::text as word, '{"a":"å"}'::jsonb as json, decode(repeat('00ff', 300), 'hex') as bytes, null::int8 as nothing`
  const [text, binary] = await database.site(1, async (session) => [
    await session.query(query),
    await session.queryBinary(query),
  ])
  assert.deepEqual(binary, text)
  await assert.rejects(
    database.site(1, (session) => session.queryBinary('select now()')),
    { code: 'ERR_INTERNAL' },
  )
})

test('large values come whole in binary form, and parameters may be given', async () => {
  const rows = await database.site(1, (session) =>
    session.queryBinary<{ n: number; bytes: Buffer }>(
      `select n, decode(repeat(lpad(to_hex(n), 2, '0'), 300000), 'hex') as bytes
       from generate_series(1, 40) n where n = any($1::int[]) and $2 = 'it''s' order by n`,
      [[3, 39], "it's"],
    ),
  )
  assert.deepEqual(
    rows.map(({ n, bytes }) => [n, bytes.length, bytes.every((byte) => byte === n)]),
    [
      [3, 300000, true],
      [39, 300000, true],
    ],
  )
})

async function* thousand(): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < 1000; n++) yield Buffer.from(`${n}\tå\n`)
}

function* breaksOff(): Generator<string> {
  yield `4\tfour\n`
  throw new Error('the source broke off')
}

test('what is copied in comes out again, also from a source that is asynchronous', async () => {
  await database.site(1, async (session) => {
    await session.execute('create temp table copied (a int, b text) on commit drop')
    assert.equal(await session.copyIn('copy copied from stdin', thousand()), 1000)
    const out: Buffer[] = []
    for await (const chunk of session.copyOut('copy copied to stdout')) out.push(chunk)
    const lines = Buffer.concat(out).toString().split('\n')
    assert.equal(lines.length, 1001)
    assert.equal(lines[999], '999\tå')
  })
})

test('a source that breaks off in the middle of a copy undoes the transaction', async () => {
  await assert.rejects(
    database.site(4, async (session) => {
      await session.execute('create temp table broken (a int, b text) on commit drop')
      await session.copyIn('copy broken from stdin', breaksOff())
    }),
    /the source broke off/,
  )
  assert.deepEqual(await names(4), [])
})

test('a held site makes others wait, and they go on when it is free', async () => {
  const order: string[] = []
  const waiting = Promise.withResolvers<void>()
  const isHeld = Promise.withResolvers<void>()
  await makeSite(20)
  const first = database.holdSite(20, async (held) => {
    isHeld.resolve()
    await waiting.promise
    await held.transaction((session) => session.query('select 1'))
    order.push('first')
    return held.statements
  })
  await isHeld.promise
  const second = database.holdSite(20, async () => void order.push('second'), {
    onWait: () => waiting.resolve(),
  })
  assert.equal(await first, 5, 'the lock, begin, select, commit, unlock')
  await second
  assert.deepEqual(order, ['first', 'second'])
})

test('a site that stays held is reported as busy, and another site is not held by it', async () => {
  await database.holdSite(21, async () => {
    await assert.rejects(
      database.holdSite(21, () => Promise.resolve(), { waitMs: 20 }),
      { code: 'ERR_SITE_BUSY' },
    )
    await assert.rejects(
      database.site(21, (session) => lockSite(session, 21, { waitMs: 20 })),
      { code: 'ERR_SITE_BUSY' },
    )
    await database.site(22, (session) => lockSite(session, 22, { waitMs: 20 }))
  })
  await database.site(21, (session) => lockSite(session, 21, { waitMs: 20 }))
})

test('a connection that is lost is an error with a hint, and the next transaction gets a new one', async () => {
  const lost = database.site(1, async (session) => {
    const [{ pid } = { pid: 0 }] = await session.query<{ pid: number }>(
      'select pg_backend_pid() as pid',
    )
    await connected(superuser, (client) => client.query('select pg_terminate_backend($1)', [pid]))
    await session.query('select 1')
  })
  await assert.rejects(lost, { code: 'ERR_DATABASE_UNREACHABLE', hint: /run it again/i })
  assert.deepEqual(await names(1), [{ name: 'site 1' }])
})

test('a server that is not there, a database that is not there and a wrong password say so', async () => {
  const unreachable = { code: 'ERR_DATABASE_UNREACHABLE', hint: /DATABASE_URL/ }
  const databaseUrl = 'postgresql://app@127.0.0.1:1/rollcall'
  await assert.rejects(openDatabase({ ...config, databaseUrl }), unreachable)
  const elsewhere = new URL(config.databaseUrl ?? '')
  elsewhere.pathname = '/nothing_of_that_name'
  await assert.rejects(openDatabase({ ...config, databaseUrl: elsewhere.href }), unreachable)
  const stranger = new URL(config.databaseUrl ?? '')
  stranger.username = 'nobody_of_that_name'
  await assert.rejects(openDatabase({ ...config, databaseUrl: stranger.href }), unreachable)
})

test('the description names the place and no password', () => {
  assert.match(database.description, /^PostgreSQL \d+\S* at \S+ as \w+$/)
  assert.doesNotMatch(database.description, /only a test|only%20a%20test/)
})

test('a server is told to end a session soon after its client is gone', async () => {
  const client = await openDatabase(config)
  const rows = await client.operator((session) =>
    session.query<{ name: string; setting: string }>(
      `select name, setting from pg_settings where name in ('tcp_keepalives_idle', 'client_connection_check_interval')
       order by 1`,
    ),
  )
  await client.close()
  const [check, idle] = rows.map(({ setting }) => setting)
  assert.equal(check, '10000')
  // The embedded one has no TCP, and says 0.
  assert.ok(idle === (variant === 'server' ? '15' : '0'), idle)
})
