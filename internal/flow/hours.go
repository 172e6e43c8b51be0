package flow

import (
	"math"
	"slices"
	"time"
)

// Hours is a calendar in a time zone, made ready to reckon with. It does not change. A nil Hours is at work round the
// clock. Times are reckoned exactly, and over at most two hundred years.
//
// Shifts are times of the wall clock: one that begins in an hour that summer time leaves out begins when that hour
// would have, and one that lies in an hour that comes twice is as long as it really was.
type Hours struct {
	zone     *time.Location
	week     [7][]span
	holidays []int64 // days since 1970-01-01, sorted
	evenOff  bool
}

// span is a shift in seconds after the midnight that begins its day; it may end on the next.
type span struct{ from, to int64 }

const (
	daySeconds = 24 * 60 * 60
	horizon    = 200 * 365 * 24 * time.Hour
)

// In makes a calendar ready to reckon with in a zone. A calendar that is at work always gives nil.
func (c Calendar) In(zone *time.Location) *Hours {
	h := &Hours{zone: zone, evenOff: c.EvenSaturdaysOff}
	for _, w := range c.week() {
		from := int64(w.shift.From) * 60
		h.week[w.from/dayMinutes] = append(h.week[w.from/dayMinutes], span{from, from + int64(w.shift.Minutes())*60})
	}
	if len(c.week()) == 0 {
		for day := range h.week {
			h.week[day] = []span{{0, daySeconds}}
		}
		if len(c.Holidays) == 0 && !c.EvenSaturdaysOff {
			return nil
		}
	}
	for _, holiday := range c.Holidays {
		h.holidays = append(h.holidays, holiday.Date.Time().Unix()/daySeconds)
	}
	slices.Sort(h.holidays)
	return h
}

// Working is how much working time lies between two moments: at most what has elapsed, and none when they are the
// wrong way round.
func (h *Hours) Working(from, to time.Time) time.Duration {
	length := min(to.Sub(from), horizon)
	if h == nil || length <= 0 {
		return max(length, 0)
	}
	var sum time.Duration
	w := h.walk(from)
	for begin, end := w.next(length); begin < length; begin, end = w.next(length) {
		sum += min(end, length) - begin
	}
	return sum
}

// Add is the first moment at which so much working time has passed since another.
func (h *Hours) Add(from time.Time, d time.Duration) time.Time {
	if h == nil || d <= 0 {
		return from.Add(max(d, 0))
	}
	w := h.walk(from)
	for begin, end := w.next(horizon); begin < horizon; begin, end = w.next(horizon) {
		if d <= end-begin {
			return from.Add(begin + d)
		}
		d -= end - begin
	}
	return from.Add(horizon)
}

// Next is the stretch of work at a moment, from that moment on, or else the next one. Shifts that follow each other
// without a gap are one stretch, of which at most a week is told.
func (h *Hours) Next(from time.Time) (begin, end time.Time) {
	const most = 7 * 24 * time.Hour
	if h == nil {
		return from, from.Add(most)
	}
	w := h.walk(from)
	b, e := w.next(horizon)
	for e < b+most {
		again, until := w.next(e + 1)
		if again != e {
			break
		}
		e = until
	}
	return from.Add(b), from.Add(min(e, b+most))
}

// walk goes through the stretches of work from a moment on, day by day.
type walk struct {
	h       *Hours
	offset  offset
	from    time.Time
	told    time.Duration // since from: work up to here has been told of
	day     int64         // since 1970-01-01, on the wall's calendar
	today   []span        // of that day, those not told of yet
	holiday int           // the next one in the list
}

func (h *Hours) walk(from time.Time) *walk {
	w := &walk{h: h, from: from, offset: offset{zone: h.zone}}
	w.offset.at(from.Unix())
	w.day = floor(from.Unix()+w.offset.seconds, daySeconds) - 1 // a shift of yesterday may still be on
	w.holiday, _ = slices.BinarySearch(h.holidays, w.day)
	w.today = w.shifts()
	return w
}

