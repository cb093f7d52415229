import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import type { Command } from 'commander'
import { pathOf } from '../../src/command/acting.ts'
import { makeProgram } from '../../src/command/program.ts'
import { DEFAULT_READ_LIMITS } from '../../src/ims/limits.ts'
import { openLog } from '../../src/log.ts'
import { makeApp } from '../../src/web/app.ts'
import { openApiDocument } from '../../src/web/openapi.ts'
import { type Operation, pathOf as addressOf } from '../../src/web/operation.ts'
import { OPERATIONS } from '../../src/web/routes/all.ts'

const document = openApiDocument(OPERATIONS, '0.0.0')

test('the document is OpenAPI 3.1', async () => {
  const checked = await new Validator().validate(structuredClone(document))
  assert.deepEqual(checked.errors ?? [], [])
  assert.ok(checked.valid)
})

/** `METHOD /path` of everything that the document says is there. */
const documented = Object.entries(document['paths'] as object).flatMap(([path, methods]) =>
  Object.keys(methods as object).map((method) => `${method.toUpperCase()} ${path}`),
)

/** `METHOD /path` of everything that is answered, as the router has it. */
function served(operations: readonly Operation[]): string[] {
  const never = (): never => assert.fail('nothing is asked here')
  const app = makeApp({
    operations,
    version: '0.0.0',
    database: undefined as never,
    deliveriesFolder: '',
    limits: DEFAULT_READ_LIMITS,
    mail: undefined as never,
    calls: undefined as never,
    feeds: undefined as never,
    now: never,
    authenticate: never,
    onArrival: never,
    health: { ready: never },
    metrics: { figures: never, token: undefined },
    log: openLog('error', { write: never }),
    behindProxy: false,
  })
  // What is for every method is no route but what stands before routes.
  const routes = app.routes.filter(({ method }) => method !== 'ALL')
  return routes.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
}

test('every route is in the document, and everything in the document is a route', () => {
  assert.deepEqual(documented.toSorted(), [...new Set(served(OPERATIONS))].toSorted())
  assert.ok(documented.includes('POST /api/deliveries'))
})

test('a route that the document lacks is noticed, and so is an entry without a route', () => {
  const [first, ...others] = OPERATIONS
  assert.ok(first !== undefined)
  const fewer = new Set(served(others))
  const without = documented.filter((each) => !fewer.has(each))
  assert.deepEqual(without, [`${first.method.toUpperCase()} ${addressOf(first)}`])
  const added = { ...first, path: '/of-nobody' }
  const more = served([...OPERATIONS, added])
  const undocumented = more.filter((each) => !documented.includes(each))
  assert.deepEqual(undocumented, [`${first.method.toUpperCase()} ${addressOf(added)}`])
})

test('nothing is in it under the name of another', () => {
  const ids = Object.values(document['paths'] as object).flatMap((methods: object) =>
    Object.values(methods).map((each: { operationId: string }) => each.operationId),
  )
  assert.equal(new Set(ids).size, ids.length)
  for (const { id } of OPERATIONS) assert.ok(ids.includes(id), id)
})

test('no sync key and nothing that is searched for stands in an address', () => {
  for (const { id, params, query } of OPERATIONS) {
    for (const shape of [params, query]) {
      const names = Object.keys(shape?.shape ?? {})
      const personal = names.filter((name) =>
        /key|search|person|group|school$|name$|address|mail|phone|url|password|secret/i.test(name),
      )
      assert.deepEqual(personal, [], id)
    }
  }
})

