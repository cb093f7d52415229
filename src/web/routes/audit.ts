import { z } from 'zod'
import { eraseName } from '../../access/erase-name.ts'
import { verifiedJson, verifyAudit } from '../../access/verify.ts'
import { type AuditFilter, listAudit } from '../../store/audit.ts'
import { inPlace } from '../../store/place.ts'
import { type Answer, type Asked, done, operation, type Operation } from '../operation.ts'
import { ANYTHING, cursorOf, cursorText, DAY, DRY_RUN, given, NUMBER, PAGE } from './shapes.ts'

const FILTER = {
  run: NUMBER.optional().meta({ description: 'Only what this run came from' }),
  action: z.string().max(100).optional().meta({ description: 'Only this action: `sources set`' }),
  since: DAY.optional(),
  ...PAGE.shape,
}
const ACTOR = z.string().min(1).max(1_000).optional()
const ROWS = z.object({ rows: z.array(ANYTHING), next: z.string().optional() })

interface Filter extends Omit<
  AuditFilter,
  'before' | 'offset' | 'run' | 'action' | 'actor' | 'since'
> {
  readonly run?: number | undefined
  readonly action?: string | undefined
  readonly actor?: string | undefined
  readonly since?: string | undefined
  readonly after?: string | undefined
}

async function page({ database, site }: Asked, { after, ...filter }: Filter): Promise<Answer> {
  const [before] = cursorOf(after)
  const of = { ...given(filter), ...(typeof before === 'number' ? { before } : {}), offset: 0 }
  const rows = await inPlace(database, site.id, (session) => listAudit(session, site.id, of))
  const last = rows.at(-1)
  const next = last !== undefined && rows.length === filter.limit ? [last.entry] : undefined
  return done({ rows, ...cursorText(next) })
}

/** The log of a site, or of the installation. */
function auditOf(of: 'installation' | undefined): readonly Operation[] {
  const [log, whose] =
    of === undefined ? ['audit', 'at the site'] : ['installation_audit', 'to the installation']
  const shared = {
    tag: 'audit',
    scope: 'administer',
    ...(of === undefined ? {} : { of }),
  } as const
  return [
    operation({
      ...shared,
      id: `list_${log}`,
      method: 'get',
      path: '/audit',
      summary: `What was done ${whose}, the latest first`,
      query: z.object(FILTER),
      answer: ROWS,
      run: page,
    }),
    operation({
      ...shared,
      id: `search_${log}`,
      method: 'post',
      path: '/audit/search',
      summary: `What somebody has done ${whose}, the latest first`,
      audit: 'reads',
      body: z.object({ ...FILTER, actor: ACTOR }),
      answer: ROWS,
      run: page,
    }),
    operation({
      ...shared,
      id: `verify_${log}`,
      method: 'get',
      path: '/audit/verify',
      summary: 'Verify the whole log, and say where it is broken first',
      query: z.object({
        expect: z
          .string()
          .regex(/^[0-9a-fA-F]{64}$/, 'Give the 64 characters of a head that was noted')
          .toLowerCase()
          .optional()
          .meta({ description: 'A head that was noted: nothing up to it was taken away' }),
      }),
      answer: z.looseObject({ entries: z.int(), broken: ANYTHING.nullable() }),
      async run({ database, site }, { expect }) {
        const verified = await inPlace(database, site.id, (session) =>
          verifyAudit(session, site.id, expect),
        )
        return done(verifiedJson(verified))
      },
    }),
  ]
}

/** Who did what. */
export const AUDIT: readonly Operation[] = [
  ...auditOf(undefined),
  ...auditOf('installation'),
  operation({
    id: 'erase_from_audit',
    of: 'installation',
    method: 'post',
    path: '/audit/erase',
    tag: 'audit',
    scope: 'administer',
    summary: 'Erase the name of a colleague who has left from all logs; there is no way back',
    audit: 'itself',
    body: z.object({ name: z.string().min(1).max(1_000), dryRun: DRY_RUN }),
    answer: z.object({ entries: z.int(), dryRun: z.boolean() }),
    async run({ database, caller, now }, { name, dryRun }) {
      const entries = await eraseName(database, name, { actor: caller.actor, dryRun, now: now() })
      return done({ entries, dryRun })
    },
  }),
]
