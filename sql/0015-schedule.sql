-- When what came is imported, what is expected to come, and what the processes of one installation agree upon.

alter table arrivals
  -- After an attempt that broke off, the next one is not made before.
  add column retry_at     timestamptz,
  -- Thrown away by a person, with its bytes.
  add column discarded_at timestamptz;
create index arrivals_of_source on arrivals (site_id, source_id, arrived_at);

-- Deliveries that did not come in time, and were told as missing.
create table missing_deliveries (
  site_id     int not null,
  source_id   int not null,
  expected_at timestamptz not null,
  told_at     timestamptz not null,
  -- When one came after all.
  came_at     timestamptz,
  primary key (site_id, source_id, expected_at),
  foreign key (site_id, source_id) references sources
);
create index missing_still on missing_deliveries (site_id, source_id) where came_at is null;

-- Of the installation as a whole (site 0). The folder of deliveries that all processes share holds the same id.
create table installation (
  site_id   int primary key check (site_id = 0),
  folder_id uuid not null
);

do $$
declare
  name text;
begin
  foreach name in array array['missing_deliveries', 'installation'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format(
      'create policy own_site on %I using (site_id = (select nullif(current_setting(''rollcall.site'', true), '''')::int))',
      name);
  end loop;
end
$$;
