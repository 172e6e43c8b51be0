-- An organisation that leaves: it is read-only from the moment it is closed, its owners may undo that for 30 days, and after
-- that all of it is deleted. The row outlives the organisation, so nothing refers from it to anything else; what is left in it
-- in the end says when and how much was deleted, and of nobody.
create table closures (
  org_id      uuid primary key,
  closed_at   timestamptz not null,
  closed_by   uuid,                             -- the owner; null: whoever runs the service, on request
  because     text not null default '' check (length(because) <= 500),
  undo_until  timestamptz not null,
  delete_from timestamptz not null,
  delete_by   timestamptz not null,
  noted_at    timestamptz not null default clock_timestamp(), -- by the clock of the database, which the application cannot set
  undone_at   timestamptz,
  undone_by   uuid,
  told        text[] not null default '{}',     -- the kinds of mail that its owners were sent
  begun_at    timestamptz,                      -- the deletion
  counts      jsonb not null default '{}',      -- the rows deleted so far, by table
  contacts    bytea,                            -- where the certificate goes, sealed; forgotten when it has gone
  done_at     timestamptz,
  certificate text,
  check (undo_until >= closed_at + interval '720 hours' and delete_from >= undo_until and delete_by >= delete_from),
  check (undone_at is null or begun_at is null),
  check (done_at is null or begun_at is not null),
  check ((certificate is null) = (done_at is null)),
  check (contacts is null or begun_at is not null)
);

alter table closures enable row level security;
alter table closures force row level security;
create policy tenant on closures using (org_id = app_org()) with check (org_id = app_org());
-- Background work goes through them when the organisation is gone too.
create policy roster on closures for select using (current_setting('app.roster', true) = 'on');

grant select on closures to clicarity_app;
grant insert (org_id, closed_at, closed_by, because, undo_until, delete_from, delete_by) on closures to clicarity_app;
grant update (closed_at, closed_by, because, undo_until, delete_from, delete_by, undone_at, undone_by, told, begun_at, contacts, done_at, certificate)
  on closures to clicarity_app;

-- While it is closed no movement is added: the head of the log says so, under the lock that every command takes.
alter table log_heads add column closed boolean not null default false;

create function refuse_closed() returns trigger language plpgsql as $$
begin
  raise exception 'the organisation is closed' using errcode = 'CLF02';
end $$;

create trigger closed before update of seq on log_heads for each row when (old.closed) execute function refuse_closed();

-- The clock of the database starts anew with every closing, so that nobody who can write this table gets a deletion sooner.
create function closure_noted() returns trigger language plpgsql as $$
begin
  if current_user = 'clicarity_owner' then -- it puts back what a restored backup did not know
    return new;
  end if;
  if tg_op = 'UPDATE' and old.begun_at is not null then
    raise exception 'the deletion has begun' using errcode = 'insufficient_privilege';
  end if;
  if tg_op = 'INSERT' or (new.closed_at, new.undo_until, new.delete_from) is distinct from (old.closed_at, old.undo_until, old.delete_from)
    or old.undone_at is not null and new.undone_at is null then
    new.noted_at := clock_timestamp();
    new.told := '{}';
  end if;
  return new;
end $$;
create trigger noted before insert or update of closed_at, undo_until, delete_from, undone_at on closures for each row execute function closure_noted();

create function closure_holds() returns trigger language plpgsql as $$
begin
  update log_heads set closed = (new.undone_at is null) where org_id = new.org_id;
  return null;
end $$;
create trigger holds after insert or update of closed_at, undone_at on closures for each row execute function closure_holds();
create trigger audited after insert or update of closed_at, undo_until, delete_from, undone_at on closures for each row when (current_user = 'clicarity_app')
  execute function audited('closure', 'org_id', 'closed_at undo_until delete_from undone_at');
create trigger look_again after insert or update of closed_at, undone_at on closures for each row execute function look_again();

-- And nothing new comes into its set-up, whichever way it comes.
create function refuse_while_closed() returns trigger language plpgsql as $$
begin
  if exists (select from closures where org_id = app_org() and undone_at is null) then
    raise exception 'the organisation is closed' using errcode = 'CLF02';
  end if;
  return null;
end $$;
do $$
declare t text;
begin
  foreach t in array array['members', 'processes', 'process_versions', 'process_drafts', 'sites', 'vendors', 'links', 'tokens', 'devices', 'invitations',
    'identity_providers', 'calendars', 'words', 'wizards', 'uploads', 'pictures', 'board_views', 'column_maps', 'support_grants', 'badges', 'pins'] loop
    execute format('create trigger closed before insert on %I for each statement execute function refuse_while_closed()', t);
  end loop;
end $$;
