-- The house: organisations, people, processes, jobs and the log of movements.
--
-- Every table belongs to one organisation and its keys lead with org_id, so that an organisation can be exported,
-- erased, moved or sharded as one piece. Row-level security is forced on every table: without app.org nothing is
-- there, whoever asks. The application's role owns nothing.

create function app_org() returns uuid language sql stable parallel safe
  return nullif(current_setting('app.org', true), '')::uuid;

create table organisations (
  org_id     uuid primary key,
  slug       text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{1,40}$'),
  name       text not null,
  timezone   text not null default 'Asia/Kolkata',
  created_at timestamptz not null
);

-- The head of each organisation's log. Numbers are taken from here in the last batch before commit: a sequence
-- would give numbers at insert, and a reader following them would lose rows that commit out of order.
create table log_heads (
  org_id uuid primary key references organisations (org_id),
  seq    bigint not null,
  hash   bytea not null check (length(hash) = 32)
) with (fillfactor = 10);

create table members (
  org_id        uuid not null references organisations (org_id),
  id            uuid not null,
  name          text not null,
  role          text not null check (role in ('owner', 'operator')),
  language      text not null default 'en',
  password_hash text not null,
  created_at    timestamptz not null,
  primary key (org_id, id)
);

-- What a member signs in with: an e-mail address or a phone number, normalised. A table of its own because signing
-- in is the one question asked before the organisation is known; see its second policy.
create table logins (
  org_id    uuid not null,
  login     text not null,
  member_id uuid not null,
  primary key (org_id, login),
  foreign key (org_id, member_id) references members (org_id, id) on delete cascade
);
create index logins_login on logins (login);

create table member_stages (
  org_id     uuid not null,
  member_id  uuid not null,
  process_id uuid not null,
  stage      text not null,
  primary key (org_id, member_id, process_id, stage),
  foreign key (org_id, member_id) references members (org_id, id) on delete cascade
);

create table sessions (
  org_id     uuid not null,
  token_hash bytea not null,
  member_id  uuid not null,
  device     text not null default '',
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (org_id, token_hash),
  foreign key (org_id, member_id) references members (org_id, id) on delete cascade
);
create index sessions_expiry on sessions (org_id, expires_at);

create table vendors (
  org_id uuid not null references organisations (org_id),
  id     uuid not null,
  name   text not null,
  place  text not null default '',
  primary key (org_id, id)
);

create table processes (
  org_id      uuid not null references organisations (org_id),
  id          uuid not null,
  name        text not null,
  version     int not null,            -- the one new jobs get
  next_number int not null default 1,  -- of its job number series
  primary key (org_id, id),
  unique (org_id, name)
);

create table process_versions (
  org_id     uuid not null,
  process_id uuid not null,
  version    int not null,
  definition text not null,            -- flow.Process as JSON; never changes
  primary key (org_id, process_id, version),
  foreign key (org_id, process_id) references processes (org_id, id)
);

-- state is flow.Job as JSON: the fold of the job's movements, written in their transaction. The columns beside it
-- repeat what lists sort and search by.
create table jobs (
  org_id       uuid not null,
  id           uuid not null,
  process_id   uuid not null,
  version      int not null,
  number       text not null,
  number_key   text not null,
  due          date not null,          -- 9999-12-31 when there is none, so that one index orders all
  status       text not null check (status in ('open', 'done')),
  state        text not null,
  primary key (org_id, id),
  constraint jobs_number unique (org_id, number_key),
  foreign key (org_id, process_id, version) references process_versions (org_id, process_id, version)
) with (fillfactor = 70);
create index jobs_board on jobs (org_id, process_id, status, due, id);
create index jobs_closed on jobs (org_id, process_id, status, id);

-- One row for each stage where something of a job is now: the stage queues, My jobs and the counts on the board.
create table work (
  org_id     uuid not null,
  job_id     uuid not null,
  stage      text not null,
  process_id uuid not null,
  status     text not null check (status in ('ready', 'running', 'hold')),
  on_hand    numeric(18,6) not null,
  ready_at   timestamptz not null,
  primary key (org_id, job_id, stage),
  foreign key (org_id, job_id) references jobs (org_id, id) on delete cascade
) with (fillfactor = 80);
create index work_queue on work (org_id, process_id, stage, ready_at, job_id) include (status);

