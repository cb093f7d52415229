/**
 * Reads every hostile input at its full size, up to 34 GB each, with the limits of a usual operator, each in a process of its
 * own, and unpacks bombs:
 *
 *     scripts/hostile inputs [--only PART] [--from N] [--to N]
 *
 * Prints how each ended, how long it took and how much memory at most; fails where one ends otherwise, takes more memory than
 * a usual night, or longer for a byte than any file may. No input is on disk: its bytes are made as they are read.
 */
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { DEFAULT_READ_LIMITS } from '../../src/ims/limits.ts'
import { BOMBS, unpackBomb } from './bombs.ts'
import { HOSTILE_INPUTS } from './inputs.ts'
import { readThrough } from './read-through.ts'

/** The program itself takes 115; a window with the largest record in it 140; what is made of that record comes on top. */
const PEAK_MB_MAX = 512
const NANOSECONDS_A_BYTE_MAX = 500

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    from: { type: 'string', default: '0' },
    to: { type: 'string', default: '1000' },
    one: { type: 'string' },
  },
})

/** What one input came to; memory is that of the whole process. */
interface Outcome {
  readonly code: string
  readonly wanted: string
  readonly bytesRead: number
  readonly seconds: number
  readonly peakMb: number
}

if (values.one === undefined) all()
else console.log(JSON.stringify(await one(values.one)))

function all(): void {
  const names = [...HOSTILE_INPUTS, ...BOMBS]
    .map(({ name }) => name)
    .slice(Number(values.from), Number(values.to))
    .filter((name) => values.only === undefined || name.includes(values.only))
  let failed = 0
  for (const name of names) {
    const child = spawnSync(
      process.execPath,
      [...process.execArgv, import.meta.filename, '--one', name],
      {
        encoding: 'utf8',
      },
    )
    if (child.status !== 0) {
      failed++
      console.log(`FAILED ${name}: ${child.stderr.slice(-500)}`)
      continue
    }
    const { code, wanted, bytesRead, seconds, peakMb } = JSON.parse(child.stdout) as Outcome
    const slow = (seconds * 1e9) / Math.max(bytesRead, 50_000_000)
    const isGood = code === wanted && peakMb <= PEAK_MB_MAX && slow <= NANOSECONDS_A_BYTE_MAX
    if (!isGood) failed++
    console.log(
      `${isGood ? '      ' : 'FAILED'} ${name.padEnd(48)} ${code.padEnd(24)} ` +
        `${(bytesRead / 1e6).toFixed(0).padStart(6)} MB read ${seconds.toFixed(1).padStart(6)} s ${peakMb.toFixed(0).padStart(5)} MB`,
    )
  }
  console.log(`${names.length} inputs, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}

async function one(name: string): Promise<Outcome> {
  const begun = performance.now()
  const came = await outcomeOf(name)
  return {
    seconds: (performance.now() - begun) / 1000,
    ...came,
    peakMb: process.resourceUsage().maxRSS / 1000,
  }
}

async function outcomeOf(
  name: string,
): Promise<Omit<Outcome, 'peakMb' | 'seconds'> & { readonly seconds?: number }> {
  const bomb = BOMBS.find((each) => each.name === name)
  if (bomb !== undefined) return { ...(await unpackBomb(bomb)), wanted: bomb.code }
  const input = HOSTILE_INPUTS.find((each) => each.name === name)
  if (input === undefined) throw new Error(`there is no input ${name}`)
  const { ends } = input
  const came = readThrough(input.make(input.bytes), DEFAULT_READ_LIMITS)
  const { refusal, problems, bytesRead } = came
  if ('refused' in ends) return { code: refusal?.code ?? 'read', wanted: ends.refused, bytesRead }
  const { problem } = ends
  const code =
    refusal?.code ?? (problem !== undefined && (problems[problem] ?? 0) > 0 ? problem : 'read')
  return { code, wanted: problem ?? 'read', bytesRead }
}
