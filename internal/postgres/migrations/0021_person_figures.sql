-- Why an organisation looks at figures person by person, in an owner's words; empty: it does not, and no page shows any.

alter table organisations add column person_figures text not null default '' check (length(person_figures) <= 500);
drop trigger audited on organisations;
create trigger audited after update on organisations for each row
  execute function audited('organisation', 'org_id', 'name timezone second_factor person_figures');
