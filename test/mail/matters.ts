import type { HandReport } from '../../src/correction/contract.ts'
import type { Finding } from '../../src/change/judge.ts'
import type { RunReport } from '../../src/import/report.ts'
import type { Finished, Matter } from '../../src/mail/matter.ts'
import { emptyTally } from '../../src/change/tally.ts'
import { aReport, tally } from '../command/reports.ts'

/** What all mails of the tests are about. */
export const ABOUT = {
  site: { name: 'Norrköping' },
  source: 'default',
  timeZone: 'Europe/Stockholm',
  contacts: [
    { role: 'supplier', name: 'Alvis support', address: 'support@supplier.example' },
    { role: 'owner', name: '', address: 'register@norrkoping.example' },
  ],
  lost: [],
} as const

export const HOLDING: readonly Finding[] = [
  {
    code: 'TOO_MANY_REMOVED',
    holds: true,
    what: 'persons',
    count: 205,
    of: 480,
    permille: 427,
    limit: 'persons.removed',
    limitPercent: 5,
    floor: 5,
  },
  {
    code: 'TOO_MANY_REMOVED',
    holds: true,
    what: 'students',
    count: 200,
    of: 400,
    permille: 500,
    limit: 'persons.removed',
    limitPercent: 5,
    floor: 5,
  },
  {
    code: 'TOO_MANY_REMOVED',
    holds: true,
    what: 'persons',
    school: 2,
    count: 205,
    of: 300,
    permille: 683,
    limit: 'persons.removed.school',
    limitPercent: 25,
    floor: 3,
    announced: 12,
  },
  {
    code: 'KEY_CHURN',
    holds: true,
    what: 'persons',
    count: 60,
    of: 480,
    permille: 125,
    limitPercent: 1,
    floor: 10,
    proposed: 58,
    leftOut: 2,
    ambiguous: 0,
  },
  { code: 'REMOVALS_LEFT_OUT', holds: false, what: 'groups' },
]

export function finished(report: Partial<RunReport>, more: Partial<Finished> = {}): Finished {
  const whole = aReport({
    site: ABOUT.site.name,
    delivery: { ...aReport().delivery, sha256: 'ab'.repeat(32) },
    ...report,
  })
  return {
    is: 'finished',
    ...ABOUT,
    run: whole.run,
    outcome: whole.outcome,
    report: whole,
    startedAt: whole.startedAt,
    finishedAt: whole.finishedAt,
    receivedAt: '2026-09-02T02:09:30.000Z',
    fileName: 'IMS-EnterpriseData.xml',
    bin: 17,
    ...more,
  }
}

const nothing = (before: number): ReturnType<typeof emptyTally> =>
  tally({ before, unchanged: before })
const QUIET = {
  person: nothing(480),
  group: nothing(40),
  course: nothing(20),
  membership: nothing(1900),
  relation: nothing(0),
  profiles: { student: nothing(400), staff: nothing(80) },
  schools: [],
}

const HELD_TALLIES: RunReport['tallies'] = {
  ...aReport().tallies,
  person: tally({ before: 480, added: 60, updated: 4, removed: 205, unchanged: 271 }),
  profiles: {
    student: tally({ before: 400, added: 60, removed: 200, unchanged: 200 }),
    staff: tally({ before: 80, removed: 5, unchanged: 75 }),
  },
  membership: tally({ before: 1900, added: 240, removed: 820, unchanged: 1080 }),
  course: tally({ before: 20, removed: 3, unchanged: 17 }),
}

const undone: HandReport = {
  run: 15,
  kind: 'undo',
  outcome: 'applied',
  startedAt: '2026-09-02T07:00:00.000Z',
  finishedAt: '2026-09-02T07:00:02.000Z',
  by: 'command line',
  undoes: 12,
  changes: [
    { kind: 'person', action: 'restore', n: 2 },
    { kind: 'person', action: 'remove', n: 3 },
    { kind: 'membership', action: 'add', n: 8 },
    { kind: 'course', action: 'reopen', n: 1 },
  ],
  left: [
    { kind: 'person', id: 41, key: 'P41', why: 'changedSince' },
    { kind: 'group', id: 9, key: 'G9', why: 'inUse' },
    { kind: 'person', id: 44, key: 'P44', why: 'changedSince' },
  ],
  withoutUsername: [],
  statements: 30,
}

const heldReport: Partial<RunReport> = {
  outcome: 'held',
  findings: HOLDING,
  tallies: HELD_TALLIES,
  keyChurn: {
    person: { pairs: 60, proposed: 58, leftOut: 2, ambiguous: 0 },
    group: { pairs: 0, proposed: 0, leftOut: 0, ambiguous: 0 },
  },
}

