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

do $$
declare t text;
begin
  foreach t in array array['outbox'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant on %I using (org_id = app_org()) with check (org_id = app_org())', t);
  end loop;
end $$;
grant select, insert, update, delete on outbox to clicarity_app;
