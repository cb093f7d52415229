-- What is kept for how long, and persons who were erased.

-- Of an erased person the row stays, with his number and nothing else: memberships and journal name it.
alter table persons drop constraint persons_state_check;
alter table persons add constraint persons_state_check check (state in ('active', 'binned', 'undone', 'erased'));

-- When what is older than the site keeps it was last deleted.
alter table sites add column retained_at timestamptz;

-- The journal of the run was deleted because of its age; its report stays.
alter table runs add column forgotten boolean not null default false;
