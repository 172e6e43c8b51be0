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

-- A factory to try belongs to nobody, so it has no closure that could be undone: it may be forgotten when it is an hour old by
-- the database's own clock. That it is one is said when it is made and never later.
alter table organisations add column trial_since timestamptz;

create function trial_noted() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    new.trial_since := clock_timestamp();
    return new;
  end if;
  raise exception 'a factory to try is made, never become' using errcode = 'insufficient_privilege';
end $$;
create trigger trial_made before insert on organisations for each row when (new.trial_since is not null) execute function trial_noted();
create trigger trial_kept before update on organisations for each row when (old.trial_since is distinct from new.trial_since) execute function trial_noted();

create or replace function may_forget() returns boolean language sql stable set search_path = pg_catalog, public, pg_temp as $$
  select exists (select from public.closures where org_id = public.app_org() and undone_at is null and begun_at is not null
    and delete_from <= clock_timestamp() and noted_at + (delete_from - closed_at) <= clock_timestamp())
    or exists (select from public.organisations where org_id = public.app_org() and trial_since + interval '1 hour' <= clock_timestamp())
$$;
