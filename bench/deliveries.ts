/**
 * Makes the deliveries of the benchmarks, 7 GB: `node bench/deliveries.ts FOLDER [--persons 98000] [--only base,night-a]`.
 * Prints the size of each and how long it took.
 */
import { mkdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { cases, writeCase } from './cases.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { persons: { type: 'string', default: '98000' }, only: { type: 'string' } },
})
const [folder] = positionals
if (folder === undefined) throw new Error('usage: bench/deliveries.ts FOLDER [--persons N]')
mkdirSync(folder, { recursive: true })
const persons = Number(values.persons)
for (const name of values.only?.split(',') ?? Object.keys(cases(persons))) {
  console.log(await writeCase(folder, name, persons))
}
console.log(`peak memory: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`)
