import { INSTALLATION } from '../store/connect.ts'

/** What somebody may do; each of them at a site, `operate` for the installation. */
export const RIGHTS = ['deliver', 'read', 'release', 'administer', 'operate'] as const
export type Right = (typeof RIGHTS)[number]

/** What a token may be made for. */
export const SCOPES = ['deliver', 'read', 'release', 'administer'] as const
export type Scope = (typeof SCOPES)[number]

/** What an account is at a site, weakest first; an operator is one for all of them. */
export const SITE_ROLES = ['viewer', 'releaser', 'administrator'] as const
export type SiteRole = (typeof SITE_ROLES)[number]
export type AccountRole = SiteRole | 'operator'

const RIGHTS_OF: { readonly [role in AccountRole]: readonly Right[] } = {
  viewer: ['read'],
  releaser: ['read', 'release'],
  administrator: ['deliver', 'read', 'release', 'administer'],
  operator: RIGHTS,
}

/** Who acts: whoever runs the command line on the machine, an account, a token, or the service by itself. */
export type Actor =
  | { readonly kind: 'commandLine'; readonly name: string }
  | AccountActor
  | TokenActor
  | { readonly kind: 'service'; readonly name: string }

export interface AccountActor {
  readonly kind: 'account'
  readonly id: number
  readonly name: string
  /** One role a site; an operator's is at site 0. */
  readonly roles: readonly { readonly siteId: number; readonly role: AccountRole }[]
}

export interface TokenActor {
  readonly kind: 'token'
  readonly id: number
  readonly name: string
  /** 0: of the installation, and so of every site. */
  readonly siteId: number
  /** Null: every source of the site. */
  readonly sourceId: number | null
  readonly scopes: readonly Scope[]
}

/** What something is done to; without a source, to the whole site. Site 0 is the installation. */
export interface Where {
  readonly siteId: number
  readonly sourceId?: number
}

/**
 * Whether somebody may do something. The one place that says so. Whoever runs the command line can read the database's
 * files: he may everything, and so may the service itself.
 */
export function may(actor: Actor, right: Right, where: Where): boolean {
  if (actor.kind === 'token') return tokenMay(actor, right, where)
  if (actor.kind !== 'account') return true
  return actor.roles.some(
    ({ siteId, role }) =>
      (siteId === INSTALLATION || siteId === where.siteId) && RIGHTS_OF[role].includes(right),
  )
}

/** Whether somebody may all that a role may: then he may give it, and let somebody sign in with it. */
export function mayAllOf(actor: Actor, role: AccountRole, where: Where): boolean {
  return RIGHTS_OF[role].every((right) => may(actor, right, where))
}

function tokenMay(token: TokenActor, right: Right, { siteId, sourceId }: Where): boolean {
  if (token.siteId !== INSTALLATION && token.siteId !== siteId) return false
  if (token.sourceId !== null && token.sourceId !== sourceId) return false
  if (right === 'operate') {
    return token.siteId === INSTALLATION && token.scopes.includes('administer')
  }
  return token.scopes.includes(right)
}

/** How deliveries and decisions name who sent or made them. */
export function senderOf(actor: Actor): string {
  switch (actor.kind) {
    case 'commandLine':
      return 'command line'
    case 'token':
      return `token ${actor.name}`
    default:
      return actor.name
  }
}

/** Whoever runs the program on the machine: who became another by sudo is who he was before. */
export function commandLineActor(
  environment: Readonly<Record<string, string | undefined>>,
  userName: () => string,
): Actor {
  const name = environment['SUDO_USER'] || environment['LOGNAME'] || userName()
  return { kind: 'commandLine', name }
}
