package chart

import (
	"html"
	"html/template"
	"math"
	"sort"
	"strconv"
)

// Kind is what a part of a bar is; each has its own look, and holds and rework a pattern as well.
type Kind string

// Kinds of parts.
const (
	Plain   Kind = "plain"
	Waiting Kind = "waiting"
	Running Kind = "running"
	Held    Kind = "held"
	Away    Kind = "away"
	Rework  Kind = "rework"
)

// Part is a length in a bar.
type Part struct {
	Kind  Kind
	Value float64
}

// Row is one bar, or a stack of parts, with its name above it.
type Row struct {
	Name  string
	Says  string // the number beside it; empty: the sum, as the frame says it
	Parts []Part
}

func (r Row) sum() float64 {
	sum := 0.0
	for _, p := range r.Parts {
		sum += size(p.Value)
	}
	return finite(sum)
}

const (
	rowHigh = 44.0
	barHigh = 14.0
	mostRow = 24 // rows in one drawing
)

// Bars draws rows from the left, each under its name, in the order given.
func Bars(f Frame, rows []Row) template.HTML {
	left := len(rows)
	rows = rows[:min(left, mostRow)]
	left -= len(rows)
	top, numbers := 0.0, 0.0
	for _, r := range rows {
		top = max(top, r.sum())
		numbers = max(numbers, widthOf(f.of(r)))
	}
	high := rowHigh * float64(max(len(rows), 1))
	if left > 0 {
		high += text + gap
	}
	d := f.begin(high)
	scale := axis{top: max(top, math.SmallestNonzeroFloat64)}
	room := wide - min(numbers+2*gap, wide/2)
	for i, r := range rows {
		y := rowHigh * float64(i)
		d.words("name", 0, y+text+2, wide, r.Name)
		x := 0.0
		for _, p := range r.Parts {
			w := room * scale.part(p.Value)
			if w > 0 {
				d.bar(p.Kind, x, y+text+8, w, barHigh)
			}
			x = min(x+w, room)
		}
		d.words("value", x+gap, y+text+8+barHigh-3, wide-x-gap, f.of(r))
	}
	if left > 0 {
		d.words("tick", 0, high-gap, wide, f.more(left))
	}
	return d.end()
}

// of is the number beside a row.
func (f Frame) of(r Row) string {
	if r.Says != "" {
		return r.Says
	}
	return f.say(r.sum())
}

// bar draws a part. A hold is hatched and rework is dotted, so that they are told apart without colours. The strokes are
// drawn one by one: a pattern would need a name that no other drawing of the page has.
func (d *drawing) bar(kind Kind, x, y, w, h float64) {
	d.el("rect", "bar "+string(kind), "x", x, "y", y, "width", w, "height", h)
	path := ""
	switch kind {
	case Held:
		for at := x - h + 3; at < x+w; at += 6 { // from the lower edge to the upper, within the bar
			from, to := max(at, x), min(at+h, x+w)
			path += "M" + num(from) + " " + num(y+h-(from-at)) + "L" + num(to) + " " + num(y+h-(to-at))
		}
	case Rework:
		for at := x + 3; at < x+w-1; at += 5 {
			path += "M" + num(at) + " " + num(y+h/3) + "h1M" + num(at) + " " + num(y+2*h/3) + "h1"
		}
	}
	if path != "" {
		d.el("path", "over "+string(kind), "d", path)
	}
}

// Swatch is a small sample of a kind, for a legend beside its word.
func Swatch(kind Kind) template.HTML {
	d := sample()
	d.bar(kind, 0.5, 0.5, 15, 15)
	return d.end()
}

// Slice is a part of a whole in a Pareto.
type Slice struct {
	Name  string
	Value float64
}

// Pareto draws the parts of a whole, the largest first, and the line of what they are together. Bars and line are on one
// scale, 0 to all. From the eighth on they are one. share writes a part of 1.
func Pareto(f Frame, slices []Slice, share func(float64) string) template.HTML {
	slices = largest(f, slices)
	if share == nil {
		share = f.say
	}
	total := 0.0
	for _, s := range slices {
		total += s.Value
	}
	total = finite(total)
	high := rowHigh*float64(max(len(slices), 1)) + text + gap
	d := f.begin(high)
	room := wide - 64
	for _, at := range []float64{0, 0.5, 0.8, 1} {
		x := room * at
		d.el("line", "grid", "x1", x, "x2", x, "y1", 0.0, "y2", high-text-gap)
		class := "tick mid"
		if at == 0 {
			class = "tick"
		}
		d.words(class, x, high-2, wide, share(at))
	}
	if total == 0 {
		return d.end()
	}
	path, sum := "", 0.0
	for i, s := range slices {
		y, part := rowHigh*float64(i)+text+8, s.Value/total
		d.el("rect", "bar plain", "x", 0.0, "y", y, "width", room*part, "height", barHigh)
		sum = min(sum+part, 1)
		move := "L"
		if i == 0 {
			move = "M"
		}
		path += move + num(room*sum) + " " + num(y+barHigh/2)
	}
	d.el("path", "line cumulative", "d", path)
	sum = 0
	for i, s := range slices {
		y := rowHigh * float64(i)
		sum = min(sum+s.Value/total, 1)
		d.el("circle", "dot cumulative", "cx", room*sum, "cy", y+text+8+barHigh/2, "r", 3.0)
		d.words("value cumulative", min(room*sum+6, wide-40), y+text+8+barHigh-3, 60, share(sum))
		d.words("name", 0, y+text+2, wide-90, s.Name)
		d.words("value end", wide, y+text+2, 90, f.say(s.Value))
	}
	return d.end()
}

