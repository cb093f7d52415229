-- What a service needs beside the runs themselves: deliveries that have come and wait for their run, and what has happened
-- and is to be told.

-- A delivery that came by itself (drop box, collector, upload), complete, on its way to its run.
create table arrivals (
  site_id      int not null,
  arrival_id   bigint generated always as identity,
  source_id    int not null,
  channel      text not null check (channel in ('drop box', 'collector', 'upload', 'api')),
  -- Who brought it, by an account's, token's or collector's name.
  sender       text not null,
  file_name    text not null,
  -- Where the bytes lie until the run has taken them, below the deliveries folder.
  path         text not null,
  bytes        bigint not null,
  arrived_at   timestamptz not null,
  -- Set once a run has dealt with it, whatever became of the run.
  run_id       bigint,
  -- Attempts that broke off, and the code of the last one's error.
  attempts     int not null default 0,
  error        text,
  -- Given up after too many attempts.
  given_up_at  timestamptz,
  primary key (site_id, arrival_id),
  foreign key (site_id, source_id) references sources
);
create index arrivals_waiting on arrivals (site_id, source_id, arrival_id) where run_id is null and given_up_at is null;

-- The arrival that a run takes: one that ended is never taken twice.
alter table runs add column arrival_id bigint;
create index runs_of_arrival on runs (site_id, arrival_id) where arrival_id is not null;

-- What happened and is to be told by mail and webhook. Written in the transaction in which it happens.
create table events (
  site_id    int not null,
  event_id   bigint generated always as identity,
  at         timestamptz not null default now(),
  -- Of a run: started, or the state it went into. Others are written by what watches deliveries.
  kind       text not null,
  source_id  int,
  run_id     bigint,
  -- Nothing personal: counts, times, names of sources.
  details    jsonb not null default '{}',
  -- When everybody who was to be told had a message of his own waiting.
  told_at    timestamptz,
  primary key (site_id, event_id)
);
create index events_untold on events (site_id, event_id) where told_at is null;
create index events_of_run on events (site_id, run_id) where run_id is not null;

-- No way in which a run changes its state can forget to tell.
create function tell_of_run() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.kind = 'import' then
      insert into events (site_id, kind, source_id, run_id) values (new.site_id, 'started', new.source_id, new.run_id);
    end if;
  elsif new.state is distinct from old.state then
    insert into events (site_id, kind, source_id, run_id, details)
      values (new.site_id, new.state, new.source_id, new.run_id, jsonb_build_object('was', old.state));
    if new.arrival_id is not null and new.state <> 'failed' then
      update arrivals set run_id = new.run_id where site_id = new.site_id and arrival_id = new.arrival_id;
    end if;
  end if;
  return null;
end
$$;
create trigger tell_of_run after insert or update of state on runs
  for each row execute function tell_of_run();

do $$
declare
  name text;
begin
  foreach name in array array['arrivals', 'events'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format(
      'create policy own_site on %I using (site_id = (select nullif(current_setting(''rollcall.site'', true), '''')::int))',
      name);
  end loop;
end
$$;
