-- All tables as the migrations together make them, for reading: written by scripts/dump-schema, never run.

create table account_roles (
  site_id integer not null,
  account_id bigint not null,
  role text not null,
  given_at timestamp with time zone not null,
  PRIMARY KEY (site_id, account_id),
  CHECK (((role = 'operator'::text) = (site_id = 0))),
  CHECK ((role = ANY (ARRAY['operator'::text, 'administrator'::text, 'releaser'::text, 'viewer'::text])))
);
CREATE INDEX account_roles_of_account ON public.account_roles USING btree (account_id);
alter table account_roles enable row level security;
alter table account_roles force row level security;
create policy operator_view on account_roles to rollcall_operator using (true);
create policy own_site on account_roles to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table accounts (
  site_id integer not null default 0,
  account_id bigint not null generated always as identity,
  name text not null,
  name_key text not null,
  password text,
  created_at timestamp with time zone not null,
  password_set_at timestamp with time zone,
  disabled_at timestamp with time zone,
  failures integer not null default 0,
  locked_until timestamp with time zone,
  signed_in_at timestamp with time zone,
  PRIMARY KEY (site_id, account_id),
  CHECK ((site_id = 0)),
  UNIQUE (site_id, name_key)
);
alter table accounts enable row level security;
alter table accounts force row level security;
create policy operator_view on accounts to rollcall_operator using (true);
create policy own_site on accounts to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table aliases (
  site_id integer not null,
  kind text not null,
  key text not null,
  id bigint not null,
  source_id integer,
  from_run bigint not null,
  PRIMARY KEY (site_id, kind, key),
  CHECK ((kind = ANY (ARRAY['person'::text, 'group'::text])))
);
CREATE INDEX aliases_of_record ON public.aliases USING btree (site_id, kind, id);
alter table aliases enable row level security;
alter table aliases force row level security;
create policy operator_view on aliases to rollcall_operator using (true);
create policy own_site on aliases to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table announcements (
  site_id integer not null,
  announcement_id bigint not null generated always as identity,
  source_id integer not null,
  schools bigint[],
  ceilings jsonb not null,
  reason text not null,
  made_by text not null,
  made_at timestamp with time zone not null,
  until timestamp with time zone not null,
  withdrawn_at timestamp with time zone,
  used_by bigint,
  PRIMARY KEY (site_id, announcement_id),
  FOREIGN KEY (site_id, source_id) REFERENCES sources(site_id, source_id)
);
CREATE INDEX announcements_used ON public.announcements USING btree (site_id, used_by) WHERE (used_by IS NOT NULL);
alter table announcements enable row level security;
alter table announcements force row level security;
create policy operator_view on announcements to rollcall_operator using (true);
create policy own_site on announcements to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table approvals (
  site_id integer not null,
  run_id bigint not null,
  account_id bigint not null,
  account_name text not null,
  plan_hash text not null,
  manner text not null,
  consulted text not null,
  at timestamp with time zone not null,
  PRIMARY KEY (site_id, run_id, account_id),
  CHECK ((manner = ANY (ARRAY['whole'::text, 'withoutRemovals'::text, 'asRekey'::text]))),
  FOREIGN KEY (site_id, run_id) REFERENCES runs(site_id, run_id)
);
alter table approvals enable row level security;
alter table approvals force row level security;
create policy operator_view on approvals to rollcall_operator using (true);
create policy own_site on approvals to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table arrivals (
  site_id integer not null,
  arrival_id bigint not null generated always as identity,
  source_id integer not null,
  channel text not null,
  sender text not null,
  file_name text not null,
  path text not null,
  bytes bigint not null,
  arrived_at timestamp with time zone not null,
  run_id bigint,
  attempts integer not null default 0,
  error text,
  given_up_at timestamp with time zone,
  retry_at timestamp with time zone,
  discarded_at timestamp with time zone,
  PRIMARY KEY (site_id, arrival_id),
  CHECK ((channel = ANY (ARRAY['drop box'::text, 'collector'::text, 'upload'::text, 'api'::text]))),
  FOREIGN KEY (site_id, source_id) REFERENCES sources(site_id, source_id)
);
CREATE INDEX arrivals_of_source ON public.arrivals USING btree (site_id, source_id, arrived_at);
CREATE INDEX arrivals_waiting ON public.arrivals USING btree (site_id, source_id, arrival_id) WHERE ((run_id IS NULL) AND (given_up_at IS NULL));
alter table arrivals enable row level security;
alter table arrivals force row level security;
create policy operator_view on arrivals to rollcall_operator using (true);
create policy own_site on arrivals to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table audit (
  site_id integer not null,
  entry bigint not null,
  at timestamp with time zone not null,
  actor_kind text not null,
  actor_id bigint,
  action text not null,
  phase text not null,
  begun bigint,
  detail text not null,
  digest bytea,
  hash bytea not null,
  PRIMARY KEY (site_id, entry),
  CHECK ((actor_kind = ANY (ARRAY['commandLine'::text, 'account'::text, 'token'::text, 'service'::text]))),
  CHECK ((phase = ANY (ARRAY['begun'::text, 'done'::text, 'failed'::text, 'note'::text])))
);
CREATE INDEX audit_ends ON public.audit USING btree (site_id, begun) WHERE (begun IS NOT NULL);
CREATE TRIGGER keep_all BEFORE TRUNCATE ON public.audit FOR EACH STATEMENT EXECUTE FUNCTION keep_audit();
CREATE TRIGGER keep_audit BEFORE DELETE OR UPDATE ON public.audit FOR EACH ROW EXECUTE FUNCTION keep_audit();
alter table audit enable row level security;
alter table audit force row level security;
create policy operator_view on audit to rollcall_operator using (true);
create policy own_site on audit to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table audit_cuts (
  site_id integer not null,
  up_to bigint not null,
  hash bytea not null,
  at timestamp with time zone not null,
  PRIMARY KEY (site_id, up_to)
);
CREATE TRIGGER keep_all BEFORE TRUNCATE ON public.audit_cuts FOR EACH STATEMENT EXECUTE FUNCTION keep_audit();
CREATE TRIGGER keep_audit BEFORE DELETE OR UPDATE ON public.audit_cuts FOR EACH ROW EXECUTE FUNCTION keep_audit();
alter table audit_cuts enable row level security;
alter table audit_cuts force row level security;
create policy operator_view on audit_cuts to rollcall_operator using (true);
create policy own_site on audit_cuts to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table audit_values (
  site_id integer not null,
  entry bigint not null,
  salt bytea not null,
  content text not null,
  PRIMARY KEY (site_id, entry)
);
CREATE TRIGGER keep_all BEFORE TRUNCATE ON public.audit_values FOR EACH STATEMENT EXECUTE FUNCTION keep_audit();
CREATE TRIGGER keep_values BEFORE UPDATE ON public.audit_values FOR EACH ROW EXECUTE FUNCTION keep_audit();
alter table audit_values enable row level security;
alter table audit_values force row level security;
create policy operator_view on audit_values to rollcall_operator using (true);
create policy own_site on audit_values to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table changes (
  site_id integer not null,
  run_id bigint not null,
  seq integer not null,
  kind text not null,
  action text not null,
  id bigint not null,
  key text,
  place bigint,
  before jsonb,
  after jsonb,
  PRIMARY KEY (site_id, run_id, seq)
);
CREATE INDEX changes_of_record ON public.changes USING btree (site_id, kind, id);
alter table changes enable row level security;
alter table changes force row level security;
create policy operator_view on changes to rollcall_operator using (true);
create policy own_site on changes to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table claims (
  site_id integer not null,
  source_id integer not null,
  kind text not null,
  key text not null,
  id bigint not null,
  joined_by text,
  sent jsonb not null,
  fingerprint text not null,
  from_run bigint not null,
  PRIMARY KEY (site_id, source_id, kind, key),
  CHECK ((kind = ANY (ARRAY['person'::text, 'group'::text]))),
  FOREIGN KEY (site_id, source_id) REFERENCES sources(site_id, source_id)
);
CREATE INDEX claims_of_record ON public.claims USING btree (site_id, kind, id);
alter table claims enable row level security;
alter table claims force row level security;
create policy operator_view on claims to rollcall_operator using (true);
create policy own_site on claims to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table collected (
  site_id integer not null,
  source_id integer not null,
  name text not null,
  mark text not null,
  sha256 text not null,
  bytes bigint not null,
  fetched_at timestamp with time zone not null,
  PRIMARY KEY (site_id, source_id, name),
  FOREIGN KEY (site_id, source_id) REFERENCES collectors(site_id, source_id) ON DELETE CASCADE
);
alter table collected enable row level security;
alter table collected force row level security;
create policy operator_view on collected to rollcall_operator using (true);
create policy own_site on collected to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table collectors (
  site_id integer not null,
  source_id integer not null,
  kind text not null,
  preset text,
  settings jsonb not null,
  schedule jsonb,
  secrets bytea,
  changed_at timestamp with time zone not null,
  tried_at timestamp with time zone,
  succeeded_at timestamp with time zone,
  error text,
  failures integer not null default 0,
  running_until timestamp with time zone,
  is_confined boolean not null default false,
  PRIMARY KEY (site_id, source_id),
  CHECK ((kind = ANY (ARRAY['sftp'::text, 'ftp'::text, 'http'::text, 'ss12000'::text, 'program'::text]))),
  FOREIGN KEY (site_id, source_id) REFERENCES sources(site_id, source_id)
);
alter table collectors enable row level security;
alter table collectors force row level security;
create policy operator_view on collectors to rollcall_operator using (true);
create policy own_site on collectors to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table contacts (
  site_id integer not null,
  contact_id bigint not null generated always as identity,
  source_id integer,
  role text not null,
  name text not null,
  address text not null,
  phone text not null,
  note text not null,
  set_at timestamp with time zone not null,
  PRIMARY KEY (site_id, contact_id),
  CHECK (((role = 'support'::text) = (site_id = 0))),
  CHECK ((role = ANY (ARRAY['supplier'::text, 'it'::text, 'owner'::text, 'support'::text]))),
  FOREIGN KEY (site_id, source_id) REFERENCES sources(site_id, source_id)
);
CREATE UNIQUE INDEX contacts_role ON public.contacts USING btree (site_id, COALESCE(source_id, 0), role);
alter table contacts enable row level security;
alter table contacts force row level security;
create policy operator_view on contacts to rollcall_operator using (true);
create policy own_site on contacts to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table counts (
  site_id integer not null,
  source_id integer not null,
  kind text not null,
  profile text not null,
  school_id bigint not null,
  n bigint not null,
  PRIMARY KEY (site_id, source_id, kind, profile, school_id),
  CHECK ((n >= 0))
);
alter table counts enable row level security;
alter table counts force row level security;
create policy operator_view on counts to rollcall_operator using (true);
create policy own_site on counts to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table course_members (
  site_id integer not null,
  course_id bigint not null,
  person_id bigint not null,
  role smallint not null,
  from_run bigint,
  PRIMARY KEY (site_id, course_id, person_id)
);
CREATE INDEX course_members_person ON public.course_members USING btree (site_id, person_id);
alter table course_members enable row level security;
alter table course_members force row level security;
create policy operator_view on course_members to rollcall_operator using (true);
create policy own_site on course_members to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table courses (
  site_id integer not null,
  course_id bigint not null,
  group_id bigint,
  key text,
  state text not null,
  title text not null,
  code text,
  from_run bigint,
  archived_run bigint,
  PRIMARY KEY (site_id, course_id),
  CHECK ((state = ANY (ARRAY['open'::text, 'archived'::text])))
);
CREATE UNIQUE INDEX courses_group ON public.courses USING btree (site_id, group_id) WHERE (group_id IS NOT NULL);
CREATE INDEX courses_key ON public.courses USING btree (site_id, key);
alter table courses enable row level security;
alter table courses force row level security;
create policy operator_view on courses to rollcall_operator using (true);
create policy own_site on courses to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table deliveries (
  site_id integer not null,
  delivery_id bigint not null generated always as identity,
  source_id integer not null,
  sha256 text not null,
  bytes bigint not null,
  file_name text not null,
  path text,
  secret boolean not null default false,
  received_at timestamp with time zone not null,
  PRIMARY KEY (site_id, delivery_id),
  FOREIGN KEY (site_id, source_id) REFERENCES sources(site_id, source_id)
);
alter table deliveries enable row level security;
alter table deliveries force row level security;
create policy operator_view on deliveries to rollcall_operator using (true);
create policy own_site on deliveries to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table drop_box_files (
  site_id integer not null,
  source_id integer not null,
  file_id bigint not null generated always as identity,
  path text,
  kind text not null,
  stored text,
  bytes bigint not null default 0,
  shown_at timestamp with time zone not null,
  changed_at timestamp with time zone not null default now(),
  due boolean not null default false,
  holder text,
  held_until timestamp with time zone,
  PRIMARY KEY (site_id, file_id),
  CHECK ((kind = ANY (ARRAY['folder'::text, 'part'::text, 'whole'::text, 'taking'::text, 'taken'::text]))),
  UNIQUE (site_id, source_id, path),
  FOREIGN KEY (site_id, source_id) REFERENCES drop_boxes(site_id, source_id) ON DELETE CASCADE
);
alter table drop_box_files enable row level security;
alter table drop_box_files force row level security;
create policy operator_view on drop_box_files to rollcall_operator using (true);
create policy own_site on drop_box_files to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table drop_box_host_keys (
  site_id integer not null default 0,
  algorithm text not null,
  private_key bytea not null,
  public_key text not null,
  made_at timestamp with time zone not null,
  PRIMARY KEY (site_id, algorithm),
  CHECK ((site_id = 0))
);
alter table drop_box_host_keys enable row level security;
alter table drop_box_host_keys force row level security;
create policy operator_view on drop_box_host_keys to rollcall_operator using (true);
create policy own_site on drop_box_host_keys to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table drop_boxes (
  site_id integer not null,
  source_id integer not null,
  user_name text not null,
  password text,
  keys jsonb not null default '[]'::jsonb,
  settings jsonb not null default '{}'::jsonb,
  created_at timestamp with time zone not null,
  locked_at timestamp with time zone,
  failures integer not null default 0,
  blocked_until timestamp with time zone,
  signed_in_at timestamp with time zone,
  signed_in_from text,
  PRIMARY KEY (site_id, source_id),
  FOREIGN KEY (site_id, source_id) REFERENCES sources(site_id, source_id)
);
CREATE UNIQUE INDEX drop_boxes_user ON public.drop_boxes USING btree (user_name);
alter table drop_boxes enable row level security;
alter table drop_boxes force row level security;
create policy operator_view on drop_boxes to rollcall_operator using (true);
create policy own_site on drop_boxes to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table earlier_rows (
  site_id integer not null,
  run_id bigint not null,
  part text not null,
  id bigint not null,
  other_id bigint not null default 0,
  kind text not null default ''::text,
  found jsonb,
  PRIMARY KEY (site_id, run_id, part, id, other_id, kind)
);
CREATE INDEX earlier_rows_of_record ON public.earlier_rows USING btree (site_id, part, id);
alter table earlier_rows enable row level security;
alter table earlier_rows force row level security;
create policy operator_view on earlier_rows to rollcall_operator using (true);
create policy own_site on earlier_rows to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table events (
  site_id integer not null,
  event_id bigint not null generated always as identity,
  at timestamp with time zone not null default now(),
  kind text not null,
  source_id integer,
  run_id bigint,
  details jsonb not null default '{}'::jsonb,
  told_at timestamp with time zone,
  PRIMARY KEY (site_id, event_id)
);
CREATE INDEX events_of_run ON public.events USING btree (site_id, run_id) WHERE (run_id IS NOT NULL);
CREATE INDEX events_untold ON public.events USING btree (site_id, event_id) WHERE (told_at IS NULL);
alter table events enable row level security;
alter table events force row level security;
create policy operator_view on events to rollcall_operator using (true);
create policy own_site on events to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table group_links (
  site_id integer not null,
  source_id integer,
  group_id bigint not null,
  member_key text not null,
  role smallint not null,
  from_run bigint not null,
  to_run bigint
);
CREATE UNIQUE INDEX group_links_now ON public.group_links USING btree (site_id, group_id, member_key) WHERE (to_run IS NULL);
alter table group_links enable row level security;
alter table group_links force row level security;
create policy operator_view on group_links to rollcall_operator using (true);
create policy own_site on group_links to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table groups (
  site_id integer not null,
  group_id bigint not null,
  source_id integer,
  key text,
  state text not null,
  kind text not null,
  title text not null,
  parent_id bigint,
  parent_key text,
  school_id bigint,
  sent jsonb,
  own jsonb not null default '{}'::jsonb,
  from_run bigint,
  gone_run bigint,
  edited jsonb not null default '{}'::jsonb,
  merged_into bigint,
  year_id bigint,
  sent_key text,
  PRIMARY KEY (site_id, group_id),
  CHECK ((state = ANY (ARRAY['active'::text, 'gone'::text])))
);
CREATE UNIQUE INDEX groups_key ON public.groups USING btree (site_id, key) WHERE ((state = 'active'::text) AND (key IS NOT NULL));
CREATE INDEX groups_parent ON public.groups USING btree (site_id, parent_id) WHERE (state = 'active'::text);
alter table groups enable row level security;
alter table groups force row level security;
create policy operator_view on groups to rollcall_operator using (true);
create policy own_site on groups to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table installation (
  site_id integer not null,
  folder_id uuid not null,
  PRIMARY KEY (site_id),
  CHECK ((site_id = 0))
);
alter table installation enable row level security;
alter table installation force row level security;
create policy operator_view on installation to rollcall_operator using (true);
create policy own_site on installation to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table leases (
  site_id integer not null,
  what text not null,
  holder text not null,
  held_until timestamp with time zone not null,
  PRIMARY KEY (site_id, what)
);
alter table leases enable row level security;
alter table leases force row level security;
create policy operator_view on leases to rollcall_operator using (true);
create policy own_site on leases to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table look_again (
  site_id integer not null,
  source_id integer not null,
  kind text not null,
  id bigint not null,
  PRIMARY KEY (site_id, source_id, kind, id),
  CHECK ((kind = ANY (ARRAY['person'::text, 'group'::text, 'list'::text]))),
  FOREIGN KEY (site_id, source_id) REFERENCES sources(site_id, source_id)
);
alter table look_again enable row level security;
alter table look_again force row level security;
create policy operator_view on look_again to rollcall_operator using (true);
create policy own_site on look_again to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table mail_episodes (
  site_id integer not null,
  episode bigint not null,
  source_id integer not null,
  told integer not null,
  remind_at timestamp with time zone not null,
  PRIMARY KEY (site_id, episode),
  FOREIGN KEY (site_id, source_id) REFERENCES sources(site_id, source_id)
);
CREATE INDEX mail_episodes_due ON public.mail_episodes USING btree (remind_at);
alter table mail_episodes enable row level security;
alter table mail_episodes force row level security;
create policy operator_view on mail_episodes to rollcall_operator using (true);
create policy own_site on mail_episodes to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table mail_marks (
  site_id integer not null,
  what text not null,
  id bigint not null,
  at timestamp with time zone not null,
  PRIMARY KEY (site_id, what, id),
  CHECK ((what = ANY (ARRAY['daily'::text, 'weekly'::text, 'review'::text])))
);
CREATE INDEX mail_marks_due ON public.mail_marks USING btree (at);
alter table mail_marks enable row level security;
alter table mail_marks force row level security;
create policy operator_view on mail_marks to rollcall_operator using (true);
create policy own_site on mail_marks to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table mails (
  site_id integer not null,
  mail_id bigint not null generated always as identity,
  recipient_id bigint,
  address text not null,
  name text not null,
  kind text not null,
  run_id bigint,
  message_id text not null,
  thread_id text,
  status text,
  outcome text,
  subject text not null,
  body_text text not null,
  body_html text not null,
  made_at timestamp with time zone not null,
  attempts integer not null default 0,
  next_at timestamp with time zone not null,
  sent_at timestamp with time zone,
  given_up_at timestamp with time zone,
  error text,
  PRIMARY KEY (site_id, mail_id),
  UNIQUE (site_id, message_id)
);
CREATE INDEX mails_due ON public.mails USING btree (site_id, next_at) WHERE ((sent_at IS NULL) AND (given_up_at IS NULL));
alter table mails enable row level security;
alter table mails force row level security;
create policy operator_view on mails to rollcall_operator using (true);
create policy own_site on mails to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table memberships (
  site_id integer not null,
  source_id integer,
  group_id bigint not null,
  person_id bigint not null,
  role smallint not null,
  active boolean not null,
  begins date,
  ends date,
  detail json,
  from_run bigint not null,
  from_place bigint,
  to_run bigint
);
CREATE INDEX memberships_from ON public.memberships USING btree (site_id, from_run, group_id);
CREATE UNIQUE INDEX memberships_now ON public.memberships USING btree (site_id, group_id, person_id, source_id) NULLS NOT DISTINCT WHERE (to_run IS NULL);
CREATE INDEX memberships_person ON public.memberships USING btree (site_id, person_id);
CREATE INDEX memberships_to ON public.memberships USING btree (site_id, to_run, group_id) WHERE (to_run IS NOT NULL);
alter table memberships enable row level security;
alter table memberships force row level security;
create policy operator_view on memberships to rollcall_operator using (true);
create policy own_site on memberships to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table migrations (
  version integer not null,
  name text not null,
  hash text not null,
  applied_at timestamp with time zone not null default now(),
  PRIMARY KEY (version)
);

