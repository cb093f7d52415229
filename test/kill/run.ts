/**
 * Kills the program at random moments of each operation, many times: `node test/kill/run.ts --kills 200 --database embedded
 * --seed 1`. With --from N the first N kills are left out, so that a long run can be cut into pieces. Prints where the kills
 * fell; ends with 1 at the first that shows.
 */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { bedsOf, type Kind } from './beds.ts'
import { type Fell, killOnce } from './kill.ts'
import { measure, prepare } from './operations.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    from: { type: 'string', default: '0' },
    database: { type: 'string', default: 'embedded' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    operation: { type: 'string' },
  },
})
const [kills, from, seed] = [values.kills, values.from, values.seed].map(Number) as [
  number,
  number,
  number,
]
console.log(`seed ${seed}, kills ${from + 1} to ${kills}, database ${values.database}`)

const beds = await bedsOf(values.database as Kind)
if (beds === undefined) throw new Error('a server needs the package postgresql')
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-kill-deliveries-'))
const fell: Fell[] = []
const began = performance.now()
try {
  const operations = []
  for (const operation of await prepare(beds, folder)) {
    if (values.operation !== undefined && values.operation !== operation.name) continue
    const measured = await measure(beds, operation)
    operations.push(measured)
    const { name, statements, transaction, ms } = measured
    console.log(
      `${name}: ${Math.round(ms)} ms, ${statements} statements, transaction ${transaction.join(' to ')}`,
    )
  }
  for (let kill = from; kill < kills; kill++) {
    const operation = operations[kill % operations.length]
    if (operation === undefined) throw new Error('there is no such operation')
    fell.push(await killOnce(beds, operation, [seed, kill]))
  }
} catch (error) {
  console.log((error as Error).message)
  process.exitCode = 1
} finally {
  print()
  await beds.close()
  fs.rmSync(folder, { recursive: true })
}

function print(): void {
  const counted = new Map<string, number>()
  for (const { operation, step, stands, databaseToo } of fell) {
    const place = [operation, step, stands, databaseToo ? 'database too' : ''].join('\t')
    counted.set(place, (counted.get(place) ?? 0) + 1)
  }
  for (const [place, count] of [...counted].toSorted()) console.log(`${count}\t${place}`)
  const seconds = Math.round((performance.now() - began) / 1000)
  console.log(`${fell.length} kills in ${seconds} s, run again: the same as undisturbed`)
}
