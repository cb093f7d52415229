-- The roster of every site, what its sources last sent, and every run that changed it.
-- Every table has site_id first in its key, so that a site is a shard key; row-level security is at the end.

create table sites (
  site_id     int primary key,
  name        text not null unique,
  settings    jsonb not null default '{}',
  -- The last id given to a person, group or course of the site.
  last_id     bigint not null default 0,
  created_at  timestamptz not null default now()
);

create table sources (
  site_id         int not null references sites,
  source_id       int not null,
  name            text not null,
  -- The rules file as it was set, or null for the default rules.
  rules           text,
  settings        jsonb not null default '{}',
  -- Moved by everything that writes the mirror: a plan is applied only to the mirror it was made against.
  mirror_version  bigint not null default 0,
  -- What was decided or seen about the source's deliveries: parent relation, encoding, context, last accepted delivery.
  state           jsonb not null default '{}',
  created_at      timestamptz not null default now(),
  primary key (site_id, source_id),
  unique (site_id, name)
);

create table deliveries (
  site_id      int not null,
  delivery_id  bigint generated always as identity,
  source_id    int not null,
  sha256       text not null,
  bytes        bigint not null,
  file_name    text not null,
  -- Where the bytes lie, below the deliveries folder; null once they were deleted.
  path         text,
  -- A delivery that carried passwords is kept for a shorter time.
  secret       boolean not null default false,
  received_at  timestamptz not null,
  primary key (site_id, delivery_id),
  foreign key (site_id, source_id) references sources
);

create table runs (
  site_id         int not null,
  run_id          bigint generated always as identity,
  source_id       int not null,
  delivery_id     bigint,
  state           text not null check (state in
    ('running', 'applied', 'held', 'released', 'rejected', 'superseded', 'refused', 'failed')),
  started_at      timestamptz not null,
  finished_at     timestamptz,
  -- Holds in a row are one episode, named by its first run.
  episode         bigint,
  plan_hash       text,
  mirror_version  bigint,
  report          jsonb not null default '{}',
  -- Who decided what about a held plan, when, and why.
  decision        jsonb,
  primary key (site_id, run_id),
  foreign key (site_id, source_id) references sources
);
create index runs_held on runs (site_id, source_id) where state = 'held';

-- Plan and journal: a row of a run that was applied is a row of the journal. Additions have no values here:
-- until they are applied those lie in plan_blocks, afterwards in the roster. Membership changes have no rows at all: the
-- memberships table is its own history (from_run, to_run).
create table changes (
  site_id  int not null,
  run_id   bigint not null,
  seq      int not null,
  kind     text not null,
  action   text not null,
  -- The person, group or course; of a relation the younger person. Negative until a planned addition is applied.
  id       bigint not null,
  key      text,
  place    bigint,
  before   jsonb,
  after    jsonb,
  -- No foreign key: checking it for each of 200,000 rows takes a second of a first import.
  primary key (site_id, run_id, seq)
);
create index changes_of_record on changes (site_id, kind, id);

create table plan_blocks (
  site_id  int not null,
  run_id   bigint not null,
  part     text not null,
  block    int not null,
  bytes    bytea not null,
  primary key (site_id, run_id, part, block),
  foreign key (site_id, run_id) references runs
);

create table problems (
  site_id   int not null,
  run_id    bigint not null,
  seq       int not null,
  code      text not null,
  severity  text not null,
  kind      text,
  key       text,
  place     bigint not null,
  found     text,
  expected  text,
  primary key (site_id, run_id, seq),
  foreign key (site_id, run_id) references runs
);

create table persons (
  site_id     int not null,
  person_id   bigint not null,
  source_id   int,
  key         text,
  state       text not null check (state in ('active', 'binned')),
  profile     text not null,
  username    text,
  -- In lower case, made by the program. A column, as lower() in an index cannot be used under row-level security.
  username_key text,
  protected   boolean not null default false,
  -- The record as last accepted; and the user's own values: what the source does not send.
  sent        jsonb,
  own         jsonb not null default '{}',
  from_run    bigint,
  binned_run  bigint,
  primary key (site_id, person_id)
);
create unique index persons_key on persons (site_id, key) where key is not null;
create unique index persons_username on persons (site_id, username_key) where state = 'active' and username_key is not null;
create index persons_binned on persons (site_id, binned_run) where state = 'binned';

