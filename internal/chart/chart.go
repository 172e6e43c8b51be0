// Package chart draws figures as SVG: pure functions from numbers and words to markup. Geometry is in attributes, looks
// are in classes (charts.css), so that a page needs no inline style and a drawing follows the page's colours.
//
// All drawings are 360 units wide, the width of a phone; on larger screens they grow, and the style sheet makes their text
// smaller by as much. A drawing is an image to who cannot see it: its name is the finding, and the page has the numbers in
// a table. Whatever is drawn, numbers that are no numbers or below zero are taken for zero.
package chart

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"
	"unicode"
)

const (
	wide  = 360.0
	text  = 14.0 // size of letters on a phone
	gap   = 4.0
	maxOf = 7 // series that can be told apart
)

// Frame is what every drawing has.
type Frame struct {
	Finding string               // what it says, in one sentence: its accessible name
	Say     func(float64) string // a number as people read it; nil: plain
	More    func(n int) string   // names what is drawn together because it is too many: "5 more"
	Unit    float64              // of what the numbers on an axis are round multiples: 24 for hours in days; 0: 1
}

func (f Frame) say(x float64) string {
	if f.Say == nil {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return f.Say(x)
}

func (f Frame) more(n int) string {
	if f.More == nil {
		return "+" + strconv.Itoa(n)
	}
	return f.More(n)
}

// Series is a named row of values, one for each place on the axis. NaN in a line is a gap.
type Series struct {
	Name   string
	Values []float64
}

// Mark is a named value: a percentile.
type Mark struct {
	Name string
	At   float64
}

// drawing is markup as it grows.
type drawing struct{ strings.Builder }

// begin opens a drawing of a height.
func (f Frame) begin(high float64) *drawing {
	d := &drawing{}
	fmt.Fprintf(d, `<svg class="chart" viewBox="0 0 %s %s" role="img" aria-label="%s">`, num(wide), num(high), html.EscapeString(f.Finding))
	return d
}

func (d *drawing) end() template.HTML {
	d.WriteString("</svg>")
	return template.HTML(d.String()) //nolint:gosec // every text in it went through EscapeString
}

// el writes an element without content: its class, then names and values of attributes, numbers and texts.
func (d *drawing) el(name, class string, attributes ...any) {
	d.open(name, class, attributes...)
	d.WriteString("/>")
}

func (d *drawing) open(name, class string, attributes ...any) {
	d.WriteString("<" + name + ` class="` + html.EscapeString(class) + `"`)
	for i := 0; i+1 < len(attributes); i += 2 {
		value := ""
		switch v := attributes[i+1].(type) {
		case float64:
			value = num(v)
		case string:
			value = html.EscapeString(v)
		}
		fmt.Fprintf(d, ` %s="%s"`, attributes[i], value)
	}
}

// words writes a text at a place. What is too long for a width is cut, and the whole is its title.
func (d *drawing) words(class string, x, y, width float64, says string) {
	d.open("text", class, "x", x, "y", y)
	d.WriteString(">")
	short := fit(says, width)
	d.WriteString(html.EscapeString(short))
	if short != says {
		d.WriteString("<title>" + html.EscapeString(says) + "</title>")
	}
	d.WriteString("</text>")
}

// num is a number of a drawing: two decimals at most.
func num(x float64) string {
	return strconv.FormatFloat(math.Round(finite(x)*100)/100, 'f', -1, 64)
}

func finite(x float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) || math.Abs(x) > 1e300 {
		return 0
	}
	return x
}

// size is a value that can be drawn as a length.
func size(x float64) float64 { return max(finite(x), 0) }

// widthOf is about how wide a text is, in units. Marks that sit on other letters take no room of their own.
func widthOf(says string) float64 {
	w := 0.0
	for _, r := range says {
		switch {
		case unicode.Is(unicode.Mn, r) || r == '\u200d' || r == '\u200c':
		case r >= 0x0B80 && r <= 0x0BFF: // Tamil letters are broad
			w += 0.85
		case r >= 0x0900:
			w += 0.68
		default:
			w += 0.55
		}
	}
	return w * text
}

// fit cuts a text to a width, between letters: never between a letter and the signs that belong to it.
func fit(says string, width float64) string {
	if widthOf(says) <= width {
		return says
	}
	best, last := "", rune(0)
	for i, r := range says {
		if i > 0 && !joins(last, r) {
			if widthOf(says[:i])+text > width {
				break
			}
			best = says[:i]
		}
		last = r
	}
	return strings.TrimRight(best, " ") + "…"
}

