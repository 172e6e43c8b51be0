-- Each organisation has keys of its own, wrapped by the installation's master key: what is sealed with them goes when
-- they go, and a new master key means wrapping a few keys anew and nothing else. The installation's own key (kind root) is
-- kept under the organisation that there is not (all zeros), so that it is under the same policy as all.
create table org_keys (
  org_id     uuid not null,        -- no foreign key: see above
  kind       text not null check (kind in ('data', 'root')),
  version    int not null check (version > 0),
  master     text not null,        -- the name of the master key that it is wrapped with
  wrapped    bytea not null,
  made_at    timestamptz not null default now(),
  retired_at timestamptz,          -- when a newer version took its place
  swept_at   timestamptz,          -- when all that was sealed before had been sealed with this one
  primary key (org_id, kind, version)
);
alter table org_keys enable row level security;
alter table org_keys force row level security;
create policy tenant on org_keys using (org_id = app_org()) with check (org_id = app_org());
grant select, insert, delete, update (master, wrapped, retired_at, swept_at) on org_keys to clicarity_app;

-- A rotation is in the audit log: of the organisation's key by its version, of the master key by the name of the new one.
create trigger audited_added after insert on org_keys for each row when (new.kind = 'data' and new.version > 1)
  execute function audited('org_key', 'version', 'version');
create trigger audited_changed after update of master on org_keys for each row when (new.kind = 'data' and new.master <> old.master)
  execute function audited('org_key', 'version', 'master');

-- What was sealed with an older key is sealed anew, which changes nothing that anybody would want to know of.
drop trigger audited on identity_providers;
create trigger audited_added after insert or delete on identity_providers for each row
  execute function audited('identity_provider', 'org_id', 'issuer required', 'client_id secret domains');
create trigger audited_changed after update on identity_providers for each row when (current_setting('app.reseal', true) is distinct from 'on')
  execute function audited('identity_provider', 'org_id', 'issuer required', 'client_id secret domains');

-- Pictures are sealed too. What the history names of one never changes: sealed anew it is the same picture, as the digest
-- in the history proves.
create or replace function refuse_picture_rewrite() returns trigger language plpgsql as $$
begin
  if to_jsonb(new) - array['bytes', 'thumb', 'erased_at'] = to_jsonb(old) - array['bytes', 'thumb', 'erased_at']
    and new.erased_at is not null and length(new.bytes) = 0 and length(new.thumb) = 0
    and exists (select from redactions r where r.org_id = new.org_id and r.picture_id = new.id) then
    return new;
  end if;
  if current_setting('app.reseal', true) = 'on' and old.erased_at is null and new.erased_at is null and (new.org_id, new.id, new.job_id, new.stage, new.member_id, new.added_at, new.sent, new.sha256, new.media, new.kept)
      is not distinct from (old.org_id, old.id, old.job_id, old.stage, old.member_id, old.added_at, old.sent, old.sha256, old.media, old.kept) then
    return new;
  end if;
  raise exception 'a picture that the history names is never changed or deleted' using errcode = 'insufficient_privilege';
end $$;
grant update (bytes, thumb) on pictures to clicarity_app;
