-- What the public site takes in. It belongs to the organisation of whoever runs the service, which is an organisation like
-- any other: row-level security holds it to its owners, and its key seals what says who somebody is.
--
-- Of a person who asks there is no more than the notice beside the form names: each field a column of its own, sealed. The
-- mark is a keyed digest of the address, by which a second message and a booking find the first. All of it goes when its
-- time is over (erase_after), with the log and the bookings.
create table enquiries (
  org_id         uuid not null references organisations (org_id),
  id             uuid not null,                                         -- made with the form: sent twice, there once
  source         text not null check (source in ('form', 'calendly')),
  purpose        text not null check (purpose in ('demo', 'question')),
  name           bytea,
  company        bytea,
  email          bytea,
  phone          bytea,
  message        bytea,
  mark           bytea check (length(mark) = 32),
  language       text not null,
  page           text not null,                                         -- of the site, on which the form was
  notice_version int not null,
  news           boolean not null default false,                        -- agreed to hear of the product; never ticked for anybody
  state          text not null default 'new' check (state in ('new', 'answered', 'booked', 'closed')),
  owner_id       uuid,                                                  -- who looks after it
  created_at     timestamptz not null,
  reply_by       timestamptz not null,
  answered_at    timestamptz,
  reminded_at    timestamptz,
  meeting_at     timestamptz,
  erase_after    timestamptz not null,
  primary key (org_id, id),
  foreign key (org_id, owner_id) references members (org_id, id)
);
create index enquiries_list on enquiries (org_id, state, reply_by, id);
create index enquiries_mark on enquiries (org_id, mark);
create index enquiries_end on enquiries (org_id, erase_after);

-- What happened to an enquiry. The words of an answer are sealed too.
create table enquiry_steps (
  org_id     uuid not null,
  enquiry_id uuid not null,
  id         uuid not null default gen_random_uuid(),
  number     bigint generated always as identity,                       -- the order
  what       text not null check (what in ('came', 'came_again', 'taken', 'answered', 'closed', 'reopened', 'booked', 'moved', 'cancelled', 'reminded')),
  by_id      uuid,                                                      -- null: the sender, or the program
  text       bytea,
  meeting_at timestamptz,
  at         timestamptz not null,
  primary key (org_id, enquiry_id, id),
  foreign key (org_id, enquiry_id) references enquiries (org_id, id) on delete cascade,
  foreign key (org_id, by_id) references members (org_id, id)
);

-- Demos booked with Calendly, by the address under which it keeps the guest. Of one that was moved, the old and the new one
-- name each other; what is told of them comes in any order, and more than once.
create table bookings (
  org_id      uuid not null,
  invitee     text not null check (length(invitee) <= 400),
  enquiry_id  uuid,
  old_invitee text not null default '' check (length(old_invitee) <= 400),
  new_invitee text not null default '' check (length(new_invitee) <= 400),
  starts_at   timestamptz not null,
  created     boolean not null default false,                           -- it was told that it was booked
  cancelled   boolean not null default false,                           -- it was told that it was cancelled
  erase_after timestamptz not null,
  primary key (org_id, invitee),
  foreign key (org_id) references organisations (org_id),
  foreign key (org_id, enquiry_id) references enquiries (org_id, id) on delete cascade
);
create index bookings_enquiry on bookings (org_id, enquiry_id);
create index bookings_new on bookings (org_id, new_invitee) where new_invitee <> '';
create index bookings_end on bookings (org_id, erase_after);

-- What visitors of the site chose about cookies: that somebody chose, when, what, of which version of the question. No
-- address and nothing that leads to the person.
create table site_consents (
  org_id   uuid not null references organisations (org_id),
  id       uuid not null,
  version  int not null,
  choices  text not null check (choices in ('a0', 'a1')),
  language text not null,
  at       timestamptz not null,
  primary key (org_id, id)
);
create index site_consents_old on site_consents (org_id, at);

do $$
declare t text;
begin
  foreach t in array array['enquiries', 'enquiry_steps', 'bookings', 'site_consents'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant on %I using (org_id = app_org()) with check (org_id = app_org())', t);
  end loop;
end $$;
grant select, insert, delete on enquiries, enquiry_steps, bookings, site_consents to clicarity_app;
grant update (state, owner_id, answered_at, reminded_at, meeting_at, reply_by) on enquiries to clicarity_app;
grant update (name, company, email, phone, message) on enquiries to clicarity_app; -- sealed anew when the key changes
grant update (text) on enquiry_steps to clicarity_app;                              -- the same
grant update (enquiry_id, old_invitee, new_invitee, starts_at, created, cancelled) on bookings to clicarity_app;
