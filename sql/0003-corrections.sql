-- What people do to a roster by hand: undo, hand edits, merges.

-- An undo names the run that it undoes, and that run the undo. A person's decision settles what was undone: a plan that
-- does it again is then no longer held for that.
alter table runs add column if not exists undone_by bigint;
alter table runs add column undoes bigint;
alter table runs add column settled boolean not null default false;
create index runs_undoing on runs (site_id) where kind = 'undo' and undone_by is null and not settled;

-- The order in which runs changed the roster. Not that of their numbers: a plan that waits is applied when it is released.
alter table runs add column applied bigint;
-- The owner is under row-level security too, and no site is set here.
alter table runs no force row level security;
update runs set applied = run_id where state in ('applied', 'released');
alter table runs force row level security;
create index runs_applied on runs (site_id, applied);

-- Values of synchronised fields that somebody changed here. They are shown until the source changes the field.
alter table persons add column edited jsonb not null default '{}';
alter table groups add column edited jsonb not null default '{}';

-- A person whose adding was undone is neither there nor in the recycle bin: his key is free, his history is kept.
alter table persons drop constraint persons_state_check;
alter table persons add constraint persons_state_check check (state in ('active', 'binned', 'undone'));
drop index persons_key;
create unique index persons_key on persons (site_id, key) where key is not null and state <> 'undone';

-- Whom a merged record has become: the other person or group of the same kind.
alter table persons add column merged_into bigint;
alter table groups add column merged_into bigint;
