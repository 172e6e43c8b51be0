-- Calendars of an organisation: when it works, and when one of its stages does. Targets are judged by them.
--
-- An organisation that was there before this has none and goes on as it was, round the clock, until somebody says
-- when it works.

create table calendars (
  org_id     uuid not null references organisations (org_id),
  code       text not null,            -- what stages name it by
  version    int not null,             -- of the changes to it, the newest
  standard   boolean not null,         -- the one for stages that name none
  body       jsonb not null,           -- flow.Calendar
  changed_by uuid not null,            -- no foreign key: a person may go, what they did stays
  changed_at timestamptz not null,
  primary key (org_id, code)
);
create unique index calendars_standard on calendars (org_id) where standard;

-- Who set what and when. Working time is reckoned by the calendar as it is now; this says how it came to be so.
create table calendar_changes (
  org_id     uuid not null references organisations (org_id),
  code       text not null,
  version    int not null,             -- counts on when a calendar is removed and made anew
  standard   boolean not null,
  body       jsonb,                    -- as it was from then on; null: it was removed
  changed_by uuid not null,
  changed_at timestamptz not null,
  primary key (org_id, code, version)
);

do $$
declare t text;
begin
  foreach t in array array['calendars', 'calendar_changes'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant on %I using (org_id = app_org()) with check (org_id = app_org())', t);
    execute format('grant select, insert, update, delete on %I to clicarity_app', t);
  end loop;
end $$;

revoke update, delete on calendar_changes from clicarity_app;
