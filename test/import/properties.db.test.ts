import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import type { RunReport } from '../../src/import/report.ts'
import { testDatabase } from '../database.ts'
import { propertyRuns } from '../property-runs.ts'
import { contentsOf, everythingOf } from './contents.ts'
import { assertSound, assertTrue } from './invariants.ts'
import { makeSite, type TestSite } from './site.ts'
import { nights, RULES, smallRoster, type SmallRoster } from './small-rosters.ts'
import { elementsOf, layout, type Layout, PLAIN, written } from './written.ts'

const { database } = await testDatabase()

const RUNS = propertyRuns(15, 20260901)

const newSite = (): Promise<TestSite> => makeSite(database, { rules: RULES })

async function deliverAll(
  site: TestSite,
  rosters: readonly SmallRoster[],
  layouts: readonly Layout[] = [],
): Promise<RunReport[]> {
  const reports: RunReport[] = []
  for (const [night, roster] of rosters.entries()) {
    reports.push(await site.deliver(written(roster, night, layouts[night] ?? PLAIN)))
  }
  return reports
}

/** How many elements of a delivery an import of it has to read again: what was set aside, whole lists of members. */
async function elementsToReadAgain(site: TestSite, xml: string, run: number): Promise<number> {
  const places = await site.database.site(site.siteId, (session) =>
    session.query<{ place: number }>(
      `select place from problems where site_id = $1 and run_id = $2
         and (severity = 'setAside' or code in ('USERNAME_TAKEN', 'PARENT_UNKNOWN', 'PARENT_LEFT'))`,
      [site.siteId, run],
    ),
  )
  const elements = elementsOf(xml)
  const bytes = Buffer.from(xml)
  const read = new Set<number>()
  const lists = new Set<string>()
  const groupOf = (from: number, to: number): string =>
    /<id>(.*?)<\/id>/.exec(bytes.toString('utf8', from, to))?.[1] ?? ''
  const isList = (from: number): boolean =>
    bytes.toString('latin1', from, from + 11) === '<membership'
  for (const { place } of places) {
    const element = elements.find(({ from, to }) => from <= place && place < to)
    assert.ok(element, `a problem at ${place} lies in an element`)
    read.add(element.from)
    if (isList(element.from)) lists.add(groupOf(element.from, element.to))
  }
  // The elements of one group's list are one list.
  for (const { from, to } of elements)
    if (isList(from) && lists.has(groupOf(from, to))) read.add(from)
  return read.size
}

describe('importing one delivery after another', () => {
  test('leaves what a first import of the last one would', () =>
    fc.assert(
      fc.asyncProperty(nights, fc.array(layout, { maxLength: 4 }), async (rosters, layouts) => {
        const site = await newSite()
        await deliverAll(site, rosters, layouts)
        const fresh = await newSite()
        await fresh.deliver(written(rosters.at(-1) as SmallRoster, rosters.length - 1))
        assert.deepEqual(await contentsOf(site), await contentsOf(fresh))
      }),
      RUNS,
    ))

  test('keeps counts, journal and history true, and nothing hangs in the air', () =>
    fc.assert(
      fc.asyncProperty(nights, fc.array(layout, { maxLength: 4 }), async (rosters, layouts) => {
        const site = await newSite()
        for (const [night, roster] of rosters.entries()) {
          const report = await site.deliver(written(roster, night, layouts[night]))
          await assertSound(site)
          await assertTrue(site, report)
        }
      }),
      RUNS,
    ))

  test('plans what it then does', () =>
    fc.assert(
      fc.asyncProperty(nights, async (rosters) => {
        const site = await newSite()
        await deliverAll(site, rosters.slice(0, -1))
        const last = written(rosters.at(-1) as SmallRoster, rosters.length - 1)
        const { report: planned } = await site.plan(last)
        const done = await site.deliver(last)
        for (const kind of [
          'person',
          'group',
          'membership',
          'relation',
          'course',
          'profiles',
        ] as const) {
          assert.deepEqual(planned.tallies[kind], done.tallies[kind], kind)
        }
        assert.equal(planned.recordsRead, done.recordsRead)
      }),
      RUNS,
    ))
})

describe('a delivery that says what the last one said', () => {
  test('plans nothing, and only what was set aside is read', () =>
    fc.assert(
      fc.asyncProperty(nights, layout, async (rosters, { comment, ...choices }) => {
        const how = {
          ...choices,
          comment: comment === '' ? comment : ('<!-- made today -->' as const),
        }
        const site = await newSite()
        await deliverAll(site, rosters.slice(0, -1))
        const last = rosters.at(-1) as SmallRoster
        const { run } = await site.deliver(written(last, 7, how))
        const again = written(last, 8, how)
        const before = await everythingOf(site)
        const { report, changesTotal } = await site.plan(again)
        assert.equal(changesTotal, 0)
        assert.equal(report.recordsRead, await elementsToReadAgain(site, again, run))
        assert.equal((await site.deliver(again)).outcome, 'applied')
        assert.deepEqual(await everythingOf(site), before)
      }),
      RUNS,
    ))

  test('plans nothing however it is ordered, split, spaced and commented', () =>
    fc.assert(
      fc.asyncProperty(nights, layout, layout, async (rosters, how, other) => {
        const site = await newSite()
        await deliverAll(site, rosters.slice(0, -1))
        const last = rosters.at(-1) as SmallRoster
        await site.deliver(written(last, 7, how))
        const before = await contentsOf(site)
        const { changes, report } = await site.plan(written(last, 8, other))
        assert.deepEqual(changes, [])
        await site.deliver(written(last, 8, other))
        assert.deepEqual(await contentsOf(site), before)
        const { tallies } = report
        for (const kind of ['person', 'group', 'membership', 'relation', 'course'] as const) {
          const { added, updated, removed } = tallies[kind]
          assert.deepEqual(
            { kind, added, updated, removed },
            { kind, added: 0, updated: 0, removed: 0 },
          )
        }
      }),
      RUNS,
    ))
})

