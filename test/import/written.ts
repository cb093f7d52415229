import * as fc from 'fast-check'
import type { Bad, SmallGroup, SmallMember, SmallPerson, SmallRoster } from './small-rosters.ts'

/** How a delivery is written down, where the format leaves a choice. None of it is content. */
export interface Layout {
  /** Decides every order: of records, members, child elements and attributes. */
  readonly seed: number
  /** The members of a list come in so many elements. */
  readonly pieces: number
  readonly gap: '' | '\n' | '  '
  /** Between and inside of elements; one that holds a tag makes the reader look twice. */
  readonly comment: '' | '<!-- made today -->' | '<!-- made </person> today -->'
  readonly recstatus: boolean
}

export const PLAIN: Layout = { seed: 0, pieces: 1, gap: '\n', comment: '', recstatus: false }

export const layout: fc.Arbitrary<Layout> = fc.record({
  seed: fc.integer({ min: 0, max: 1_000_000 }),
  pieces: fc.integer({ min: 1, max: 4 }),
  gap: fc.constantFrom('' as const, '\n' as const, '  ' as const),
  comment: fc.constantFrom(
    '' as const,
    '<!-- made today -->' as const,
    '<!-- made </person> today -->' as const,
  ),
  recstatus: fc.boolean(),
})

/** The delivery of a night. Two layouts of a roster say the same. */
export function written(roster: SmallRoster, night: number, how: Layout = PLAIN): string {
  const shuffle = shuffler(how.seed)
  const { gap, comment } = how
  const status = how.recstatus ? ' recstatus="2"' : ''
  const date = new Date(Date.UTC(2026, 8, 1 + night, 2)).toISOString().slice(0, 19)
  const elements = [
    ...roster.persons.map((person) => writePerson(person, status, shuffle, gap, comment)),
    ...roster.groups.map((group) => writeGroup(group, status, shuffle, gap, comment)),
    ...roster.lists.flatMap(({ group, members }) => writeList(group, members, how, shuffle)),
    ...roster.bad.flatMap((what) => BAD[what]),
  ]
  return (
    `<?xml version="1.0" encoding="UTF-8"?>${gap}<enterprise>${gap}` +
    `<properties><datasource>S</datasource><datetime>${date}</datetime></properties>${gap}` +
    `${shuffle(elements).join(gap + comment)}${gap}</enterprise>\n`
  )
}

/** Source and text order stay as they are with seed 0. */
function shuffler(seed: number): <T>(values: readonly T[]) => T[] {
  let state = seed
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  return (values) => {
    const next = [...values]
    if (seed === 0) return next
    for (let at = next.length - 1; at > 0; at--) {
      const other = Math.floor(random() * (at + 1))
      ;[next[at], next[other]] = [next[other] as never, next[at] as never]
    }
    return next
  }
}

type Shuffle = ReturnType<typeof shuffler>

export const id = (key: string, type = ''): string =>
  `<sourcedid${type}><source>S</source><id>${key}</id></sourcedid>`

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&#60;')

function ids(key: string, old: string | undefined): string[] {
  if (old === undefined) return [id(key)]
  return [id(key, ' sourcedidtype="New"'), id(old, ' sourcedidtype="Old"')]
}

function writePerson(
  person: SmallPerson,
  status: string,
  shuffle: Shuffle,
  gap: string,
  comment: string,
): string {
  const { key, old, name, role, username, email, claims } = person
  const roleAttributes = [`primaryrole="Yes"`, `institutionroletype="${role}"`]
  const related = claims.map(
    ({ other, word }) =>
      `<relationship>${gap}${id(other)}<relation>${word}</relation></relationship>`,
  )
  const children = [
    ids(key, old).join(gap),
    `<name>${gap}<fn>${escaped(name)}</fn></name>`,
    `<institutionrole ${shuffle(roleAttributes).join(gap === '\n' ? '\n' : ' ')}/>`,
    ...(username === undefined ? [] : [`<userid>${username}</userid>`]),
    ...(email === undefined ? [] : [`<email>${email}</email>`]),
    ...(related.length === 0 ? [] : [`<extension>${shuffle(related).join(gap)}</extension>`]),
  ]
  return `<person${status}>${gap}${shuffle(children).join(gap + comment)}${gap}</person>`
}

