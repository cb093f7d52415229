/**
 * Makes the deliveries of the benchmarks: `node bench/deliveries.ts FOLDER [--persons 98000] [--only base,night-a]`.
 * Prints the size of each and how long it took.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { writeDeliveryFile } from '../src/demo/delivery.ts'
import { countNight } from '../src/demo/lists.ts'
import { describeNight } from '../src/demo/night.ts'
import { ONE_PERCENT_NIGHT, benchmarkOptions } from '../src/demo/options.ts'
import type { DemoOptions } from '../src/demo/options.ts'
import { styleNamed } from '../src/demo/style.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { persons: { type: 'string', default: '98000' }, only: { type: 'string' } },
})
const [folder] = positionals
if (folder === undefined) throw new Error('usage: bench/deliveries.ts FOLDER [--persons N]')
await mkdir(folder, { recursive: true })

const base = benchmarkOptions(Number(values.persons))
const nextNight = { ...base, dateTime: '2026-09-02T02:00:00' }
const cases: readonly (readonly [name: string, style: string, options: DemoOptions])[] = [
  ['base', 'plain', base],
  ['night-a', 'plain', { ...nextNight, night: 1, changes: ONE_PERCENT_NIGHT.a }],
  ['night-b', 'plain', { ...nextNight, night: 1, changes: ONE_PERCENT_NIGHT.b }],
  ['unchanged', 'plain', nextNight],
  ['touched', 'plain', { ...base, recstatus: 2 }],
  ['oneline', 'oneline', base],
  ['member', 'member', base],
  ['comments', 'comments', base],
  ['latin1', 'latin1', base],
]
const only = values.only?.split(',')
for (const [name, style, options] of cases) {
  if (only !== undefined && !only.includes(name)) continue
  const start = performance.now()
  const night = describeNight(options)
  const bytes = await writeDeliveryFile(night, styleNamed(style), join(folder, `${name}.xml`))
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  const { persons, groups, lists, members } = countNight(night)
  console.log(
    `${name}.xml: ${(bytes / 1e6).toFixed(1)} MB, ${persons} persons, ${groups} groups, ${lists} lists, ${members} members, ${seconds} s`,
  )
}
console.log(`peak memory: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`)
