-- Which version of the rules the stored states of an organisation's jobs were folded by, beside the log that they are the
-- fold of. A program takes commands for an organisation only when that is its own version, and asks so under the lock that
-- every command takes last: not even a program that was running before the states were folded anew writes older ones.

alter table log_heads
  add column fold     int not null default 0, -- flow.FoldVersion; 0: a program from before this was kept
  add column fold_job uuid;                   -- while the jobs are folded anew: the last one done. Null: all are

create function refuse_fold() returns boolean language plpgsql as $$
begin
  raise exception 'the states were folded by another version of the program' using errcode = 'CLF01';
end $$;

drop function append_movements(uuid, uuid, bytea, timestamptz, text, uuid[], text[], text[], uuid[], timestamptz[], text[], text[], bytea[], text);

-- Writes the movements of one command: takes their numbers, links the chain, keeps the receipt. The lock on the
-- head is held from here to commit, which is the next message.
create function append_movements(
  p_org uuid, p_command uuid, p_fingerprint bytea, p_recorded timestamptz, p_device text, p_jobs uuid[],
  p_kinds text[], p_stages text[], p_members uuid[], p_occurred timestamptz[], p_marks text[], p_facts text[],
  p_contents bytea[], p_receipt text, p_fold int) returns bigint
language plpgsql as $$
declare
  n int := array_length(p_jobs, 1);
  base bigint;
  h bytea;
begin
  select seq, hash into strict base, h from log_heads
    where org_id = p_org and case when fold = p_fold and fold_job is null then true else refuse_fold() end for update;
  for i in 1..n loop
    h := sha256(h || int8send(base + i) || p_contents[i]);
    insert into movements values (p_org, base + i, p_jobs[i], p_command, i - 1, p_kinds[i], p_stages[i],
      p_members[i], p_device, p_occurred[i], p_recorded, p_marks[i], p_facts[i], h);
  end loop;
  update log_heads set seq = base + n, hash = h where org_id = p_org;
  insert into receipts values (p_org, p_command, p_fingerprint, base + 1, base + n, p_receipt);
  return base + 1;
end $$;
