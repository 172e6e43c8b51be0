-- Letters: what is sent is known as exactly as a mail server lets it be known, and what comes back is not written again.
--
-- A mail is offered before the server is spoken to, and sent when it has said yes. One that is offered and neither sent
-- nor failed is one of which nobody knows: whoever sends asks the server, where it can be asked, before it goes again.
alter table outbox
  add column offered_at timestamptz,               -- the conversation began; null again when it is known how it ended
  add column bounced_at timestamptz;               -- the server took it, and somebody said later that it did not arrive
create index outbox_recent on outbox (org_id, number desc);
create index outbox_counted on outbox (org_id, kind, key);

-- Addresses from which mails came back for good. After the second nothing is written to them until somebody says that
-- they are right: the row goes.
create table mail_addresses (
  org_id   uuid not null references organisations (org_id),
  address  text not null,
  hard     int not null check (hard > 0),  -- how many came back
  last_at  timestamptz not null,
  status   text not null,                  -- such as 5.1.1
  primary key (org_id, address)
);

-- The language of letters and of the notice may be another than that of the pages.
alter table members add column letters text not null default '' check (letters in ('', 'en', 'hi', 'mr', 'gu', 'ta'));

-- What somebody agreed to, and took back: a row for each act, never changed. Reading the notice of what is stored is
-- such an act too; with it somebody says that they are an adult. The subject is a member, or a contact of whom there is
-- no more here than a number that is made of their address with a key.
create table consents (
  org_id   uuid not null references organisations (org_id),
  number   bigint generated always as identity,
  subject  uuid not null,
  purpose  text not null check (purpose in ('notice', 'news')),
  act      text not null check (act in ('read', 'given', 'withdrawn')),
  version  int not null,           -- of the notice
  language text not null,          -- in which it was read
  at       timestamptz not null,
  how      text not null check (how in ('join', 'page', 'form', 'one_click', 'desk', 'import')),
  by_id    uuid,                   -- the member who did it, null: the subject, not signed in
  adult    boolean not null default false,
  primary key (org_id, number),
  check ((purpose = 'notice') = (act = 'read'))
);
create index consents_subject on consents (org_id, subject, purpose, number);
create trigger consents_immutable before update or delete on consents for each row execute function refuse_audit_change();
create trigger consents_not_truncated before truncate on consents for each statement execute function refuse_audit_change();

-- What members were told within the program and have put away.
create table told (
  org_id    uuid not null,
  member_id uuid not null,
  topic     text not null,
  at        timestamptz not null,
  primary key (org_id, member_id, topic),
  foreign key (org_id, member_id) references members (org_id, id)
);

do $$
declare t text;
begin
  foreach t in array array['mail_addresses', 'consents', 'told'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant on %I using (org_id = app_org()) with check (org_id = app_org())', t);
  end loop;
end $$;
grant select, insert, update, delete on mail_addresses to clicarity_app;
grant select, insert on consents to clicarity_app;
grant select, insert, delete on told to clicarity_app;