// next is the next stretch of work as times since the walk's beginning. When none begins before a limit, it begins at
// the end of time.
func (w *walk) next(limit time.Duration) (begin, end time.Duration) {
	for {
		for len(w.today) > 0 {
			begin, end = max(w.since(w.today[0].from), w.told), w.since(w.today[0].to)
			w.today = w.today[1:]
			if begin < end {
				w.told = end
				return begin, end
			}
		}
		if w.since(daySeconds) >= limit {
			return math.MaxInt64, math.MaxInt64
		}
		w.day++
		w.today = w.shifts()
	}
}

// since is the time from the walk's beginning to so many seconds after the day's midnight, by the wall clock.
func (w *walk) since(seconds int64) time.Duration {
	return time.Duration(w.offset.unix(w.day*daySeconds+seconds)-w.from.Unix())*time.Second - time.Duration(w.from.Nanosecond())
}

// shifts are those that begin on the day.
func (w *walk) shifts() []span {
	h := w.h
	for w.holiday < len(h.holidays) && h.holidays[w.holiday] < w.day {
		w.holiday++
	}
	if w.holiday < len(h.holidays) && h.holidays[w.holiday] == w.day {
		return nil
	}
	weekday := time.Weekday(w.day - floor(w.day+4, 7)*7 + 4)
	if h.evenOff && weekday == time.Saturday && evenSaturday(weekday, time.Unix(w.day*daySeconds, 0).UTC().Day()) {
		return nil
	}
	return h.week[weekday]
}

func floor(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// offset is the stretch of time around a moment in which a zone's clocks stay as far from UTC.
type offset struct {
	zone            *time.Location
	seconds, before int64 // from UTC, in this stretch and in the one before
	start, end      int64 // of the stretch, in Unix seconds
}

// at goes to the stretch that a moment is in.
func (o *offset) at(unix int64) {
	t := time.Unix(unix, 0).In(o.zone)
	_, seconds := t.Zone()
	o.seconds, o.before, o.start, o.end = int64(seconds), int64(seconds), math.MinInt64, math.MaxInt64
	start, end := t.ZoneBounds()
	if !start.IsZero() {
		o.start = start.Unix()
		_, before := start.Add(-time.Second).Zone()
		o.before = int64(before)
	}
	if !end.IsZero() {
		o.end = end.Unix()
	}
}

// unix is the first moment at which the wall clock shows a local time or a later one. It never goes back when the
// local time goes on, so stretches of work keep their order.
func (o *offset) unix(local int64) int64 {
	for {
		switch at := local - o.seconds; {
		case at >= o.end:
			o.at(o.end)
		case o.start != math.MinInt64 && local-o.before < o.start:
			o.at(o.start - 1)
		default:
			return max(at, o.start)
		}
	}
}

// Timetable is an organisation's calendars, ready to reckon with. A nil Timetable is round the clock everywhere.
type Timetable struct {
	standard *Hours
	byCode   map[string]*Hours
}

// NewTimetable makes calendars ready in a zone. standard is the code of the one for stages that name none; an
// organisation without calendars is at work round the clock.
func NewTimetable(list []Calendar, standard string, zone *time.Location) *Timetable {
	t := &Timetable{byCode: make(map[string]*Hours, len(list))}
	for _, c := range list {
		t.byCode[c.Code] = c.In(zone)
	}
	t.standard = t.byCode[standard]
	return t
}

// Hours are those of the calendar of a code; of the organisation's own for the empty code and for one that is no
// longer there.
func (t *Timetable) Hours(code string) *Hours {
	if t == nil {
		return nil
	}
	if h, ok := t.byCode[code]; ok {
		return h
	}
	return t.standard
}

// never is before everything that is kept.
const never Moment = 1

// Back is the last moment from which so much working time has passed until another; of a calendar that has not had so
// much for years, one before everything.
func (h *Hours) Back(to time.Time, d time.Duration) Moment {
	if h == nil || d <= 0 {
		return At(to.Add(-max(d, 0)))
	}
	const longest = 10 * 365 * 24 * time.Hour
	late, span := At(to), d // from late on it is less
	early := At(to.Add(-span))
	for h.Working(early.Time(), to) < d {
		if late, span = early, 2*span; span > longest {
			return never
		}
		early = At(to.Add(-span))
	}
	for late-early > 1 {
		if mid := early + (late-early)/2; h.Working(mid.Time(), to) >= d {
			early = mid
		} else {
			late = mid
		}
	}
	return early
}
