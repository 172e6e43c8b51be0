package chart_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"html/template"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"clicarity/internal/chart"
)

var nan = math.NaN()

func frame() chart.Frame {
	return chart.Frame{Finding: `Lamination "A" & <B> waits longest`, Say: func(x float64) string { return strconv.FormatFloat(x, 'g', 4, 64) + " h" }}
}

// el is an element of a drawing.
type el struct {
	name, class, text string
	at                map[string]string
}

func (e el) num(t *testing.T, name string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(e.at[name], 64)
	if err != nil {
		t.Fatalf("%s of %s: %v", name, e.name, err)
	}
	return x
}

// read takes a drawing apart; it fails on what is no XML, and on numbers that are none.
func read(t interface{ Fatalf(string, ...any) }, drawing template.HTML) []el {
	var list []el
	d := xml.NewDecoder(strings.NewReader(string(drawing)))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatalf("no XML: %v in %s", err, drawing)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := el{name: token.Name.Local, at: map[string]string{}}
			for _, a := range token.Attr {
				e.at[a.Name.Local] = a.Value
				if a.Name.Local != "aria-label" && a.Name.Local != "href" && regexp.MustCompile(`NaN|Inf|e[+-]`).MatchString(a.Value) {
					t.Fatalf("%s=%q is no number", a.Name.Local, a.Value)
				}
			}
			e.class = e.at["class"]
			list = append(list, e)
		case xml.CharData:
			if len(list) > 0 {
				list[len(list)-1].text += string(token)
			}
		}
	}
}

func of(list []el, name, class string) (found []el) {
	for _, e := range list {
		if e.name == name && (class == "" || strings.Contains(" "+e.class+" ", " "+class+" ")) {
			found = append(found, e)
		}
	}
	return found
}

func texts(list []el) string {
	var all []string
	for _, e := range of(list, "text", "") {
		all = append(all, e.text)
	}
	return strings.Join(all, "|")
}

func TestADrawingIsNamedByItsFinding(t *testing.T) {
	for i, d := range []template.HTML{
		chart.Line(frame(), nil, nil), chart.Areas(frame(), nil, chart.Series{}, nil), chart.Bars(frame(), nil), chart.Pareto(frame(), nil, nil),
		chart.Histogram(frame(), nil, nil), chart.Ageing(frame(), nil),
	} {
		svg := read(t, d)[0]
		if svg.name != "svg" || svg.at["role"] != "img" || svg.at["aria-label"] != frame().Finding {
			t.Errorf("drawing %d is named %q", i, svg.at["aria-label"])
		}
		if strings.Contains(string(d), "style=") {
			t.Errorf("drawing %d has a style of its own", i)
		}
	}
}

func TestALineGoesFromEdgeToEdgeAndIsNamedAtItsEnd(t *testing.T) {
	list := read(t, chart.Line(frame(), []string{"01-09", "02-09", "03-09"}, []chart.Series{{"P50", []float64{0, 5, 10}}, {"P85", []float64{20, nan, 20}}}))
	lines := of(list, "path", "line")
	if len(lines) != 2 {
		t.Fatalf("%d lines", len(lines))
	}
	var x, y [3]float64
	if _, err := fmt.Sscanf(strings.ReplaceAll(lines[0].at["d"], "L", " "), "M%f %f %f %f %f %f", &x[0], &y[0], &x[1], &y[1], &x[2], &y[2]); err != nil {
		t.Fatal(err, lines[0].at["d"])
	}
	if !(x[0] < x[1] && x[1] < x[2]) || math.Abs(x[1]-(x[0]+x[2])/2) > 0.01 || math.Abs(y[1]-(y[0]+y[2])/2) > 0.01 || y[2] >= y[0] {
		t.Errorf("the line goes %v %v", x, y)
	}
	if strings.Count(lines[1].at["d"], "M") != 2 || len(of(list, "circle", "s2")) != 2 {
		t.Errorf("a gap is not one: %s", lines[1].at["d"])
	}
	for _, name := range []string{"P50", "P85", "01-09", "03-09", "20 h"} {
		if !strings.Contains(texts(list), name) {
			t.Errorf("%q is not in %s", name, texts(list))
		}
	}
}

