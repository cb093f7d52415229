import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { openDatabase } from '../../src/store/connect.ts'
import { DEFAULT_NAME, siteNamed } from '../../src/store/sites.ts'
import { freePort } from '../free-port.ts'
import { markedNight, MARKED } from '../schedule/marked.ts'
import { comes, startService } from '../schedule/service.ts'
import { type Collector, lineage, type SentSpan, startCollector } from './collector.ts'

const ROLLCALL = path.resolve(import.meta.dirname, '../../rollcall')
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-traces-'))
fs.chmodSync(home, 0o711)
after(() => fs.rmSync(home, { recursive: true, force: true }))

/** Values that must not be found in anything that is sent. */
const HIDDEN = [...MARKED, home]
const STEPS = ['receive', 'index', 'compare', 'judge', 'apply', 'report']

function fileOf(name: string, persons: number): string {
  const file = path.join(home, `qvistmark-${name}.xml`)
  fs.writeFileSync(file, markedNight(persons))
  return file
}

interface Done {
  readonly code: number | null
  readonly output: string
}

async function command(endpoint: string | undefined, ...words: readonly string[]): Promise<Done> {
  const more = endpoint === undefined ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }
  const env = { PATH: process.env['PATH'], ROLLCALL_HOME: home, ...more }
  const child = spawn(ROLLCALL, words, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output }
}

async function collectorFor(t: TestContext, answers?: 'never'): Promise<Collector> {
  const collector = await startCollector(answers)
  t.after(() => collector.close())
  return collector
}

function lines(spans: readonly SentSpan[], name: string): string[] {
  return spans.filter((span) => span.name === name).map((span) => lineage(spans, span).join(' < '))
}

function assertNothingPersonal(collector: Collector): void {
  for (const value of HIDDEN) assert.ok(!collector.text().includes(value), `${value} was sent`)
}

test('an import is sent as a command, its run and the steps of that, with nothing of a person', async (t) => {
  const collector = await collectorFor(t)
  const done = await command(collector.url, 'import', fileOf('first', 20), '--json')
  assert.equal(done.code, 0)
  const { spans } = collector
  for (const step of STEPS) assert.deepEqual(lines(spans, step), [`${step} < run < command`])
  assert.equal(spans.length, STEPS.length + 2)
  const of = (name: string): SentSpan | undefined => spans.find((span) => span.name === name)
  assert.deepEqual(of('command')?.attributes, { 'rollcall.command': 'import' })
  const { run } = JSON.parse(done.output) as { run: number }
  assert.deepEqual(of('run')?.attributes, {
    'rollcall.site': 1,
    'rollcall.source': 1,
    'rollcall.run': run,
    'rollcall.outcome': 'applied',
  })
  for (const { startTimeUnixNano: began, endTimeUnixNano: ended } of spans) {
    assert.ok(BigInt(began) <= BigInt(ended))
  }
  assert.equal(collector.resource['service.name'], 'rollcall')
  assert.match(collector.text(), /^\/v1\/traces /)
  assertNothingPersonal(collector)
})

test('what fails has the code of its error', async (t) => {
  const collector = await collectorFor(t)
  const done = await command(collector.url, 'runs', '--site', 'Qvistmark')
  assert.equal(done.code, 1)
  const [span] = collector.spans
  assert.equal(span?.error, 'ERR_NOT_FOUND')
  assert.equal(span?.attributes['error.type'], 'ERR_NOT_FOUND')
  assertNothingPersonal(collector)
})

test('a collector that takes everything and answers nothing holds no command up', async (t) => {
  const collector = await collectorFor(t, 'never')
  // It ends although its request has no answer until this test is over.
  const done = await command(collector.url, 'import', fileOf('slow', 21), '--json')
  assert.equal(done.code, 0)
  assert.equal((JSON.parse(done.output) as { outcome: string }).outcome, 'applied')
  assert.ok(collector.requests() > 0)
})

test('a collector that is not there holds no command up, and a wrong address of one is refused', async () => {
  const port = await freePort()
  const done = await command(`http://127.0.0.1:${port}`, 'import', fileOf('down', 22), '--json')
  assert.equal((JSON.parse(done.output) as { outcome: string }).outcome, 'applied')
  assert.equal((await command('collector:4318', 'runs')).code, 1)
})

