package measure

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"
	"time"

	"clicarity/internal/flow"
)

// Histogram is a distribution of lengths of time that can be added to others and taken off them again, in any order, with
// the same result: cells of equal relative width, and how many values each has. It is made of whole numbers only.
//
// A cell is at most 1/64 of its values wide, and a second where these are shorter than about two minutes; a value is told as
// the middle of its cell, so that percentiles are within Within of the exact ones, or half a second.
type Histogram []Cell

// Cell is one cell and how many values it has; fewer than none in a difference of histograms.
type Cell struct {
	At int32
	N  int64
}

const (
	cellBits  = 6 // 64 cells for each doubling
	cellsEach = 1 << cellBits
)

// Within is the largest relative error of a percentile from a Histogram: half a cell.
const Within = 1.0 / (2 * cellsEach)

// cellOf is the cell of a length of time.
func cellOf(d time.Duration) int32 {
	s := uint64(max(d, 0) / time.Second)
	if s < 2*cellsEach {
		return int32(s) //nolint:gosec // small
	}
	shift := bits.Len64(s) - cellBits - 1
	return int32(shift*cellsEach) + int32(s>>shift) //nolint:gosec // below 2^12
}

// edgesOf are the values, in seconds, at which a cell begins and ends.
func edgesOf(cell int32) (from, to float64) {
	if cell < 2*cellsEach {
		return float64(cell), float64(cell + 1)
	}
	shift := cell/cellsEach - 1
	first := int64(cell-shift*cellsEach) << shift
	return float64(first), float64(first + int64(1)<<shift)
}

// middle is what a value of a cell is told as, in hours.
func middle(cell int32) float64 {
	from, to := edgesOf(cell)
	return (from + to) / 2 / 3600
}

// add counts a value n times.
func (h *Histogram) add(d time.Duration, n int64) {
	at := cellOf(d)
	i, ok := slices.BinarySearchFunc(*h, at, func(c Cell, at int32) int { return int(c.At - at) })
	if !ok {
		*h = slices.Insert(*h, i, Cell{At: at})
	}
	if (*h)[i].N += n; (*h)[i].N == 0 {
		*h = slices.Delete(*h, i, i+1)
	}
}

// merge adds another histogram.
func (h *Histogram) merge(other Histogram) {
	if len(other) == 0 {
		return
	}
	if len(*h) == 0 {
		*h = slices.Clone(other)
		return
	}
	out := make(Histogram, 0, len(*h)+len(other))
	a, b := *h, other
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].At < b[0].At:
			out, a = append(out, a[0]), a[1:]
		case len(a) == 0 || b[0].At < a[0].At:
			out, b = append(out, b[0]), b[1:]
		default:
			if n := a[0].N + b[0].N; n != 0 {
				out = append(out, Cell{a[0].At, n})
			}
			a, b = a[1:], b[1:]
		}
	}
	*h = out
}

// N is how many values there are.
func (h Histogram) N() (n int) {
	for _, c := range h {
		n += int(c.N)
	}
	return n
}

// rank is the value of a rank, 0 being the least, in hours.
func (h Histogram) rank(r int) float64 {
	for _, c := range h {
		if r -= int(c.N); r < 0 {
			return middle(c.At)
		}
	}
	return 0
}

// percentile is as Percentile, of the middles of the cells.
func (h Histogram) percentile(p float64, n int) float64 {
	at := p * float64(n-1)
	low := int(at)
	a, b := h.rank(low), h.rank(min(low+1, n-1))
	return a + (at-float64(low))*(b-a)
}

func (h Histogram) dist() Dist {
	n := h.N()
	if n == 0 {
		return Dist{}
	}
	d := Spread{n, h.percentile(0.5, n), h.percentile(0.85, n), h.percentile(0.95, n)}.told()
	if d.P50 != nil {
		d.Within = Within
	}
	return d
}

func (h Histogram) encode(to []byte) []byte {
	to = binary.AppendUvarint(to, uint64(len(h)))
	last := int32(0)
	for _, c := range h {
		to = binary.AppendUvarint(to, uint64(c.At-last)) //nolint:gosec // cells are in order
		to = binary.AppendVarint(to, c.N)
		last = c.At
	}
	return to
}

var errTally = errors.New("measure: a tally cannot be read")

