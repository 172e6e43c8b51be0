package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

// Whatever is changed behind the application's back, verify names it.
func TestVerifyNamesTheFirstFault(t *testing.T) {
	t.Parallel()
	for name, harm := range map[string]struct{ sql, says string }{
		"one byte of a fact":     {`update movements set facts = overlay(facts placing '9' from position('40' in facts) for 1) where seq = 3`, "movement 3"},
		"a stage":                {`update movements set stage = 'dispatch' where seq = 3`, "movement 3"},
		"who did it":             {`update movements set member_id = gen_random_uuid() where seq = 2`, "movement 2"},
		"when it happened":       {`update movements set occurred_at = occurred_at + interval '1 microsecond' where seq = 2`, "movement 2"},
		"a hash":                 {`update movements set hash = sha256('x') where seq = 2`, "movement 2"},
		"a movement taken out":   {`delete from movements where seq = 2`, "movement 2 is missing"},
		"the tail cut":           {`delete from movements where seq = 5`, "log ends at movement 4"},
		"two in another order":   {`update movements set seq = case seq when 2 then 1002 when 3 then 1003 end where seq in (2, 3); update movements set seq = case seq when 1002 then 3 else 2 end where seq > 1000`, "movement 2"},
		"a stored state":         {`update jobs set state = replace(state, '"good":40', '"good":41')`, "what is stored is not what"},
		"the work list":          {`update work set on_hand = on_hand + 1 where stage = 'printing'`, "list of work"},
		"a lot":                  {`update job_lots set lot = 'F-8'`, "list of lots"},
		"a non-conformance":      {`update nonconformances set open = false`, "list of non-conformances"},
		"work that is not there": {`delete from work where stage = 'lamination'`, "list of work"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := pgtest.URL(t)
			f := openFirm(t, pgtest.Open(t, url), "sahyadri")
			id := f.job("JC-1", 100)
			f.must(flow.Start{Work: at(id, "printing")})
			f.must(flow.Report{Work: at(id, "printing"), Good: flow.Units(40)})
			f.must(flow.Start{Work: at(id, "lamination"), Used: []flow.Used{{Lot: "F-9", Quantity: flow.Units(2)}}})
			f.must(flow.RaiseNC{Work: at(id, "lamination"), NC: newID(t), What: "bubbles"})
			f.sound()
			// The superuser, past grants, triggers and policies: nobody less could.
			if _, err := pgtest.Owner(t, url).Exec(t.Context(), "set session_replication_role = replica; "+harm.sql); err != nil {
				t.Fatal(err)
			}
			_, err := f.db.Verify(t.Context(), f.org)
			var fault *postgres.Fault
			if !errors.As(err, &fault) || !strings.Contains(fault.Says, harm.says) {
				t.Errorf("verify says %v, want something about %q", err, harm.says)
			}
		})
	}
}

func TestFollowersGoOnWhereTheyStood(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	f.job("JC-1", 1)
	f.job("JC-2", 1)
	var seen []int64
	follow := func(fail bool) (int, error) {
		return f.db.Follow(context.WithoutCancel(t.Context()), f.org, "test", func(state []byte, next []postgres.Record) ([]byte, error) {
			if fail {
				return nil, errors.New("the effect failed")
			}
			for _, r := range next {
				seen = append(seen, r.Seq)
			}
			return append(state, byte(len(next))), nil
		})
	}
	if _, err := follow(true); err == nil {
		t.Error("a failed effect was counted")
	}
	if n, err := follow(false); n != 2 || err != nil {
		t.Errorf("%d %v", n, err)
	}
	f.job("JC-3", 1)
	if n, err := follow(false); n != 1 || err != nil || len(seen) != 3 || seen[2] != 3 {
		t.Errorf("%d %v %v", n, err, seen)
	}
	if n, err := follow(false); n != 0 || err != nil {
		t.Errorf("%d %v", n, err)
	}
	if seq, state, err := f.db.FollowerAt(t.Context(), f.org, "test"); seq != 3 || string(state) != "\x02\x01" || err != nil {
		t.Errorf("%d %v %v", seq, state, err)
	}
}
