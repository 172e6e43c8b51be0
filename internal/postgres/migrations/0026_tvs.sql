-- TVs: devices that only show. What a TV shows, of what, in which language and whether with the customers' names is kept
-- with the device; the processes and sites that it may show are its scope, in given.
alter table devices
  add column shows      text not null default '' check (shows in ('', 'board', 'late', 'both')), -- '': people come in at it
  add column process_id uuid,                             -- whose board it shows
  add column language   text not null default '',
  add column customers  boolean not null default false,   -- customers' names too
  add constraint devices_board check ((shows in ('board', 'both')) = (process_id is not null)),
  add foreign key (org_id, process_id) references processes (org_id, id);

-- The codes that TVs show before they are anybody's. They are kept under the organisation that there is not (all zeros),
-- so that they are under the same policy as all: whoever works for an organisation sees none of them. The one that lets
-- the TV in is written into its row, once, and the TV learns it by its own secret.
create table tv_codes (
  org_id     uuid not null,
  token_hash bytea not null check (length(token_hash) = 32), -- of the TV's secret
  code_hash  bytea not null check (length(code_hash) = 32),
  until      timestamptz not null,
  seen_on    text not null,
  claimed_by uuid,                                           -- the organisation
  primary key (org_id, token_hash)
);
create unique index tv_codes_code on tv_codes (org_id, code_hash);
create index tv_codes_until on tv_codes (org_id, until);

-- A TV is another thing in the audit log than a shared device, and more of it is told.
drop trigger audited on devices;
create trigger audited_added after insert on devices for each row when (new.shows = '')
  execute function audited('device', 'id', 'given suspended_at', 'name place token_hash');
create trigger audited_changed after update of name, place, given, token_hash, suspended_at on devices for each row when (new.shows = '')
  execute function audited('device', 'id', 'given suspended_at', 'name place token_hash');
create trigger audited_removed after delete on devices for each row when (old.shows = '')
  execute function audited('device', 'id', 'given suspended_at', 'name place token_hash');
create trigger audited_tv_added after insert on devices for each row when (new.shows <> '')
  execute function audited('tv', 'id', 'shows process_id given customers language suspended_at', 'name place token_hash');
create trigger audited_tv_changed after update of name, place, given, token_hash, suspended_at, shows, process_id, language, customers on devices
  for each row when (new.shows <> '')
  execute function audited('tv', 'id', 'shows process_id given customers language suspended_at', 'name place token_hash');
create trigger audited_tv_removed after delete on devices for each row when (old.shows <> '')
  execute function audited('tv', 'id', 'shows process_id given customers language suspended_at', 'name place token_hash');

-- A TV looks again when it is changed, and the screen before when another takes its place.
drop trigger look_again on devices;
create trigger look_again after update of name, place, given, suspended_at, token_hash, shows, process_id, language, customers or delete on devices
  for each row execute function look_again();

alter table tv_codes enable row level security;
alter table tv_codes force row level security;
create policy tenant on tv_codes using (org_id = app_org()) with check (org_id = app_org());
grant select, insert, update, delete on tv_codes to clicarity_app;
