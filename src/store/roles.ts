/**
 * Roles of the database. On a server the owner and the app have the names that their URLs say; these are the embedded ones.
 * The operator role has this name everywhere: nobody signs in as it, the app turns into it for views over all sites.
 */
export const ROLES = {
  owner: 'rollcall_owner',
  app: 'rollcall_app',
  operator: 'rollcall_operator',
} as const