describe('the shortcut by fingerprints of bytes', () => {
  test('gives the plan that reading everything gives', () =>
    fc.assert(
      fc.asyncProperty(nights, fc.array(layout, { maxLength: 4 }), async (rosters, layouts) => {
        const site = await newSite()
        await deliverAll(site, rosters.slice(0, -1), layouts)
        const last = written(rosters.at(-1) as SmallRoster, 7, layouts.at(-1))
        const short = await site.plan(last)
        // Other rules that mean the same: the context differs, so nothing is taken for known.
        await site.setRules(`${RULES}targets: [nobody names this]\n`)
        const full = await site.plan(last)
        const byWhat = (changes: typeof short.changes): string[] =>
          changes
            .map(({ id, ...change }) => JSON.stringify({ ...change, id: Math.max(id, 0) }))
            .sort()
        assert.equal(full.report.recordsRead, elementsOf(last).length)
        assert.deepEqual(byWhat(short.changes), byWhat(full.changes))
        const { schools: _, ...tallies } = short.report.tallies
        const { schools: __, ...fullTallies } = full.report.tallies
        assert.deepEqual(tallies, fullTallies)
      }),
      RUNS,
    ))
})

describe('a record that is set aside', () => {
  test('stays exactly what it was, however much else changes', () =>
    fc.assert(
      fc.asyncProperty(
        smallRoster,
        smallRoster,
        fc.integer({ min: 0, max: 7 }),
        fc.boolean(),
        async (a, b, which, twice) => {
          const before = withUsernamesOfTheirOwn(a)
          const after = withUsernamesOfTheirOwn(b)
          const key = `P${which}`
          const accepted = before.persons.find((person) => person.key === key)
          const others = after.persons.filter((person) => person.key !== key)
          const site = await newSite()
          await site.deliver(written(before, 0))
          const nameless = { key, name: '', role: 'Student' as const, claims: [] }
          const bad = written({ ...after, persons: [...others, nameless] }, 1).replace(
            '<name>\n<fn></fn></name>',
            '',
          )
          await site.deliver(bad)
          if (twice) await site.deliver(bad.replace('T02:00:00', 'T02:30:00'))

          const good = await newSite()
          await good.deliver(written(before, 0))
          const persons = accepted === undefined ? others : [...others, accepted]
          await good.deliver(written({ ...after, persons }, 1))
          assert.deepEqual(await contentsOf(site), await contentsOf(good))
          await assertSound(site)
        },
      ),
      RUNS,
    ))
})

function withUsernamesOfTheirOwn(roster: SmallRoster): SmallRoster {
  return {
    ...roster,
    persons: roster.persons.map((person) =>
      person.username === undefined ? person : { ...person, username: `u-${person.key}` },
    ),
  }
}

describe('a list that only a delta sent', () => {
  test('ends with the next full delivery that does not send it', async () => {
    const site = await newSite()
    const roster: SmallRoster = {
      persons: [{ key: 'P1', name: 'Åsa', role: 'Student', claims: [] }],
      groups: [{ key: 'G1', title: '7A', type: 'Group' }],
      lists: [],
      bad: [],
    }
    const member = { key: 'P1', roleType: '01', active: true, isGroup: false } as const
    await site.deliver(written(roster, 0))
    const more = written({ ...roster, lists: [{ group: 'G1', members: [member] }] }, 1)
    const delta = await site.deliver(more.replace('<datetime>', '<type>delta</type><datetime>'))
    assert.deepEqual([delta.delivery.type, delta.tallies.membership.added], ['delta', 1])
    const { tallies } = await site.deliver(written(roster, 2))
    assert.equal(tallies.membership.removed, 1)
    await assertSound(site)
  })
})

describe('a plan released without its removals', () => {
  test('leaves exactly the removals for the same delivery again', () =>
    fc.assert(
      fc.asyncProperty(smallRoster, smallRoster, async (a, b) => {
        const site = await newSite()
        await site.deliver(written(a, 0))
        const last = written(withTypesOf(a, b), 1)
        const { changes } = await site.plan(last)
        const report = await site.send(last)
        if (report.outcome !== 'held') return
        await site.release(report.run, true)
        await assertSound(site)
        const rest = await site.plan(last)
        const what = (some: typeof changes, only: boolean): string[] =>
          some
            .filter(({ action }) => !only || action === 'remove' || action === 'archive')
            // Somebody waited for the username of one who did not leave.
            .filter(({ before }) => only || before?.['username'] !== null)
            .map(({ kind, action, key, otherKey }) => JSON.stringify([kind, action, key, otherKey]))
            .sort()
        assert.deepEqual(what(rest.changes, false), what(changes, true))
      }),
      RUNS,
    ))
})

/** The second roster, where a group that both have is of the type that it has in the first. */
function withTypesOf(a: SmallRoster, b: SmallRoster): SmallRoster {
  const types = new Map(a.groups.map(({ key, type }) => [key, type]))
  return {
    ...b,
    groups: b.groups.map((group) => ({ ...group, type: types.get(group.key) ?? group.type })),
  }
}
