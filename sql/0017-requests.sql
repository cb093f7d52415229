-- Requests to the API that came with an idempotency key, so that a repeated one is done once.

create table requests (
  site_id       int not null,
  -- Whose key it is: the caller's id.
  caller        text not null,
  key           text not null,
  -- SHA-256 of method, address and body: the same key for something else is refused.
  fingerprint   bytea not null,
  began_at      timestamptz not null,
  -- Null while it is under way, or when the process that did it died.
  status        int,
  -- The run that it made; what it answered is that run.
  run_id        bigint,
  -- What it answered where it made no run; nothing personal.
  answer        jsonb,
  primary key (site_id, caller, key)
);
create index requests_by_age on requests (site_id, began_at);

alter table requests enable row level security;
alter table requests force row level security;
create policy own_site on requests using (site_id = (select nullif(current_setting('rollcall.site', true), '')::int));
