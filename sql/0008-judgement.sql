-- What a delivery is judged by beside its own counts: suspected new keys, the removals of a week, announced changes.

create index runs_finished on runs (site_id, source_id, finished_at);

-- Records that a plan would remove or add and that are probably the same under a new key, as its report lists them.
create table suspected_pairs (
  site_id     int not null,
  run_id      bigint not null,
  seq         int not null,
  kind        text not null check (kind in ('person', 'group')),
  -- The record that is no longer sent, by roster id and key; and the key under which it is probably sent now.
  old_id      bigint not null,
  old_key     text not null,
  new_key     text not null,
  place       bigint not null,
  confidence  text not null check (confidence in ('certain', 'high', 'low')),
  reasons     text[] not null,
  -- Neither removed nor added, whatever is decided about the plan.
  left_out    boolean not null,
  -- Taken as one record with a new key when the plan was released.
  rekeyed     boolean not null default false,
  protected   boolean not null,
  primary key (site_id, run_id, seq),
  foreign key (site_id, run_id) references runs
);

-- Changes made known beforehand, for one run.
create table announcements (
  site_id          int not null,
  announcement_id  bigint generated always as identity,
  source_id        int not null,
  -- Roster ids of the schools it is about; null is the whole delivery.
  schools          bigint[],
  -- Name of a limit to the largest count that passes.
  ceilings         jsonb not null,
  reason           text not null,
  made_by          text not null,
  made_at          timestamptz not null,
  -- The first moment at which it no longer counts.
  until            timestamptz not null,
  withdrawn_at     timestamptz,
  -- The run that it let through.
  used_by          bigint,
  primary key (site_id, announcement_id),
  foreign key (site_id, source_id) references sources
);
create index announcements_used on announcements (site_id, used_by) where used_by is not null;

do $$
declare
  name text;
begin
  foreach name in array array['suspected_pairs', 'announcements'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format(
      'create policy own_site on %I using (site_id = (select nullif(current_setting(''rollcall.site'', true), '''')::int))',
      name);
  end loop;
end
$$;
