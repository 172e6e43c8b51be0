package site

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"clicarity/internal/blueprint"
	"clicarity/internal/flow"
	"clicarity/internal/httpd"
)

// trade is a trade's page: the route that is shipped for it.
type trade struct {
	blueprint.Template
	Name, About string
	Phases      []phase
	Units       []string // what is counted, in the order of the route
	Losses      []string
	Asks        []string // fields of the job's own form
	Parts       []string // components that are made side by side
	Days        int      // what the targets of the stages add up to, in working days
}

// phase is a part of a route.
type phase struct {
	Name   string
	Stages []step
}

// step is a stage with what is special about it, as keys of words.
type step struct {
	N     int
	Name  string
	Marks []string
}

func trades() []blueprint.Template { return blueprint.Gallery() }

// shown are the trades that the first page names.
var shown = []string{"printing", "packaging", "rigid-boxes", "corrugation", "label-printing", "garments", "cnc-machining", "sheet-metal", "furniture", "jewellery", "food-processing", "pharma-packaging"}

func (v *view) named(t blueprint.Template) trade {
	got := trade{Template: t, Name: t.Process.Name, About: t.Process.About}
	if v.s.Config.Trade != nil {
		got.Name, got.About = v.s.Config.Trade(v.Lang, "trade_"+t.Slug), v.s.Config.Trade(v.Lang, "trade_"+t.Slug+"_about")
	}
	return got
}

// Trades are all trades by name in the page's language.
func (v *view) Trades() (list []trade) {
	for _, t := range trades() {
		list = append(list, v.named(t))
	}
	slices.SortFunc(list, func(a, b trade) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// Shown are those that the first page names.
func (v *view) Shown() (list []trade) {
	for _, slug := range shown {
		if t, ok := blueprint.Find(slug); ok {
			list = append(list, v.named(t))
		}
	}
	return list
}

func (s *Site) trade(w http.ResponseWriter, r *http.Request, _ flow.Person) error {
	found, ok := blueprint.Find(r.PathValue("trade"))
	if !ok {
		return httpd.Status(http.StatusNotFound)
	}
	v := s.view(r, page{name: "trade"})
	t := v.named(found)
	t.read()
	v.Trade = &t
	v.Title, v.Description = v.T("title_trade", "trade", t.Name), v.T("about_trade", "trade", t.Name, "about", t.About, "n", len(found.Process.Stages))
	return s.render(w, r, "trade", v)
}

// minutesOfADay is a working day of eight hours.
const minutesOfADay = 8 * 60

// read takes from the process what the page shows.
func (t *trade) read() {
	p := t.Process
	minutes := 0
	for i, st := range p.Stages {
		if n := len(t.Phases); n == 0 || t.Phases[n-1].Name != st.Phase {
			t.Phases = append(t.Phases, phase{Name: st.Phase})
		}
		last := &t.Phases[len(t.Phases)-1]
		last.Stages = append(last.Stages, step{i + 1, st.Name, marks(st)})
		if st.Track == "" {
			minutes += st.Target
		}
		if st.Unit != "" && !slices.Contains(t.Units, st.Unit) {
			t.Units = append(t.Units, st.Unit)
		}
	}
	if p.Unit != "" && !slices.Contains(t.Units, p.Unit) {
		t.Units = append([]string{p.Unit}, t.Units...)
	}
	for _, reason := range p.WasteReasons {
		if reason.Label != "" {
			t.Losses = append(t.Losses, reason.Label)
		}
	}
	for _, f := range p.Fields {
		t.Asks = append(t.Asks, f.Label)
	}
	for _, c := range p.Tracks {
		t.Parts = append(t.Parts, c.Name)
	}
	t.Days = (minutes + minutesOfADay - 1) / minutesOfADay
}

// marks are what is special about a stage.
func marks(st flow.Stage) (list []string) {
	for _, m := range []struct {
		is  bool
		key string
	}{
		{st.Outside || !st.Vendor.IsZero(), "mark_outside"}, {st.Inspection, "mark_inspection"}, {st.Approval, "mark_approval"}, {st.Dwell > 0, "mark_dwell"},
		{len(st.Needs) > 0, "mark_gate"}, {st.LotIn || st.LotOut, "mark_lot"}, {st.Optional, "mark_optional"},
	} {
		if m.is {
			list = append(list, m.key)
		}
	}
	return list
}

// Nth writes a number of two digits.
func (s step) Nth() string {
	if s.N < 10 {
		return "0" + strconv.Itoa(s.N)
	}
	return strconv.Itoa(s.N)
}
