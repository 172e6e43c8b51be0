package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/measure"
	"clicarity/internal/postgres"
)

type forecastFlags struct {
	slug, at, from, to string
	json               bool
	seed               uint64
}

func forecast(ctx context.Context, e env, args []string) error {
	var o forecastFlags
	rest, err := flags(e, "forecast", args, func(f *flag.FlagSet) {
		f.StringVar(&o.slug, "org", "", "the organisation's short name")
		f.StringVar(&o.at, "at", "", "as it was known when this day began, such as 2026-11-23; empty: now")
		f.StringVar(&o.from, "from", "", "backtest: first day on which forecasts are made; empty: the last month of the record")
		f.StringVar(&o.to, "to", "", "backtest: last day")
		f.Uint64Var(&o.seed, "seed", 1, "the same seed gives the same dates")
		f.BoolVar(&o.json, "json", false, "print JSON")
	})
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return errors.New("write: clicarity forecast --org SLUG JOB, or clicarity forecast backtest --org SLUG")
	}
	return withOrg(ctx, e, o.slug, func(h *house, org postgres.Organisation) error {
		r, err := openRecord(ctx, h, org)
		if err != nil {
			return err
		}
		if rest[0] == "backtest" {
			return backtest(ctx, e, r, o)
		}
		return forecastJob(ctx, e, r, forecastOf{rest[0], o})
	})
}

// trails are those of all jobs, and when the record begins and ends.
func (r *record) trails(ctx context.Context) (list []measure.Trail, first, last flow.Moment, err error) {
	err = measure.EachPast(r.stream(ctx, true), 0, func(p measure.Past) error {
		t := measure.TrailOf(p)
		list = append(list, t)
		if first == 0 || t.Created < first {
			first = t.Created
		}
		last = max(last, p.Job.Last)
		return nil
	})
	return list, first, last, err
}

// day is the beginning of a day in the organisation's zone.
func (r *record) day(text string) (flow.Moment, error) {
	day, err := time.ParseInLocation(time.DateOnly, text, r.lens.Zone)
	if err != nil {
		return 0, fmt.Errorf("%q is no day; write it like 2026-11-23", text)
	}
	return flow.At(day), nil
}

type forecastOf struct {
	number string
	forecastFlags
}

func forecastJob(ctx context.Context, e env, r *record, of forecastOf) error {
	now, err := flow.At(time.Now()), error(nil)
	if of.at != "" {
		if now, err = r.day(of.at); err != nil {
			return err
		}
	}
	jobs, err := r.h.JobsByNumber(ctx, r.o.ID, []string{of.number})
	if err != nil {
		return err
	}
	if len(jobs) == 0 {
		return fmt.Errorf("there is no job %q", of.number)
	}
	trails, _, _, err := r.trails(ctx)
	if err != nil {
		return err
	}
	model := measure.Learn(trails, now, r.lens.Place)
	for _, t := range trails {
		if t.Job != jobs[0].ID {
			continue
		}
		if t = t.Before(now); t.Done != 0 || t.Created >= now {
			_, err := fmt.Fprintf(e.out, "%s is not open then\n", jobs[0].Number)
			return err
		}
		if young, days := model.Young(); young && !of.json {
			_, _ = fmt.Fprintf(e.out, "the record is %d days old, which is young: long jobs are still under way, and dates may come out too early\n", days)
		}
		return printForecast(e, r, jobs[0], of, model.Forecast(t, measure.Ask{Now: now, Zone: r.lens.Zone, Seed: of.seed}))
	}
	return fmt.Errorf("job %q has no history", of.number)
}

func printForecast(e env, r *record, j flow.Job, of forecastOf, f measure.Forecast) error {
	if of.json {
		return json.NewEncoder(e.out).Encode(f)
	}
	if f.P85 == "" {
		_, err := fmt.Fprintf(e.out, "%s: no forecast; %d jobs are known from its stage, and %d are needed\n", j.Number, f.N, measure.Forecastable)
		return err
	}
	of2 := "jobs at this stage"
	if f.ByItem {
		of2 = "jobs of this item at this stage"
	}
	_, _ = fmt.Fprintf(e.out, "%s: 50%% by %s, 85%% by %s (from %d %s)\n", j.Number, f.P50, f.P85, f.N, of2)
	if f.Chance != nil {
		_, _ = fmt.Fprintf(e.out, "due %s: %.0f%% likely to be met\n", j.Due, *f.Chance*100)
	}
	for _, risk := range f.Risks {
		name, _ := r.lens.Place(j.Process, risk.Stage)
		_, _ = fmt.Fprintf(e.out, "risk: %s, %.1f working hours, %.1f when it is late\n", cmp.Or(name, "not begun yet"), risk.Hours, risk.Late)
	}
	return nil
}

func backtest(ctx context.Context, e env, r *record, o forecastFlags) error {
	trails, first, last, err := r.trails(ctx)
	if err != nil {
		return err
	}
	if len(trails) == 0 {
		return errors.New("there is no history to try forecasts on yet")
	}
	end := last.Time().In(r.lens.Zone)
	trial := measure.Trial{From: flow.At(time.Date(end.Year(), end.Month(), 1, 0, 0, 0, 0, r.lens.Zone)), To: last, End: last + 1, Zone: r.lens.Zone, Seed: o.seed, Place: r.lens.Place}
	if o.from != "" {
		if trial.From, err = r.day(o.from); err != nil {
			return err
		}
	}
	if o.to != "" {
		day, err := r.day(o.to)
		if err != nil {
			return err
		}
		trial.To = min(trial.To, day.Add(24*time.Hour))
	}
	if trial.From <= first || trial.From >= trial.To {
		return fmt.Errorf("forecasts need a past to learn from: the record is from %s to %s", r.stamp(first), r.stamp(last))
	}
	c := measure.Backtest(trails, trial)
	if o.json {
		return json.NewEncoder(e.out).Encode(c)
	}
	_, _ = fmt.Fprintf(e.out, "learned from %s up to %s; forecasts on every day from then to %s, of %d jobs: %d, and %d hidden for too few jobs at their stage\n",
		r.stamp(first), r.stamp(trial.From), r.stamp(trial.To), c.Jobs, c.Forecasts, c.Hidden)
	if c.P85.Dates < measure.Enough {
		_, err = fmt.Fprintln(e.out, "too few of the dates have come to say how many are met")
		return err
	}
	for _, p := range []struct {
		called int
		measure.Judged
	}{{50, c.P50}, {85, c.P85}} {
		_, err = fmt.Fprintf(e.out, "%d%% dates met: %.1f%%\n    of %.0f that have come; of all, with the end of the record reckoned with: %.1f%%, resting on %.0f\n",
			p.called, p.Met*100, p.Dates, p.All*100, p.Scale)
	}
	return err
}

func (r *record) stamp(m flow.Moment) string { return m.Time().In(r.lens.Zone).Format(time.DateOnly) }
