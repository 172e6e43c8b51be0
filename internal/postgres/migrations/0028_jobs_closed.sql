-- Every list of jobs is read by due date now; this index was only written.
drop index jobs_closed;
