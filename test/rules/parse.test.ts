import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RollcallError } from '../../src/errors.ts'
import { parseRules } from '../../src/rules/parse.ts'

/** The lines of what is wrong with this file. */
function faultsOf(text: string): readonly string[] {
  try {
    parseRules(text, 'rules.yaml')
  } catch (error) {
    assert.ok(error instanceof RollcallError)
    assert.equal(error.code, 'ERR_RULES_WRONG')
    return error.message.split('\n').slice(1)
  }
  return []
}

const FAULTS: readonly (readonly [why: string, text: string, fault: string])[] = [
  [
    'a misspelt key is told with the nearest known one',
    'syncKye: id',
    'syncKye: no such key; did you mean syncKey? (line 1)',
  ],
  [
    'a misspelt key deep down, too',
    'groupKinds:\n  - { value: x, kind: course }\n  - { valeu: y, kind: course }',
    'groupKinds[1].valeu: no such key; did you mean value? (line 3)',
  ],
  [
    'a key that resembles none is told with all that are known there',
    'userIds: { zzzzz: [a] }',
    'userIds.zzzzz: no such key; known are username, feideId, upn (line 1)',
  ],
  [
    'a word that is not in the list is told with the list and the nearest word',
    'groupKinds: [{ kind: schol }]',
    'groupKinds[0].kind: found "schol", expected one of site, school, group, course, year, mentorGroup, term, none; did you mean school? (line 1)',
  ],
  [
    'a value of the wrong kind',
    'relations:\n  guardian: maybe',
    'relations.guardian: found "maybe", expected true or false (line 2)',
  ],
  [
    'text instead of a list',
    'targets: rollcall',
    'targets: found "rollcall", expected a list (line 1)',
  ],
  ['a key without a value', 'take:\n', 'take: found nothing, expected keys and values (line 1)'],
  [
    'a time zone that does not exist',
    'timeZone: Europe/Atlantis',
    'timeZone: found "Europe/Atlantis", expected a time zone such as Europe/Oslo (line 1)',
  ],
  [
    'a pattern with two wildcards side by side',
    'take: { exceptGroups: [{ key: "a**b" }] }',
    'take.exceptGroups[0].key: found "a**b", expected text in which * stands for any text and {} for the part that is meant, once, not side by side (line 1)',
  ],
  [
    'a username pattern without a name',
    'usernames: "user{n}"',
    'usernames: found "user{n}", expected off, or a pattern of {given}, {family} (both also with a length: {given:3}), {n} and a-z 0-9 . _ - @ (line 1)',
  ],
  [
    'a key of a protected person without quotes is not repeated, for it is personal',
    'protected:\n  keys: [01029912345]',
    'protected.keys[0]: found a number, expected text: put it in quotes (line 2)',
  ],
  ['the whole is not keys and values', '[]', '(file): found a list, expected keys and values'],
  [
    'a key that stands twice',
    'type: full\ntype: delta',
    '(file): Map keys must be unique (line 2)',
  ],
]

for (const [why, text, fault] of FAULTS) {
  test(`wrong rules are refused: ${why}`, () => assert.deepEqual(faultsOf(text), [fault]))
}

test('all faults of a file are told at once, in its order', () => {
  const faults = faultsOf('syncKey: ids\nroles: { "01": pupil }\nparentRelation: 3\nmentors: true')
  assert.deepEqual(
    faults.map((fault) => fault.split(':')[0]),
    ['syncKey', 'roles.01', 'parentRelation', 'mentors'],
  )
})

test('a file that is not YAML is refused with the line', () => {
  assert.match(faultsOf('type: full\ntargets: [a')[0] ?? '', /^\(file\): .*\(line 2\)$/)
})

test('a key named __proto__ is just a wrong key', () => {
  assert.match(faultsOf('{"__proto__": {"type": "full"}}')[0] ?? '', /^__proto__: no such key/)
})

test('a file of nested aliases is refused, not expanded', () => {
  const levels = Array.from({ length: 12 }, (_, at) => {
    const below =
      at === 0
        ? '[x, x]'
        : `[${Array(9)
            .fill(`*a${at - 1}`)
            .join(', ')}]`
    return `a${at}: &a${at} ${below}`
  })
  assert.match(faultsOf(levels.join('\n'))[0] ?? '', /alias/i)
})

test('JSON is read as well as YAML, and may name its schema for the editor', () => {
  const json = '{"$schema": "./rules.schema.json", "extends": "pifu", "phoneCountryCode": "+46"}'
  assert.deepEqual(parseRules(json), {
    $schema: './rules.schema.json',
    extends: 'pifu',
    phoneCountryCode: '+46',
  })
})

test('an empty file is the default preset', () => assert.deepEqual(parseRules(''), {}))
