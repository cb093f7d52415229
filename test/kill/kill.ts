/** One kill: at a moment drawn from a seed, then the same command again, then everything there is against what should be. */
import assert from 'node:assert/strict'
import { hash32, pick } from '../../src/demo/random.ts'
import type { Bed, Beds } from './beds.ts'
import type { Moment, Phase } from './moments.ts'
import type { Measured } from './operations.ts'
import { type Ended, type Kill, start } from './process.ts'
import { differences, type Dump } from './site-dump.ts'

/** Where a kill fell. */
export interface Fell {
  readonly operation: string
  /** What it was doing, as it told, or in which quarter of its statements. */
  readonly step: string
  readonly stands: Stands
  readonly databaseToo: boolean
}

/** As the database sees it: before, in or after the transaction that changes the roster, or as that was committed. */
export type Stands = 'before it' | 'in the transaction' | 'at commit' | 'committed'

const PHASES: readonly Phase[] = ['begun', 'sent', 'answered']
const STEP = /^(receiving|reading|comparing|judging|applying|reporting) \(/

/**
 * Kills `operation` once, runs it again, and asserts that nothing shows of it. Where the moment was too late to kill
 * anything, another is drawn.
 *
 * @param draw Numbers that give the moment: the same give the same.
 */
export async function killOnce(
  beds: Beds,
  operation: Measured,
  draw: readonly number[],
): Promise<Fell> {
  const roll = (what: number): number => hash32(...draw, what)
  for (let attempt = 0; ; attempt++) {
    const kill = momentOf(operation, (what) => roll(what + 100 * attempt))
    const bed = await beds.make(operation.from)
    try {
      const killed = await start(operation.args, bed.environment, kill).ended
      if (killed.code !== null) continue
      const databaseToo = roll(1) % 4 === 0 && bed.killDatabase()
      await assertResumes(bed, operation, killed, roll(2) % 3 === 0)
      const { name } = operation
      return {
        operation: name,
        step: stepOf(killed, operation),
        stands: standsOf(killed, operation),
        databaseToo,
      }
    } catch (error) {
      const { message } = error as Error
      throw new Error(`${operation.name}, ${JSON.stringify(kill)}: ${message}`, { cause: error })
    } finally {
      await bed.remove()
    }
  }
}

/** Half of them at a statement, a fifth around a commit, the rest at any time from the start of the process to its end. */
function momentOf(operation: Measured, roll: (what: number) => number): Kill {
  const phase = pick(PHASES, roll(10))
  const afterMs = roll(11) % 2 === 0 ? 0 : roll(12) % 40
  const at = (statement: number): { readonly at: Moment } => ({ at: { statement, phase, afterMs } })
  const kind = roll(13) % 10
  if (kind < 5) return at(1 + (roll(14) % operation.statements))
  if (kind < 7) return { at: { statement: operation.transaction[1], phase, afterMs: 0 } }
  return { afterMs: roll(16) % Math.round(operation.ms) }
}

async function assertResumes(
  bed: Bed,
  operation: Measured,
  killed: Ended,
  looksBetween: boolean,
): Promise<void> {
  const between = looksBetween ? await bed.dump() : undefined
  if (between !== undefined) {
    const done = differences(withoutFiles(between), withoutFiles(operation.after)).length === 0
    if (!done)
      same(withoutFiles(between), withoutFiles(operation.before), 'cut off, and half of it there')
  }
  const resumed = await start(operation.args, bed.environment).ended
  const wasDone = resumed.code !== operation.exit
  if (wasDone) {
    assert.equal(resumed.code, 1, resumed.err)
    assert.match(resumed.err, operation.again ?? /^$/)
  }
  const dump = await bed.dump()
  same(dump, operation.after, 'the same again gives what it would have given')
  const { interrupted, repeated, unended } = dump
  assert.ok(interrupted + repeated <= 1, `${interrupted} cut off, ${repeated} repeated`)
  assert.ok(unended <= 1, `${unended} actions without an end in the audit log`)
  const committed = repeated === 1 || wasDone
  const stands = standsOf(killed, operation)
  if (stands === 'committed') assert.ok(committed, 'what was committed is there')
  else if (stands !== 'at commit') assert.ok(!committed, 'nothing is there that was not committed')
}

/**
 * A delivery may be kept already when its run is cut off: the next run takes it, or removes it. A server takes a moment to
 * notice that its client is gone.
 */
function withoutFiles(dump: Dump): Dump {
  return { ...dump, lines: dump.lines.filter((line) => !/^(file|held)/.test(line)) }
}

function same(found: Dump, expected: Dump, what: string): void {
  const lines = differences(found, expected)
  if (lines.length > 0) assert.fail([what, ...lines].join('\n'))
}

function standsOf({ begun, sent, answered }: Ended, { transaction }: Measured): Stands {
  const [begin, commit] = transaction
  if (answered >= commit) return 'committed'
  if (sent >= commit || begun >= commit) return 'at commit'
  return begun >= begin ? 'in the transaction' : 'before it'
}

function stepOf({ err, begun }: Ended, operation: Measured): string {
  const step = err
    .split('\n')
    .flatMap((line) => STEP.exec(line)?.[1] ?? [])
    .at(-1)
  if (step !== undefined) return step
  if (begun === 0) return 'starting'
  if (operation.name.includes('import')) return 'opening'
  return `statements, quarter ${Math.min(4, 1 + Math.floor((4 * begun) / operation.statements))}`
}
