package measure

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"maps"
	"math"
	"slices"

	"clicarity/internal/flow"
)

// keptForm is the form of the bytes that a model is kept in. A model of another form has to be learned anew.
const keptForm = 1

// ErrForm says that bytes are no model of this program.
var ErrForm = errors.New("measure: this is no model that this program reads")

// Keep writes a model in few bytes: three or four for a wait that was learned. What is read from them forecasts exactly the
// same; what no forecast looks at is left out: pools of too few jobs, of which only the number is told, and what the weights
// were made from.
func (m *Model) Keep() []byte {
	w := keeper{names: map[string]int{}}
	keys := slices.SortedFunc(maps.Keys(m.pools), func(a, b poolKey) int {
		return cmp.Or(bytes.Compare(a.process[:], b.process[:]), cmp.Compare(a.level, b.level), cmp.Compare(a.stage, b.stage), cmp.Compare(a.item, b.item))
	})
	keys = slices.DeleteFunc(keys, func(k poolKey) bool { return k.level == ofItem && m.pools[k].jobs < Forecastable })
	w.number(keptForm)
	w.number(m.days)
	w.number(map[bool]int{true: 1}[m.young])
	clocks := slices.SortedFunc(maps.Keys(m.clock), func(a, b flow.ID) int { return bytes.Compare(a[:], b[:]) })
	clocks = slices.DeleteFunc(clocks, func(p flow.ID) bool { return !m.clock[p] })
	w.number(len(clocks))
	for _, p := range clocks {
		w.b = append(w.b, p[:]...)
	}
	w.number(len(keys))
	for _, k := range keys {
		w.b = append(w.b, k.process[:]...)
		w.number(k.level)
		w.text(k.stage)
		w.text(k.item)
		w.pool(m.pools[k], k.level == ofStage && m.pools[k].jobs < Forecastable)
	}
	return w.b
}

// keeper writes numbers and names; a name is written once.
type keeper struct {
	b     []byte
	names map[string]int
}

func (w *keeper) number(n int) { w.b = binary.AppendUvarint(w.b, uint64(max(n, 0))) } //nolint:gosec // not negative

func (w *keeper) float(f float64) { w.b = binary.LittleEndian.AppendUint64(w.b, math.Float64bits(f)) }

func (w *keeper) text(s string) {
	n, ok := w.names[s]
	if !ok {
		n = len(w.names)
		w.names[s] = n
		w.number(n)
		w.number(len(s))
		w.b = append(w.b, s...)
		return
	}
	w.number(n)
}

func (w *keeper) pool(p *pool, few bool) {
	w.number(p.jobs)
	w.float(p.ends)
	if few {
		w.number(0)
		return
	}
	w.number(len(p.waits))
	var last int64
	for _, one := range p.waits {
		s := seconds(one.hours)
		w.number(int(s - last))
		w.text(one.next)
		last = s
	}
	for i := 0; i < len(p.waits); { // many that follow each other weigh the same
		n := 1
		for i+n < len(p.waits) && p.waits[i+n].weight == p.waits[i].weight {
			n++
		}
		w.number(n)
		w.float(p.waits[i].weight)
		i += n
	}
}

func seconds(hours float64) int64 { return int64(math.Round(hours * 3600)) }

// Kept reads a model. place is where its stages are now.
func Kept(b []byte, place Place) (*Model, error) {
	r := unkeeper{b: b}
	if r.number() != keptForm {
		return nil, ErrForm
	}
	m := &Model{place: place, pools: map[poolKey]*pool{}, clock: map[flow.ID]bool{}, days: r.number(), young: r.number() == 1}
	for n := r.count(len(flow.ID{})); n > 0; n-- {
		m.clock[r.id()] = true
	}
	for n := r.count(len(flow.ID{})); n > 0 && !r.bad; n-- {
		k := poolKey{process: r.id(), level: r.number()}
		k.stage, k.item = r.text(), r.text()
		m.pools[k] = r.pool()
	}
	if r.bad || len(r.b) > 0 {
		return nil, ErrForm
	}
	return m, nil
}

// At is the model with the calendars that stages have now. The two share what was learned, which does not change.
func (m *Model) At(place Place) *Model {
	other := *m
	other.place = place
	return &other
}

// unkeeper reads what a keeper wrote. After the first thing that cannot be, everything is zero and bad is set.
type unkeeper struct {
	b     []byte
	names []string
	bad   bool
}

func (r *unkeeper) number() int {
	n, size := binary.Uvarint(r.b)
	if size <= 0 || n > math.MaxInt64 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[size:]
	return int(n) //nolint:gosec // it fits
}

// count is a number of things of which each takes so many bytes at least: more than that cannot follow.
func (r *unkeeper) count(each int) int {
	n := r.number()
	if n > len(r.b)/each {
		r.bad, r.b = true, nil
		return 0
	}
	return n
}

func (r *unkeeper) bytes(n int) []byte {
	if n > len(r.b) {
		r.bad, r.b = true, nil
		return make([]byte, min(n, 16))
	}
	got := r.b[:n]
	r.b = r.b[n:]
	return got
}

func (r *unkeeper) id() (id flow.ID) {
	copy(id[:], r.bytes(len(id)))
	return id
}

func (r *unkeeper) float() float64 {
	f := math.Float64frombits(binary.LittleEndian.Uint64(r.bytes(8)))
	if math.IsNaN(f) || f < 0 || math.IsInf(f, 0) {
		r.bad, r.b = true, nil
		return 0
	}
	return f
}

func (r *unkeeper) text() string {
	n := r.number()
	switch {
	case n < len(r.names):
		return r.names[n]
	case n > len(r.names):
		r.bad, r.b = true, nil
		return ""
	}
	s := string(r.bytes(r.count(1)))
	r.names = append(r.names, s)
	return s
}

func (r *unkeeper) pool() *pool {
	p := &pool{jobs: r.number(), ends: r.float()}
	n := r.count(2)
	if n == 0 {
		return p
	}
	p.waits = make([]wait, n)
	var at int64
	for i := range p.waits {
		at += int64(r.number())
		p.waits[i] = wait{hours: inHours(at), next: r.text()}
	}
	for i := 0; i < n && !r.bad; {
		same, weight := r.number(), r.float()
		if same < 1 || same > n-i {
			r.bad = true
			break
		}
		for range same {
			p.waits[i].weight = weight
			i++
		}
	}
	p.sum()
	return p
}
