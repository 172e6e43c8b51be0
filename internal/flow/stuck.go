package flow

import (
	"fmt"
	"time"
)

// Alarms say after how long what is at a stage counts as stuck. Zero is the default of each.
type Alarms struct {
	Idle    int `json:"idle_minutes,omitempty"`    // working minutes without a movement
	Silent  int `json:"silent_minutes,omitempty"`  // minutes since anything was heard of what is at a vendor
	Waiting int `json:"waiting_minutes,omitempty"` // minutes that a hold, or an approval, waits
	Leaving int `json:"leaving_minutes,omitempty"` // minutes that something is ready at the last stage and does not leave
	Vendor  int `json:"vendor_days,omitempty"`     // days that a vendor has where nobody named a day
	Begin   int `json:"begin_days,omitempty"`      // days before the due date by which work must have begun; 0: on the day
}

// The defaults.
const (
	IdleMinutes    = 2 * 60
	SilentMinutes  = 24 * 60
	WaitingMinutes = 2 * 24 * 60
	LeavingMinutes = 24 * 60
	VendorDays     = 5
)

// maxAlarmDays bounds the alarms that are told in days.
const maxAlarmDays = 366

// StuckBy is the alarm by which work is stuck.
type StuckBy string

const (
	StuckIdle    StuckBy = "idle"    // nothing moves
	StuckSilent  StuckBy = "silent"  // nothing is heard from the vendor
	StuckWaiting StuckBy = "waiting" // a hold or an approval waits
	StuckLeaving StuckBy = "leaving" // ready to be dispatched, and not dispatched
	StuckVendor  StuckBy = "vendor"  // the vendor's day has passed
	StuckBegin   StuckBy = "begin"   // due, and work has not begun
)

func (a Alarms) acceptable() error {
	for _, one := range []struct {
		name    string
		n, most int
	}{
		{"stuck_idle", a.Idle, MaxTarget}, {"stuck_silent", a.Silent, MaxTarget}, {"stuck_waiting", a.Waiting, MaxTarget},
		{"stuck_leaving", a.Leaving, MaxTarget}, {"stuck_vendor", a.Vendor, maxAlarmDays}, {"stuck_begin", a.Begin, maxAlarmDays},
	} {
		if one.n < 0 || one.n > one.most {
			return &Refusal{Code: ValueWrong, Name: one.name, Value: fmt.Sprint(one.n)}
		}
	}
	return nil
}

// alarm is the alarm that the status of something at a stage waits for.
type alarm struct {
	by      StuckBy
	after   time.Duration
	working bool          // of working time; else by the clock
	rest    time.Duration // that must pass before, by the clock: ink dries
}

// IdleAfter is the working time without a movement after which a stage's work is stuck. A stage whose target is longer than
// the default says itself that so much time is in order.
func (s Stage) IdleAfter() time.Duration {
	if s.Stuck.Idle > 0 {
		return minutesLong(s.Stuck.Idle, 0)
	}
	return minutesLong(max(s.Target, IdleMinutes), 0)
}

func minutesLong(n, standard int) time.Duration {
	if n == 0 {
		n = standard
	}
	return time.Duration(n) * time.Minute
}

// alarm is what work of a status at a stage waits for. What is at a vendor, on hold or ready to leave waits for others, who
// do not keep our shifts: by the clock.
func (p Process) alarm(s Stage, status Status) alarm {
	a := s.Stuck
	switch {
	case status == Away:
		return alarm{by: StuckSilent, after: minutesLong(a.Silent, SilentMinutes)}
	case status == Held, s.Approval:
		return alarm{by: StuckWaiting, after: minutesLong(a.Waiting, WaitingMinutes)}
	case status == Ready && p.leaves(s.Code):
		return alarm{by: StuckLeaving, after: minutesLong(a.Leaving, LeavingMinutes)}
	}
	return alarm{by: StuckIdle, after: s.IdleAfter(), working: true, rest: minutesLong(s.Dwell, 0)}
}

// leaves reports whether what is done at a stage leaves the process.
func (p Process) leaves(code string) bool {
	own := p.On("")
	return len(own) > 0 && own[len(own)-1].Code == code
}

// Quiet is since when nothing has happened at a stage: nothing came, nobody did or said anything.
func (s *StageState) Quiet() Moment {
	quiet := max(s.Ready, s.Started, s.Held, s.Moved)
	for _, o := range s.Out {
		quiet = max(quiet, o.Sent, o.Told)
	}
	return quiet
}

