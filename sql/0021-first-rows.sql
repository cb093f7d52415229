-- The first rows of a table that has none come in a million at a time: into a new file, and before its indexes are made, which
-- takes half the time. Nobody else can see the table meanwhile, so that this is done only where it is empty for everybody
-- (not a row in its file, whosever) and where nobody is at it just now. As the owner, who alone may do it; the app may call it.
do $do$
begin
  execute format($f$
    create function begin_first_rows(name text) returns boolean language plpgsql security definer set search_path = %1$I, pg_temp as $$
    begin
      if pg_relation_size(name) > 0 then
        return false;
      end if;
      begin
        execute format('lock table %%I in access exclusive mode nowait', name);
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
      execute format('truncate %%I', name);
      return true;
    end
    $$ $f$, current_schema());
  execute format($f$
    create function end_first_rows(name text) returns void language plpgsql security definer set search_path = %1$I, pg_temp
      set max_parallel_maintenance_workers = 0 as $$
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
    $$ $f$, current_schema());
end
$do$;
revoke execute on function begin_first_rows(text), end_first_rows(text) from public;
