/**
 * First imports of 5 MB, 50 MB, 500 MB and, when asked for, 5 GB (1,000,000 persons, 10,000,000 members): time per byte
 * against xmllint of the same file, and peak memory.
 *
 *     node bench/sizes.ts FOLDER [--only 1000,10000,100000,1000000] [--rounds 3] [--json docs/performance.json]
 *
 * Makes the deliveries in the folder as it needs them. 5 GB needs 25 GB of disk for file, copy and database, and about
 * ten minutes a round; the others together about a minute.
 */
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { writeDeliveryFile } from '../src/demo/delivery.ts'
import { describeNight } from '../src/demo/night.ts'
import { benchmarkOptions } from '../src/demo/options.ts'
import { DEMO_STYLES } from '../src/demo/style.ts'
import { Results, rollcall, withHome, xmllint } from './measure.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '1000,10000,100000' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'string' },
  },
})
const folder = positionals[0]
if (folder === undefined) throw new Error('name a folder with room')
fs.mkdirSync(folder, { recursive: true })
const results = new Results()

for (const persons of values.only.split(',').map(Number)) {
  const file = path.resolve(folder, `size-${persons}.xml`)
  if (!fs.existsSync(file)) {
    await writeDeliveryFile(describeNight(benchmarkOptions(persons)), DEMO_STYLES.plain, file)
  }
  const bytes = fs.statSync(file).size
  for (let round = 1; round <= Number(values.rounds); round++) {
    await withHome(async (home) => {
      const peer = await xmllint(file)
      const ours = await rollcall(['import', '--json', file], home)
      const { outcome } = JSON.parse(ours.output) as { outcome: string }
      if (outcome !== 'applied') throw new Error(outcome)
      results.add(`size, ${persons.toLocaleString('en')} persons`, ours, peer, bytes)
      console.error(`  ${((ours.seconds / bytes) * 1e9).toFixed(1)} ns a byte`)
    })
  }
}
results.print(values.json)