// Watch is the moment at which jobs are looked at. Alarms are those of the process as it is now, whichever version a job
// follows: somebody who changes one wants it changed.
type Watch struct {
	Now   time.Time
	Zone  *time.Location
	Hours *Timetable

	backs map[since]Moment // of Hours.Back: many stages ask for the same
}

type since struct {
	calendar string
	after    time.Duration
}

// NewWatch looks from a moment.
func NewWatch(now time.Time, zone *time.Location, hours *Timetable) Watch {
	return Watch{Now: now, Zone: zone, Hours: hours, backs: map[since]Moment{}}
}

func (w Watch) back(calendar string, after time.Duration) Moment {
	key := since{calendar, after}
	m, ok := w.backs[key]
	if !ok {
		m = w.Hours.Hours(calendar).Back(w.Now, after)
		w.backs[key] = m
	}
	return m
}

// Today is the day in the organisation's zone.
func (w Watch) Today() Date { return DateOf(w.Now.In(w.Zone)) }

// Stuck is what is stuck, and since when nothing has happened.
type Stuck struct {
	By    StuckBy
	Since Moment
}

// Stuck says whether what of a job is at a stage is stuck, and by which alarm: the vendor's day first, then the time
// without a movement, then work that has to begin.
func (w Watch) Stuck(p Process, j *Job, code string) (Stuck, bool) {
	i := j.index(code)
	if i < 0 || !j.Stages[i].Live() || !j.Open() {
		return Stuck{}, false
	}
	st := &j.Stages[i]
	s, _ := p.Stage(code)
	s.Code = code
	found := Stuck{Since: st.Quiet()}
	al := p.alarm(s, st.Status())
	switch {
	case w.vendorOver(s, st):
		found.By = StuckVendor
	case w.length(al, s, found.Since) >= al.after:
		found.By = al.by
	case st.Status() == Ready && w.mustBegin(s, j.Due):
		found.By = StuckBegin
	default:
		return Stuck{}, false
	}
	return found, true
}

// length is the time that counts for an alarm since a moment.
func (w Watch) length(al alarm, s Stage, since Moment) time.Duration {
	from := since.Time().Add(al.rest)
	if al.working {
		return w.Hours.Hours(s.Calendar).Working(from, w.Now)
	}
	return w.Now.Sub(from)
}

// vendorOver reports whether something is at a vendor whose day has passed: the one that was named, else so many days after
// it was sent.
func (w Watch) vendorOver(s Stage, st *StageState) bool {
	for _, o := range st.Out {
		if o.Expected != "" && o.Expected < w.Today() || o.Expected == "" && o.Sent < w.sentBefore(s) {
			return true
		}
	}
	return false
}

// sentBefore is the midnight before which something must have been sent to be overdue without a day.
func (w Watch) sentBefore(s Stage) Moment {
	days := s.Stuck.Vendor
	if days == 0 {
		days = VendorDays
	}
	y, m, d := w.Now.In(w.Zone).Date()
	return At(time.Date(y, m, d-days, 0, 0, 0, 0, w.Zone))
}

func (w Watch) mustBegin(s Stage, due Date) bool {
	return due != "" && due >= w.Today() && due <= w.beginUntil(s)
}

func (w Watch) beginUntil(s Stage) Date {
	return DateOf(w.Now.In(w.Zone).AddDate(0, 0, s.Stuck.Begin))
}

// Cuts are the alarms of a stage as lists ask for them: work is stuck that has been quiet since one of these moments or
// longer, by its status; and what the days say.
type Cuts struct {
	Ready, Running, Held, Away Moment
	Sent                       Moment // what was sent to a vendor before, and has no day, is overdue
	Begin                      Date   // work that is ready and due from today to this day must begin
}

// Cuts are those of a stage of a process.
func (w Watch) Cuts(p Process, code string) Cuts {
	s, _ := p.Stage(code)
	s.Code = code
	cut := func(status Status) Moment {
		al := p.alarm(s, status)
		if !al.working {
			return At(w.Now.Add(-al.after - al.rest))
		}
		return w.back(s.Calendar, al.after).Add(-al.rest)
	}
	return Cuts{Ready: cut(Ready), Running: cut(Running), Held: cut(Held), Away: cut(Away), Sent: w.sentBefore(s), Begin: w.beginUntil(s)}
}

// ageing is against what the age of work is shown at a stage without a target: a working day of eight hours.
const ageing = 8 * time.Hour

// Ageing is the working time against which the age of what is at a stage is shown: its target, else the alarm that it
// has of its own, else a working day.
func (s Stage) Ageing() time.Duration {
	switch {
	case s.Target > 0:
		return s.TargetTime()
	case s.Stuck.Idle > 0:
		return s.IdleAfter()
	}
	return ageing
}
