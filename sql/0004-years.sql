-- School years: what makes a group another one than last year's under the same key.

-- Nearest ancestor of kind year: a group under one is known by that node and its key.
alter table groups add column year_id bigint;
-- The key as sources send it, where rules make the year part of it: key is then MAT7@2026/27 and sent_key MAT7.
alter table groups add column sent_key text;

-- The owner is under row-level security too, and no site is set here.
alter table groups no force row level security;
with recursive under (site_id, group_id, year_id) as (
  select c.site_id, c.group_id, y.group_id
  from groups y join groups c on c.site_id = y.site_id and c.parent_id = y.group_id and c.state = 'active'
  where y.kind = 'year' and y.state = 'active'
  union
  select c.site_id, c.group_id, u.year_id
  from under u
  join groups p on p.site_id = u.site_id and p.group_id = u.group_id and p.kind <> 'year'
  join groups c on c.site_id = p.site_id and c.parent_id = p.group_id and c.state = 'active'
)
update groups g set year_id = u.year_id from under u where u.site_id = g.site_id and u.group_id = g.group_id;
alter table groups force row level security;
