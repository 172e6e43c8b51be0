-- What the numbers of the Pulse are counted by, kept with the jobs: since when nothing has happened to what is at a stage, when
-- a job's goods last left, and how much was wasted where. What is there is filled in when the states are folded anew
-- (flow.FoldVersion), so that the rules are said once.

alter table work add column quiet_at timestamptz not null default 'epoch';
alter table work alter column quiet_at drop default;

-- Counts and stuck work of a stage are one range of this index. It replaces one that had the status alone, which every
-- start and every hold changed already.
drop index work_queue;
create index work_queue on work (org_id, process_id, stage, ready_at, job_id) include (status, due, quiet_at);
-- Rows of work come and go all day. Counting reads the index alone as far as the map of what all see is fresh.
alter table work set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02);

alter table jobs add column left_at timestamptz; -- flow.Job.Left; null while nothing has
create index jobs_left on jobs (org_id, process_id, left_at, id) where left_at is not null;

-- Wastage of open jobs by stage, in percent of what came (flow.StageState.Wastage). A row comes with the first waste.
create table job_waste (
  org_id     uuid not null,
  job_id     uuid not null,
  stage      text not null,
  process_id uuid not null,
  share      numeric(18,6) not null,
  primary key (org_id, job_id, stage),
  foreign key (org_id, job_id) references jobs (org_id, id) on delete cascade
);
create index job_waste_share on job_waste (org_id, process_id, stage, share, job_id);

alter table job_waste enable row level security;
alter table job_waste force row level security;
create policy tenant on job_waste using (org_id = app_org()) with check (org_id = app_org());
grant select, insert, update, delete on job_waste to clicarity_app;
