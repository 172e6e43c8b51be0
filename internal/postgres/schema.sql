

CREATE FUNCTION public.app_org() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (NULLIF(current_setting('app.org'::text, true), ''::text))::uuid;

ALTER FUNCTION public.app_org() OWNER TO clicarity_owner;

CREATE FUNCTION public.append_audit(p_org uuid, p_what text, p_id text, p_detail jsonb) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
declare
  actor   jsonb := coalesce(nullif(current_setting('app.actor', true), ''), '{}')::jsonb;
  moment  timestamptz := coalesce((actor ->> 'at')::timestamptz, clock_timestamp());
  n       bigint;
  h       bytea;
  entry   text;
begin
  select seq + 1, hash into strict n, h from audit_heads where org_id = p_org for update;
  entry := jsonb_strip_nulls(jsonb_build_object('at', to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'member', actor ->> 'member', 'device', actor ->> 'device', 'via', actor ->> 'via', 'what', p_what, 'id', p_id, 'detail', p_detail))::text;
  h := sha256(h || int8send(n) || convert_to(entry, 'UTF8'));
  insert into audit values (p_org, n, moment, (actor ->> 'member')::uuid, p_what, entry, h);
  update audit_heads set seq = n, hash = h where org_id = p_org;
  return n;
end $$;

ALTER FUNCTION public.append_audit(p_org uuid, p_what text, p_id text, p_detail jsonb) OWNER TO clicarity_owner;

CREATE FUNCTION public.append_movements(p_org uuid, p_command uuid, p_fingerprint bytea, p_recorded timestamp with time zone, p_device text, p_jobs uuid[], p_kinds text[], p_stages text[], p_members uuid[], p_occurred timestamp with time zone[], p_marks text[], p_facts text[], p_contents bytea[], p_receipt text, p_fold integer) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
declare
  n int := array_length(p_jobs, 1);
  base bigint;
  h bytea;
begin
  select seq, hash into strict base, h from log_heads
    where org_id = p_org and case when fold = p_fold and fold_job is null then true else refuse_fold() end for update;
  for i in 1..n loop
    h := sha256(h || int8send(base + i) || p_contents[i]);
    insert into movements values (p_org, base + i, p_jobs[i], p_command, i - 1, p_kinds[i], p_stages[i],
      p_members[i], p_device, p_occurred[i], p_recorded, p_marks[i], p_facts[i], h);
  end loop;
  update log_heads set seq = base + n, hash = h where org_id = p_org;
  insert into receipts values (p_org, p_command, p_fingerprint, base + 1, base + n, p_receipt);
  return base + 1;
end $$;

ALTER FUNCTION public.append_movements(p_org uuid, p_command uuid, p_fingerprint bytea, p_recorded timestamp with time zone, p_device text, p_jobs uuid[], p_kinds text[], p_stages text[], p_members uuid[], p_occurred timestamp with time zone[], p_marks text[], p_facts text[], p_contents bytea[], p_receipt text, p_fold integer) OWNER TO clicarity_owner;

CREATE FUNCTION public.audited() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
declare
  was  jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
  new_ jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
  whose jsonb := coalesce(new_, was);
  told jsonb := '{}';
  c    text;
begin
  foreach c in array coalesce(string_to_array(tg_argv[2], ' '), '{}') loop
    if tg_op <> 'UPDATE' then
      told := told || jsonb_build_object(c, whose -> c);
    elsif was -> c is distinct from new_ -> c then
      told := told || jsonb_build_object(c, jsonb_build_object('was', was -> c, 'is', new_ -> c));
    end if;
  end loop;
  foreach c in array coalesce(string_to_array(tg_argv[3], ' '), '{}') loop
    if tg_op = 'UPDATE' and was -> c is distinct from new_ -> c then
      told := told || jsonb_build_object(c, 'changed');
    end if;
  end loop;
  if tg_op <> 'UPDATE' or told <> '{}' then
    perform append_audit((whose ->> 'org_id')::uuid,
      tg_argv[0] || case tg_op when 'INSERT' then '_added' when 'UPDATE' then '_changed' else '_removed' end, whose ->> tg_argv[1], told);
  end if;
  return null;
end $$;

ALTER FUNCTION public.audited() OWNER TO clicarity_owner;

CREATE FUNCTION public.closure_holds() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  update log_heads set closed = (new.undone_at is null) where org_id = new.org_id;
  return null;
end $$;

ALTER FUNCTION public.closure_holds() OWNER TO clicarity_owner;

CREATE FUNCTION public.closure_noted() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  if current_user = 'clicarity_owner' then -- it puts back what a restored backup did not know
    return new;
  end if;
  if tg_op = 'UPDATE' and old.begun_at is not null then
    raise exception 'the deletion has begun' using errcode = 'insufficient_privilege';
  end if;
  if tg_op = 'INSERT' or (new.closed_at, new.undo_until, new.delete_from) is distinct from (old.closed_at, old.undo_until, old.delete_from)
    or old.undone_at is not null and new.undone_at is null then
    new.noted_at := clock_timestamp();
    new.told := '{}';
  end if;
  return new;
end $$;

ALTER FUNCTION public.closure_noted() OWNER TO clicarity_owner;

