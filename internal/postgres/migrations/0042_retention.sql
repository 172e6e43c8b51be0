-- An organisation says how long it keeps what is written on jobs after they are done: then names, words, photos and files go, and
-- what the history adds up to stays. Nothing is said: everything is kept as long as the organisation.
alter table organisations add column keep_months int check (keep_months between 6 and 240); -- null: everything is kept
alter table organisations add column kept_by     uuid;        -- the owner who said so, in whose name it happens; no foreign key
alter table organisations add column emptied_to  timestamptz; -- the jobs that left before have been emptied,
alter table organisations add column emptied_job uuid;        -- and of those that left then, those up to this one
create trigger audited_retention after update of keep_months on organisations for each row
  execute function audited('organisation', 'org_id', 'keep_months');

alter table redactions drop constraint redactions_reason_check;
alter table redactions add constraint redactions_reason_check check (reason in ('erasure', 'request', 'retention'));

-- The jobs that are done, in the order in which they left.
create index jobs_left_at on jobs (org_id, left_at, id) where left_at is not null;
