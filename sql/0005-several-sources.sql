-- Several sources on a site: claims, aliases, and what has to be looked at again.

-- Another source's record of a person or group that somebody else owns: by the same key, or (joined) by an attribute. It changes
-- nothing of the record; its memberships and relations count, and it takes over when the owner stops.
create table claims (
  site_id      int not null,
  source_id    int not null,
  kind         text not null check (kind in ('person', 'group')),
  key          text not null,
  -- The person or group.
  id           bigint not null,
  -- The attribute by which it was joined; null where the key is the same.
  joined_by    text,
  sent         jsonb not null,
  -- Of the record as read: tells a claim that changed without fetching it.
  fingerprint  text not null,
  from_run     bigint not null,
  primary key (site_id, source_id, kind, key),
  foreign key (site_id, source_id) references sources
);
create index claims_of_record on claims (site_id, kind, id);

-- Further keys by which a person or group may be named. A record that has one of them as its own key comes first.
create table aliases (
  site_id    int not null,
  kind       text not null check (kind in ('person', 'group')),
  key        text not null,
  id         bigint not null,
  -- The source that says so; null for a key that the record had once.
  source_id  int,
  from_run   bigint not null,
  primary key (site_id, kind, key)
);
create index aliases_of_record on aliases (site_id, kind, id);

-- What the next full delivery of a source has to look at, though its bytes are the same: a person or group that has become the
-- source's, or a group's list of members, of which another run has ended something.
create table look_again (
  site_id    int not null,
  source_id  int not null,
  kind       text not null check (kind in ('person', 'group', 'list')),
  id         bigint not null,
  primary key (site_id, source_id, kind, id),
  foreign key (site_id, source_id) references sources
);

-- Several sources may say that somebody is a member: his strongest role counts.
create or replace view mentors with (security_invoker = true) as
  select groups.site_id, learner.person_id, mentor.person_id as other_id, groups.group_id
  from groups
  cross join lateral (select m.person_id from memberships m
    where m.site_id = groups.site_id and m.group_id = groups.group_id and m.to_run is null and m.active
    group by m.person_id having max(m.role) = 2) mentor
  cross join lateral (select m.person_id from memberships m
    where m.site_id = groups.site_id and m.group_id = groups.group_id and m.to_run is null and m.active
    group by m.person_id having max(m.role) = 1) learner
  where groups.kind = 'mentorGroup' and groups.state = 'active' and learner.person_id <> mentor.person_id;

do $$
declare
  name text;
begin
  foreach name in array array['claims', 'aliases', 'look_again']
  loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format(
      'create policy own_site on %I using (site_id = (select nullif(current_setting(''rollcall.site'', true), '''')::int))',
      name);
  end loop;
end
$$;
