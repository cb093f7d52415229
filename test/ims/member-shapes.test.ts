import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { DEFAULT_READ_LIMITS } from '../../src/ims/limits.ts'
import { MemberShapes } from '../../src/ims/member-shapes.ts'
import { readMembership } from '../../src/ims/read-membership.ts'
import type { ReadContext } from '../../src/ims/reading.ts'
import type { ImsMembership } from '../../src/ims/records.ts'
import { Malformed, Tokens } from '../../src/ims/tokens.ts'
import { id } from './reading-records.ts'

const TIMES = '<timeframe><begin>2026-08-01</begin><end>2027-07-31</end></timeframe>'
const ROLE = `<role recstatus="1" roletype="01"><status>1</status>${TIMES}</role>`
const START_TAG = '<membership>'.length
const REST = `<idtype>1</idtype>${ROLE}`

/** Reads lists one after the other, with or without a look at how members before were written. */
function reader(context: Partial<ReadContext>): (bytes: Uint8Array) => unknown {
  const tokens = new Tokens(DEFAULT_READ_LIMITS)
  const limits = DEFAULT_READ_LIMITS
  return (bytes) => {
    tokens.reset(bytes, 0, bytes.length, 0)
    try {
      tokens.next()
      return readMembership(tokens, { datasource: 'S', limits, dialect: '', base: 0, ...context })
    } catch (error) {
      if (error instanceof Malformed) return error.problem
      throw error
    }
  }
}

function read(xml: string, context: Partial<ReadContext> = {}): ImsMembership {
  return reader({ shapes: new MemberShapes(), ...context })(Buffer.from(xml)) as ImsMembership
}

function list(...members: readonly string[]): string {
  return `<membership>${id('g')}${members.map((each) => `<member>${each}</member>`).join('\n')}</membership>`
}

describe('a member that is written like one before', () => {
  test('has the very roles of that one, and its own key and place', () => {
    const xml = list(id('p1') + REST, id('p2') + REST)
    const [one, other] = read(xml).members
    assert.equal(other?.roles, one?.roles)
    assert.equal(other?.sourcedId.id, 'p2')
    assert.equal(other?.place, xml.lastIndexOf('<member>'))
  })

  test('is like a member of another list, and of any of the last shapes', () => {
    const shapes = new MemberShapes()
    const teacher = REST.replace('"01"', '"02"')
    const first = read(list(id('t1') + teacher, id('p1') + REST), { shapes })
    const second = read(list(id('p2') + REST, id('t2') + teacher), { shapes })
    assert.equal(second.members[0]?.roles, first.members[1]?.roles)
    assert.equal(second.members[1]?.roles, first.members[0]?.roles)
  })

  test('is read by itself where something is to be noticed about each', () => {
    const unknown = `<idtype>1</idtype><role roletype="01"><status>maybe</status></role>`
    const { members, problems } = read(list(id('p1') + unknown, id('p2') + unknown))
    assert.notEqual(members[1]?.roles, members[0]?.roles)
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['VALUE_UNKNOWN'],
    )
  })

  test('means something else in another encoding, or from another source', () => {
    const shapes = new MemberShapes()
    const bare = `<sourcedid><source>Ö</source><id>p1</id></sourcedid>${REST}`
    const xml = Buffer.from(list(bare))
    const tokens = new Tokens(DEFAULT_READ_LIMITS)
    const sourceIn = (encoding: Tokens['encoding']): string | undefined => {
      tokens.encoding = encoding
      tokens.reset(xml, 0, xml.length, 0)
      tokens.next()
      const context = { datasource: 'S', limits: DEFAULT_READ_LIMITS, dialect: '', base: 0, shapes }
      return (readMembership(tokens, context) as ImsMembership).members[0]?.sourcedId.source
    }
    assert.deepEqual([sourceIn('utf-8'), sourceIn('windows-1252')], ['Ö', 'Ã–'])
  })

  test('is one more of those that a list may have', () => {
    const limits = { ...DEFAULT_READ_LIMITS, membersMax: 2 }
    const xml = Buffer.from(list(...['p1', 'p2', 'p3'].map((key) => id(key) + REST)))
    assert.deepEqual(reader({ shapes: new MemberShapes(), limits })(xml), reader({ limits })(xml))
  })
})

const key = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9_.:/"'>-]{1,12}$/),
  fc.constantFrom('', ' p ', 'a&amp;b', '<![CDATA[p]]>', 'p<!-- x -->', 'ø', ']]', 'p'.repeat(70)),
)
const sourcedId = fc.oneof(
  { weight: 8, arbitrary: key.map((each) => id(each)) },
  key.map((each) => `<sourcedid><id>${each}</id></sourcedid>`),
  key.map((each) => `<sourcedid><id>${each}</id><source>S</source></sourcedid>`),
  key.map((each) => id(each, ' sourcedidtype="Old"')),
  fc.tuple(key, key).map(([one, other]) => id(one, ' sourcedidtype="Old"') + id(other)),
)
const rest = fc.constantFrom(
  REST,
  REST.replace('"01"', '"02"'),
  ROLE,
  '<idtype>2</idtype>',
  `<idtype>1</idtype><role roletype="1"><status/></role>`,
  `${REST}<extension><x>ø</x></extension>`,
  `<!-- p -->${REST} `,
)
const damage = fc.record({
  at: fc.nat(),
  take: fc.nat({ max: 4 }),
  put: fc.constantFrom('', '<', '>', '&', '"', '\0', 'ø', ' ', '<!--', '</member>', ']]>', '\xff'),
})

test('with a look at members before, every list reads as without, also a damaged one', () => {
  const lists = fc.array(fc.array(fc.tuple(sourcedId, rest), { maxLength: 8 }), { maxLength: 3 })
  fc.assert(
    fc.property(lists, fc.array(damage, { maxLength: 2 }), (all, damages) => {
      const looking = reader({ shapes: new MemberShapes() })
      for (const members of all) {
        let bytes = Buffer.from(list(...members.map((parts) => parts.join(''))))
        for (const { at, take, put } of damages) {
          const place = START_TAG + (at % (bytes.length - START_TAG))
          const wide = Buffer.from(put, put === '\xff' ? 'latin1' : 'utf8')
          bytes = Buffer.concat([bytes.subarray(0, place), wide, bytes.subarray(place + take)])
        }
        assert.deepEqual(looking(bytes), reader({})(bytes))
      }
    }),
    { numRuns: 1500 },
  )
})
