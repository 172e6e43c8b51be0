package worker

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

// works is an organisation that finishes a job through three stages every few hours, each within some hours.
type works struct {
	t       *testing.T
	db      *postgres.DB
	org     flow.ID
	owner   flow.ID
	process flow.Process
}

func openWorks(t *testing.T, db *postgres.DB, slug, zone string, now time.Time) *works {
	t.Helper()
	w := &works{t: t, db: db, org: newID(t), owner: newID(t), process: flow.Process{ID: newID(t), Version: 1, Name: "Cartons", Mode: flow.UnitMode,
		Stages: []flow.Stage{{Code: "print", Name: "Printing"}, {Code: "paste", Name: "Pasting"}, {Code: "pack", Name: "Packing"}}}}
	err := db.AddOrganisation(t.Context(), postgres.Organisation{ID: w.org, Slug: slug, Name: slug, Timezone: zone, Created: now.AddDate(0, -2, 0)},
		postgres.Member{ID: w.owner, Name: "Asha", Role: flow.Owner, PasswordHash: "x", Created: now})
	if err == nil {
		err = db.AddProcess(t.Context(), w.org, w.process)
	}
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *works) do(at time.Time, a flow.Action) {
	w.t.Helper()
	mark := flow.Mark{Org: w.org, Member: w.owner, Role: flow.Owner, Scope: flow.Scope{All: true}, At: flow.At(at)}
	if _, err := w.db.Do(w.t.Context(), mark, flow.Command{ID: newID(w.t), Action: a}); err != nil {
		w.t.Fatal(err)
	}
}

// job makes a job and reports it at so many stages, every so many hours.
func (w *works) job(at time.Time, due flow.Date, hours ...float64) flow.ID {
	w.t.Helper()
	id := newID(w.t)
	w.do(at, flow.Create{Process: w.process.ID, Version: 1, Jobs: []flow.NewJob{{ID: id, Item: "Tea carton", Due: due}}})
	for i, h := range hours {
		at = at.Add(time.Duration(h * float64(time.Hour)))
		w.do(at, flow.Finish{Work: flow.Work{Job: id, Stage: w.process.Stages[i].Code}})
	}
	return id
}

// run fills some weeks with jobs.
func (w *works) run(now time.Time, jobs int) {
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // dice
	for i := range jobs {
		at := now.Add(-time.Duration(jobs-i)*12*time.Hour - 3*24*time.Hour)
		w.job(at, "", 2+r.Float64()*20, 2+r.Float64()*20, 2+r.Float64()*20)
	}
}