/** Command → operation. */
const SERVED: { readonly [command: string]: string } = {
  import: 'deliver',
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
  'announce create': 'announce',
  'announce list': 'list_announcements',
  'announce withdraw': 'withdraw',
  'arrivals list': 'list_arrivals',
  'arrivals run': 'run_arrivals',
  'arrivals discard': 'discard_arrival',
  'collectors list': 'list_collectors',
  'collectors presets': 'list_collector_presets',
  'collectors set': 'set_collector',
  'collectors show': 'show_collector',
  'collectors test': 'test_collector',
  'collectors remove': 'remove_collector',
  fetch: 'fetch',
  'dropbox show': 'show_drop_box',
  'dropbox accounts list': 'list_drop_box_accounts',
  'dropbox accounts show': 'show_drop_box_account',
  'dropbox accounts add': 'add_drop_box_account',
  'dropbox accounts set': 'set_drop_box_account',
  'dropbox accounts remove': 'remove_drop_box_account',
  'dropbox accounts lock': 'lock_drop_box_account',
  'dropbox accounts unlock': 'unlock_drop_box_account',
  'roster persons': 'list_persons',
  'roster groups': 'list_groups',
  'roster courses': 'list_courses',
  'roster memberships': 'list_memberships',
  'roster relations': 'list_relations',
  'roster bin': 'list_bin',
  'roster archive': 'list_archive',
  'sites list': 'list_sites',
  'sites create': 'create_site',
  'recipients list': 'list_recipients',
  'recipients add': 'add_recipient',
  'recipients set': 'set_recipient',
  'recipients remove': 'remove_recipient',
  'contacts list': 'list_contacts',
  'contacts set': 'set_contact',
  'contacts remove': 'remove_contact',
  'webhooks list': 'list_webhooks',
  'webhooks add': 'add_webhook',
  'webhooks remove': 'remove_webhook',
  'webhooks test': 'test_webhook',
  'mail list': 'list_mails',
  'mail send': 'send_mail',
  'mail test': 'test_mail',
  'accounts list': 'list_accounts',
  'accounts create': 'create_account',
  'accounts role': 'set_role_of_account',
  'accounts password': 'set_password_of_account',
  'accounts disable': 'disable_account',
  'accounts enable': 'enable_account',
  'accounts remove': 'remove_account',
  'tokens list': 'list_tokens',
  'tokens create': 'create_token',
  'tokens revoke': 'revoke_token',
  'audit list': 'list_audit',
  'audit verify': 'verify_audit',
  'audit erase': 'erase_from_audit',
  'sites show': 'show_site',
  'sites set': 'set_site',
  'sources list': 'list_sources',
  'sources create': 'create_source',
  'sources show': 'show_source',
  'sources set': 'set_source',
  'sources pause': 'pause_source',
  'sources resume': 'resume_source',
  'sources observe': 'observe_source',
  'sources live': 'live_source',
}

/** Options that a setting has over the API, under which name; null: not, with why. */
const SETTINGS: { readonly [command: string]: { readonly [option: string]: string | null } } = {
  'sites set': {
    receive: 'parts',
    register: 'parts',
    portal: 'parts',
    limit: 'limits',
    floor: 'limits',
    defaultLimit: 'defaultLimits',
  },
  'sources set': {
    defaultRules: 'rules',
    limit: 'limits',
    floor: 'limits',
    defaultLimit: 'defaultLimits',
    until: 'mode',
    grace: 'expect',
    weekdays: 'expect',
    // Is of the site.
    archive: null,
    // Name a folder of the machine: docs/api.md.
    watch: null,
    watchNames: null,
    watchQuiet: null,
    watchFlag: null,
  },
}

test('every option of the settings of sites and sources is one over the API, or says why it is none', () => {
  const leaves = (command: Command): Command[] =>
    command.commands.length === 0 ? [command] : command.commands.flatMap(leaves)
  for (const [name, known] of Object.entries(SETTINGS)) {
    const command = leaves(makeProgram()).find((each) => pathOf(each) === name)
    const { body } = OPERATIONS.find(({ id }) => id === SERVED[name]) ?? {}
    const fields = Object.keys(body?.shape ?? {})
    const missing = (command?.options ?? [])
      .map((option) => option.attributeName())
      .filter((option) => !['site', 'json'].includes(option))
      .map((option) => (option in known ? known[option] : option))
      .filter((field) => field !== null && !fields.includes(field ?? ''))
    assert.deepEqual(missing, [], name)
    assert.ok(fields.length > 5)
  }
})

/** Commands that the manual says are not served, with why. */
function notServed(): Map<string, string> {
  const chapter = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8')
  const [, section = ''] = chapter.split('## Commands that are not served')
  const rows = [...section.split('\n## ')[0]!.matchAll(/^\| ([^|]+) \| ([^|]+) \|$/gm)].slice(1)
  return new Map(
    rows.flatMap(([, names = '', why = '']) =>
      [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => [name, why.trim()] as const),
    ),
  )
}

function commandsOf(command: Command): string[] {
  return command.commands.length === 0 ? [pathOf(command)] : command.commands.flatMap(commandsOf)
}

test('every command is an operation, or the manual says why it is none', () => {
  const ids = new Set(
    Object.values(document['paths'] as object).flatMap((methods: object) =>
      Object.values(methods).map((each: { operationId: string }) => each.operationId),
    ),
  )
  const commands = makeProgram().commands.flatMap(commandsOf)
  const excepted = notServed()
  for (const [command, id] of Object.entries(SERVED)) {
    assert.ok(commands.includes(command), `there is no command ${command}`)
    assert.ok(ids.has(id), `${command} has no operation ${id}`)
    assert.ok(!excepted.has(command), `${command} is served: the manual says that it is not`)
  }
  for (const [command, why] of excepted) {
    assert.ok(commands.includes(command), `there is no command ${command}`)
    assert.ok(why.length > 10, `${command} is not served, and nobody says why`)
    assert.doesNotMatch(why, /not yet/i, command)
  }
  const unsaid = commands.filter((each) => !(each in SERVED) && !excepted.has(each))
  assert.deepEqual(unsaid, [])
})
