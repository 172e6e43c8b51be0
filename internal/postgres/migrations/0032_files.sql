-- Files of jobs and stages: what is known of the bytes of each revision, which are kept sealed in the store of files under
-- a key of their own. That key is here, sealed with the organisation's: who has the store alone, or a copy of it, reads
-- nothing, and a file whose key is forgotten is gone wherever its bytes are.
create table files (
  org_id     uuid not null references organisations (org_id),
  id         uuid not null,            -- of the revision; made with the form
  job_id     uuid not null,            -- no foreign key: as with pictures
  stage      text not null,            -- empty: of the job itself
  member_id  uuid not null,            -- no foreign key: a person may go, the file stays
  added_at   timestamptz not null,
  name       text not null,            -- as it was called when it was sent
  media      text not null,            -- what its bytes are, as the server found
  size       bigint not null check (size > 0),
  sha256     bytea not null check (length(sha256) = 32), -- of its bytes; in the movement that names it
  object     text,                     -- where the store has it; null: it has it no more
  sealed_key bytea,                    -- null: erased
  thumb      bytea check (length(thumb) <= 4194304), -- sealed
  scan       text not null check (scan in ('off', 'waiting', 'clean', 'infected')),
  scan_at    timestamptz,              -- when it was looked at for viruses, or is to be looked at again
  kept       boolean not null default false, -- a movement names it
  primary key (org_id, id)
);
create index files_unused on files (org_id, added_at) where not kept;
create index files_job on files (org_id, job_id) where kept;
create index files_scan on files (org_id, scan_at, id) where scan in ('off', 'waiting') and sealed_key is not null;
create index files_erased on files (org_id, id) where sealed_key is null and object is not null;
alter table files alter column thumb set storage external; -- sealed: nothing to compress

-- What the history names of a file never changes, and its row stays. Its bytes can be erased, which the history says too, and
-- somebody's name be taken out of what it was called.
create function refuse_file_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and (new.org_id, new.id, new.job_id, new.stage, new.member_id, new.added_at, new.media, new.size, new.sha256, new.kept)
      is not distinct from (old.org_id, old.id, old.job_id, old.stage, old.member_id, old.added_at, old.media, old.size, old.sha256, old.kept) then
    return new;
  end if;
  raise exception 'a file that the history names is never changed or deleted' using errcode = 'insufficient_privilege';
end $$;
create trigger files_kept before update or delete on files for each row when (old.kept) execute function refuse_file_change();

alter table files enable row level security;
alter table files force row level security;
create policy tenant on files using (org_id = app_org()) with check (org_id = app_org());
grant select, insert, delete, update (name, object, sealed_key, thumb, scan, scan_at, kept) on files to clicarity_app;
