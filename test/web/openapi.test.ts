import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { makeProgram } from '../../src/command/program.ts'
import { openApiDocument } from '../../src/web/openapi.ts'
import { OPERATIONS } from '../../src/web/routes/all.ts'

const document = openApiDocument(OPERATIONS, '0.0.0')

test('the document is OpenAPI 3.1', async () => {
  const checked = await new Validator().validate(structuredClone(document))
  assert.deepEqual(checked.errors ?? [], [])
  assert.ok(checked.valid)
})

test('each operation is in it once, under its own name', () => {
  const ids = Object.values(document['paths'] as object).flatMap((methods: object) =>
    Object.values(methods).map((each: { operationId: string }) => each.operationId),
  )
  assert.deepEqual(ids.toSorted(), OPERATIONS.map(({ id }) => id).toSorted())
  assert.equal(new Set(ids).size, ids.length)
})

test('no sync key and nothing that is searched for stands in an address', () => {
  for (const { id, params, query } of OPERATIONS) {
    for (const shape of [params, query]) {
      const names = Object.keys(shape?.shape ?? {})
      const personal = names.filter((name) => /key|search|person|group|school$/i.test(name))
      assert.deepEqual(personal, [], id)
    }
  }
})

/** What of the command line has another way, or none, over HTTP. */
const ELSEWHERE: { readonly [command: string]: string } = {
  import: 'POST /api/deliveries',
  check: 'a file on the machine',
  plan: 'a file on the machine',
  demo: 'a file on the machine',
  migrate: 'the machine itself',
}

/** Command → operation. */
const SERVED: { readonly [command: string]: string } = {
  runs: 'list_runs',
  run: 'show_run',
  release: 'release',
  reject: 'reject',
  undo: 'undo',
  rekey: 'rekey',
  merge: 'merge',
  edit: 'edit',
  drift: 'list_drift',
  heal: 'heal',
  'add person': 'add_person',
  'add group': 'add_group',
  'add course': 'add_group',
  remove: 'remove',
  'member add': 'add_member',
  'member remove': 'remove_member',
  'bin restore': 'restore',
  'bin purge': 'purge',
  'archive reopen': 'reopen',
  retention: 'retain',
  explain: 'explain',
  waiting: 'list_waiting',
  'let-through': 'let_through',
  'sources list': 'list_sources',
  'sources create': 'create_source',
  'sources show': 'show_source',
  'sources set': 'set_source',
  'sources pause': 'pause_source',
  'sources resume': 'resume_source',
  'sources observe': 'observe_source',
  'sources live': 'live_source',
}

test('what the command line does with a site’s roster and sources, the API does', () => {
  const ids = new Set(OPERATIONS.map(({ id }) => id))
  const commands = makeProgram().commands.flatMap((command) =>
    command.commands.length === 0
      ? [command.name()]
      : command.commands.map((each) => `${command.name()} ${each.name()}`),
  )
  for (const [command, id] of Object.entries(SERVED)) {
    assert.ok(commands.includes(command), `there is no command ${command}`)
    assert.ok(ids.has(id), `${command} has no operation ${id}`)
  }
  for (const name of Object.keys(ELSEWHERE)) {
    assert.ok(
      commands.some((each) => each.split(' ')[0] === name),
      name,
    )
  }
  for (const list of commands.filter((name) => name.startsWith('roster '))) {
    assert.ok(ids.has(`list_${list.slice('roster '.length)}`), list)
  }
})
