import { createHash } from 'node:crypto'
import { ListMirror, LOOK_AGAIN } from '../change/list-mirror.ts'
import { FREE, NOT_TAKEN, RecordMirror, withRealIds } from '../change/mirror.ts'
import { readCopyRows } from '../store/copy-rows.ts'
import { ACTIVE } from './lists-read.ts'
import type { SourceState } from '../store/runs.ts'
import { MIRROR_PARTS, type MirrorPart, type Plan, PLAN_PARTS, type PlanPart } from './plan.ts'
import { REMOVE, UPDATE } from './membership-changes.ts'

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

  digest(): string {
    const whole = createHash('sha256')
    for (const [part, hash] of this.#hashes) whole.update(`${part} ${hash.digest('hex')}\n`)
    return whole.digest('hex')
  }

  /** The part's rows, hashed as they are taken. */
  *through(part: PlanPart, chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
    for (const chunk of chunks) {
      this.#hashes.get(part)?.update(chunk)
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

/**
 * The mirror that a plan leaves when it is applied without its removals: what stays keeps the entry it had, and
 * lists that would lose someone are looked at again next time, so that what waits appears again by itself.
 */
export function mirrorWithoutRemovals(
  current: ReadonlyMap<string, Uint8Array>,
  { mirror, parts }: Pick<Plan, 'mirror' | 'parts'>,
): PackedMirror {
  const leftOut = { any: false }
  const staying = {
    persons: keepRemoved(
      current.get('persons'),
      mirror.persons,
      parts.person_remove,
      [...idsOf(parts.person_add), ...idsOf(parts.person_write)],
      leftOut,
    ),
    groups: keepRemoved(current.get('groups'), mirror.groups, parts.group_remove, [], leftOut),
  }
  readRelationsAgain(staying, parts)
  keepCourses(staying, current.get('groups'), parts)
  const losing = new Set<number>()
  for (const row of readCopyRows(parts.membership)) {
    const [action, group] = row
    const becomesInactive = (Number(row.at(-1)) & ACTIVE) !== 0 && row[4] === 'f'
    if (Number(action) === REMOVE || (Number(action) === UPDATE && becomesInactive)) {
      losing.add(Number(group))
    }
  }
  for (const [id] of readCopyRows(parts.group_remove)) losing.add(Number(id))
  const planned = ListMirror.unpack(mirror.lists, mirror.states)
  const lists = planned.replace(
    // Lists may have been read as naming somebody who is left out, and who stays after all.
    (groupId, entry) => losing.has(groupId) || (leftOut.any && entry >= 0),
    new ListMirror(),
    (id) => id,
  )
  for (const groupId of leftOut.any ? lists.states.keys() : losing) {
    lists.states.set(groupId, LOOK_AGAIN)
  }
  for (const groupId of losing) lists.states.set(groupId, LOOK_AGAIN)
  return { ...staying, lists: lists.packElements(), states: lists.packStates() }
}

interface Staying {
  persons: Uint8Array
  groups: Uint8Array
}

/** A relation that neither side says any more is found again where both are read. */
function readRelationsAgain(staying: Staying, parts: Plan['parts']): void {
  const persons = RecordMirror.unpack(staying.persons)
  for (const row of readCopyRows(parts.relation)) {
    if (Number(row[4]) !== 0) continue
    for (const id of row.slice(0, 2)) {
      const slot = persons.findId(Number(id))
      if (slot !== undefined) persons.setRaw(slot, 0n, 0n)
    }
  }
  staying.persons = persons.pack()
}

/** A group that ceases to be a course stays one: it keeps what it said before. */
function keepCourses(
  staying: Staying,
  current: Uint8Array | undefined,
  parts: Plan['parts'],
): void {
  const before = RecordMirror.unpack(current ?? new Uint8Array())
  const groups = RecordMirror.unpack(staying.groups)
  for (const row of readCopyRows(parts.group_write)) {
    if (row[11] !== 't') continue
    const slot = groups.findId(Number(row[0]))
    const was = before.findId(Number(row[0]))
    if (slot === undefined || was === undefined) continue
    groups.setKey(slot, before.keyHigh.at(was), before.keyLow.at(was))
    groups.setCanonical(slot, before.canonicalHigh.at(was), before.canonicalLow.at(was))
    groups.setRaw(slot, 0n, 0n)
  }
  staying.groups = groups.pack()
}

function* idsOf(rows: Iterable<Uint8Array>): Generator<number> {
  for (const [id] of readCopyRows(rows)) yield Number(id)
}

/**
 * @param waiting May wait for the username of one who stays: they are read again next time.
 * @param leftOut Told when a record that stays was to go because the rules leave it out.
 */
function keepRemoved(
  current: Uint8Array | undefined,
  planned: Uint8Array,
  removed: Iterable<Uint8Array>,
  waiting: readonly number[],
  leftOut: { any: boolean },
): Uint8Array {
  const before = RecordMirror.unpack(current ?? new Uint8Array())
  const after = RecordMirror.unpack(planned)
  let stays = false
  for (const [id] of readCopyRows(removed)) {
    const slot = before.findId(Number(id))
    if (slot === undefined) continue
    const instead = after.findKey(before.keyHigh.at(slot), before.keyLow.at(slot))
    if (instead >= 0 && [NOT_TAKEN, FREE].includes(after.ids.at(instead))) {
      after.remove(instead)
      leftOut.any = true
    }
    const kept = after.add(Number(id), before.keyHigh.at(slot), before.keyLow.at(slot))
    after.setCanonical(kept, before.canonicalHigh.at(slot), before.canonicalLow.at(slot))
    // It keeps no raw fingerprint: that was taken in the context that held before the plan.
    stays = true
  }
  for (const id of stays ? waiting : []) {
    const slot = after.findId(id)
    if (slot !== undefined) after.setRaw(slot, 0n, 0n)
  }
  return after.pack()
}

/** The source's state once the plan is applied, and how courses end. */
export type HeldState = SourceState & { readonly archiveCourses: boolean }

/** What a held plan keeps beside its rows. */
interface HeldMeta {
  readonly rows: Plan['rows']
  readonly refs: number
  readonly state: HeldState
}

/** A held plan as named parts of bytes, for the database. */
export function packPlan(plan: Plan, state: HeldState): { readonly [part: string]: Uint8Array } {
  const meta: HeldMeta = { rows: plan.rows, refs: plan.refs, state }
  const packed: { [part: string]: Uint8Array } = { meta: Buffer.from(JSON.stringify(meta)) }
  for (const part of PLAN_PARTS) {
    if (plan.rows[part] > 0) packed[`rows.${part}`] = Buffer.concat([...plan.parts[part]])
  }
  for (const part of MIRROR_PARTS) packed[`mirror.${part}`] = plan.mirror[part]
  return packed
}

export function unpackPlan(
  packed: ReadonlyMap<string, Uint8Array>,
): Pick<Plan, 'parts' | 'rows' | 'refs' | 'mirror'> & { readonly state: HeldState } {
  const { rows, refs, state } = JSON.parse(
    new TextDecoder().decode(packed.get('meta') ?? new Uint8Array()),
  ) as HeldMeta
  const partOf = (part: PlanPart): Iterable<Uint8Array> => {
    const bytes = packed.get(`rows.${part}`)
    return bytes === undefined ? [] : [bytes]
  }
  return {
    parts: Object.fromEntries(PLAN_PARTS.map((part) => [part, partOf(part)])) as Plan['parts'],
    rows,
    refs,
    mirror: mapMirror((part) => packed.get(`mirror.${part}`) ?? new Uint8Array()),
    state,
  }
}

function mapMirror(value: (part: MirrorPart) => Uint8Array): PackedMirror {
  return Object.fromEntries(MIRROR_PARTS.map((part) => [part, value(part)])) as PackedMirror
}