CREATE FUNCTION public.erase_picture(p_org uuid, p_picture uuid, p_at timestamp with time zone, p_reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
  p record;
  n bigint;
begin
  if p_org is distinct from app_org() then
    raise exception 'not your organisation' using errcode = 'insufficient_privilege';
  end if;
  select job_id, sha256, erased_at into strict p from pictures where org_id = p_org and id = p_picture for update;
  if p.erased_at is not null then
    return;
  end if;
  n := append_audit(p_org, 'picture_erased', p_picture::text, jsonb_build_object('hash', encode(p.sha256, 'hex'), 'reason', p_reason));
  insert into redactions (org_id, entry, job_id, picture_id, content, hash, reason) values (p_org, n, p.job_id, p_picture, sha256(''), p.sha256, p_reason);
  update pictures set bytes = '', thumb = '', erased_at = p_at where org_id = p_org and id = p_picture;
end $$;

ALTER FUNCTION public.erase_picture(p_org uuid, p_picture uuid, p_at timestamp with time zone, p_reason text) OWNER TO clicarity_owner;

CREATE FUNCTION public.facts_shape(kind text, facts jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  with maps as (
    select m, key, case when m in ('values', 'fields') or key in ('customer', 'item') or key like 'field.%' then fixed_text(value) else value end as value
    from unnest(array['values', 'fields', 'set', 'was']) m, jsonb_each(coalesce(facts -> m, '{}'))
  )
  select (facts - array['values', 'fields', 'set', 'was', 'nc', 'file', 'note', 'approver', 'override', 'worker', 'customer', 'item']
      - case when kind in ('counted', 'changed', 'undone') then array['reason'] else array[]::text[] end)
    || jsonb_build_object('nc', (facts -> 'nc') - array['what', 'root', 'action', 'owner', 'verdict'],
      'file', ((facts -> 'file') - array['title', 'called', 'revision']) || jsonb_build_object('revision', (facts -> 'file' -> 'revision') - 'name'),
      'maps', (select coalesce(jsonb_agg(jsonb_build_array(m, key, value) order by m, key), '[]') from maps),
      'texts', (select jsonb_object_agg(t, fixed_text(facts -> t)) from unnest(array['note', 'approver', 'override', 'worker', 'customer', 'item']) t
        where fixed_text(facts -> t) <> '""'))
$$;

ALTER FUNCTION public.facts_shape(kind text, facts jsonb) OWNER TO clicarity_owner;

CREATE FUNCTION public.fixed_text(v jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $_$
  select case when v #>> '{}' ~ '^-?[0-9.]{0,9}$' and v #>> '{}' <> '' or v #>> '{}' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:[0-9a-f]{64}( [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:[0-9a-f]{64})*$' then v else '""'::jsonb end
$_$;

ALTER FUNCTION public.fixed_text(v jsonb) OWNER TO clicarity_owner;

CREATE FUNCTION public.forget(p_table text, p_most integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $_$
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
end $_$;

ALTER FUNCTION public.forget(p_table text, p_most integer) OWNER TO clicarity_owner;

CREATE FUNCTION public.look_again() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  perform pg_notify('access', coalesce(new.org_id, old.org_id)::text);
  return null;
end $$;

ALTER FUNCTION public.look_again() OWNER TO clicarity_owner;

CREATE FUNCTION public.may_forget() RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
  select exists (select from public.closures where org_id = public.app_org() and undone_at is null and begun_at is not null
    and delete_from <= clock_timestamp() and noted_at + (delete_from - closed_at) <= clock_timestamp())
    or exists (select from public.organisations where org_id = public.app_org() and trial_since + interval '1 hour' <= clock_timestamp())
$$;

ALTER FUNCTION public.may_forget() OWNER TO clicarity_owner;

CREATE TABLE public.movements (
    org_id uuid NOT NULL,
    seq bigint NOT NULL,
    job_id uuid NOT NULL,
    command_id uuid NOT NULL,
    part integer NOT NULL,
    kind text NOT NULL,
    stage text NOT NULL,
    member_id uuid NOT NULL,
    device text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    mark text NOT NULL,
    facts text NOT NULL,
    hash bytea NOT NULL,
    redacted bytea,
    CONSTRAINT movements_redacted_check CHECK ((length(redacted) = 32))
);

ALTER TABLE ONLY public.movements FORCE ROW LEVEL SECURITY;

ALTER TABLE public.movements OWNER TO clicarity_owner;

CREATE FUNCTION public.movement_content(m public.movements) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  select uuid_send(m.org_id) || uuid_send(m.job_id) || uuid_send(m.command_id) || uuid_send(m.member_id) || int8send(m.part::bigint)
    || int8send((extract(epoch from m.occurred_at) * 1000000)::bigint) || int8send((extract(epoch from m.recorded_at) * 1000000)::bigint)
    || (select string_agg(int4send(length(convert_to(t, 'UTF8'))) || convert_to(t, 'UTF8'), '' order by n)
      from unnest(array[m.kind, m.stage, m.device, m.mark, m.facts]) with ordinality x (t, n))
$$;

ALTER FUNCTION public.movement_content(m public.movements) OWNER TO clicarity_owner;

CREATE FUNCTION public.parts_of(word text) RETURNS SETOF text
    LANGUAGE sql IMMUTABLE
    AS $$
  select distinct substr('  ' || word || ' ', i, 3) from generate_series(1, char_length(word) + 1) i where char_length(word) between 2 and 40
$$;

ALTER FUNCTION public.parts_of(word text) OWNER TO clicarity_owner;

CREATE FUNCTION public.post_waits() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  perform pg_notify('post', new.org_id::text);
  return null;
end $$;

ALTER FUNCTION public.post_waits() OWNER TO clicarity_owner;

CREATE FUNCTION public.redact_movement(p_org uuid, p_seq bigint, p_facts text, p_reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
  m    movements;
  was  bytea;
  now_ bytea;
  n    bigint;
begin
  if p_org is distinct from app_org() then
    raise exception 'not your organisation' using errcode = 'insufficient_privilege';
  end if;
  select * into strict m from movements where org_id = p_org and seq = p_seq for update;
  if m.facts = p_facts then
    return;
  end if;
  was := sha256(movement_content(m));
  if m.redacted is not null and m.redacted <> was or m.redacted is null and m.hash <> sha256(
      coalesce((select hash from movements where org_id = p_org and seq = p_seq - 1), decode(repeat('00', 32), 'hex')) || int8send(p_seq) || movement_content(m)) then
    raise exception 'movement % is not what was recorded', p_seq using errcode = 'data_exception';
  end if;
  m.facts := p_facts;
  now_ := sha256(movement_content(m));
  n := append_audit(p_org, 'movement_redacted', p_seq::text, jsonb_build_object('content', encode(now_, 'hex'), 'hash', encode(m.hash, 'hex'), 'reason', p_reason));
  insert into redactions (org_id, entry, job_id, seq, content, hash, reason) values (p_org, n, m.job_id, p_seq, now_, m.hash, p_reason);
  update movements set facts = p_facts, redacted = now_ where org_id = p_org and seq = p_seq;
end $$;

ALTER FUNCTION public.redact_movement(p_org uuid, p_seq bigint, p_facts text, p_reason text) OWNER TO clicarity_owner;

CREATE FUNCTION public.refuse_audit_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  if tg_op = 'DELETE' and current_user = 'clicarity_owner' and may_forget() then
    return old;
  end if;
  raise exception 'the audit log is never changed or deleted' using errcode = 'insufficient_privilege';
end $$;

ALTER FUNCTION public.refuse_audit_change() OWNER TO clicarity_owner;

CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  if tg_op = 'DELETE' and current_user = 'clicarity_owner' and may_forget() then
    return old;
  end if;
  raise exception 'movements are never changed or deleted' using errcode = 'insufficient_privilege';
end $$;

ALTER FUNCTION public.refuse_change() OWNER TO clicarity_owner;

CREATE FUNCTION public.refuse_closed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  raise exception 'the organisation is closed' using errcode = 'CLF02';
end $$;

ALTER FUNCTION public.refuse_closed() OWNER TO clicarity_owner;

CREATE FUNCTION public.refuse_evidence_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  raise exception 'what was recorded is never changed' using errcode = 'insufficient_privilege';
end $$;

ALTER FUNCTION public.refuse_evidence_change() OWNER TO clicarity_owner;

CREATE FUNCTION public.refuse_file_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

ALTER FUNCTION public.refuse_file_change() OWNER TO clicarity_owner;

CREATE FUNCTION public.refuse_fold() RETURNS boolean
    LANGUAGE plpgsql
    AS $$
begin
  raise exception 'the states were folded by another version of the program' using errcode = 'CLF01';
end $$;

ALTER FUNCTION public.refuse_fold() OWNER TO clicarity_owner;

CREATE FUNCTION public.refuse_news_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  if tg_op = 'DELETE' and current_user = 'clicarity_owner' and may_forget() then
    return old;
  end if;
  raise exception 'news that are sent are never changed' using errcode = 'insufficient_privilege';
end $$;

ALTER FUNCTION public.refuse_news_change() OWNER TO clicarity_owner;

CREATE FUNCTION public.refuse_picture_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  if tg_op = 'DELETE' and current_user = 'clicarity_owner' and may_forget() then
    return old;
  end if;
  raise exception 'a picture that the history names is never changed or deleted' using errcode = 'insufficient_privilege';
end $$;

ALTER FUNCTION public.refuse_picture_change() OWNER TO clicarity_owner;

CREATE FUNCTION public.refuse_picture_rewrite() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  if to_jsonb(new) - array['bytes', 'thumb', 'erased_at'] = to_jsonb(old) - array['bytes', 'thumb', 'erased_at']
    and new.erased_at is not null and length(new.bytes) = 0 and length(new.thumb) = 0
    and exists (select from redactions r where r.org_id = new.org_id and r.picture_id = new.id) then
    return new;
  end if;
  if current_setting('app.reseal', true) = 'on' and old.erased_at is null and new.erased_at is null and (new.org_id, new.id, new.job_id, new.stage, new.member_id, new.added_at, new.sent, new.sha256, new.media, new.kept)
      is not distinct from (old.org_id, old.id, old.job_id, old.stage, old.member_id, old.added_at, old.sent, old.sha256, old.media, old.kept) then
    return new;
  end if;
  raise exception 'a picture that the history names is never changed or deleted' using errcode = 'insufficient_privilege';
end $$;

ALTER FUNCTION public.refuse_picture_rewrite() OWNER TO clicarity_owner;

CREATE FUNCTION public.refuse_policy_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  raise exception 'a published policy is never changed' using errcode = 'insufficient_privilege';
end $$;

ALTER FUNCTION public.refuse_policy_change() OWNER TO clicarity_owner;

CREATE FUNCTION public.refuse_rewrite() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  if to_jsonb(new) - array['facts', 'redacted'] = to_jsonb(old) - array['facts', 'redacted']
    and facts_shape(old.kind, new.facts::jsonb) = facts_shape(old.kind, old.facts::jsonb)
    and new.redacted is not null and new.redacted = sha256(movement_content(new))
    and exists (select from redactions r join audit a on a.org_id = r.org_id and a.seq = r.entry
      where r.org_id = new.org_id and r.seq = new.seq and r.content = new.redacted and r.hash = old.hash and a.what = 'movement_redacted'
        and r.entry = (select max(entry) from redactions l where l.org_id = new.org_id and l.seq = new.seq)) then
    return new;
  end if;
  raise exception 'movements are never changed or deleted' using errcode = 'insufficient_privilege';
end $$;

ALTER FUNCTION public.refuse_rewrite() OWNER TO clicarity_owner;

CREATE FUNCTION public.refuse_while_closed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  if exists (select from closures where org_id = app_org() and undone_at is null) then
    raise exception 'the organisation is closed' using errcode = 'CLF02';
  end if;
  return null;
end $$;

ALTER FUNCTION public.refuse_while_closed() OWNER TO clicarity_owner;

CREATE FUNCTION public.renew_sessions() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  update sessions set stale = true where org_id = new.org_id and member_id = new.id;
  return null;
end $$;

ALTER FUNCTION public.renew_sessions() OWNER TO clicarity_owner;

CREATE FUNCTION public.settings_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  update organisations set settings = settings + 1 where org_id = coalesce(new.org_id, old.org_id);
  return null;
end $$;

ALTER FUNCTION public.settings_changed() OWNER TO clicarity_owner;

CREATE FUNCTION public.support_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  update organisations set support_until = (select max(until) from support_grants where org_id = new.org_id and ended_at is null)
    where org_id = new.org_id;
  return null;
end $$;

ALTER FUNCTION public.support_changed() OWNER TO clicarity_owner;

CREATE FUNCTION public.trial_noted() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  if tg_op = 'INSERT' then
    new.trial_since := clock_timestamp();
    return new;
  end if;
  raise exception 'a factory to try is made, never become' using errcode = 'insufficient_privilege';
end $$;

ALTER FUNCTION public.trial_noted() OWNER TO clicarity_owner;

CREATE FUNCTION public.usage_over_organisations(p_before date) RETURNS TABLE(week date, feature text, organisations bigint, n bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
  o      uuid;
  cells  jsonb := '[]';
  org    text := coalesce(current_setting('app.org', true), '');
  roster text := coalesce(current_setting('app.roster', true), '');
begin
  perform set_config('app.roster', 'on', true);
  for o in select org_id from organisations loop
    perform set_config('app.org', o::text, true);
    cells := cells || coalesce((select jsonb_agg(jsonb_build_object('week', u.week, 'feature', u.feature, 'n', u.n))
      from usage u where u.org_id = o and u.week + 7 <= p_before), '[]');
  end loop;
  perform set_config('app.org', org, true), set_config('app.roster', roster, true);
  return query select c.week, c.feature, count(*) / 5 * 5, sum(c.n)::bigint / 5 * 5
    from jsonb_to_recordset(cells) c (week date, feature text, n bigint)
    group by c.week, c.feature having count(*) >= 5 order by c.week desc, c.feature;
end $$;

ALTER FUNCTION public.usage_over_organisations(p_before date) OWNER TO clicarity_owner;

CREATE FUNCTION public.walk_begun() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  perform pg_notify('walk', new.org_id::text);
  return null;
end $$;

ALTER FUNCTION public.walk_begun() OWNER TO clicarity_owner;

CREATE TABLE public.access_reviews (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    reviewed_at timestamp with time zone NOT NULL,
    reviewed_by uuid NOT NULL,
    members integer NOT NULL
);

ALTER TABLE ONLY public.access_reviews FORCE ROW LEVEL SECURITY;

ALTER TABLE public.access_reviews OWNER TO clicarity_owner;

CREATE TABLE public.audit (
    org_id uuid NOT NULL,
    seq bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    member_id uuid,
    what text NOT NULL,
    content text NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT audit_hash_check CHECK ((length(hash) = 32))
);

ALTER TABLE ONLY public.audit FORCE ROW LEVEL SECURITY;

ALTER TABLE public.audit OWNER TO clicarity_owner;

CREATE TABLE public.audit_heads (
    org_id uuid NOT NULL,
    seq bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT audit_heads_hash_check CHECK ((length(hash) = 32))
);

ALTER TABLE ONLY public.audit_heads FORCE ROW LEVEL SECURITY;

ALTER TABLE public.audit_heads OWNER TO clicarity_owner;

CREATE TABLE public.authenticators (
    org_id uuid NOT NULL,
    member_id uuid NOT NULL,
    seed bytea NOT NULL,
    last_step bigint NOT NULL,
    created_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.authenticators FORCE ROW LEVEL SECURITY;

ALTER TABLE public.authenticators OWNER TO clicarity_owner;

CREATE TABLE public.badges (
    org_id uuid NOT NULL,
    member_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    made_at timestamp with time zone NOT NULL,
    CONSTRAINT badges_token_hash_check CHECK ((length(token_hash) = 32))
);

ALTER TABLE ONLY public.badges FORCE ROW LEVEL SECURITY;

ALTER TABLE public.badges OWNER TO clicarity_owner;

CREATE TABLE public.board_views (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    member_id uuid,
    name text NOT NULL,
    query text NOT NULL,
    place integer NOT NULL
);

ALTER TABLE ONLY public.board_views FORCE ROW LEVEL SECURITY;

ALTER TABLE public.board_views OWNER TO clicarity_owner;

CREATE TABLE public.bookings (
    org_id uuid NOT NULL,
    invitee text NOT NULL,
    enquiry_id uuid,
    old_invitee text DEFAULT ''::text NOT NULL,
    new_invitee text DEFAULT ''::text NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    created boolean DEFAULT false NOT NULL,
    cancelled boolean DEFAULT false NOT NULL,
    erase_after timestamp with time zone NOT NULL,
    CONSTRAINT bookings_invitee_check CHECK ((length(invitee) <= 400)),
    CONSTRAINT bookings_new_invitee_check CHECK ((length(new_invitee) <= 400)),
    CONSTRAINT bookings_old_invitee_check CHECK ((length(old_invitee) <= 400))
);

ALTER TABLE ONLY public.bookings FORCE ROW LEVEL SECURITY;

ALTER TABLE public.bookings OWNER TO clicarity_owner;

CREATE TABLE public.breach_steps (
    org_id uuid NOT NULL,
    breach_id uuid NOT NULL,
    n integer NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    at timestamp with time zone NOT NULL,
    member_id uuid NOT NULL,
    body text NOT NULL,
    CONSTRAINT breach_steps_body_check CHECK ((length(body) <= 60000)),
    CONSTRAINT breach_steps_kind_check CHECK ((kind = ANY (ARRAY['account'::text, 'note'::text, 'people'::text, 'board'::text, 'report'::text, 'letter'::text, 'organisations'::text, 'closed'::text]))),
    CONSTRAINT breach_steps_n_check CHECK ((n > 0))
);

ALTER TABLE ONLY public.breach_steps FORCE ROW LEVEL SECURITY;

ALTER TABLE public.breach_steps OWNER TO clicarity_owner;

CREATE TABLE public.breaches (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    noticed_at timestamp with time zone NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    opened_by uuid NOT NULL,
    CONSTRAINT breaches_check CHECK ((opened_at >= noticed_at))
);

ALTER TABLE ONLY public.breaches FORCE ROW LEVEL SECURITY;

ALTER TABLE public.breaches OWNER TO clicarity_owner;

CREATE TABLE public.busy_days (
    org_id uuid NOT NULL,
    day date NOT NULL,
    process_id uuid NOT NULL,
    stage text NOT NULL,
    site text NOT NULL,
    station text NOT NULL,
    runs bytea NOT NULL,
    busy bytea NOT NULL
);

ALTER TABLE ONLY public.busy_days FORCE ROW LEVEL SECURITY;

ALTER TABLE public.busy_days OWNER TO clicarity_owner;

CREATE TABLE public.calendar_changes (
    org_id uuid NOT NULL,
    code text NOT NULL,
    version integer NOT NULL,
    standard boolean NOT NULL,
    body jsonb,
    changed_by uuid NOT NULL,
    changed_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.calendar_changes FORCE ROW LEVEL SECURITY;

ALTER TABLE public.calendar_changes OWNER TO clicarity_owner;

CREATE TABLE public.calendars (
    org_id uuid NOT NULL,
    code text NOT NULL,
    version integer NOT NULL,
    standard boolean NOT NULL,
    body jsonb NOT NULL,
    changed_by uuid NOT NULL,
    changed_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.calendars FORCE ROW LEVEL SECURITY;

ALTER TABLE public.calendars OWNER TO clicarity_owner;

CREATE TABLE public.calendly_watch (
    org_id uuid NOT NULL,
    next_at timestamp with time zone NOT NULL,
    taken_until timestamp with time zone,
    state text DEFAULT 'unknown'::text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    fault text DEFAULT ''::text NOT NULL,
    checked_at timestamp with time zone,
    good_at timestamp with time zone,
    made_at timestamp with time zone,
    told_at timestamp with time zone,
    kinds text[] DEFAULT '{}'::text[] NOT NULL,
    filled_to timestamp with time zone,
    walk_at timestamp with time zone,
    walk_from timestamp with time zone,
    CONSTRAINT calendly_watch_fault_check CHECK ((length(fault) <= 200)),
    CONSTRAINT calendly_watch_state_check CHECK ((state = ANY (ARRAY['unknown'::text, 'alive'::text, 'retrying'::text, 'refused'::text, 'failing'::text, 'silent'::text])))
);

ALTER TABLE ONLY public.calendly_watch FORCE ROW LEVEL SECURITY;

ALTER TABLE public.calendly_watch OWNER TO clicarity_owner;

CREATE TABLE public.challan_lines (
    org_id uuid NOT NULL,
    number text NOT NULL,
    job_id uuid NOT NULL,
    stage text NOT NULL,
    quantity numeric(18,6) NOT NULL,
    left_there numeric(18,6) NOT NULL
);

ALTER TABLE ONLY public.challan_lines FORCE ROW LEVEL SECURITY;

ALTER TABLE public.challan_lines OWNER TO clicarity_owner;

CREATE TABLE public.challan_series (
    org_id uuid NOT NULL,
    year text NOT NULL,
    next_number integer NOT NULL
);

ALTER TABLE ONLY public.challan_series FORCE ROW LEVEL SECURITY;

ALTER TABLE public.challan_series OWNER TO clicarity_owner;

CREATE TABLE public.challans (
    org_id uuid NOT NULL,
    number text NOT NULL,
    vendor_id uuid NOT NULL,
    expected date,
    note text DEFAULT ''::text NOT NULL,
    sent_at timestamp with time zone NOT NULL,
    sent_by uuid NOT NULL,
    goods text DEFAULT ''::text NOT NULL,
    CONSTRAINT challans_goods_check CHECK ((goods = ANY (ARRAY[''::text, 'capital'::text, 'tools'::text])))
);

ALTER TABLE ONLY public.challans FORCE ROW LEVEL SECURITY;

ALTER TABLE public.challans OWNER TO clicarity_owner;

CREATE TABLE public.closures (
    org_id uuid NOT NULL,
    closed_at timestamp with time zone NOT NULL,
    closed_by uuid,
    because text DEFAULT ''::text NOT NULL,
    undo_until timestamp with time zone NOT NULL,
    delete_from timestamp with time zone NOT NULL,
    delete_by timestamp with time zone NOT NULL,
    noted_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    undone_at timestamp with time zone,
    undone_by uuid,
    told text[] DEFAULT '{}'::text[] NOT NULL,
    begun_at timestamp with time zone,
    counts jsonb DEFAULT '{}'::jsonb NOT NULL,
    contacts bytea,
    done_at timestamp with time zone,
    certificate text,
    CONSTRAINT closures_because_check CHECK ((length(because) <= 500)),
    CONSTRAINT closures_check CHECK (((undo_until >= (closed_at + '720:00:00'::interval)) AND (delete_from >= undo_until) AND (delete_by >= delete_from))),
    CONSTRAINT closures_check1 CHECK (((undone_at IS NULL) OR (begun_at IS NULL))),
    CONSTRAINT closures_check2 CHECK (((done_at IS NULL) OR (begun_at IS NOT NULL))),
    CONSTRAINT closures_check3 CHECK (((certificate IS NULL) = (done_at IS NULL))),
    CONSTRAINT closures_check4 CHECK (((contacts IS NULL) OR (begun_at IS NOT NULL))),
    CONSTRAINT closures_day CHECK ((begun_at >= delete_from))
);

ALTER TABLE ONLY public.closures FORCE ROW LEVEL SECURITY;

ALTER TABLE public.closures OWNER TO clicarity_owner;

CREATE TABLE public.column_maps (
    org_id uuid NOT NULL,
    header_key bytea NOT NULL,
    mapping text NOT NULL
);

ALTER TABLE ONLY public.column_maps FORCE ROW LEVEL SECURITY;

ALTER TABLE public.column_maps OWNER TO clicarity_owner;

CREATE TABLE public.consents (
    org_id uuid NOT NULL,
    number bigint NOT NULL,
    subject uuid NOT NULL,
    purpose text NOT NULL,
    act text NOT NULL,
    version integer NOT NULL,
    language text NOT NULL,
    at timestamp with time zone NOT NULL,
    how text NOT NULL,
    by_id uuid,
    adult boolean DEFAULT false NOT NULL,
    CONSTRAINT consents_act_check CHECK ((act = ANY (ARRAY['read'::text, 'given'::text, 'withdrawn'::text]))),
    CONSTRAINT consents_check CHECK (((purpose = 'notice'::text) = (act = 'read'::text))),
    CONSTRAINT consents_how_check CHECK ((how = ANY (ARRAY['join'::text, 'page'::text, 'form'::text, 'one_click'::text, 'desk'::text, 'import'::text]))),
    CONSTRAINT consents_purpose_check CHECK ((purpose = ANY (ARRAY['notice'::text, 'news'::text])))
);

ALTER TABLE ONLY public.consents FORCE ROW LEVEL SECURITY;

ALTER TABLE public.consents OWNER TO clicarity_owner;

ALTER TABLE public.consents ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.consents_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.devices (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    place text DEFAULT ''::text NOT NULL,
    given text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    pair_hash bytea,
    pair_until timestamp with time zone,
    token_hash bytea,
    paired_at timestamp with time zone,
    seen_at timestamp with time zone,
    seen_on text DEFAULT ''::text NOT NULL,
    suspended_at timestamp with time zone,
    wrong integer DEFAULT 0 NOT NULL,
    wrong_since timestamp with time zone,
    shows text DEFAULT ''::text NOT NULL,
    process_id uuid,
    language text DEFAULT ''::text NOT NULL,
    customers boolean DEFAULT false NOT NULL,
    CONSTRAINT devices_board CHECK (((shows = ANY (ARRAY['board'::text, 'both'::text])) = (process_id IS NOT NULL))),
    CONSTRAINT devices_pair_hash_check CHECK ((length(pair_hash) = 32)),
    CONSTRAINT devices_shows_check CHECK ((shows = ANY (ARRAY[''::text, 'board'::text, 'late'::text, 'both'::text]))),
    CONSTRAINT devices_token_hash_check CHECK ((length(token_hash) = 32))
);

ALTER TABLE ONLY public.devices FORCE ROW LEVEL SECURITY;

ALTER TABLE public.devices OWNER TO clicarity_owner;

CREATE TABLE public.drills (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    began_at timestamp with time zone NOT NULL,
    seconds integer NOT NULL,
    bytes bigint NOT NULL,
    organisations integer NOT NULL,
    movements bigint NOT NULL,
    fault text NOT NULL
);

ALTER TABLE ONLY public.drills FORCE ROW LEVEL SECURITY;

ALTER TABLE public.drills OWNER TO clicarity_owner;

CREATE TABLE public.enquiries (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    source text NOT NULL,
    purpose text NOT NULL,
    name bytea,
    company bytea,
    email bytea,
    phone bytea,
    message bytea,
    mark bytea,
    language text NOT NULL,
    page text NOT NULL,
    notice_version integer NOT NULL,
    news boolean DEFAULT false NOT NULL,
    state text DEFAULT 'new'::text NOT NULL,
    owner_id uuid,
    created_at timestamp with time zone NOT NULL,
    reply_by timestamp with time zone NOT NULL,
    answered_at timestamp with time zone,
    reminded_at timestamp with time zone,
    meeting_at timestamp with time zone,
    erase_after timestamp with time zone NOT NULL,
    CONSTRAINT enquiries_mark_check CHECK ((length(mark) = 32)),
    CONSTRAINT enquiries_purpose_check CHECK ((purpose = ANY (ARRAY['demo'::text, 'question'::text]))),
    CONSTRAINT enquiries_source_check CHECK ((source = ANY (ARRAY['form'::text, 'calendly'::text]))),
    CONSTRAINT enquiries_state_check CHECK ((state = ANY (ARRAY['new'::text, 'answered'::text, 'booked'::text, 'closed'::text])))
);

ALTER TABLE ONLY public.enquiries FORCE ROW LEVEL SECURITY;

ALTER TABLE public.enquiries OWNER TO clicarity_owner;

CREATE TABLE public.enquiry_steps (
    org_id uuid NOT NULL,
    enquiry_id uuid NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    number bigint NOT NULL,
    what text NOT NULL,
    by_id uuid,
    text bytea,
    meeting_at timestamp with time zone,
    at timestamp with time zone NOT NULL,
    CONSTRAINT enquiry_steps_what_check CHECK ((what = ANY (ARRAY['came'::text, 'came_again'::text, 'taken'::text, 'answered'::text, 'closed'::text, 'reopened'::text, 'booked'::text, 'moved'::text, 'cancelled'::text, 'reminded'::text])))
);

ALTER TABLE ONLY public.enquiry_steps FORCE ROW LEVEL SECURITY;

ALTER TABLE public.enquiry_steps OWNER TO clicarity_owner;

ALTER TABLE public.enquiry_steps ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.enquiry_steps_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.erased_guests (
    org_id uuid NOT NULL,
    digest bytea NOT NULL,
    erased_at timestamp with time zone NOT NULL,
    CONSTRAINT erased_guests_digest_check CHECK ((length(digest) = 32))
);

ALTER TABLE ONLY public.erased_guests FORCE ROW LEVEL SECURITY;

ALTER TABLE public.erased_guests OWNER TO clicarity_owner;

CREATE TABLE public.facts (
    org_id uuid NOT NULL,
    job_id uuid NOT NULL,
    kind text NOT NULL,
    n integer NOT NULL,
    process_id uuid NOT NULL,
    stage text NOT NULL,
    site text NOT NULL,
    customer text NOT NULL,
    product text NOT NULL,
    vendor_id uuid NOT NULL,
    station text NOT NULL,
    reason text NOT NULL,
    day date NOT NULL,
    since timestamp with time zone NOT NULL,
    at timestamp with time zone NOT NULL,
    m bigint[] NOT NULL,
    spans text NOT NULL
);

ALTER TABLE ONLY public.facts FORCE ROW LEVEL SECURITY;

ALTER TABLE public.facts OWNER TO clicarity_owner;

CREATE TABLE public.files (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    job_id uuid NOT NULL,
    stage text NOT NULL,
    member_id uuid NOT NULL,
    added_at timestamp with time zone NOT NULL,
    name text NOT NULL,
    media text NOT NULL,
    size bigint NOT NULL,
    sha256 bytea NOT NULL,
    object text,
    sealed_key bytea,
    thumb bytea,
    scan text NOT NULL,
    scan_at timestamp with time zone,
    kept boolean DEFAULT false NOT NULL,
    CONSTRAINT files_scan_check CHECK ((scan = ANY (ARRAY['off'::text, 'waiting'::text, 'clean'::text, 'infected'::text]))),
    CONSTRAINT files_sha256_check CHECK ((length(sha256) = 32)),
    CONSTRAINT files_size_check CHECK ((size > 0)),
    CONSTRAINT files_thumb_check CHECK ((length(thumb) <= 4194304))
);
ALTER TABLE ONLY public.files ALTER COLUMN thumb SET STORAGE EXTERNAL;

ALTER TABLE ONLY public.files FORCE ROW LEVEL SECURITY;

ALTER TABLE public.files OWNER TO clicarity_owner;

CREATE TABLE public.followers (
    org_id uuid NOT NULL,
    name text NOT NULL,
    seq bigint NOT NULL,
    state bytea DEFAULT '\x'::bytea NOT NULL
);

ALTER TABLE ONLY public.followers FORCE ROW LEVEL SECURITY;

ALTER TABLE public.followers OWNER TO clicarity_owner;

CREATE TABLE public.forecast_days (
    org_id uuid NOT NULL,
    process_id uuid NOT NULL,
    day date NOT NULL,
    dates_50 double precision NOT NULL,
    met_50 double precision NOT NULL,
    dates_85 double precision NOT NULL,
    met_85 double precision NOT NULL
);

ALTER TABLE ONLY public.forecast_days FORCE ROW LEVEL SECURITY;

ALTER TABLE public.forecast_days OWNER TO clicarity_owner;

CREATE TABLE public.forecast_late (
    org_id uuid NOT NULL,
    job_id uuid NOT NULL,
    process_id uuid NOT NULL,
    due date NOT NULL,
    chance real NOT NULL,
    p50 date NOT NULL,
    p85 date NOT NULL,
    n integer NOT NULL,
    risk text NOT NULL,
    CONSTRAINT forecast_late_chance_check CHECK (((chance >= (0)::double precision) AND (chance <= (1)::double precision)))
);

ALTER TABLE ONLY public.forecast_late FORCE ROW LEVEL SECURITY;

ALTER TABLE public.forecast_late OWNER TO clicarity_owner;

CREATE TABLE public.forecast_models (
    org_id uuid NOT NULL,
    process_id uuid NOT NULL,
    learned_at timestamp with time zone NOT NULL,
    since timestamp with time zone NOT NULL,
    jobs integer NOT NULL,
    of_jobs integer NOT NULL,
    model bytea NOT NULL
);

ALTER TABLE ONLY public.forecast_models FORCE ROW LEVEL SECURITY;

ALTER TABLE public.forecast_models OWNER TO clicarity_owner;

CREATE TABLE public.forecast_nights (
    org_id uuid NOT NULL,
    night date,
    holder uuid,
    held_until timestamp with time zone
);

ALTER TABLE ONLY public.forecast_nights FORCE ROW LEVEL SECURITY;

ALTER TABLE public.forecast_nights OWNER TO clicarity_owner;

CREATE TABLE public.head_mails (
    org_id uuid NOT NULL,
    member_id uuid NOT NULL,
    day date NOT NULL
);

ALTER TABLE ONLY public.head_mails FORCE ROW LEVEL SECURITY;

ALTER TABLE public.head_mails OWNER TO clicarity_owner;

CREATE TABLE public.identity_providers (
    org_id uuid NOT NULL,
    issuer text NOT NULL,
    client_id text NOT NULL,
    secret bytea NOT NULL,
    domains text[] NOT NULL,
    required boolean NOT NULL,
    changed_by uuid NOT NULL,
    changed_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.identity_providers FORCE ROW LEVEL SECURITY;

ALTER TABLE public.identity_providers OWNER TO clicarity_owner;

CREATE TABLE public.invitations (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    token_hash bytea NOT NULL,
    login text DEFAULT ''::text NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    role text NOT NULL,
    given text NOT NULL,
    invited_by uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    until_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    used_by uuid,
    revoked_at timestamp with time zone,
    CONSTRAINT invitations_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'manager'::text, 'supervisor'::text, 'operator'::text, 'vendor'::text, 'viewer'::text]))),
    CONSTRAINT invitations_token_hash_check CHECK ((length(token_hash) = 32))
);

ALTER TABLE ONLY public.invitations FORCE ROW LEVEL SECURITY;

ALTER TABLE public.invitations OWNER TO clicarity_owner;

CREATE TABLE public.job_lots (
    org_id uuid NOT NULL,
    lot_key text NOT NULL,
    way text NOT NULL,
    job_id uuid NOT NULL,
    stage text NOT NULL,
    place integer NOT NULL,
    lot text NOT NULL,
    quantity numeric(18,6) NOT NULL,
    CONSTRAINT job_lots_way_check CHECK ((way = ANY (ARRAY['in'::text, 'out'::text])))
);

ALTER TABLE ONLY public.job_lots FORCE ROW LEVEL SECURITY;

ALTER TABLE public.job_lots OWNER TO clicarity_owner;

CREATE TABLE public.job_terms (
    org_id uuid NOT NULL,
    process_id uuid NOT NULL,
    status text NOT NULL,
    term text NOT NULL COLLATE pg_catalog."C",
    due date NOT NULL,
    job_id uuid NOT NULL
);

ALTER TABLE ONLY public.job_terms FORCE ROW LEVEL SECURITY;

ALTER TABLE public.job_terms OWNER TO clicarity_owner;

CREATE TABLE public.job_waste (
    org_id uuid NOT NULL,
    job_id uuid NOT NULL,
    stage text NOT NULL,
    process_id uuid NOT NULL,
    share numeric(18,6) NOT NULL
);

ALTER TABLE ONLY public.job_waste FORCE ROW LEVEL SECURITY;

ALTER TABLE public.job_waste OWNER TO clicarity_owner;

CREATE TABLE public.job_words (
    org_id uuid NOT NULL,
    word text NOT NULL COLLATE pg_catalog."C",
    job_id uuid NOT NULL
);

ALTER TABLE ONLY public.job_words FORCE ROW LEVEL SECURITY;

ALTER TABLE public.job_words OWNER TO clicarity_owner;

CREATE TABLE public.jobs (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    process_id uuid NOT NULL,
    version integer NOT NULL,
    number text NOT NULL,
    number_key text NOT NULL,
    due date NOT NULL,
    status text NOT NULL,
    state text NOT NULL,
    parent_id uuid,
    site text DEFAULT ''::text NOT NULL,
    moved_at timestamp with time zone DEFAULT '1970-01-01 00:00:00+00'::timestamp with time zone NOT NULL,
    left_at timestamp with time zone
)
WITH (fillfactor='70');

ALTER TABLE ONLY public.jobs FORCE ROW LEVEL SECURITY;

ALTER TABLE public.jobs OWNER TO clicarity_owner;

CREATE TABLE public.link_challans (
    org_id uuid NOT NULL,
    link_id uuid NOT NULL,
    number text NOT NULL
);

ALTER TABLE ONLY public.link_challans FORCE ROW LEVEL SECURITY;

ALTER TABLE public.link_challans OWNER TO clicarity_owner;

CREATE TABLE public.links (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    vendor_id uuid,
    job_id uuid,
    created_by uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    uses integer DEFAULT 0 NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT links_check CHECK (((kind = 'vendor'::text) = (vendor_id IS NOT NULL))),
    CONSTRAINT links_check1 CHECK (((kind = 'customer'::text) = (job_id IS NOT NULL))),
    CONSTRAINT links_kind_check CHECK ((kind = ANY (ARRAY['vendor'::text, 'customer'::text])))
);

ALTER TABLE ONLY public.links FORCE ROW LEVEL SECURITY;

ALTER TABLE public.links OWNER TO clicarity_owner;

CREATE TABLE public.log_heads (
    org_id uuid NOT NULL,
    seq bigint NOT NULL,
    hash bytea NOT NULL,
    fold integer DEFAULT 0 NOT NULL,
    fold_job uuid,
    closed boolean DEFAULT false NOT NULL
)
WITH (fillfactor='10');

ALTER TABLE ONLY public.log_heads FORCE ROW LEVEL SECURITY;

ALTER TABLE public.log_heads OWNER TO clicarity_owner;

CREATE TABLE public.login_proofs (
    org_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    member_id uuid NOT NULL,
    login text NOT NULL,
    replaces text DEFAULT ''::text NOT NULL,
    until_at timestamp with time zone NOT NULL,
    CONSTRAINT login_proofs_token_hash_check CHECK ((length(token_hash) = 32))
);

ALTER TABLE ONLY public.login_proofs FORCE ROW LEVEL SECURITY;

ALTER TABLE public.login_proofs OWNER TO clicarity_owner;

CREATE TABLE public.logins (
    org_id uuid NOT NULL,
    login text NOT NULL,
    member_id uuid NOT NULL
);

ALTER TABLE ONLY public.logins FORCE ROW LEVEL SECURITY;

ALTER TABLE public.logins OWNER TO clicarity_owner;

CREATE TABLE public.mail_addresses (
    org_id uuid NOT NULL,
    address text NOT NULL,
    hard integer NOT NULL,
    last_at timestamp with time zone NOT NULL,
    status text NOT NULL,
    CONSTRAINT mail_addresses_hard_check CHECK ((hard > 0))
);

ALTER TABLE ONLY public.mail_addresses FORCE ROW LEVEL SECURITY;

ALTER TABLE public.mail_addresses OWNER TO clicarity_owner;

CREATE TABLE public.members (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    language text DEFAULT 'en'::text NOT NULL,
    password_hash text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    given text DEFAULT '{}'::text NOT NULL,
    suspended_at timestamp with time zone,
    left_at timestamp with time zone,
    seen_at timestamp with time zone,
    seen_on text DEFAULT ''::text NOT NULL,
    own_password boolean DEFAULT false NOT NULL,
    notice integer DEFAULT 0 NOT NULL,
    erased_at timestamp with time zone,
    letters text DEFAULT ''::text NOT NULL,
    CONSTRAINT members_letters_check CHECK ((letters = ANY (ARRAY[''::text, 'en'::text, 'hi'::text, 'mr'::text, 'gu'::text, 'ta'::text]))),
    CONSTRAINT members_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'manager'::text, 'supervisor'::text, 'operator'::text, 'vendor'::text, 'viewer'::text, 'support'::text, 'program'::text])))
);

ALTER TABLE ONLY public.members FORCE ROW LEVEL SECURITY;

ALTER TABLE public.members OWNER TO clicarity_owner;

CREATE TABLE public.news (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    edition integer NOT NULL,
    first text NOT NULL,
    texts jsonb NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    changed_by uuid NOT NULL,
    sent_at timestamp with time zone,
    sent_by uuid,
    CONSTRAINT news_check CHECK (((texts ? first) AND (length((texts)::text) <= 400000))),
    CONSTRAINT news_check1 CHECK (((sent_at IS NULL) = (sent_by IS NULL))),
    CONSTRAINT news_edition_check CHECK ((edition > 0))
);

ALTER TABLE ONLY public.news FORCE ROW LEVEL SECURITY;

ALTER TABLE public.news OWNER TO clicarity_owner;

CREATE TABLE public.nominees (
    org_id uuid NOT NULL,
    member_id uuid NOT NULL,
    name text NOT NULL,
    contact text NOT NULL,
    named_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.nominees FORCE ROW LEVEL SECURITY;

ALTER TABLE public.nominees OWNER TO clicarity_owner;

CREATE TABLE public.nonconformances (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    job_id uuid NOT NULL,
    stage text NOT NULL,
    number text NOT NULL,
    raised_at timestamp with time zone NOT NULL,
    due date,
    open boolean NOT NULL
);

ALTER TABLE ONLY public.nonconformances FORCE ROW LEVEL SECURITY;

ALTER TABLE public.nonconformances OWNER TO clicarity_owner;

CREATE TABLE public.number_series (
    org_id uuid NOT NULL,
    process_id uuid NOT NULL,
    year text NOT NULL,
    next_number integer NOT NULL
);

ALTER TABLE ONLY public.number_series FORCE ROW LEVEL SECURITY;

ALTER TABLE public.number_series OWNER TO clicarity_owner;

CREATE TABLE public.org_keys (
    org_id uuid NOT NULL,
    kind text NOT NULL,
    version integer NOT NULL,
    master text NOT NULL,
    wrapped bytea NOT NULL,
    made_at timestamp with time zone DEFAULT now() NOT NULL,
    retired_at timestamp with time zone,
    swept_at timestamp with time zone,
    CONSTRAINT org_keys_kind_check CHECK ((kind = ANY (ARRAY['data'::text, 'root'::text]))),
    CONSTRAINT org_keys_version_check CHECK ((version > 0))
);

ALTER TABLE ONLY public.org_keys FORCE ROW LEVEL SECURITY;

ALTER TABLE public.org_keys OWNER TO clicarity_owner;

CREATE TABLE public.organisations (
    org_id uuid NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    timezone text DEFAULT 'Asia/Kolkata'::text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    second_factor text DEFAULT ''::text NOT NULL,
    settings bigint DEFAULT 0 NOT NULL,
    support_until timestamp with time zone,
    person_figures text DEFAULT ''::text NOT NULL,
    trial_since timestamp with time zone,
    usage boolean DEFAULT true NOT NULL,
    keep_months integer,
    kept_by uuid,
    emptied_to timestamp with time zone,
    emptied_job uuid,
    CONSTRAINT organisations_keep_months_check CHECK (((keep_months >= 6) AND (keep_months <= 240))),
    CONSTRAINT organisations_person_figures_check CHECK ((length(person_figures) <= 500)),
    CONSTRAINT organisations_slug_check CHECK ((slug ~ '^[a-z0-9][a-z0-9-]{1,40}$'::text))
);

ALTER TABLE ONLY public.organisations FORCE ROW LEVEL SECURITY;

ALTER TABLE public.organisations OWNER TO clicarity_owner;

CREATE TABLE public.outbox (
    org_id uuid NOT NULL,
    number bigint NOT NULL,
    recipient text NOT NULL,
    kind text NOT NULL,
    key text NOT NULL,
    content bytea,
    created_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    until_at timestamp with time zone NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    sent_at timestamp with time zone,
    failed_at timestamp with time zone,
    failure text DEFAULT ''::text NOT NULL,
    offered_at timestamp with time zone,
    bounced_at timestamp with time zone,
    consent_of uuid,
    dropped boolean DEFAULT false NOT NULL
);

ALTER TABLE ONLY public.outbox FORCE ROW LEVEL SECURITY;

ALTER TABLE public.outbox OWNER TO clicarity_owner;

ALTER TABLE public.outbox ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.outbox_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.passkey_questions (
    org_id uuid NOT NULL,
    hash bytea NOT NULL,
    answered_at timestamp with time zone NOT NULL,
    CONSTRAINT passkey_questions_hash_check CHECK ((length(hash) = 32))
);

ALTER TABLE ONLY public.passkey_questions FORCE ROW LEVEL SECURITY;

ALTER TABLE public.passkey_questions OWNER TO clicarity_owner;

CREATE TABLE public.passkeys (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    member_id uuid NOT NULL,
    credential bytea NOT NULL,
    name text NOT NULL,
    body text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone
);

ALTER TABLE ONLY public.passkeys FORCE ROW LEVEL SECURITY;

ALTER TABLE public.passkeys OWNER TO clicarity_owner;

CREATE TABLE public.pictures (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    job_id uuid NOT NULL,
    stage text NOT NULL,
    member_id uuid NOT NULL,
    added_at timestamp with time zone NOT NULL,
    sent bytea NOT NULL,
    sha256 bytea NOT NULL,
    media text NOT NULL,
    bytes bytea NOT NULL,
    thumb bytea NOT NULL,
    kept boolean DEFAULT false NOT NULL,
    erased_at timestamp with time zone,
    CONSTRAINT pictures_bytes_check CHECK ((length(bytes) <= 4194304)),
    CONSTRAINT pictures_media_check CHECK ((media = ANY (ARRAY['image/jpeg'::text, 'image/png'::text]))),
    CONSTRAINT pictures_sent_check CHECK ((length(sent) = 32)),
    CONSTRAINT pictures_sha256_check CHECK ((length(sha256) = 32)),
    CONSTRAINT pictures_thumb_check CHECK ((length(thumb) <= 4194304))
);
ALTER TABLE ONLY public.pictures ALTER COLUMN bytes SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.pictures ALTER COLUMN thumb SET STORAGE EXTERNAL;

ALTER TABLE ONLY public.pictures FORCE ROW LEVEL SECURITY;

ALTER TABLE public.pictures OWNER TO clicarity_owner;

CREATE TABLE public.pin_tries (
    org_id uuid NOT NULL,
    device_id uuid NOT NULL,
    member_id uuid NOT NULL,
    wrong integer NOT NULL,
    locked_until timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.pin_tries FORCE ROW LEVEL SECURITY;

ALTER TABLE public.pin_tries OWNER TO clicarity_owner;

CREATE TABLE public.pins (
    org_id uuid NOT NULL,
    member_id uuid NOT NULL,
    hash text NOT NULL,
    set_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.pins FORCE ROW LEVEL SECURITY;

ALTER TABLE public.pins OWNER TO clicarity_owner;

CREATE TABLE public.policies (
    org_id uuid NOT NULL,
    kind text NOT NULL,
    version integer NOT NULL,
    body text NOT NULL,
    material boolean DEFAULT false NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    changed_by uuid NOT NULL,
    published_at timestamp with time zone,
    published_by uuid,
    effective_at timestamp with time zone,
    CONSTRAINT policies_body_check CHECK ((length(body) <= 100000)),
    CONSTRAINT policies_check CHECK ((((published_at IS NULL) = (published_by IS NULL)) AND ((published_at IS NULL) = (effective_at IS NULL)))),
    CONSTRAINT policies_check1 CHECK ((effective_at >= published_at)),
    CONSTRAINT policies_kind_check CHECK ((kind = ANY (ARRAY['privacy'::text, 'terms'::text]))),
    CONSTRAINT policies_version_check CHECK ((version > 1))
);

ALTER TABLE ONLY public.policies FORCE ROW LEVEL SECURITY;

ALTER TABLE public.policies OWNER TO clicarity_owner;

CREATE TABLE public.process_drafts (
    org_id uuid NOT NULL,
    process_id uuid NOT NULL,
    version integer NOT NULL,
    definition text NOT NULL,
    saved_by uuid NOT NULL,
    saved_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.process_drafts FORCE ROW LEVEL SECURITY;

ALTER TABLE public.process_drafts OWNER TO clicarity_owner;

CREATE TABLE public.process_versions (
    org_id uuid NOT NULL,
    process_id uuid NOT NULL,
    version integer NOT NULL,
    definition text NOT NULL
);

ALTER TABLE ONLY public.process_versions FORCE ROW LEVEL SECURITY;

ALTER TABLE public.process_versions OWNER TO clicarity_owner;

CREATE TABLE public.processes (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    version integer NOT NULL,
    next_number integer DEFAULT 1 NOT NULL
);

ALTER TABLE ONLY public.processes FORCE ROW LEVEL SECURITY;

ALTER TABLE public.processes OWNER TO clicarity_owner;

CREATE TABLE public.receipts (
    org_id uuid NOT NULL,
    command_id uuid NOT NULL,
    fingerprint bytea NOT NULL,
    first_seq bigint NOT NULL,
    last_seq bigint NOT NULL,
    jobs text NOT NULL
);

ALTER TABLE ONLY public.receipts FORCE ROW LEVEL SECURITY;

ALTER TABLE public.receipts OWNER TO clicarity_owner;

CREATE TABLE public.recovery_codes (
    org_id uuid NOT NULL,
    member_id uuid NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT recovery_codes_hash_check CHECK ((length(hash) = 32))
);

ALTER TABLE ONLY public.recovery_codes FORCE ROW LEVEL SECURITY;

ALTER TABLE public.recovery_codes OWNER TO clicarity_owner;

CREATE TABLE public.redactions (
    org_id uuid NOT NULL,
    entry bigint NOT NULL,
    job_id uuid NOT NULL,
    seq bigint,
    picture_id uuid,
    content bytea NOT NULL,
    hash bytea NOT NULL,
    reason text NOT NULL,
    CONSTRAINT redactions_check CHECK (((seq IS NULL) <> (picture_id IS NULL))),
    CONSTRAINT redactions_content_check CHECK ((length(content) = 32)),
    CONSTRAINT redactions_hash_check CHECK ((length(hash) = 32)),
    CONSTRAINT redactions_reason_check CHECK ((reason = ANY (ARRAY['erasure'::text, 'request'::text, 'retention'::text])))
);

ALTER TABLE ONLY public.redactions FORCE ROW LEVEL SECURITY;

ALTER TABLE public.redactions OWNER TO clicarity_owner;

CREATE TABLE public.resets (
    org_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    member_id uuid NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT resets_token_hash_check CHECK ((length(token_hash) = 32))
);

ALTER TABLE ONLY public.resets FORCE ROW LEVEL SECURITY;

ALTER TABLE public.resets OWNER TO clicarity_owner;

CREATE TABLE public.rights_checks (
    org_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    language text NOT NULL,
    body text NOT NULL,
    until_at timestamp with time zone NOT NULL,
    CONSTRAINT rights_checks_body_check CHECK ((length(body) <= 4000)),
    CONSTRAINT rights_checks_kind_check CHECK ((kind = ANY (ARRAY['access'::text, 'correction'::text, 'erasure'::text, 'withdrawal'::text, 'grievance'::text]))),
    CONSTRAINT rights_checks_token_hash_check CHECK ((length(token_hash) = 32))
);

ALTER TABLE ONLY public.rights_checks FORCE ROW LEVEL SECURITY;

ALTER TABLE public.rights_checks OWNER TO clicarity_owner;

CREATE TABLE public.rights_mentions (
    org_id uuid NOT NULL,
    request_id uuid NOT NULL,
    place text NOT NULL,
    row_key text NOT NULL
);

ALTER TABLE ONLY public.rights_mentions FORCE ROW LEVEL SECURITY;

ALTER TABLE public.rights_mentions OWNER TO clicarity_owner;

CREATE TABLE public.rights_requests (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    member_id uuid,
    name text DEFAULT ''::text NOT NULL,
    contact text DEFAULT ''::text NOT NULL,
    language text DEFAULT 'en'::text NOT NULL,
    body text DEFAULT ''::text NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    erase_at timestamp with time zone,
    reminded text DEFAULT ''::text NOT NULL,
    answered_at timestamp with time zone,
    answer text DEFAULT ''::text NOT NULL,
    handled_by uuid,
    CONSTRAINT rights_requests_answer_check CHECK ((length(answer) <= 4000)),
    CONSTRAINT rights_requests_body_check CHECK ((length(body) <= 4000)),
    CONSTRAINT rights_requests_check CHECK (((erase_at IS NULL) OR (kind = 'erasure'::text))),
    CONSTRAINT rights_requests_check1 CHECK (((state = 'planned'::text) = ((erase_at IS NOT NULL) AND (answered_at IS NULL)))),
    CONSTRAINT rights_requests_kind_check CHECK ((kind = ANY (ARRAY['access'::text, 'correction'::text, 'erasure'::text, 'withdrawal'::text, 'nomination'::text, 'grievance'::text]))),
    CONSTRAINT rights_requests_reminded_check CHECK ((reminded = ANY (ARRAY[''::text, '10'::text, '2'::text, 'late'::text]))),
    CONSTRAINT rights_requests_state_check CHECK ((state = ANY (ARRAY['open'::text, 'planned'::text, 'answered'::text, 'refused'::text, 'cancelled'::text])))
);

ALTER TABLE ONLY public.rights_requests FORCE ROW LEVEL SECURITY;

ALTER TABLE public.rights_requests OWNER TO clicarity_owner;

CREATE TABLE public.rights_steps (
    org_id uuid NOT NULL,
    request_id uuid NOT NULL,
    n integer NOT NULL,
    at timestamp with time zone NOT NULL,
    by uuid,
    what text NOT NULL,
    CONSTRAINT rights_steps_what_check CHECK ((what = ANY (ARRAY['opened'::text, 'planned'::text, 'cancelled'::text, 'answered'::text, 'refused'::text, 'reminded_10'::text, 'reminded_2'::text, 'reminded_late'::text, 'downloaded'::text, 'searched'::text, 'chosen'::text, 'corrected'::text, 'blocked'::text, 'erased'::text])))
);

ALTER TABLE ONLY public.rights_steps FORCE ROW LEVEL SECURITY;

ALTER TABLE public.rights_steps OWNER TO clicarity_owner;

CREATE TABLE public.schema_migrations (
    name text NOT NULL,
    sha256 text NOT NULL,
    ran_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE public.schema_migrations OWNER TO clicarity_owner;

CREATE TABLE public.sessions (
    org_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    member_id uuid NOT NULL,
    device text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    via text DEFAULT ''::text NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    idle_seconds integer DEFAULT 43200 NOT NULL,
    device_id uuid,
    grant_id uuid,
    factor boolean DEFAULT false NOT NULL,
    stale boolean DEFAULT false NOT NULL,
    was_hash bytea,
    was_until timestamp with time zone,
    CONSTRAINT sessions_via_check CHECK ((via = ANY (ARRAY[''::text, 'floor'::text, 'pending'::text, 'support'::text, 'try'::text])))
);

ALTER TABLE ONLY public.sessions FORCE ROW LEVEL SECURITY;

ALTER TABLE public.sessions OWNER TO clicarity_owner;

CREATE TABLE public.site_consents (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    choices text NOT NULL,
    language text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT site_consents_choices_check CHECK ((choices = ANY (ARRAY['a0'::text, 'a1'::text])))
);

ALTER TABLE ONLY public.site_consents FORCE ROW LEVEL SECURITY;

ALTER TABLE public.site_consents OWNER TO clicarity_owner;

CREATE TABLE public.sites (
    org_id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL
);

ALTER TABLE ONLY public.sites FORCE ROW LEVEL SECURITY;

ALTER TABLE public.sites OWNER TO clicarity_owner;

CREATE TABLE public.support_grants (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    reason text NOT NULL,
    help boolean NOT NULL,
    given text NOT NULL,
    token_hash bytea NOT NULL,
    granted_by uuid NOT NULL,
    granted_at timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL,
    bound_hash bytea,
    member_id uuid,
    opened_at timestamp with time zone,
    ended_at timestamp with time zone,
    ended_by uuid,
    CONSTRAINT support_grants_bound_hash_check CHECK ((length(bound_hash) = 32)),
    CONSTRAINT support_grants_check CHECK (((until > granted_at) AND (until <= (granted_at + '72:00:00'::interval)))),
    CONSTRAINT support_grants_token_hash_check CHECK ((length(token_hash) = 32))
);

ALTER TABLE ONLY public.support_grants FORCE ROW LEVEL SECURITY;

ALTER TABLE public.support_grants OWNER TO clicarity_owner;

CREATE TABLE public.tallies (
    org_id uuid NOT NULL,
    by text NOT NULL,
    day date NOT NULL,
    process_id uuid NOT NULL,
    stage text NOT NULL,
    site text NOT NULL,
    value text NOT NULL,
    sums bytea NOT NULL,
    dists bytea NOT NULL
);

ALTER TABLE ONLY public.tallies FORCE ROW LEVEL SECURITY;

ALTER TABLE public.tallies OWNER TO clicarity_owner;

CREATE TABLE public.tokens (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    member_id uuid NOT NULL,
    hash bytea NOT NULL,
    grants text[] NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    used_at timestamp with time zone,
    CONSTRAINT tokens_hash_check CHECK ((length(hash) = 32))
);

ALTER TABLE ONLY public.tokens FORCE ROW LEVEL SECURITY;

ALTER TABLE public.tokens OWNER TO clicarity_owner;

CREATE TABLE public.told (
    org_id uuid NOT NULL,
    member_id uuid NOT NULL,
    topic text NOT NULL,
    at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.told FORCE ROW LEVEL SECURITY;

ALTER TABLE public.told OWNER TO clicarity_owner;

CREATE TABLE public.trials (
    org_id uuid NOT NULL,
    tried_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    operator_id uuid NOT NULL,
    made_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone
);

ALTER TABLE ONLY public.trials FORCE ROW LEVEL SECURITY;

ALTER TABLE public.trials OWNER TO clicarity_owner;

CREATE TABLE public.tv_codes (
    org_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    code_hash bytea NOT NULL,
    until timestamp with time zone NOT NULL,
    seen_on text NOT NULL,
    claimed_by uuid,
    CONSTRAINT tv_codes_code_hash_check CHECK ((length(code_hash) = 32)),
    CONSTRAINT tv_codes_token_hash_check CHECK ((length(token_hash) = 32))
);

ALTER TABLE ONLY public.tv_codes FORCE ROW LEVEL SECURITY;

ALTER TABLE public.tv_codes OWNER TO clicarity_owner;

CREATE TABLE public.uploads (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    member_id uuid NOT NULL,
    file_name text NOT NULL,
    content text NOT NULL,
    mapping text NOT NULL,
    created_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.uploads FORCE ROW LEVEL SECURITY;

ALTER TABLE public.uploads OWNER TO clicarity_owner;

CREATE TABLE public.usage (
    org_id uuid NOT NULL,
    week date NOT NULL,
    feature text NOT NULL,
    n bigint NOT NULL,
    CONSTRAINT usage_feature_check CHECK ((feature ~ '^[a-z]{1,20}$'::text)),
    CONSTRAINT usage_n_check CHECK ((n > 0)),
    CONSTRAINT usage_week_check CHECK ((EXTRACT(isodow FROM week) = (1)::numeric))
);

ALTER TABLE ONLY public.usage FORCE ROW LEVEL SECURITY;

ALTER TABLE public.usage OWNER TO clicarity_owner;

CREATE TABLE public.usage_told (
    org_id uuid NOT NULL,
    week date NOT NULL,
    feature text NOT NULL,
    organisations bigint NOT NULL,
    n bigint NOT NULL,
    CONSTRAINT usage_told_n_check CHECK (((n % (5)::bigint) = 0)),
    CONSTRAINT usage_told_organisations_check CHECK (((organisations >= 5) AND ((organisations % (5)::bigint) = 0)))
);

ALTER TABLE ONLY public.usage_told FORCE ROW LEVEL SECURITY;

ALTER TABLE public.usage_told OWNER TO clicarity_owner;

CREATE TABLE public.vendors (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    place text DEFAULT ''::text NOT NULL,
    member_id uuid
);

ALTER TABLE ONLY public.vendors FORCE ROW LEVEL SECURITY;

ALTER TABLE public.vendors OWNER TO clicarity_owner;

CREATE TABLE public.walks (
    org_id uuid NOT NULL,
    kind text NOT NULL,
    key text NOT NULL,
    begun_at timestamp with time zone NOT NULL,
    told_to uuid,
    done_at timestamp with time zone,
    written integer DEFAULT 0 NOT NULL,
    unreachable integer DEFAULT 0 NOT NULL,
    sent integer DEFAULT 0 NOT NULL,
    failed integer DEFAULT 0 NOT NULL,
    bounced integer DEFAULT 0 NOT NULL,
    dropped integer DEFAULT 0 NOT NULL,
    counted_at timestamp with time zone,
    CONSTRAINT walks_kind_check CHECK ((kind = ANY (ARRAY['policy_change'::text, 'news'::text])))
);

ALTER TABLE ONLY public.walks FORCE ROW LEVEL SECURITY;

ALTER TABLE public.walks OWNER TO clicarity_owner;

CREATE TABLE public.wizards (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    body text NOT NULL,
    changed_by uuid NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    done_at timestamp with time zone
);

ALTER TABLE ONLY public.wizards FORCE ROW LEVEL SECURITY;

ALTER TABLE public.wizards OWNER TO clicarity_owner;

CREATE TABLE public.word_parts (
    org_id uuid NOT NULL,
    part text NOT NULL COLLATE pg_catalog."C",
    word text NOT NULL COLLATE pg_catalog."C"
);

ALTER TABLE ONLY public.word_parts FORCE ROW LEVEL SECURITY;

ALTER TABLE public.word_parts OWNER TO clicarity_owner;

CREATE TABLE public.words (
    org_id uuid NOT NULL,
    version integer NOT NULL,
    body jsonb NOT NULL,
    changed_by uuid NOT NULL,
    changed_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.words FORCE ROW LEVEL SECURITY;

ALTER TABLE public.words OWNER TO clicarity_owner;

CREATE TABLE public.work (
    org_id uuid NOT NULL,
    job_id uuid NOT NULL,
    stage text NOT NULL,
    process_id uuid NOT NULL,
    status text NOT NULL,
    on_hand numeric(18,6) NOT NULL,
    ready_at timestamp with time zone NOT NULL,
    station text DEFAULT ''::text NOT NULL,
    awaits uuid,
    assigned uuid,
    due date DEFAULT '9999-12-31'::date NOT NULL,
    away boolean DEFAULT false NOT NULL,
    again boolean DEFAULT false NOT NULL,
    quiet_at timestamp with time zone NOT NULL
)
WITH (fillfactor='80', autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_insert_scale_factor='0.02');

ALTER TABLE ONLY public.work FORCE ROW LEVEL SECURITY;

ALTER TABLE public.work OWNER TO clicarity_owner;

ALTER TABLE ONLY public.access_reviews
    ADD CONSTRAINT access_reviews_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.audit_heads
    ADD CONSTRAINT audit_heads_pkey PRIMARY KEY (org_id);

ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (org_id, seq);

ALTER TABLE ONLY public.authenticators
    ADD CONSTRAINT authenticators_pkey PRIMARY KEY (org_id, member_id);

ALTER TABLE ONLY public.badges
    ADD CONSTRAINT badges_org_id_token_hash_key UNIQUE (org_id, token_hash);

ALTER TABLE ONLY public.badges
    ADD CONSTRAINT badges_pkey PRIMARY KEY (org_id, member_id);

ALTER TABLE ONLY public.board_views
    ADD CONSTRAINT board_views_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.bookings
    ADD CONSTRAINT bookings_pkey PRIMARY KEY (org_id, invitee);

ALTER TABLE ONLY public.breach_steps
    ADD CONSTRAINT breach_steps_org_id_id_key UNIQUE (org_id, id);

ALTER TABLE ONLY public.breach_steps
    ADD CONSTRAINT breach_steps_pkey PRIMARY KEY (org_id, breach_id, n);

ALTER TABLE ONLY public.breaches
    ADD CONSTRAINT breaches_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.busy_days
    ADD CONSTRAINT busy_days_pkey PRIMARY KEY (org_id, day, process_id, stage, site, station);

ALTER TABLE ONLY public.calendar_changes
    ADD CONSTRAINT calendar_changes_pkey PRIMARY KEY (org_id, code, version);

ALTER TABLE ONLY public.calendars
    ADD CONSTRAINT calendars_pkey PRIMARY KEY (org_id, code);

ALTER TABLE ONLY public.calendly_watch
    ADD CONSTRAINT calendly_watch_pkey PRIMARY KEY (org_id);

ALTER TABLE ONLY public.challan_lines
    ADD CONSTRAINT challan_lines_pkey PRIMARY KEY (org_id, number, job_id, stage);

ALTER TABLE ONLY public.challan_series
    ADD CONSTRAINT challan_series_pkey PRIMARY KEY (org_id, year);

ALTER TABLE ONLY public.challans
    ADD CONSTRAINT challans_pkey PRIMARY KEY (org_id, number);

ALTER TABLE ONLY public.closures
    ADD CONSTRAINT closures_pkey PRIMARY KEY (org_id);

ALTER TABLE ONLY public.column_maps
    ADD CONSTRAINT column_maps_pkey PRIMARY KEY (org_id, header_key);

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_pkey PRIMARY KEY (org_id, number);

ALTER TABLE ONLY public.devices
    ADD CONSTRAINT devices_org_id_name_key UNIQUE (org_id, name);

ALTER TABLE ONLY public.devices
    ADD CONSTRAINT devices_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.drills
    ADD CONSTRAINT drills_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.enquiries
    ADD CONSTRAINT enquiries_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.enquiry_steps
    ADD CONSTRAINT enquiry_steps_pkey PRIMARY KEY (org_id, enquiry_id, id);

ALTER TABLE ONLY public.erased_guests
    ADD CONSTRAINT erased_guests_pkey PRIMARY KEY (org_id, digest);

ALTER TABLE ONLY public.facts
    ADD CONSTRAINT facts_pkey PRIMARY KEY (org_id, job_id, kind, n);

ALTER TABLE ONLY public.files
    ADD CONSTRAINT files_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.followers
    ADD CONSTRAINT followers_pkey PRIMARY KEY (org_id, name);

ALTER TABLE ONLY public.forecast_days
    ADD CONSTRAINT forecast_days_pkey PRIMARY KEY (org_id, process_id, day);

ALTER TABLE ONLY public.forecast_late
    ADD CONSTRAINT forecast_late_pkey PRIMARY KEY (org_id, job_id);

ALTER TABLE ONLY public.forecast_models
    ADD CONSTRAINT forecast_models_pkey PRIMARY KEY (org_id, process_id);

ALTER TABLE ONLY public.forecast_nights
    ADD CONSTRAINT forecast_nights_pkey PRIMARY KEY (org_id);

ALTER TABLE ONLY public.head_mails
    ADD CONSTRAINT head_mails_pkey PRIMARY KEY (org_id, member_id);

ALTER TABLE ONLY public.identity_providers
    ADD CONSTRAINT identity_providers_pkey PRIMARY KEY (org_id);

ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_org_id_token_hash_key UNIQUE (org_id, token_hash);

ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.job_lots
    ADD CONSTRAINT job_lots_pkey PRIMARY KEY (org_id, lot_key, way, job_id, stage, place);

ALTER TABLE ONLY public.job_terms
    ADD CONSTRAINT job_terms_pkey PRIMARY KEY (org_id, process_id, status, term, due, job_id);

ALTER TABLE ONLY public.job_waste
    ADD CONSTRAINT job_waste_pkey PRIMARY KEY (org_id, job_id, stage);

ALTER TABLE ONLY public.job_words
    ADD CONSTRAINT job_words_pkey PRIMARY KEY (org_id, word, job_id);

ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_number UNIQUE (org_id, number_key);

ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.link_challans
    ADD CONSTRAINT link_challans_pkey PRIMARY KEY (org_id, link_id, number);

ALTER TABLE ONLY public.links
    ADD CONSTRAINT links_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.log_heads
    ADD CONSTRAINT log_heads_pkey PRIMARY KEY (org_id);

ALTER TABLE ONLY public.login_proofs
    ADD CONSTRAINT login_proofs_pkey PRIMARY KEY (org_id, token_hash);

ALTER TABLE ONLY public.logins
    ADD CONSTRAINT logins_pkey PRIMARY KEY (org_id, login);

ALTER TABLE ONLY public.mail_addresses
    ADD CONSTRAINT mail_addresses_pkey PRIMARY KEY (org_id, address);

ALTER TABLE ONLY public.members
    ADD CONSTRAINT members_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.movements
    ADD CONSTRAINT movements_pkey PRIMARY KEY (org_id, seq);

ALTER TABLE ONLY public.news
    ADD CONSTRAINT news_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.nominees
    ADD CONSTRAINT nominees_pkey PRIMARY KEY (org_id, member_id);

ALTER TABLE ONLY public.nonconformances
    ADD CONSTRAINT nonconformances_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.number_series
    ADD CONSTRAINT number_series_pkey PRIMARY KEY (org_id, process_id, year);

ALTER TABLE ONLY public.org_keys
    ADD CONSTRAINT org_keys_pkey PRIMARY KEY (org_id, kind, version);

ALTER TABLE ONLY public.organisations
    ADD CONSTRAINT organisations_pkey PRIMARY KEY (org_id);

ALTER TABLE ONLY public.organisations
    ADD CONSTRAINT organisations_slug_key UNIQUE (slug);

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_org_id_kind_key_recipient_key UNIQUE (org_id, kind, key, recipient);

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (org_id, number);

ALTER TABLE ONLY public.passkey_questions
    ADD CONSTRAINT passkey_questions_pkey PRIMARY KEY (org_id, hash);

ALTER TABLE ONLY public.passkeys
    ADD CONSTRAINT passkeys_org_id_credential_key UNIQUE (org_id, credential);

ALTER TABLE ONLY public.passkeys
    ADD CONSTRAINT passkeys_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.pictures
    ADD CONSTRAINT pictures_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.pin_tries
    ADD CONSTRAINT pin_tries_pkey PRIMARY KEY (org_id, device_id, member_id);

ALTER TABLE ONLY public.pins
    ADD CONSTRAINT pins_pkey PRIMARY KEY (org_id, member_id);

ALTER TABLE ONLY public.policies
    ADD CONSTRAINT policies_pkey PRIMARY KEY (org_id, kind, version);

ALTER TABLE ONLY public.process_drafts
    ADD CONSTRAINT process_drafts_pkey PRIMARY KEY (org_id, process_id);

ALTER TABLE ONLY public.process_versions
    ADD CONSTRAINT process_versions_pkey PRIMARY KEY (org_id, process_id, version);

ALTER TABLE ONLY public.processes
    ADD CONSTRAINT processes_org_id_name_key UNIQUE (org_id, name);

ALTER TABLE ONLY public.processes
    ADD CONSTRAINT processes_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.receipts
    ADD CONSTRAINT receipts_pkey PRIMARY KEY (org_id, command_id);

ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_pkey PRIMARY KEY (org_id, member_id, hash);

ALTER TABLE ONLY public.redactions
    ADD CONSTRAINT redactions_pkey PRIMARY KEY (org_id, entry);

ALTER TABLE ONLY public.resets
    ADD CONSTRAINT resets_pkey PRIMARY KEY (org_id, token_hash);

ALTER TABLE ONLY public.rights_checks
    ADD CONSTRAINT rights_checks_pkey PRIMARY KEY (org_id, token_hash);

ALTER TABLE ONLY public.rights_mentions
    ADD CONSTRAINT rights_mentions_pkey PRIMARY KEY (org_id, request_id, place, row_key);

ALTER TABLE ONLY public.rights_requests
    ADD CONSTRAINT rights_requests_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.rights_steps
    ADD CONSTRAINT rights_steps_pkey PRIMARY KEY (org_id, request_id, n);

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (org_id, token_hash);

ALTER TABLE ONLY public.site_consents
    ADD CONSTRAINT site_consents_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.sites
    ADD CONSTRAINT sites_org_id_name_key UNIQUE (org_id, name);

ALTER TABLE ONLY public.sites
    ADD CONSTRAINT sites_pkey PRIMARY KEY (org_id, code);

ALTER TABLE ONLY public.support_grants
    ADD CONSTRAINT support_grants_org_id_token_hash_key UNIQUE (org_id, token_hash);

ALTER TABLE ONLY public.support_grants
    ADD CONSTRAINT support_grants_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.tallies
    ADD CONSTRAINT tallies_pkey PRIMARY KEY (org_id, by, day, process_id, stage, site, value);

ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.told
    ADD CONSTRAINT told_pkey PRIMARY KEY (org_id, member_id, topic);

ALTER TABLE ONLY public.trials
    ADD CONSTRAINT trials_pkey PRIMARY KEY (org_id, tried_id);

ALTER TABLE ONLY public.tv_codes
    ADD CONSTRAINT tv_codes_pkey PRIMARY KEY (org_id, token_hash);

ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT uploads_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.usage
    ADD CONSTRAINT usage_pkey PRIMARY KEY (org_id, week, feature);

ALTER TABLE ONLY public.usage_told
    ADD CONSTRAINT usage_told_pkey PRIMARY KEY (org_id, week, feature);

ALTER TABLE ONLY public.vendors
    ADD CONSTRAINT vendors_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.walks
    ADD CONSTRAINT walks_pkey PRIMARY KEY (org_id, kind, key);

ALTER TABLE ONLY public.wizards
    ADD CONSTRAINT wizards_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.word_parts
    ADD CONSTRAINT word_parts_pkey PRIMARY KEY (org_id, part, word);

ALTER TABLE ONLY public.words
    ADD CONSTRAINT words_pkey PRIMARY KEY (org_id, version);

ALTER TABLE ONLY public.work
    ADD CONSTRAINT work_pkey PRIMARY KEY (org_id, job_id, stage);

CREATE INDEX access_reviews_newest ON public.access_reviews USING btree (org_id, reviewed_at, id);

CREATE INDEX audit_at ON public.audit USING btree (org_id, at, seq);

CREATE INDEX audit_member ON public.audit USING btree (org_id, member_id, at, seq) WHERE (member_id IS NOT NULL);

CREATE INDEX board_views_list ON public.board_views USING btree (org_id, member_id, place);

CREATE INDEX bookings_end ON public.bookings USING btree (org_id, erase_after);

CREATE INDEX bookings_enquiry ON public.bookings USING btree (org_id, enquiry_id);

CREATE INDEX bookings_new ON public.bookings USING btree (org_id, new_invitee) WHERE (new_invitee <> ''::text);

CREATE INDEX breaches_newest ON public.breaches USING btree (org_id, noticed_at, id);

CREATE UNIQUE INDEX calendars_standard ON public.calendars USING btree (org_id) WHERE standard;

CREATE INDEX challan_lines_open ON public.challan_lines USING btree (org_id, number) WHERE (left_there > (0)::numeric);

CREATE INDEX challans_vendor ON public.challans USING btree (org_id, vendor_id, sent_at DESC);

CREATE INDEX consents_subject ON public.consents USING btree (org_id, subject, purpose, number);

CREATE UNIQUE INDEX devices_pair ON public.devices USING btree (org_id, pair_hash) WHERE (pair_hash IS NOT NULL);

CREATE UNIQUE INDEX devices_token ON public.devices USING btree (org_id, token_hash) WHERE (token_hash IS NOT NULL);

CREATE INDEX drills_newest ON public.drills USING btree (org_id, began_at, id);

CREATE INDEX enquiries_end ON public.enquiries USING btree (org_id, erase_after);

CREATE INDEX enquiries_list ON public.enquiries USING btree (org_id, state, reply_by, id);

CREATE INDEX enquiries_mark ON public.enquiries USING btree (org_id, mark);

CREATE INDEX erased_guests_old ON public.erased_guests USING btree (org_id, erased_at);

CREATE INDEX facts_began ON public.facts USING btree (org_id, kind, process_id, since, job_id, n) WHERE (kind = ANY (ARRAY['job'::text, 'trip'::text]));

CREATE INDEX facts_customer ON public.facts USING btree (org_id, customer, kind, day, at) WHERE (customer <> ''::text);

CREATE INDEX facts_ended ON public.facts USING btree (org_id, kind, process_id, at, job_id, n, stage) WHERE (day < '9999-12-31'::date);

CREATE INDEX facts_open ON public.facts USING btree (org_id, kind, process_id, since, job_id, n, stage) WHERE (day = '9999-12-31'::date);

CREATE INDEX facts_product ON public.facts USING btree (org_id, product, kind, day, at) WHERE (product <> ''::text);

CREATE INDEX files_erased ON public.files USING btree (org_id, id) WHERE ((sealed_key IS NULL) AND (object IS NOT NULL));

CREATE INDEX files_job ON public.files USING btree (org_id, job_id) WHERE kept;

CREATE INDEX files_scan ON public.files USING btree (org_id, scan_at, id) WHERE ((scan = ANY (ARRAY['off'::text, 'waiting'::text])) AND (sealed_key IS NOT NULL));

CREATE INDEX files_unused ON public.files USING btree (org_id, added_at) WHERE (NOT kept);

CREATE INDEX forecast_late_due ON public.forecast_late USING btree (org_id, process_id, due, job_id);

CREATE INDEX invitations_inviter ON public.invitations USING btree (org_id, invited_by);

CREATE INDEX invitations_open ON public.invitations USING btree (org_id, created_at) WHERE ((used_at IS NULL) AND (revoked_at IS NULL));

CREATE INDEX job_lots_job ON public.job_lots USING btree (org_id, job_id);

CREATE INDEX job_terms_job ON public.job_terms USING btree (org_id, job_id);

CREATE INDEX job_waste_share ON public.job_waste USING btree (org_id, process_id, stage, share, job_id);

CREATE INDEX job_words_job ON public.job_words USING btree (org_id, job_id);

CREATE INDEX jobs_board ON public.jobs USING btree (org_id, process_id, status, due, id);

CREATE INDEX jobs_editions ON public.jobs USING btree (org_id, process_id, version, id) WHERE (status = 'open'::text);

CREATE INDEX jobs_family ON public.jobs USING btree (org_id, parent_id) WHERE (parent_id IS NOT NULL);

CREATE INDEX jobs_left ON public.jobs USING btree (org_id, process_id, left_at, id) WHERE (left_at IS NOT NULL);

CREATE INDEX jobs_left_at ON public.jobs USING btree (org_id, left_at, id) WHERE (left_at IS NOT NULL);

CREATE INDEX jobs_site ON public.jobs USING btree (org_id, process_id, status, site, due, id) WHERE (site <> ''::text);

CREATE INDEX link_challans_number ON public.link_challans USING btree (org_id, number);

CREATE INDEX links_job ON public.links USING btree (org_id, job_id, created_at) WHERE (job_id IS NOT NULL);

CREATE INDEX links_vendor ON public.links USING btree (org_id, vendor_id, created_at) WHERE (vendor_id IS NOT NULL);

CREATE INDEX login_proofs_until ON public.login_proofs USING btree (org_id, until_at);

CREATE INDEX logins_login ON public.logins USING btree (login);

CREATE INDEX movements_job ON public.movements USING btree (org_id, job_id, seq);

CREATE INDEX news_changer ON public.news USING btree (org_id, changed_by);

CREATE INDEX news_newest ON public.news USING btree (org_id, COALESCE(sent_at, 'infinity'::timestamp with time zone) DESC, id);

CREATE INDEX nonconformances_job ON public.nonconformances USING btree (org_id, job_id);

CREATE INDEX nonconformances_list ON public.nonconformances USING btree (org_id, open, raised_at DESC, id);

CREATE INDEX outbox_counted ON public.outbox USING btree (org_id, kind, key);

CREATE INDEX outbox_due ON public.outbox USING btree (org_id, due_at, number) WHERE ((sent_at IS NULL) AND (failed_at IS NULL));

CREATE INDEX outbox_old ON public.outbox USING btree (org_id, created_at);

CREATE INDEX outbox_recent ON public.outbox USING btree (org_id, number DESC);

CREATE INDEX passkey_questions_old ON public.passkey_questions USING btree (org_id, answered_at);

CREATE INDEX passkeys_member ON public.passkeys USING btree (org_id, member_id);

CREATE INDEX pictures_unused ON public.pictures USING btree (org_id, added_at) WHERE (NOT kept);

CREATE INDEX policies_changer ON public.policies USING btree (org_id, changed_by);

CREATE UNIQUE INDEX policies_draft ON public.policies USING btree (org_id, kind) WHERE (published_at IS NULL);

CREATE INDEX redactions_picture ON public.redactions USING btree (org_id, picture_id) WHERE (picture_id IS NOT NULL);

CREATE INDEX redactions_seq ON public.redactions USING btree (org_id, seq) WHERE (seq IS NOT NULL);

CREATE INDEX resets_expiry ON public.resets USING btree (org_id, expires_at);

CREATE INDEX resets_member ON public.resets USING btree (org_id, member_id);

CREATE INDEX rights_checks_until ON public.rights_checks USING btree (org_id, until_at);

CREATE INDEX rights_requests_done ON public.rights_requests USING btree (org_id, answered_at, id) WHERE (answered_at IS NOT NULL);

CREATE INDEX rights_requests_due ON public.rights_requests USING btree (org_id, due_at, id) WHERE (answered_at IS NULL);

CREATE INDEX rights_requests_mine ON public.rights_requests USING btree (org_id, member_id, opened_at) WHERE (member_id IS NOT NULL);

CREATE INDEX sessions_device ON public.sessions USING btree (org_id, device_id) WHERE (device_id IS NOT NULL);

CREATE INDEX sessions_expiry ON public.sessions USING btree (org_id, expires_at);

CREATE UNIQUE INDEX sessions_id ON public.sessions USING btree (org_id, id);

CREATE INDEX sessions_member ON public.sessions USING btree (org_id, member_id);

CREATE UNIQUE INDEX sessions_was ON public.sessions USING btree (org_id, was_hash) WHERE (was_hash IS NOT NULL);

CREATE INDEX site_consents_old ON public.site_consents USING btree (org_id, at);

CREATE INDEX support_grants_newest ON public.support_grants USING btree (org_id, granted_at, id);

CREATE INDEX support_grants_open ON public.support_grants USING btree (org_id, until) WHERE (ended_at IS NULL);

CREATE INDEX tallies_value ON public.tallies USING btree (org_id, by, value, day) WHERE (value <> ''::text);

CREATE UNIQUE INDEX tokens_hash ON public.tokens USING btree (org_id, hash);

CREATE INDEX tokens_list ON public.tokens USING btree (org_id, created_at DESC, id);

CREATE INDEX trials_open ON public.trials USING btree (org_id, made_at) WHERE (ended_at IS NULL);

CREATE UNIQUE INDEX tv_codes_code ON public.tv_codes USING btree (org_id, code_hash);

CREATE INDEX tv_codes_until ON public.tv_codes USING btree (org_id, until);

CREATE INDEX work_assigned ON public.work USING btree (org_id, assigned, ready_at, job_id) WHERE (assigned IS NOT NULL);

CREATE INDEX work_awaits ON public.work USING btree (org_id, awaits) WHERE (awaits IS NOT NULL);

CREATE INDEX work_queue ON public.work USING btree (org_id, process_id, stage, ready_at, job_id) INCLUDE (status, due, quiet_at);

CREATE INDEX work_station ON public.work USING btree (org_id, station) WHERE (station <> ''::text);

CREATE TRIGGER audit_immutable BEFORE DELETE OR UPDATE ON public.audit FOR EACH ROW EXECUTE FUNCTION public.refuse_audit_change();

CREATE TRIGGER audit_not_truncated BEFORE TRUNCATE ON public.audit FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_audit_change();

CREATE TRIGGER audited AFTER INSERT ON public.access_reviews FOR EACH ROW EXECUTE FUNCTION public.audited('access_review', 'id', 'members');

CREATE TRIGGER audited AFTER INSERT OR DELETE ON public.authenticators FOR EACH ROW EXECUTE FUNCTION public.audited('authenticator', 'member_id');

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.badges FOR EACH ROW EXECUTE FUNCTION public.audited('badge', 'member_id', '', 'token_hash');

CREATE TRIGGER audited AFTER INSERT ON public.breach_steps FOR EACH ROW EXECUTE FUNCTION public.audited('breach_step', 'breach_id', 'kind');

CREATE TRIGGER audited AFTER INSERT ON public.breaches FOR EACH ROW EXECUTE FUNCTION public.audited('breach', 'id', 'noticed_at');

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.calendars FOR EACH ROW EXECUTE FUNCTION public.audited('calendar', 'code', 'version standard');

CREATE TRIGGER audited AFTER INSERT OR UPDATE OF closed_at, undo_until, delete_from, undone_at ON public.closures FOR EACH ROW WHEN ((CURRENT_USER = 'clicarity_app'::name)) EXECUTE FUNCTION public.audited('closure', 'org_id', 'closed_at undo_until delete_from undone_at');

CREATE TRIGGER audited AFTER INSERT OR DELETE ON public.head_mails FOR EACH ROW EXECUTE FUNCTION public.audited('head_mail', 'member_id');

CREATE TRIGGER audited AFTER INSERT OR UPDATE ON public.invitations FOR EACH ROW EXECUTE FUNCTION public.audited('invitation', 'id', 'role given invited_by used_by revoked_at');

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.links FOR EACH ROW EXECUTE FUNCTION public.audited('link', 'id', 'kind vendor_id job_id expires_at revoked_at');

CREATE TRIGGER audited AFTER INSERT OR DELETE ON public.logins FOR EACH ROW EXECUTE FUNCTION public.audited('login', 'member_id');

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.members FOR EACH ROW EXECUTE FUNCTION public.audited('member', 'id', 'role given suspended_at left_at', 'name password_hash');

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.news FOR EACH ROW EXECUTE FUNCTION public.audited('news', 'id', 'edition first sent_at', 'texts');

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.nominees FOR EACH ROW EXECUTE FUNCTION public.audited('nominee', 'member_id', '', 'name contact');

CREATE TRIGGER audited AFTER UPDATE ON public.organisations FOR EACH ROW EXECUTE FUNCTION public.audited('organisation', 'org_id', 'name timezone second_factor person_figures');

CREATE TRIGGER audited AFTER INSERT OR DELETE ON public.passkeys FOR EACH ROW EXECUTE FUNCTION public.audited('passkey', 'member_id');

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.pins FOR EACH ROW EXECUTE FUNCTION public.audited('pin', 'member_id', '', 'hash');

CREATE TRIGGER audited AFTER INSERT OR UPDATE ON public.policies FOR EACH ROW EXECUTE FUNCTION public.audited('policy', 'kind', 'version material published_at effective_at', 'body');

CREATE TRIGGER audited AFTER INSERT OR UPDATE ON public.processes FOR EACH ROW EXECUTE FUNCTION public.audited('process', 'id', 'name version');

CREATE TRIGGER audited AFTER INSERT OR UPDATE ON public.rights_requests FOR EACH ROW EXECUTE FUNCTION public.audited('rights_request', 'id', 'kind state erase_at');

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.sites FOR EACH ROW EXECUTE FUNCTION public.audited('site', 'code', 'name');

CREATE TRIGGER audited AFTER INSERT OR UPDATE ON public.support_grants FOR EACH ROW EXECUTE FUNCTION public.audited('support_grant', 'id', 'help given until opened_at member_id ended_at ended_by');

CREATE TRIGGER audited AFTER INSERT OR UPDATE ON public.tokens FOR EACH ROW EXECUTE FUNCTION public.audited('token', 'id', 'grants expires_at revoked_at');

CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON public.vendors FOR EACH ROW EXECUTE FUNCTION public.audited('vendor', 'id', '', 'name');

CREATE TRIGGER audited AFTER INSERT ON public.words FOR EACH ROW EXECUTE FUNCTION public.audited('words', 'version');

CREATE TRIGGER audited_added AFTER INSERT ON public.devices FOR EACH ROW WHEN ((new.shows = ''::text)) EXECUTE FUNCTION public.audited('device', 'id', 'given suspended_at', 'name place token_hash');

CREATE TRIGGER audited_added AFTER INSERT OR DELETE ON public.identity_providers FOR EACH ROW EXECUTE FUNCTION public.audited('identity_provider', 'org_id', 'issuer required', 'client_id secret domains');

CREATE TRIGGER audited_added AFTER INSERT ON public.org_keys FOR EACH ROW WHEN (((new.kind = 'data'::text) AND (new.version > 1))) EXECUTE FUNCTION public.audited('org_key', 'version', 'version');

CREATE TRIGGER audited_changed AFTER UPDATE OF name, place, given, token_hash, suspended_at ON public.devices FOR EACH ROW WHEN ((new.shows = ''::text)) EXECUTE FUNCTION public.audited('device', 'id', 'given suspended_at', 'name place token_hash');

CREATE TRIGGER audited_changed AFTER UPDATE ON public.identity_providers FOR EACH ROW WHEN ((current_setting('app.reseal'::text, true) IS DISTINCT FROM 'on'::text)) EXECUTE FUNCTION public.audited('identity_provider', 'org_id', 'issuer required', 'client_id secret domains');

CREATE TRIGGER audited_changed AFTER UPDATE OF master ON public.org_keys FOR EACH ROW WHEN (((new.kind = 'data'::text) AND (new.master <> old.master))) EXECUTE FUNCTION public.audited('org_key', 'version', 'master');

CREATE TRIGGER audited_removed AFTER DELETE ON public.devices FOR EACH ROW WHEN ((old.shows = ''::text)) EXECUTE FUNCTION public.audited('device', 'id', 'given suspended_at', 'name place token_hash');

CREATE TRIGGER audited_retention AFTER UPDATE OF keep_months ON public.organisations FOR EACH ROW EXECUTE FUNCTION public.audited('organisation', 'org_id', 'keep_months');

CREATE TRIGGER audited_tv_added AFTER INSERT ON public.devices FOR EACH ROW WHEN ((new.shows <> ''::text)) EXECUTE FUNCTION public.audited('tv', 'id', 'shows process_id given customers language suspended_at', 'name place token_hash');

CREATE TRIGGER audited_tv_changed AFTER UPDATE OF name, place, given, token_hash, suspended_at, shows, process_id, language, customers ON public.devices FOR EACH ROW WHEN ((new.shows <> ''::text)) EXECUTE FUNCTION public.audited('tv', 'id', 'shows process_id given customers language suspended_at', 'name place token_hash');

CREATE TRIGGER audited_tv_removed AFTER DELETE ON public.devices FOR EACH ROW WHEN ((old.shows <> ''::text)) EXECUTE FUNCTION public.audited('tv', 'id', 'shows process_id given customers language suspended_at', 'name place token_hash');

CREATE TRIGGER audited_usage AFTER UPDATE OF usage ON public.organisations FOR EACH ROW EXECUTE FUNCTION public.audited('organisation', 'org_id', 'usage');

CREATE TRIGGER begun AFTER INSERT ON public.walks FOR EACH ROW EXECUTE FUNCTION public.walk_begun();

CREATE TRIGGER closed BEFORE INSERT ON public.badges FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_while_closed();

CREATE TRIGGER closed BEFORE INSERT ON public.board_views FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_while_closed();

CREATE TRIGGER closed BEFORE INSERT ON public.calendars FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_while_closed();

CREATE TRIGGER closed BEFORE INSERT ON public.column_maps FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_while_closed();

CREATE TRIGGER closed BEFORE INSERT ON public.devices FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_while_closed();

CREATE TRIGGER closed BEFORE INSERT ON public.identity_providers FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_while_closed();

CREATE TRIGGER closed BEFORE INSERT ON public.invitations FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_while_closed();

CREATE TRIGGER closed BEFORE INSERT ON public.links FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_while_closed();

CREATE TRIGGER closed BEFORE UPDATE OF seq ON public.log_heads FOR EACH ROW WHEN (old.closed) EXECUTE FUNCTION public.refuse_closed();

CREATE TRIGGER closed BEFORE INSERT ON public.members FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_while_closed();

CREATE TRIGGER closed BEFORE INSERT ON public.pictures FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_while_closed();

CREATE TRIGGER closed BEFORE INSERT ON public.pins FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_while_closed();

CREATE TRIGGER closed BEFORE INSERT ON public.process_drafts FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_while_closed();

CREATE TRIGGER closed BEFORE INSERT ON public.process_versions FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_while_closed();

CREATE TRIGGER closed BEFORE INSERT ON public.processes FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_while_closed();

CREATE TRIGGER closed BEFORE INSERT ON public.sites FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_while_closed();

CREATE TRIGGER closed BEFORE INSERT ON public.support_grants FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_while_closed();

CREATE TRIGGER closed BEFORE INSERT ON public.tokens FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_while_closed();

CREATE TRIGGER closed BEFORE INSERT ON public.uploads FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_while_closed();

CREATE TRIGGER closed BEFORE INSERT ON public.vendors FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_while_closed();

CREATE TRIGGER closed BEFORE INSERT ON public.wizards FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_while_closed();

CREATE TRIGGER closed BEFORE INSERT ON public.words FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_while_closed();

CREATE TRIGGER consents_immutable BEFORE DELETE OR UPDATE ON public.consents FOR EACH ROW EXECUTE FUNCTION public.refuse_audit_change();

CREATE TRIGGER consents_not_truncated BEFORE TRUNCATE ON public.consents FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_audit_change();

CREATE TRIGGER erased AFTER UPDATE OF erased_at ON public.members FOR EACH ROW WHEN ((old.erased_at IS DISTINCT FROM new.erased_at)) EXECUTE FUNCTION public.audited('member', 'id', 'erased_at');

CREATE TRIGGER files_kept BEFORE DELETE OR UPDATE ON public.files FOR EACH ROW WHEN (old.kept) EXECUTE FUNCTION public.refuse_file_change();

CREATE TRIGGER holds AFTER INSERT OR UPDATE OF closed_at, undone_at ON public.closures FOR EACH ROW EXECUTE FUNCTION public.closure_holds();

CREATE TRIGGER look_again AFTER INSERT OR UPDATE OF closed_at, undone_at ON public.closures FOR EACH ROW EXECUTE FUNCTION public.look_again();

CREATE TRIGGER look_again AFTER DELETE OR UPDATE OF name, place, given, suspended_at, token_hash, shows, process_id, language, customers ON public.devices FOR EACH ROW EXECUTE FUNCTION public.look_again();

CREATE TRIGGER look_again AFTER DELETE OR UPDATE OF role, given, suspended_at, left_at ON public.members FOR EACH ROW EXECUTE FUNCTION public.look_again();

CREATE TRIGGER look_again AFTER UPDATE OF second_factor ON public.organisations FOR EACH ROW EXECUTE FUNCTION public.look_again();

CREATE TRIGGER look_again AFTER DELETE ON public.sessions FOR EACH ROW EXECUTE FUNCTION public.look_again();

CREATE TRIGGER look_again AFTER INSERT OR UPDATE ON public.support_grants FOR EACH ROW EXECUTE FUNCTION public.look_again();

CREATE TRIGGER movements_immutable BEFORE DELETE ON public.movements FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER movements_not_truncated BEFORE TRUNCATE ON public.movements FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER movements_rewritten BEFORE UPDATE ON public.movements FOR EACH ROW EXECUTE FUNCTION public.refuse_rewrite();

CREATE TRIGGER never_changed BEFORE UPDATE ON public.access_reviews FOR EACH ROW EXECUTE FUNCTION public.refuse_evidence_change();

CREATE TRIGGER never_changed BEFORE UPDATE ON public.breach_steps FOR EACH ROW EXECUTE FUNCTION public.refuse_evidence_change();

CREATE TRIGGER never_changed BEFORE UPDATE ON public.breaches FOR EACH ROW EXECUTE FUNCTION public.refuse_evidence_change();

CREATE TRIGGER never_changed BEFORE UPDATE ON public.drills FOR EACH ROW EXECUTE FUNCTION public.refuse_evidence_change();

CREATE TRIGGER news_immutable BEFORE DELETE OR UPDATE ON public.news FOR EACH ROW WHEN ((old.sent_at IS NOT NULL)) EXECUTE FUNCTION public.refuse_news_change();

CREATE TRIGGER noted BEFORE INSERT OR UPDATE OF closed_at, undo_until, delete_from, undone_at ON public.closures FOR EACH ROW EXECUTE FUNCTION public.closure_noted();

CREATE TRIGGER pictures_kept BEFORE DELETE ON public.pictures FOR EACH ROW WHEN (old.kept) EXECUTE FUNCTION public.refuse_picture_change();

CREATE TRIGGER pictures_rewritten BEFORE UPDATE ON public.pictures FOR EACH ROW WHEN (old.kept) EXECUTE FUNCTION public.refuse_picture_rewrite();

CREATE TRIGGER policies_immutable BEFORE UPDATE ON public.policies FOR EACH ROW WHEN ((old.published_at IS NOT NULL)) EXECUTE FUNCTION public.refuse_policy_change();

CREATE TRIGGER post_waits AFTER INSERT ON public.outbox FOR EACH ROW EXECUTE FUNCTION public.post_waits();

CREATE TRIGGER redactions_immutable BEFORE DELETE OR UPDATE ON public.redactions FOR EACH ROW EXECUTE FUNCTION public.refuse_audit_change();

CREATE TRIGGER redactions_not_truncated BEFORE TRUNCATE ON public.redactions FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_audit_change();

CREATE TRIGGER renew_sessions AFTER UPDATE OF role, given, password_hash ON public.members FOR EACH ROW WHEN (((old.role IS DISTINCT FROM new.role) OR (old.given IS DISTINCT FROM new.given) OR (old.password_hash IS DISTINCT FROM new.password_hash))) EXECUTE FUNCTION public.renew_sessions();

CREATE TRIGGER settings_changed AFTER INSERT OR DELETE OR UPDATE ON public.calendars FOR EACH ROW EXECUTE FUNCTION public.settings_changed();

CREATE TRIGGER settings_changed AFTER INSERT OR DELETE OR UPDATE ON public.words FOR EACH ROW EXECUTE FUNCTION public.settings_changed();

CREATE TRIGGER support_changed AFTER INSERT OR UPDATE ON public.support_grants FOR EACH ROW EXECUTE FUNCTION public.support_changed();

CREATE TRIGGER trial_kept BEFORE UPDATE ON public.organisations FOR EACH ROW WHEN ((old.trial_since IS DISTINCT FROM new.trial_since)) EXECUTE FUNCTION public.trial_noted();

CREATE TRIGGER trial_made BEFORE INSERT ON public.organisations FOR EACH ROW WHEN ((new.trial_since IS NOT NULL)) EXECUTE FUNCTION public.trial_noted();

ALTER TABLE ONLY public.access_reviews
    ADD CONSTRAINT access_reviews_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.audit_heads
    ADD CONSTRAINT audit_heads_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.authenticators
    ADD CONSTRAINT authenticators_org_id_member_id_fkey FOREIGN KEY (org_id, member_id) REFERENCES public.members(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.badges
    ADD CONSTRAINT badges_org_id_member_id_fkey FOREIGN KEY (org_id, member_id) REFERENCES public.members(org_id, id);

ALTER TABLE ONLY public.board_views
    ADD CONSTRAINT board_views_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.board_views
    ADD CONSTRAINT board_views_org_id_member_id_fkey FOREIGN KEY (org_id, member_id) REFERENCES public.members(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.bookings
    ADD CONSTRAINT bookings_org_id_enquiry_id_fkey FOREIGN KEY (org_id, enquiry_id) REFERENCES public.enquiries(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.bookings
    ADD CONSTRAINT bookings_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.breach_steps
    ADD CONSTRAINT breach_steps_org_id_breach_id_fkey FOREIGN KEY (org_id, breach_id) REFERENCES public.breaches(org_id, id);

ALTER TABLE ONLY public.breaches
    ADD CONSTRAINT breaches_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.calendar_changes
    ADD CONSTRAINT calendar_changes_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.calendars
    ADD CONSTRAINT calendars_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.calendly_watch
    ADD CONSTRAINT calendly_watch_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.challan_lines
    ADD CONSTRAINT challan_lines_org_id_job_id_fkey FOREIGN KEY (org_id, job_id) REFERENCES public.jobs(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.challan_lines
    ADD CONSTRAINT challan_lines_org_id_number_fkey FOREIGN KEY (org_id, number) REFERENCES public.challans(org_id, number);

ALTER TABLE ONLY public.challan_series
    ADD CONSTRAINT challan_series_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.challans
    ADD CONSTRAINT challans_org_id_vendor_id_fkey FOREIGN KEY (org_id, vendor_id) REFERENCES public.vendors(org_id, id);

ALTER TABLE ONLY public.column_maps
    ADD CONSTRAINT column_maps_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.devices
    ADD CONSTRAINT devices_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.devices
    ADD CONSTRAINT devices_org_id_process_id_fkey FOREIGN KEY (org_id, process_id) REFERENCES public.processes(org_id, id);

ALTER TABLE ONLY public.drills
    ADD CONSTRAINT drills_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.enquiries
    ADD CONSTRAINT enquiries_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.enquiries
    ADD CONSTRAINT enquiries_org_id_owner_id_fkey FOREIGN KEY (org_id, owner_id) REFERENCES public.members(org_id, id);

ALTER TABLE ONLY public.enquiry_steps
    ADD CONSTRAINT enquiry_steps_org_id_by_id_fkey FOREIGN KEY (org_id, by_id) REFERENCES public.members(org_id, id);

ALTER TABLE ONLY public.enquiry_steps
    ADD CONSTRAINT enquiry_steps_org_id_enquiry_id_fkey FOREIGN KEY (org_id, enquiry_id) REFERENCES public.enquiries(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.erased_guests
    ADD CONSTRAINT erased_guests_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.files
    ADD CONSTRAINT files_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.followers
    ADD CONSTRAINT followers_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.forecast_days
    ADD CONSTRAINT forecast_days_org_id_process_id_fkey FOREIGN KEY (org_id, process_id) REFERENCES public.processes(org_id, id);

ALTER TABLE ONLY public.forecast_late
    ADD CONSTRAINT forecast_late_org_id_job_id_fkey FOREIGN KEY (org_id, job_id) REFERENCES public.jobs(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.forecast_models
    ADD CONSTRAINT forecast_models_org_id_process_id_fkey FOREIGN KEY (org_id, process_id) REFERENCES public.processes(org_id, id);

ALTER TABLE ONLY public.forecast_nights
    ADD CONSTRAINT forecast_nights_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.head_mails
    ADD CONSTRAINT head_mails_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.head_mails
    ADD CONSTRAINT head_mails_org_id_member_id_fkey FOREIGN KEY (org_id, member_id) REFERENCES public.members(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.identity_providers
    ADD CONSTRAINT identity_providers_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_org_id_invited_by_fkey FOREIGN KEY (org_id, invited_by) REFERENCES public.members(org_id, id);

ALTER TABLE ONLY public.job_lots
    ADD CONSTRAINT job_lots_org_id_job_id_fkey FOREIGN KEY (org_id, job_id) REFERENCES public.jobs(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.job_terms
    ADD CONSTRAINT job_terms_org_id_job_id_fkey FOREIGN KEY (org_id, job_id) REFERENCES public.jobs(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.job_waste
    ADD CONSTRAINT job_waste_org_id_job_id_fkey FOREIGN KEY (org_id, job_id) REFERENCES public.jobs(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.job_words
    ADD CONSTRAINT job_words_org_id_job_id_fkey FOREIGN KEY (org_id, job_id) REFERENCES public.jobs(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_org_id_parent_id_fkey FOREIGN KEY (org_id, parent_id) REFERENCES public.jobs(org_id, id);

ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_org_id_process_id_version_fkey FOREIGN KEY (org_id, process_id, version) REFERENCES public.process_versions(org_id, process_id, version);

ALTER TABLE ONLY public.link_challans
    ADD CONSTRAINT link_challans_org_id_link_id_fkey FOREIGN KEY (org_id, link_id) REFERENCES public.links(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.link_challans
    ADD CONSTRAINT link_challans_org_id_number_fkey FOREIGN KEY (org_id, number) REFERENCES public.challans(org_id, number);

ALTER TABLE ONLY public.links
    ADD CONSTRAINT links_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.links
    ADD CONSTRAINT links_org_id_job_id_fkey FOREIGN KEY (org_id, job_id) REFERENCES public.jobs(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.links
    ADD CONSTRAINT links_org_id_vendor_id_fkey FOREIGN KEY (org_id, vendor_id) REFERENCES public.vendors(org_id, id);

ALTER TABLE ONLY public.log_heads
    ADD CONSTRAINT log_heads_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.login_proofs
    ADD CONSTRAINT login_proofs_org_id_member_id_fkey FOREIGN KEY (org_id, member_id) REFERENCES public.members(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.logins
    ADD CONSTRAINT logins_org_id_member_id_fkey FOREIGN KEY (org_id, member_id) REFERENCES public.members(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.mail_addresses
    ADD CONSTRAINT mail_addresses_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.members
    ADD CONSTRAINT members_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.movements
    ADD CONSTRAINT movements_org_id_job_id_fkey FOREIGN KEY (org_id, job_id) REFERENCES public.jobs(org_id, id);

ALTER TABLE ONLY public.news
    ADD CONSTRAINT news_org_id_changed_by_fkey FOREIGN KEY (org_id, changed_by) REFERENCES public.members(org_id, id);

ALTER TABLE ONLY public.news
    ADD CONSTRAINT news_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.nominees
    ADD CONSTRAINT nominees_org_id_member_id_fkey FOREIGN KEY (org_id, member_id) REFERENCES public.members(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.nonconformances
    ADD CONSTRAINT nonconformances_org_id_job_id_fkey FOREIGN KEY (org_id, job_id) REFERENCES public.jobs(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.number_series
    ADD CONSTRAINT number_series_org_id_process_id_fkey FOREIGN KEY (org_id, process_id) REFERENCES public.processes(org_id, id);

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.passkey_questions
    ADD CONSTRAINT passkey_questions_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.passkeys
    ADD CONSTRAINT passkeys_org_id_member_id_fkey FOREIGN KEY (org_id, member_id) REFERENCES public.members(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.pictures
    ADD CONSTRAINT pictures_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.pin_tries
    ADD CONSTRAINT pin_tries_org_id_device_id_fkey FOREIGN KEY (org_id, device_id) REFERENCES public.devices(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.pin_tries
    ADD CONSTRAINT pin_tries_org_id_member_id_fkey FOREIGN KEY (org_id, member_id) REFERENCES public.members(org_id, id);

ALTER TABLE ONLY public.pins
    ADD CONSTRAINT pins_org_id_member_id_fkey FOREIGN KEY (org_id, member_id) REFERENCES public.members(org_id, id);

ALTER TABLE ONLY public.policies
    ADD CONSTRAINT policies_org_id_changed_by_fkey FOREIGN KEY (org_id, changed_by) REFERENCES public.members(org_id, id);

ALTER TABLE ONLY public.policies
    ADD CONSTRAINT policies_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.process_drafts
    ADD CONSTRAINT process_drafts_org_id_process_id_fkey FOREIGN KEY (org_id, process_id) REFERENCES public.processes(org_id, id);

ALTER TABLE ONLY public.process_versions
    ADD CONSTRAINT process_versions_org_id_process_id_fkey FOREIGN KEY (org_id, process_id) REFERENCES public.processes(org_id, id);

ALTER TABLE ONLY public.processes
    ADD CONSTRAINT processes_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_org_id_member_id_fkey FOREIGN KEY (org_id, member_id) REFERENCES public.members(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.redactions
    ADD CONSTRAINT redactions_org_id_entry_fkey FOREIGN KEY (org_id, entry) REFERENCES public.audit(org_id, seq);

ALTER TABLE ONLY public.resets
    ADD CONSTRAINT resets_org_id_member_id_fkey FOREIGN KEY (org_id, member_id) REFERENCES public.members(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.rights_checks
    ADD CONSTRAINT rights_checks_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.rights_mentions
    ADD CONSTRAINT rights_mentions_org_id_request_id_fkey FOREIGN KEY (org_id, request_id) REFERENCES public.rights_requests(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.rights_requests
    ADD CONSTRAINT rights_requests_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.rights_requests
    ADD CONSTRAINT rights_requests_org_id_handled_by_fkey FOREIGN KEY (org_id, handled_by) REFERENCES public.members(org_id, id);

ALTER TABLE ONLY public.rights_requests
    ADD CONSTRAINT rights_requests_org_id_member_id_fkey FOREIGN KEY (org_id, member_id) REFERENCES public.members(org_id, id);

ALTER TABLE ONLY public.rights_steps
    ADD CONSTRAINT rights_steps_org_id_by_fkey FOREIGN KEY (org_id, by) REFERENCES public.members(org_id, id);

ALTER TABLE ONLY public.rights_steps
    ADD CONSTRAINT rights_steps_org_id_request_id_fkey FOREIGN KEY (org_id, request_id) REFERENCES public.rights_requests(org_id, id);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_org_id_device_id_fkey FOREIGN KEY (org_id, device_id) REFERENCES public.devices(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_org_id_grant_id_fkey FOREIGN KEY (org_id, grant_id) REFERENCES public.support_grants(org_id, id);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_org_id_member_id_fkey FOREIGN KEY (org_id, member_id) REFERENCES public.members(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.site_consents
    ADD CONSTRAINT site_consents_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.sites
    ADD CONSTRAINT sites_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.support_grants
    ADD CONSTRAINT support_grants_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.support_grants
    ADD CONSTRAINT support_grants_org_id_member_id_fkey FOREIGN KEY (org_id, member_id) REFERENCES public.members(org_id, id);

ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_org_id_member_id_fkey FOREIGN KEY (org_id, member_id) REFERENCES public.members(org_id, id);

ALTER TABLE ONLY public.told
    ADD CONSTRAINT told_org_id_member_id_fkey FOREIGN KEY (org_id, member_id) REFERENCES public.members(org_id, id);

ALTER TABLE ONLY public.trials
    ADD CONSTRAINT trials_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT uploads_org_id_member_id_fkey FOREIGN KEY (org_id, member_id) REFERENCES public.members(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.usage
    ADD CONSTRAINT usage_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.usage_told
    ADD CONSTRAINT usage_told_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.vendors
    ADD CONSTRAINT vendors_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.vendors
    ADD CONSTRAINT vendors_org_id_member_id_fkey FOREIGN KEY (org_id, member_id) REFERENCES public.members(org_id, id);

ALTER TABLE ONLY public.walks
    ADD CONSTRAINT walks_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.wizards
    ADD CONSTRAINT wizards_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.word_parts
    ADD CONSTRAINT word_parts_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.words
    ADD CONSTRAINT words_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisations(org_id);

ALTER TABLE ONLY public.work
    ADD CONSTRAINT work_org_id_job_id_fkey FOREIGN KEY (org_id, job_id) REFERENCES public.jobs(org_id, id) ON DELETE CASCADE;

ALTER TABLE public.access_reviews ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.audit ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.audit_heads ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.authenticators ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.badges ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.board_views ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.bookings ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.breach_steps ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.breaches ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.busy_days ENABLE ROW LEVEL SECURITY;

CREATE POLICY by_slug ON public.organisations FOR SELECT USING ((slug = NULLIF(current_setting('app.slug'::text, true), ''::text)));

ALTER TABLE public.calendar_changes ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.calendars ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.calendly_watch ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.challan_lines ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.challan_series ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.challans ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.closures ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.column_maps ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.consents ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.devices ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.drills ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.enquiries ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.enquiry_steps ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.erased_guests ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.facts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.files ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.followers ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.forecast_days ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.forecast_late ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.forecast_models ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.forecast_nights ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.head_mails ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.identity_providers ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.invitations ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.job_lots ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.job_terms ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.job_waste ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.job_words ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.jobs ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.link_challans ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.links ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.log_heads ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.login_proofs ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.logins ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.mail_addresses ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.members ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.movements ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.news ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.nominees ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.nonconformances ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.number_series ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.org_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.organisations ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.outbox ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.passkey_questions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.passkeys ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.pictures ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.pin_tries ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.pins ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.policies ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.process_drafts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.process_versions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.processes ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.receipts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.recovery_codes ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.redactions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.resets ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.rights_checks ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.rights_mentions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.rights_requests ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.rights_steps ENABLE ROW LEVEL SECURITY;

CREATE POLICY roster ON public.closures FOR SELECT USING ((current_setting('app.roster'::text, true) = 'on'::text));

CREATE POLICY roster ON public.organisations FOR SELECT USING ((current_setting('app.roster'::text, true) = 'on'::text));

ALTER TABLE public.sessions ENABLE ROW LEVEL SECURITY;

CREATE POLICY sign_in ON public.logins FOR SELECT USING ((login = NULLIF(current_setting('app.login'::text, true), ''::text)));

ALTER TABLE public.site_consents ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.sites ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.support_grants ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tallies ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant ON public.access_reviews USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.audit USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.audit_heads USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.authenticators USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.badges USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.board_views USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.bookings USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.breach_steps USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.breaches USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.busy_days USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.calendar_changes USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.calendars USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.calendly_watch USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.challan_lines USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.challan_series USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.challans USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.closures USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.column_maps USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.consents USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.devices USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.drills USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.enquiries USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.enquiry_steps USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.erased_guests USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.facts USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.files USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.followers USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.forecast_days USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.forecast_late USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.forecast_models USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.forecast_nights USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.head_mails USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.identity_providers USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.invitations USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.job_lots USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.job_terms USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.job_waste USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.job_words USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.jobs USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.link_challans USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.links USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.log_heads USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.login_proofs USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.logins USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.mail_addresses USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.members USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.movements USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.news USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.nominees USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.nonconformances USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.number_series USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.org_keys USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.organisations USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.outbox USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.passkey_questions USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.passkeys USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.pictures USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.pin_tries USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.pins USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.policies USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.process_drafts USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.process_versions USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.processes USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.receipts USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.recovery_codes USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.redactions USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.resets USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.rights_checks USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.rights_mentions USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.rights_requests USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.rights_steps USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.sessions USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.site_consents USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.sites USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.support_grants USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.tallies USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.tokens USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.told USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.trials USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.tv_codes USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.uploads USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.usage USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.usage_told USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.vendors USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.walks USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.wizards USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.word_parts USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.words USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

CREATE POLICY tenant ON public.work USING ((org_id = public.app_org())) WITH CHECK ((org_id = public.app_org()));

ALTER TABLE public.tokens ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.told ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.trials ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tv_codes ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.uploads ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.usage ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.usage_told ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.vendors ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.walks ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.wizards ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.word_parts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.words ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.work ENABLE ROW LEVEL SECURITY;

GRANT ALL ON SCHEMA public TO clicarity_owner;
GRANT USAGE ON SCHEMA public TO clicarity_app;

REVOKE ALL ON FUNCTION public.erase_picture(p_org uuid, p_picture uuid, p_at timestamp with time zone, p_reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.erase_picture(p_org uuid, p_picture uuid, p_at timestamp with time zone, p_reason text) TO clicarity_app;

REVOKE ALL ON FUNCTION public.forget(p_table text, p_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.forget(p_table text, p_most integer) TO clicarity_app;

GRANT SELECT,INSERT ON TABLE public.movements TO clicarity_app;

REVOKE ALL ON FUNCTION public.redact_movement(p_org uuid, p_seq bigint, p_facts text, p_reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.redact_movement(p_org uuid, p_seq bigint, p_facts text, p_reason text) TO clicarity_app;

REVOKE ALL ON FUNCTION public.usage_over_organisations(p_before date) FROM PUBLIC;
GRANT ALL ON FUNCTION public.usage_over_organisations(p_before date) TO clicarity_app;

GRANT SELECT,INSERT ON TABLE public.access_reviews TO clicarity_app;

GRANT SELECT,INSERT ON TABLE public.audit TO clicarity_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.audit_heads TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.authenticators TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.badges TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.board_views TO clicarity_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.bookings TO clicarity_app;

GRANT UPDATE(enquiry_id) ON TABLE public.bookings TO clicarity_app;

GRANT UPDATE(old_invitee) ON TABLE public.bookings TO clicarity_app;

GRANT UPDATE(new_invitee) ON TABLE public.bookings TO clicarity_app;

GRANT UPDATE(starts_at) ON TABLE public.bookings TO clicarity_app;

GRANT UPDATE(created) ON TABLE public.bookings TO clicarity_app;

GRANT UPDATE(cancelled) ON TABLE public.bookings TO clicarity_app;

GRANT SELECT,INSERT ON TABLE public.breach_steps TO clicarity_app;

GRANT SELECT,INSERT ON TABLE public.breaches TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.busy_days TO clicarity_app;

GRANT SELECT,INSERT ON TABLE public.calendar_changes TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.calendars TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.calendly_watch TO clicarity_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.challan_lines TO clicarity_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.challan_series TO clicarity_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.challans TO clicarity_app;

GRANT SELECT ON TABLE public.closures TO clicarity_app;

GRANT INSERT(org_id) ON TABLE public.closures TO clicarity_app;

GRANT INSERT(closed_at),UPDATE(closed_at) ON TABLE public.closures TO clicarity_app;

GRANT INSERT(closed_by),UPDATE(closed_by) ON TABLE public.closures TO clicarity_app;

GRANT INSERT(because),UPDATE(because) ON TABLE public.closures TO clicarity_app;

GRANT INSERT(undo_until),UPDATE(undo_until) ON TABLE public.closures TO clicarity_app;

GRANT INSERT(delete_from),UPDATE(delete_from) ON TABLE public.closures TO clicarity_app;

GRANT INSERT(delete_by),UPDATE(delete_by) ON TABLE public.closures TO clicarity_app;

GRANT UPDATE(undone_at) ON TABLE public.closures TO clicarity_app;

GRANT UPDATE(undone_by) ON TABLE public.closures TO clicarity_app;

GRANT UPDATE(told) ON TABLE public.closures TO clicarity_app;

GRANT UPDATE(begun_at) ON TABLE public.closures TO clicarity_app;

GRANT UPDATE(contacts) ON TABLE public.closures TO clicarity_app;

GRANT UPDATE(done_at) ON TABLE public.closures TO clicarity_app;

GRANT UPDATE(certificate) ON TABLE public.closures TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.column_maps TO clicarity_app;

GRANT SELECT,INSERT ON TABLE public.consents TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.devices TO clicarity_app;

GRANT SELECT,INSERT ON TABLE public.drills TO clicarity_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.enquiries TO clicarity_app;

GRANT UPDATE(name) ON TABLE public.enquiries TO clicarity_app;

GRANT UPDATE(company) ON TABLE public.enquiries TO clicarity_app;

GRANT UPDATE(email) ON TABLE public.enquiries TO clicarity_app;

GRANT UPDATE(phone) ON TABLE public.enquiries TO clicarity_app;

GRANT UPDATE(message) ON TABLE public.enquiries TO clicarity_app;

GRANT UPDATE(state) ON TABLE public.enquiries TO clicarity_app;

GRANT UPDATE(owner_id) ON TABLE public.enquiries TO clicarity_app;

GRANT UPDATE(reply_by) ON TABLE public.enquiries TO clicarity_app;

GRANT UPDATE(answered_at) ON TABLE public.enquiries TO clicarity_app;

GRANT UPDATE(reminded_at) ON TABLE public.enquiries TO clicarity_app;

GRANT UPDATE(meeting_at) ON TABLE public.enquiries TO clicarity_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.enquiry_steps TO clicarity_app;

GRANT UPDATE(text) ON TABLE public.enquiry_steps TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.erased_guests TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.facts TO clicarity_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.files TO clicarity_app;

GRANT UPDATE(name) ON TABLE public.files TO clicarity_app;

GRANT UPDATE(object) ON TABLE public.files TO clicarity_app;

GRANT UPDATE(sealed_key) ON TABLE public.files TO clicarity_app;

GRANT UPDATE(thumb) ON TABLE public.files TO clicarity_app;

GRANT UPDATE(scan) ON TABLE public.files TO clicarity_app;

GRANT UPDATE(scan_at) ON TABLE public.files TO clicarity_app;

GRANT UPDATE(kept) ON TABLE public.files TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.followers TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.forecast_days TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.forecast_late TO clicarity_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.forecast_models TO clicarity_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.forecast_nights TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.head_mails TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.identity_providers TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.invitations TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.job_lots TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.job_terms TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.job_waste TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.job_words TO clicarity_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.jobs TO clicarity_app;

GRANT SELECT,INSERT ON TABLE public.link_challans TO clicarity_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.links TO clicarity_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.log_heads TO clicarity_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.login_proofs TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.logins TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.mail_addresses TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.members TO clicarity_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.news TO clicarity_app;

GRANT UPDATE(edition) ON TABLE public.news TO clicarity_app;

GRANT UPDATE(first) ON TABLE public.news TO clicarity_app;

GRANT UPDATE(texts) ON TABLE public.news TO clicarity_app;

GRANT UPDATE(changed_at) ON TABLE public.news TO clicarity_app;

GRANT UPDATE(changed_by) ON TABLE public.news TO clicarity_app;

GRANT UPDATE(sent_at) ON TABLE public.news TO clicarity_app;

GRANT UPDATE(sent_by) ON TABLE public.news TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.nominees TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.nonconformances TO clicarity_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.number_series TO clicarity_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.org_keys TO clicarity_app;

GRANT UPDATE(master) ON TABLE public.org_keys TO clicarity_app;

GRANT UPDATE(wrapped) ON TABLE public.org_keys TO clicarity_app;

GRANT UPDATE(retired_at) ON TABLE public.org_keys TO clicarity_app;

GRANT UPDATE(swept_at) ON TABLE public.org_keys TO clicarity_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.organisations TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.outbox TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.passkey_questions TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.passkeys TO clicarity_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.pictures TO clicarity_app;

GRANT UPDATE(bytes) ON TABLE public.pictures TO clicarity_app;

GRANT UPDATE(thumb) ON TABLE public.pictures TO clicarity_app;

GRANT UPDATE(kept) ON TABLE public.pictures TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.pin_tries TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.pins TO clicarity_app;

GRANT SELECT,INSERT ON TABLE public.policies TO clicarity_app;

GRANT UPDATE(body) ON TABLE public.policies TO clicarity_app;

GRANT UPDATE(material) ON TABLE public.policies TO clicarity_app;

GRANT UPDATE(changed_at) ON TABLE public.policies TO clicarity_app;

GRANT UPDATE(changed_by) ON TABLE public.policies TO clicarity_app;

GRANT UPDATE(published_at) ON TABLE public.policies TO clicarity_app;

GRANT UPDATE(published_by) ON TABLE public.policies TO clicarity_app;

GRANT UPDATE(effective_at) ON TABLE public.policies TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.process_drafts TO clicarity_app;

GRANT SELECT,INSERT ON TABLE public.process_versions TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.processes TO clicarity_app;

GRANT SELECT,INSERT ON TABLE public.receipts TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.recovery_codes TO clicarity_app;

GRANT SELECT ON TABLE public.redactions TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.resets TO clicarity_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.rights_checks TO clicarity_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.rights_mentions TO clicarity_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.rights_requests TO clicarity_app;

GRANT SELECT,INSERT ON TABLE public.rights_steps TO clicarity_app;

GRANT SELECT ON TABLE public.schema_migrations TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sessions TO clicarity_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.site_consents TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sites TO clicarity_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.support_grants TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tallies TO clicarity_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.tokens TO clicarity_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.told TO clicarity_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.trials TO clicarity_app;

GRANT UPDATE(ended_at) ON TABLE public.trials TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tv_codes TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.uploads TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.usage TO clicarity_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.usage_told TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.vendors TO clicarity_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.walks TO clicarity_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.wizards TO clicarity_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.word_parts TO clicarity_app;

GRANT SELECT,INSERT ON TABLE public.words TO clicarity_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.work TO clicarity_app;

