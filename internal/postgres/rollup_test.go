package postgres_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

func (f *firm) organisation() postgres.Organisation {
	f.t.Helper()
	o, err := f.db.Organisation(f.t.Context(), f.org)
	if err != nil {
		f.t.Fatal(err)
	}
	return o
}

// rolledUp follows the log to its end.
func (f *firm) rolledUp() {
	f.t.Helper()
	for {
		n, err := f.db.RollUp(f.t.Context(), f.organisation())
		if err != nil {
			f.t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

func (f *firm) rollUpsEqual() postgres.RollUpCheck {
	f.t.Helper()
	c, err := f.db.CheckRollUps(f.t.Context(), f.organisation())
	if err != nil {
		f.t.Fatal(err)
	}
	if !c.Equal() {
		f.t.Fatalf("the roll-ups differ from the log:\n%s", strings.Join(c.Differences, "\n"))
	}
	return c
}

// After any history, however it was followed, the roll-ups are what the whole log gives: with what was taken back,
// counted again, split, merged, sent to vendors, changed and told late.
func TestRollUpsAreTheRecompute(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		w := openTwins(t, rt, db, n)
		o := w.once.organisation()
		for range rapid.IntRange(5, 40).Draw(rt, "commands") {
			w.now = w.now.Add(time.Duration(rapid.Int64Range(1, 40*3600).Draw(rt, "seconds later")) * time.Second)
			w.command()
			for range rapid.SampledFrom([]int{0, 0, 0, 1, 3}).Draw(rt, "pages") {
				if _, err := db.RollUpBy(t.Context(), o, rapid.IntRange(1, 7).Draw(rt, "page")); err != nil {
					rt.Fatal(err)
				}
			}
		}
		w.once.rolledUp()
		c := w.once.rollUpsEqual()
		if c.Seq != c.Head {
			rt.Fatalf("followed up to %d of %d", c.Seq, c.Head)
		}
		if err := db.RebuildRollUps(t.Context(), o, func(int) {}); err != nil {
			rt.Fatal(err)
		}
		if again := w.once.rollUpsEqual(); again.Rows != c.Rows || again.Facts != c.Facts {
			rt.Fatalf("made anew there are %+v, followed there were %+v", again, c)
		}
	})
}

// The check finds what was changed, and making the roll-ups anew mends it. Other calendars are other figures: the roll-ups are
// made anew by themselves.
func TestRollUpsAreMadeAnew(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	f := openFirm(t, pgtest.Open(t, url), "sahyadri")
	for _, number := range []string{"JC-1", "JC-2"} {
		id := f.job(number, 100)
		f.must(flow.Start{Work: at(id, "printing")})
		f.must(flow.Finish{Work: at(id, "printing")})
	}
	f.rolledUp()
	was := f.rollUpsEqual()
	owner := pgtest.Owner(t, url)
	for _, change := range []string{"update tallies set sums = '' where stage = 'printing'", "delete from facts where kind = 'stay' and n = 1", "update busy_days set runs = ''",
		"delete from tallies where by = 'customer'"} {
		if _, err := owner.Exec(t.Context(), "set session_replication_role = replica; "+change); err != nil {
			t.Fatal(err)
		}
		if c, err := f.db.CheckRollUps(t.Context(), f.organisation()); err != nil || c.Equal() {
			t.Errorf("%s: %+v %v", change, c, err)
		}
		if err := f.db.RebuildRollUps(t.Context(), f.organisation(), func(int) {}); err != nil {
			t.Fatal(err)
		}
		if c := f.rollUpsEqual(); c.Facts != was.Facts || c.Rows != was.Rows {
			t.Errorf("%s: made anew there is %+v, before there was %+v", change, c, was)
		}
	}
	if err := f.db.AddCalendar(t.Context(), f.org, drying, f.owner, time.Now()); err != nil {
		t.Fatal(err)
	}
	var fault *postgres.Fault
	if _, err := f.db.CheckRollUps(t.Context(), f.organisation()); !errors.As(err, &fault) {
		t.Errorf("by other calendars the check says %v", err)
	}
	f.rolledUp()
	f.rollUpsEqual()
}
