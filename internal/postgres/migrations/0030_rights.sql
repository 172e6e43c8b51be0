-- People ask for what is kept about them, for corrections, to be erased, to take a consent back, and they complain: the desk
-- keeps each with its day, what was done about it and what they were told. Whoever is no member asks by the public form and
-- shows first that the address is theirs. See ADR 38.
create table rights_requests (
  org_id      uuid not null references organisations,
  id          uuid not null,
  kind        text not null check (kind in ('access', 'correction', 'erasure', 'withdrawal', 'nomination', 'grievance')),
  member_id   uuid,                                    -- who asks; null: somebody who is no member
  name        text not null default '',                -- of somebody who is no member, as they said it
  contact     text not null default '',                -- and their address, which was shown to be theirs
  language    text not null default 'en',              -- in which they are answered
  body        text not null default '' check (length(body) <= 4000),
  state       text not null default 'open' check (state in ('open', 'planned', 'answered', 'refused', 'cancelled')),
  opened_at   timestamptz not null,
  due_at      timestamptz not null,
  erase_at    timestamptz,                             -- a planned erasure begins then
  reminded    text not null default '' check (reminded in ('', '10', '2', 'late')), -- the last that owners were told
  answered_at timestamptz,
  answer      text not null default '' check (length(answer) <= 4000),
  handled_by  uuid,
  primary key (org_id, id),
  foreign key (org_id, member_id) references members (org_id, id),
  foreign key (org_id, handled_by) references members (org_id, id),
  check ((erase_at is null) or kind = 'erasure'),
  check ((state = 'planned') = (erase_at is not null and answered_at is null))
);
create index rights_requests_due on rights_requests (org_id, due_at, id) where answered_at is null;
create index rights_requests_mine on rights_requests (org_id, member_id, opened_at) where member_id is not null;
create index rights_requests_done on rights_requests (org_id, answered_at, id) where answered_at is not null;

-- What was done about a request, step by step. Steps are added and never changed.
create table rights_steps (
  org_id     uuid not null,
  request_id uuid not null,
  n          integer not null,
  at         timestamptz not null,
  by         uuid,                                     -- null: nobody, the program by itself, or who is no member
  what       text not null check (what in ('opened', 'planned', 'cancelled', 'answered', 'refused', 'reminded_10', 'reminded_2', 'reminded_late',
    'downloaded', 'searched', 'chosen', 'corrected', 'blocked', 'erased')),
  primary key (org_id, request_id, n),
  foreign key (org_id, request_id) references rights_requests (org_id, id),
  foreign key (org_id, by) references members (org_id, id)
);

-- The texts of others in which somebody is named, of which a person decided that the name goes.
create table rights_mentions (
  org_id     uuid not null,
  request_id uuid not null,
  place      text not null,                            -- the table
  row_key    text not null,                            -- and the row
  primary key (org_id, request_id, place, row_key),
  foreign key (org_id, request_id) references rights_requests (org_id, id) on delete cascade
);

-- What was asked by the public form and waits until the link that was mailed is opened.
create table rights_checks (
  org_id     uuid not null references organisations,
  token_hash bytea not null check (length(token_hash) = 32),
  kind       text not null check (kind in ('access', 'correction', 'erasure', 'withdrawal', 'grievance')),
  name       text not null,
  email      text not null,
  language   text not null,
  body       text not null check (length(body) <= 4000),
  until_at   timestamptz not null,
  primary key (org_id, token_hash)
);
create index rights_checks_until on rights_checks (org_id, until_at);

-- Whom somebody names to act for them when they cannot.
create table nominees (
  org_id    uuid not null,
  member_id uuid not null,
  name      text not null,
  contact   text not null,
  named_at  timestamptz not null,
  primary key (org_id, member_id),
  foreign key (org_id, member_id) references members (org_id, id) on delete cascade
);

-- A new address to log in with waits until the link that was mailed to it is opened.
create table login_proofs (
  org_id     uuid not null,
  token_hash bytea not null check (length(token_hash) = 32),
  member_id  uuid not null,
  login      text not null,
  replaces   text not null default '',                 -- the one that goes; empty: none
  until_at   timestamptz not null,
  primary key (org_id, token_hash),
  foreign key (org_id, member_id) references members (org_id, id) on delete cascade
);
create index login_proofs_until on login_proofs (org_id, until_at);

alter table members add column erased_at timestamptz;   -- their name is a pseudonym since

-- An owner sees that somebody asked and what became of it; what they wrote is nobody's in the log.
create trigger audited after insert or update on rights_requests for each row execute function audited('rights_request', 'id', 'kind state erase_at');
create trigger audited after insert or update or delete on nominees for each row execute function audited('nominee', 'member_id', '', 'name contact');
create trigger erased after update of erased_at on members for each row when (old.erased_at is distinct from new.erased_at)
  execute function audited('member', 'id', 'erased_at');

-- Vendors are often called like the person who owns them: the log says that the name changed, and not what it was.
drop trigger audited on vendors;
create trigger audited after insert or update or delete on vendors for each row execute function audited('vendor', 'id', '', 'name');

do $$
declare
  t text;
begin
  foreach t in array array['rights_requests', 'rights_steps', 'rights_mentions', 'rights_checks', 'nominees', 'login_proofs'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant on %I using (org_id = app_org()) with check (org_id = app_org())', t);
  end loop;
end $$;
grant select, insert, update on rights_requests to clicarity_app;
grant select, insert on rights_steps to clicarity_app;
grant select, insert, delete on rights_mentions, rights_checks, login_proofs to clicarity_app;
grant select, insert, update, delete on nominees to clicarity_app;
