package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/letters"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
	"clicarity/internal/smtp"
)

// shelf is a store of files that only remembers whom it was emptied for.
type shelf struct{ purged []flow.ID }

func (s *shelf) Purge(_ context.Context, org flow.ID) error {
	s.purged = append(s.purged, org)
	return nil
}

// From the day of closing to day 90, a day at a time: one organisation stays, one comes back on day 29, one goes.
func TestNinetyDays(t *testing.T) {
	t.Parallel()
	ninetyDays(t, func(*Worker, int) {})
}

// The same, and the work is killed at more than 50 points of it.
func TestNinetyDaysOfKills(t *testing.T) {
	t.Parallel()
	kills := 0
	ninetyDays(t, func(w *Worker, day int) {
		tries := 1
		if day >= 50 && day < 53 { // when most of it happens
			tries = 20
		}
		for range tries {
			ctx, kill := context.WithCancel(t.Context())
			at := time.AfterFunc(time.Duration(rand.IntN(12_000))*time.Microsecond, kill) //nolint:gosec // a moment to kill at
			w.Once(ctx)
			if ctx.Err() != nil {
				kills++
			}
			at.Stop()
			kill()
		}
	})
	if kills < 50 {
		t.Errorf("it was killed %d times only", kills)
	}
}

// ninetyDays goes through the days, each begun by what is done to the worker.
func ninetyDays(t *testing.T, begin func(w *Worker, day int)) {
	t.Helper()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	began := time.Now().Add(-91 * 24 * time.Hour).Truncate(time.Microsecond)
	now := began
	var orgs []postgres.Organisation
	for _, slug := range []string{"stays", "returns", "goes"} {
		o := postgres.Organisation{ID: newID(t), Slug: slug, Name: "Firm " + slug, Created: now}
		err := db.AddOrganisation(t.Context(), o, postgres.Member{ID: newID(t), Name: "Asha", Role: flow.Owner, Language: "hi", PasswordHash: "x", Logins: []string{"asha@" + slug + ".example"}, Created: now})
		if err != nil {
			t.Fatal(err)
		}
		orgs = append(orgs, o)
	}
	s, files := &slot{answer: func(smtp.Message) error { return nil }, told: make(chan struct{}, 1000)}, &shelf{}
	var ledger []postgres.Closure
	w := &Worker{DB: db, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }, Mail: s, Parting: Parting{
		Mail: func(kind flow.Reminder, o postgres.Organisation, c postgres.Closure) letters.Letter {
			return letters.Closing{Stage: string(kind), Organisation: o.Slug, Certificate: c.Certificate}
		},
		Certify: func(c postgres.Closure) (string, error) {
			return fmt.Sprintf("%d rows", c.Counts["organisations"]), nil
		},
		Note:  func(c postgres.Closure) error { ledger = append(ledger, c); return nil },
		Files: files,
	}}
	for _, o := range orgs[1:] {
		if err := db.CloseOrganisation(t.Context(), o.ID, postgres.Closure{Closing: flow.ClosingAt(flow.At(now))}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := pgtest.Owner(t, url).Exec(t.Context(), "update closures set noted_at = closed_at"); err != nil {
		t.Fatal(err)
	}
	sent := map[string]int{} // on which day what was sent
	for day := 0; day <= 90; day++ {
		now = began.Add(time.Duration(day)*24*time.Hour + time.Hour)
		if day == 29 {
			if err := db.ReopenOrganisation(t.Context(), orgs[1].ID, flow.ID{}, now); err != nil {
				t.Fatal(err)
			}
		}
		if day == 50 || day == 51 { // the mail server is away when the certificate is to go
			s.answer = func(smtp.Message) error { return errors.New("away") }
		}
		begin(w, day)
		for range 2 {
			w.Once(t.Context())
			for _, o := range orgs {
				if err := w.mail(t.Context(), o.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		s.answer = func(smtp.Message) error { return nil }
		for _, text := range s.got {
			if _, before := sent[text]; before {
				t.Errorf("day %d: sent again: %s", day, text)
			}
			sent[text] = day
		}
		s.got = nil
		if left, err := db.LeftOf(t.Context(), orgs[2].ID); err != nil || (len(left) == 0) != (day >= 50) {
			t.Fatalf("day %d: left in %v %v", day, left, err)
		}
	}
	text := func(kind flow.Reminder, org, certificate string) string {
		return letters.Write("hi", letters.Closing{Stage: string(kind), Organisation: org, Certificate: certificate}).Text
	}
	want := map[string]int{text(flow.ClosingBegun, "returns", ""): 0, text(flow.ClosingBegun, "goes", ""): 0, text(flow.ClosingUndoEnds, "returns", ""): 23, text(flow.ClosingUndoEnds, "goes", ""): 23,
		text(flow.ClosingDeletes, "goes", ""): 43, text(flow.ClosingDone, "", "1 rows"): 52}
	if !maps.Equal(sent, want) {
		t.Errorf("sent %v, want %v", sent, want)
	}
	if last := len(ledger) - 1; last < 1 || ledger[0].Certificate != "" || ledger[last].Certificate != "1 rows" || !slices.Equal(slices.Compact(files.purged), []flow.ID{orgs[2].ID}) {
		t.Errorf("noted %v, purged %v", ledger, files.purged)
	}
	if c, err := db.Closure(t.Context(), orgs[2].ID); err != nil || c.Waiting || c.Done.Sub(began) > flow.DeletedBy-flow.BackupsFor {
		t.Errorf("%+v %v", c, err)
	}
	for _, o := range orgs[:2] {
		if _, err := db.Verify(t.Context(), o.ID); err != nil {
			t.Error(err)
		}
	}
	var all []string
	list, err := db.Organisations(t.Context())
	for _, o := range list {
		all = append(all, o.Slug)
	}
	if err != nil || strings.Join(all, " ") != "returns stays" {
		t.Errorf("%v %v", all, err)
	}
}