create table groups (
  site_id     int not null,
  group_id    bigint not null,
  source_id   int,
  key         text,
  state       text not null check (state in ('active', 'gone')),
  kind        text not null,
  title       text not null,
  -- Null hangs under the site. parent_key is what the source says, which may not be here (yet).
  parent_id   bigint,
  parent_key  text,
  -- Nearest ancestor-or-self of kind school.
  school_id   bigint,
  sent        jsonb,
  own         jsonb not null default '{}',
  from_run    bigint,
  gone_run    bigint,
  primary key (site_id, group_id)
);
create unique index groups_key on groups (site_id, key) where state = 'active' and key is not null;
create index groups_parent on groups (site_id, parent_id) where state = 'active';

create table courses (
  site_id       int not null,
  course_id     bigint not null,
  -- Null once the group has left: the course is archived, or open and detached.
  group_id      bigint,
  key           text,
  state         text not null check (state in ('open', 'archived')),
  title         text not null,
  code          text,
  from_run      bigint,
  archived_run  bigint,
  primary key (site_id, course_id)
);
create unique index courses_group on courses (site_id, group_id) where group_id is not null;
create index courses_key on courses (site_id, key);

-- Manual members of a course whose group has left, with the role they had.
create table course_members (
  site_id    int not null,
  course_id  bigint not null,
  person_id  bigint not null,
  role       smallint not null,
  from_run   bigint,
  primary key (site_id, course_id, person_id)
);
create index course_members_person on course_members (site_id, person_id);

-- One row for each spell of a membership: it holds from from_run until to_run. A change ends a row and begins another.
create table memberships (
  site_id     int not null,
  source_id   int,
  group_id    bigint not null,
  person_id   bigint not null,
  -- Index into ROLES (src/roster/membership.ts): the strongest role counts.
  role        smallint not null,
  active      boolean not null,
  begins      date,
  ends        date,
  -- All roles, sub-roles and extension data, where there is more than the columns hold.
  detail      json,
  from_run    bigint not null,
  from_place  bigint,
  to_run      bigint
);
create unique index memberships_now on memberships (site_id, group_id, person_id) where to_run is null;
create index memberships_person on memberships (site_id, person_id);
create index memberships_from on memberships using brin (from_run);
create index memberships_to on memberships (site_id, to_run) where to_run is not null;

-- A group named as a member of a group (idtype 2): shown, without effect.
create table group_links (
  site_id     int not null,
  source_id   int,
  group_id    bigint not null,
  member_key  text not null,
  role        smallint not null,
  from_run    bigint not null,
  to_run      bigint
);
create unique index group_links_now on group_links (site_id, group_id, member_key) where to_run is null;

-- other_id is person_id's guardian, next of kin or mentor. said_by: 1 the person, 2 the other, 3 both.
create table relations (
  site_id    int not null,
  person_id  bigint not null,
  other_id   bigint not null,
  kind       text not null,
  said_by    smallint not null check (said_by between 1 and 3),
  from_run   bigint not null,
  primary key (site_id, person_id, other_id, kind)
);
create index relations_other on relations (site_id, other_id);

-- Active records, moved by every apply; what the safety filter divides by. school_id 0 is no school, -1 the whole source.
create table counts (
  site_id    int not null,
  source_id  int not null,
  kind       text not null,
  profile    text not null,
  school_id  bigint not null,
  n          bigint not null check (n >= 0),
  primary key (site_id, source_id, kind, profile, school_id)
);

-- Fingerprints of what a source last sent, packed (src/change/mirror.ts).
create table mirror_blocks (
  site_id    int not null,
  source_id  int not null,
  part       text not null,
  block      int not null,
  bytes      bytea not null,
  primary key (site_id, source_id, part, block)
);
alter table mirror_blocks alter column bytes set storage external;
alter table plan_blocks alter column bytes set storage external;

-- A membership role 06 in a group that rules call a mentor group makes its holder the mentor of the group's learners.
create view mentors with (security_invoker = true) as
  select learner.site_id, learner.person_id, mentor.person_id as other_id, learner.group_id
  from groups
  join memberships mentor using (site_id, group_id)
  join memberships learner using (site_id, group_id)
  where groups.kind = 'mentorGroup' and groups.state = 'active'
    and mentor.to_run is null and mentor.active and mentor.role = 2
    and learner.to_run is null and learner.active and learner.role = 1
    and learner.person_id <> mentor.person_id;

do $$
declare
  name text;
begin
  for name in select table_name from information_schema.columns
    where table_schema = current_schema() and column_name = 'site_id'
      and table_name in (select tablename from pg_tables where schemaname = current_schema())
  loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format(
      'create policy own_site on %I using (site_id = (select nullif(current_setting(''rollcall.site'', true), '''')::int))',
      name);
  end loop;
end
$$;