func TestNumbersOnAnAxisAreRoundInTheirUnit(t *testing.T) {
	f := chart.Frame{Unit: 24, Say: func(h float64) string { return strconv.FormatFloat(h/24, 'f', -1, 64) + " d" }}
	got := of(read(t, chart.Line(f, []string{"a", "b"}, []chart.Series{{"x", []float64{100, 230}}})), "text", "tick")
	if len(got) < 5 || got[1].text != "5 d" && got[1].text != "2 d" {
		t.Errorf("the axis says %v", got)
	}
}

func TestNamesOfLinesDoNotLieOnEachOther(t *testing.T) {
	same := []float64{7, 7}
	list := of(read(t, chart.Line(frame(), []string{"a", "b"}, []chart.Series{{"One", same}, {"Two", same}, {"Three", same}})), "text", "name")
	for i := 1; i < len(list); i++ {
		if list[i].num(t, "y")-list[i-1].num(t, "y") < 13 {
			t.Errorf("%s lies on %s", list[i].text, list[i-1].text)
		}
	}
}

func TestBarsAreAsLongAsTheirValues(t *testing.T) {
	list := read(t, chart.Bars(frame(), []chart.Row{
		{Name: "छपाई", Parts: []chart.Part{{chart.Waiting, 30}, {chart.Running, 10}, {chart.Held, 10}}},
		{Name: "Foiling", Parts: []chart.Part{{chart.Rework, 25}}},
	}))
	bars := of(list, "rect", "bar")
	if len(bars) != 4 {
		t.Fatalf("%d bars", len(bars))
	}
	if w := bars[0].num(t, "width"); math.Abs(w-3*bars[1].num(t, "width")) > 0.05 || math.Abs(bars[1].num(t, "x")-w) > 0.01 {
		t.Error("parts are not as long as their values, one after the other")
	}
	if len(of(list, "path", "held")) != 1 || len(of(list, "path", "rework")) != 1 {
		t.Error("holds and rework have no pattern")
	}
	for _, want := range []string{"छपाई", "50 h", "25 h"} {
		if !strings.Contains(texts(list), want) {
			t.Errorf("%q is not in %s", want, texts(list))
		}
	}
}

func TestOfTooManyBarsTheRestIsCounted(t *testing.T) {
	rows := make([]chart.Row, 30)
	for i := range rows {
		rows[i] = chart.Row{Name: "x", Parts: []chart.Part{{chart.Plain, 1}}}
	}
	list := read(t, chart.Bars(frame(), rows))
	if n := len(of(list, "rect", "bar")); n != 24 || !strings.Contains(texts(list), "+6") {
		t.Errorf("%d bars, and %s", n, texts(list))
	}
}

func TestAParetoAddsUpFromTheLargest(t *testing.T) {
	list := read(t, chart.Pareto(frame(), []chart.Slice{{"Scratch", 8}, {"Register", 108}, {"Empty", 0}, {"Colour", 6}, {"Dust", 2}}, func(x float64) string { return fmt.Sprintf("%.0f%%", 100*x) }))
	bars, dots := of(list, "rect", "bar"), of(list, "circle", "cumulative")
	if len(bars) != 4 || len(dots) != 4 {
		t.Fatalf("%d bars, %d dots", len(bars), len(dots))
	}
	full := bars[0].num(t, "width") * 124 / 108
	if math.Abs(dots[3].num(t, "cx")-full) > 0.05 || math.Abs(dots[1].num(t, "cx")-full*116/124) > 0.05 {
		t.Error("the line does not add up")
	}
	for _, want := range []string{"Register", "87%", "94%", "100%", "108 h"} {
		if !strings.Contains(texts(list), want) {
			t.Errorf("%q is not in %s", want, texts(list))
		}
	}
	var many []chart.Slice
	for i := range 12 {
		many = append(many, chart.Slice{Name: "r", Value: float64(i + 1)})
	}
	if n := len(of(read(t, chart.Pareto(frame(), many, nil)), "rect", "bar")); n != 7 {
		t.Errorf("%d bars of twelve reasons", n)
	}
}

