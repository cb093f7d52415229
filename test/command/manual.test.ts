import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Command } from 'commander'
import { makeProgram } from '../../src/command/program.ts'
import { EXIT } from '../../src/command/failures.ts'

const manual = readFileSync(join(import.meta.dirname, '../../docs/commands.md'), 'utf8')

/** Commands that do something, by what is typed after `rollcall`. */
function commands(command: Command, path: readonly string[] = []): [string, Command][] {
  return command.commands.flatMap((each): [string, Command][] => {
    const words = [...path, each.name()]
    return each.commands.length > 0 ? commands(each, words) : [[words.join(' '), each]]
  })
}

const all = new Map(commands(makeProgram()))
const sections = new Map(
  manual
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const [heading = '', ...rest] = section.split('\n')
      return [heading, rest.join('\n').split(/^## /m)[0] ?? ''] as const
    }),
)

test('the manual has a section for every command, and none for any other', () => {
  assert.deepEqual([...sections.keys()].toSorted(), [...all.keys()].toSorted())
})

test('every option of a command is in the manual', () => {
  const roster = manual.split('## The roster')[1]?.split('### roster persons')[0] ?? ''
  for (const [name, command] of all) {
    const section = `${sections.get(name)}${name.startsWith('roster ') ? roster : ''}`
    for (const { long } of command.options) {
      assert.ok(section.includes(String(long)), `${name} ${long}`)
    }
  }
})

test('every option that the manual names is there', () => {
  const known = new Set([...all.values()].flatMap(({ options }) => options.map(({ long }) => long)))
  for (const [option] of manual.matchAll(/--[a-z][a-z-]+/g)) {
    assert.ok(known.has(option) || option === '--help', option)
  }
})

test('the manual lists every exit code', () => {
  for (const code of Object.values(EXIT)) assert.match(manual, new RegExp(`^\\| ${code} \\|`, 'm'))
})
