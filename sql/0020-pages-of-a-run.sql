-- A page of what a run did reads the rows of the page, however many there are.

create index problems_in_file on problems (site_id, run_id, place, seq);

-- Memberships that a run began or ended, in the order in which they are listed.
drop index memberships_from;
create index memberships_from on memberships (site_id, from_run, group_id, person_id, (coalesce(source_id, 0)));
drop index memberships_to;
create index memberships_to on memberships (site_id, to_run, group_id, person_id, (coalesce(source_id, 0)))
  where to_run is not null;
