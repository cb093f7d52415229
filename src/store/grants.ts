import { type Client, escapeIdentifier } from 'pg'
import { RollcallError } from '../errors.ts'
import { ROLES } from './roles.ts'

const INSUFFICIENT_PRIVILEGE = '42501'
const OPERATOR_POLICY = 'operator_view'

/**
 * Makes the operator role if the server has none yet, and lets the app turn into it, but not have its rights without
 * turning: else its rows of all sites would be seen by every query. PostgreSQL before 16 knows that per role only.
 * @throws RollcallError ERR_DATABASE_NOT_MIGRATED with the statements for a superuser, when the owner may not do it.
 */
export async function makeOperator(client: Client, appRole: string): Promise<void> {
  const [app, operator] = [client.escapeIdentifier(appRole), ROLES.operator]
  const { rows } = await client.query(
    `select current_setting('server_version_num')::int >= 160000 as per_grant,
       to_regrole(quote_ident($1)) is not null as app, to_regrole($2) is not null as operator,
       coalesce((select rolinherit from pg_roles where rolname = $1), false) as inherits,
       exists (select from pg_auth_members
         where roleid = to_regrole($2) and member = to_regrole(quote_ident($1))) as granted`,
    [appRole, operator],
  )
  const is = rows[0] as Record<'per_grant' | 'app' | 'operator' | 'inherits' | 'granted', boolean>
  const statements = [
    ...(is.app ? [] : [`create role ${app} login noinherit password '…'`]),
    ...(is.operator ? [] : [`create role ${operator} nologin`]),
    ...(is.app && is.inherits && !is.per_grant ? [`alter role ${app} noinherit`] : []),
    ...(is.granted
      ? []
      : [`grant ${operator} to ${app}${is.per_grant ? ' with inherit false, set true' : ''}`]),
  ]
  try {
    if (!is.app) throw new RollcallError('ERR_DATABASE_NOT_MIGRATED', '')
    for (const statement of statements) await client.query(statement)
  } catch (error) {
    const { code } = error as { code?: string }
    if (code !== INSUFFICIENT_PRIVILEGE && code !== 'ERR_DATABASE_NOT_MIGRATED') throw error
    throw new RollcallError(
      'ERR_DATABASE_NOT_MIGRATED',
      is.app
        ? 'The owner of the database may not make the roles that Rollcall needs'
        : `There is no role ${appRole}, which DATABASE_URL names`,
      { hint: `Have a superuser run, then migrate again: ${statements.join('; ')};`, cause: error },
    )
  }
}

/**
 * Grants the restricted role its rights on all tables, and the operator its view over all sites: by a policy of its own on
 * each table that has sites' rows. Needs a transaction; may be repeated.
 */
export async function grant(client: Client, appRole: string): Promise<void> {
  const [app, operator] = [client.escapeIdentifier(appRole), ROLES.operator]
  const { rows } = await client.query(
    `select current_schema()::text as schema, current_database()::text as database,
       has_database_privilege($1, current_database(), 'temporary') as temporary,
       current_setting('server_version_num')::int >= 170000 as maintain,
       array(select relname::text from pg_class
         where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and relrowsecurity
           and not exists (select from pg_policy where polrelid = pg_class.oid and polname = $2)) as tables`,
    [appRole, OPERATOR_POLICY],
  )
  const is = rows[0] as {
    schema: string
    database: string
    temporary: boolean
    maintain: boolean
    tables: string[]
  }
  const schema = client.escapeIdentifier(is.schema)
  // ANALYZE after a large import; before PostgreSQL 17 only the owner can, and autovacuum does.
  const maintain = is.maintain ? ', maintain' : ''
  const statements = [
    `grant usage on schema ${schema} to ${app}, ${operator}`,
    `grant select, insert, update, delete${maintain} on all tables in schema ${schema} to ${app}`,
    `grant usage, select on all sequences in schema ${schema} to ${app}`,
    `grant execute on all functions in schema ${schema} to ${app}`,
    `grant select on all tables in schema ${schema} to ${operator}`,
    `revoke insert, update, delete on migrations from ${app}`,
    ...(is.temporary
      ? []
      : [`grant temporary on database ${client.escapeIdentifier(is.database)} to ${app}`]),
    ...is.tables.map(
      (table) =>
        `create policy ${OPERATOR_POLICY} on ${client.escapeIdentifier(table)} to ${operator} using (true)`,
    ),
    // The audit log is added to and read; its oldest entries go by a function of the owner's.
    `do $$ begin if to_regclass('audit') is not null then
       execute ${client.escapeLiteral(`revoke update, delete on audit, audit_cuts from ${app}`)};
       execute ${client.escapeLiteral(`revoke update on audit_values from ${app}`)}; end if; end $$`,
    `do $$ begin if to_regclass('sites') is not null then
       execute 'grant insert, update on sites to ${operator}'; end if; end $$`,
  ]
  for (const statement of statements) await client.query(statement)
}

/** Lets the restricted role work with the tables of jobs, which a library made. */
export async function grantJobs(
  execute: (text: string) => Promise<unknown>,
  appRole: string,
  schema: string,
): Promise<void> {
  const app = escapeIdentifier(appRole)
  await execute(
    `grant usage on schema ${schema} to ${app};
     grant select, insert, update, delete on all tables in schema ${schema} to ${app}`,
  )
}
