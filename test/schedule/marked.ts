import { deliveryText } from '../import/deliveries.ts'

/** Values of a marked night that must not be found in anything that leaves the roster: logs, traces. */
export const MARKED = ['Qvistmark', 'qvistmark', '20260102', 'NYCKEL']

/** A delivery of persons who are recognised wherever anything of them turns up. */
export function markedNight(persons: number): string {
  const people = Array.from({ length: persons }, (_, n) => ({
    key: `NYCKEL-${n}`,
    name: `Anna Qvistmark${n}`,
    username: `qvistmark${n}`,
    email: `qvistmark${n}@skola.example`,
    nationalNumber: '202601021234',
  }))
  return deliveryText({ persons: people, groups: ['NYCKEL-G'] })
}
