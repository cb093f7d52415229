import type { ReadLimits } from '../../src/ims/limits.ts'
import type { ByteSource } from '../../src/ims/source.ts'
import type { ProblemCode } from '../../src/roster/problem.ts'

const KIB = 1024
const MIB = KIB * KIB
const GIB = KIB * MIB

/** An input that was made to stop a reader, or to fill its memory. Its bytes are made as they are read. */
export interface HostileInput {
  readonly name: string
  /** What bounds it: a limit of `ReadLimits`, a fixed one, or a rule that needs none. */
  readonly bound: keyof ReadLimits | 'NAMES_MAX' | 'NAME_PROBES_MAX' | 'DTD' | 'XML' | 'time'
  /** Bytes of the input as the command makes it, and of the same in the test suite. */
  readonly bytes: number
  readonly small: number
  readonly make: (bytes: number) => ByteSource
  /** How it ends: with a refusal, or read with this problem, or read without one. */
  readonly ends: { readonly refused: ProblemCode } | { readonly problem: ProblemCode | undefined }
}

const HEAD = '<enterprise><properties><datasource>S</datasource></properties>'
const TAIL = '</enterprise>'
const key = (id: string): string => `<sourcedid><source>S</source><id>${id}</id></sourcedid>`
const open = `${HEAD}<person>${key('P')}<name><fn>`
const close = `</fn></name></person>${TAIL}`
const refused = (code: ProblemCode): HostileInput['ends'] => ({ refused: code })
const read = (problem?: ProblemCode): HostileInput['ends'] => ({ problem })
/** Head and tail with as many of a unit between them as make so many bytes. */
const filled =
  (head: string, unit: string, tail: string) =>
  (bytes: number): ByteSource =>
    repeated(Buffer.from(head), Buffer.from(unit), bytes, Buffer.from(tail))

