package chart

import (
	"html/template"
	"math"
	"sort"
)

// Bin is how many values lie from one number up to another.
type Bin struct {
	From, To float64
	N        float64
}

// Histogram draws how values are spread, and where percentiles lie. The bins follow each other.
func Histogram(f Frame, bins []Bin, marks []Mark) template.HTML {
	const high = 220.0
	marks = append([]Mark(nil), marks[:min(len(marks), maxOf)]...)
	sort.SliceStable(marks, func(i, j int) bool { return size(marks[i].At) < size(marks[j].At) })
	most, far := 0.0, 0.0
	for _, b := range bins {
		most, far = max(most, size(b.N)), max(far, size(b.To))
	}
	d := f.begin(high)
	head := (text + 2) * float64(len(marks))
	p := plot{top: head + gap, bottom: high - 2*text, right: wide - 12, y: axisTo(most)}
	p.left = Frame{}.margin(p.y)
	far = max(far, math.SmallestNonzeroFloat64)
	at := func(v float64) float64 { return p.left + (p.right-p.left)*min(size(v)/far, 1) }
	for _, t := range p.y.ticks {
		d.el("line", "grid", "x1", p.left, "x2", p.right, "y1", p.at(t), "y2", p.at(t))
		d.words("tick end", p.left-gap, p.at(t)+text/3, p.left, Frame{}.say(t))
	}
	for _, b := range bins {
		from, to, y := at(b.From), at(b.To), p.at(b.N)
		if b.N > 0 && to > from {
			d.el("rect", "bar plain", "x", from+0.5, "y", y, "width", max(to-from-1, 0.5), "height", p.bottom-y)
		}
	}
	for i, m := range marks { // each name on its own line, so that none covers another
		x, y := at(m.At), (text+2)*float64(i)+text
		d.el("line", markClass(i), "x1", x, "x2", x, "y1", y+2, "y2", p.bottom)
		says := m.Name + " " + f.say(m.At)
		if class := "name"; x+gap+widthOf(says) > wide {
			d.words(class+" end", x-gap, y, x, says)
		} else {
			d.words(class, x+gap, y, wide-x, says)
		}
	}
	d.words("tick", p.left, high-6, wide/3, f.say(0))
	if most > 0 {
		d.words("tick mid", (p.left+p.right)/2, high-6, wide/3, f.say(far/2))
		d.words("tick end", p.right, high-6, wide/3, f.say(far))
	}
	return d.end()
}
