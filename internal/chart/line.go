package chart

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
)

const (
	lineHigh  = 200.0
	sparkWide = 64.0
	sparkHigh = 20.0
)

// Line draws how values went, one line for each series, named where it ends.
func Line(f Frame, labels []string, series []Series) template.HTML {
	series = series[:min(len(series), maxOf)]
	top, names := Highest(series), 0.0
	for _, s := range series {
		names = max(names, widthOf(s.Name))
	}
	p := plot{top: text, bottom: lineHigh - 2*text, y: f.axis(top)}
	p.left = f.margin(p.y)
	p.right = wide - min(names+2*gap, wide*0.32)
	d := f.begin(lineHigh)
	d.grid(f, p)
	d.along(p, labels)
	var ends []end
	for i, s := range series {
		class := "s" + strconv.Itoa(i+1)
		if at, ok := d.line(class, p, s.Values, len(labels)); ok {
			ends = append(ends, end{class, s.Name, at})
		}
	}
	d.ends(p, ends)
	return d.end()
}

// end is where a series ends, to name it there.
type end struct {
	class, name string
	at          float64
}

// ends names series where they end, without one name on another.
func (d *drawing) ends(p plot, ends []end) {
	sort.SliceStable(ends, func(i, j int) bool { return ends[i].at < ends[j].at })
	at := make([]float64, len(ends))
	for i, e := range ends {
		at[i] = e.at
	}
	for i, y := range spread(at, p.top, p.bottom) {
		d.words("name "+ends[i].class, p.right+2*gap, y+text/3, wide-p.right-2*gap, ends[i].name)
	}
}

// line draws values from edge to edge of n places, broken at gaps; and says where it ends.
func (d *drawing) line(class string, p plot, values []float64, n int) (last float64, drawn bool) {
	var path strings.Builder
	pen, alone := false, 0
	for i, v := range values {
		if i >= n {
			break
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			pen = false
			continue
		}
		x, y := p.place(i, n), p.at(v)
		move := "L"
		if !pen {
			move, alone = "M", i
		}
		fmt.Fprintf(&path, "%s%s %s", move, num(x), num(y))
		if ends := i+1 >= min(len(values), n) || math.IsNaN(values[i+1]); ends && alone == i { // a point by itself
			d.el("circle", "dot "+class, "cx", x, "cy", y, "r", 2.5)
		}
		pen, last, drawn = true, y, true
	}
	if drawn {
		d.el("path", "line "+class, "d", path.String())
	}
	return last, drawn
}

// Spark draws a line of 64 × 20 with a dot at its last value, to stand beside a figure. It says nothing: the figure does.
func Spark(values []float64) template.HTML {
	d := &drawing{}
	fmt.Fprintf(d, `<svg class="spark" viewBox="0 0 %s %s" width="%s" height="%s" aria-hidden="true">`, num(sparkWide), num(sparkHigh), num(sparkWide), num(sparkHigh))
	p := plot{left: 3, top: 3, right: sparkWide - 3, bottom: sparkHigh - 3, y: axis{top: max(highest(values...), math.SmallestNonzeroFloat64)}}
	d.line("s1", p, values, len(values))
	for i := len(values) - 1; i >= 0; i-- {
		if !math.IsNaN(values[i]) && !math.IsInf(values[i], 0) {
			d.el("circle", "dot s1", "cx", p.place(i, len(values)), "cy", p.at(values[i]), "r", 2.5)
			break
		}
	}
	return d.end()
}

