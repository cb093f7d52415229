import { auditAfter, type ChainPlace, lastCut, type StoredEntry } from '../store/audit.ts'
import type { Session } from '../store/connect.ts'
import { CHAIN_BEGIN, digestOf, hashOfEntry } from './chain.ts'

/** Entries that are read at a time. */
const PAGE = 5000

/**
 * What is wrong with a log, and where first: an entry is not what it was or not where it was (`changed`), is not there
 * (`missing`), its values are others (`valuesChanged`) or gone without an entry that says so (`valuesGone`); its
 * beginning is gone without one (`cut`), or its end, by a hash that was noted elsewhere (`end`).
 */
export interface Broken {
  readonly entry: number
  readonly why: 'changed' | 'missing' | 'valuesChanged' | 'valuesGone' | 'cut' | 'end'
}

export interface Verified {
  readonly entries: number
  /** The first entry that is there. */
  readonly from: number
  /** The last one; its hash, noted elsewhere, tells later that nothing up to it was taken away. */
  readonly head: ChainPlace
  /** Entries whose values were erased, as the log itself says. */
  readonly erased: number
  readonly broken?: Broken
}

interface Walk {
  place: ChainPlace
  entries: number
  /** Entries that had values and have none. */
  readonly without: number[]
  readonly erased: Set<number>
  isCutSaid: boolean
  isExpectedSeen: boolean
}

/** Verifies the whole log of a site. `expected` is the hash of an entry as it was noted, in hexadecimal. */
export async function verifyAudit(
  session: Session,
  siteId: number,
  expected?: string,
): Promise<Verified> {
  const begin = (await lastCut(session, siteId)) ?? CHAIN_BEGIN
  const walk: Walk = {
    place: begin,
    entries: 0,
    without: [],
    erased: new Set(),
    isCutSaid: begin.entry === 0,
    isExpectedSeen: expected === undefined || begin.hash.toString('hex') === expected,
  }
  let broken: Broken | undefined
  for (;;) {
    const page = await auditAfter(session, siteId, walk.place.entry, PAGE)
    for (const entry of page) {
      broken = next(walk, entry, begin)
      if (broken !== undefined) break
      walk.isExpectedSeen ||= entry.hash.toString('hex') === expected
    }
    if (broken !== undefined || page.length < PAGE) break
  }
  broken ??= atTheEnd(walk, begin)
  return {
    entries: walk.entries,
    from: begin.entry + 1,
    head: walk.place,
    erased: walk.without.length,
    ...(broken === undefined ? {} : { broken }),
  }
}

function next(walk: Walk, entry: StoredEntry, begin: ChainPlace): Broken | undefined {
  const awaited = walk.place.entry + 1
  if (entry.entry !== awaited) return { entry: awaited, why: 'missing' }
  if (!hashOfEntry(walk.place.hash, entry).equals(entry.hash)) {
    return { entry: entry.entry, why: 'changed' }
  }
  walk.place = { entry: entry.entry, hash: entry.hash }
  walk.entries += 1
  const { digest, salt, content } = entry
  if (salt !== null && content !== null) {
    const isSame = digest !== null && digestOf(salt, content).equals(digest)
    if (!isSame) return { entry: entry.entry, why: 'valuesChanged' }
  } else if (digest !== null) walk.without.push(entry.entry)
  noteSaid(walk, entry, begin)
  return undefined
}

/** What the log says of itself. */
function noteSaid(walk: Walk, { action, phase, detail }: StoredEntry, begin: ChainPlace): void {
  if (phase !== 'note' || !action.startsWith('audit ')) return
  const said = JSON.parse(detail) as {
    readonly erased?: readonly number[]
    readonly forgotten?: { readonly upTo: number; readonly hash: string }
  }
  for (const each of said.erased ?? []) walk.erased.add(each)
  const { upTo, hash } = said.forgotten ?? {}
  walk.isCutSaid ||= upTo === begin.entry && hash === begin.hash.toString('hex')
}

function atTheEnd(walk: Walk, begin: ChainPlace): Broken | undefined {
  if (!walk.isCutSaid) return { entry: begin.entry, why: 'cut' }
  const gone = walk.without.find((entry) => !walk.erased.has(entry))
  if (gone !== undefined) return { entry: gone, why: 'valuesGone' }
  return walk.isExpectedSeen ? undefined : { entry: walk.place.entry + 1, why: 'end' }
}

/** The same as it is told: hashes in hexadecimal, null where nothing is broken. */
export function verifiedJson({ head, broken, ...counts }: Verified): object {
  const { entry, hash } = head
  return { ...counts, head: { entry, hash: hash.toString('hex') }, broken: broken ?? null }
}
