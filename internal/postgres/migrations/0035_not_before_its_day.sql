-- A deletion does not begin before its day: until then the closing can be looked at, and undone while that may be.
alter table closures add constraint closures_day check (begun_at >= delete_from);
