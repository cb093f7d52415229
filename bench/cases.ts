/** The deliveries of the benchmarks, by name. */
import { createReadStream } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import path from 'node:path'
import { writeDeliveryFile } from '../src/demo/delivery.ts'
import { countNight } from '../src/demo/lists.ts'
import { describeNight } from '../src/demo/night.ts'
import {
  benchmarkOptions,
  type DemoChanges,
  type DemoOptions,
  ONE_PERCENT_NIGHT,
} from '../src/demo/options.ts'
import { type DemoStyle, DEMO_STYLES } from '../src/demo/style.ts'

/** Half of the persons and groups changed, and one pupil in twenty moved, which changes nearly every list. */
const HALF: DemoChanges = {
  ...ONE_PERCENT_NIGHT.b,
  personsChanged: 0.5,
  groupsChanged: 0.5,
  personsMoved: 0.05,
}

interface Case {
  readonly style: DemoStyle
  readonly options: DemoOptions
  readonly utf16?: boolean
}

/** Every delivery that the benchmarks read, of a roster of that many persons. */
export function cases(persons: number): { readonly [name: string]: Case } {
  const base = benchmarkOptions(persons)
  const next = { ...base, dateTime: '2026-09-02T02:00:00' }
  const changed = (changes: DemoChanges): DemoOptions => ({ ...next, night: 1, changes })
  const { plain, oneline, member, comments, latin1, pifu } = DEMO_STYLES
  return {
    base: { style: plain, options: base },
    'night-a': { style: plain, options: changed(ONE_PERCENT_NIGHT.a) },
    'night-b': { style: plain, options: changed(ONE_PERCENT_NIGHT.b) },
    unchanged: { style: plain, options: next },
    touched: { style: plain, options: { ...base, recstatus: 2 } },
    half: { style: plain, options: changed(HALF) },
    oneline: { style: oneline, options: base },
    member: { style: member, options: base },
    comments: { style: comments, options: base },
    latin1: { style: latin1, options: base },
    'pifu-comments': { style: { ...pifu, comments: true }, options: base },
    utf16: { style: plain, options: base, utf16: true },
  }
}

/** Writes a delivery as `NAME.xml` and says how large it is. */
export async function writeCase(folder: string, name: string, persons: number): Promise<string> {
  const found = cases(persons)[name]
  if (found === undefined) throw new Error(`there is no delivery ${name}`)
  const file = path.join(folder, `${name}.xml`)
  const started = performance.now()
  const night = describeNight(found.options)
  const written = await writeDeliveryFile(night, found.style, file)
  const bytes = found.utf16 === true ? await toUtf16(file) : written
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  const { persons: count, groups, lists, members } = countNight(night)
  return `${name}.xml: ${(bytes / 1e6).toFixed(1)} MB, ${count} persons, ${groups} groups, ${lists} lists, ${members} members, ${seconds} s`
}

/** Writes a file anew in UTF-16 with a byte order mark, and gives its size. */
async function toUtf16(file: string): Promise<number> {
  const source = createReadStream(file, { encoding: 'utf8', highWaterMark: 1 << 20 })
  const copy = `${file}.utf16`
  const target = await open(copy, 'w')
  let bytes = 0
  const write = async (text: string): Promise<void> => {
    bytes += (await target.write(Buffer.from(text, 'utf16le'))).bytesWritten
  }
  await write('\ufeff')
  for await (const chunk of source as AsyncIterable<string>) {
    await write(bytes > 2 ? chunk : chunk.replace('encoding="UTF-8"', 'encoding="UTF-16"'))
  }
  await target.close()
  await rename(copy, file)
  return bytes
}
