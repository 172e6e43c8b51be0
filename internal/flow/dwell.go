package flow

import (
	"cmp"
	"slices"
	"time"
)

// Came is what came to a timed stage at a moment, as far as it is still there.
type Came struct {
	At       Moment   `json:"at"`
	Quantity Quantity `json:"quantity"`
}

// maxCame is how many arrivals a timed stage tells apart; what comes after them counts with the last.
const maxCame = 20

// came notes an arrival, in the order of time.
func (s *StageState) came(q Quantity, at Moment) {
	if !s.Timed || q <= 0 {
		return
	}
	s.Came = slices.Clone(s.Came)
	i, same := slices.BinarySearchFunc(s.Came, at, func(c Came, at Moment) int { return cmp.Compare(c.At, at) })
	switch {
	case same:
		s.Came[i].Quantity += q
	case len(s.Came) < maxCame:
		s.Came = slices.Insert(s.Came, i, Came{at, q})
	default: // later than it may have been, never earlier
		last := &s.Came[maxCame-1]
		last.At, last.Quantity = max(last.At, at), last.Quantity+q
	}
}

// gave takes a quantity off what is there, the oldest first; from the newest on for what is not good.
func (s *StageState) gave(q Quantity, newest bool) (went []Came) {
	if !s.Timed {
		return nil
	}
	s.Came = slices.Clone(s.Came)
	for q > 0 && len(s.Came) > 0 {
		i := 0
		if newest {
			i = len(s.Came) - 1
		}
		part := min(q, s.Came[i].Quantity)
		went = append(went, Came{max(s.Came[i].At, s.Started), part})
		q -= part
		if s.Came[i].Quantity -= part; s.Came[i].Quantity == 0 {
			s.Came = slices.Delete(s.Came, i, i+1)
		}
	}
	if len(s.Came) == 0 {
		s.Came = nil
	}
	return went
}

// join books what came with a job or from another lot, since when it was there.
func (s *StageState) join(f Facts, at Moment) {
	timed := s.Timed
	s.Timed = timed && len(f.Came) == 0
	arrive(s, f.Quantity-f.Found, at)
	bring(s, f.Found, at)
	s.Timed = timed
	for _, c := range f.Came {
		s.came(c.Quantity, c.At)
	}
}

// timed makes a stage tell arrivals apart, or no longer.
func (s *StageState) timed(on bool) {
	s.Timed = on
	switch {
	case !on:
		s.Came = nil
	case len(s.Came) == 0:
		s.came(s.OnHand, s.Ready)
	}
}

// Opens is when so much may go on from a stage with a minimum time in minutes: that long after work began on it, or after
// it came, whichever is later.
func (s StageState) Opens(q Quantity, minutes int) Moment {
	dwell := time.Duration(minutes) * time.Minute
	opens := cmp.Or(s.Started, s.Ready).Add(dwell)
	var there Quantity
	for _, c := range s.Came {
		if opens = max(c.At, s.Started).Add(dwell); there+c.Quantity >= q {
			break
		}
		there += c.Quantity
	}
	return opens
}

// ripe is how much may go on at a moment.
func (s StageState) ripe(at Moment, minutes int) Quantity {
	var q Quantity
	for _, c := range s.Came {
		if at >= s.Opens(q+c.Quantity, minutes) {
			q += c.Quantity
		}
	}
	return q
}
