/**
 * The turn of a school year, in each of the four ways in which sources tell years apart. In each the six courses have the
 * pupils of the second classes in one year and those of the first classes in the next, each time with another teacher;
 * nothing else changes.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Answer, Story } from './commands.ts'
import { copyOf, type Group, join, town, type Town } from './deliveries.ts'
import { Nights } from './nights.ts'
import { came, changesOf, linesOf } from './numbers.ts'

const story = new Story()
before(() => story.hold())
after(() => story.end())

const SCHOOLS = ['N', 'S', 'O'] as const
const COURSES = SCHOOLS.flatMap((school) => [`${school}-MA`, `${school}-SV`])
type Year = 2024 | 2025

/** How a source names a course of a year, and what it says of it and around it. */
interface Style {
  readonly key: (course: string, year: Year) => string
  readonly course?: (course: string, year: Year) => Partial<Group>
  readonly around?: (year: Year) => readonly (readonly [key: string, Group])[]
}

/** 12 pupils and a teacher in each of six courses are 78 memberships; with the 109 outside of them 187. */
function inYear(year: Year, style: Style): Town {
  const register = copyOf(town())
  for (const [key, group] of style.around?.(year) ?? []) register.groups.set(key, group)
  for (const course of COURSES) {
    const school = course[0] as 'N' | 'S' | 'O'
    const plain = register.groups.get(course) as Group
    register.groups.delete(course)
    register.lists.delete(course)
    const key = style.key(course, year)
    register.groups.set(key, { ...plain, ...style.course?.(course, year) })
    register.lists.set(key, new Map())
    const className = `${school.toLowerCase()}${year === 2024 ? 2 : 1}-`
    for (const person of register.persons.keys()) {
      if (person.startsWith(className)) join(register, key, person)
    }
    join(register, key, `${school.toLowerCase()}-t${year === 2024 ? 5 : 6}`, '02')
  }
  return register
}

class School {
  readonly story: Story
  readonly nights: Nights
  readonly style: Style

  private constructor(site: Story, style: Style) {
    this.story = site
    this.nights = new Nights(site)
    this.style = style
  }

  static async open(name: string, style: Style, rules?: string): Promise<School> {
    const school = new School(await story.site(name), style)
    if (rules !== undefined) await school.rules(rules)
    return school
  }

  async rules(text: string): Promise<void> {
    const set = ['sources', 'set', 'default', '--rules', this.story.write(text)] as const
    assert.equal((await this.story.run(...set)).exit, 0)
  }

  tonight(year: Year): Promise<Answer> {
    return this.nights.tonight(inYear(year, this.style))
  }

  async release({ json }: Answer): Promise<void> {
    const run = String(json['run'])
    const released = await this.story.run('release', run, '--consulted', 'school secretary')
    assert.equal(released.exit, 0)
  }

  /** `KEY: members` of each course, or of each archived one. */
  async courses(list: 'courses' | 'archive' = 'courses'): Promise<readonly string[]> {
    return linesOf(await this.story.roster(list), 'key', 'members')
  }

  /** `PERSON role` of each member of an archived course. */
  async archived(key: string): Promise<readonly string[]> {
    const { json } = await this.story.ask('explain', key, '--limit', '100')
    const found = json['found'] as { kind: string; state: string; memberships: [] }[]
    const course = found.find(({ kind, state }) => kind === 'course' && state === 'archived')
    return linesOf(course?.memberships ?? [], 'personKey', 'role')
  }
}

const SECOND_CLASS_OF_N = [
  ...Array.from({ length: 12 }, (_, i) => `n2-${String(i + 1).padStart(2, '0')} learner`),
  'n-t5 teacher',
].toSorted()

const FIRST_NIGHT = `applied, pass, exit 0
               before after added updated removed unchanged setAside
   person           0   120   120       0       0         0        0
   course           0     6     6       0       0         0        0
   membership       0   187   187       0       0         0        0`

const TURN = `held, hold, exit 3
               before after added updated removed unchanged setAside
   person         120   120     0       0       0       120        0
   group           17    17     6       0       6        11        0
   course           6     6     6       0       6         0        0
   membership     187   187    78       0      78       109        0
   holds TOO_MANY_ARCHIVED courses 6 of 6
   holds TOO_MANY_REMOVED memberships 78 of 187
   holds SLOW_DRAIN groups 6 of 17`

const of = (year: Year): string => `${year}/${String((year + 1) % 100)}`

describe('a source with the year in its keys', () => {
  const style: Style = { key: (course, year) => `${course}-${of(year)}` }

  test('archives the old keys and adds the new ones', async () => {
    const school = await School.open('year in keys', style)
    came(await school.tonight(2024), FIRST_NIGHT)
    const turn = await school.tonight(2025)
    came(turn, TURN)
    await school.release(turn)
    assert.deepEqual(
      await school.courses('archive'),
      COURSES.map((course) => `${course}-2024/25 13`).toSorted(),
    )
    assert.deepEqual(
      await school.courses(),
      COURSES.map((course) => `${course}-2025/26 13`).toSorted(),
    )
    assert.deepEqual(await school.archived('N-MA-2024/25'), SECOND_CLASS_OF_N)
  })
})

