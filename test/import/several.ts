import assert from 'node:assert/strict'
import { counts, countRoster } from '../../src/store/counts.ts'
import { type DeliverySpec, deliveryText } from './deliveries.ts'
import { assertSound } from './invariants.ts'
import { type Nights, type NightsOptions, nights } from './nights.ts'
import { UNJUDGED } from './regressions/unjudged.ts'
import type { RunReport } from '../../src/import/report.ts'

/** A site with a source `north` and a source `south`; what is held is released, and after every delivery all is sound. */
export interface TwoSources {
  readonly north: Nights
  readonly south: Nights
  readonly send: (to: Nights, delivery: DeliverySpec) => Promise<RunReport>
  /** Sends, and sees to it that nothing at all changes. */
  readonly nothing: (to: Nights, delivery: DeliverySpec) => Promise<RunReport>
  /** `north P1` for each person who is there, with his source. */
  readonly owners: () => Promise<string[]>
  /** `south P1` for each claim; `south X1 = P1` where the keys differ. */
  readonly claims: () => Promise<string[]>
  /** `G1 P1 learner north` for each membership that holds. */
  readonly memberships: () => Promise<string[]>
}

export async function twoSources(
  options: { readonly north?: NightsOptions; readonly south?: NightsOptions } = {},
): Promise<TwoSources> {
  const north = await nights({ limits: UNJUDGED, ...options.north })
  await north.query("update sources set name = 'north' where site_id = $1")
  const south = await north.source('south', { limits: UNJUDGED, ...options.south })
  const send = async (to: Nights, delivery: DeliverySpec): Promise<RunReport> => {
    const report = await to.import(deliveryText(delivery))
    const done = report.outcome === 'held' ? await to.release(report.run) : report
    await assertSound(north)
    await north.database.site(north.siteId, async (session) => {
      for (const { sourceId, siteId } of [north, south]) {
        const counted = await countRoster(session, siteId, sourceId)
        assert.deepEqual(await counts(session, siteId, sourceId), counted)
      }
    })
    return done
  }
  const lines = async (query: string): Promise<string[]> => {
    const rows = await north.query<{ line: string }>(query)
    return rows.map(({ line }) => line)
  }
  return {
    north,
    south,
    send,
    nothing: async (to, delivery) => {
      const before = await north.everything()
      const report = await send(to, delivery)
      assert.deepEqual(await north.everything(), before)
      return report
    },
    owners: () =>
      lines(`select s.name || ' ' || p.key as line from persons p left join sources s using (site_id, source_id)
        where p.site_id = $1 and p.state = 'active' order by p.key`),
    claims: () =>
      lines(`select s.name || ' ' || c.key || case when coalesce(p.key, g.key) = c.key then '' else ' = ' || p.key end
          as line
        from claims c join sources s using (site_id, source_id)
        left join persons p on c.kind = 'person' and p.site_id = c.site_id and p.person_id = c.id
        left join groups g on c.kind = 'group' and g.site_id = c.site_id and g.group_id = c.id
        where c.site_id = $1 order by c.kind, c.key, s.name`),
    memberships: () =>
      lines(`select g.key || ' ' || coalesce(p.key, '#') || ' '
          || (array['guest','learner','mentor','assistant','teacher'])[m.role + 1] || ' ' || coalesce(s.name, 'by hand') as line
        from memberships m join groups g using (site_id, group_id) join persons p using (site_id, person_id)
        left join sources s on s.site_id = m.site_id and s.source_id = m.source_id
        where m.site_id = $1 and m.to_run is null order by g.key, p.key, m.source_id`),
  }
}
