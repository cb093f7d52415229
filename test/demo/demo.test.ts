import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { SaxesParser } from 'saxes'
import { writeDelivery } from '../../src/demo/delivery.ts'
import { EXAMPLES } from '../../src/demo/examples.ts'
import { countNight, groupsOf, personsOf } from '../../src/demo/lists.ts'
import { describeNight } from '../../src/demo/night.ts'
import type { DemoNight } from '../../src/demo/night.ts'
import { ONE_PERCENT_NIGHT, benchmarkOptions } from '../../src/demo/options.ts'
import type { DemoOptions } from '../../src/demo/options.ts'
import { kindOf, personKey, personOf } from '../../src/demo/people.ts'
import { DEMO_STYLES, styleNamed } from '../../src/demo/style.ts'
import type { DemoStyle } from '../../src/demo/style.ts'
import { readNumber } from '../../src/numbers/read.ts'

const OPTIONS: DemoOptions = { seed: 5, dateTime: '2026-09-01T02:00:00' }
const NEXT = { ...OPTIONS, night: 1, dateTime: '2026-09-02T02:00:00' }
/** A twentieth of the benchmark: 4,900 persons in as many groups and members per person. */
const SMALL_BENCHMARK = benchmarkOptions(4_900)

describe('a demo delivery', () => {
  test('is the same bytes for the same options, and others for another seed', async () => {
    const bytes = await bytesOf(OPTIONS)
    assert.deepEqual(await bytesOf(OPTIONS), bytes)
    assert.notDeepEqual(await bytesOf({ ...OPTIONS, seed: 6 }), bytes)
  })

  for (const [name, style] of Object.entries(DEMO_STYLES)) {
    test(`is well-formed in the style ${name} and holds as many records as it says`, async () => {
      const night = describeNight({ ...NEXT, nationalNumbers: true, dangling: 3, rich: true })
      const text = decode(await bytesOf(night, style), style)
      const seen = elementsOf(text)
      const { persons, groups, lists, members } = countNight(night)
      assert.equal(seen.get('person'), persons)
      assert.equal(seen.get('group'), groups)
      assert.equal(seen.get('member'), members)
      assert.equal(seen.get('membership'), style.membershipPerMember ? members : lists)
    })
  }

  test('says the same in ISO-8859-1 as in UTF-8', async () => {
    const plain = decode(await bytesOf(OPTIONS), DEMO_STYLES.plain)
    const latin1 = decode(await bytesOf(OPTIONS, DEMO_STYLES.latin1), DEMO_STYLES.latin1)
    assert.equal(latin1, plain.replace('encoding="UTF-8"', 'encoding="ISO-8859-1"'))
    assert.match(plain, /[åäöøæ]/)
  })

  test('on one line differs from the plain one in white space between elements only', async () => {
    const plain = decode(await bytesOf(OPTIONS), DEMO_STYLES.plain)
    const oneline = decode(await bytesOf(OPTIONS, DEMO_STYLES.oneline), DEMO_STYLES.oneline)
    assert.equal(oneline, `${plain.replace(/\n */g, '')}\n`)
  })

  test('comes in pieces, so that its size takes no memory', async () => {
    const lengths: number[] = []
    await writeDelivery(describeNight(SMALL_BENCHMARK), DEMO_STYLES.plain, (chunk) => {
      lengths.push(chunk.length)
    })
    assert.ok(lengths.length > 10)
    assert.ok(Math.max(...lengths) < 1.2 * 1024 * 1024)
  })

  test('has the number of persons asked for, of every kind, with unique keys and usernames', () => {
    for (const persons of [20, 57, 200, 1000]) {
      const night = describeNight({ ...OPTIONS, persons })
      const people = peopleOf(night)
      assert.equal(people.length, persons)
      assert.equal(new Set(people.map((p) => p.key)).size, persons)
      assert.equal(new Set(people.map((p) => p.username)).size, persons)
      const kinds = new Set(people.map((p) => p.kind))
      assert.deepEqual([...kinds].sort(), ['guardian', 'pupil', 'staff', 'teacher'])
    }
  })

  test('lists only members who are in the file, but for the strangers asked for', () => {
    for (const dangling of [0, 7, 60]) {
      const night = describeNight({ ...OPTIONS, dangling })
      const keys = new Set(peopleOf(night).map((person) => person.key))
      const members = [...groupsOf(night)].flatMap((group) => group.members ?? [])
      assert.equal(members.filter((member) => !keys.has(member.key)).length, dangling)
    }
  })

  test('hangs every group under one that is in the file, and the municipality under itself', () => {
    const groups = [...groupsOf(describeNight({ ...OPTIONS, persons: 1000 }))]
    const keys = new Set(groups.map((group) => group.key))
    assert.equal(keys.size, groups.length)
    assert.ok(groups.every((group) => keys.has(group.parent)))
    assert.deepEqual(
      groups.filter((group) => group.parent === group.key).map((group) => group.kind),
      ['municipality'],
    )
  })

  test('gives each class a teacher and a mentor, each course a title and a code', () => {
    const groups = [...groupsOf(describeNight(OPTIONS))]
    const rolesIn = (kind: string): Set<string> =>
      new Set(
        groups
          .filter((g) => g.kind === kind)
          .flatMap((g) => (g.members ?? []).map((m) => m.roleType)),
      )
    assert.deepEqual(rolesIn('class'), new Set(['02', '01']))
    assert.deepEqual(rolesIn('mentorGroup'), new Set(['06', '01']))
    assert.ok(groups.every((g) => (g.kind === 'course') === (g.course !== undefined)))
  })

  test('names guardians who are in the file, for most pupils', () => {
    const people = peopleOf(describeNight({ ...NEXT, persons: 1000 }))
    const guardians = new Set(people.filter((p) => p.kind === 'guardian').map((p) => p.key))
    assert.ok(people.every((p) => p.guardians.every((key) => guardians.has(key))))
    assert.ok(people.filter((p) => p.guardians.length > 0).length > 400)
  })

  test('has national numbers of the synthetic population only, none twice', () => {
    const night = describeNight({ ...OPTIONS, persons: 5000, nationalNumbers: true })
    const numbers = peopleOf(night).flatMap((p) => p.nationalNumber ?? [])
    assert.ok(numbers.length > 3500)
    assert.equal(new Set(numbers).size, numbers.length)
    assert.ok(numbers.every((n) => readNumber('NO', n).series === 'tenor'))
    assert.ok(numbers.every((n) => readNumber('NO', n, { acceptSynthetic: true }).verdict === 'ok'))
  })

  test('reaches exact numbers of groups and members, as the benchmarks need', () => {
    const counts = countNight(describeNight(SMALL_BENCHMARK))
    assert.equal(counts.persons, 4_900)
    assert.equal(counts.groups, 980)
    assert.equal(counts.members, 49_000)
  })

  test('refuses what no delivery can be made of', () => {
    const usage = { name: 'RollcallError', code: 'ERR_USAGE' }
    assert.throws(() => describeNight({ ...OPTIONS, persons: 5 }), usage)
    assert.throws(() => describeNight({ ...OPTIONS, dateTime: 'today' }), usage)
    assert.throws(() => describeNight({ ...OPTIONS, groups: 3 }), usage)
    assert.throws(() => describeNight({ ...OPTIONS, members: 3 }), usage)
    assert.throws(() => styleNamed('fancy'), usage)
  })
})