/** Every kind of it. */
export const HOSTILE_INPUTS: readonly HostileInput[] = [
  ...endless('a text', open, 'a', close),
  ...endless('a text of CDATA', `${open}<![CDATA[`, 'a', `]]>${close}`),
  ...endless('a comment in a record', `${open}<!--`, 'a ', `-->${close}`),
  ...endless('a comment before the root', '<!--', 'a ', `-->${HEAD}${TAIL}`),
  ...endless('a comment between records', `${HEAD}<!--`, 'a ', `-->${TAIL}`),
  ...endless('a comment after the root', `${HEAD}${TAIL}<!--`, 'a ', '-->'),
  ...endless('an instruction', `${HEAD}<?x `, 'a ', `?>${TAIL}`),
  ...endless('a document type', '<!DOCTYPE enterprise SYSTEM "', 'a', `">${HEAD}${TAIL}`),
  ...endless('a value', `${HEAD}<person x="`, 'a', `">${TAIL}`),
  ...endless('blanks in a tag', `${HEAD}<person `, ' ', `>${TAIL}`),
  ...endless('blanks before the root', '', ' ', `${HEAD}${TAIL}`),
  ...endless('an unknown element', `${HEAD}<x>`, '<y/>', `</x>${TAIL}`),
  ...endless('text between records', HEAD, 'a', TAIL),
  {
    name: 'a record of many parts',
    bound: 'partsMax',
    bytes: 2 * GIB,
    small: 2 * MIB,
    make: filled(`${HEAD}<person>${key('P')}`, '<x/>', `</person>${TAIL}`),
    ends: refused('LIMIT_EXCEEDED'),
  },
  {
    name: 'a part of many parts',
    bound: 'partsMax',
    bytes: 2 * GIB,
    small: 2 * MIB,
    make: filled(
      `${HEAD}<person>${key('P')}<extension><y>`,
      '<x/>',
      `</y></extension></person>${TAIL}`,
    ),
    ends: refused('LIMIT_EXCEEDED'),
  },
  {
    name: 'a list of many members',
    bound: 'membersMax',
    bytes: 2 * GIB,
    small: 2 * MIB,
    make: filled(
      `${HEAD}<membership>${key('G')}`,
      `<member>${key('P')}<idtype>1</idtype><role roletype="01"><status>1</status></role></member>`,
      `</membership>${TAIL}`,
    ),
    ends: refused('LIMIT_EXCEEDED'),
  },
  {
    name: 'a list of many empty members',
    bound: 'membersMax',
    bytes: 2 * GIB,
    small: 2 * MIB,
    make: filled(`${HEAD}<membership>${key('G')}`, '<member/>', `</membership>${TAIL}`),
    ends: refused('LIMIT_EXCEEDED'),
  },
  {
    name: 'a member of many roles',
    bound: 'partsMax',
    bytes: 2 * GIB,
    small: 2 * MIB,
    make: filled(
      `${HEAD}<membership>${key('G')}<member>${key('P')}`,
      '<role/>',
      `</member></membership>${TAIL}`,
    ),
    ends: refused('LIMIT_EXCEEDED'),
  },
  {
    name: 'a 2 GB record of long texts',
    bound: 'recordBytesMax',
    bytes: 2 * GIB,
    small: 2 * MIB,
    make: filled(
      `${HEAD}<person>${key('P')}<extension>`,
      `<x>${'a'.repeat(30_000)}</x>`,
      `</extension></person>${TAIL}`,
    ),
    ends: refused('LIMIT_EXCEEDED'),
  },
  ...endless('references without number', open, '&#97;', close),
  {
    name: 'elements a million deep',
    bound: 'depthMax',
    bytes: 3_000_000,
    small: 3000,
    make: filled(HEAD, '<x>', TAIL),
    ends: refused('LIMIT_EXCEEDED'),
  },
  {
    name: 'a record a million deep',
    bound: 'depthMax',
    bytes: 3_000_000,
    small: 3000,
    make: filled(`${HEAD}<person>`, '<x>', TAIL),
    ends: refused('LIMIT_EXCEEDED'),
  },
  {
    name: 'ten million attributes',
    bound: 'attributesMax',
    bytes: 100_000_000,
    small: 2000,
    make: (bytes) => numbered(`${HEAD}<person`, (number) => ` a${number}=""`, bytes, `/>${TAIL}`),
    ends: refused('LIMIT_EXCEEDED'),
  },
  {
    name: 'a name without end',
    bound: 'nameBytesMax',
    bytes: GIB,
    small: 2000,
    make: filled(`${HEAD}<`, 'a', `/>${TAIL}`),
    ends: refused('LIMIT_EXCEEDED'),
  },
  {
    name: 'a million names',
    bound: 'NAMES_MAX',
    bytes: 10_000_000,
    small: 100_000,
    make: (bytes) => numbered(HEAD, (number) => `<n${number}/>`, bytes, TAIL),
    ends: refused('LIMIT_EXCEEDED'),
  },
  {
    name: 'names that look alike to a hash',
    bound: 'NAME_PROBES_MAX',
    bytes: 10_000_000,
    small: 100_000,
    make: (bytes) => numbered(HEAD, (number) => `<${alike(number)}/>`, bytes, TAIL),
    ends: refused('LIMIT_EXCEEDED'),
  },
  {
    name: 'entities that grow a billionfold',
    bound: 'DTD',
    bytes: 2000,
    small: 2000,
    make: () => ofText(`<!DOCTYPE e [${laughs(10)}]><enterprise>&l9;</enterprise>`),
    ends: refused('DECLARATION_FORBIDDEN'),
  },
  {
    name: 'one large entity, named again and again',
    bound: 'DTD',
    bytes: 100_000_000,
    small: 100_000,
    make: filled(
      `<!DOCTYPE e [<!ENTITY a "${'a'.repeat(50_000)}">]>${HEAD}<x>`,
      '&a;',
      `</x>${TAIL}`,
    ),
    ends: refused('DECLARATION_FORBIDDEN'),
  },
  {
    name: 'an external entity',
    bound: 'DTD',
    bytes: 2000,
    small: 2000,
    make: () =>
      ofText(`<!DOCTYPE e [<!ENTITY x SYSTEM "file:///etc/passwd">]><enterprise>&x;</enterprise>`),
    ends: refused('DECLARATION_FORBIDDEN'),
  },
  {
    name: 'a parameter entity',
    bound: 'DTD',
    bytes: 2000,
    small: 2000,
    make: () => ofText('<!DOCTYPE e [<!ENTITY % x SYSTEM "http://x.invalid/"> %x;]><enterprise/>'),
    ends: refused('DECLARATION_FORBIDDEN'),
  },
  {
    name: 'zero bytes',
    bound: 'XML',
    bytes: GIB,
    small: MIB,
    make: filled('', '\0', ''),
    ends: refused('NOT_WELL_FORMED'),
  },
  {
    name: 'a file of blanks',
    bound: 'recordBytesMax',
    bytes: 4 * GIB,
    small: MIB,
    make: filled('', ' ', ''),
    ends: refused('LIMIT_EXCEEDED'),
  },
  {
    name: 'blanks between records',
    bound: 'time',
    bytes: 4 * GIB,
    small: MIB,
    make: filled(HEAD, ' \n\t', TAIL),
    ends: read(),
  },
  {
    name: 'blanks after the root',
    bound: 'time',
    bytes: 4 * GIB,
    small: MIB,
    make: filled(`${HEAD}${TAIL}`, '\n', ''),
    ends: read(),
  },
  {
    name: 'comments between records',
    bound: 'time',
    bytes: 2 * GIB,
    small: MIB,
    make: filled(HEAD, '<!-- </person> -->', TAIL),
    ends: read(),
  },
  {
    name: 'problems without number',
    bound: 'problemsMax',
    bytes: 100_000_000,
    small: 100_000,
    make: filled(HEAD, '<person/>', TAIL),
    ends: read('KEY_MISSING'),
  },
  {
    name: 'a delivery too long',
    bound: 'deliveryBytesMax',
    bytes: 17 * GIB,
    small: MIB + 4000,
    make: filled(HEAD, '<person/>', TAIL),
    ends: refused('LIMIT_EXCEEDED'),
  },
  {
    name: 'UTF-16 too long',
    bound: 'deliveryBytesMax',
    bytes: 34 * GIB,
    small: 4 * MIB,
    make: (bytes) => repeated(sixteen(`\ufeff${HEAD}`), sixteen('<person/>'), bytes, sixteen(TAIL)),
    ends: refused('LIMIT_EXCEEDED'),
  },
]

