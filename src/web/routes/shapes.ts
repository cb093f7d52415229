import { z } from 'zod'
import { RollcallError } from '../../errors.ts'
import type { Cursor } from '../../store/roster-queries.ts'
import { WEB_LIMITS } from '../limits.ts'
import type { Asked } from '../operation.ts'

/** Anything that is answered in full detail by docs/api.md and the manual: an object. */
export const ANYTHING = z.looseObject({})

export const KEY = z.string().min(1).max(1_000).meta({ description: 'Sync key, or # and a number' })
export const DAY = z.iso.date().meta({ description: 'YYYY-MM-DD' })
export const TEXT = z.string().trim().min(1).max(2_000)
/** One line, which may be empty: a name, a phone number. */
export const ONE_LINE = z
  .string()
  .trim()
  .max(200)
  .regex(/^\P{C}*$/u, 'Give one line')
export const NUMBER = z.coerce.number().int().positive()
export const KIND = z.enum(['person', 'group']).optional()
export const DRY_RUN = z.boolean().default(false).meta({ description: 'Say what it would do' })
export const RUN = z.object({ run: NUMBER })
export const SOURCE = z.object({ source: z.string().min(1).max(100) })

/** A page of a list that is paged by place. */
export const PAGE = z.object({
  limit: z.coerce.number().int().min(1).max(WEB_LIMITS.pageRowsMax).default(100),
  after: z.string().max(2_000).optional().meta({ description: '`next` of the page before' }),
})

/** Changes that a dry run lists at most. */
export const FIRST_CHANGES = { limit: WEB_LIMITS.pageRowsMax, offset: 0 }

/** A page of a list that does not change any more. */
export const OFFSET_PAGE = z.object({
  limit: z.coerce.number().int().min(0).max(WEB_LIMITS.pageRowsMax).default(100),
  offset: z.coerce.number().int().min(0).default(0),
})

const CURSOR = z.array(z.union([z.number(), z.string().max(1_000)])).max(4)

/**
 * A place in a list as text. What is not one is refused: taken for the beginning, it would have a client go round in circles.
 * @throws RollcallError ERR_USAGE
 */
export function cursorOf(text: string | undefined): Cursor {
  if (text === undefined) return []
  const checked = CURSOR.safeParse(parsed(Buffer.from(text, 'base64url').toString('utf8')))
  if (checked.success) return checked.data
  throw new RollcallError('ERR_USAGE', 'after is not the next of a page', {
    hint: 'Give it as the page before gave it, or leave it out to begin anew.',
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function cursorText(place: Cursor | undefined): { readonly next?: string } {
  return place === undefined
    ? {}
    : { next: Buffer.from(JSON.stringify(place)).toString('base64url') }
}

/** What every run by hand is told, of a request. */
export function handRequest(
  { database, site, caller, now }: Asked,
  dryRun: boolean,
): {
  database: Asked['database']
  siteId: number
  sender: string
  now: () => Date
  dryRun: boolean
} {
  return { database, siteId: site.id, sender: caller.sender, now, dryRun }
}

type Given<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

/** Only what was given: what is absent is left out, not undefined. */
export function given<T extends object>(values: T): Given<T> {
  const present = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(present) as Given<T>
}
