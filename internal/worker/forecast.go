package worker

import (
	"context"
	"maps"
	"slices"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/measure"
	"clicarity/internal/postgres"
)

// What a night costs is bounded, however large the organisation is.
const (
	learnedFrom = 12 // months: of jobs recorded since then

	jobsOfAll, jobsOfOne = 30_000, 3_000 // from how many jobs an organisation learns, and one process
	lateOfAll, lateOfOne = 20_000, 2_000 // how many open jobs are looked at for being late
	leastOfOne           = 300

	longHistory = 3_000 // movements: a job with more teaches nothing that others do not, and is left out

	weeksTried  = 13  // of the past
	triedAWeek  = 300 // forecasts, about
	trialRuns   = 200 // of each of these; enough for a date
	judgedAgain = 60  // days back: dates of those days are judged anew each night, older ones have been
	seed        = 1
)

type limits struct{ jobs, late int }

func limitsFor(processes int) limits {
	share := func(all, one int) int { return max(leastOfOne, min(one, all/max(processes, 1))) }
	return limits{share(jobsOfAll, jobsOfOne), share(lateOfAll, lateOfOne)}
}

// learner learns one process.
type learner struct {
	*shift
	process flow.Process
	place   measure.Place
	limits  limits
	now     time.Time
}

func (l *learner) zone() *time.Location { return postgres.Zone(l.o.Timezone) }

func (l *learner) learn(ctx context.Context) error {
	l.now = l.w.Now()
	lesson := postgres.Lesson{ForecastModel: postgres.ForecastModel{Process: l.process.ID, Learned: l.now, Since: l.now.AddDate(0, -learnedFrom, 0)}}
	ids, of, err := l.w.DB.SampleJobs(ctx, l.o.ID, l.process.ID, lesson.Since, l.limits.jobs)
	if err != nil || len(ids) == 0 {
		return err
	}
	trails, err := l.trails(ctx, ids)
	if err != nil {
		return err
	}
	model, err := l.model(&lesson, trails)
	if err != nil {
		return err
	}
	lesson.Jobs, lesson.Of = len(trails), of
	if err := l.try(ctx, &lesson, trails); err != nil {
		return err
	}
	if lesson.Late, err = l.late(ctx, model); err != nil {
		return err
	}
	l.night.Until = l.w.Now().Add(lease)
	return l.w.DB.SaveLesson(ctx, l.o.ID, l.night, lesson)
}

// model learns, and gives the model as it is kept: what is tried and told is what is stored.
func (l *learner) model(lesson *postgres.Lesson, trails []measure.Trail) (*measure.Model, error) {
	lesson.Model = measure.Learn(trails, flow.At(l.now), l.place).Keep()
	return measure.Kept(lesson.Model, l.place)
}

// trails reads the history of some jobs.
func (l *learner) trails(ctx context.Context, ids []flow.ID) ([]measure.Trail, error) {
	trails := make([]measure.Trail, 0, len(ids))
	var job []flow.Movement
	next := func() error {
		if len(job) > 0 && len(job) <= longHistory {
			p, err := measure.PastOf(job, 0)
			if err != nil {
				return err
			}
			trails = append(trails, measure.TrailOf(p))
		}
		job = job[:0]
		return l.goOn(ctx)
	}
	err := l.w.DB.StreamJobs(ctx, l.o.ID, ids, func(r postgres.Record) error {
		if len(job) > 0 && job[0].Job != r.Job {
			if err := next(); err != nil {
				return err
			}
		}
		if len(job) <= longHistory {
			job = append(job, r.Movement)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return trails, next()
}

// try forecasts on every day of the last weeks from what was known before each week, and judges the dates that have come.
func (l *learner) try(ctx context.Context, lesson *postgres.Lesson, trails []measure.Trail) error {
	var first, last flow.Moment
	for _, t := range trails {
		if first == 0 || t.Created < first {
			first = t.Created
		}
		last = max(last, t.Done, t.Created)
		for _, r := range t.Reports {
			last = max(last, r.At)
		}
	}
	end := min(flow.At(l.now), last+1)
	day := end.Time().In(l.zone())
	back := func(days int) flow.Moment {
		return flow.At(time.Date(day.Year(), day.Month(), day.Day()-days, 0, 0, 0, 0, l.zone()))
	}
	hindsight, err := l.kept(trails, end)
	if err != nil {
		return err
	}
	days := map[flow.Date]measure.Day{}
	for week := weeksTried; week > 0; week-- {
		trial := measure.Trial{From: back(7 * week), To: back(7 * (week - 1)), End: end, Zone: l.zone(), Seed: seed, Runs: trialRuns, Place: l.place, Most: triedAWeek}
		if trial.From <= first {
			continue
		}
		if err := l.goOn(ctx); err != nil {
			return err
		}
		m, err := l.kept(trails, trial.From)
		if err != nil {
			return err
		}
		if young, _ := m.Young(); young { // nothing was told then
			continue
		}
		for day, d := range measure.Try(m, hindsight, trails, trial).Days {
			sum := days[day]
			days[day] = measure.Day{P50: sum.P50.Add(d.P50), P85: sum.P85.Add(d.P85)}
		}
	}
	lesson.Anew = flow.DateOf(back(judgedAgain).Time().In(l.zone()))
	for _, day := range slices.Sorted(maps.Keys(days)) {
		if d := days[day]; d.P50.Dates+d.P85.Dates > 0 {
			lesson.Days = append(lesson.Days, postgres.ForecastDay{Day: day, Dates50: d.P50.Dates, Met50: d.P50.Met, Dates85: d.P85.Dates, Met85: d.P85.Met})
		}
	}
	return nil
}

// kept is what would have been learned at a moment, as it would have been stored.
func (l *learner) kept(trails []measure.Trail, until flow.Moment) (*measure.Model, error) {
	return measure.Kept(measure.Learn(trails, until, l.place).Keep(), l.place)
}

// lateAtOnce is how many open jobs are read at once.
const lateAtOnce = 200

// late are the open jobs that are not late yet and more likely late than not.
func (l *learner) late(ctx context.Context, m *measure.Model) (list []postgres.LateJob, err error) {
	if young, _ := m.Young(); young {
		return nil, nil
	}
	today := flow.DateOf(l.now.In(l.zone()))
	ids, err := l.w.DB.DueJobs(ctx, l.o.ID, l.process.ID, today, l.limits.late)
	if err != nil {
		return nil, err
	}
	for some := range slices.Chunk(ids, lateAtOnce) {
		trails, err := l.trails(ctx, some)
		if err != nil {
			return nil, err
		}
		for _, t := range trails {
			if t.Done != 0 {
				continue
			}
			f := m.Forecast(t, measure.Ask{Now: flow.At(l.now), Zone: l.zone(), Seed: seed, Runs: trialRuns})
			if f.Chance == nil || *f.Chance >= 0.5 {
				continue
			}
			one := postgres.LateJob{Job: t.Job, Due: t.Due, Chance: *f.Chance, P50: f.P50, P85: f.P85, N: f.N}
			if len(f.Risks) > 0 {
				one.Risk = f.Risks[0].Stage
			}
			list = append(list, one)
		}
	}
	return list, nil
}
