-- The drop box: what senders upload by SFTP. And leases, for what one process does at a time.

-- The account of a source's sender.
create table drop_boxes (
  site_id        int not null,
  source_id      int not null,
  -- What the sender signs in with: one of its own in the whole installation.
  user_name      text not null,
  -- Argon2id with its parameters (PHC string); null: with a key only.
  password       text,
  -- Public keys: type, base64, fingerprint, comment.
  keys           jsonb not null default '[]',
  settings       jsonb not null default '{}',
  created_at     timestamptz not null,
  -- Locked by hand.
  locked_at      timestamptz,
  -- Wrong passwords since the last time that somebody got in, and until when passwords are refused for them.
  failures       int not null default 0,
  blocked_until  timestamptz,
  signed_in_at   timestamptz,
  signed_in_from text,
  primary key (site_id, source_id),
  foreign key (site_id, source_id) references sources
);
create unique index drop_boxes_user on drop_boxes (user_name);

-- What a sender sees, and what lies in his box.
create table drop_box_files (
  site_id    int not null,
  source_id  int not null,
  file_id    bigint generated always as identity,
  -- Null: replaced by another upload of the name while it was being written.
  path       text,
  -- A part is not whole; what is whole waits for its time; what is being taken, and was taken, is a delivery.
  kind       text not null check (kind in ('folder', 'part', 'whole', 'taking', 'taken')),
  -- Name of the file on disk.
  stored     text,
  bytes      bigint not null default 0,
  -- The time that the sender sees, which he may set.
  shown_at   timestamptz not null,
  changed_at timestamptz not null default now(),
  -- That it is complete was settled, so that it only has to be taken.
  due        boolean not null default false,
  -- Whoever writes to it or takes it, until when he is believed to be alive.
  holder     text,
  held_until timestamptz,
  primary key (site_id, file_id),
  unique (site_id, source_id, path),
  foreign key (site_id, source_id) references drop_boxes on delete cascade
);

-- The server's own keys, encrypted: every process shows the same ones.
create table drop_box_host_keys (
  site_id     int not null default 0 check (site_id = 0),
  algorithm   text not null,
  private_key bytea not null,
  public_key  text not null,
  made_at     timestamptz not null,
  primary key (site_id, algorithm)
);

-- What one process does at a time, by the database's clock.
create table leases (
  site_id    int not null,
  what       text not null,
  holder     text not null,
  held_until timestamptz not null,
  primary key (site_id, what)
);

do $$
declare
  name text;
begin
  foreach name in array array['drop_boxes', 'drop_box_files', 'drop_box_host_keys', 'leases'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format(
      'create policy own_site on %I using (site_id = (select nullif(current_setting(''rollcall.site'', true), '''')::int))',
      name);
  end loop;
end
$$;
