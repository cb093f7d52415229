-- Collectors: how deliveries of systems that do not push are fetched, and what was fetched last.

create table collectors (
  site_id       int not null,
  source_id     int not null,
  kind          text not null check (kind in ('sftp', 'ftp', 'http', 'ss12000', 'program')),
  -- The preset that it was made from.
  preset        text,
  settings      jsonb not null,
  -- When it runs by itself: clock times in the source's time zone, or minutes between two runs.
  schedule      jsonb,
  -- Passwords, keys and tokens by name, encrypted.
  secrets       bytea,
  changed_at    timestamptz not null,
  -- The last attempt, the last one that went well, and the code of the error since then.
  tried_at      timestamptz,
  succeeded_at  timestamptz,
  error         text,
  failures      int not null default 0,
  -- Held by a process that fetches; a process that died has lost it by then.
  running_until timestamptz,
  primary key (site_id, source_id),
  foreign key (site_id, source_id) references sources
);

-- The last version of each file that was fetched, so that it is not fetched or delivered again.
create table collected (
  site_id    int not null,
  source_id  int not null,
  name       text not null,
  -- What told this version from another: size and time, or the tag of a web server.
  mark       text not null,
  sha256     text not null,
  bytes      bigint not null,
  fetched_at timestamptz not null,
  primary key (site_id, source_id, name),
  foreign key (site_id, source_id) references collectors on delete cascade
);

do $$
declare
  name text;
begin
  foreach name in array array['collectors', 'collected'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format(
      'create policy own_site on %I using (site_id = (select nullif(current_setting(''rollcall.site'', true), '''')::int))',
      name);
  end loop;
end
$$;
