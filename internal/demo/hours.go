package demo

import "time"

var ist = time.FixedZone("IST", 5*3600+1800)

const (
	opens, change, closes = 8, 15, 22 // hours of the day of the two shifts
	rush                  = 3 * time.Hour
)

// hours are when the factory works: Monday to Saturday from 8 to 22. Whoever looks at another time finds an urgent
// load on: the last hours up to now are worked too, so that the demo is never asleep.
type hours struct {
	now     time.Time
	through bool // the hours up to now are worked though the factory would be closed
}

func newHours(now time.Time) hours {
	return hours{now: now, through: !open(now) || !open(now.Add(-time.Hour))}
}

func open(t time.Time) bool {
	from, _ := shifts(t)
	return from.Equal(t)
}

// shifts is the working day that a moment is in, from that moment on, or else the next.
func shifts(t time.Time) (from, to time.Time) {
	l := t.In(ist)
	for day := 0; ; day++ {
		from = time.Date(l.Year(), l.Month(), l.Day()+day, opens, 0, 0, 0, ist)
		to = from.Add((closes - opens) * time.Hour)
		if from.Weekday() == time.Sunday || !t.Before(to) {
			continue
		}
		if t.After(from) {
			from = t
		}
		return from, to
	}
}

// next is the span of work at or after a moment.
func (h hours) next(t time.Time) (from, to time.Time) {
	begin := h.now.Add(-rush)
	from, to = shifts(t)
	switch {
	case !h.through || !t.Before(h.now):
		return from, to
	case !t.Before(begin):
		return t, h.now
	case from.After(begin):
		return begin, h.now
	}
	return from, to
}

// after adds working time to a moment.
func (h hours) after(t time.Time, d time.Duration) time.Time {
	for {
		from, to := h.next(t)
		if left := to.Sub(from); d > left {
			d -= left
			t = to
			continue
		}
		return from.Add(d)
	}
}

// between is how much working time there is from a moment until now.
func (h hours) between(t time.Time) time.Duration {
	var sum time.Duration
	for t.Before(h.now) {
		from, to := h.next(t)
		if to.After(h.now) {
			to = h.now
		}
		if from.Before(to) {
			sum += to.Sub(from)
		}
		t = to
	}
	return sum
}
