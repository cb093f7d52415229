/**
 * Times whole `./rollcall import` commands against `xmllint --stream --noout` of the same file, in one run:
 *
 *     node bench/deliveries.ts FOLDER        makes the deliveries (7 GB)
 *     node bench/import.ts FOLDER [--rounds 3] [--only nights,forms,small] [--json docs/performance.json]
 *
 * Every case is paired with an xmllint run right before it, as the speed of a shared machine drifts; the ratio of the
 * two is what counts. Embedded database, cluster initialised. Memory is the peak of our own process. A round of all of
 * it is about seven minutes.
 */
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { writeDeliveryFile } from '../src/demo/delivery.ts'
import { describeNight } from '../src/demo/night.ts'
import { DEMO_STYLES } from '../src/demo/style.ts'
import { Results, rollcall, withHome, xmllint } from './measure.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: 'nights,forms,small' },
    json: { type: 'string' },
  },
})
const folder = positionals[0]
if (folder === undefined) throw new Error('name the folder that bench/deliveries.ts filled')
const only = new Set(values.only.split(','))
const results = new Results()

const SMALL = {
  seed: 1,
  persons: 10_000,
  groups: 1_000,
  members: 60_000,
  schools: 10,
  personsPerClass: 50,
}

for (let round = 1; round <= Number(values.rounds); round++) {
  if (only.has('nights')) await nights()
  if (only.has('forms')) await forms()
  if (only.has('small')) await small()
}
results.print(values.json)

/** One source through its nights, each against the one before. */
async function nights(): Promise<void> {
  await withHome(async (home) => {
    await timed('first import', 'base.xml', home)
    await timed('unchanged (other datetime)', 'unchanged.xml', home)
    await timed('very same bytes', 'unchanged.xml', home)
    await timed('1 % night (a)', 'night-a.xml', home)
    await imported('unchanged.xml', home)
    await timed('1 % night (b)', 'night-b.xml', home)
    await imported('unchanged.xml', home)
    await timed('every record touched', 'touched.xml', home)
  })
}

/** First imports of the same roster in other forms. */
async function forms(): Promise<void> {
  for (const form of ['oneline', 'member', 'comments', 'latin1', 'pifu-comments', 'utf16']) {
    await withHome((home) => timed(`first import, ${form}`, `${form}.xml`, home))
  }
}

/** 10,000 persons, 1,000 groups, 60,000 members. */
async function small(): Promise<void> {
  await withHome(async (home) => {
    const file = path.join(home, 'small.xml')
    const write = (dateTime: string): Promise<number> =>
      writeDeliveryFile(describeNight({ ...SMALL, dateTime }), DEMO_STYLES.plain, file)
    await write('2026-09-01T02:00:00')
    await timed('10,000 persons, first', file, home)
    await write('2026-09-02T02:00:00')
    await timed('10,000 persons, unchanged', file, home)
  })
}

async function timed(name: string, delivery: string, home: string): Promise<void> {
  const file = path.resolve(folder ?? '.', delivery)
  const peer = await xmllint(file)
  const ours = await rollcall(['import', '--accept-older', '--json', file], home)
  const { outcome } = JSON.parse(ours.output) as { outcome: string }
  if (!['applied', 'same'].includes(outcome)) throw new Error(`${name}: ${outcome}`)
  results.add(name, ours, peer, fs.statSync(file).size)
}

async function imported(delivery: string, home: string): Promise<void> {
  const file = path.resolve(folder ?? '.', delivery)
  await rollcall(['import', '--accept-older', '--json', file], home)
}
