-- The steps of setting up, kept until they are done: leaving and coming back loses nothing. Nothing of it counts before.

create table wizards (
  org_id     uuid not null references organisations (org_id),
  id         uuid not null,
  body       text not null,            -- JSON of the pages
  changed_by uuid not null,
  changed_at timestamptz not null,
  done_at    timestamptz,
  primary key (org_id, id)
);

alter table wizards enable row level security;
alter table wizards force row level security;
create policy tenant on wizards using (org_id = app_org()) with check (org_id = app_org());
grant select, insert, update on wizards to clicarity_app;
