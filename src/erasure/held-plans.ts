import { RecordMirror } from '../change/mirror.ts'
import type { Hashes } from '../ims/fingerprint.ts'
import type { Session } from '../store/connect.ts'
import { heldPlans, plansChanging, rejectForErasure } from '../store/held-plans.ts'
import { loadPlanBlocks } from '../store/mirrors.ts'
import { slotsOf } from './forget-in-mirrors.ts'
import { standsIn, type Traces } from './identifiers.ts'

/** Rejects every plan that waits and holds one of the persons: it would bring his values back. Gives their runs. */
export async function rejectPlansWith(
  session: Session,
  siteId: number,
  persons: readonly { readonly id: number; readonly keys: readonly string[] }[],
  traces: Traces | undefined,
  decision: { readonly at: string; readonly by: string },
  hashes: Hashes,
): Promise<number[]> {
  const ids = persons.map(({ id }) => id)
  const holding = new Set(await plansChanging(session, siteId, ids))
  for (const run of await heldPlans(session, siteId)) {
    if (holding.has(run)) continue
    const parts = await loadPlanBlocks(session, siteId, run)
    const mirror = RecordMirror.unpack(parts.get('mirror.persons') ?? new Uint8Array())
    const isInMirror = persons.some(({ id, keys }) => slotsOf(mirror, id, keys, hashes).length > 0)
    if (isInMirror || (traces !== undefined && standsInRows(parts, traces))) holding.add(run)
  }
  const runs = [...holding].toSorted((a, b) => a - b)
  const reason = 'it held a person who was erased'
  const rejected = await rejectForErasure(session, siteId, runs, { ...decision, reason })
  return rejected.toSorted((a, b) => a - b)
}

/** Bytes of rows that are made text at a time. */
const PIECE_BYTES = 8 * 1024 * 1024

/** Whether a value stands in a plan's rows: as it is, or as COPY writes the JSON of it. */
function standsInRows(parts: ReadonlyMap<string, Uint8Array>, { values }: Traces): boolean {
  const forms = [
    ...new Set(
      values.flatMap((value) => {
        const json = JSON.stringify(value).slice(1, -1)
        return [value, json, json.replaceAll('\\', '\\\\')]
      }),
    ),
  ].map((form) => Buffer.from(form).toString('latin1'))
  const longest = Math.max(...forms.map((form) => form.length)) + 2
  for (const [part, bytes] of parts) {
    if (!part.startsWith('rows.')) continue
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    for (let at = 0; at < buffer.length; at += PIECE_BYTES) {
      const text = buffer.toString('latin1', at, at + PIECE_BYTES + longest)
      if (forms.some((form) => standsIn(text, form))) return true
    }
  }
  return false
}
