-- Runs by hand (undo, rekey, merge, edits), memberships by hand, and the rows that every run found.

-- A run by hand belongs to no source.
alter table runs alter column source_id drop not null;
alter table runs add column kind text not null default 'import';

-- Several sources, and a person by hand, may each say that somebody is a member of a group.
drop index memberships_now;
create unique index memberships_now on memberships (site_id, group_id, person_id, source_id) nulls not distinct
  where to_run is null;

-- Rows of the roster as a run found them that it changed or took away: the journal for undo and for playing backwards. A row
-- that an import made has none, it is known by its from_run; one that a run by hand made was found as null. Memberships
-- and group links are their own history.
create table earlier_rows (
  site_id   int not null,
  run_id    bigint not null,
  -- The table.
  part      text not null,
  -- What the row is known by within its table.
  id        bigint not null,
  other_id  bigint not null default 0,
  kind      text not null default '',
  found     jsonb,
  primary key (site_id, run_id, part, id, other_id, kind)
);
create index earlier_rows_of_record on earlier_rows (site_id, part, id);

do $$
begin
  alter table earlier_rows enable row level security;
  alter table earlier_rows force row level security;
  create policy own_site on earlier_rows using (site_id = (select nullif(current_setting('rollcall.site', true), '')::int));
end
$$;
