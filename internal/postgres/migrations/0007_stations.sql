-- Where work runs, whom a hold waits for, and which jobs follow which version of their process.

-- The station that the work keeps busy now, and the member who must act so that its hold ends.
alter table work add column station text not null default '';
alter table work add column awaits uuid;
create index work_station on work (org_id, station) where station <> '';
create index work_awaits on work (org_id, awaits) where awaits is not null;

-- Open jobs by version: when a process is published, those on older versions are counted and moved over.
create index jobs_editions on jobs (org_id, process_id, version, id) where status = 'open';
