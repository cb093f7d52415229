import type { Recipient } from '../store/recipients.ts'
import { momentOf } from './formats.ts'
import type { Matter } from './matter.ts'
import { DEPUTIES_FROM } from './settings.ts'
import { isCompleted, statusOf } from './subject.ts'

/** What decides who gets a mail, beside what it is about. */
export interface Occasion {
  /** Null where the whole site is meant. */
  readonly sourceId: number | null
  /** Of a mail about a hold: the how manieth of its episode. */
  readonly told?: number
  /** Of an import that has begun: it has been running for long. */
  readonly isLong?: boolean
  /** When it happened; nothing is told to whoever became a recipient later. */
  readonly at?: string
}

/** Whether a recipient wants a mail. Nobody is sent one whose address mail comes back from. */
export function wants(recipient: Recipient, matter: Matter, occasion: Occasion): boolean {
  const { sourceId, what, started, deputy, bouncedAt, createdAt } = recipient
  if (bouncedAt !== null) return false
  if (occasion.at !== undefined && momentOf(occasion.at) < momentOf(createdAt)) return false
  const isOfSource =
    sourceId === null || occasion.sourceId === null || sourceId === occasion.sourceId
  if (!isOfSource) return false
  const isHold = matter.is === 'reminder' || (matter.is === 'finished' && matter.outcome === 'held')
  if (deputy) return isHold && (occasion.told ?? 0) >= DEPUTIES_FROM
  switch (matter.is) {
    case 'weekly':
      return what === 'weekly'
    case 'review':
      return true
    case 'started':
      return (
        what === 'every' &&
        (started === 'always' || (started === 'long' && occasion.isLong === true))
      )
    case 'hand':
      return what === 'every'
    case 'daily':
      return (
        what === 'every' || (what === 'failed' && statusOf(matter)?.endsWith('Failed') === true)
      )
    case 'finished':
      return what === 'every' || (what === 'failed' && !isCompleted(matter.outcome))
    default:
      return what !== 'weekly'
  }
}
