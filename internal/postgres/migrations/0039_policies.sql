-- The privacy policy and the terms of the service: versions that are never changed once they are published, kept by the
-- organisation of whoever runs the service. One that is not published is the draft of the next.
create table policies (
  org_id       uuid not null references organisations (org_id),
  kind         text not null check (kind in ('privacy', 'terms')),
  version      int not null check (version > 1), -- 1 is the program's own text
  body         text not null check (length(body) <= 100000),
  material     boolean not null default false,
  changed_at   timestamptz not null,
  changed_by   uuid not null,
  published_at timestamptz,
  published_by uuid,
  effective_at timestamptz,
  primary key (org_id, kind, version),
  foreign key (org_id, changed_by) references members (org_id, id),
  check ((published_at is null) = (published_by is null) and (published_at is null) = (effective_at is null)),
  check (effective_at >= published_at)
);
create unique index policies_draft on policies (org_id, kind) where published_at is null;
create index policies_changer on policies (org_id, changed_by);

create function refuse_policy_change() returns trigger language plpgsql as $$
begin
  raise exception 'a published policy is never changed' using errcode = 'insufficient_privilege';
end $$;
create trigger policies_immutable before update on policies for each row when (old.published_at is not null)
  execute function refuse_policy_change();
create trigger audited after insert or update on policies for each row
  execute function audited('policy', 'kind', 'version material published_at effective_at', 'body');

-- How far a change has been told to the owners of all organisations: everybody up to the organisation told_to has their
-- letter in the outbox, because both are written in one transaction.
create table policy_walks (
  org_id      uuid not null,
  kind        text not null,
  version     int not null,
  told_to     uuid,
  done_at     timestamptz,
  written     int not null default 0,
  unreachable int not null default 0, -- owners without an address
  sent        int not null default 0, -- these are counted anew while they change
  failed      int not null default 0,
  bounced     int not null default 0,
  counted_at  timestamptz,
  primary key (org_id, kind, version),
  foreign key (org_id, kind, version) references policies (org_id, kind, version)
);

do $$
declare t text;
begin
  foreach t in array array['policies', 'policy_walks'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant on %I using (org_id = app_org()) with check (org_id = app_org())', t);
  end loop;
end $$;
grant select, insert on policies to clicarity_app;
grant update (body, material, changed_at, changed_by, published_at, published_by, effective_at) on policies to clicarity_app;
grant select, insert, update on policy_walks to clicarity_app;
