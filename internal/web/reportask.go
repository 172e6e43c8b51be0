package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/measure"
	"clicarity/internal/postgres"
	"clicarity/internal/sheets"
)

// asked is what a reader of reports asks for: a period, what it is narrowed to, by which time, and whether the period before
// stands beside it. What of it cannot be is said in Problems and left out; the rest holds.
type asked struct {
	Cut      measure.Cut
	Days     int    // 7, 30, 90 when the period is one of those
	Month    string // 2026-11 when it is a month
	From, To string // as they were typed, when it is neither
	Working  bool   // by working time, not by the clock
	Compare  bool
	Process  flow.Process // the zero Process: of all
	Problems []string

	processes []flow.Process // those of which the reader sees something
	vendors   []postgres.Vendor
	sites     []postgres.Site
}

const usualDays = 30

// asking is what there is for a reader to ask for.
func (w *Web) asking(r *http.Request, v *view) (*asked, error) {
	a := &asked{Working: r.FormValue("time") == "working", Compare: r.FormValue("compare") != "no"}
	h, err := w.house(r, v.Who)
	if err != nil {
		return nil, err
	}
	for _, p := range h.processes {
		if slices.ContainsFunc(slices.Concat(p.Stages, p.Retired), func(s flow.Stage) bool { return v.Who.Scope.Covers(p.ID, s.Code) }) {
			a.processes = append(a.processes, p)
		}
	}
	a.sites = slices.DeleteFunc(h.sites, func(s postgres.Site) bool { return len(v.Who.Scope.Sites) > 0 && !v.Who.Scope.Sites[s.Code] })
	a.vendors = h.vendors
	return a, nil
}

// period reads the period: so many days up to today, a month, or own dates.
func (a *asked) period(v *view, r *http.Request) {
	today := flow.DateOf(v.Now.In(v.Zone))
	from, to := strings.TrimSpace(r.FormValue("since")), strings.TrimSpace(r.FormValue("until"))
	switch month, days := r.FormValue("month"), r.FormValue("days"); {
	case from != "" || to != "":
		if a.own(v, from, to, today) {
			return
		}
	case month != "":
		first, err := time.Parse("2006-01", month)
		if err == nil && flow.DateOf(first) <= today && first.Year() > 1990 {
			a.Month, a.Cut.From, a.Cut.To = month, flow.DateOf(first), min(flow.DateOf(first.AddDate(0, 1, -1)), today)
			return
		}
		a.Problems = append(a.Problems, v.T("rep_month_wrong", "value", month))
	case days != "":
		n, err := strconv.Atoi(days)
		if err == nil && slices.Contains(periods, n) {
			a.last(n, today)
			return
		}
		a.Problems = append(a.Problems, v.T("rep_days_wrong", "value", days))
	}
	a.last(usualDays, today)
}

// periods are the lengths that are offered.
var periods = []int{7, 30, 90}

func (a *asked) last(n int, today flow.Date) {
	a.Days, a.Cut.From, a.Cut.To = n, flow.DateOf(today.Time().AddDate(0, 0, 1-n)), today
}

// own reads own dates. One that is missing is today, or as many days before as is usual.
func (a *asked) own(v *view, from, to string, today flow.Date) bool {
	a.From, a.To = from, to
	days := []flow.Date{"", today}
	for i, typed := range []string{from, to} {
		if typed == "" {
			continue
		}
		d, err := sheets.Date(typed, v.Now)
		if err != nil {
			a.Problems = append(a.Problems, v.T("rep_date_wrong", "value", typed))
			return false
		}
		days[i] = flow.DateOf(d)
	}
	if days[0] == "" {
		days[0] = flow.DateOf(days[1].Time().AddDate(0, 0, 1-usualDays))
	}
	c := measure.Cut{From: days[0], To: days[1]}
	switch {
	case c.From > c.To:
		a.Problems = append(a.Problems, v.T("rep_dates_turned", "since", v.Date(c.From), "until", v.Date(c.To)))
	case c.From > today:
		a.Problems = append(a.Problems, v.T("rep_date_future", "value", v.Date(c.From)))
	case c.Days() > postgres.MaxDays:
		a.Problems = append(a.Problems, v.T("rep_too_long", "n", postgres.MaxDays))
	default:
		a.Cut.From, a.Cut.To = c.From, min(c.To, today)
		return true
	}
	return false
}

// narrowed reads what is narrowed to. What there is not, or is not the reader's, is said not to be there.
func (a *asked) narrowed(v *view, r *http.Request) {
	missing := func(key, value string) {
		a.Problems = append(a.Problems, v.T("rep_unknown", "what", v.T(key), "value", short(value)))
	}
	value := func(name string) string { return flow.Clean(r.FormValue(name)) }
	if id := value("process"); id != "" {
		if i := slices.IndexFunc(a.processes, func(p flow.Process) bool { return p.ID.String() == id }); i >= 0 {
			a.Process, a.Cut.Process = a.processes[i], a.processes[i].ID
		} else {
			missing("process", id)
		}
	}
	if code := value("stage"); code != "" {
		if _, ok := a.stage(code); ok && v.Who.Scope.Covers(a.Process.ID, code) {
			a.Cut.Stage = code
		} else if missing("stage", code); a.Cut.Process.IsZero() {
			a.Problems[len(a.Problems)-1] = v.T("rep_stage_alone")
		}
	}
	if code := value("site"); code != "" {
		if slices.ContainsFunc(a.sites, func(s postgres.Site) bool { return s.Code == code }) {
			a.Cut.Site = code
		} else {
			missing("site", code)
		}
	}
	if id := value("vendor"); id != "" {
		if i := slices.IndexFunc(a.vendors, func(v postgres.Vendor) bool { return v.ID.String() == id }); i >= 0 {
			a.Cut.Vendor = a.vendors[i].ID
		} else {
			missing("vendor", id)
		}
	}
	a.Cut.Customer, a.Cut.Product, a.Cut.Station = value("customer"), value("product"), value("station")
}

