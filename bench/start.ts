/**
 * What a command costs before it does anything: Node with its modules; the embedded database, started; a delivery of
 * 100 kB, imported and then unchanged.
 *
 *     node bench/start.ts [--rounds 9] [--json docs/performance.json]
 *
 * Against an empty Node process, a minute.
 */
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Peer, Results, rollcall, withHome } from './measure.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '9' }, json: { type: 'string' } },
})
const results = new Results()
const example = path.resolve(import.meta.dirname, '../examples/night-1.xml')
/** Longer than the server takes to stop, so that each command starts it. */
const STOPPED_MS = 1_500

for (let round = 1; round <= Number(values.rounds); round++) {
  await withHome(async (home) => {
    const timed = async (name: string, args: readonly string[]): Promise<void> => {
      await sleep(STOPPED_MS)
      const peer = emptyNode()
      results.add(name, await rollcall(args, home), peer)
    }
    await timed('start: --version', ['--version'])
    await timed('start: runs', ['runs'])
    await timed('start: import of 100 kB', ['import', example])
    await timed('start: the very same 100 kB', ['import', example])
  })
}
results.print(values.json)

function emptyNode(): Peer {
  const started = performance.now()
  spawnSync(process.execPath, ['-e', '0'])
  return {
    name: 'empty Node',
    seconds: (performance.now() - started) / 1000,
    cpuSeconds: undefined,
  }
}