create table mirror_blocks (
  site_id integer not null,
  source_id integer not null,
  part text not null,
  block integer not null,
  bytes bytea not null storage external,
  PRIMARY KEY (site_id, source_id, part, block)
);
alter table mirror_blocks enable row level security;
alter table mirror_blocks force row level security;
create policy operator_view on mirror_blocks to rollcall_operator using (true);
create policy own_site on mirror_blocks to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table missing_deliveries (
  site_id integer not null,
  source_id integer not null,
  expected_at timestamp with time zone not null,
  told_at timestamp with time zone not null,
  came_at timestamp with time zone,
  PRIMARY KEY (site_id, source_id, expected_at),
  FOREIGN KEY (site_id, source_id) REFERENCES sources(site_id, source_id)
);
CREATE INDEX missing_still ON public.missing_deliveries USING btree (site_id, source_id) WHERE (came_at IS NULL);
alter table missing_deliveries enable row level security;
alter table missing_deliveries force row level security;
create policy operator_view on missing_deliveries to rollcall_operator using (true);
create policy own_site on missing_deliveries to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table persons (
  site_id integer not null,
  person_id bigint not null,
  source_id integer,
  key text,
  state text not null,
  profile text not null,
  username text,
  username_key text,
  protected boolean not null default false,
  sent jsonb,
  own jsonb not null default '{}'::jsonb,
  from_run bigint,
  binned_run bigint,
  edited jsonb not null default '{}'::jsonb,
  merged_into bigint,
  PRIMARY KEY (site_id, person_id),
  CHECK ((state = ANY (ARRAY['active'::text, 'binned'::text, 'undone'::text, 'erased'::text])))
);
CREATE INDEX persons_binned ON public.persons USING btree (site_id, binned_run) WHERE (state = 'binned'::text);
CREATE UNIQUE INDEX persons_key ON public.persons USING btree (site_id, key) WHERE ((key IS NOT NULL) AND (state <> 'undone'::text));
CREATE UNIQUE INDEX persons_username ON public.persons USING btree (site_id, username_key) WHERE ((state = 'active'::text) AND (username_key IS NOT NULL));
alter table persons enable row level security;
alter table persons force row level security;
create policy operator_view on persons to rollcall_operator using (true);
create policy own_site on persons to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table plan_blocks (
  site_id integer not null,
  run_id bigint not null,
  part text not null,
  block integer not null,
  bytes bytea not null storage external,
  PRIMARY KEY (site_id, run_id, part, block),
  FOREIGN KEY (site_id, run_id) REFERENCES runs(site_id, run_id)
);
alter table plan_blocks enable row level security;
alter table plan_blocks force row level security;
create policy operator_view on plan_blocks to rollcall_operator using (true);
create policy own_site on plan_blocks to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table problems (
  site_id integer not null,
  run_id bigint not null,
  seq integer not null,
  code text not null,
  severity text not null,
  kind text,
  key text,
  place bigint not null,
  found text,
  expected text,
  PRIMARY KEY (site_id, run_id, seq),
  FOREIGN KEY (site_id, run_id) REFERENCES runs(site_id, run_id)
);
CREATE INDEX problems_in_file ON public.problems USING btree (site_id, run_id, place, seq);
alter table problems enable row level security;
alter table problems force row level security;
create policy operator_view on problems to rollcall_operator using (true);
create policy own_site on problems to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table recipients (
  site_id integer not null,
  recipient_id bigint not null generated always as identity,
  source_id integer,
  address text not null,
  name text not null default ''::text,
  language text not null,
  what text not null default 'every'::text,
  started text not null default 'long'::text,
  deputy boolean not null default false,
  created_at timestamp with time zone not null,
  bounced_at timestamp with time zone,
  bounced_because text,
  PRIMARY KEY (site_id, recipient_id),
  CHECK ((language = ANY (ARRAY['sv'::text, 'nb'::text, 'da'::text, 'fi'::text, 'de'::text, 'en'::text]))),
  CHECK ((started = ANY (ARRAY['long'::text, 'always'::text, 'never'::text]))),
  CHECK ((what = ANY (ARRAY['every'::text, 'failed'::text, 'weekly'::text]))),
  FOREIGN KEY (site_id, source_id) REFERENCES sources(site_id, source_id)
);
CREATE UNIQUE INDEX recipients_address ON public.recipients USING btree (site_id, lower(address), COALESCE(source_id, 0));
alter table recipients enable row level security;
alter table recipients force row level security;
create policy operator_view on recipients to rollcall_operator using (true);
create policy own_site on recipients to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table relations (
  site_id integer not null,
  person_id bigint not null,
  other_id bigint not null,
  kind text not null,
  said_by smallint not null,
  from_run bigint not null,
  PRIMARY KEY (site_id, person_id, other_id, kind),
  CHECK (((said_by >= 1) AND (said_by <= 3)))
);
CREATE INDEX relations_other ON public.relations USING btree (site_id, other_id);
alter table relations enable row level security;
alter table relations force row level security;
create policy operator_view on relations to rollcall_operator using (true);
create policy own_site on relations to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table requests (
  site_id integer not null,
  caller text not null,
  key text not null,
  fingerprint bytea not null,
  began_at timestamp with time zone not null,
  status integer,
  run_id bigint,
  answer jsonb,
  PRIMARY KEY (site_id, caller, key)
);
CREATE INDEX requests_by_age ON public.requests USING btree (site_id, began_at);
alter table requests enable row level security;
alter table requests force row level security;
create policy operator_view on requests to rollcall_operator using (true);
create policy own_site on requests to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table runs (
  site_id integer not null,
  run_id bigint not null generated always as identity,
  source_id integer,
  delivery_id bigint,
  state text not null,
  started_at timestamp with time zone not null,
  finished_at timestamp with time zone,
  episode bigint,
  plan_hash text,
  mirror_version bigint,
  report jsonb not null default '{}'::jsonb,
  decision jsonb,
  kind text not null default 'import'::text,
  undone_by bigint,
  undoes bigint,
  settled boolean not null default false,
  applied bigint,
  forgotten boolean not null default false,
  arrival_id bigint,
  PRIMARY KEY (site_id, run_id),
  CHECK ((state = ANY (ARRAY['running'::text, 'applied'::text, 'held'::text, 'released'::text, 'rejected'::text, 'superseded'::text, 'refused'::text, 'failed'::text, 'queued'::text, 'paused'::text, 'observed'::text]))),
  FOREIGN KEY (site_id, source_id) REFERENCES sources(site_id, source_id)
);
CREATE INDEX runs_applied ON public.runs USING btree (site_id, applied);
CREATE INDEX runs_finished ON public.runs USING btree (site_id, source_id, finished_at);
CREATE INDEX runs_held ON public.runs USING btree (site_id, source_id) WHERE (state = 'held'::text);
CREATE INDEX runs_in_line ON public.runs USING btree (site_id, source_id) WHERE (state = ANY (ARRAY['held'::text, 'queued'::text]));
CREATE INDEX runs_of_arrival ON public.runs USING btree (site_id, arrival_id) WHERE (arrival_id IS NOT NULL);
CREATE INDEX runs_paused ON public.runs USING btree (site_id, source_id) WHERE (state = ANY (ARRAY['paused'::text, 'observed'::text]));
CREATE INDEX runs_undoing ON public.runs USING btree (site_id) WHERE ((kind = 'undo'::text) AND (undone_by IS NULL) AND (NOT settled));
CREATE TRIGGER tell_of_run AFTER INSERT OR UPDATE OF state ON public.runs FOR EACH ROW EXECUTE FUNCTION tell_of_run();
alter table runs enable row level security;
alter table runs force row level security;
create policy operator_view on runs to rollcall_operator using (true);
create policy own_site on runs to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table sites (
  site_id integer not null,
  name text not null,
  settings jsonb not null default '{}'::jsonb,
  last_id bigint not null default 0,
  created_at timestamp with time zone not null default now(),
  retained_at timestamp with time zone,
  PRIMARY KEY (site_id),
  UNIQUE (name)
);
alter table sites enable row level security;
alter table sites force row level security;
create policy operator_view on sites to rollcall_operator using (true);
create policy own_site on sites to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table sources (
  site_id integer not null,
  source_id integer not null,
  name text not null,
  rules text,
  settings jsonb not null default '{}'::jsonb,
  mirror_version bigint not null default 0,
  state jsonb not null default '{}'::jsonb,
  created_at timestamp with time zone not null default now(),
  PRIMARY KEY (site_id, source_id),
  UNIQUE (site_id, name),
  FOREIGN KEY (site_id) REFERENCES sites(site_id)
);
alter table sources enable row level security;
alter table sources force row level security;
create policy operator_view on sources to rollcall_operator using (true);
create policy own_site on sources to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table suspected_pairs (
  site_id integer not null,
  run_id bigint not null,
  seq integer not null,
  kind text not null,
  old_id bigint not null,
  old_key text not null,
  new_key text not null,
  place bigint not null,
  confidence text not null,
  reasons text[] not null,
  left_out boolean not null,
  rekeyed boolean not null default false,
  protected boolean not null,
  PRIMARY KEY (site_id, run_id, seq),
  CHECK ((confidence = ANY (ARRAY['certain'::text, 'high'::text, 'low'::text]))),
  CHECK ((kind = ANY (ARRAY['person'::text, 'group'::text]))),
  FOREIGN KEY (site_id, run_id) REFERENCES runs(site_id, run_id)
);
alter table suspected_pairs enable row level security;
alter table suspected_pairs force row level security;
create policy operator_view on suspected_pairs to rollcall_operator using (true);
create policy own_site on suspected_pairs to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table tokens (
  site_id integer not null,
  token_id bigint not null generated always as identity,
  name text not null,
  source_id integer,
  scopes text[] not null,
  hash bytea not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone,
  last_used_at timestamp with time zone,
  revoked_at timestamp with time zone,
  PRIMARY KEY (site_id, token_id),
  FOREIGN KEY (site_id, source_id) REFERENCES sources(site_id, source_id)
);
CREATE INDEX tokens_hash ON public.tokens USING btree (hash);
CREATE UNIQUE INDEX tokens_name ON public.tokens USING btree (site_id, lower(name)) WHERE (revoked_at IS NULL);
alter table tokens enable row level security;
alter table tokens force row level security;
create policy operator_view on tokens to rollcall_operator using (true);
create policy own_site on tokens to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table waiting (
  site_id integer not null,
  source_id integer not null,
  kind text not null,
  id bigint not null,
  other_id bigint not null default 0,
  relation text not null default ''::text,
  action text not null,
  fields text[] not null default '{}'::text[],
  run_id bigint not null,
  since timestamp with time zone not null,
  PRIMARY KEY (site_id, source_id, kind, id, other_id, relation),
  FOREIGN KEY (site_id, source_id) REFERENCES sources(site_id, source_id)
);
alter table waiting enable row level security;
alter table waiting force row level security;
create policy operator_view on waiting to rollcall_operator using (true);
create policy own_site on waiting to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table webhook_calls (
  site_id integer not null,
  call_id bigint not null generated always as identity,
  webhook_id bigint not null,
  event_id bigint,
  body text not null,
  made_at timestamp with time zone not null,
  attempts integer not null default 0,
  next_at timestamp with time zone not null,
  sent_at timestamp with time zone,
  given_up_at timestamp with time zone,
  error text,
  PRIMARY KEY (site_id, call_id),
  UNIQUE (site_id, webhook_id, event_id),
  FOREIGN KEY (site_id, webhook_id) REFERENCES webhooks(site_id, webhook_id) ON DELETE CASCADE
);
CREATE INDEX webhook_calls_due ON public.webhook_calls USING btree (site_id, next_at) WHERE ((sent_at IS NULL) AND (given_up_at IS NULL));
alter table webhook_calls enable row level security;
alter table webhook_calls force row level security;
create policy operator_view on webhook_calls to rollcall_operator using (true);
create policy own_site on webhook_calls to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create table webhooks (
  site_id integer not null,
  webhook_id bigint not null generated always as identity,
  url text not null,
  secret bytea not null,
  created_at timestamp with time zone not null,
  PRIMARY KEY (site_id, webhook_id)
);
alter table webhooks enable row level security;
alter table webhooks force row level security;
create policy operator_view on webhooks to rollcall_operator using (true);
create policy own_site on webhooks to public using ((site_id = ( SELECT (NULLIF(current_setting('rollcall.site'::text, true), ''::text))::integer AS "nullif")));

