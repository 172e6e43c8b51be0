-- Shared devices on the floor, and how people say who they are there.
--
-- A device is let in with a code that is typed once, and stays in by a token; both are kept as hashes only, and looked up
-- within their organisation. Wrong PINs are counted here and nowhere else, so that a restart or a second process forgets
-- none: for each member at each device, and for each device over all members.

create table devices (
  org_id       uuid not null references organisations (org_id),
  id           uuid not null,
  name         text not null,
  place        text not null default '',
  given        text not null,           -- flow.Given: the stages that are worked at from it
  created_at   timestamptz not null,
  pair_hash    bytea check (length(pair_hash) = 32),  -- the code that lets a tablet be this device, once
  pair_until   timestamptz,
  token_hash   bytea check (length(token_hash) = 32), -- null: no tablet is this device yet
  paired_at    timestamptz,
  seen_at      timestamptz,
  seen_on      text not null default '',
  suspended_at timestamptz,             -- too much went wrong at it: nobody comes in until it is let in again
  wrong        int not null default 0,  -- flow.Wrongs
  wrong_since  timestamptz,
  primary key (org_id, id),
  unique (org_id, name)
);
create unique index devices_token on devices (org_id, token_hash) where token_hash is not null;
create unique index devices_pair on devices (org_id, pair_hash) where pair_hash is not null;

create table pins (
  org_id    uuid not null,
  member_id uuid not null,
  hash      text not null, -- Argon2id of the PIN with the installation's pepper
  set_at    timestamptz not null,
  primary key (org_id, member_id),
  foreign key (org_id, member_id) references members (org_id, id)
);

create table badges (
  org_id     uuid not null,
  member_id  uuid not null,
  token_hash bytea not null check (length(token_hash) = 32),
  made_at    timestamptz not null,
  primary key (org_id, member_id),
  unique (org_id, token_hash),
  foreign key (org_id, member_id) references members (org_id, id)
);

create table pin_tries (
  org_id       uuid not null,
  device_id    uuid not null,
  member_id    uuid not null,
  wrong        int not null,         -- in a row
  locked_until timestamptz not null,
  primary key (org_id, device_id, member_id),
  foreign key (org_id, device_id) references devices (org_id, id) on delete cascade,
  foreign key (org_id, member_id) references members (org_id, id)
);

-- A session at a device goes with the device.
alter table sessions add foreign key (org_id, device_id) references devices (org_id, id) on delete cascade;
create index sessions_device on sessions (org_id, device_id) where device_id is not null;

create trigger audited after insert or delete or update of name, place, given, token_hash, suspended_at on devices for each row
  execute function audited('device', 'id', 'given suspended_at', 'name place token_hash');
create trigger audited after insert or update or delete on pins for each row execute function audited('pin', 'member_id', '', 'hash');
create trigger audited after insert or update or delete on badges for each row execute function audited('badge', 'member_id', '', 'token_hash');
create trigger look_again after update of given, suspended_at or delete on devices for each row execute function look_again();

do $$
declare t text;
begin
  foreach t in array array['devices', 'pins', 'badges', 'pin_tries'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant on %I using (org_id = app_org()) with check (org_id = app_org())', t);
    execute format('grant select, insert, update, delete on %I to clicarity_app', t);
  end loop;
end $$;
