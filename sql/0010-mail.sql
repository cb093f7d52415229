-- Status mail: who gets it, what waits to be sent, and the same events by webhook.

-- Whoever is told of a site's imports. Colleagues, not pupils.
create table recipients (
  site_id         int not null,
  recipient_id    bigint generated always as identity,
  -- Null: of every source of the site.
  source_id       int,
  address         text not null,
  name            text not null default '',
  language        text not null check (language in ('sv', 'nb', 'da', 'fi', 'de', 'en')),
  what            text not null default 'every' check (what in ('every', 'failed', 'weekly')),
  -- Mails about an import that has begun: of one that takes long, of each, of none.
  started         text not null default 'long' check (started in ('long', 'always', 'never')),
  -- Told of a hold only from the third mail about it on.
  deputy          boolean not null default false,
  created_at      timestamptz not null,
  -- Mail to the address came back: since when, and the status code that said so.
  bounced_at      timestamptz,
  bounced_because text,
  primary key (site_id, recipient_id),
  foreign key (site_id, source_id) references sources
);
create unique index recipients_address on recipients (site_id, lower(address), coalesce(source_id, 0));

-- One mail to one recipient, made in the transaction that marks its event as told. Sent at least once; a second sending
-- has the same message id.
create table mails (
  site_id      int not null,
  mail_id      bigint generated always as identity,
  -- Null: a test. No reference: a recipient may be removed while his mails are kept.
  recipient_id bigint,
  address      text not null,
  name         text not null,
  kind         text not null,
  run_id       bigint,
  message_id   text not null,
  -- What mails of one episode have in common.
  thread_id    text,
  status       text,
  outcome      text,
  subject      text not null,
  body_text    text not null,
  body_html    text not null,
  made_at      timestamptz not null,
  attempts     int not null default 0,
  next_at      timestamptz not null,
  sent_at      timestamptz,
  given_up_at  timestamptz,
  -- Why the last attempt failed: a code of the transport or of the server's reply.
  error        text,
  primary key (site_id, mail_id),
  unique (site_id, message_id)
);
create index mails_due on mails (site_id, next_at) where sent_at is null and given_up_at is null;

-- How often recipients were told of a row of holds, and when last.
create table mail_episodes (
  site_id   int not null,
  episode   bigint not null,
  source_id int not null,
  told      int not null,
  last_at   timestamptz not null,
  primary key (site_id, episode),
  foreign key (site_id, source_id) references sources
);

-- When something that returns was last told: a source's day (its number), the site's week or yearly review (0).
create table mail_marks (
  site_id int not null,
  what    text not null check (what in ('daily', 'weekly', 'review')),
  id      bigint not null,
  at      timestamptz not null,
  primary key (site_id, what, id)
);

create table webhooks (
  site_id    int not null,
  webhook_id bigint generated always as identity,
  url        text not null,
  -- The secret that calls are signed with, encrypted.
  secret     bytea not null,
  created_at timestamptz not null,
  primary key (site_id, webhook_id)
);

create table webhook_calls (
  site_id     int not null,
  call_id     bigint generated always as identity,
  webhook_id  bigint not null,
  -- Null: a test.
  event_id    bigint,
  body        text not null,
  made_at     timestamptz not null,
  attempts    int not null default 0,
  next_at     timestamptz not null,
  sent_at     timestamptz,
  given_up_at timestamptz,
  error       text,
  primary key (site_id, call_id),
  unique (site_id, webhook_id, event_id),
  foreign key (site_id, webhook_id) references webhooks on delete cascade
);
create index webhook_calls_due on webhook_calls (site_id, next_at) where sent_at is null and given_up_at is null;

do $$
declare
  name text;
begin
  foreach name in array array['recipients', 'mails', 'mail_episodes', 'mail_marks', 'webhooks', 'webhook_calls'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format(
      'create policy own_site on %I using (site_id = (select nullif(current_setting(''rollcall.site'', true), '''')::int))',
      name);
  end loop;
end
$$;
