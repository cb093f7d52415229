import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Command } from 'commander'
import { makeProgram } from '../../src/command/program.ts'

const main = join(import.meta.dirname, '../../src/main.ts')

function rollcall(...words: string[]): {
  readonly status: number | null
  readonly out: string
  readonly err: string
} {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...words], {
    encoding: 'utf8',
  })
  return { status, out: stdout, err: stderr }
}

function everyCommand(command: Command, path = ''): [string, Command][] {
  const name = `${path} ${command.name()}`.trim()
  return [[name, command], ...command.commands.flatMap((each) => everyCommand(each, name))]
}

test('every command says what it does and has an example', () => {
  for (const [name, command] of everyCommand(makeProgram())) {
    assert.ok(
      command.description().length > 10 || command.commands.length > 0,
      `${name} has a description`,
    )
    if (name === 'rollcall') continue
    let help = ''
    command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp()
    assert.match(help, /\nExample:\n {2}([A-Z_]+=\S+ )*rollcall /, `${name} has an example`)
  }
})

/** They go on until they are stopped, and what they write is a log, in JSON anyway. */
const SERVICES = ['rollcall serve', 'rollcall worker']

test('every command that prints data can print it as JSON', () => {
  for (const [name, command] of everyCommand(makeProgram())) {
    if (command.commands.length > 0 || SERVICES.includes(name)) continue
    assert.ok(
      command.options.some(({ long }) => long === '--json'),
      `${name} has --json`,
    )
  }
})

test('wrong usage ends with 2 and says what is wrong', () => {
  for (const words of [
    ['import'],
    ['imprt', 'x.xml'],
    ['check', 'x.xml', '--nonsense'],
    ['plan', 'x.xml', '--only', 'gone'],
    ['plan', 'x.xml', '--limit', 'many'],
    ['release', '12'],
    ['release', 'latest', '--consulted', 'rector'],
    ['roster', 'persons', '--profile', 'pupil'],
    ['roster', 'memberships', '--on', '31.12.2026'],
    [],
  ]) {
    const { status, err } = rollcall(...words)
    assert.equal(status, 2, words.join(' '))
    assert.notEqual(err, '')
  }
})

test('a typing error is answered with the command that was meant', () => {
  assert.match(
    rollcall('imprt', 'x.xml').err,
    /^rollcall: unknown command 'imprt'\n\(Did you mean import\?\)/,
  )
})

test('help and version end with 0', () => {
  assert.deepEqual([rollcall('--help').status, rollcall('roster', 'bin', '--help').status], [0, 0])
  assert.match(rollcall('--version').out, /^\d+\.\d+\.\d+\n$/)
})

test('a file that is not there is told with a code, without a stack', () => {
  const { status, err } = rollcall('check', '/nowhere/at-all.xml')
  assert.equal(status, 1)
  assert.match(
    err,
    /^rollcall: \/nowhere\/at-all\.xml does not exist\n {2}code: ERR_FILE_UNREADABLE\n$/,
  )
})