func TestAHistogramHasItsPercentiles(t *testing.T) {
	list := read(t, chart.Histogram(frame(), []chart.Bin{{0, 10, 4}, {10, 20, 8}, {20, 40, 0}}, []chart.Mark{{"P85", 20}, {"P50", 10}}))
	bars, marks := of(list, "rect", "bar"), of(list, "line", "mark")
	if len(bars) != 2 || math.Abs(bars[1].num(t, "height")-2*bars[0].num(t, "height")) > 0.05 {
		t.Errorf("bars: %v", bars)
	}
	if len(marks) != 2 || math.Abs(marks[0].num(t, "x1")-bars[1].num(t, "x")+0.5) > 0.05 {
		t.Error("P50 is not where it is")
	}
	if !strings.Contains(texts(list), "P50 10 h|P85 20 h") {
		t.Errorf("percentiles are not named: %s", texts(list))
	}
}

func TestAreasLieOnEachOtherInTheOrderOfStages(t *testing.T) {
	var bands []chart.Series
	for i := range 10 {
		bands = append(bands, chart.Series{Name: string(rune('A' + i)), Values: []float64{float64(i), float64(i + 1)}})
	}
	list := read(t, chart.Areas(frame(), []string{"1", "2"}, chart.Series{Name: "Done", Values: []float64{0, 3}}, bands))
	areas := of(list, "path", "band")
	if len(areas) != 7 {
		t.Fatalf("%d bands", len(areas))
	}
	for i, a := range areas {
		if want := "band r" + []string{"0", "7", "6", "5", "3", "2", "1"}[i]; a.class != want {
			t.Errorf("band %d is %s", i, a.class)
		}
	}
	names := of(list, "text", "name")
	if len(names) != 7 || names[6].text != "Done" || names[5].text != "J" || names[0].text != "A – D" {
		t.Errorf("bands are named %v", names)
	}
}

func TestAgeingHasADotForEveryJobAndADiamondForTheOldest(t *testing.T) {
	list := read(t, chart.Ageing(frame(), []chart.Lane{
		{Name: "Printing", Says: "3", Marks: []chart.Mark{{"P50", 10}, {"P85", 20}}, Dots: []chart.Dot{{"JC-1", 5, "/jobs/1"}, {"JC-2", 5, ""}, {"JC-3", 40, "/jobs/3"}}},
		{Name: "Packing"},
	}))
	dots, old := of(list, "circle", "spot"), of(list, "path", "beyond")
	if len(dots) != 2 || len(old) != 1 {
		t.Fatalf("%d dots, %d diamonds", len(dots), len(old))
	}
	if dots[0].num(t, "cx") != dots[1].num(t, "cx") || dots[0].num(t, "cy") == dots[1].num(t, "cy") {
		t.Error("jobs of one age lie on each other")
	}
	if links := of(list, "a", ""); len(links) != 2 || links[1].at["href"] != "/jobs/3" || links[1].at["tabindex"] != "-1" {
		t.Errorf("links: %v", links)
	}
	if !strings.Contains(texts(list), "Printing") || len(of(list, "line", "mark")) != 2 {
		t.Error("the lane is not named, or has no percentiles")
	}
}

func TestALongNameIsCutBetweenLetters(t *testing.T) {
	for _, name := range []string{strings.Repeat("क्ष", 60), strings.Repeat("स्टेज ", 40), strings.Repeat("க்ஷ", 60), strings.Repeat("પૂરું", 60)} {
		list := of(read(t, chart.Bars(frame(), []chart.Row{{Name: name}})), "text", "name")
		short, cut := strings.CutSuffix(list[0].text, "…")
		if !cut || !strings.HasPrefix(name, short) || short == "" {
			t.Fatalf("%q is shown as %q", name, list[0].text)
		}
		rest := []rune(strings.TrimPrefix(name, short))
		last := []rune(short)[len([]rune(short))-1]
		if unicode.Is(unicode.M, rest[0]) || last == '\u094d' || last == '\u0bcd' {
			t.Errorf("%q is cut within a letter", short)
		}
	}
}

