package postgres_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

// told makes a job in whose history people are named wherever they can be, and that wastes, sends back and undoes.
func (f *firm) told(number string, names []string, r *rand.Rand) flow.ID {
	f.t.Helper()
	name := func() string { return names[r.IntN(len(names))] }
	id := newID(f.t)
	f.must(flow.Create{Process: f.process.ID, Version: 1, Jobs: []flow.NewJob{{ID: id, Number: number, Customer: name() + " and sons", Item: "Box for " + name(), Quantity: flow.Units(100), Due: "2026-12-01"}}})
	f.must(flow.Start{Work: at(id, "printing")})
	f.must(flow.Report{Work: at(id, "printing"), Good: flow.Units(int64(10 + r.IntN(20))), Wasted: []flow.Waste{{Reason: "torn", Quantity: flow.Units(2)}}, Note: "told " + name()})
	f.must(flow.Hold{Work: at(id, "printing"), Reason: "no_power", Note: name() + " is on the phone"})
	f.must(flow.Resume{Work: at(id, "printing")})
	f.must(flow.RaiseNC{Work: at(id, "lamination"), NC: newID(f.t), What: "smudged by " + name()})
	f.must(flow.Change{Job: id, Set: map[string]string{flow.SetCustomer: name() + " Traders"}, Reason: name() + " rang"})
	f.must(flow.Count{Work: at(id, "printing"), There: flow.Units(int64(1 + r.IntN(30))), Reason: "counted with " + name()})
	return id
}

// sums are what must stay when texts are written over: all of the jobs but their words.
func (f *firm) sums(ids ...flow.ID) (all []string) {
	f.t.Helper()
	for _, id := range ids {
		j, err := f.db.Job(f.t.Context(), f.org, id)
		if err != nil {
			f.t.Fatal(err)
		}
		for _, s := range j.Stages {
			all = append(all, fmt.Sprint(j.Number, s.Code, s.Received, s.Found, s.Good, s.Wasted, s.Short, s.Held))
		}
	}
	return all
}

func TestRedactingWordsLeavesTheSums(t *testing.T) {
	t.Parallel()
	names := []string{"Ravi Kumar", "Meena Joshi", "रवि", "O'Brien", "49.2", "Box"}
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // chance, not secrecy
			url := pgtest.URL(t)
			f := openFirm(t, pgtest.Open(t, url), "sahyadri")
			ids := []flow.ID{f.told("JC-1", names, r), f.told("JC-2", names, r)}
			f.rolledUp()
			before := f.sums(ids...)
			head, err := f.db.Head(t.Context(), f.org)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // a movement may be written over more than once
				f.redact(r, head)
			}
			f.sound()
			f.rollUpsEqual()
			if after := f.sums(ids...); !slices.Equal(before, after) {
				t.Errorf("before %v\nafter  %v", before, after)
			}
			log, err := f.db.Movements(t.Context(), f.org, 0, 100)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range log {
				if m.Redacted != nil && !slices.ContainsFunc(m.Facts.Texts(m.Kind), func(s string) bool { return strings.Contains(s, "Person ") }) {
					t.Errorf("movement %d is redacted and says %v", m.Seq, m.Facts.Texts(m.Kind))
				}
			}
			if found, err := f.db.Find(t.Context(), f.org, "Traders", nil, 10); err != nil || len(found) > 2 {
				t.Errorf("%v %v", found, err)
			}
			f.must(flow.Report{Work: at(ids[0], "printing"), Good: flow.Units(1)}) // and work goes on
			f.sound()
		})
	}
}

// redact writes over some names in some movements.
func (f *firm) redact(r *rand.Rand, head int64) {
	f.t.Helper()
	var seqs []int64
	for seq := int64(1); seq <= head; seq++ {
		if r.IntN(2) == 0 {
			seqs = append(seqs, seq)
		}
	}
	err := f.db.Redact(f.t.Context(), f.organisation(), postgres.Redaction{Seqs: seqs, Reason: postgres.ForErasure, At: time.Now(), Write: func(int64, string) string {
		return "Person " + fmt.Sprint(r.IntN(9999))
	}})
	if err != nil {
		f.t.Fatal(err)
	}
}

