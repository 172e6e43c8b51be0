-- Support looks only when an owner lets it, and what is in the audit log can be found.

alter table organisations no force row level security; -- the owner of the tables checks references into it
alter table members no force row level security;
alter table sessions no force row level security;

-- A grant of support access: why, what, for how long. Its link is kept as a digest, is opened once, and then belongs to
-- the browser that opened it. The person who opened it is a member of their own, so that what they looked at is theirs.
create table support_grants (
  org_id     uuid not null references organisations (org_id),
  id         uuid not null,
  reason     text not null,
  help       boolean not null,                     -- may help with the set-up, not only look
  given      text not null,                        -- flow.Given: whole processes
  token_hash bytea not null check (length(token_hash) = 32),
  granted_by uuid not null,                        -- no foreign key: the grant outlives who gave it
  granted_at timestamptz not null,
  until      timestamptz not null check (until > granted_at and until <= granted_at + interval '72 hours'),
  bound_hash bytea check (length(bound_hash) = 32), -- of the secret that the browser which opened it keeps
  member_id  uuid,                                 -- who opened it
  opened_at  timestamptz,
  ended_at   timestamptz,                          -- an owner ended it before its time
  ended_by   uuid,
  primary key (org_id, id),
  unique (org_id, token_hash),
  foreign key (org_id, member_id) references members (org_id, id)
);
create index support_grants_newest on support_grants (org_id, granted_at, id);
create index support_grants_open on support_grants (org_id, until) where ended_at is null;
alter table sessions add foreign key (org_id, grant_id) references support_grants (org_id, id);

create trigger audited after insert or update on support_grants for each row
  execute function audited('support_grant', 'id', 'help given until opened_at member_id ended_at ended_by');
create trigger look_again after insert or update on support_grants for each row execute function look_again();

-- Owners who have the head of the audit log sent to them each day: whoever kept one can tell later whether the log of that day
-- was written anew.
create table head_mails (
  org_id    uuid not null references organisations (org_id),
  member_id uuid not null,
  day       date not null, -- the last for which one was written, or on which it was switched on
  primary key (org_id, member_id),
  foreign key (org_id, member_id) references members (org_id, id) on delete cascade
);
create trigger audited after insert or delete on head_mails for each row execute function audited('head_mail', 'member_id');

-- People read the log by time, a stretch of it at once.
drop index audit_what;
drop index audit_member;
create index audit_at on audit (org_id, at, seq);
create index audit_member on audit (org_id, member_id, at, seq) where member_id is not null;

alter table organisations force row level security;
alter table members force row level security;
alter table sessions force row level security;

do $$
declare t text;
begin
  foreach t in array array['support_grants', 'head_mails'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant on %I using (org_id = app_org()) with check (org_id = app_org())', t);
  end loop;
end $$;
grant select, insert, update on support_grants to clicarity_app;
grant select, insert, update, delete on head_mails to clicarity_app;
