-- Photos and signatures of forms, and what the law calls what is on a challan.

-- A picture comes before the command that names it, and is kept for good once a movement does. It has no foreign key to
-- its job: a new job's pictures come before the job.
create table pictures (
  org_id     uuid not null references organisations (org_id),
  id         uuid not null,            -- made where the picture was taken
  job_id     uuid not null,
  stage      text not null,            -- whose form it is for; empty for the job's own
  member_id  uuid not null,            -- no foreign key: a person may go, the picture stays
  added_at   timestamptz not null,
  sent       bytea not null check (length(sent) = 32),   -- SHA-256 of what was sent: the same again is the same picture
  sha256     bytea not null check (length(sha256) = 32), -- of bytes; in the movements that name it, and so in their chain
  media      text not null check (media in ('image/jpeg', 'image/png')),
  bytes      bytea not null check (length(bytes) <= 4194304),
  thumb      bytea not null check (length(thumb) <= 4194304),
  kept       boolean not null default false,             -- a movement names it
  primary key (org_id, id)
);
create index pictures_unused on pictures (org_id, added_at) where not kept;
alter table pictures alter column bytes set storage external, alter column thumb set storage external; -- compressed already

alter table pictures enable row level security;
alter table pictures force row level security;
create policy tenant on pictures using (org_id = app_org()) with check (org_id = app_org());
grant select, insert, delete, update (kept) on pictures to clicarity_app;

create function refuse_picture_change() returns trigger language plpgsql as $$
begin
  raise exception 'a picture that the history names is never changed or deleted' using errcode = 'insufficient_privilege';
end $$;
create trigger pictures_kept before update or delete on pictures
  for each row when (old.kept) execute function refuse_picture_change();

alter table challans add column goods text not null default '' check (goods in ('', 'capital', 'tools'));