describe('the next night', () => {
  test('of a 1 % night has the shares the benchmarks name, and every other record stays as it was', async () => {
    const before = recordsOf(await bytesOf(SMALL_BENCHMARK))
    for (const [variant, listShare] of [
      ['a', 0.05],
      ['b', 0.4],
    ] as const) {
      const next = { ...SMALL_BENCHMARK, night: 1, changes: ONE_PERCENT_NIGHT[variant] }
      const after = recordsOf(await bytesOf(next))
      // 0.5 % and 0.25 % of 4,900 persons and of 980 groups.
      assert.deepEqual(difference(before.person, after.person), { changed: 25, gone: 12, new: 12 })
      assert.deepEqual(difference(before.group, after.group), { changed: 5, gone: 2, new: 2 })
      const lists = difference(before.membership, after.membership)
      const share = (lists.changed + lists.gone + lists.new) / before.membership.size
      assert.ok(Math.abs(share - listShare) < 0.02, `${variant}: ${share}`)
    }
  })

  test('takes leavers out of every list and puts joiners into those of a class', () => {
    const night = describeNight(NEXT)
    const members = [...groupsOf(night)].flatMap((g) => (g.members ?? []).map((m) => m.key))
    const { personsGone, personsNew } = night.changes
    assert.ok(personsGone.length > 0 && personsNew.length > 0)
    assert.ok(personsGone.every((id) => !members.includes(personKey(id))))
    assert.ok(personsNew.every((id) => members.filter((key) => key === personKey(id)).length > 2))
  })

  test('lets pupils move: they stay the same person in other lists', () => {
    const before = describeNight(OPTIONS)
    const after = describeNight(NEXT)
    const [moved] = after.changes.personsMoved
    assert.ok(moved !== undefined)
    assert.deepEqual(personAt(after, moved), personAt(before, moved))
    assert.notDeepEqual(listsOf(after, moved), listsOf(before, moved))
  })

  test('is the first night again when nothing but its datetime differs', async () => {
    const text = decode(await bytesOf(OPTIONS), DEMO_STYLES.plain)
    const later = await bytesOf({ ...OPTIONS, dateTime: '2026-09-02T02:00:00' })
    assert.equal(
      decode(later, DEMO_STYLES.plain),
      text.replace('2026-09-01T02:00:00', '2026-09-02T02:00:00'),
    )
  })

  test('touched has another recstatus on every record and nothing else', async () => {
    const one = decode(await bytesOf({ ...OPTIONS, recstatus: 1 }), DEMO_STYLES.plain)
    const two = decode(await bytesOf({ ...OPTIONS, recstatus: 2 }), DEMO_STYLES.plain)
    assert.equal(two, one.replaceAll('recstatus="1"', 'recstatus="2"'))
    const { persons, groups, members } = countNight(describeNight(OPTIONS))
    assert.equal(two.match(/recstatus="2"/g)?.length, persons + groups + members)
  })

  test('a hundred nights on is still a delivery in which everything fits together', () => {
    const night = describeNight({ ...OPTIONS, night: 100 })
    const people = peopleOf(night)
    const keys = new Set(people.map((person) => person.key))
    assert.equal(keys.size, people.length)
    const groups = [...groupsOf(night)]
    assert.equal(new Set(groups.map((group) => group.key)).size, groups.length)
    assert.ok(groups.every((g) => (g.members ?? []).every((member) => keys.has(member.key))))
  })
})

