-- Factories that visitors of the public site may try. Each is an organisation of its own, made fresh every hour; which one
-- is open, and as whom a visitor comes in, is kept with the organisation of whoever runs the service. tried_id has no
-- foreign key: it is another organisation's id, and that organisation goes before this row does.
create table trials (
  org_id      uuid not null references organisations (org_id),
  tried_id    uuid not null,
  owner_id    uuid not null,                                            -- as whom visitors come in: who owns the factory
  operator_id uuid not null,                                            -- and who works at a press in it
  made_at     timestamptz not null,
  ended_at    timestamptz,                                              -- nobody comes in any more, and it is to be deleted
  primary key (org_id, tried_id)
);
create index trials_open on trials (org_id, made_at) where ended_at is null;

alter table trials enable row level security;
alter table trials force row level security;
create policy tenant on trials using (org_id = app_org()) with check (org_id = app_org());
grant select, insert, delete on trials to clicarity_app;
grant update (ended_at) on trials to clicarity_app;

-- A visitor's session does less than the member's whose place it takes.
alter table sessions drop constraint sessions_via_check;
alter table sessions add constraint sessions_via_check check (via in ('', 'floor', 'pending', 'support', 'try'));
