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

do $$
begin
  alter table waiting enable row level security;
  alter table waiting force row level security;
  create policy own_site on waiting using (site_id = (select nullif(current_setting('rollcall.site', true), '')::int));
end
$$;