function writeGroup(
  group: SmallGroup,
  status: string,
  shuffle: Shuffle,
  gap: string,
  comment: string,
): string {
  const { key, old, title, type, parent } = group
  const children = [
    ids(key, old).join(gap),
    `<grouptype><scheme>s</scheme><typevalue level="3">${type}</typevalue></grouptype>`,
    `<description><short>${escaped(title)}</short></description>`,
    ...(parent === undefined
      ? []
      : [`<relationship relation="1">${id(parent)}<label>up</label></relationship>`]),
  ]
  return `<group${status}>${gap}${shuffle(children).join(gap + comment)}${gap}</group>`
}

function writeList(
  group: string,
  members: readonly SmallMember[],
  { pieces, gap, recstatus }: Layout,
  shuffle: Shuffle,
): string[] {
  if (members.length === 0) return []
  const dealt = Array.from({ length: Math.min(pieces, members.length) }, (): string[] => [])
  shuffle(members).forEach((member, at) => {
    dealt[at % dealt.length]?.push(writeMember(member, recstatus ? ' recstatus="2"' : '', gap))
  })
  return dealt.map(
    (some) => `<membership>${gap}${id(group)}${gap}${some.join(gap)}${gap}</membership>`,
  )
}

function writeMember(
  { key, roleType, active, begin, isGroup }: SmallMember,
  status: string,
  gap: string,
): string {
  const frame = begin === undefined ? '' : `<timeframe><begin>${begin}</begin></timeframe>`
  return (
    `<member>${gap}${id(key)}<idtype>${isGroup ? 2 : 1}</idtype>` +
    `<role${status} roletype="${roleType}"><status>${active ? 1 : 0}</status>${frame}</role></member>`
  )
}

const plainPerson = (key: string, rest: string): string =>
  `<person>${id(key)}<institutionrole primaryrole="Yes" institutionroletype="Student"/>${rest}</person>`

const named = (name: string): string => `<name><fn>${name}</fn></name>`

/** Each of these is set aside, with all its elements. */
const BAD: { readonly [what in Bad]: readonly string[] } = {
  nameless: [plainPerson('B1', '')],
  duplicateKey: [plainPerson('B2', named('One')), plainPerson('B2', named('Two'))],
  duplicateUsername: [
    plainPerson('B3', `<userid>twice</userid>${named('One')}`),
    plainPerson('B4', `<userid>TWICE</userid>${named('Two')}`),
  ],
  cycle: ['C1', 'C2'].map(
    (key, at) =>
      `<group>${id(key)}<description><short>${key}</short></description>` +
      `<relationship relation="1">${id(at === 0 ? 'C2' : 'C1')}<label>up</label></relationship></group>`,
  ),
  unknownGroup: [
    `<membership>${id('G-nowhere')}${writeMember({ key: 'P-always', roleType: '01', active: true, isGroup: false }, '', '')}</membership>`,
  ],
}

/** Where each person, group and membership element of a delivery stands: start and end, in bytes. */
export function elementsOf(xml: string): readonly { readonly from: number; readonly to: number }[] {
  const bytes = Buffer.from(xml).toString('latin1')
  const hidden = bytes.replaceAll(/<!--.*?-->/g, (comment) => ' '.repeat(comment.length))
  const found: { from: number; to: number }[] = []
  for (const match of hidden.matchAll(/<(person|group|membership)[ >].*?<\/\1>/gs)) {
    found.push({ from: match.index, to: match.index + match[0].length })
  }
  return found
}
