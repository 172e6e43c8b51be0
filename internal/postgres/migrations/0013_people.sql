-- People come in by invitation, and mails are sent for them.
--
-- A mail is written here in the transaction of what it tells of, and sent by the worker. Its text may carry a link that
-- lets somebody in: it is sealed while it waits and forgotten when it has gone.
create table outbox (
  org_id     uuid not null references organisations (org_id),
  number     bigint generated always as identity,
  recipient  text not null,
  kind       text not null,
  key        text not null,     -- one mail for each kind, key and recipient
  content    bytea,             -- subject and text, sealed; null: gone
  created_at timestamptz not null,
  due_at     timestamptz not null,
  until_at   timestamptz not null, -- useless afterwards
  tries      int not null default 0,
  sent_at    timestamptz,
  failed_at  timestamptz,
  failure    text not null default '',
  primary key (org_id, number),
  unique (org_id, kind, key, recipient)
);
create index outbox_due on outbox (org_id, due_at, number) where sent_at is null and failed_at is null;
create index outbox_old on outbox (org_id, created_at);

create function post_waits() returns trigger language plpgsql as $$
begin
  perform pg_notify('post', new.org_id::text);
  return null;
end $$;
create trigger post_waits after insert on outbox for each row execute function post_waits();

-- An invitation lets one person in, once, with the role and scope it names. Its token is kept as a hash only. Opening its
-- page does not use it up.
create table invitations (
  org_id     uuid not null references organisations (org_id),
  id         uuid not null,
  token_hash bytea not null check (length(token_hash) = 32),
  login      text not null default '', -- the address it went to, which is then what they sign in with; empty: they say
  name       text not null default '',
  role       text not null check (role in ('owner', 'manager', 'supervisor', 'operator', 'vendor', 'viewer')),
  given      text not null,
  invited_by uuid not null,
  created_at timestamptz not null,
  until_at   timestamptz not null,
  used_at    timestamptz,
  used_by    uuid,
  revoked_at timestamptz,
  primary key (org_id, id),
  unique (org_id, token_hash),
  foreign key (org_id, invited_by) references members (org_id, id)
);
create index invitations_open on invitations (org_id, created_at) where used_at is null and revoked_at is null;
create index invitations_inviter on invitations (org_id, invited_by);
create trigger audited after insert or update on invitations for each row
  execute function audited('invitation', 'id', 'role given invited_by used_by revoked_at');

-- Which notice of what is stored somebody was shown, with confirming that they are of age, when they came in; 0: they were
-- added by somebody who told them.
alter table members add column notice int not null default 0;

do $$
declare t text;
begin
  foreach t in array array['outbox', 'invitations'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant on %I using (org_id = app_org()) with check (org_id = app_org())', t);
  end loop;
end $$;
grant select, insert, update, delete on outbox to clicarity_app;
grant select, insert, update, delete on invitations to clicarity_app;
