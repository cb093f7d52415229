import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { compileRules } from '../../src/rules/compile.ts'
import { parseRules } from '../../src/rules/parse.ts'
import { PRESET_NAMES, rulesFileSchema, rulesJsonSchema } from '../../src/rules/schema.ts'

const docs = new URL('../../docs/', import.meta.url)
const manual = readFileSync(new URL('rules.md', docs), 'utf8')
const examples = [...manual.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, text]) => text ?? '')

test('the manual has examples', () => assert.ok(examples.length > 10))

for (const example of examples) {
  test(`the manual's example "${example.split('\n')[0]}" is a valid rules file`, () => {
    assert.match(compileRules(parseRules(example)).hash, /^[0-9a-f]{16}$/)
  })
}

test('every key of a rules file is explained in the manual with an example', () => {
  const shown = new Set(examples.flatMap((example) => Object.keys(parseRules(example))))
  const keys = Object.keys(rulesFileSchema.shape).filter((key) => key !== '$schema')
  assert.deepEqual(
    keys.filter((key) => !shown.has(key)),
    [],
  )
})

test('every preset is named in the manual', () => {
  for (const name of PRESET_NAMES) assert.ok(manual.includes(`\`${name}\``), name)
})

test('the published JSON Schema is the one that files are read by (scripts/write-schema.ts writes it)', () => {
  const published: unknown = JSON.parse(readFileSync(new URL('rules.schema.json', docs), 'utf8'))
  assert.deepEqual(published, JSON.parse(JSON.stringify(rulesJsonSchema())))
})
