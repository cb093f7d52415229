import { z } from 'zod'
import type { HandResult } from '../../correction/by-hand.ts'
import { edit } from '../../correction/edit.ts'
import { heal } from '../../correction/heal.ts'
import { addGroup, addPerson, remove } from '../../correction/manual.ts'
import { addMember, removeMember } from '../../correction/members.ts'
import { merge } from '../../correction/merge.ts'
import { reopenCourse, restorePerson } from '../../correction/put-away.ts'
import { rekey } from '../../correction/rekey.ts'
import { undoRun } from '../../correction/undo.ts'
import { RollcallError } from '../../errors.ts'
import { GROUP_KINDS } from '../../roster/group.ts'
import { ROLES } from '../../roster/membership.ts'
import { PROFILES } from '../../roster/person.ts'
import { handJson } from '../../shown/hand.ts'
import { type Answer, operation, type Operation, ran } from '../operation.ts'
import { DAY, DRY_RUN, given, handRequest, KEY, KIND, RUN, TEXT } from './shapes.ts'

const answer = z.looseObject({ run: z.int() })
const by = { method: 'post', tag: 'by hand', scope: 'administer', answer } as const
const PAIRS_MAX = 10_000
const VALUES = z.record(z.string().max(100), z.string().max(10_000))

function shown({ report, changes }: HandResult, more: object = {}): Answer {
  return ran(report.run, { ...handJson(report, changes), ...more })
}

/** What people do to a roster; each is a run of its own, and can be tried with `dryRun`. */
export const CORRECTIONS: readonly Operation[] = [
  operation({
    ...by,
    id: 'undo',
    path: '/runs/{run}/undo',
    summary: 'Undo a run',
    params: RUN,
    body: z.object({ reason: TEXT.optional(), dryRun: DRY_RUN }),
    async run(asked, { run, reason, dryRun }) {
      return shown(await undoRun({ ...handRequest(asked, dryRun), run, ...given({ reason }) }))
    },
  }),
  operation({
    ...by,
    id: 'rekey',
    path: '/rekey',
    summary: 'Give records their new sync keys',
    body: z.object({
      pairs: z
        .array(z.object({ old: KEY, new: KEY }))
        .min(1)
        .max(PAIRS_MAX),
      kind: KIND,
      dryRun: DRY_RUN,
    }),
    async run(asked, { pairs, kind, dryRun }) {
      return shown(await rekey({ ...handRequest(asked, dryRun), pairs, ...given({ kind }) }))
    },
  }),
  operation({
    ...by,
    id: 'merge',
    path: '/merge',
    summary: 'Join an account with the one made anew',
    body: z.object({ old: KEY, new: KEY, kind: KIND, dryRun: DRY_RUN }),
    async run(asked, { dryRun, kind, ...keys }) {
      return shown(await merge({ ...handRequest(asked, dryRun), ...keys, ...given({ kind }) }))
    },
  }),
  operation({
    ...by,
    id: 'edit',
    path: '/edit',
    summary: 'Change fields by hand',
    body: z.object({
      key: KEY,
      kind: KIND,
      values: z
        .record(z.string().max(100), z.string().max(10_000).nullable())
        .default({})
        .meta({ description: 'null empties a field' }),
      protect: z.boolean().optional(),
      unlock: z.boolean().default(false),
      dryRun: DRY_RUN,
    }),
    async run(asked, { key: name, kind, values, protect, unlock, dryRun }) {
      if (Object.keys(values).length === 0 && protect === undefined) {
        throw new RollcallError('ERR_USAGE', 'Give values or protect')
      }
      const request = {
        ...handRequest(asked, dryRun),
        name,
        values,
        unlock,
        ...given({ protect, kind }),
      }
      return shown(await edit(request))
    },
  }),
  operation({
    ...by,
    id: 'heal',
    path: '/heal',
    summary: 'Take hand edits back',
    body: z.object({
      key: KEY.optional().meta({ description: 'One record; without it everything that drifts' }),
      all: z.boolean().default(false),
      kind: KIND,
      dryRun: DRY_RUN,
    }),
    async run(asked, { key: name, all, kind, dryRun }) {
      if ((name === undefined) !== all) throw new RollcallError('ERR_USAGE', 'Give key, or all')
      const what = name === undefined ? ('all' as const) : { name, ...given({ kind }) }
      return shown(await heal({ ...handRequest(asked, dryRun), what }))
    },
  }),
  operation({
    ...by,
    id: 'add_person',
    path: '/add/person',
    summary: 'Make a person by hand',
    body: z.object({ profile: z.enum(PROFILES).default('guest'), values: VALUES, dryRun: DRY_RUN }),
    async run(asked, { profile, values, dryRun }) {
      const made = await addPerson({ ...handRequest(asked, dryRun), profile, values })
      return shown(made, { id: made.id })
    },
  }),
  operation({
    ...by,
    id: 'add_group',
    path: '/add/group',
    summary: 'Make a group or course by hand',
    body: z.object({
      kind: z.enum([...GROUP_KINDS]).default('group'),
      values: VALUES,
      under: KEY.optional(),
      dryRun: DRY_RUN,
    }),
    async run(asked, { kind, values, under, dryRun }) {
      const request = { ...handRequest(asked, dryRun), kind, values, ...given({ under }) }
      const made = await addGroup(request)
      return shown(made, { id: made.id })
    },
  }),
  operation({
    ...by,
    id: 'remove',
    path: '/remove',
    summary: 'Remove a person or a manual group',
    body: z.object({ key: KEY, kind: KIND, unlock: z.boolean().default(false), dryRun: DRY_RUN }),
    async run(asked, { key: name, kind, unlock, dryRun }) {
      return shown(
        await remove({ ...handRequest(asked, dryRun), name, unlock, ...given({ kind }) }),
      )
    },
  }),
  operation({
    ...by,
    id: 'add_member',
    path: '/members/add',
    summary: 'Make a person a member by hand',
    body: z.object({
      group: KEY,
      person: KEY,
      role: z.enum(ROLES).default('learner'),
      begin: DAY.optional(),
      end: DAY.optional(),
      dryRun: DRY_RUN,
    }),
    async run(asked, { dryRun, ...member }) {
      return shown(await addMember({ ...handRequest(asked, dryRun), ...given(member) }))
    },
  }),
  operation({
    ...by,
    id: 'remove_member',
    path: '/members/remove',
    summary: 'End a membership by hand',
    body: z.object({
      group: KEY,
      person: KEY,
      unlock: z.boolean().default(false),
      dryRun: DRY_RUN,
    }),
    async run(asked, { dryRun, ...member }) {
      return shown(await removeMember({ ...handRequest(asked, dryRun), ...member }))
    },
  }),
  operation({
    ...by,
    id: 'restore',
    path: '/bin/restore',
    summary: 'Bring a person back from the recycle bin',
    body: z.object({ key: KEY, dryRun: DRY_RUN }),
    async run(asked, { key: name, dryRun }) {
      return shown(await restorePerson({ ...handRequest(asked, dryRun), name }))
    },
  }),
  operation({
    ...by,
    id: 'reopen',
    path: '/archive/reopen',
    summary: 'Open an archived course again',
    body: z.object({ key: KEY, dryRun: DRY_RUN }),
    async run(asked, { key: name, dryRun }) {
      return shown(await reopenCourse({ ...handRequest(asked, dryRun), name }))
    },
  }),
]
