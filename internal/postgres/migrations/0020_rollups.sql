-- The figures of an organisation, kept up by a follower of its log: what each job's history says (facts), and what facts
-- add up to by day. All of it can be made anew from the movements at any time. (docs/adr/0029)

-- One thing that the history of a job says for figures: measure.Fact, column by column.
create table facts (
  org_id     uuid not null,
  job_id     uuid not null,
  kind       text not null,
  n          int not null,
  process_id uuid not null,
  stage      text not null,
  site       text not null,
  customer   text not null,
  product    text not null,
  vendor_id  uuid not null,
  station    text not null,
  reason     text not null,
  day        date not null,          -- on which it ended; 9999-12-31 while it goes on
  since      timestamptz not null,
  at         timestamptz not null,   -- when it ended; 9999-12-31 while it goes on
  m          bigint[] not null,
  spans      text not null,
  primary key (org_id, job_id, kind, n)
); -- without a foreign key: it would lock jobs against the write door, and jobs are never deleted
create index facts_ended on facts (org_id, kind, process_id, at, job_id, n, stage) where day < date '9999-12-31';
create index facts_open on facts (org_id, kind, process_id, since, job_id, n, stage) where day = date '9999-12-31';
create index facts_began on facts (org_id, kind, process_id, since, job_id, n) where kind in ('job', 'trip');
create index facts_customer on facts (org_id, customer, kind, day, at) where customer <> '';
create index facts_product on facts (org_id, product, kind, day, at) where product <> '';

-- What the facts of a day add up to: measure.Tally. by: what of, and @ after it when of a single stage; then what by.
create table tallies (
  org_id     uuid not null,
  by         text not null,
  day        date not null,
  process_id uuid not null,
  stage      text not null,
  site       text not null,
  value      text not null,
  sums       bytea not null,
  dists      bytea not null,
  primary key (org_id, by, day, process_id, stage, site, value)
);
create index tallies_value on tallies (org_id, by, value, day) where value <> '';

-- When there was work on a day: at a station, or at a stage wherever it was. runs: every run; busy: their union.
create table busy_days (
  org_id     uuid not null,
  day        date not null,
  process_id uuid not null,
  stage      text not null,
  site       text not null,
  station    text not null,
  runs       bytea not null,
  busy       bytea not null,
  primary key (org_id, day, process_id, stage, site, station)
);

do $$
declare t text;
begin
  foreach t in array array['facts', 'tallies', 'busy_days'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant on %I using (org_id = app_org()) with check (org_id = app_org())', t);
    execute format('grant select, insert, update, delete on %I to clicarity_app', t);
  end loop;
end $$;
