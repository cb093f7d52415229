import type {
  ImsGroup,
  ImsGroupType,
  ImsMember,
  ImsMembership,
  ImsPerson,
  ImsProperties,
  ImsRole,
  ImsSourcedId,
} from '../../src/ims/records.ts'
import { compileRules } from '../../src/rules/compile.ts'
import type { Reading, Rules } from '../../src/rules/contract.ts'
import type { NumberCheck } from '../../src/rules/national-number.ts'
import { parseRules } from '../../src/rules/parse.ts'

/** Records as the reader gives them, with what a test is about said and the rest left plain. */

export function id(text: string, type?: ImsSourcedId['type'], source = 'sis'): ImsSourcedId {
  return type === undefined ? { source, id: text } : { source, id: text, type }
}

const RECORD = { place: 0, length: 0, sourcedIds: [id('k1')], extension: [], problems: [] }

export function person(said: Partial<ImsPerson> = {}): ImsPerson {
  return {
    ...RECORD,
    kind: 'person',
    fn: 'Kari Elev',
    family: 'Elev',
    given: 'Kari',
    userIds: [],
    tels: [],
    institutionRoles: [],
    relationships: [],
    statuses: [],
    private: false,
    ...said,
  }
}

export function group(said: Partial<ImsGroup> = {}): ImsGroup {
  return {
    ...RECORD,
    kind: 'group',
    short: 'A1',
    types: [],
    timeframe: {},
    orgUnits: [],
    links: [],
    ...said,
  }
}

export function type(scheme: string, level: string, value: string): ImsGroupType {
  return { scheme, level, value }
}

export function role(roleType: string, said: Partial<ImsRole> = {}): ImsRole {
  return { roleType, active: true, timeframe: {}, extension: [], ...said }
}

export function member(roles: readonly ImsRole[], said: Partial<ImsMember> = {}): ImsMember {
  return { place: 0, sourcedId: id('p1'), idtype: 1, roles, ...said }
}

export function membership(sourcedIds: readonly ImsSourcedId[]): ImsMembership {
  return { ...RECORD, kind: 'membership', members: [], sourcedIds }
}

export function properties(said: Partial<ImsProperties> = {}): ImsProperties {
  return { place: 0, targets: [], problems: [], ...said }
}

/** Rules of a file, as an import gets them. */
export function rules(text = '', checkNumber?: NumberCheck): Rules {
  return compileRules(parseRules(text), checkNumber === undefined ? {} : { checkNumber })
}

type Taken<R> = Extract<Reading<R>, { readonly outcome: 'taken' }>

/** The reading of a record that must have been taken. */
export function taken<R>(reading: Reading<R>): Taken<R> {
  if (reading.outcome !== 'taken') throw new Error(`not taken but ${reading.outcome}`)
  return reading
}

export function codesOf<R>(reading: Reading<R>): readonly string[] {
  return reading.outcome === 'setAside'
    ? [reading.problem.code]
    : reading.problems.map(({ code }) => code)
}