describe('a source with a hierarchy of its own for each year', () => {
  const style: Style = {
    key: (course) => course,
    course: (course, year) => ({ parent: `${course[0]}-YEAR-${year}` }),
    around: (year) =>
      SCHOOLS.map((school) => [
        `${school}-YEAR-${year}`,
        { title: of(year), parent: school, type: 'year' },
      ]),
  }

  test('has other courses under the same keys when the year nodes are others', async () => {
    const rules = 'groupKinds: [{ value: läsår, kind: year }]\n'
    const school = await School.open('year hierarchy', style, rules)
    came(await school.tonight(2024), FIRST_NIGHT)
    const turn = await school.tonight(2025)
    came(
      turn,
      `held, hold, exit 3
                   before after added updated removed unchanged setAside
       person         120   120     0       0       0       120        0
       group           20    20     9       0       9        11        0
       course           6     6     6       0       6         0        0
       membership     187   187    78       0      78       109        0
       holds TOO_MANY_ARCHIVED courses 6 of 6
       holds TOO_MANY_REMOVED memberships 78 of 187
       holds SLOW_DRAIN groups 9 of 20`,
    )
    await school.release(turn)
    const thirteen = COURSES.map((course) => `${course} 13`).toSorted()
    assert.deepEqual(await school.courses('archive'), thirteen)
    assert.deepEqual(await school.courses(), thirteen)
    assert.deepEqual(await school.archived('N-MA'), SECOND_CLASS_OF_N)
    came(
      await school.tonight(2025),
      `applied, pass, exit 0, 0 records read
                   before after added updated removed unchanged setAside
       group           20    20     0       0       0        20        0
       membership     187   187     0       0       0       187        0`,
    )
  })
})

describe('a source that uses its keys again and sends dates', () => {
  const style: Style = {
    key: (course) => course,
    course: (_, year) => ({ begin: `${year}-08-19` }),
  }

  test('has other courses when the rules make the year part of the key', async () => {
    const school = await School.open('reused keys', style, 'years: { from: begin }\n')
    came(await school.tonight(2024), FIRST_NIGHT)
    const turn = await school.tonight(2025)
    came(turn, TURN)
    await school.release(turn)
    assert.deepEqual(
      await school.courses('archive'),
      COURSES.map((course) => `${course}@2024/25 13`).toSorted(),
    )
    assert.deepEqual(
      await school.courses(),
      COURSES.map((course) => `${course}@2025/26 13`).toSorted(),
    )
    assert.deepEqual(await school.archived('N-MA@2024/25'), SECOND_CLASS_OF_N)
  })
})

describe('a source that takes no care', () => {
  const style: Style = { key: (course) => course }
  let school: School

  test('has the same courses the year after: only their members change', async () => {
    school = await School.open('no care', style)
    came(await school.tonight(2024), FIRST_NIGHT)
    const turn = await school.tonight(2025)
    came(
      turn,
      `held, hold, exit 3
                   before after added updated removed unchanged setAside
       group           17    17     0       0       0        17        0
       course           6     6     0       0       0         6        0
       membership     187   187    78       0      78       109        0
       holds TOO_MANY_REMOVED memberships 78 of 187`,
    )
    await school.release(turn)
    assert.deepEqual(await school.courses('archive'), [])
    assert.deepEqual(await school.courses(), COURSES.map((course) => `${course} 13`).toSorted())
  })

  test('gets the year into its keys by a date in the rules: a plan that is looked at, and ends nothing', async () => {
    await school.rules('years: { from: 2025-08-18 }\n')
    const learned = await school.tonight(2025)
    came(
      learned,
      `held, hold, exit 3
                   before after added updated removed unchanged setAside
       group           17    17     0       6       0        11        0
       course           6     6     0       6       0         0        0
       membership     187   187     0       0       0       187        0
       holds YEARS_CHANGED groups 6 of 17`,
    )
    await school.release(learned)
    assert.deepEqual(
      await changesOf(school.story, learned),
      COURSES.map((course) => `rekey group ${course}@2025/26`).toSorted(),
    )
    assert.deepEqual(
      await school.courses(),
      COURSES.map((course) => `${course}@2025/26 13`).toSorted(),
    )
  })

  test('and the next date archives them', async () => {
    await school.rules('years: { from: 2026-08-17 }\n')
    const turn = await school.tonight(2024)
    came(turn, TURN)
    await school.release(turn)
    assert.deepEqual(
      await school.courses('archive'),
      COURSES.map((course) => `${course}@2025/26 13`).toSorted(),
    )
  })
})