describe('the example deliveries', () => {
  for (const [file, options] of Object.entries(EXAMPLES)) {
    test(`${file} is what the generator writes`, async () => {
      const path = join(import.meta.dirname, '../../examples', file)
      assert.equal(await readFile(path, 'utf8'), decode(await bytesOf(options), DEMO_STYLES.plain))
    })
  }

  test('hold one of each ordinary change between the first two nights', async () => {
    const [first, second] = await Promise.all(
      ['night-1.xml', 'night-2.xml'].map(async (file) => recordsOf(await exampleBytes(file))),
    )
    assert.ok(first !== undefined && second !== undefined)
    assert.equal(first.person.size, 52)
    assert.equal(first.group.size, 27)
    // Another family name, and a record without any name.
    assert.deepEqual(difference(first.person, second.person), { changed: 2, gone: 1, new: 1 })
    assert.deepEqual(difference(first.group, second.group), { changed: 0, gone: 1, new: 1 })
  })

  test('lack a school on the third night', async () => {
    const { group } = recordsOf(await exampleBytes('night-3.xml'))
    assert.ok(group.has('s001'))
    assert.ok([...group.keys()].every((key) => !key.startsWith('s002')))
  })
})

async function bytesOf(
  what: DemoOptions | DemoNight,
  style: DemoStyle = DEMO_STYLES.plain,
): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  await writeDelivery('shape' in what ? what : describeNight(what), style, (chunk) => {
    chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
  })
  return Buffer.concat(chunks)
}

async function exampleBytes(file: string): Promise<Buffer> {
  return readFile(join(import.meta.dirname, '../../examples', file))
}

function decode(bytes: Uint8Array, style: DemoStyle): string {
  return Buffer.from(bytes).toString(style.encoding === 'UTF-8' ? 'utf8' : 'latin1')
}

/** Local names and how often each occurs; throws if the text is not well-formed. */
function elementsOf(text: string): Map<string, number> {
  const seen = new Map<string, number>()
  const parser = new SaxesParser({ xmlns: true })
  parser.on('opentag', (tag) => seen.set(tag.local, (seen.get(tag.local) ?? 0) + 1))
  parser.on('error', (error) => {
    throw error
  })
  parser.write(text).close()
  return seen
}

type Records = Map<string, string>

/** The elements of the three kinds in a plain delivery, by key. */
function recordsOf(bytes: Uint8Array): { person: Records; group: Records; membership: Records } {
  const text = decode(bytes, DEMO_STYLES.plain)
  const of = (kind: string): Records => {
    const elements = text.match(new RegExp(`\\n  <${kind}[ >].*?\\n  </${kind}>`, 'gs')) ?? []
    return new Map(elements.map((element) => [/<id>(.*?)<\/id>/.exec(element)?.[1] ?? '', element]))
  }
  return { person: of('person'), group: of('group'), membership: of('membership') }
}

function difference(
  before: Records,
  after: Records,
): { changed: number; gone: number; new: number } {
  const keys = [...before.keys()]
  return {
    changed: keys.filter((key) => after.has(key) && after.get(key) !== before.get(key)).length,
    gone: keys.filter((key) => !after.has(key)).length,
    new: [...after.keys()].filter((key) => !before.has(key)).length,
  }
}

function personAt(night: DemoNight, id: number): ReturnType<typeof personOf> {
  const revisions = night.revisions.get(id) ?? 0
  return personOf(night.options, night.shape, id, revisions, night.grades.get(id))
}

function peopleOf(night: DemoNight): ReturnType<typeof personOf>[] {
  return Array.from(personsOf(night), (id) => {
    const person = personAt(night, id)
    assert.equal(person.kind, kindOf(night.shape, id))
    return person
  })
}

function listsOf(night: DemoNight, id: number): string[] {
  return [...groupsOf(night)]
    .filter((group) => group.members?.some((member) => member.key === personKey(id)))
    .map((group) => group.key)
}