// Areas draws bands one under the other, the first at the top: cumulative flow. Bands are of one hue, darker from one to the
// next, upon a base of its own look: what is done. Of more than seven in all the neighbours that are thinnest together
// become one, named by its first and its last.
func Areas(f Frame, labels []string, base Series, bands []Series) template.HTML {
	bands = append(merged(bands, len(labels)), merged([]Series{base}, len(labels))...)
	slices.Reverse(bands) // as they are drawn: from the bottom
	sums := make([]float64, len(labels))
	names := 0.0
	for _, b := range bands {
		names = max(names, widthOf(b.Name))
		for i := range sums {
			sums[i] += b.Values[i]
		}
	}
	p := plot{top: text, bottom: lineHigh + 40 - 2*text, y: axisTo(highest(sums...))}
	p.left = f.margin(p.y)
	p.right = wide - min(names+text+5*gap, wide*0.4)
	d := f.begin(lineHigh + 40)
	d.grid(f, p)
	d.along(p, labels)
	if len(labels) == 0 {
		return d.end()
	}
	below := make([]float64, len(labels))
	var ends []end
	for i, b := range bands {
		above := make([]float64, len(labels))
		for x := range above {
			above[x] = below[x] + b.Values[x]
		}
		class := "r0"
		if i > 0 {
			class = "r" + strconv.Itoa(rung(len(bands)-1-i, len(bands)-1))
		}
		d.el("path", "band "+class, "d", p.between(below, above))
		last := len(labels) - 1
		ends = append(ends, end{class, b.Name, (p.at(below[last]) + p.at(above[last])) / 2})
		below = above
	}
	d.bandNames(p, ends)
	return d.end()
}

// bandNames names bands at their right, each with a swatch: a thin band's name may not stand beside it.
func (d *drawing) bandNames(p plot, ends []end) {
	at := make([]float64, len(ends))
	for i := range ends { // the last band is the highest
		at[i] = ends[len(ends)-1-i].at
	}
	for i, y := range spread(at, p.top, p.bottom) {
		e := ends[len(ends)-1-i]
		d.el("rect", "band "+e.class, "x", p.right+gap, "y", y-4, "width", 8.0, "height", 8.0)
		d.words("name", p.right+gap+12, y+text/3, wide-p.right-gap-12, e.name)
	}
}

// rung is the step of the ramp for the i-th of n bands: the whole ramp is used, however many there are.
func rung(i, n int) int {
	if n < 2 {
		return maxOf
	}
	return 1 + int(math.Round(float64(i)*float64(maxOf-1)/float64(n-1)))
}

// between is the path around an area.
func (p plot) between(below, above []float64) string {
	var path strings.Builder
	n := len(above)
	for i := range above {
		fmt.Fprintf(&path, "%s%s %s", map[bool]string{true: "M", false: "L"}[i == 0], num(p.place(i, n)), num(p.at(above[i])))
	}
	for i := n - 1; i >= 0; i-- {
		fmt.Fprintf(&path, "L%s %s", num(p.place(i, n)), num(p.at(below[i])))
	}
	return path.String() + "Z"
}

// merged is at most seven bands of n values each that can be drawn.
func merged(bands []Series, n int) []Series {
	out := make([]Series, len(bands))
	weight, last := make([]float64, len(bands)), make([]string, len(bands))
	for i, b := range bands {
		last[i] = b.Name
		out[i] = Series{b.Name, make([]float64, n)}
		for x := range out[i].Values {
			if x < len(b.Values) {
				out[i].Values[x] = size(b.Values[x])
			}
			weight[i] += out[i].Values[x]
		}
	}
	for len(out) >= maxOf {
		thin := 0
		for i := range len(out) - 1 {
			if weight[i]+weight[i+1] < weight[thin]+weight[thin+1] {
				thin = i
			}
		}
		last[thin] = last[thin+1]
		for x := range out[thin].Values {
			out[thin].Values[x] += out[thin+1].Values[x]
		}
		weight[thin] += weight[thin+1]
		out = append(out[:thin+1], out[thin+2:]...)
		weight, last = append(weight[:thin+1], weight[thin+2:]...), append(last[:thin+1], last[thin+2:]...)
	}
	for i := range out {
		if out[i].Name != last[i] {
			out[i].Name += " – " + last[i]
		}
	}
	return out
}

// titled puts a title into what is about to be closed.
func titled(says string) string { return "<title>" + html.EscapeString(says) + "</title>" }

// Highest is the highest value of some series.
func Highest(series []Series) float64 {
	top := 0.0
	for _, s := range series {
		top = max(top, highest(s.Values...))
	}
	return top
}
