/**
 * What people read after a night, word for word: the report of a first night and of a held one. `UPDATE_GOLDEN=1` writes
 * the files in golden/ anew; look at the difference before it is committed.
 */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { Story } from './commands.ts'
import { addPupil, change, pupilOf, withoutSchool } from './deliveries.ts'
import { Nights } from './nights.ts'

const FOLDER = path.join(import.meta.dirname, 'golden')

const story = new Story()
before(() => story.hold())
after(() => story.end())
const nights = new Nights(story)
const { register } = nights

/** Times differ from run to run; statements are counted by a test of their own. */
function settled(text: string): string {
  return text
    .replaceAll(/\b\d+\.\d s\b/g, '0.0 s')
    .replaceAll(/\b\d+ statements/g, 'N statements')
    .replaceAll(/\b[0-9a-f]{32,64}\b/g, 'HASH')
    .replaceAll(/\b20(?:2[5-9]|[3-9]\d)-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d\.\d+Z)?/g, 'NOW')
}

function isGolden(name: string, text: string): void {
  const file = path.join(FOLDER, name)
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(FOLDER, { recursive: true })
    writeFileSync(file, settled(text))
  }
  assert.equal(settled(text), readFileSync(file, 'utf8'))
}

test('the report of a first night', async () => {
  const { exit, out } = await story.run('import', story.write(nights.next()))
  assert.equal(exit, 0)
  isGolden('first-night.txt', out)
})

test('the report of a held night', async () => {
  change(register, 's1-01', { family: 'Ekman' })
  addPupil(register, pupilOf('S1', 13), ['S-1', 'S-MA', 'S-SV'])
  const half = nights.next(withoutSchool(register, 'O'))
  const { exit, out } = await story.run('import', story.write(half))
  assert.equal(exit, 3)
  isGolden('held-night.txt', out)
})

test('the runs of a site, and a run shown again with its decision', async () => {
  const rejected = await story.run('reject', '2', '--reason', 'Östskolan is missing')
  assert.equal(rejected.exit, 0)
  const runs = await story.run('runs')
  const run = await story.run('run', '2', '--kind', 'person', '--only', 'added,updated')
  isGolden('runs.txt', `${runs.out}\n${run.out.slice(run.out.indexOf('Decision'))}`)
})
