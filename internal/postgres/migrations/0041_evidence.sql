-- What a company has to be able to show: breaches of personal data with what was done about each and when, reviews of who has
-- access, and drills in which a backup was brought back. All of it is added and never changed.
create table breaches (
  org_id     uuid not null references organisations (org_id),
  id         uuid not null,
  noticed_at timestamptz not null,
  opened_at  timestamptz not null check (opened_at >= noticed_at),
  opened_by  uuid not null, -- no foreign key: the entry outlives who made it
  primary key (org_id, id)
);
create index breaches_newest on breaches (org_id, noticed_at, id);

create table breach_steps (
  org_id    uuid not null,
  breach_id uuid not null,
  n         int not null check (n > 0),
  id        uuid not null, -- of the command that recorded it
  kind      text not null check (kind in ('account', 'note', 'people', 'board', 'report', 'letter', 'organisations', 'closed')),
  at        timestamptz not null,
  member_id uuid not null,
  body      text not null check (length(body) <= 60000),
  primary key (org_id, breach_id, n),
  unique (org_id, id),
  foreign key (org_id, breach_id) references breaches (org_id, id)
);

create table access_reviews (
  org_id      uuid not null references organisations (org_id),
  id          uuid not null,
  reviewed_at timestamptz not null,
  reviewed_by uuid not null,
  members     int not null, -- how many people had access then
  primary key (org_id, id)
);
create index access_reviews_newest on access_reviews (org_id, reviewed_at, id);

create table drills (
  org_id        uuid not null references organisations (org_id),
  id            uuid not null,
  began_at      timestamptz not null,
  seconds       int not null,
  bytes         bigint not null, -- of the backup
  organisations int not null,    -- that were checked
  movements     bigint not null, -- of all of them
  fault         text not null,   -- empty: everything was sound
  primary key (org_id, id)
);
create index drills_newest on drills (org_id, began_at, id);

create function refuse_evidence_change() returns trigger language plpgsql as $$
begin
  raise exception 'what was recorded is never changed' using errcode = 'insufficient_privilege';
end $$;

create trigger audited after insert on breaches for each row execute function audited('breach', 'id', 'noticed_at');
create trigger audited after insert on breach_steps for each row execute function audited('breach_step', 'breach_id', 'kind');
create trigger audited after insert on access_reviews for each row execute function audited('access_review', 'id', 'members');

-- Which changes of the tables ran when is shown as evidence. The table belongs to no organisation and says nothing of any.
grant select on schema_migrations to clicarity_app;

do $$
declare t text;
begin
  foreach t in array array['breaches', 'breach_steps', 'access_reviews', 'drills'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant on %I using (org_id = app_org()) with check (org_id = app_org())', t);
    execute format('grant select, insert on %I to clicarity_app', t);
    execute format('create trigger never_changed before update on %I for each row execute function refuse_evidence_change()', t);
  end loop;
end $$;
