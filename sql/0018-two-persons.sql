-- Releases that need two persons, and whom a site can ask.

-- That an account would release a plan: the first of two. It counts for exactly this plan and this way of releasing it.
create table approvals (
  site_id      int not null,
  run_id       bigint not null,
  account_id   bigint not null,
  -- Name of the account, for who reads it.
  account_name text not null,
  plan_hash    text not null,
  manner       text not null check (manner in ('whole', 'withoutRemovals', 'asRekey')),
  consulted    text not null,
  at           timestamptz not null,
  primary key (site_id, run_id, account_id),
  foreign key (site_id, run_id) references runs
);

-- Whom to ask about a source, or about everything of the site where it is of none; the installation's support at site 0.
create table contacts (
  site_id    int not null,
  contact_id bigint generated always as identity,
  source_id  int,
  role       text not null check (role in ('supplier', 'it', 'owner', 'support')),
  name       text not null,
  address    text not null,
  phone      text not null,
  note       text not null,
  set_at     timestamptz not null,
  primary key (site_id, contact_id),
  foreign key (site_id, source_id) references sources,
  check ((role = 'support') = (site_id = 0))
);
create unique index contacts_role on contacts (site_id, coalesce(source_id, 0), role);

do $$
declare
  name text;
begin
  foreach name in array array['approvals', 'contacts'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format(
      'create policy own_site on %I using (site_id = (select nullif(current_setting(''rollcall.site'', true), '''')::int))',
      name);
  end loop;
end
$$;
