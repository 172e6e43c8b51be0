-- The end of a closure: all rows of the organisation are deleted, those too that nobody may change or delete. The application
-- may delete none of these by itself; it has one function that does, for the organisation it works for and only when the time of
-- that organisation's closure has come by the database's own clock.
create function may_forget() returns boolean language sql stable set search_path = pg_catalog, public, pg_temp as $$
  select exists (select from public.closures where org_id = public.app_org() and undone_at is null and begun_at is not null
    and delete_from <= clock_timestamp() and noted_at + (delete_from - closed_at) <= clock_timestamp())
$$;

-- forget deletes up to so many rows of one table and counts them. Rows to which others of the table refer wait for those.
create function forget(p_table text, p_most int) returns bigint
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  t     regclass;
  free  text := '';
  n     bigint;
  keys  record;
begin
  if not public.may_forget() then
    raise exception 'this organisation is not to be deleted' using errcode = 'insufficient_privilege';
  end if;
  select c.oid into t from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relname = p_table and c.relkind in ('r', 'p') and c.relname <> 'closures';
  if t is null then
    raise exception 'no table of organisations is called %', p_table using errcode = 'undefined_table';
  end if;
  for keys in select (select string_agg(format('k.%I = r.%I', f.attname, g.attname), ' and ')
      from unnest(c.conkey, c.confkey) as x (own, other)
      join pg_attribute f on f.attrelid = c.conrelid and f.attnum = x.own
      join pg_attribute g on g.attrelid = c.confrelid and g.attnum = x.other) as says
      from pg_constraint c where c.contype = 'f' and c.conrelid = t and c.confrelid = t loop
    free := free || format(' and not exists (select from %s k where %s)', t, keys.says);
  end loop;
  execute format('with these as (select tableoid, ctid from %1$s r where r.org_id = $1%2$s limit $2)
    delete from %1$s d using these where d.org_id = $1 and d.tableoid = these.tableoid and d.ctid = these.ctid', t, free)
    using public.app_org(), least(greatest(p_most, 1), 10000);
  get diagnostics n = row_count;
  if n > 0 then
    update public.closures set counts = jsonb_set(counts, array[p_table], to_jsonb(coalesce((counts ->> p_table)::bigint, 0) + n))
      where org_id = public.app_org();
  end if;
  return n;
end $$;
revoke all on function forget(text, int) from public;
grant execute on function forget(text, int) to clicarity_app;

-- What nobody may delete is deleted there, and nowhere else: that function acts as the owner of the tables, and nobody else does
-- who works for an organisation.
create or replace function refuse_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and current_user = 'clicarity_owner' and may_forget() then
    return old;
  end if;
  raise exception 'movements are never changed or deleted' using errcode = 'insufficient_privilege';
end $$;

create or replace function refuse_audit_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and current_user = 'clicarity_owner' and may_forget() then
    return old;
  end if;
  raise exception 'the audit log is never changed or deleted' using errcode = 'insufficient_privilege';
end $$;

create or replace function refuse_picture_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and current_user = 'clicarity_owner' and may_forget() then
    return old;
  end if;
  raise exception 'a picture that the history names is never changed or deleted' using errcode = 'insufficient_privilege';
end $$;

create or replace function refuse_file_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and current_user = 'clicarity_owner' and may_forget() then
    return old;
  end if;
  if tg_op = 'UPDATE' and (new.org_id, new.id, new.job_id, new.stage, new.member_id, new.added_at, new.media, new.size, new.sha256, new.kept)
      is not distinct from (old.org_id, old.id, old.job_id, old.stage, old.member_id, old.added_at, old.media, old.size, old.sha256, old.kept) then
    return new;
  end if;
  raise exception 'a file that the history names is never changed or deleted' using errcode = 'insufficient_privilege';
end $$;
