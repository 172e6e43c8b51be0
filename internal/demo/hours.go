package demo

import (
	"slices"
	"time"

	"clicarity/internal/flow"
)

var ist = time.FixedZone("IST", 5*3600+1800)

const (
	opens, change, closes = 8, 15, 22 // hours of the day of the two shifts
	rush                  = 3 * time.Hour
)

// dryingRoom is the calendar of the stage at which time works by itself.
const dryingRoom = "drying"

// calendars are those of the factory: two shifts from Monday to Saturday, the holidays that it keeps, and the drying
// room, where nobody has to be.
func calendars() (plant, drying flow.Calendar) {
	week := flow.Days(time.Monday, time.Saturday)
	plant = flow.Calendar{Code: flow.StarterCalendar().Code, Name: "Two shifts", Shifts: []flow.Shift{
		{Days: week, From: opens * 60, To: change * 60}, {Days: week, From: change * 60, To: closes * 60}}}
	kept := []string{"republic_day", "holi", "may_day", "independence_day", "ganesh_chaturthi", "gandhi_jayanti", "dussehra", "diwali"}
	for _, year := range flow.HolidayYears() {
		for _, h := range flow.IndianHolidays(year) {
			if slices.Contains(kept, h.Code) {
				plant.Holidays = append(plant.Holidays, h.Holiday)
			}
		}
	}
	return plant, flow.Calendar{Code: dryingRoom, Name: "Drying room, round the clock"}
}

// hours are when the factory works. Whoever looks at another time finds an urgent load on: the last hours up to now
// are worked too, so that the demo is never asleep.
type hours struct {
	now     time.Time
	plant   *flow.Hours
	through bool // the hours up to now are worked though the factory would be closed
}

func newHours(now time.Time) hours {
	plant, _ := calendars()
	h := hours{now: now, plant: plant.In(ist)}
	h.through = !h.open(now) || !h.open(now.Add(-time.Hour))
	return h
}

func (h hours) open(t time.Time) bool {
	from, _ := h.plant.Next(t)
	return from.Equal(t)
}

// next is the span of work at or after a moment.
func (h hours) next(t time.Time) (from, to time.Time) {
	begin := h.now.Add(-rush)
	from, to = h.plant.Next(t)
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
