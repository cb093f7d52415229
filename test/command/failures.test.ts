import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CommanderError } from 'commander'
import { exitCodeOfFailure, failureText } from '../../src/command/failures.ts'
import { RollcallError } from '../../src/errors.ts'

test('a broken operation is told with message, hint and code, and ends with 1', () => {
  const error = new RollcallError('ERR_SITE_BUSY', 'Another run has held the site', {
    hint: 'Wait until it has ended.',
  })
  assert.equal(exitCodeOfFailure(error), 1)
  assert.equal(
    failureText(error, false),
    'rollcall: Another run has held the site\n  Wait until it has ended.\n  code: ERR_SITE_BUSY\n',
  )
})

test('wrong usage, wrong rules and settings out of bounds end with 2', () => {
  for (const code of ['ERR_USAGE', 'ERR_RULES_WRONG', 'ERR_SETTING_OUT_OF_BOUNDS'] as const) {
    assert.equal(exitCodeOfFailure(new RollcallError(code, 'x')), 2)
  }
  assert.equal(exitCodeOfFailure(new CommanderError(1, 'commander.unknownOption', 'x')), 2)
})

test('help and version end with 0', () => {
  assert.equal(exitCodeOfFailure(new CommanderError(0, 'commander.help', '')), 0)
})

test('something unforeseen says nothing of what was in it, and where only when asked', () => {
  const error = new Error('duplicate key (username)=(ada)')
  assert.equal(exitCodeOfFailure(error), 1)
  assert.ok(!failureText(error, false).includes('ada'))
  assert.match(failureText(error, true), /failures\.test\.ts/)
})
