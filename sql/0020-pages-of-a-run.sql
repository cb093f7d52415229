-- A page of what a run did reads the rows of the page, however many there are.

create index problems_in_file on problems (site_id, run_id, place, seq);

-- Memberships that a run began or ended, group by group: an index down to the person would be six times as large.
drop index memberships_from;
create index memberships_from on memberships (site_id, from_run, group_id);
drop index memberships_to;
create index memberships_to on memberships (site_id, to_run, group_id)
  where to_run is not null;
