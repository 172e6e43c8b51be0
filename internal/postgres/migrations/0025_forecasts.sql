-- What each night teaches about what comes next: a model for every process, how the dates told before came true, and which
-- jobs are likely to be late. All of it follows from the history and can be learned anew.

-- Whose night it is. One server takes an organisation's night at a time, holds it for a while and says so again while it
-- works; when it stops without a word, another goes on after that.
create table forecast_nights (
  org_id     uuid primary key references organisations (org_id),
  night      date,        -- the last one that is done, as days are where the organisation is
  holder     uuid,        -- the server that has it now
  held_until timestamptz
);

create table forecast_models (
  org_id     uuid not null,
  process_id uuid not null,
  learned_at timestamptz not null,
  since      timestamptz not null, -- of jobs that were recorded since then
  jobs       int not null,         -- so many were learned from
  of_jobs    int not null,         -- of so many
  model      bytea not null,       -- measure.Model as it is kept
  primary key (org_id, process_id),
  foreign key (org_id, process_id) references processes (org_id, id)
);

-- What became of the dates that were told for a day, 50% and 85% ones. What is not known for sure counts in part.
create table forecast_days (
  org_id     uuid not null,
  process_id uuid not null,
  day        date not null,
  dates_50   double precision not null,
  met_50     double precision not null,
  dates_85   double precision not null,
  met_85     double precision not null,
  primary key (org_id, process_id, day),
  foreign key (org_id, process_id) references processes (org_id, id)
);

-- Open jobs that were more likely late than not when their process was last learned.
create table forecast_late (
  org_id     uuid not null,
  job_id     uuid not null,
  process_id uuid not null,
  due        date not null, -- the due date that this was reckoned for
  chance     real not null check (chance between 0 and 1), -- of meeting it
  p50        date not null,
  p85        date not null,
  n          int not null,  -- jobs it is told of
  risk       text not null, -- the stage that is most likely why, empty for none
  primary key (org_id, job_id),
  foreign key (org_id, job_id) references jobs (org_id, id) on delete cascade
);
create index forecast_late_due on forecast_late (org_id, process_id, due, job_id);

do $$
declare t text;
begin
  foreach t in array array['forecast_nights', 'forecast_models', 'forecast_days', 'forecast_late'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant on %I using (org_id = app_org()) with check (org_id = app_org())', t);
  end loop;
end $$;
grant select, insert, update on forecast_nights, forecast_models, forecast_days to clicarity_app;
grant select, insert, update, delete on forecast_late to clicarity_app;
grant delete on forecast_days to clicarity_app;
