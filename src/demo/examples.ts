import type { DemoOptions } from './options.ts'

const SCHOOLS: DemoOptions = {
  seed: 33,
  dateTime: '2026-09-01T02:00:00',
  persons: 52,
  personsPerClass: 8,
  coursesPerClass: 3,
  schools: 2,
  changes: {
    personsChanged: 0.01,
    personsNew: 0.01,
    personsGone: 0.01,
    personsMoved: 0.01,
    groupsChanged: 0,
    groupsNew: 0.01,
    groupsGone: 0.01,
    listShare: 1,
  },
}

/** The deliveries in `examples/`, which the README runs on. A test holds the files against these. */
export const EXAMPLES: { readonly [file: string]: DemoOptions } = {
  'night-1.xml': SCHOOLS,
  'night-2.xml': { ...SCHOOLS, dateTime: '2026-09-02T02:00:00', night: 1, nameless: 1 },
  'night-3.xml': { ...SCHOOLS, dateTime: '2026-09-03T02:00:00', night: 1, withoutSchool: 2 },
}