// joins reports whether two runes are parts of one letter: a sign on a letter, or a conjunct.
func joins(before, r rune) bool {
	if unicode.Is(unicode.M, r) || r == '\u200d' || r == '\u200c' || before == '\u200d' {
		return true
	}
	switch before { // virama of Devanagari, Gujarati; Tamil's pulli joins only in க்ஷ, which may not be cut either
	case '\u094d', '\u0acd', '\u0bcd':
		return unicode.IsLetter(r)
	}
	return false
}

// axis is a scale from zero to a round number that holds all values.
type axis struct {
	top   float64
	ticks []float64
}

// axisTo is the axis for values up to a maximum, with a few ticks.
func axisTo(highest float64) axis {
	highest = size(highest)
	if highest == 0 {
		return axis{1, []float64{0}}
	}
	step := math.Pow(10, math.Floor(math.Log10(highest/2)))
	for _, by := range []float64{1, 2, 5, 10} {
		if step*by*4 >= highest {
			step *= by
			break
		}
	}
	if step == 0 || math.IsInf(step, 0) { // as small or as large as numbers are
		return axis{highest, []float64{0, highest}}
	}
	a := axis{}
	for i := 0; i < 8; i++ {
		tick := step * float64(i)
		a.ticks = append(a.ticks, tick)
		if a.top = tick; tick >= highest {
			break
		}
	}
	return a
}

// axis is the axis for values of the drawing.
func (f Frame) axis(highest float64) axis {
	if f.Unit <= 0 {
		return axisTo(highest)
	}
	a := axisTo(highest / f.Unit)
	for i := range a.ticks {
		a.ticks[i] = finite(a.ticks[i] * f.Unit)
	}
	if a.top = finite(a.top * f.Unit); a.top == 0 {
		a.top = 1
	}
	return a
}

// part is how far along the axis a value is, 0 to 1.
func (a axis) part(x float64) float64 { return min(size(x)/a.top, 1) }

func highest(values ...float64) float64 {
	top := 0.0
	for _, v := range values {
		top = max(top, size(v))
	}
	return top
}

// plot is the part of a drawing in which values lie.
type plot struct {
	left, top, right, bottom float64
	y                        axis
}

func (p plot) at(v float64) float64 { return p.bottom - (p.bottom-p.top)*p.y.part(v) }

// place is where the i-th of n places is, from edge to edge.
func (p plot) place(i, n int) float64 {
	if n < 2 {
		return (p.left + p.right) / 2
	}
	return p.left + (p.right-p.left)*float64(i)/float64(n-1)
}

// grid draws lines across at the ticks, with their numbers on the left.
func (d *drawing) grid(f Frame, p plot) {
	for _, t := range p.y.ticks {
		y := p.at(t)
		d.el("line", "grid", "x1", p.left, "x2", p.right, "y1", y, "y2", y)
		d.words("tick end", p.left-gap, y+text/3, p.left, f.say(t))
	}
}

// along writes the first, the middle and the last label of the axis below.
func (d *drawing) along(p plot, labels []string) {
	y := p.bottom + text + gap
	switch n := len(labels); {
	case n == 0:
	case n == 1:
		d.words("tick mid", p.place(0, 1), y, wide, labels[0])
	default:
		room := (p.right - p.left) / 3
		d.words("tick", p.left, y, room, labels[0])
		d.words("tick end", p.right, y, room, labels[n-1])
		if n > 4 {
			d.words("tick mid", p.place(n/2, n), y, room, labels[n/2])
		}
	}
}

// margin is the room that the numbers of an axis take.
func (f Frame) margin(a axis) float64 {
	w := 0.0
	for _, t := range a.ticks {
		w = max(w, widthOf(f.say(t)))
	}
	return min(w+2*gap, wide/4)
}

// spread moves heights apart so that texts on them do not overlap, and keeps them in order and within bounds.
func spread(at []float64, from, to float64) []float64 {
	out := make([]float64, len(at))
	need := min(text+2, (to-from)/float64(max(len(at)-1, 1)))
	for i, y := range at { // in order from the top
		if out[i] = max(y, from); i > 0 {
			out[i] = max(out[i], out[i-1]+need)
		}
	}
	limit := to
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = min(out[i], limit)
		limit = out[i] - need
	}
	return out
}
