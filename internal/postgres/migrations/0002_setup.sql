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

-- Delivery notes for job work at vendors, numbered by the financial year, and what went out on each. What is still
-- there is repeated from the jobs' states.
create table challan_series (
  org_id      uuid not null references organisations (org_id),
  year        text not null,
  next_number int not null,
  primary key (org_id, year)
);

create table challans (
  org_id    uuid not null,
  number    text not null,
  vendor_id uuid not null,
  expected  date,
  note      text not null default '',
  sent_at   timestamptz not null,
  sent_by   uuid not null,
  primary key (org_id, number),
  foreign key (org_id, vendor_id) references vendors (org_id, id)
);
create index challans_vendor on challans (org_id, vendor_id, sent_at desc);

create table challan_lines (
  org_id     uuid not null,
  number     text not null,
  job_id     uuid not null,
  stage      text not null,
  quantity   numeric(18,6) not null,
  left_there numeric(18,6) not null,
  primary key (org_id, number, job_id, stage),
  foreign key (org_id, number) references challans (org_id, number),
  foreign key (org_id, job_id) references jobs (org_id, id) on delete cascade
);
create index challan_lines_open on challan_lines (org_id, number) where left_there > 0;

alter table work drop constraint work_status_check;
alter table work add check (status in ('ready', 'running', 'hold', 'vendor'));

do $$
declare t text;
begin
  foreach t in array array['process_drafts', 'number_series', 'challan_series', 'challans', 'challan_lines'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant on %I using (org_id = app_org()) with check (org_id = app_org())', t);
    execute format('grant select, insert, update, delete on %I to clicarity_app', t);
  end loop;
end $$;

revoke delete on number_series, challan_series, challans, challan_lines from clicarity_app;
