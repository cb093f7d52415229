-- What waits: changes that a source's mode delays, or that a release without removals left out.

create table waiting (
  site_id    int not null,
  source_id  int not null,
  kind       text not null,
  -- Of a membership the group and the person; of a relation the younger person and the other; of a course its group.
  id         bigint not null,
  other_id   bigint not null default 0,
  relation   text not null default '',
  action     text not null,
  -- Names of the fields that would change; their values are in the delivery, and nowhere twice.
  fields     text[] not null default '{}',
  -- The last run that planned it, and when the first one did.
  run_id     bigint not null,
  since      timestamptz not null,
  primary key (site_id, source_id, kind, id, other_id, relation),
  foreign key (site_id, source_id) references sources
);

-- Deliveries that wait for their turn, that came during a pause, or that were only looked at.
alter table runs drop constraint runs_state_check;
alter table runs add constraint runs_state_check check (state in
  ('running', 'applied', 'held', 'released', 'rejected', 'superseded', 'refused', 'failed', 'queued', 'paused', 'observed'));
create index runs_in_line on runs (site_id, source_id) where state in ('held', 'queued');
create index runs_paused on runs (site_id, source_id) where state in ('paused', 'observed');

do $$
begin
  alter table waiting enable row level security;
  alter table waiting force row level security;
  create policy own_site on waiting using (site_id = (select nullif(current_setting('rollcall.site', true), '')::int));
end
$$;
