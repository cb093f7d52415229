-- Who may do what. Rows of site 0 are the installation's: seen in its own transactions only, as any other site's are in theirs.

-- A person who signs in. Of the installation, as one account may have roles on several sites.
create table accounts (
  site_id         int not null default 0 check (site_id = 0),
  account_id      bigint generated always as identity,
  name            text not null,
  -- The name as it is compared: two that look the same are the same.
  name_key        text not null,
  -- Argon2id with its parameters (PHC string); null: nobody can sign in with a password.
  password        text,
  created_at      timestamptz not null,
  password_set_at timestamptz,
  disabled_at     timestamptz,
  -- Attempts to sign in that failed since the last that did not.
  failures        int not null default 0,
  locked_until    timestamptz,
  signed_in_at    timestamptz,
  primary key (site_id, account_id),
  unique (site_id, name_key)
);

-- What an account may at a site; at site 0, at all of them.
create table account_roles (
  site_id    int not null,
  account_id bigint not null,
  role       text not null check (role in ('operator', 'administrator', 'releaser', 'viewer')),
  given_at   timestamptz not null,
  primary key (site_id, account_id),
  check ((role = 'operator') = (site_id = 0))
);
create index account_roles_of_account on account_roles (account_id);

-- What a machine shows instead of a password; of the installation at site 0.
create table tokens (
  site_id      int not null,
  token_id     bigint generated always as identity,
  name         text not null,
  -- Null: of every source of the site.
  source_id    int,
  scopes       text[] not null,
  -- SHA-256 of the whole token. It has 256 random bits, so that nothing slower is needed.
  hash         bytea not null,
  created_at   timestamptz not null,
  expires_at   timestamptz,
  last_used_at timestamptz,
  revoked_at   timestamptz,
  primary key (site_id, token_id),
  foreign key (site_id, source_id) references sources
);
create unique index tokens_name on tokens (site_id, lower(name)) where revoked_at is null;
create index tokens_hash on tokens (hash);

do $$
declare
  name text;
begin
  foreach name in array array['accounts', 'account_roles', 'tokens'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format(
      'create policy own_site on %I using (site_id = (select nullif(current_setting(''rollcall.site'', true), '''')::int))',
      name);
  end loop;
end
$$;
