-- News: what nobody has to know, written by owners of whoever runs the service, and sent to those only who agreed. One that is
-- sent is never changed; one that is not is a draft.
create table news (
  org_id     uuid not null references organisations (org_id),
  id         uuid not null,
  edition    int not null check (edition > 0), -- counts the changes of the draft: it is sent as somebody looked at it
  first      text not null,                    -- the language for whoever reads none of those that it is written in
  texts      jsonb not null check (texts ? first and length(texts::text) <= 400000), -- subject and text, by language
  changed_at timestamptz not null,
  changed_by uuid not null,
  sent_at    timestamptz,
  sent_by    uuid,
  primary key (org_id, id),
  foreign key (org_id, changed_by) references members (org_id, id),
  check ((sent_at is null) = (sent_by is null))
);
create index news_changer on news (org_id, changed_by);
create index news_newest on news (org_id, coalesce(sent_at, 'infinity') desc, id);

create function refuse_news_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and current_user = 'clicarity_owner' and may_forget() then
    return old;
  end if;
  raise exception 'news that are sent are never changed' using errcode = 'insufficient_privilege';
end $$;
create trigger news_immutable before update or delete on news for each row when (old.sent_at is not null)
  execute function refuse_news_change();
create trigger audited after insert or update or delete on news for each row
  execute function audited('news', 'id', 'edition first sent_at', 'texts');

-- How far letters about one thing have been written to people of all organisations: those of everybody up to the organisation
-- told_to are in the outbox, because both are written in one transaction. Changes of policies have walked so before.
create table walks (
  org_id      uuid not null references organisations (org_id),
  kind        text not null check (kind in ('policy_change', 'news')), -- of the letters,
  key         text not null,                                           -- and what they are about, as in the outbox
  begun_at    timestamptz not null,
  told_to     uuid,
  done_at     timestamptz,
  written     int not null default 0,
  unreachable int not null default 0, -- people without an address
  sent        int not null default 0, -- these are counted anew while they change
  failed      int not null default 0,
  bounced     int not null default 0,
  dropped     int not null default 0, -- who it was for did not want it any more when it was about to go
  counted_at  timestamptz,
  primary key (org_id, kind, key)
);
create function walk_begun() returns trigger language plpgsql as $$
begin
  perform pg_notify('walk', new.org_id::text);
  return null;
end $$;
create trigger begun after insert on walks for each row execute function walk_begun();

alter table policies no force row level security; -- the owner of the tables reads the rows of every organisation
alter table policy_walks no force row level security;
alter table organisations no force row level security;
insert into walks (org_id, kind, key, begun_at, told_to, done_at, written, unreachable, sent, failed, bounced, counted_at)
  select w.org_id, 'policy_change', w.kind || ' ' || w.version, p.published_at, told_to, done_at, written, unreachable, sent, failed, bounced, counted_at
  from policy_walks w join policies p on p.org_id = w.org_id and p.kind = w.kind and p.version = w.version;
alter table policies force row level security;
alter table organisations force row level security;
drop table policy_walks;

do $$
declare t text;
begin
  foreach t in array array['news', 'walks'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant on %I using (org_id = app_org()) with check (org_id = app_org())', t);
  end loop;
end $$;
grant select, insert, delete on news to clicarity_app;
grant update (edition, first, texts, changed_at, changed_by, sent_at, sent_by) on news to clicarity_app;
grant select, insert, update on walks to clicarity_app;

-- A letter that nobody has to get says by whose consent it goes. The consent is looked at again when the letter is about to be
-- handed over; without it the letter is dropped.
alter table outbox
  add column consent_of uuid,                       -- a member or an enquiry; null: the letter is strictly necessary
  add column dropped    boolean not null default false; -- it ended at failed_at, and nothing failed
