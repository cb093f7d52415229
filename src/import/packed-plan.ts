import { createHash } from 'node:crypto'
import { withRealIds } from '../change/mirror.ts'
import type { Tallies } from '../change/tally.ts'
import type { WaitingChange } from '../change/waiting.ts'
import type { SourceState } from '../store/runs.ts'
import { readWaitingRows, waitingRows } from '../store/waiting.ts'
import { MIRROR_PARTS, type MirrorPart, type Plan, PLAN_PARTS, type PlanPart } from './plan.ts'

/** Columns of each packed part of the mirror; the first has the ids. */
const MIRROR_COLUMNS: { readonly [part in MirrorPart]: number } = {
  persons: 7,
  groups: 7,
  lists: 3,
  states: 4,
}

type PackedMirror = Plan['mirror']

/**
 * SHA-256 of everything that a plan does: the same roster and the same delivery give the same plan. Rows are hashed as
 * they pass by on their way to the database, so that they are made only once.
 */
export class PlanHash {
  readonly #hashes = new Map(PLAN_PARTS.map((part) => [part, createHash('sha256')]))
  readonly #filled = new Set<PlanPart>()

  digest(): string {
    const whole = createHash('sha256')
    for (const [part, hash] of this.#hashes) {
      // Plans that earlier versions hold have no such part, and keep their hash.
      if (part === 'membership_add' && !this.#filled.has(part)) continue
      whole.update(`${part} ${hash.digest('hex')}\n`)
    }
    return whole.digest('hex')
  }

  /** The part's rows, hashed as they are taken. */
  *through(part: PlanPart, chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
    for (const chunk of chunks) {
      this.#hashes.get(part)?.update(chunk)
      this.#filled.add(part)
      yield chunk
    }
  }
}

/** The hash of a plan whose rows are at hand. */
export function hashPlan({ parts }: Pick<Plan, 'parts'>): string {
  const hash = new PlanHash()
  for (const part of PLAN_PARTS) for (const _ of hash.through(part, parts[part]));
  return hash.digest()
}

/** The mirror that a plan leaves, with ids in place of references. */
export function mirrorWithIds(mirror: PackedMirror, base: number): PackedMirror {
  return mapMirror((part) => withRealIds(mirror[part], MIRROR_COLUMNS[part], base))
}

/** The source's state once the plan is applied, and how courses end. */
export type HeldState = SourceState & { readonly archiveCourses: boolean }

/** A plan that takes the place of a held one when that is released: the same without what waits. */
export interface Variant {
  readonly plan: Plan
  readonly waiting: readonly WaitingChange[]
  readonly state: SourceState
}

/** By how it is released: as its source's mode says, or without removals. One that is not there is the plan itself. */
export interface Variants {
  readonly delayed?: Variant
  readonly withoutRemovals?: Variant
}
export type VariantName = keyof Variants

/** What a held plan keeps beside its rows. */
interface HeldMeta {
  readonly rows: Plan['rows']
  readonly refs: number
  readonly state: HeldState
}

interface VariantMeta {
  readonly rows: Plan['rows']
  readonly refs: number
  readonly state: SourceState
  readonly tallies: Tallies
  readonly hash: string
  /** Parts that are not those of the plan itself. */
  readonly own: readonly string[]
}

type Packed = { [part: string]: Uint8Array }

/** A held plan as named parts of bytes, for the database. Its variants share what is the same. */
export function packPlan(plan: Plan, state: HeldState, variants: Variants = {}): Packed {
  const meta: HeldMeta = { rows: plan.rows, refs: plan.refs, state }
  const whole = packParts(plan)
  const packed: Packed = { ...whole, meta: Buffer.from(JSON.stringify(meta)) }
  for (const [name, variant] of Object.entries(variants)) {
    const { plan: of, waiting, state: next } = variant as Variant
    const { rows, refs, tallies } = of
    const own: string[] = []
    for (const [part, bytes] of Object.entries(packParts(of))) {
      const same = whole[part]
      if (same !== undefined && Buffer.compare(same, bytes) === 0) continue
      own.push(part)
      packed[`${name}/${part}`] = bytes
    }
    const its: VariantMeta = { rows, refs, state: next, tallies, hash: hashPlan(of), own }
    packed[`${name}/meta`] = Buffer.from(JSON.stringify(its))
    packed[`${name}/waiting`] = Buffer.concat([...waitingRows(waiting).chunks])
  }
  return packed
}

/** The changes of a plan that will never be applied, to be looked at. */
export function packChanges(plan: Plan): Packed {
  const meta: HeldMeta = { rows: plan.rows, refs: plan.refs, state: { archiveCourses: true } }
  const rows = Object.entries(packParts(plan)).filter(([part]) => part.startsWith('rows.'))
  return { ...Object.fromEntries(rows), meta: Buffer.from(JSON.stringify(meta)) }
}

function packParts(plan: Plan): Packed {
  const packed: Packed = {}
  for (const part of PLAN_PARTS) {
    if (plan.rows[part] > 0) packed[`rows.${part}`] = Buffer.concat([...plan.parts[part]])
  }
  for (const part of MIRROR_PARTS) packed[`mirror.${part}`] = plan.mirror[part]
  return packed
}

type Unpacked = Pick<Plan, 'parts' | 'rows' | 'refs' | 'mirror'> & { readonly state: HeldState }

export function unpackPlan(packed: ReadonlyMap<string, Uint8Array>): Unpacked {
  const { rows, refs, state } = parsed(packed.get('meta')) as HeldMeta
  return { ...unpackParts((part) => packed.get(part), rows), rows, refs, state }
}

/** A held plan's variant, or undefined where the plan itself is meant. */
export function unpackVariant(
  packed: ReadonlyMap<string, Uint8Array>,
  { state: held }: Pick<Unpacked, 'state'>,
  name: VariantName,
):
  | (Unpacked & {
      readonly tallies: Tallies
      readonly hash: string
      readonly waiting: readonly WaitingChange[]
    })
  | undefined {
  const meta = packed.get(`${name}/meta`)
  if (meta === undefined) return undefined
  const { rows, refs, state, tallies, hash, own } = parsed(meta) as VariantMeta
  return {
    // Nothing is kept of a part that is empty.
    ...unpackParts((part) => packed.get(own.includes(part) ? `${name}/${part}` : part), rows),
    rows,
    refs,
    state: { ...state, archiveCourses: held.archiveCourses },
    tallies,
    hash,
    waiting: readWaitingRows([packed.get(`${name}/waiting`) ?? new Uint8Array()]),
  }
}

function unpackParts(
  bytesOf: (part: string) => Uint8Array | undefined,
  rows: Plan['rows'],
): Pick<Plan, 'parts' | 'mirror'> {
  const partOf = (part: PlanPart): Iterable<Uint8Array> => {
    const bytes = rows[part] > 0 ? bytesOf(`rows.${part}`) : undefined
    return bytes === undefined ? [] : [bytes]
  }
  return {
    parts: Object.fromEntries(PLAN_PARTS.map((part) => [part, partOf(part)])) as Plan['parts'],
    mirror: mapMirror((part) => bytesOf(`mirror.${part}`) ?? new Uint8Array()),
  }
}

function parsed(bytes: Uint8Array | undefined): unknown {
  return JSON.parse(new TextDecoder().decode(bytes ?? new Uint8Array()))
}

function mapMirror(value: (part: MirrorPart) => Uint8Array): PackedMirror {
  return Object.fromEntries(MIRROR_PARTS.map((part) => [part, value(part)])) as PackedMirror
}
