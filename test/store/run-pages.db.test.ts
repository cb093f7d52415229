import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Session } from '../../src/store/connect.ts'
import { problemsOfRun } from '../../src/store/history.ts'
import { changesOfRun } from '../../src/store/journal.ts'
import { inOrder, membershipPage } from '../../src/store/membership-journal.ts'
import { connected, testDatabase } from '../database.ts'
import { makeSite } from '../import/site.ts'

const { database, owner } = await testDatabase()
const { siteId, sourceId } = await makeSite(database)
const [FIRST, SECOND] = [900_001, 900_002]
const PERSONS = 10_000
/** Groups of each person. */
const EACH = 10
const GROUPS = 200

/** A first run that adds 100,000 memberships, and one that ends half of them and changes a quarter; problems and records, too. */
await database.site(siteId, async (session) => {
  const many = async (text: string, ...values: unknown[]): Promise<void> => {
    await session.execute(text, [siteId, ...values])
  }
  for (const run of [FIRST, SECOND]) {
    await many(
      `insert into runs (site_id, run_id, kind, source_id, state, started_at) overriding system value
       values ($1, $2, 'import', $3, 'applied', now())`,
      run,
      sourceId,
    )
  }
  await many(
    `insert into persons (site_id, person_id, key, profile, state, source_id) overriding system value
     select $1, 1000 + n, 'P' || n, 'student', 'active', $2 from generate_series(1, ${PERSONS}) n`,
    sourceId,
  )
  await many(
    `insert into groups (site_id, group_id, key, kind, title, state, source_id) overriding system value
     select $1, 1000 + n, 'G' || n, 'class', 'G' || n, 'active', $2 from generate_series(1, ${GROUPS}) n`,
    sourceId,
  )
  await many(
    `insert into memberships (site_id, source_id, group_id, person_id, role, active, from_run, to_run)
     select $1, $2, 1001 + (p + 20 * k) % ${GROUPS}, 1000 + p, 0, true, $3::bigint, case when (k + p) % 4 < 3 then $4::bigint end
     from generate_series(1, ${PERSONS}) p, generate_series(1, ${EACH}) k`,
    sourceId,
    FIRST,
    SECOND,
  )
  await many(
    `insert into memberships (site_id, source_id, group_id, person_id, role, active, from_run)
     select $1, $2, 1001 + (p + 20 * k) % ${GROUPS}, 1000 + p, 1, true, $3::bigint
     from generate_series(1, ${PERSONS}) p, generate_series(1, ${EACH}) k where (k + p) % 4 = 0`,
    sourceId,
    SECOND,
  )
  await many(
    `insert into problems (site_id, run_id, seq, code, severity, place)
     select $1, $2, n, 'NAME_MISSING', case n % 5 when 0 then 'warning' else 'setAside' end, 100000 - n
     from generate_series(1, 20000) n`,
    FIRST,
  )
  await many(
    `insert into changes (site_id, run_id, seq, kind, action, id, key)
     select $1, $2, n, 'person', 'update', 1001, 'P1' from generate_series(1, 20000) n`,
    SECOND,
  )
})
await database.operator((session) => session.execute('select 1'))

interface Plan {
  readonly 'Node Type': string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly 'Relation Name'?: string
  readonly Plans?: readonly Plan[]
}

/** Rows of memberships that a query has read, and how it has. */
async function read(
  session: Session,
  { text, values }: { readonly text: string; readonly values: readonly unknown[] },
): Promise<{ rows: number; scans: string[] }> {
  const [row] = await session.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
    `explain (analyze, format json) ${text}`,
    values,
  )
  let rows = 0
  const scans = new Set<string>()
  const look = (plan: Plan): void => {
    if (plan['Relation Name'] === 'memberships') {
      const each = plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)
      rows += each * plan['Actual Loops']
      scans.add(plan['Node Type'])
    }
    plan.Plans?.forEach(look)
  }
  look(row!['QUERY PLAN'][0].Plan)
  return { rows, scans: [...scans] }
}

describe('a page of 100,000 changes', () => {
  for (const [what, run] of [
    ['that were all added', FIRST],
    ['that were removed or changed', SECOND],
  ] as const) {
    for (const [where, after] of [
      ['at the beginning', undefined],
      ['in the middle', [1000 + GROUPS / 2, 1000 + PERSONS / 2, sourceId]],
      ['near the end', [1000 + GROUPS, 1000 + PERSONS - 60, sourceId]],
    ] as const) {
      test(`${what} reads a few groups of 200, ${where}`, async () => {
        const query = membershipPage(siteId, run, { limit: 100, offset: 0 }, { after })
        assert.ok(query !== undefined)
        const { rows, scans } = await database.site(siteId, (session) =>
          inOrder(session, () => read(session, query)),
        )
        assert.ok(rows <= 10_000, `${rows} rows: ${scans.join(', ')}`)
        assert.ok(!scans.includes('Seq Scan'), scans.join(', '))
      })
    }
  }

  test('follows upon the one before, without a gap, from the first to the last', async () => {
    // As autovacuum does within a minute; without, 48 pages take 30 s in place of 6, whatever is on them.
    await connected(owner, (client) => client.query('analyze'))
    await database.site(siteId, async (session) => {
      const seen = new Set<string>()
      let after: readonly (number | string)[] | undefined
      let rows = 0
      do {
        const page: Awaited<ReturnType<typeof changesOfRun>> = await changesOfRun(
          session,
          siteId,
          SECOND,
          { limit: 2000, offset: 0, ...(after === undefined ? {} : { after }) },
        )
        if (after === undefined) assert.equal(page.total, 20_000 + 75_000)
        rows += page.rows.length
        for (const { kind, action, key, otherKey } of page.rows) {
          if (kind === 'membership') seen.add(`${action} ${key} ${otherKey}`)
        }
        after = page.next
      } while (after !== undefined)
      assert.deepEqual([rows, seen.size], [95_000, 75_000])
      // Of the first group of each: of person 3 it was changed, of person 4 it ended.
      assert.ok(seen.has('update G24 P3') && seen.has('remove G25 P4'))
      assert.ok(!seen.has('remove G24 P3') && !seen.has('update G25 P4'))
    })
  })

  test('of problems is read from its index, in the order of the file', async () => {
    await database.site(siteId, async (session) => {
      const severities = ['setAside'] as const
      const places: number[] = []
      let after: readonly (number | string)[] | undefined
      do {
        const page: Awaited<ReturnType<typeof problemsOfRun>> = await problemsOfRun(
          session,
          siteId,
          FIRST,
          { severities, limit: 900, offset: 0, ...(after === undefined ? {} : { after }) },
        )
        assert.equal(page.total, after === undefined ? 16_000 : undefined)
        places.push(...page.rows.map(({ place }) => place))
        after = page.next
      } while (after !== undefined)
      assert.equal(places.length, 16_000)
      assert.deepEqual(
        places,
        places.toSorted((a, b) => a - b),
      )
    })
  })

  test('does not go on at a place that is of another list', async () => {
    await database.site(siteId, async (session) => {
      for (const after of [[2, 5], [1, 2], ['x'], [0, 'x'], [1, 1, 'a', 2]]) {
        const page = { limit: 10, offset: 0, after }
        await assert.rejects(changesOfRun(session, siteId, FIRST, page), { code: 'ERR_USAGE' })
      }
    })
  })
})
