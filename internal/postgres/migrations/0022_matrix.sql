-- The board under a filter. Lists by term, in the order of the board, so that a page of a filter costs the page however
-- rare its matches are. A stage that something goes to or leaves changes none of them: their rows change with a job's
-- fields, its being done, and when it goes on hold, to a vendor or back for rework. What only stages know (which one, since
-- when) is in the list of work, as it was, with the due date beside it.
--
-- The terms are made by flow.Job.Terms; those of the jobs that are there come with the next fold of the states.
create table job_terms (
  org_id     uuid not null,
  process_id uuid not null,
  status     text not null,
  term       text collate "C" not null,
  due        date not null,
  job_id     uuid not null,
  primary key (org_id, process_id, status, term, due, job_id),
  foreign key (org_id, job_id) references jobs (org_id, id) on delete cascade
);
create index job_terms_job on job_terms (org_id, job_id);

-- Filters of the board that somebody named, for themselves or for everybody.
create table board_views (
  org_id    uuid not null references organisations (org_id),
  id        uuid not null,
  member_id uuid,             -- whose it is; null: shared
  name      text not null,
  query     text not null,    -- as in the board's address
  place     int not null,     -- in its list
  primary key (org_id, id),
  foreign key (org_id, member_id) references members (org_id, id) on delete cascade
);
create index board_views_list on board_views (org_id, member_id, place);

do $$
declare t text;
begin
  foreach t in array array['job_terms', 'board_views'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant on %I using (org_id = app_org()) with check (org_id = app_org())', t);
    execute format('grant select, insert, update, delete on %I to clicarity_app', t);
  end loop;
end $$;

-- Not indexed, so that writing it costs nothing.
alter table jobs add column moved_at timestamptz not null default 'epoch'; -- when the newest movement happened

alter table work
  add column due   date not null default '9999-12-31',
  add column away  boolean not null default false, -- something is at a vendor
  add column again boolean not null default false; -- it came back

alter table jobs no force row level security;
alter table work no force row level security;
update jobs set moved_at = timestamptz 'epoch' + ((state::json) ->> 'last')::bigint * interval '1 microsecond';
update work w set due = j.due from jobs j where j.org_id = w.org_id and j.id = w.job_id;
alter table jobs force row level security;
alter table work force row level security;

drop index work_queue;
create index work_queue on work (org_id, process_id, stage, ready_at, job_id) include (status, due);
