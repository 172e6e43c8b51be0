-- What every request asks about an organisation's settings, beside its session, is kept in the organisation's own row: a
-- number that is another one after every change of its calendars or words, and until when support may look at it. Asking
-- the tables themselves was two thirds of the price of a session.

alter table organisations
  add column settings      bigint not null default 0,
  add column support_until timestamptz;

create function settings_changed() returns trigger language plpgsql as $$
begin
  update organisations set settings = settings + 1 where org_id = coalesce(new.org_id, old.org_id);
  return null;
end $$;

create trigger settings_changed after insert or update or delete on calendars for each row execute function settings_changed();
create trigger settings_changed after insert or update or delete on words for each row execute function settings_changed();

create function support_changed() returns trigger language plpgsql as $$
begin
  update organisations set support_until = (select max(until) from support_grants where org_id = new.org_id and ended_at is null)
    where org_id = new.org_id;
  return null;
end $$;

create trigger support_changed after insert or update on support_grants for each row execute function support_changed();

alter table support_grants no force row level security; -- the owner of the tables reads the grants of every organisation
update organisations o set support_until = (select max(g.until) from support_grants g where g.org_id = o.org_id and g.ended_at is null);
alter table support_grants force row level security;
