-- The words of customers and items by their parts of three letters (flow.Parts), to find them from the middle and as they
-- are misspelt. A word is there once for the organisation, however many jobs have it, so the list grows with the vocabulary
-- and not with the jobs, and a job whose words are known adds nothing. A word stays when the last job that had it is renamed:
-- it then leads to no job.

create table word_parts (
  org_id uuid not null references organisations (org_id),
  part   text collate "C" not null,
  word   text collate "C" not null,
  primary key (org_id, part, word)
);

alter table word_parts enable row level security;
alter table word_parts force row level security;
create policy tenant on word_parts using (org_id = app_org()) with check (org_id = app_org());
grant select, insert on word_parts to clicarity_app;

-- parts_of is flow.Parts.
create function parts_of(word text) returns setof text language sql immutable as $$
  select distinct substr('  ' || word || ' ', i, 3) from generate_series(1, char_length(word) + 1) i where char_length(word) between 2 and 40
$$;

alter table jobs no force row level security; -- the owner of the tables reads the rows of every organisation
alter table job_words no force row level security;
alter table word_parts no force row level security;
alter table organisations no force row level security;

insert into word_parts
  select w.org_id, p.part, w.word from (
    select distinct x.org_id, x.word from job_words x join jobs j on j.org_id = x.org_id and j.id = x.job_id
    where x.word <> lower(j.number_key) and x.word !~ '^[0-9]+$') w
  cross join lateral parts_of(w.word) p (part);

alter table jobs force row level security;
alter table job_words force row level security;
alter table word_parts force row level security;
alter table organisations force row level security;