// short is a value to repeat in a sentence.
func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// read reads what is asked for.
func (a *asked) read(r *http.Request, v *view, figures *postgres.Analysis) error {
	a.period(v, r)
	if !v.Who.Scope.All { // of the vendors those that work of the reader's was sent to
		list, _, err := figures.Slices(r.Context(), a.Cut, measure.PerVendor)
		if err != nil {
			return err
		}
		a.vendors = slices.DeleteFunc(a.vendors, func(one postgres.Vendor) bool {
			return !slices.ContainsFunc(list, func(s measure.Slice) bool { return s.Key == one.ID.String() })
		})
	}
	a.narrowed(v, r)
	return a.known(r.Context(), v, figures)
}

// known leaves out names that do not occur in the period, and says so.
func (a *asked) known(ctx context.Context, v *view, figures *postgres.Analysis) error {
	for _, one := range []struct {
		by    measure.Dimension
		key   string
		value *string
	}{{measure.PerCustomer, "customer", &a.Cut.Customer}, {measure.PerProduct, "item", &a.Cut.Product}, {measure.PerStation, "station", &a.Cut.Station}} {
		if *one.value == "" {
			continue
		}
		wide := a.Cut
		wide.Customer, wide.Product, wide.Station = "", "", ""
		names, err := figures.Values(ctx, wide, one.by)
		if err != nil {
			return err
		}
		if len(names) < postgres.MaxSlices && !slices.Contains(names, *one.value) {
			a.Problems = append(a.Problems, v.T("rep_unknown", "what", v.T(one.key), "value", short(*one.value)))
			*one.value = ""
		}
	}
	return nil
}

// stage is a stage of the process asked for.
func (a *asked) stage(code string) (flow.Stage, bool) {
	for _, s := range slices.Concat(a.Process.Stages, a.Process.Retired) {
		if s.Code == code {
			return s, true
		}
	}
	return flow.Stage{}, false
}

// values is what is asked for as an address says it.
func (a *asked) values() url.Values {
	q := url.Values{}
	switch {
	case a.From != "" || a.To != "":
		q.Set("since", a.From)
		q.Set("until", a.To)
	case a.Month != "":
		q.Set("month", a.Month)
	case a.Days != usualDays:
		q.Set("days", strconv.Itoa(a.Days))
	}
	for name, value := range map[string]string{"stage": a.Cut.Stage, "site": a.Cut.Site, "customer": a.Cut.Customer, "product": a.Cut.Product, "station": a.Cut.Station} {
		if value != "" {
			q.Set(name, value)
		}
	}
	for name, id := range map[string]flow.ID{"process": a.Cut.Process, "vendor": a.Cut.Vendor} {
		if !id.IsZero() {
			q.Set(name, id.String())
		}
	}
	if a.Working {
		q.Set("time", "working")
	}
	if !a.Compare {
		q.Set("compare", "no")
	}
	return q
}

// with is the address of a report for what is asked for, with some of it changed: pairs of names and values, an empty
// value leaving one out.
func (a *asked) with(report string, pairs ...string) string {
	q := a.values()
	for i := 0; i+1 < len(pairs); i += 2 {
		switch pairs[i] {
		case "days", "month", "since":
			for _, name := range []string{"days", "month", "since", "until"} {
				q.Del(name)
			}
		case "process":
			q.Del("stage")
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if q.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			q.Del(pairs[i])
		}
	}
	path := "/reports"
	if report != "" && report != overview {
		path += "/" + report
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// on is the address of a report over other days.
func (a *asked) on(report string, from, to flow.Date, pairs ...string) string {
	return a.with(report, append([]string{"since", from.Time().Format("02-01-2006"), "until", to.Time().Format("02-01-2006")}, pairs...)...)
}

// choice is one of several ways to look at a page.
type choice struct {
	Name, Path string
	On         bool
}

// chips are the periods that are offered.
func (a *asked) chips(v *view, report string, extra []string) (list []choice) {
	link := func(pairs ...string) string { return a.with(report, append(pairs, extra...)...) }
	for _, n := range periods {
		list = append(list, choice{v.T("rep_days", "n", n), link("days", strconv.Itoa(n)), a.Days == n})
	}
	today := v.Now.In(v.Zone)
	first := time.Date(today.Year(), today.Month(), 1, 0, 0, 0, 0, time.UTC)
	for i, key := range []string{"rep_this_month", "rep_last_month"} {
		month := first.AddDate(0, -i, 0).Format("2006-01")
		list = append(list, choice{v.T(key), link("month", month), a.Month == month})
	}
	return list
}

// Overview is the address of the overview for what is asked for.
func (a *asked) Overview() string { return a.with(overview) }

// Processes, Stages, Sites and Vendors are what the form offers. A list of one is no choice.
func (a *asked) Processes() []flow.Process { return a.processes }

// Stages are those of the process asked for that the reader sees.
func (a *asked) Stages(who flow.Person) []flow.Stage {
	return slices.DeleteFunc(slices.Clone(a.Process.Stages), func(s flow.Stage) bool { return !who.Scope.Covers(a.Process.ID, s.Code) })
}

// Sites are those that the reader sees, when there are several.
func (a *asked) Sites() []postgres.Site {
	if len(a.sites) < 2 {
		return nil
	}
	return a.sites
}

// Vendors are all there are.
func (a *asked) Vendors() []postgres.Vendor { return a.vendors }