/** One of each kind of mail, by the name of its golden file. */
export const MATTERS = {
  completed: finished({}),
  unchanged: finished({ tallies: QUIET, problems: {} }),
  same: finished({ outcome: 'same', tallies: QUIET, problems: {} }),
  held: finished(heldReport),
  'held-again': finished(
    { ...heldReport, run: 14 },
    {
      episode: {
        holds: 3,
        since: '2026-08-31T02:10:01.000Z',
        before: {
          findings: [
            { ...(HOLDING[0] as Finding), count: 190 },
            { code: 'FIRST_DELIVERY', holds: true, what: 'delivery' },
          ],
          schoolNames: {},
        },
      },
      lost: ['gone@norrkoping.example'],
    },
  ),
  'held-two-persons': finished(heldReport, {
    is: 'reminder',
    days: 2,
    twoPersons: { approvals: [{ at: '2026-09-03T09:12:00.000Z', manner: 'withoutRemovals' }] },
  }),
  reminder: finished(heldReport, {
    is: 'reminder',
    days: 4,
    episode: { holds: 2, since: '2026-08-31T02:10:01.000Z' },
  }),
  refused: finished(
    { outcome: 'refused', refusal: { code: 'ENDS_EARLY', place: 1_048_576 } },
    { refusedAt: { line: 31_522, column: 14 } },
  ),
  failed: {
    is: 'finished',
    ...ABOUT,
    run: 13,
    outcome: 'failed',
    error: 'ERR_DATABASE_FULL',
    startedAt: '2026-09-02T02:10:00.000Z',
    finishedAt: '2026-09-02T02:12:00.000Z',
  },
  released: finished(
    {
      ...heldReport,
      outcome: 'released',
      waiting: {
        person: { updated: 0, removed: 205 },
        group: { updated: 0, removed: 0 },
        course: { updated: 0, removed: 3 },
        membership: { updated: 2, removed: 820 },
        relation: { updated: 0, removed: 0 },
        profiles: {},
      },
    },
    { release: 'withoutRemovals' },
  ),
  rejected: finished({ ...heldReport, outcome: 'rejected' }),
  paused: finished({ outcome: 'paused' }),
  started: { is: 'started', ...ABOUT, run: 12, startedAt: '2026-09-02T02:10:00.000Z' },
  undo: { is: 'hand', ...ABOUT, run: 15, report: undone },
  missing: {
    is: 'missing',
    ...ABOUT,
    expectedAt: '2026-09-02T00:30:00.000Z',
    graceMinutes: 90,
    lastAt: '2026-09-01T00:12:00.000Z',
  },
  came: {
    is: 'came',
    ...ABOUT,
    expectedAt: '2026-09-02T00:30:00.000Z',
    cameAt: '2026-09-02T06:41:00.000Z',
  },
  'given-up': { is: 'givenUp', ...ABOUT, at: '2026-09-02T06:41:00.000Z', code: 'ERR_INTERNAL' },
  daily: {
    is: 'daily',
    ...ABOUT,
    source: 'adults',
    from: '2026-09-01T08:00:00.000Z',
    to: '2026-09-02T08:00:00.000Z',
    digests: [
      {
        source: 'adults',
        outcomes: { applied: 96, refused: 1, held: 1 },
        tallies: aReport().tallies,
        setAside: 3,
        failures: [{ run: 71, outcome: 'refused', code: 'NOT_WELL_FORMED' }],
        open: [72],
        lastAppliedAt: '2026-09-02T07:45:00.000Z',
      },
    ],
  },
  weekly: {
    is: 'weekly',
    site: ABOUT.site,
    timeZone: ABOUT.timeZone,
    contacts: [],
    lost: [],
    from: '2026-08-26T08:00:00.000Z',
    to: '2026-09-02T08:00:00.000Z',
    digests: [
      {
        source: 'default',
        outcomes: { applied: 6, same: 1 },
        tallies: aReport().tallies,
        setAside: 0,
        failures: [],
        open: [],
        lastAppliedAt: '2026-09-02T02:10:01.000Z',
      },
      { source: 'adults', outcomes: {}, setAside: 0, failures: [], open: [] },
    ],
  },
  review: {
    is: 'review',
    site: ABOUT.site,
    timeZone: ABOUT.timeZone,
    contacts: [],
    lost: [],
    recipients: [
      { address: 'it@norrkoping.example', what: 'every', isDeputy: false, isLost: false },
      {
        address: 'rektor@norrkoping.example',
        source: 'adults',
        what: 'failed',
        isDeputy: true,
        isLost: false,
      },
    ],
  },
  test: {
    is: 'test',
    site: ABOUT.site,
    timeZone: ABOUT.timeZone,
    contacts: [],
    lost: [],
    at: '2026-09-02T08:00:00.000Z',
  },
} as const satisfies { readonly [name: string]: Matter }
