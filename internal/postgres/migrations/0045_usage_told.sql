-- What was told once of a week over organisations is told the same ever after: whoever looks before and after one of them switches
-- off would see its part as the difference. Kept by the operator's organisation, of five and more organisations, in fives.
create table usage_told (
  org_id        uuid not null references organisations (org_id),
  week          date not null,
  feature       text not null,
  organisations bigint not null check (organisations >= 5 and organisations % 5 = 0),
  n             bigint not null check (n % 5 = 0),
  primary key (org_id, week, feature)
);
alter table usage_told enable row level security;
alter table usage_told force row level security;
create policy tenant on usage_told using (org_id = app_org()) with check (org_id = app_org());
grant select, insert, delete on usage_told to clicarity_app;