test('fetching is part of the command that fetches', async (t) => {
  const collector = await collectorFor(t)
  const others = await othersFor(t)
  const set = [`url=${others}/night.xml`, 'allowPlain=yes'].flatMap((each) => ['--set', each])
  assert.equal((await command(undefined, 'sources', 'create', 'fetched')).code, 0)
  const words = ['collectors', 'set', 'fetched', '--kind', 'http', ...set]
  assert.equal((await command(undefined, ...words)).code, 0)
  await command(collector.url, 'fetch', 'fetched', '--only-fetch')
  assert.deepEqual(lines(collector.spans, 'collector'), ['collector < command'])
  const fetched = collector.spans.find(({ name }) => name === 'collector')
  assert.equal(fetched?.attributes['rollcall.kind'], 'http')
  assert.equal(fetched.error, undefined)
  assertNothingPersonal(collector)
})

test('the service sends jobs with what their threads did, and requests by the pattern of their address; its end sends the rest', async (t) => {
  const collector = await collectorFor(t)
  const mails = path.join(home, 'mails')
  const others = await othersFor(t)
  const mail = ['recipients', 'add', 'it@kommun.example', '--language', 'sv']
  assert.equal((await command(undefined, ...mail)).code, 0)
  assert.equal((await command(undefined, 'webhooks', 'add', `${others}/qvistmark`)).code, 0)
  // A first delivery would wait for a person.
  assert.equal((await command(undefined, 'import', fileOf('before', 22))).code, 0)
  const port = await freePort()
  const service = startService('serve', {
    ROLLCALL_HOME: home,
    ROLLCALL_MAIL_FROM: 'rollcall@kommun.example',
    ROLLCALL_MAIL_FOLDER: mails,
    ROLLCALL_WEB_PORT: String(port),
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_SERVICE_NAME: 'nightly',
  })
  const database = await openDatabase({ home, databaseUrl: undefined, ownerUrl: undefined })
  try {
    await service.heard('service_started')
    const { id: siteId } = await siteNamed(database, DEFAULT_NAME)
    const of = { siteId, sourceId: 1, name: 'qvistmark.xml' }
    const arrival = await comes(database, path.join(home, 'deliveries'), of, markedNight(23))
    const finished = await service.heard('import_finished', (line) => line['arrival'] === arrival)
    await fetch(`http://127.0.0.1:${port}/api/sites/Qvistmark/runs/1?key=NYCKEL-1`)
    await fetch(`http://127.0.0.1:${port}/healthz`)
    // A mail says how the import ended.
    while (!fs.existsSync(mails) || fs.readdirSync(mails).length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    assert.equal(await service.end(), 0)
    const { spans } = collector
    const run = spans.find(({ attributes }) => attributes['rollcall.run'] === finished['run'])
    assert.ok(run !== undefined)
    assert.deepEqual(lineage(spans, run), ['run', 'imports', 'job'])
    assert.equal(run.attributes['rollcall.arrival'], arrival)
    const steps = spans.filter(({ parentSpanId }) => parentSpanId === run.spanId)
    assert.deepEqual(steps.map(({ name }) => name).toSorted(), STEPS.toSorted())
    assert.deepEqual(lines(spans, 'mail'), ['mail'])
    const [call] = spans.filter(({ name }) => name === 'webhook')
    assert.equal(call?.error, 'HTTP 404')
    const requests = spans.filter(({ name }) => name === 'request')
    assert.deepEqual(
      requests.map(({ attributes }) => attributes['http.response.status_code']),
      [401, 200],
    )
    assert.equal(requests[1]?.attributes['http.route'], '/healthz')
    assert.equal(collector.resource['service.name'], 'nightly')
    assertNothingPersonal(collector)
  } finally {
    await service.end('SIGKILL')
    await database.close()
  }
})

/** A server with a delivery, which knows of nothing else; its address. */
async function othersFor(t: TestContext): Promise<string> {
  const server = createHttpServer((request, response) => {
    if (request.url === '/night.xml') response.end(markedNight(30))
    else response.writeHead(404).end()
  }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
