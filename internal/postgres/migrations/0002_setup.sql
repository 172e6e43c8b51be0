-- Set-up by the organisation itself: drafts of its processes, and job number series that begin anew every April.

-- What an owner is changing and has not published. Version is that of the published process it began from.
create table process_drafts (
  org_id     uuid not null,
  process_id uuid not null,
  version    int not null,
  definition text not null,            -- flow.Process as JSON
  saved_by   uuid not null,
  saved_at   timestamptz not null,
  primary key (org_id, process_id),
  foreign key (org_id, process_id) references processes (org_id, id)
);

-- One row for each financial year of a process whose numbers carry it: 26-27.
create table number_series (
  org_id      uuid not null,
  process_id  uuid not null,
  year        text not null,
  next_number int not null,
  primary key (org_id, process_id, year),
  foreign key (org_id, process_id) references processes (org_id, id)
);

-- The job that a component belongs to, or that a lot was split off.
alter table jobs add column parent_id uuid;
alter table jobs add foreign key (org_id, parent_id) references jobs (org_id, id);
create index jobs_family on jobs (org_id, parent_id) where parent_id is not null;

do $$
declare t text;
begin
  foreach t in array array['process_drafts', 'number_series'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant on %I using (org_id = app_org()) with check (org_id = app_org())', t);
    execute format('grant select, insert, update, delete on %I to clicarity_app', t);
  end loop;
end $$;

revoke delete on number_series from clicarity_app;
