-- Calendly ends a subscription of messages that failed for a day, and says so to nobody. So it is looked at once a day, what was not
-- told meanwhile is fetched, and what came of it is kept here: a row of the operator's organisation, which one server at a time
-- takes. It says nothing of any person.
create table calendly_watch (
  org_id      uuid primary key references organisations (org_id),
  next_at     timestamptz not null,                                    -- when it is looked at next
  taken_until timestamptz,                                             -- a server is at it; lapses when that one dies
  state       text not null default 'unknown' check (state in ('unknown', 'alive', 'retrying', 'refused', 'failing', 'silent')),
  state_at    timestamptz not null,                                    -- since when
  fault       text not null default '' check (length(fault) <= 200),   -- what Calendly answered to what, when that was no good
  checked_at  timestamptz,                                             -- the last look that it answered
  good_at     timestamptz,                                             -- the last look that found it alive
  made_at     timestamptz,                                             -- when it was made anew
  told_at     timestamptz,                                             -- when the owners were told of a state
  kinds       text[] not null default '{}',                            -- of meetings that are demos, as Calendly names them; empty: all
  filled_to   timestamptz,                                             -- what changed at Calendly until then is here
  walk_at     timestamptz,                                             -- a walk over the demos goes on: when it began,
  walk_from   timestamptz                                              -- and from which demos on, by when they start
);

-- What was erased stays erased, though Calendly has it still and is asked for it: a digest of the address under which Calendly keeps
-- a guest, or the keyed digest of an e-mail address that an enquiry has anyway. Neither leads back to anybody; both go after a year.
create table erased_guests (
  org_id    uuid not null references organisations (org_id),
  digest    bytea not null check (length(digest) = 32),
  erased_at timestamptz not null,
  primary key (org_id, digest)
);
create index erased_guests_old on erased_guests (org_id, erased_at);

do $$
declare t text;
begin
  foreach t in array array['calendly_watch', 'erased_guests'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant on %I using (org_id = app_org()) with check (org_id = app_org())', t);
  end loop;
end $$;
grant select, insert, update, delete on calendly_watch, erased_guests to clicarity_app;