func (w *works) learned() postgres.ForecastModel {
	w.t.Helper()
	m, err := w.db.ForecastModel(w.t.Context(), w.org, w.process.ID)
	if err != nil && !strings.Contains(err.Error(), "not found") {
		w.t.Fatal(err)
	}
	return m
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time  { c.mu.Lock(); defer c.mu.Unlock(); return c.now }
func (c *clock) set(t time.Time) { c.mu.Lock(); defer c.mu.Unlock(); c.now = t }

// A night is done once: it says how dates came true, which jobs are likely late, and another worker, the same day, has nothing
// to do.
func TestANightIsDoneOnce(t *testing.T) {
	t.Parallel()
	db, c := pgtest.New(t), &clock{now: time.Date(2026, 11, 26, 3, 0, 0, 0, time.UTC)}
	w := openWorks(t, db, "sahyadri", "Asia/Kolkata", c.now)
	w.run(c.now, 60)
	hopeless := w.job(c.now.Add(-time.Hour), "2026-11-26")
	w.job(c.now.Add(-time.Hour), "2026-12-26")
	w.job(c.now.Add(-9*24*time.Hour), "2026-11-20", 3) // late already
	log := &strings.Builder{}
	one := &Worker{DB: db, Log: slog.New(slog.NewTextHandler(log, nil)), Now: c.Now}
	two := &Worker{DB: db, Log: one.Log, Now: c.Now}
	one.Night(t.Context())
	first := w.learned()
	if first.Jobs != 63 || first.Of != 63 || !first.Learned.Equal(c.now) || log.Len() > 0 {
		t.Fatalf("%d of %d at %s: %s", first.Jobs, first.Of, first.Learned, log)
	}
	months, err := db.ForecastMonths(t.Context(), w.org, w.process.ID)
	if err != nil || len(months) == 0 {
		t.Fatalf("%v %v", months, err)
	}
	if m := months[0]; m.Day != "2026-11-01" || m.Dates85 < 30 || m.Met85/m.Dates85 < 0.7 {
		t.Errorf("%+v", m)
	}
	late, jobs, more, err := db.LikelyLate(t.Context(), w.org, postgres.LateQuery{Process: w.process.ID, Today: "2026-11-26", Limit: 10})
	if err != nil || len(late) != 1 || late[0].Job != hopeless || late[0].Chance > 0.2 || late[0].N < 11 || jobs[hopeless].ID != hopeless || more {
		t.Errorf("%+v %v %v", late, more, err)
	}
	c.set(c.now.Add(9 * time.Hour)) // in the evening
	one.Night(t.Context())
	two.Night(t.Context())
	if got := w.learned(); !got.Learned.Equal(first.Learned) {
		t.Errorf("learned again at %s", got.Learned)
	}
	c.set(c.now.Add(14 * time.Hour)) // the next day
	two.Night(t.Context())
	if got := w.learned(); !got.Learned.Equal(c.now) {
		t.Errorf("the next day it was learned at %s", got.Learned)
	}
}

// Two servers share a night: one has it, the other goes on when the first has stopped without a word, and then the first is
// told so.
func TestANightIsOneServers(t *testing.T) {
	t.Parallel()
	db, now := pgtest.New(t), time.Date(2026, 11, 25, 22, 0, 0, 0, time.UTC)
	w := openWorks(t, db, "sahyadri", "", now)
	night := func(at time.Time) postgres.Night {
		return postgres.Night{Holder: newID(t), Day: "2026-11-26", Now: at, Until: at.Add(lease)}
	}
	take := func(n postgres.Night, want bool) {
		t.Helper()
		if taken, err := db.TakeNight(t.Context(), w.org, n); err != nil || taken != want {
			t.Fatalf("taken: %v, %v", taken, err)
		}
	}
	one, two := night(now), night(now.Add(lease+time.Second))
	take(one, true)
	take(night(now.Add(time.Minute)), false)
	take(two, true)
	lesson := postgres.Lesson{ForecastModel: postgres.ForecastModel{Process: w.process.ID, Learned: now, Since: now, Model: []byte{1}}, Anew: "2026-11-01"}
	if err := db.SaveLesson(t.Context(), w.org, one, lesson); err != postgres.ErrTaken { //nolint:errorlint // it is not wrapped
		t.Errorf("the server that stood still keeps what it learned: %v", err)
	}
	if err := db.SaveLesson(t.Context(), w.org, two, lesson); err != nil {
		t.Error(err)
	}
	if err := db.EndNight(t.Context(), w.org, one); err != nil {
		t.Error(err)
	}
	if before, _, err := db.NightBefore(t.Context(), w.org); err != nil || before != "" {
		t.Errorf("a night that was taken over is done: %s %v", before, err)
	}
	if err := db.EndNight(t.Context(), w.org, two); err != nil {
		t.Error(err)
	}
	take(night(now.Add(2*time.Hour)), false)
}

// A server that is stopped in the middle of a night leaves it to be taken at once.
func TestAStoppedServerLeavesTheNight(t *testing.T) {
	t.Parallel()
	db, c := pgtest.New(t), &clock{now: time.Date(2026, 11, 25, 22, 0, 0, 0, time.UTC)}
	w := openWorks(t, db, "sahyadri", "", c.now)
	w.run(c.now, 15)
	ctx, stop := context.WithCancel(t.Context())
	asked := 0
	one := &Worker{DB: db, Log: slog.New(slog.DiscardHandler), Now: func() time.Time {
		if asked++; asked == 6 { // it is learning
			stop()
		}
		return c.Now()
	}}
	one.Night(ctx)
	if got := w.learned(); len(got.Model) > 0 || ctx.Err() == nil {
		t.Fatal("it was not stopped in the middle")
	}
	(&Worker{DB: db, Log: one.Log, Now: c.Now}).Night(t.Context())
	if got := w.learned(); got.Jobs != 15 {
		t.Errorf("learned from %d jobs", got.Jobs)
	}
}

// One organisation's failure does not stop the others; it is tried again later.
func TestAFailureStopsNobodyElse(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db, c := pgtest.Open(t, url), &clock{now: time.Date(2026, 11, 25, 22, 0, 0, 0, time.UTC)}
	bad, good := openWorks(t, db, "aravalli", "", c.now), openWorks(t, db, "sahyadri", "", c.now)
	bad.run(c.now, 12)
	good.run(c.now, 12)
	sql := "set session_replication_role = replica; update movements set stage = 'nowhere' where kind = 'reported' and org_id = '" + bad.org.String() + "'"
	if _, err := pgtest.Owner(t, url).Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
	log := &strings.Builder{}
	w := &Worker{DB: db, Log: slog.New(slog.NewTextHandler(log, nil)), Now: c.Now}
	w.Night(t.Context())
	if !strings.Contains(log.String(), "aravalli") || strings.Contains(log.String(), "sahyadri") || good.learned().Jobs != 12 || bad.learned().Jobs != 0 {
		t.Fatalf("%d and %d jobs: %s", bad.learned().Jobs, good.learned().Jobs, log)
	}
	log.Reset()
	c.set(c.now.Add(again / 2))
	w.Night(t.Context())
	if log.Len() > 0 {
		t.Errorf("it is tried again too soon: %s", log)
	}
	c.set(c.now.Add(again))
	w.Night(t.Context())
	if !strings.Contains(log.String(), "aravalli") {
		t.Error("it is not tried again")
	}
}

// Whose night it is: by the organisation's clock, at once for a small one, by day where the server is always off at night.
func TestWhoseNightItIs(t *testing.T) {
	t.Parallel()
	kolkata, berlin := postgres.Zone("Asia/Kolkata"), postgres.Zone("Europe/Berlin")
	at := time.Date(2026, 11, 25, 21, 0, 0, 0, time.UTC) // half past two in Kolkata, ten in the evening in Berlin
	old := postgres.Organisation{Created: at.AddDate(-1, 0, 0)}
	const many = 10 * cheap
	for name, c := range map[string]struct {
		got, want bool
	}{
		"at night":                      {isNight(at.In(kolkata), old, "2026-11-25", many), true},
		"done":                          {isNight(at.In(kolkata), old, "2026-11-26", many), false},
		"in the evening":                {isNight(at.In(berlin), old, "2026-11-24", many), false},
		"small, in the evening":         {isNight(at.In(berlin), old, "2026-11-24", cheap), true},
		"nothing has happened":          {isNight(at.In(kolkata), old, "", 0), false},
		"off for four nights":           {isNight(at.In(berlin), old, "2026-11-21", many), true},
		"never on at night":             {isNight(at.In(berlin), old, "", many), true},
		"large and new, in the evening": {isNight(at.In(berlin), postgres.Organisation{Created: at}, "", many), false},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v", name, c.got)
		}
	}
}