// reader reads what was encoded; after the first thing that cannot be read, it reads zeros.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) int() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

// varint reads a number at a place, and says where the next one is: what binary.Varint does, for cells of which there are many.
func varint(b []byte, at int) (v uint64, next int) {
	if at < len(b) && b[at] < 0x80 { // nearly all are
		return uint64(b[at]), at + 1
	}
	v, n := binary.Uvarint(b[min(at, len(b)):])
	if n <= 0 {
		return 0, len(b) + 1
	}
	return v, at + n
}

// into adds the histogram that comes next to another, in place as far as it has the cells.
func (r *reader) into(to *Histogram) {
	n := r.uint()
	if n > uint64(len(r.b)) {
		r.bad = true
		return
	}
	h, b := *to, r.b
	var others Histogram
	empty, i, place, at := false, 0, 0, int32(0)
	for range n {
		var step, count uint64
		step, place = varint(b, place)
		count, place = varint(b, place)
		at += int32(step)                      //nolint:gosec // cells are few
		c := int64(count>>1) ^ -int64(count&1) //nolint:gosec // as binary.Varint
		for i < len(h) && h[i].At < at {
			i++
		}
		if i == len(h) || h[i].At != at {
			others = append(others, Cell{at, c})
			continue
		}
		h[i].N += c
		empty = empty || h[i].N == 0
	}
	if place > len(b) {
		r.bad, r.b = true, nil
		return
	}
	r.b = b[place:]
	if empty {
		*to = slices.DeleteFunc(h, func(c Cell) bool { return c.N == 0 })
	}
	to.merge(others)
}

// Busy is a set of stretches of time, each as often as it was added: stretches can be taken out again.
type Busy []Stretch

// Stretch is a stretch of time, and how often it is there.
type Stretch struct {
	From, To flow.Moment
	N        int64
}

func compareStretch(a, b Stretch) int {
	if a.From != b.From {
		return int(max(min(a.From-b.From, 1), -1))
	}
	return int(max(min(a.To-b.To, 1), -1))
}

// Add puts a stretch in n times; takes it out when n is negative.
func (b *Busy) Add(from, to flow.Moment, n int64) {
	s := Stretch{from, to, n}
	i, ok := slices.BinarySearchFunc(*b, s, compareStretch)
	if !ok {
		*b = slices.Insert(*b, i, s)
		return
	}
	if (*b)[i].N += n; (*b)[i].N == 0 {
		*b = slices.Delete(*b, i, i+1)
	}
}

// Merge adds all of another set.
func (b *Busy) Merge(other Busy) {
	out := make(Busy, 0, len(*b)+len(other))
	x, y := *b, other
	for len(x) > 0 || len(y) > 0 {
		switch {
		case len(y) == 0 || len(x) > 0 && compareStretch(x[0], y[0]) < 0:
			out, x = append(out, x[0]), x[1:]
		case len(x) == 0 || compareStretch(x[0], y[0]) > 0:
			out, y = append(out, y[0]), y[1:]
		default:
			if s := x[0]; s.N+y[0].N != 0 {
				s.N += y[0].N
				out = append(out, s)
			}
			x, y = x[1:], y[1:]
		}
	}
	*b = out
}

// Union is the same time without what stretches have in common.
func (b Busy) Union() Busy {
	list := make([]stretch, len(b))
	for i, s := range b {
		list[i] = stretch{s.From, s.To}
	}
	var out Busy
	for _, s := range union(list) {
		out = append(out, Stretch{s.from, s.to, 1})
	}
	return out
}

// Encode is the one form of the set as bytes.
func (b Busy) Encode() []byte {
	var to []byte
	last := flow.Moment(0)
	for _, s := range b {
		to = binary.AppendVarint(to, int64(s.From-last))
		to = binary.AppendVarint(to, int64(s.To-s.From))
		to = binary.AppendVarint(to, s.N)
		last = s.From
	}
	return to
}

// DecodeBusy reads what Encode wrote.
func DecodeBusy(from []byte) (Busy, error) {
	r, last := reader{b: from}, flow.Moment(0)
	var b Busy
	for len(r.b) > 0 {
		last += flow.Moment(r.int())
		b = append(b, Stretch{last, last + flow.Moment(r.int()), r.int()})
	}
	if r.bad {
		return nil, errTally
	}
	return b, nil
}
