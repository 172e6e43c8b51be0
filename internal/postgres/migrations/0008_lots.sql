-- Lots of material that went into jobs and came out of them, and non-conformances: both are repeated from the jobs'
-- states, so that a lot or what is open is found without reading every job.

create table job_lots (
  org_id   uuid not null,
  lot_key  text not null,               -- flow.NumberKey of the lot
  way      text not null check (way in ('in', 'out')),
  job_id   uuid not null,
  stage    text not null,
  place    int not null,                -- in the stage's list
  lot      text not null,
  quantity numeric(18,6) not null,
  primary key (org_id, lot_key, way, job_id, stage, place),
  foreign key (org_id, job_id) references jobs (org_id, id) on delete cascade
);
create index job_lots_job on job_lots (org_id, job_id);

create table nonconformances (
  org_id    uuid not null,
  id        uuid not null,
  job_id    uuid not null,
  stage     text not null,
  number    text not null,
  raised_at timestamptz not null,
  due       date,
  open      boolean not null,
  primary key (org_id, id),
  foreign key (org_id, job_id) references jobs (org_id, id) on delete cascade
);
create index nonconformances_list on nonconformances (org_id, open, raised_at desc, id);
create index nonconformances_job on nonconformances (org_id, job_id);

do $$
declare t text;
begin
  foreach t in array array['job_lots', 'nonconformances'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant on %I using (org_id = app_org()) with check (org_id = app_org())', t);
    execute format('grant select, insert, update, delete on %I to clicarity_app', t);
  end loop;
end $$;
