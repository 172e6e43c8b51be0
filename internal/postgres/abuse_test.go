package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

// One connection serves everybody in turn. Whatever happened on it before, the organisation of the last transaction is
// gone with it, and so is its actor.
func TestAbuseTheTenantSettingLeaksThroughThePool(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db, err := postgres.Open(t.Context(), url, postgres.Options{MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	a, b := openFirm(t, db, "sahyadri"), openFirm(t, db, "konkan")
	own := a.job("JC-1", 100)
	cancelled, cancel := context.WithCancel(postgres.As(t.Context(), postgres.Actor{Member: a.owner, At: time.Now()}))
	for name, use := range map[string]func() error{
		"a read":    func() error { _, err := db.Job(t.Context(), a.org, own); return err },
		"a write":   func() error { a.must(flow.Start{Work: at(own, "printing")}); return nil },
		"a refusal": func() error { _, err := a.do(flow.Start{Work: at(own, "nowhere")}); return expected(err) },
		"an error": func() error {
			return expected(db.RenameSite(t.Context(), a.org, postgres.Site{Code: "a\x00", Name: "x"}))
		},
		"set-up": func() error { return db.AddVendor(t.Context(), a.org, postgres.Vendor{ID: newID(t), Name: "Deccan"}) },
		"a failed set-up": func() error {
			return expected(db.AddVendor(t.Context(), b.org, postgres.Vendor{ID: flow.ID{}, Name: "Deccan\x00"}))
		},
		"a cancelled one": func() error {
			cancel()
			return expected(db.AddSite(cancelled, a.org, postgres.Site{Code: "x", Name: "X"}))
		},
	} {
		if err := use(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, err := db.Job(t.Context(), b.org, own); !errors.Is(err, postgres.ErrNotFound) {
			t.Errorf("after %s another organisation reads %+v %v", name, got, err)
		}
		if got, err := db.Jobs(t.Context(), flow.ID{}, []flow.ID{own}); err != nil || len(got) != 0 {
			t.Errorf("after %s nobody reads %+v %v", name, got, err)
		}
	}
}

// expected turns an error that should be into none, and none into one.
func expected(err error) error {
	if err == nil {
		return errors.New("it went well")
	}
	return nil
}
