import { RollcallError } from '../errors.ts'

/** What happens between two nights, as shares of the persons and groups there are. A share above 0 is at least one. */
export interface DemoChanges {
  readonly personsChanged: number
  readonly personsNew: number
  /** Pupils who leave, with all their memberships. */
  readonly personsGone: number
  /** Pupils who move to another class, often at another school, with all their memberships. */
  readonly personsMoved: number
  readonly groupsChanged: number
  readonly groupsNew: number
  readonly groupsGone: number
  /** Share of the member lists to which leavers, joiners and movers are kept; 1 spreads them evenly over all. */
  readonly listShare: number
}

/** The "1 % night" of the benchmarks: (a) keeps to 5 % of the lists, (b) is spread evenly. */
export const ONE_PERCENT_NIGHT: { readonly a: DemoChanges; readonly b: DemoChanges } = {
  a: onePercent(0.05),
  b: onePercent(1),
}

function onePercent(listShare: number): DemoChanges {
  return {
    personsChanged: 0.005,
    personsNew: 0.0025,
    personsGone: 0.0025,
    personsMoved: 0,
    groupsChanged: 0.005,
    groupsNew: 0.0025,
    groupsGone: 0.0025,
    listShare,
  }
}

/** An ordinary night: the figures of the 1 % night, and some pupils move. */
const ORDINARY_NIGHT: DemoChanges = { ...ONE_PERCENT_NIGHT.b, personsMoved: 0.001 }

export interface DemoOptions {
  /** The same seed and options give the same bytes. */
  readonly seed: number
  /** `properties/datetime`, `YYYY-MM-DDThh:mm:ss`. Two deliveries that differ only in this are the "unchanged" case. */
  readonly dateTime: string
  /** 0 is the first night; each later one has the changes of all nights up to it. Default 0. */
  readonly night?: number
  /** Persons of night 0, guardians included: at least 20. Default 200. */
  readonly persons?: number
  /** Pupils in a class. Default 20. */
  readonly personsPerClass?: number
  readonly coursesPerClass?: number
  /** Default one for 300 pupils, but two at least. */
  readonly schools?: number
  /** Exact number of groups on night 0, reached with more or fewer courses. */
  readonly groups?: number
  /** Exact number of members on night 0, reached with more teachers a course. */
  readonly members?: number
  readonly changes?: DemoChanges
  /** Members of lists who are not in the file. Default 0. */
  readonly dangling?: number
  /** Pupils whose record has no name, so that it is set aside. Default 0. */
  readonly nameless?: number
  /** Number of a school, from 1, that is missing with all that belongs to it. */
  readonly withoutSchool?: number
  /** Gives persons numbers of the synthetic population (Tenor). Default false. */
  readonly nationalNumbers?: boolean
  /** Writes address, phones and time frames of memberships. Default false. */
  readonly rich?: boolean
  /** Writes this recstatus on every person, group and role: from 1 to 2 is the "touched" case. Default: none. */
  readonly recstatus?: 1 | 2
  /** Calendar year in which the school year begins. Default 2026. */
  readonly schoolYear?: number
}

export type ResolvedDemoOptions = Required<
  Omit<DemoOptions, 'groups' | 'members' | 'withoutSchool' | 'recstatus'>
> &
  Pick<DemoOptions, 'groups' | 'members' | 'withoutSchool' | 'recstatus'>

/** The shape of the benchmarks: 19,600 groups and 980,000 members for 98,000 persons, about 470 MB pretty printed. */
export function benchmarkOptions(persons = 98_000): DemoOptions {
  return {
    seed: 1,
    dateTime: '2026-09-01T02:00:00',
    persons,
    personsPerClass: 48,
    schools: Math.max(2, Math.round(persons / 1960)),
    groups: Math.round(persons / 5),
    members: persons * 10,
    rich: true,
    recstatus: 1,
  }
}

/** Fills in what was left out. Throws ERR_USAGE for what no demo can be made of. */
export function resolveOptions(options: DemoOptions): ResolvedDemoOptions {
  const persons = options.persons ?? 200
  atLeast('persons', persons, 20)
  const resolved: ResolvedDemoOptions = {
    night: 0,
    personsPerClass: 20,
    coursesPerClass: 5,
    schools: Math.max(2, Math.round((persons * 0.6) / 300)),
    changes: ORDINARY_NIGHT,
    dangling: 0,
    nameless: 0,
    nationalNumbers: false,
    rich: false,
    schoolYear: 2026,
    ...options,
    persons,
  }
  atLeast('night', resolved.night, 0)
  atLeast('personsPerClass', resolved.personsPerClass, 1)
  atLeast('coursesPerClass', resolved.coursesPerClass, 0)
  atLeast('schools', resolved.schools, 1)
  atLeast('dangling', resolved.dangling, 0)
  atLeast('nameless', resolved.nameless, 0)
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(resolved.dateTime)) {
    throw new RollcallError('ERR_USAGE', 'The demo needs a date and time like 2026-09-01T02:00:00.')
  }
  return resolved
}

function atLeast(name: string, value: number, minimum: number): void {
  if (Number.isSafeInteger(value) && value >= minimum) return
  throw new RollcallError(
    'ERR_USAGE',
    `The demo needs a whole number of ${name}, ${minimum} or more.`,
  )
}
