package measure

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"clicarity/internal/flow"
)

// StationFigures are those of a station.
type StationFigures struct {
	Name        string `json:"name"`
	Queue       Load   `json:"queue"`       // of what was then worked on there
	Run         Load   `json:"run"`         // the station's own time: two jobs at once count once
	Utilisation Share  `json:"utilisation"` // busy in working time / working time there was
}

// VendorFigures are those of a vendor.
type VendorFigures struct {
	Name   string        `json:"name"`
	Sent   flow.Quantity `json:"sent"`
	TAT    Lengths       `json:"tat"`     // from sent to the last of it back
	OnTime Share         `json:"on_time"` // of what had a date to be back
	Loss   Share         `json:"loss"`    // damaged or never back / sent, of what is back whole
	Open   Open          `json:"wip"`     // what is there now
}

// Bottleneck names what holds the work up, three ways. Each is empty when nothing can be said.
type Bottleneck struct {
	Queue  *Narrow `json:"longest_queue,omitempty"`       // the stage with the most waiting, working hours of all jobs together
	Busy   *Narrow `json:"highest_utilisation,omitempty"` // the station
	Active *Narrow `json:"longest_active,omitempty"`      // the stage that was at work without interruption the longest
}

// Narrow is one narrow place: where, how much, and what it is told of.
type Narrow struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"` // working hours, or a share of 1
	Jobs  int     `json:"jobs"`  // waiting there now
	N     int     `json:"n"`
	From  string  `json:"from,omitempty"` // when the active period began and ended
	To    string  `json:"to,omitempty"`
}

type stretch struct{ from, to flow.Moment }

// union are stretches without what they have in common, in order. Those that touch are one.
func union(list []stretch) []stretch {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b stretch) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	var out []stretch
	for _, s := range list {
		if n := len(out); n > 0 && s.from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, s.to)
			continue
		}
		out = append(out, s)
	}
	return out
}

// bridged are stretches in order, those made one between which no working time lies: a night is no interruption.
func bridged(list []stretch, h *flow.Hours) []stretch {
	var out []stretch
	for _, s := range list {
		if n := len(out); n > 0 && h.Working(out[n-1].to.Time(), s.from.Time()) == 0 {
			out[n-1].to = max(out[n-1].to, s.to)
			continue
		}
		out = append(out, s)
	}
	return out
}

type stationSums struct {
	queue Load
	runs  []stretch
	hours *flow.Hours
}

func (s *sheet) station(name string, h *flow.Hours) *stationSums {
	return slot(s.stations, name, func() *stationSums { return &stationSums{hours: h} })
}

// waited adds a wait to the station where it ended.
func (s *sheet) waited(span Span, h *flow.Hours) {
	if span.Station != "" {
		s.station(span.Station, h).queue.add(LengthOf(span.From, span.To, h))
	}
}

func (s *sheet) runs(p Past) {
	for _, r := range p.Runs {
		_, h := s.lens.key(p, r.Stage)
		st := s.station(r.Station, h)
		st.runs = append(st.runs, stretch{r.From, r.To})
	}
}

func (s *sheet) stationFigures() []StationFigures {
	var out []StationFigures
	for _, name := range slices.Sorted(maps.Keys(s.stations)) {
		st := s.stations[name]
		f := StationFigures{Name: name, Queue: st.queue}
		for _, r := range union(st.runs) {
			f.Run.add(LengthOf(r.from, r.to, st.hours))
		}
		f.Run.N = len(st.runs)
		available := LengthOf(s.lens.From, s.lens.To, st.hours).Working.Hours()
		f.Utilisation = hours(f.Run.Working, available, f.Run.N)
		out = append(out, f)
	}
	return out
}

type vendorSums struct {
	sent, whole, lost flow.Quantity
	tat               lengths
	due, met          int
	open              openSum
}

func (s *sheet) trips(p Past) {
	for _, t := range p.Trips {
		v := slot(s.vendors, s.lens.Vendor(t.Vendor), func() *vendorSums { return &vendorSums{} })
		_, h := s.lens.key(p, t.Stage)
		v.sent += t.Quantity
		if t.Back == 0 {
			v.open.jobs++
			v.open.quantity += t.Quantity - t.Good - t.Unused - t.Lost
			v.open.age.add(LengthOf(t.Sent, s.lens.To, h))
			continue
		}
		v.tat.add(LengthOf(t.Sent, t.Back, h))
		v.whole, v.lost = v.whole+t.Quantity, v.lost+t.Lost
		if t.Expected == "" {
			continue
		}
		v.due++
		if s.lens.day(t.Back) <= t.Expected {
			v.met++
		}
	}
}

func (s *sheet) vendorFigures() []VendorFigures {
	var out []VendorFigures
	for _, name := range slices.Sorted(maps.Keys(s.vendors)) {
		v := s.vendors[name]
		out = append(out, VendorFigures{name, v.sent, v.tat.dists(), counts(v.met, v.due), quantities(v.lost, v.whole, len(v.tat.elapsed)), v.open.open()})
	}
	return out
}

func (s *sheet) bottleneck(out Sheet) Bottleneck {
	var b Bottleneck
	for _, st := range out.Stages {
		if st.Waiting.N >= Enough && st.Waiting.Working > 0 && (b.Queue == nil || st.Waiting.Working > b.Queue.Value) {
			b.Queue = &Narrow{Name: st.Name, Value: st.Waiting.Working, Jobs: st.Open.Jobs, N: st.Waiting.N}
		}
	}
	for _, st := range out.Stations {
		if u := st.Utilisation; u.Share != nil && (b.Busy == nil || *u.Share > b.Busy.Value) {
			b.Busy = &Narrow{Name: st.Name, Value: *u.Share, N: u.N}
		}
	}
	for _, key := range sortedKeys(s.stages) {
		st := s.stages[key]
		for _, a := range bridged(union(st.active), st.hours) {
			long := LengthOf(a.from, a.to, st.hours).Working.Hours()
			if long > 0 && (b.Active == nil || long > b.Active.Value) {
				b.Active = &Narrow{Name: key.name, Value: long, Jobs: st.open.jobs, N: len(st.active), From: s.lens.stamp(a.from), To: s.lens.stamp(a.to)}
			}
		}
	}
	return b
}

func (l *Lens) stamp(m flow.Moment) string { return m.Time().In(l.Zone).Format(time.RFC3339) }
