import { emptyTally, type Tally } from '../../src/change/tally.ts'
import type { RunReport } from '../../src/import/report.ts'

export function tally(counts: Partial<Tally>): Tally {
  return { ...emptyTally(), ...counts }
}

/** A report written by hand, of an ordinary night at two schools. */
export function aReport(changes: Partial<RunReport> = {}): RunReport {
  return {
    run: 12,
    outcome: 'applied',
    site: 'default',
    source: 'default',
    delivery: {
      id: 4,
      fileName: 'tonight.xml',
      bytes: 1_834_021,
      sha256: 'aa',
      type: 'full',
      dialect: 'pifu-1.3',
      encoding: 'utf-8',
      datasource: 'sis@kommune.example',
      datetime: '2026-09-02T02:00:00',
    },
    startedAt: '2026-09-02T02:10:00.000Z',
    finishedAt: '2026-09-02T02:10:01.000Z',
    planHash: '0a1b2c3d4e5f',
    findings: [],
    tallies: {
      person: tally({
        before: 480,
        added: 3,
        updated: 5,
        updatedInExtension: 1,
        removed: 2,
        unchanged: 473,
        setAside: 1,
      }),
      group: tally({ before: 40, added: 1, removed: 1, unchanged: 39 }),
      course: tally({ before: 20, added: 1, removed: 1, unchanged: 19 }),
      membership: tally({
        before: 1900,
        added: 12,
        updated: 1,
        removed: 8,
        unchanged: 1891,
        setAside: 2,
      }),
      relation: tally({ before: 300, unchanged: 300 }),
      profiles: {
        student: tally({ before: 400, added: 3, removed: 2, unchanged: 398 }),
        staff: tally({ before: 80, unchanged: 80 }),
      },
      schools: [
        {
          school: 2,
          persons: tally({ before: 300, added: 3, removed: 2 }),
          groups: tally({ before: 25, added: 1, removed: 1 }),
          memberships: tally({ before: 1200, added: 12, removed: 8 }),
        },
        {
          school: 3,
          persons: tally({ before: 180 }),
          groups: tally({ before: 15 }),
          memberships: tally({ before: 700 }),
        },
      ],
    },
    problems: { NAME_MISSING: 1, MEMBER_UNKNOWN: 2, ROLETYPE_NOT_PADDED: 4 },
    bytesRead: 1_834_021,
    recordsRead: 31,
    statements: 44,
    steps: { receive: 20, index: 110, compare: 50, judge: 0, apply: 120 },
    schoolNames: { '2': 'Norrskolan', '3': 'Sørskolen' },
    ...changes,
  }
}
