package worker

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

// The roll-ups catch up with what happened while nobody followed, and follow what is woken for.
func TestTheRollUpsFollowTheLog(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	org, owner, now := newID(t), newID(t), time.Now()
	o := postgres.Organisation{ID: org, Slug: "sahyadri", Name: "Sahyadri", Created: now}
	if err := db.AddOrganisation(t.Context(), o, postgres.Member{ID: owner, Name: "Asha", Role: flow.Owner, PasswordHash: "x", Created: now}); err != nil {
		t.Fatal(err)
	}
	o, err := db.Organisation(t.Context(), org)
	if err != nil {
		t.Fatal(err)
	}
	p := flow.Starter(newID(t))
	if err := db.AddProcess(t.Context(), org, p); err != nil {
		t.Fatal(err)
	}
	create := func() {
		t.Helper()
		mark := flow.Mark{Org: org, Member: owner, Role: flow.Owner, Scope: flow.Scope{All: true}, At: flow.At(now)}
		a := flow.Create{Process: p.ID, Version: 1, Jobs: []flow.NewJob{{ID: newID(t), Quantity: flow.One}}}
		if _, err := db.Do(t.Context(), mark, flow.Command{ID: newID(t), Action: a}); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		create()
	}
	var log bytes.Buffer
	w := &Worker{DB: db, Log: slog.New(slog.NewTextHandler(&log, nil)), Now: time.Now}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); w.Run(ctx) }()
	reach := func(seq int64) {
		t.Helper()
		for {
			a, err := db.Analysis(ctx, o, flow.Scope{All: true}, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			r, err := a.RolledUp(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if r.Seq == seq && r.Head == seq && !r.Making {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	head := func() int64 {
		t.Helper()
		seq, err := db.Head(ctx, org)
		if err != nil {
			t.Fatal(err)
		}
		return seq
	}
	reach(head())
	create()
	w.Woke(org)
	reach(head())
	stop()
	<-ended
	if c, err := db.CheckRollUps(t.Context(), o); err != nil || !c.Equal() || c.Jobs != 4 || log.Len() > 0 {
		t.Errorf("%+v %v %s", c, err, log.String())
	}
}
