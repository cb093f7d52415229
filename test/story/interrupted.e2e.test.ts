/** A night on which somebody presses Ctrl-C. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Story } from './commands.ts'
import { town } from './deliveries.ts'
import { Nights } from './nights.ts'

const story = new Story()
after(() => story.end())

const PUPILS = 500

test('Ctrl-C ends an import with exit code 130, the roster untouched; run again it imports all', async () => {
  const nights = new Nights(story, town(PUPILS))
  const file = story.write(nights.next())
  const run = story.startHere('import', file, '--json')
  await run.says('reading')
  run.kill('SIGINT')
  const { exit, out, err } = await run.ended
  assert.deepEqual([exit, out], [130, ''])
  assert.doesNotMatch(err, /ERR_INTERNAL|n1-1\b/)
  assert.deepEqual(await story.roster('persons'), [])
  assert.deepEqual(await story.roster('groups'), [])
  const answer = await story.ask('import', file)
  assert.equal(answer.exit, 0)
  assert.equal((await story.roster('persons')).length, 3048)
})
