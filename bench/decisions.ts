/**
 * Times what people decide against the import that it is about: undo and release of a 1 % night against its import, and
 * the plan of a delivery of which half has changed against the first import.
 *
 *     node bench/decisions.ts FOLDER [--rounds 3] [--json docs/performance.json]
 *
 * Needs base.xml, night-b.xml and half.xml of bench/deliveries.ts. About a minute and a half a round.
 */
import path from 'node:path'
import { parseArgs } from 'node:util'
import { asPeer, type Measured, Results, rollcall, withHome } from './measure.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '3' }, json: { type: 'string' } },
})
const folder = positionals[0]
if (folder === undefined) throw new Error('name the folder that bench/deliveries.ts filled')
const fileOf = (name: string): string => path.resolve(folder, `${name}.xml`)
const results = new Results()

for (let round = 1; round <= Number(values.rounds); round++) {
  await withHome(async (home) => {
    const import_ = (name: string): Promise<Measured> =>
      rollcall(['import', '--accept-older', '--json', fileOf(name)], home)
    const first = await import_('base')
    const plan = await rollcall(['plan', '--limit', '1', '--json', fileOf('half')], home)
    results.add('plan with half of it changed', plan, asPeer('first import', first))

    const night = await import_('night-b')
    const peer = asPeer('its import', night)
    const { run } = expectOutcome(night, 'applied')
    const undo = await rollcall(['undo', String(run), '--json'], home)
    results.add('undo of a 1 % night (b)', undo, peer)
    // A plan that repeats what was undone is held.
    const held = expectOutcome(await import_('night-b'), 'held')
    const release = await rollcall(
      ['release', String(held.run), '--consulted', 'registrar', '--json'],
      home,
    )
    expectOutcome(release, 'released')
    results.add('release of a 1 % night (b)', release, peer)
  })
}
results.print(values.json)

function expectOutcome({ output }: Measured, outcome: string): { readonly run: number } {
  const report = JSON.parse(output) as { readonly outcome: string; readonly run: number }
  if (report.outcome !== outcome) throw new Error(`${report.outcome} where ${outcome} was expected`)
  return report
}
