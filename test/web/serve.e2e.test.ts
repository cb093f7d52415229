import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { freePort } from '../free-port.ts'
import { deliveryText } from '../import/deliveries.ts'
import { startService } from '../schedule/service.ts'

const ROLLCALL = path.resolve(import.meta.dirname, '../../rollcall')
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-web-'))
fs.chmodSync(home, 0o711)
after(() => fs.rmSync(home, { recursive: true, force: true }))

test('a delivery that is uploaded with a token is imported, and its sender can ask what became of it', async () => {
  const port = await freePort()
  const environment = { ROLLCALL_HOME: home, ROLLCALL_WEB_PORT: `${port}` }
  const made = spawnSync(
    ROLLCALL,
    ['tokens', 'create', 'export', '--scopes', 'deliver', '--json'],
    {
      env: { PATH: process.env['PATH'], ...environment },
      encoding: 'utf8',
    },
  )
  assert.equal(made.status, 0, made.stderr)
  const { token } = JSON.parse(made.stdout) as { token: string }
  const headers = { authorization: `Bearer ${token}` }
  const service = startService('serve', environment)
  try {
    await service.heard('service_started')
    const url = `http://127.0.0.1:${port}`
    const sent = await fetch(`${url}/api/deliveries`, {
      method: 'POST',
      headers,
      body: deliveryText({ persons: ['P1', 'P2'] }),
    })
    assert.equal(sent.status, 202)
    const { arrival } = (await sent.json()) as { arrival: number }
    const { outcome, run } = await service.heard(
      'import_finished',
      (line) => line['arrival'] === arrival,
    )
    assert.equal(outcome, 'held')
    const asked = await fetch(`${url}/api/sites/default/arrivals/${arrival}`, { headers })
    assert.equal(((await asked.json()) as { runId: number }).runId, run)
    assert.equal((await fetch(`${url}/readyz`)).status, 200)
    assert.match(await (await fetch(`${url}/metrics`)).text(), /rollcall_held_plans\{[^}]+\} 1/)
    assert.equal(await service.end('SIGTERM'), 0)
  } finally {
    await service.end('SIGKILL')
  }
  assert.ok(!service.said().includes(token))
})
