import { z } from 'zod'
import { SCOPES } from '../../access/actor.ts'
import { checkMayMake, createToken, endOf, endToken } from '../../access/tokens.ts'
import { inPlace } from '../../store/place.ts'
import { sourceNamed } from '../../store/sites.ts'
import { listTokens } from '../../store/tokens.ts'
import { type Answer, type Asked, done, doneOnce, operation, type Operation } from '../operation.ts'
import { ANYTHING, DAY, NUMBER } from './shapes.ts'

const MADE = {
  name: z.string().min(1).max(100),
  scopes: z.array(z.enum(SCOPES)).min(1).max(20),
  expires: DAY.optional().meta({ description: 'The last day on which it can be used' }),
}

interface NewToken {
  readonly name: string
  readonly scopes: readonly (typeof SCOPES)[number][]
  readonly expires?: string | undefined
}

async function make(
  { database, site, caller, now }: Asked,
  { name, scopes, expires }: NewToken,
  sourceId: number | null,
): Promise<Answer> {
  const expiresAt = expires === undefined ? null : endOf(expires)
  const made = { siteId: site.id, name, sourceId, scopes, expiresAt }
  await checkMayMake(database, caller.actor, made)
  const { id, token } = await createToken(database, made, now())
  return doneOnce({ id, token }, { id })
}

/** Operations on tokens, of a site or of the installation. */
function tokensOf(of: 'installation' | undefined): readonly Operation[] {
  const [one, whose] =
    of === undefined ? ['token', 'of the site'] : ['installation_token', 'of the installation']
  const shared = {
    tag: 'tokens',
    scope: 'administer',
    ...(of === undefined ? {} : { of }),
  } as const
  const create = {
    ...shared,
    id: `create_${one}`,
    method: 'post',
    path: '/tokens',
    summary: `Make a token ${whose}; it is shown this once`,
    answer: z.object({ id: z.int(), token: z.string().optional() }),
  } as const
  return [
    operation({
      ...shared,
      id: `list_${one}s`,
      method: 'get',
      path: '/tokens',
      summary: `Tokens ${whose}, not what they are`,
      answer: z.object({ tokens: z.array(ANYTHING) }),
      async run({ database, site }) {
        const tokens = await inPlace(database, site.id, (session) => listTokens(session, site.id))
        return done({ tokens })
      },
    }),
    of === undefined
      ? operation({
          ...create,
          body: z.object({
            ...MADE,
            source: z.string().max(100).optional().meta({ description: 'Only for this source' }),
          }),
          async run(asked, { source, ...made }) {
            const { database, site } = asked
            const sourceId =
              source === undefined ? null : (await sourceNamed(database, site.id, source)).id
            return make(asked, made, sourceId)
          },
        })
      : operation({
          ...create,
          body: z.object(MADE),
          run: (asked, made) => make(asked, made, null),
        }),
    operation({
      ...shared,
      id: `revoke_${one}`,
      method: 'post',
      path: '/tokens/{token}/revoke',
      summary: `Let nobody use a token ${whose} any more`,
      params: z.object({ token: NUMBER }),
      answer: z.object({ revoked: z.int() }),
      async run({ database, site, now }, { token }) {
        await endToken(database, site.id, token, now())
        return done({ revoked: token })
      },
    }),
  ]
}

/** What machines show instead of a password. */
export const TOKENS: readonly Operation[] = [...tokensOf(undefined), ...tokensOf('installation')]
