import { z } from 'zod'
import { createSite, listSites } from '../../store/sites.ts'
import { done, operation, type Operation } from '../operation.ts'
import { may } from '../../access/actor.ts'
import { ANYTHING } from './shapes.ts'

/** All sites. */
export const SITES: readonly Operation[] = [
  operation({
    id: 'list_sites',
    method: 'get',
    of: 'token',
    path: '/sites',
    tag: 'installation',
    scope: 'read',
    summary: 'Sites: of a token of a site only that one',
    answer: z.object({ sites: z.array(ANYTHING) }),
    async run({ database, caller }) {
      const sites = await listSites(database)
      return done({ sites: sites.filter(({ id }) => may(caller.actor, 'read', { siteId: id })) })
    },
  }),
  operation({
    id: 'create_site',
    method: 'post',
    of: 'installation',
    path: '/sites',
    tag: 'installation',
    scope: 'administer',
    summary: 'Make a site with its first source',
    body: z.object({ name: z.string().min(1).max(100) }),
    answer: z.looseObject({ id: z.int(), name: z.string() }),
    async run({ database }, { name }) {
      return done(await createSite(database, name))
    },
  }),
]
