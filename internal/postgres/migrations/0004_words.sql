-- The organisation's own words for the vocabulary, per language. A change is a new version; the newest counts, and the ones
-- before say how it came to be so.

create table words (
  org_id     uuid not null references organisations (org_id),
  version    int not null,
  body       jsonb not null,           -- flow.Words
  changed_by uuid not null,            -- no foreign key: a person may go, what they did stays
  changed_at timestamptz not null,
  primary key (org_id, version)
);

alter table words enable row level security;
alter table words force row level security;
create policy tenant on words using (org_id = app_org()) with check (org_id = app_org());
grant select, insert on words to clicarity_app;
