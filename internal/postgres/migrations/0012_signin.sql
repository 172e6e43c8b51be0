-- What people show beside their password, and how sessions stay right when somebody's place changes.
--
-- Which roles need a second factor is said by the organisation. A session knows whether one was shown in it; a session
-- that ought to have one and has not waits (pending) and may do nothing but show it. The organisation's rule is asked
-- wherever a session is read, so that it holds at once and no way in can forget it.

alter table members add column own_password boolean not null default false; -- chosen by the member, not handed out

alter table sessions no force row level security;
alter table organisations no force row level security;

alter table organisations add column second_factor text not null default ''; -- roles, with spaces between
drop trigger audited on organisations;
create trigger audited after update on organisations for each row
  execute function audited('organisation', 'org_id', 'name timezone second_factor');

create trigger look_again after update of second_factor on organisations for each row execute function look_again();

-- A session is renewed, with a fresh token, at the next request after its member's role, scope or password changed.
-- The old token goes on for a moment, for what the same browser had asked at the same time.
alter table sessions
  add column factor    boolean not null default false, -- a second factor was shown in it
  add column stale     boolean not null default false,
  add column was_hash  bytea,
  add column was_until timestamptz;
create unique index sessions_was on sessions (org_id, was_hash) where was_hash is not null;

create function renew_sessions() returns trigger language plpgsql as $$
begin
  update sessions set stale = true where org_id = new.org_id and member_id = new.id;
  return null;
end $$;
create trigger renew_sessions after update of role, given, password_hash on members for each row
  when (old.role is distinct from new.role or old.given is distinct from new.given or old.password_hash is distinct from new.password_hash)
  execute function renew_sessions();

-- Authenticator apps: one seed for a member, sealed with the installation's key. last_step is the last step of time
-- whose code was taken; no code is taken twice.
create table authenticators (
  org_id     uuid not null,
  member_id  uuid not null,
  seed       bytea not null,
  last_step  bigint not null,
  created_at timestamptz not null,
  primary key (org_id, member_id),
  foreign key (org_id, member_id) references members (org_id, id) on delete cascade
);

create table recovery_codes (
  org_id    uuid not null,
  member_id uuid not null,
  hash      bytea not null check (length(hash) = 32),
  primary key (org_id, member_id, hash),
  foreign key (org_id, member_id) references members (org_id, id) on delete cascade
);

create table passkeys (
  org_id     uuid not null,
  id         uuid not null,
  member_id  uuid not null,
  credential bytea not null,             -- the id that browsers name it by
  name       text not null,
  body       text not null,              -- what checks its answers; no secret
  created_at timestamptz not null,
  used_at    timestamptz,
  primary key (org_id, id),
  unique (org_id, credential),
  foreign key (org_id, member_id) references members (org_id, id) on delete cascade
);
create index passkeys_member on passkeys (org_id, member_id);

-- Questions that a passkey has answered: each is answered once.
create table passkey_questions (
  org_id      uuid not null references organisations (org_id),
  hash        bytea not null check (length(hash) = 32),
  answered_at timestamptz not null,
  primary key (org_id, hash)
);
create index passkey_questions_old on passkey_questions (org_id, answered_at);

-- Links by which somebody sets a new password.
create table resets (
  org_id     uuid not null,
  token_hash bytea not null check (length(token_hash) = 32),
  member_id  uuid not null,
  expires_at timestamptz not null,
  primary key (org_id, token_hash),
  foreign key (org_id, member_id) references members (org_id, id) on delete cascade
);
create index resets_member on resets (org_id, member_id);
create index resets_expiry on resets (org_id, expires_at);

create trigger audited after insert or delete on authenticators for each row execute function audited('authenticator', 'member_id');
create trigger audited after insert or delete on passkeys for each row execute function audited('passkey', 'member_id');

alter table sessions force row level security;
alter table organisations force row level security;

do $$
declare t text;
begin
  foreach t in array array['authenticators', 'recovery_codes', 'passkeys', 'passkey_questions', 'resets'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant on %I using (org_id = app_org()) with check (org_id = app_org())', t);
    execute format('grant select, insert, update, delete on %I to clicarity_app', t);
  end loop;
end $$;
