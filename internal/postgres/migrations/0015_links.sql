-- Ways in without an account: a vendor answers for named challans, a customer reads how far one job is.
--
-- What is given out is signed and names the organisation and the link, so nothing secret is kept here. A link ends by
-- itself, and at once when it is revoked: every use reads its row.
alter table vendors add column member_id uuid; -- in whose name what comes by the vendor's links is kept
alter table vendors add foreign key (org_id, member_id) references members (org_id, id);

create table links (
  org_id     uuid not null references organisations (org_id),
  id         uuid not null,
  kind       text not null check (kind in ('vendor', 'customer')),
  vendor_id  uuid,
  job_id     uuid,
  created_by uuid not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  uses       int not null default 0,
  used_at    timestamptz,
  primary key (org_id, id),
  foreign key (org_id, vendor_id) references vendors (org_id, id),
  foreign key (org_id, job_id) references jobs (org_id, id) on delete cascade,
  check ((kind = 'vendor') = (vendor_id is not null)),
  check ((kind = 'customer') = (job_id is not null))
);
create index links_job on links (org_id, job_id, created_at) where job_id is not null;
create index links_vendor on links (org_id, vendor_id, created_at) where vendor_id is not null;

-- The challans that a vendor's link is for.
create table link_challans (
  org_id  uuid not null,
  link_id uuid not null,
  number  text not null,
  primary key (org_id, link_id, number),
  foreign key (org_id, link_id) references links (org_id, id) on delete cascade,
  foreign key (org_id, number) references challans (org_id, number)
);
create index link_challans_number on link_challans (org_id, number);

create trigger audited after insert or update or delete on links for each row
  execute function audited('link', 'id', 'kind vendor_id job_id expires_at revoked_at');

do $$
declare t text;
begin
  foreach t in array array['links', 'link_challans'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant on %I using (org_id = app_org()) with check (org_id = app_org())', t);
  end loop;
end $$;
grant select, insert, update on links to clicarity_app;
grant select, insert on link_challans to clicarity_app;