function endless(what: string, head: string, unit: string, tail: string): readonly HostileInput[] {
  return [
    {
      name: `${what} without end`,
      bound: 'recordBytesMax',
      bytes: GIB,
      small: 2 * MIB,
      make: filled(head, unit, tail),
      ends: refused('LIMIT_EXCEEDED'),
    },
  ]
}

function laughs(levels: number): string {
  const named = (level: number): string => `<!ENTITY l${level} "${`&l${level - 1};`.repeat(10)}">`
  return `<!ENTITY l0 "ha">${Array.from({ length: levels - 1 }, (_, at) => named(at + 1)).join('')}`
}

const sixteen = (text: string): Buffer => Buffer.from(text, 'utf16le')

/** A name of 24 letters whose sum of 31ths is that of every other: `Aa` and `BB` have the same. */
function alike(number: number): string {
  return Array.from({ length: 12 }, (_, bit) => ((number >> bit) & 1 ? 'BB' : 'Aa')).join('')
}

function ofText(text: string): ByteSource {
  return repeated(Buffer.from(text), Buffer.from(' '), 0, Buffer.alloc(0))
}

/** A file of a head, whole units of about so many bytes, and a tail; none of it is in memory but a block of units. */
export function repeated(head: Buffer, unit: Buffer, bytes: number, tail: Buffer): ByteSource {
  const middle = Math.ceil(bytes / unit.length) * unit.length
  const block = Buffer.concat(Array.from({ length: Math.ceil(MIB / unit.length) }, () => unit))
  return {
    length: head.length + middle + tail.length,
    read(into, at) {
      if (at < head.length) return copied(head.subarray(at), into)
      const inside = at - head.length
      if (inside >= middle) return copied(tail.subarray(inside - middle), into)
      const from = inside % unit.length
      return copied(
        block.subarray(from, from + Math.min(middle - inside, block.length - from)),
        into,
      )
    },
  }
}

/** The same with a unit that is another each time; the number has seven digits. */
function numbered(
  head: string,
  unit: (number: number) => string,
  bytes: number,
  tail: string,
): ByteSource {
  const length = unit(1_000_000).length
  const times = Math.ceil(bytes / length)
  const middle = times * length
  const start = head.length
  return {
    length: start + middle + tail.length,
    read(into, at) {
      if (at < start) return copied(Buffer.from(head).subarray(at), into)
      const inside = at - start
      if (inside >= middle) return copied(Buffer.from(tail).subarray(inside - middle), into)
      const number = Math.floor(inside / length)
      const units = Array.from({ length: Math.min(1000, times - number) }, (_, index) =>
        unit(1_000_000 + number + index),
      )
      return copied(Buffer.from(units.join('')).subarray(inside % length), into)
    },
  }
}

function copied(from: Uint8Array, into: Uint8Array): number {
  const part = from.subarray(0, into.length)
  into.set(part)
  return part.length
}