// Of many jobs a sample is learned from, the same one every time; how many there are is said.
func TestASampleIsTheSameEveryNight(t *testing.T) {
	t.Parallel()
	db, now := pgtest.New(t), time.Now()
	w := openWorks(t, db, "sahyadri", "", now)
	for range 12 {
		w.job(now, "2027-10-14")
	}
	sample := func(since time.Time, limit int) ([]flow.ID, int) {
		t.Helper()
		ids, of, err := db.SampleJobs(t.Context(), w.org, w.process.ID, since, limit)
		if err != nil {
			t.Fatal(err)
		}
		return ids, of
	}
	some, of := sample(now.Add(-time.Hour), 5)
	if len(some) != 5 || of != 12 {
		t.Errorf("%d of %d", len(some), of)
	}
	if again, _ := sample(now.AddDate(-1, 0, 0), 5); !slices.Equal(some, again) {
		t.Errorf("%v, and then %v", some, again)
	}
	if all, _ := sample(now.Add(-time.Hour), 100); len(all) != 12 || !slices.Equal(all[:5], some) {
		t.Errorf("%v of %v", some, all)
	}
	if none, of := sample(now.Add(time.Hour), 5); len(none) != 0 || of != 0 {
		t.Errorf("%d of %d from the future", len(none), of)
	}
	due, err := db.DueJobs(t.Context(), w.org, w.process.ID, "2027-10-14", 7)
	if later, err2 := db.DueJobs(t.Context(), w.org, w.process.ID, "2027-10-15", 7); err != nil || err2 != nil || len(due) != 7 || len(later) != 0 {
		t.Errorf("%d due, %d later, %v %v", len(due), len(later), err, err2)
	}
}
