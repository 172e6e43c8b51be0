-- Programs of an organisation, and signing in with its own identity provider.
--
-- A token acts as a member of role program: the member has its name and its scope, and is the author of what it does,
-- so that the log of movements and the audit log need to know nothing of tokens. Only its hash is kept.
create table tokens (
  org_id     uuid not null,
  id         uuid not null,
  member_id  uuid not null,
  hash       bytea not null check (length(hash) = 32), -- SHA-256 of its random part
  grants     text[] not null,                          -- flow.Grant
  created_by uuid not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  used_at    timestamptz,                              -- to the minute
  primary key (org_id, id),
  foreign key (org_id, member_id) references members (org_id, id)
);
create unique index tokens_hash on tokens (org_id, hash);
create index tokens_list on tokens (org_id, created_at desc, id);

-- The company's identity provider. Its secret is sealed with a key that is not in the database.
create table identity_providers (
  org_id     uuid primary key references organisations (org_id),
  issuer     text not null,
  client_id  text not null,
  secret     bytea not null,
  domains    text[] not null,   -- of the e-mail addresses it may speak for
  required   boolean not null,  -- members sign in this way only; owners keep their passwords
  changed_by uuid not null,
  changed_at timestamptz not null
);

create trigger audited after insert or update on tokens for each row execute function audited('token', 'id', 'grants expires_at revoked_at');
create trigger audited after insert or update or delete on identity_providers for each row
  execute function audited('identity_provider', 'org_id', 'issuer required', 'client_id secret domains');

do $$
declare t text;
begin
  foreach t in array array['tokens', 'identity_providers'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant on %I using (org_id = app_org()) with check (org_id = app_org())', t);
  end loop;
end $$;
grant select, insert, update on tokens to clicarity_app;
grant select, insert, update, delete on identity_providers to clicarity_app;