func TestASparklineEndsWithADot(t *testing.T) {
	list := read(t, chart.Spark([]float64{1, nan, 3, 2, nan}))
	if list[0].at["width"] != "64" || list[0].at["height"] != "20" || list[0].at["aria-hidden"] != "true" {
		t.Errorf("it is %v", list[0])
	}
	dots := of(list, "circle", "")
	if len(dots) != 2 || dots[1].num(t, "cx") <= 40 {
		t.Errorf("dots: %v", dots)
	}
}

// Whatever the numbers and names are, every drawing is well-formed, and all of it lies within its frame.
func TestDrawingsOfAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, nan, math.Inf(1), math.Inf(-1), -1, 1, 1e308, math.MaxFloat64, 5e-324}), rapid.Float64Range(0, 1000))
		numbers := rapid.SliceOfN(number, 0, 20)
		name := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "लेमिनेशन", "<b>&\"", "ஸ்டேஜ் முடிந்தது"}))
		printable := func(s string) string { // what a database text can hold and XML can say
			return strings.Map(func(r rune) rune {
				if !unicode.IsPrint(r) {
					return -1
				}
				return r
			}, s)
		}
		var series []chart.Series
		var rows []chart.Row
		var slices []chart.Slice
		var bins []chart.Bin
		var lanes []chart.Lane
		kinds := []chart.Kind{chart.Plain, chart.Waiting, chart.Running, chart.Held, chart.Away, chart.Rework}
		for range rapid.IntRange(0, 30).Draw(t, "n") {
			n, v := printable(name.Draw(t, "name")), numbers.Draw(t, "values")
			series = append(series, chart.Series{Name: n, Values: v})
			row, lane := chart.Row{Name: n}, chart.Lane{Name: n, Says: n}
			for i, x := range v {
				row.Parts = append(row.Parts, chart.Part{Kind: kinds[i%len(kinds)], Value: x})
				bins = append(bins, chart.Bin{From: x, To: x + 1, N: x})
				lane.Dots = append(lane.Dots, chart.Dot{Name: n, At: x, Link: "/jobs/" + n})
				lane.Marks = append(lane.Marks, chart.Mark{Name: n, At: x})
				slices = append(slices, chart.Slice{Name: n, Value: x})
			}
			rows, lanes = append(rows, row), append(lanes, lane)
		}
		var marks []chart.Mark
		for _, x := range numbers.Draw(t, "marks") {
			marks = append(marks, chart.Mark{Name: "P", At: x})
		}
		labels := rapid.SliceOfN(rapid.Just("01-09"), 0, 20).Draw(t, "labels")
		f := frame()
		f.Unit = rapid.SampledFrom([]float64{0, 24, 1.0 / 60}).Draw(t, "unit")
		for _, d := range []template.HTML{
			chart.Line(f, labels, series), chart.Areas(f, labels, chart.Series{Values: numbers.Draw(t, "base")}, series), chart.Bars(f, rows), chart.Pareto(f, slices, nil),
			chart.Histogram(f, bins, marks), chart.Ageing(f, lanes), chart.Spark(numbers.Draw(t, "spark")),
		} {
			within(t, read(t, d))
		}
	})
}

func within(t *rapid.T, list []el) {
	var wide, high float64
	if _, err := fmt.Sscanf(list[0].at["viewBox"], "0 0 %f %f", &wide, &high); err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		for name, limit := range map[string]float64{"x": wide, "x1": wide, "x2": wide, "cx": wide, "y": high, "y1": high, "y2": high, "cy": high} {
			if v, ok := e.at[name]; ok {
				if x, err := strconv.ParseFloat(v, 64); err != nil || x < -12 || x > limit+12 {
					t.Fatalf("%s has %s=%s, beyond %v", e.name, name, v, limit)
				}
			}
		}
		for _, name := range []string{"width", "height", "r"} {
			if v, ok := e.at[name]; ok {
				if x, err := strconv.ParseFloat(v, 64); err != nil || x < 0 || x > wide {
					t.Fatalf("%s has %s=%s", e.name, name, v)
				}
			}
		}
	}
}