// Whoever writes over more than words, or without saying so in the audit log, is refused or noticed.
func TestARedactionHidesNothingElse(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	f := openFirm(t, pgtest.Open(t, url), "sahyadri")
	f.told("JC-1", []string{"Ravi"}, rand.New(rand.NewPCG(1, 1))) //nolint:gosec // chance, not secrecy
	redact := func(write string) error {
		return f.db.Redact(t.Context(), f.organisation(), postgres.Redaction{Seqs: []int64{3}, Reason: postgres.ForRequest, At: time.Now(), Write: func(int64, string) string { return write }})
	}
	if err := redact("Person 1"); err != nil {
		t.Fatal(err)
	}
	if err := redact("4000"); err == nil {
		t.Error("a number was written into a text")
	}
	f.sound()
	conn := pgtest.Owner(t, url)
	as := func(role, sql string) error {
		t.Helper()
		tx, err := conn.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, err = tx.Exec(t.Context(), "set local role "+role+"; select set_config('app.org', '"+f.org.String()+"', true); "+sql)
		return errors.Join(err, tx.Rollback(t.Context()))
	}
	for _, sql := range []string{
		`select redact_movement(org_id, seq, replace(facts, '"torn"', '"burnt"'), 'erasure') from movements where seq = 3`,
		`select redact_movement(org_id, seq, regexp_replace(facts, '"good":[0-9]+', '"good":1'), 'erasure') from movements where seq = 3`,
		`select redact_movement(org_id, seq, facts, 'erasure') from movements m, set_config('app.org', gen_random_uuid()::text, true) where seq = 3`,
		`update movements set facts = replace(facts, 'Person 1', 'Meena')`,
		`insert into redactions select org_id, 1, job_id, 1, null, hash, hash, 'erasure' from movements where seq = 1`,
	} {
		if err := as(postgres.AppRole, sql); err == nil {
			t.Errorf("the program may %s", sql)
		}
	}
	for _, sql := range []string{`update movements set facts = replace(facts, 'Person 1', 'Meena') where seq = 3`, "update movements set member_id = gen_random_uuid(), redacted = redacted where seq = 3", "delete from redactions"} {
		if err := as(postgres.OwnerRole, sql); err == nil {
			t.Errorf("the owner of the tables may %s", sql)
		}
	}
}

// Whoever is past grants and triggers is noticed.
func TestVerifyNoticesFalseRedactions(t *testing.T) {
	t.Parallel()
	for _, harm := range []string{
		`update movements set facts = replace(facts, 'Person 1', 'Meena') where seq = 3`,
		`update movements m set facts = replace(facts, 'Ravi', 'Meena'), redacted = sha256('x') where seq = 4`,
		`update movements set redacted = sha256('x') where seq = 3`,
		`update movements set stage = 'dispatch' where seq = 3`,
		`update movements set facts = regexp_replace(facts, '"good":[0-9]+', '"good":1') where seq = 3`,
		`update movements set redacted = null where seq = 3`,
		`delete from redactions`,
		`delete from audit where what = 'movement_redacted'`,
		`insert into redactions select org_id, 1, job_id, 4, null, sha256('x'), hash, 'erasure' from movements where seq = 4`,
		`update movements m set facts = replace(facts, 'Ravi', 'Meena') where seq = 4; update movements m set redacted = sha256(movement_content(m)) where seq = 4`,
		`update movements m set facts = replace(facts, 'Ravi', 'Meena') where seq = 4; update movements m set redacted = sha256(movement_content(m)) where seq = 4;
			insert into redactions select org_id, 1, job_id, 4, null, redacted, hash, 'erasure' from movements where seq = 4`,
	} {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			url := pgtest.URL(t)
			f := openFirm(t, pgtest.Open(t, url), "sahyadri")
			f.told("JC-1", []string{"Ravi"}, rand.New(rand.NewPCG(1, 1))) //nolint:gosec // chance, not secrecy
			err := f.db.Redact(t.Context(), f.organisation(), postgres.Redaction{Seqs: []int64{3}, Reason: postgres.ForRequest, At: time.Now(), Write: func(int64, string) string { return "Person 1" }})
			if err != nil {
				t.Fatal(err)
			}
			f.sound()
			if _, err := pgtest.Owner(t, url).Exec(t.Context(), "set session_replication_role = replica; "+harm); err != nil {
				t.Fatal(harm, err)
			}
			var fault *postgres.Fault
			if _, err := f.db.Verify(t.Context(), f.org); !errors.As(err, &fault) {
				t.Errorf("nobody noticed %s: %v", harm, err)
			}
		})
	}
}

func TestFactsAreCountedAlikeHereAndThere(t *testing.T) {
	t.Parallel()
	f := flow.Facts{Note: "a", Approver: "b", Override: "c", Worker: "d", Customer: "e", Item: "f", Reason: "g", Name: "no", Number: "no", Site: "no", Ref: "no",
		Values: map[string]string{"x": "h", "y": "49.2"}, Fields: map[string]string{"z": "i"}, Set: map[string]string{"due": "2026-01-01", "customer": "j", "field.q": "k"},
		Was: map[string]string{"item": "l"}, NC: &flow.NonConformance{What: "m", Root: "n", Action: "o", Owner: "p", Verdict: "q", Number: "no"}}
	got := f.Texts(flow.KindCounted)
	slices.Sort(got)
	if want := strings.Split("a b c d e f g h i j k l m n o p q", " "); !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
	if got := f.Texts(flow.KindHeld); len(got) != 16 {
		t.Errorf("a reason that is a code is a text: %q", got)
	}
}