-- Words a job is found by. Ranges over text are leakproof, so row-level security lets the index do the work;
-- like and trigram operators are not, and would read the whole organisation.
create table job_words (
  org_id uuid not null,
  word   text collate "C" not null,
  job_id uuid not null,
  primary key (org_id, word, job_id),
  foreign key (org_id, job_id) references jobs (org_id, id) on delete cascade
);
create index job_words_job on job_words (org_id, job_id);

create table movements (
  org_id      uuid not null,
  seq         bigint not null,
  job_id      uuid not null,
  command_id  uuid not null,
  part        int not null,
  kind        text not null,
  stage       text not null,
  member_id   uuid not null,           -- no foreign key: a person may go, the movement stays
  device      text not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null,
  mark        text not null check (mark in ('live', 'backdated', 'imported', 'inferred')),
  facts       text not null,
  hash        bytea not null check (length(hash) = 32),
  primary key (org_id, seq),
  foreign key (org_id, job_id) references jobs (org_id, id)
);
create index movements_job on movements (org_id, job_id, seq);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'movements are never changed or deleted' using errcode = 'insufficient_privilege';
end $$;
create trigger movements_immutable before update or delete on movements
  for each row execute function refuse_change();
create trigger movements_not_truncated before truncate on movements
  for each statement execute function refuse_change();

-- The first answer to every command that was taken.
create table receipts (
  org_id      uuid not null,
  command_id  uuid not null,
  fingerprint bytea not null,
  first_seq   bigint not null,
  last_seq    bigint not null,
  jobs        text not null,
  primary key (org_id, command_id)
);

-- How far each follower of the log has come, and what it needs to go on from there.
create table followers (
  org_id uuid not null references organisations (org_id),
  name   text not null,
  seq    bigint not null,
  state  bytea not null default '',
  primary key (org_id, name)
);

-- Files on their way in: kept while a person maps the columns and looks at the preview.
create table uploads (
  org_id     uuid not null,
  id         uuid not null,
  member_id  uuid not null,
  file_name  text not null,
  content    text not null,            -- the table that was read, as JSON
  mapping    text not null,            -- what the person chose
  created_at timestamptz not null,
  primary key (org_id, id),
  foreign key (org_id, member_id) references members (org_id, id) on delete cascade
);

-- How columns were mapped last time, by the header they belong to.
create table column_maps (
  org_id     uuid not null references organisations (org_id),
  header_key bytea not null,
  mapping    text not null,
  primary key (org_id, header_key)
);

-- Writes the movements of one command: takes their numbers, links the chain, keeps the receipt. The lock on the
-- head is held from here to commit, which is the next message.
create function append_movements(
  p_org uuid, p_command uuid, p_fingerprint bytea, p_recorded timestamptz, p_device text, p_jobs uuid[],
  p_kinds text[], p_stages text[], p_members uuid[], p_occurred timestamptz[], p_marks text[], p_facts text[],
  p_contents bytea[], p_receipt text) returns bigint
language plpgsql as $$
declare
  n int := array_length(p_jobs, 1);
  base bigint;
  h bytea;
begin
  select seq, hash into strict base, h from log_heads where org_id = p_org for update;
  for i in 1..n loop
    h := sha256(h || int8send(base + i) || p_contents[i]);
    insert into movements values (p_org, base + i, p_jobs[i], p_command, i - 1, p_kinds[i], p_stages[i],
      p_members[i], p_device, p_occurred[i], p_recorded, p_marks[i], p_facts[i], h);
  end loop;
  update log_heads set seq = base + n, hash = h where org_id = p_org;
  insert into receipts values (p_org, p_command, p_fingerprint, base + 1, base + n, p_receipt);
  return base + 1;
end $$;

do $$
declare t text;
begin
  for t in select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
           where n.nspname = 'public' and c.relkind = 'r' and c.relname <> 'schema_migrations' loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant on %I using (org_id = app_org()) with check (org_id = app_org())', t);
    execute format('grant select, insert, update, delete on %I to clicarity_app', t);
  end loop;
end $$;

revoke update, delete on movements, receipts, process_versions from clicarity_app;
revoke delete on jobs, organisations, log_heads from clicarity_app;

-- Three questions are asked before an organisation is known. Each is answered for exactly what was named: a
-- sign-in, the organisation with a slug, and, for background work, the list of organisations.
create policy sign_in on logins for select using (login = nullif(current_setting('app.login', true), ''));
create policy by_slug on organisations for select using (slug = nullif(current_setting('app.slug', true), ''));
create policy roster on organisations for select using (current_setting('app.roster', true) = 'on');
