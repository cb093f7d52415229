-- Who did what: a chain of entries for each site, and one for the installation (site 0). The app may add to it and read it.

create table audit (
  site_id    int not null,
  -- 1, 2, 3 … of the site, without a gap.
  entry      bigint not null,
  at         timestamptz not null,
  actor_kind text not null check (actor_kind in ('commandLine', 'account', 'token', 'service')),
  -- Number of the account or token.
  actor_id   bigint,
  action     text not null,
  -- An action is written down before it begins and when it has ended; a note is about something that had no duration.
  phase      text not null check (phase in ('begun', 'done', 'failed', 'note')),
  -- The entry that this one ends.
  begun      bigint,
  -- JSON without anything personal: numbers of runs, codes of errors.
  detail     text not null,
  -- SHA-256 of salt and values; null where there are none.
  digest     bytea,
  -- SHA-256 of the entry before and of everything above (access/chain.ts).
  hash       bytea not null,
  primary key (site_id, entry)
);
create index audit_ends on audit (site_id, begun) where begun is not null;

-- What may be personal: names of who acted, what a command was told. Without a row of its own, an entry's values were erased.
create table audit_values (
  site_id int not null,
  entry   bigint not null,
  salt    bytea not null,
  content text not null,
  primary key (site_id, entry)
);

-- Where a chain begins once its oldest entries were deleted because of their age: behind this one, which had this hash.
create table audit_cuts (
  site_id int not null,
  up_to   bigint not null,
  hash    bytea not null,
  at      timestamptz not null,
  primary key (site_id, up_to)
);

do $$
declare
  name text;
begin
  foreach name in array array['audit', 'audit_values', 'audit_cuts'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format(
      'create policy own_site on %I using (site_id = (select nullif(current_setting(''rollcall.site'', true), '''')::int))',
      name);
  end loop;
end
$$;

-- Binds the owner as well: nothing is changed, and deleted only what is five years old and was cut off before.
create function keep_audit() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and tg_table_name = 'audit' then
    if old.at < now() - interval '5 years'
      and exists (select from audit_cuts c where c.site_id = old.site_id and c.up_to >= old.entry) then
      return old;
    end if;
  end if;
  raise exception 'the audit log is only ever added to' using errcode = 'insufficient_privilege';
end
$$;
create trigger keep_audit before update or delete on audit for each row execute function keep_audit();
create trigger keep_audit before update or delete on audit_cuts for each row execute function keep_audit();
create trigger keep_values before update on audit_values for each row execute function keep_audit();
create trigger keep_all before truncate on audit for each statement execute function keep_audit();
create trigger keep_all before truncate on audit_values for each statement execute function keep_audit();
create trigger keep_all before truncate on audit_cuts for each statement execute function keep_audit();

-- The app deletes by this alone: entries of the session's site up to its last cut. As the owner, whom row-level security and
-- the trigger bind.
do $do$
begin
  execute format($f$
    create function forget_audit() returns bigint language plpgsql security definer set search_path = %I, pg_temp as $$
    declare
      site constant int := nullif(current_setting('rollcall.site', true), '')::int;
      cut constant bigint := (select max(up_to) from audit_cuts where site_id = site);
      gone bigint;
    begin
      delete from audit_values where site_id = site and entry <= cut;
      delete from audit where site_id = site and entry <= cut;
      get diagnostics gone = row_count;
      return gone;
    end
    $$ $f$, current_schema());
end
$do$;
