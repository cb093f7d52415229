import { z } from 'zod'
import { RollcallError } from '../../errors.ts'
import { GROUP_KINDS } from '../../roster/group.ts'
import { PROFILES } from '../../roster/person.ts'
import { shownDrift } from '../../shown/drift.ts'
import { historiesOf, historyJson } from '../../shown/history.ts'
import { type ListName, listRoster } from '../../shown/roster.ts'
import { listDrift } from '../../store/drift.ts'
import { done, operation, type Operation } from '../operation.ts'
import { ANYTHING, cursorOf, cursorText, DAY, given, KEY, PAGE } from './shapes.ts'

const PAGE_OF_ROWS = z.object({
  total: z.int(),
  rows: z.array(ANYTHING),
  next: z.string().optional(),
})

/** Keys and texts are asked for in the body: in an address they would be in everybody's logs. */
const FILTER = z.object({
  profile: z.enum(PROFILES).optional(),
  kind: z.enum(GROUP_KINDS).optional(),
  school: KEY.optional(),
  group: KEY.optional(),
  person: KEY.optional(),
  search: z.string().min(1).max(200).optional(),
  on: z.union([DAY, z.literal('today')]).optional(),
  ...PAGE.shape,
})

const LISTS: { readonly [name in ListName]: string } = {
  persons: 'Persons who are there now',
  groups: 'Groups: schools, classes, courses and others',
  courses: 'Open courses',
  memberships: 'Who is in which group',
  relations: 'Guardians, next of kin and mentors',
  bin: 'Persons in the recycle bin',
  archive: 'Archived courses',
}

const lists: readonly Operation[] = (Object.keys(LISTS) as ListName[]).flatMap((name) => {
  const run = async (
    { database, site, now }: Parameters<Operation['run']>[0],
    { after, on, ...filter }: z.output<typeof FILTER>,
  ): ReturnType<Operation['run']> => {
    const where = { database, siteId: site.id, now }
    const narrowed = { ...given(filter), offset: 0, after: cursorOf(after) }
    const { next, ...page } = await listRoster(where, name, narrowed, on)
    return done({ ...page, ...cursorText(next) })
  }
  const shared = { tag: 'roster', scope: 'read', answer: PAGE_OF_ROWS } as const
  const path = `/roster/${name}`
  return [
    operation({
      ...shared,
      id: `list_${name}`,
      method: 'get',
      path,
      summary: LISTS[name],
      query: PAGE,
      run: (asked, page) => run(asked, FILTER.parse(page)),
    }),
    operation({
      ...shared,
      id: `search_${name}`,
      method: 'post',
      path: `${path}/search`,
      summary: `${LISTS[name]}, narrowed`,
      body: FILTER,
      run,
    }),
  ]
})

export const ROSTER: readonly Operation[] = [
  ...lists,
  operation({
    id: 'explain',
    method: 'post',
    path: '/roster/explain',
    tag: 'roster',
    scope: 'read',
    summary: 'The history of a person, group or course',
    body: z.object({ key: KEY, limit: z.int().min(0).max(100_000).default(50) }),
    answer: z.object({ found: z.array(ANYTHING) }),
    async run({ database, site, deliveriesFolder }, { key, limit }) {
      const where = { database, siteId: site.id, deliveriesFolder }
      const found = await historiesOf(where, key, limit)
      if (found.length === 0)
        throw new RollcallError('ERR_NOT_FOUND', 'Nothing has or had this key')
      return done({ found: found.map(historyJson) })
    },
  }),
  operation({
    id: 'list_drift',
    method: 'get',
    path: '/roster/drift',
    tag: 'roster',
    scope: 'read',
    summary: 'Hand edits of what sources send',
    answer: z.object({ drift: z.array(ANYTHING) }),
    async run({ database, site }) {
      const rows = await database.site(site.id, (session) => listDrift(session, site.id))
      return done({ drift: rows.map(shownDrift) })
    },
  }),
]
