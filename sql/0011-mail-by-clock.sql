-- When a reminder of a row of holds is due, instead of when the last mail was: the sites that have something due are found
-- without a look at each. Weekly and review marks hold from now on when they are due next.
alter table mail_episodes rename column last_at to remind_at;
update mail_episodes set remind_at = remind_at + interval '20 hours';
delete from mail_marks where what in ('weekly', 'review');
create index mail_episodes_due on mail_episodes (remind_at);
create index mail_marks_due on mail_marks (at);
