-- How often which part of the product is used: a number for each organisation, ISO week and part, and nothing else. No member,
-- no id of anything, no time finer than the week. An organisation can switch it off, and then there is none.
alter table organisations add column usage boolean not null default true;
create trigger audited_usage after update of usage on organisations for each row
  execute function audited('organisation', 'org_id', 'usage');

create table usage (
  org_id  uuid not null references organisations (org_id),
  week    date not null check (extract(isodow from week) = 1), -- its Monday
  feature text not null check (feature ~ '^[a-z]{1,20}$'),
  n       bigint not null check (n > 0),
  primary key (org_id, week, feature)
);

-- The one way to figures over organisations. It gives no id and no sum of its cells: a cell stands only where five or more
-- organisations are in it, and both of its numbers are rounded down to fives, so that no cell can be had as the difference of
-- others. Weeks that have not ended are left out: nobody watches a number grow. It looks at one organisation after another,
-- as each of them sees itself; what it sets for that is what it was before when it returns.
create function usage_over_organisations(p_before date) returns table (week date, feature text, organisations bigint, n bigint)
  language plpgsql security definer set search_path = public, pg_temp as $$
declare
  o      uuid;
  cells  jsonb := '[]';
  org    text := coalesce(current_setting('app.org', true), '');
  roster text := coalesce(current_setting('app.roster', true), '');
begin
  perform set_config('app.roster', 'on', true);
  for o in select org_id from organisations loop
    perform set_config('app.org', o::text, true);
    cells := cells || coalesce((select jsonb_agg(jsonb_build_object('week', u.week, 'feature', u.feature, 'n', u.n))
      from usage u where u.org_id = o and u.week + 7 <= p_before), '[]');
  end loop;
  perform set_config('app.org', org, true), set_config('app.roster', roster, true);
  return query select c.week, c.feature, count(*) / 5 * 5, sum(c.n)::bigint / 5 * 5
    from jsonb_to_recordset(cells) c (week date, feature text, n bigint)
    group by c.week, c.feature having count(*) >= 5 order by c.week desc, c.feature;
end $$;
revoke all on function usage_over_organisations(date) from public;
grant execute on function usage_over_organisations(date) to clicarity_app;

alter table usage enable row level security;
alter table usage force row level security;
create policy tenant on usage using (org_id = app_org()) with check (org_id = app_org());
grant select, insert, update, delete on usage to clicarity_app;
