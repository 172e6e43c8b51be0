package demo

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// Trials keeps a fresh factory open to visitors of the public site. Each is an organisation of its own, with the history of
// the demo factory and nobody who could sign in; visitors are let in by the pages, with less than a member's rights. What
// they leave behind goes with it.
type Trials struct {
	DB       *postgres.DB
	Now      func() time.Time
	Log      *slog.Logger
	Operator string // slug of the organisation of whoever runs the service, which the factories are kept with
}

const (
	trialFor  = time.Hour        // how long visitors are let into one factory
	trialEnds = 2 * time.Hour    // when the last of them have gone
	beingMade = 10 * time.Minute // a factory that is not open after so long never will be
	trialSeed = 1
	look      = time.Minute
)

// presses is the stage at which the visitor works who comes as an operator.
const presses = "printing"

// Run keeps a factory open until the context ends.
func (t *Trials) Run(ctx context.Context) {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		if err := t.Tend(ctx); err != nil && ctx.Err() == nil {
			t.Log.Error("the factory to try could not be looked after", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Tend opens a new factory when the open one has had its hour, closes those before it, and removes what was closed.
func (t *Trials) Tend(ctx context.Context) error {
	o, err := t.DB.OrganisationBySlug(ctx, t.Operator)
	if errors.Is(err, postgres.ErrNotFound) {
		return nil // until it is there
	}
	if err != nil {
		return err
	}
	now := t.Now()
	open, err := t.DB.OpenTrial(ctx, o.ID)
	switch {
	case errors.Is(err, postgres.ErrNotFound), err == nil && now.Sub(open.Made) >= trialFor:
		err = t.open(ctx, o.ID, now)
	}
	if err != nil {
		return err
	}
	return t.end(ctx, o.ID, now)
}

// open makes a factory and opens it.
func (t *Trials) open(ctx context.Context, org flow.ID, now time.Time) error {
	f := newFactory(now, trialSeed, newID)
	if err := f.run(); err != nil { // before anything is written
		return err
	}
	f.steps = slices.DeleteFunc(f.steps, func(s step) bool { return s.bytes != nil }) // what is made each hour leaves no files
	for i := range f.staff.members {
		f.staff.members[i].Logins, f.staff.members[i].PasswordHash = nil, "" // nobody signs in
	}
	at := f.staff.at[presses]
	owner := slices.IndexFunc(f.staff.members, func(m postgres.Member) bool { return m.Role == flow.Owner })
	made := postgres.Trial{Org: f.org, Owner: f.staff.members[owner].ID, Operator: f.staff.members[at[0]].ID, Made: now}
	if err := t.DB.AddTrial(ctx, org, made); err != nil {
		return err
	}
	if err := f.found(ctx, t.DB, postgres.Organisation{ID: f.org, Slug: trialSlug(f.org), Name: company, Created: f.opened(), Trial: true}); err != nil {
		return err
	}
	if _, err := f.send(ctx, t.DB); err != nil {
		return err
	}
	return t.DB.StartTrial(ctx, org, f.org)
}

// end closes the factories whose visitors have gone, and removes them.
func (t *Trials) end(ctx context.Context, org flow.ID, now time.Time) error {
	stale, err := t.DB.StaleTrials(ctx, org, now.Add(-trialEnds))
	if err != nil {
		return err
	}
	for _, old := range stale {
		if err := t.DB.EndTrial(ctx, org, old.Org, now); err != nil {
			return err
		}
	}
	ended, err := t.DB.EndedTrials(ctx, org, now.Add(-beingMade))
	if err != nil {
		return err
	}
	for _, old := range ended {
		if err := t.DB.ForgetTrial(ctx, org, old.Org); err != nil && !errors.Is(err, postgres.ErrNotYet) {
			return err
		}
	}
	return nil
}
