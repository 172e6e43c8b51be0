package demo

import (
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func TestThePlanHangsTogether(t *testing.T) {
	t.Parallel()
	p := cartons(flow.ID{1}, flow.ID{2}, flow.ID{3})
	if len(p.Stages) != 24 || len(people) != 20 {
		t.Errorf("%d stages, %d people", len(p.Stages), len(people))
	}
	seen := map[string]bool{}
	vendors := 0
	for _, s := range append(slices.Clone(p.Stages), enquiries(flow.ID{4}).Stages...) {
		if seen[s.Code] {
			t.Errorf("two stages are called %s", s.Code)
		}
		seen[s.Code] = true
		if !s.Vendor.IsZero() {
			vendors++
		}
		if !slices.ContainsFunc(people, func(p person) bool { return slices.Contains(p.stages, s.Code) }) {
			t.Errorf("nobody works at %s", s.Code)
		}
	}
	for _, one := range people {
		for _, code := range one.stages {
			if !seen[code] {
				t.Errorf("%s works at %s, which there is not", one.name, code)
			}
		}
	}
	if vendors != 2 {
		t.Errorf("%d stages at vendors", vendors)
	}
}

func TestTheFactoryIsMadeOnceAndIsSound(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	now := time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC)
	hash := func(string) (string, error) { return "hash", nil }
	made, err := Make(t.Context(), db, now, 1, hash)
	if err != nil {
		t.Fatal(err)
	}
	if made.Jobs != 200 || len(made.Logins) != 20 || made.Logins[0].Role != "owner" || made.Movements < 4000 {
		t.Errorf("%d jobs, %d log-ins, %d movements", made.Jobs, len(made.Logins), made.Movements)
	}
	v, err := db.Verify(t.Context(), made.Org)
	if err != nil || v.Jobs != 200 {
		t.Errorf("%+v %v", v, err)
	}
	if _, err := Make(t.Context(), db, now, 1, hash); !errors.Is(err, ErrExists) {
		t.Errorf("a second factory: %v", err)
	}
	processes, err := db.Processes(t.Context(), made.Org)
	if err != nil || len(processes) != 2 {
		t.Fatal(processes, err)
	}
	vendors, err := db.Vendors(t.Context(), made.Org)
	if err != nil || len(vendors) != 2 {
		t.Errorf("%v %v", vendors, err)
	}
	load, err := db.Load(t.Context(), made.Org, processes[1].ID)
	if err != nil || len(load) < 10 {
		t.Errorf("open jobs at %d stages (%v)", len(load), err)
	}
	known, err := db.JobsByNumber(t.Context(), made.Org, []string{"JC-00007"}) // the known case: 124 of 500 lost
	if err != nil || len(known) != 1 {
		t.Fatal(known, err)
	}
	if lamination, _ := known[0].Stage("lamination"); lamination.Received != flow.Units(492) || lamination.Wasted != flow.Units(108) || known[0].Wasted() != flow.Units(124) {
		t.Errorf("%+v, wasted %s", lamination, known[0].Wasted())
	}
}
