-- Who comes in, what they see, and a record of both.
--
-- What a member was given is one text beside the role: it is read with every request, and asked as a whole. Sites
-- narrow it, and so does what is assigned; both are columns where lists are sorted and searched by them.

alter table members no force row level security; -- the owner of the tables rewrites the rows of every organisation
alter table member_stages no force row level security;
alter table sessions no force row level security;
alter table organisations no force row level security;

alter table members drop constraint members_role_check;
alter table members add check (role in ('owner', 'manager', 'supervisor', 'operator', 'vendor', 'viewer', 'support', 'program'));
alter table members
  add column given        text not null default '{}', -- flow.Given
  add column suspended_at timestamptz,                -- cannot come in until somebody lets them
  add column left_at      timestamptz,                -- has left: stays only as the author of what they did
  add column seen_at      timestamptz,
  add column seen_on      text not null default '';   -- the device: phone, computer
update members m set given = json_build_object('stages', (
    select json_agg(json_build_object('process', s.process_id, 'stage', s.stage) order by s.process_id, s.stage)
    from member_stages s where s.org_id = m.org_id and s.member_id = m.id))::text
  where exists (select from member_stages s where s.org_id = m.org_id and s.member_id = m.id);
drop table member_stages;

-- A session ends when its time is over, or when nothing was asked in it for so long. What may be revoked as one (a
-- shared device, a grant of support access) is named, and its sessions are deleted with it.
alter table sessions
  add column id           uuid not null default gen_random_uuid(),
  add column via          text not null default '' check (via in ('', 'floor', 'pending', 'support')),
  add column seen_at      timestamptz,
  add column idle_seconds int not null default 43200,
  add column device_id    uuid,
  add column grant_id     uuid;
update sessions set seen_at = created_at;
alter table sessions alter column seen_at set not null;
create unique index sessions_id on sessions (org_id, id);
create index sessions_member on sessions (org_id, member_id);

create table sites (
  org_id uuid not null references organisations (org_id),
  code   text not null,
  name   text not null,
  primary key (org_id, code),
  unique (org_id, name)
);
alter table jobs add column site text not null default '';
create index jobs_site on jobs (org_id, process_id, status, site, due, id) where site <> '';
alter table work add column assigned uuid; -- who is to do it, null: whoever works there
create index work_assigned on work (org_id, assigned, ready_at, job_id) where assigned is not null;

-- The audit log: what happened around the jobs. Like movements it is numbered without gaps, chained by hashes, and
-- never changed. It names people by id only, so that a person can go and the log stays as it is.
create table audit_heads (
  org_id uuid primary key references organisations (org_id),
  seq    bigint not null,
  hash   bytea not null check (length(hash) = 32)
);
insert into audit_heads select org_id, 0, decode(repeat('00', 32), 'hex') from organisations;

create table audit (
  org_id    uuid not null,
  seq       bigint not null,
  at        timestamptz not null,
  member_id uuid,                     -- no foreign key; null: nobody who signed in
  what      text not null,
  content   text not null,            -- all of it as JSON, which is what the hash covers
  hash      bytea not null check (length(hash) = 32),
  primary key (org_id, seq)
);
create index audit_what on audit (org_id, what, seq);
create index audit_member on audit (org_id, member_id, seq) where member_id is not null;

create function refuse_audit_change() returns trigger language plpgsql as $$
begin
  raise exception 'the audit log is never changed or deleted' using errcode = 'insufficient_privilege';
end $$;
create trigger audit_immutable before update or delete on audit for each row execute function refuse_audit_change();
create trigger audit_not_truncated before truncate on audit for each statement execute function refuse_audit_change();

-- Appends an entry in the name of whoever the transaction is for (app.actor, as JSON: member, device, via, at).
create function append_audit(p_org uuid, p_what text, p_id text, p_detail jsonb) returns bigint language plpgsql as $$
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

-- A change of set-up is in the audit log because the table says so, in the transaction of the change: nobody can forget
-- it. Arguments: what is changed, its key, the columns told by value, those of which only the change is told.
create function audited() returns trigger language plpgsql as $$
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

create trigger audited after insert or update or delete on members for each row
  execute function audited('member', 'id', 'role given suspended_at left_at', 'name password_hash');
create trigger audited after insert or delete on logins for each row execute function audited('login', 'member_id');
create trigger audited after insert or update on processes for each row execute function audited('process', 'id', 'name version');
create trigger audited after insert or update or delete on calendars for each row execute function audited('calendar', 'code', 'version standard');
create trigger audited after insert on words for each row execute function audited('words', 'version');
create trigger audited after insert or update or delete on vendors for each row execute function audited('vendor', 'id', 'name');
create trigger audited after insert or update or delete on sites for each row execute function audited('site', 'code', 'name');
create trigger audited after update on organisations for each row execute function audited('organisation', 'org_id', 'name timezone');

-- Open pages look again at who is reading them when that may have changed.
create function look_again() returns trigger language plpgsql as $$
begin
  perform pg_notify('access', coalesce(new.org_id, old.org_id)::text);
  return null;
end $$;
create trigger look_again after update of role, given, suspended_at, left_at or delete on members for each row execute function look_again();
create trigger look_again after delete on sessions for each row execute function look_again();

alter table members force row level security;
alter table sessions force row level security;
alter table organisations force row level security;

do $$
declare t text;
begin
  foreach t in array array['sites', 'audit_heads', 'audit'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant on %I using (org_id = app_org()) with check (org_id = app_org())', t);
  end loop;
end $$;
grant select, insert, update, delete on sites to clicarity_app;
grant select, insert, update on audit_heads to clicarity_app;
grant select, insert on audit to clicarity_app;