// largest is the parts that there are, the largest first; from the eighth on they are one.
func largest(f Frame, slices []Slice) []Slice {
	var kept []Slice
	for _, s := range slices {
		if s.Value = size(s.Value); s.Value > 0 {
			kept = append(kept, s)
		}
	}
	sort.SliceStable(kept, func(i, j int) bool { return kept[i].Value > kept[j].Value })
	if len(kept) <= maxOf {
		return kept
	}
	rest := Slice{Name: f.more(len(kept) - maxOf + 1)}
	for _, s := range kept[maxOf-1:] {
		rest.Value = finite(rest.Value + s.Value)
	}
	return append(kept[:maxOf-1:maxOf-1], rest)
}

// Dot is one thing at its age.
type Dot struct {
	Name string
	At   float64
	Link string
}

// Lane is a stage with what is there now, and how long it took before: its percentiles.
type Lane struct {
	Name  string
	Says  string // how many, how old
	Dots  []Dot
	Marks []Mark
}

const laneHigh = 60.0

// Ageing draws what is open by its age, a lane for each stage, across it how long nearly all took before. A dot beyond the
// last mark is a diamond.
func Ageing(f Frame, lanes []Lane) template.HTML {
	lanes = lanes[:min(len(lanes), mostRow)]
	top := 0.0
	for _, l := range lanes {
		for _, dot := range l.Dots {
			top = max(top, size(dot.At))
		}
		for _, m := range l.Marks {
			top = max(top, size(m.At))
		}
	}
	scale := f.axis(top)
	high := laneHigh*float64(max(len(lanes), 1)) + text + 2*gap
	d := f.begin(high)
	const left, right = 6.0, wide - 14.0
	at := func(v float64) float64 { return left + (right-left)*scale.part(v) }
	for i, t := range scale.ticks {
		class := "tick mid"
		if i == 0 {
			class = "tick"
		} else if i == len(scale.ticks)-1 {
			class = "tick end"
		}
		d.el("line", "grid", "x1", at(t), "x2", at(t), "y1", 0.0, "y2", high-text-gap)
		d.words(class, min(at(t), wide), high-2, wide/4, f.say(t))
	}
	for i, l := range lanes {
		y := laneHigh * float64(i)
		says := min(widthOf(l.Says), wide*0.6) // the name has the rest
		d.words("name", left, y+text+2, wide-says-left-2*gap, l.Name)
		d.words("value end", wide, y+text+2, says, l.Says)
		d.el("line", "lane", "x1", left, "x2", right, "y1", y+40, "y2", y+40)
		d.dots(l, y+40, at)
	}
	return d.end()
}

// dots draws a lane. Dots that would lie on each other go up and down by turns.
func (d *drawing) dots(l Lane, y float64, at func(float64) float64) {
	limit := math.Inf(1)
	for i, m := range l.Marks {
		x := at(m.At)
		d.el("line", markClass(i), "x1", x, "x2", x, "y1", y-14, "y2", y+14)
		limit = m.At
	}
	taken := map[int]int{}
	for _, dot := range l.Dots {
		x := at(dot.At)
		n := taken[int(x/6)]
		taken[int(x/6)]++
		up := []float64{0, -5, 5, -10, 10}[n%5]
		if dot.Link != "" {
			d.WriteString(`<a href="` + html.EscapeString(dot.Link) + `" tabindex="-1" aria-hidden="true">`)
		}
		if size(dot.At) > limit {
			d.open("path", "spot beyond", "d", "M"+num(x)+" "+num(y+up-5)+"l5 5-5 5-5-5z")
		} else {
			d.open("circle", "spot", "cx", x, "cy", y+up, "r", 4.0)
		}
		d.WriteString(">" + titled(dot.Name))
		if size(dot.At) > limit {
			d.WriteString("</path>")
		} else {
			d.WriteString("</circle>")
		}
		if dot.Link != "" {
			d.WriteString("</a>")
		}
	}
}

// DotKey is a sample of a dot, or of one beyond the last mark, for a legend.
func DotKey(beyond bool) template.HTML {
	d := sample()
	if beyond {
		d.el("path", "spot beyond", "d", "M8 3l5 5-5 5-5-5z")
	} else {
		d.el("circle", "spot", "cx", 8.0, "cy", 8.0, "r", 4.0)
	}
	return d.end()
}

// MarkKey is a sample of the line of the i-th mark, for a legend.
func MarkKey(i int) template.HTML {
	d := sample()
	d.el("line", markClass(i), "x1", 8.0, "x2", 8.0, "y1", 0.0, "y2", 16.0)
	return d.end()
}

func sample() *drawing {
	d := &drawing{}
	d.WriteString(`<svg class="key" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">`)
	return d
}

func markClass(i int) string { return "mark m" + strconv.Itoa(min(i, 2)+1) }
