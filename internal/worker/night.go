package worker

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/measure"
	"clicarity/internal/postgres"
)

// Each night the worker learns from the history of every organisation what comes next, tries that on the past, and looks which
// open jobs are likely late. The night is that of the organisation's time zone.
const (
	nightFrom, nightTo = 1, 5 // o'clock

	// A small organisation does not wait for the night: learning from so many movements takes seconds.
	cheap = 1_00_000

	// Where the server is always off at night, the day will do after so many days.
	patience = 3

	lease = 15 * time.Minute // for which a server holds a night before it says so again
	again = time.Hour        // after which a night that failed is tried again
)

// Nights does the work of the nights until the context ends.
func (w *Worker) Nights(ctx context.Context) {
	tick := time.NewTicker(round)
	defer tick.Stop()
	for {
		w.Night(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Night does the night of every organisation whose night it is and that is not done yet. What fails for one does not stop the
// others.
func (w *Worker) Night(ctx context.Context) {
	orgs, err := w.DB.Organisations(ctx)
	if err != nil && ctx.Err() == nil {
		w.Log.Error("the organisations cannot be listed", "error", err)
	}
	for _, o := range orgs {
		if err := w.nightOf(ctx, o); err != nil && ctx.Err() == nil {
			w.Log.Error("the forecasts of an organisation were not learned", "org", o.Slug, "error", err)
		}
	}
}

// nightOf does the night of one organisation, if it is time and no other server does.
func (w *Worker) nightOf(ctx context.Context, o postgres.Organisation) error {
	before, movements, err := w.DB.NightBefore(ctx, o.ID)
	if err != nil {
		return err
	}
	now := w.Now()
	if !isNight(now.In(postgres.Zone(o.Timezone)), o, before, movements) {
		return nil
	}
	holder, err := flow.NewID(flow.At(now), rand.Reader)
	if err != nil {
		return err
	}
	s := shift{w: w, o: o, night: postgres.Night{Holder: holder, Day: flow.DateOf(now.In(postgres.Zone(o.Timezone))), Now: now, Until: now.Add(lease)}}
	if taken, err := w.DB.TakeNight(ctx, o.ID, s.night); err != nil || !taken {
		return err
	}
	err = s.work(ctx)
	if errors.Is(err, postgres.ErrTaken) { // it stood still for so long that another server went on
		return nil
	}
	if err == nil {
		return w.DB.EndNight(ctx, o.ID, s.night)
	}
	rest := context.WithoutCancel(ctx)
	if s.night.Until = w.Now(); ctx.Err() == nil {
		s.night.Until = s.night.Until.Add(again)
	}
	return errors.Join(err, w.DB.LeaveNight(rest, o.ID, s.night))
}

// isNight reports whether an organisation's night is to be done now, by its own clock.
func isNight(local time.Time, o postgres.Organisation, before flow.Date, movements int64) bool {
	today := flow.DateOf(local)
	if movements == 0 || before >= today {
		return false
	}
	if before == "" {
		before = flow.DateOf(o.Created.In(local.Location()))
	}
	return local.Hour() >= nightFrom && local.Hour() < nightTo || movements <= cheap || before < flow.DateOf(local.AddDate(0, 0, -patience))
}

// shift is a night's work for an organisation.
type shift struct {
	w     *Worker
	o     postgres.Organisation
	night postgres.Night
}

// goOn holds the night for longer, when half of the time is over for which it is held.
func (s *shift) goOn(ctx context.Context) error {
	now := s.w.Now()
	if s.night.Until.Sub(now) > lease/2 {
		return ctx.Err()
	}
	s.night.Until = now.Add(lease)
	return s.w.DB.HoldNight(ctx, s.o.ID, s.night)
}

// work learns every process. One that fails does not stop the others.
func (s *shift) work(ctx context.Context) error {
	processes, err := s.w.DB.Processes(ctx, s.o.ID)
	if err != nil {
		return err
	}
	hours, err := s.w.DB.Timetable(ctx, s.o)
	if err != nil {
		return err
	}
	var failed error
	for _, p := range processes {
		l := learner{shift: s, process: p, place: measure.PlaceOf(p, hours), limits: limitsFor(len(processes))}
		err := l.learn(ctx)
		if errors.Is(err, postgres.ErrTaken) || ctx.Err() != nil {
			return err
		}
		failed = errors.Join(failed, err)
	}
	return failed
}
