-- A person may ask that what names them goes, and movements are never changed: this is the one exception, and the database
-- holds to its bounds by itself. A text in which somebody is named may be written over; quantities, codes, numbers, dates,
-- ids, pictures' names and everything beside the facts stay as they were, and so does the movement's hash in the chain. The
-- digest of what the movement says since is in the row, in a redaction and in the audit log's chain, so that what was
-- written over cannot be written again by nobody. See ADR 38.
alter table movements add column redacted bytea check (length(redacted) = 32); -- SHA-256 of the content since; null: as it was
alter table pictures  add column erased_at timestamptz;                        -- its bytes are gone; the digest stays

create table redactions (
  org_id     uuid   not null,
  entry      bigint not null,                          -- of the audit log, which says the same
  job_id     uuid   not null,
  seq        bigint,                                   -- the movement
  picture_id uuid,                                     -- or the picture
  content    bytea  not null check (length(content) = 32), -- digest of what it says since; of nothing, for a picture
  hash       bytea  not null check (length(hash) = 32),    -- which stays: in the chain, or of the picture that was
  reason     text   not null check (reason in ('erasure', 'request')),
  primary key (org_id, entry),
  foreign key (org_id, entry) references audit (org_id, seq),
  check ((seq is null) <> (picture_id is null))
);
create index redactions_seq on redactions (org_id, seq) where seq is not null;
create index redactions_picture on redactions (org_id, picture_id) where picture_id is not null;

alter table redactions enable row level security;
alter table redactions force row level security;
create policy tenant on redactions using (org_id = app_org()) with check (org_id = app_org());
grant select on redactions to clicarity_app; -- rows come by redact_movement and erase_picture only

create trigger redactions_immutable before update or delete on redactions for each row execute function refuse_audit_change();
create trigger redactions_not_truncated before truncate on redactions for each statement execute function refuse_audit_change();

-- fixed_text is what of a text stays when it is written over: a measure and the names of pictures do, words do not.
create function fixed_text(v jsonb) returns jsonb language sql immutable parallel safe as $$
  select case when v #>> '{}' ~ '^-?[0-9.]{0,9}$' and v #>> '{}' <> '' or v #>> '{}' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:[0-9a-f]{64}( [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:[0-9a-f]{64})*$' then v else '""'::jsonb end
$$;

-- facts_shape is what of a movement's facts is never written over.
create function facts_shape(kind text, facts jsonb) returns jsonb language sql immutable parallel safe as $$
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

-- movement_content is the canonical form of a movement, as the program writes it: see flow.Movement.Content.
create function movement_content(m movements) returns bytea language sql immutable parallel safe as $$
  select uuid_send(m.org_id) || uuid_send(m.job_id) || uuid_send(m.command_id) || uuid_send(m.member_id) || int8send(m.part::bigint)
    || int8send((extract(epoch from m.occurred_at) * 1000000)::bigint) || int8send((extract(epoch from m.recorded_at) * 1000000)::bigint)
    || (select string_agg(int4send(length(convert_to(t, 'UTF8'))) || convert_to(t, 'UTF8'), '' order by n)
      from unnest(array[m.kind, m.stage, m.device, m.mark, m.facts]) with ordinality x (t, n))
$$;

-- A change of a movement is refused but for one that a redaction says, in full. Taking one away is refused as before.
create function refuse_rewrite() returns trigger language plpgsql as $$
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
drop trigger movements_immutable on movements;
create trigger movements_immutable before delete on movements for each row execute function refuse_change();
create trigger movements_rewritten before update on movements for each row execute function refuse_rewrite();

-- The same of a picture that the history names: its bytes may go.
create function refuse_picture_rewrite() returns trigger language plpgsql as $$
begin
  if to_jsonb(new) - array['bytes', 'thumb', 'erased_at'] = to_jsonb(old) - array['bytes', 'thumb', 'erased_at']
    and new.erased_at is not null and length(new.bytes) = 0 and length(new.thumb) = 0
    and exists (select from redactions r where r.org_id = new.org_id and r.picture_id = new.id) then
    return new;
  end if;
  raise exception 'a picture that the history names is never changed or deleted' using errcode = 'insufficient_privilege';
end $$;
drop trigger pictures_kept on pictures;
create trigger pictures_kept before delete on pictures for each row when (old.kept) execute function refuse_picture_change();
create trigger pictures_rewritten before update on pictures for each row when (old.kept) execute function refuse_picture_rewrite();

-- redact_movement writes over the texts of one movement, and says so where everybody can see it. One that is not what was
-- recorded is left alone, so that nobody hides a forgery under a redaction.
create function redact_movement(p_org uuid, p_seq bigint, p_facts text, p_reason text) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
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

-- erase_picture lets the bytes of a picture go. What named it names it still.
create function erase_picture(p_org uuid, p_picture uuid, p_at timestamptz, p_reason text) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
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

revoke all on function redact_movement(uuid, bigint, text, text), erase_picture(uuid, uuid, timestamptz, text) from public;
grant delete on word_parts to clicarity_app; -- parts of words that nothing is found by any more
grant execute on function redact_movement(uuid, bigint, text, text), erase_picture(uuid, uuid, timestamptz, text) to clicarity_app;