create view mentors with (security_invoker=true) as
  SELECT groups.site_id,
  learner.person_id,
  mentor.person_id AS other_id,
  groups.group_id
  FROM ((groups
  CROSS JOIN LATERAL ( SELECT m.person_id
  FROM memberships m
  WHERE ((m.site_id = groups.site_id) AND (m.group_id = groups.group_id) AND (m.to_run IS NULL) AND m.active)
  GROUP BY m.person_id
  HAVING (max(m.role) = 2)) mentor)
  CROSS JOIN LATERAL ( SELECT m.person_id
  FROM memberships m
  WHERE ((m.site_id = groups.site_id) AND (m.group_id = groups.group_id) AND (m.to_run IS NULL) AND m.active)
  GROUP BY m.person_id
  HAVING (max(m.role) = 1)) learner)
  WHERE ((groups.kind = 'mentorGroup'::text) AND (groups.state = 'active'::text) AND (learner.person_id <> mentor.person_id));

CREATE OR REPLACE FUNCTION public.begin_first_rows(name text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
    begin
      if pg_relation_size(name) > 0 then
        return false;
      end if;
      begin
        execute format('lock table %I in access exclusive mode nowait', name);
      exception when lock_not_available then
        return false;
      end;
      if pg_relation_size(name) > 0 then
        return false;
      end if;
      case name
        when 'memberships' then
          drop index memberships_now, memberships_person, memberships_from, memberships_to;
        when 'persons' then
          drop index persons_key, persons_username, persons_binned;
        when 'changes' then
          drop index changes_of_record;
      end case;
      -- What is written into a file of the same transaction needs no log, if the server keeps none for others.
      execute format('truncate %I', name);
      return true;
    end
    $function$
;

CREATE OR REPLACE FUNCTION public.end_first_rows(name text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET max_parallel_maintenance_workers TO '0'
AS $function$
    begin
      case name
        when 'memberships' then
          create unique index memberships_now on memberships (site_id, group_id, person_id, source_id) nulls not distinct
            where to_run is null;
          create index memberships_person on memberships (site_id, person_id);
          create index memberships_from on memberships (site_id, from_run, group_id);
          create index memberships_to on memberships (site_id, to_run, group_id) where to_run is not null;
        when 'persons' then
          create unique index persons_key on persons (site_id, key) where key is not null and state <> 'undone';
          create unique index persons_username on persons (site_id, username_key)
            where state = 'active' and username_key is not null;
          create index persons_binned on persons (site_id, binned_run) where state = 'binned';
        when 'changes' then
          create index changes_of_record on changes (site_id, kind, id);
      end case;
    end
    $function$
;

CREATE OR REPLACE FUNCTION public.forget_audit()
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
    declare
      site constant int := nullif(current_setting('rollcall.site', true), '')::int;
      cut constant bigint := (select max(up_to) from audit_cuts where site_id = site);
      gone bigint;
    begin
      delete from audit_values where site_id = site and entry <= cut;
      delete from audit where site_id = site and entry <= cut;
      get diagnostics gone = row_count;
      return gone;
    end
    $function$
;

CREATE OR REPLACE FUNCTION public.keep_audit()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'DELETE' and tg_table_name = 'audit' then
    if old.at < now() - interval '5 years'
      and exists (select from audit_cuts c where c.site_id = old.site_id and c.up_to >= old.entry) then
      return old;
    end if;
  end if;
  raise exception 'the audit log is only ever added to' using errcode = 'insufficient_privilege';
end
$function$
;

CREATE OR REPLACE FUNCTION public.tell_of_run()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'INSERT' then
    if new.kind = 'import' then
      insert into events (site_id, kind, source_id, run_id) values (new.site_id, 'started', new.source_id, new.run_id);
    end if;
  elsif new.state is distinct from old.state then
    insert into events (site_id, kind, source_id, run_id, details)
      values (new.site_id, new.state, new.source_id, new.run_id, jsonb_build_object('was', old.state));
    if new.arrival_id is not null and new.state <> 'failed' then
      update arrivals set run_id = new.run_id where site_id = new.site_id and arrival_id = new.arrival_id;
    end if;
  end if;
  return null;
end
$function$
;
