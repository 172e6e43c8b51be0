package web

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"

	"clicarity/internal/flow"
)

// sizeGrid asks for quantities by size, and of the second balance: a row for each that is there, a column for each way.
type sizeGrid struct {
	*view
	Columns []string // headings
	Rows    []sizeRow
}

type sizeRow struct {
	Key   string // of the account in the form
	Name  string
	Here  string
	Seen  flow.Quantity
	Cells []sizeCell
}

type sizeCell struct{ ID, Name, Value, Label string }

// gridColumns are the ways that each form of the card asks for, with their headings.
var gridColumns = map[string][][2]string{
	"report":  {{"good", "good"}, {"wasted", "wastage"}, {"back", "back"}},
	"count":   {{"there", "count_now"}},
	"split":   {{"lot", "qty"}},
	"send":    {{"send", "qty"}},
	"receive": {{"good", "came_good_short"}, {"wasted", "came_damaged_short"}, {"short", "short"}, {"unused", "came_unused_short"}},
}

// Sized reports whether the job is counted by size here.
func (p place) Sized() bool { return len(p.Job.Sizes()) > 0 }

// AccountName is what people call an account: the size, or the second unit.
func accountName(a flow.Account) string {
	if a.IsSecond() {
		return a.Unit
	}
	return a.Name
}

// Grid is the grid of one of the card's forms; challan says which of a vendor's comes back.
func (p cardPage) Grid(form, challan string) sizeGrid {
	g := sizeGrid{view: p.view}
	columns := gridColumns[form]
	if form == "report" && len(p.Back) == 0 {
		columns = columns[:2]
	}
	for _, c := range columns {
		g.Columns = append(g.Columns, p.T(c[1]))
	}
	for i, a := range p.Place.Job.Accounts {
		s := a.Stage(p.Place.Stage.Code)
		here := s.OnHand
		if form == "receive" {
			here = outOn(s, challan)
		}
		if here == 0 && form != "count" {
			continue
		}
		row := sizeRow{Key: strconv.Itoa(i), Name: accountName(a), Here: p.Qty(here), Seen: here}
		for _, c := range columns {
			name := amountPrefix + c[0] + "_" + row.Key
			cell := sizeCell{ID: form + "-" + strings.ReplaceAll(challan, "/", "-") + name, Name: name, Label: row.Name + " " + p.T(c[1])}
			if p.Form.Open == form && p.Form.Challan == challan {
				cell.Value = p.Form.Amounts[strings.TrimPrefix(name, amountPrefix)]
			} else if form == "count" && here > 0 {
				cell.Value = here.String()
			}
			row.Cells = append(row.Cells, cell)
		}
		g.Rows = append(g.Rows, row)
	}
	return g
}

func outOn(s flow.StageState, challan string) flow.Quantity {
	for _, o := range s.Out {
		if o.Challan == challan {
			return o.Quantity
		}
	}
	return 0
}

// The names of inputs: by account and way, by grade, and of lots of material.
const (
	amountPrefix = "a_"
	gradePrefix  = "grade_"
	lotPrefix    = "lot_"
)

// lotRows is how many lots of material one form can tell.
const lotRows = 3

// withPrefix are the filled inputs whose names begin with a prefix, without it.
func withPrefix(r *http.Request, prefix string) map[string]string {
	var got map[string]string
	for name := range r.PostForm {
		if key, ok := strings.CutPrefix(name, prefix); ok && strings.TrimSpace(r.PostForm.Get(name)) != "" {
			if got == nil {
				got = map[string]string{}
			}
			got[key] = clean(r.PostForm.Get(name))
		}
	}
	return got
}

// told is what a form of the card means, read with the job and the stage it is about.
type told struct {
	values   map[string]string
	stage    flow.Stage
	accounts []flow.Account
}

// told looks up what is needed to read a form. Most forms need nothing, and then nothing is looked up.
func (w *Web) told(r *http.Request, who flow.Person, f *cardForm) (told, error) {
	if len(f.Values)+len(f.Amounts)+len(f.Grades)+len(f.Material) == 0 && r.MultipartForm == nil {
		return told{}, nil
	}
	j, p, err := w.jobAt(r, who)
	if err != nil {
		return told{}, err
	}
	t := told{accounts: j.Accounts}
	t.stage, _ = p.Stage(r.PathValue("stage"))
	state, _ := j.Stage(t.stage.Code)
	t.values, f.Values, err = w.filled(r, who, spot{j.ID, t.stage.Code, state.Values}, t.stage.Fields, f.Values)
	return t, err
}

// release is what a form says beside quantities so that something may go on.
func (f cardForm) release(t told) (flow.Release, error) {
	a := flow.Release{Values: t.values, Approver: f.Approver, Override: f.Override, Made: f.Made}
	for i, grade := range t.stage.Grades {
		q, err := quantity(f.Grades[strconv.Itoa(i)])
		if err != nil {
			return a, err
		}
		if a.Grades == nil {
			a.Grades = map[string]flow.Quantity{}
		}
		a.Grades[grade] = q
	}
	var err error
	a.Used, err = f.used()
	return a, err
}

// used are the lots of material that a form tells.
func (f cardForm) used() ([]flow.Used, error) {
	var list []flow.Used
	for i := range lotRows {
		key := strconv.Itoa(i)
		u := flow.Used{Lot: f.Material["no_"+key], Material: f.Material["of_"+key], Supplier: f.Material["by_"+key], Unit: f.Material["unit_"+key]}
		q, err := quantity(f.Material["q_"+key])
		if err != nil {
			return nil, err
		}
		if u.Quantity = q; u != (flow.Used{}) {
			list = append(list, u)
		}
	}
	return list, nil
}

// amounts are what a form tells of each account; make turns the typed quantities into the amount. Accounts of which
// nothing was typed are left out.
func (f cardForm) amounts(accounts []flow.Account, make func(get func(way string) flow.Quantity) flow.Amount) (map[string]flow.Amount, error) {
	var of map[string]flow.Amount
	var bad error
	for i, a := range accounts {
		typed := false
		get := func(way string) flow.Quantity {
			text := f.Amounts[way+"_"+strconv.Itoa(i)]
			typed = typed || text != "" && way != "seen"
			q, err := quantity(text)
			bad = cmp.Or(bad, err)
			return q
		}
		amount := make(get)
		if !typed && amount.Short == 0 && len(amount.Wasted) == 0 {
			continue
		}
		if of == nil {
			of = map[string]flow.Amount{}
		}
		of[a.Name] = amount
	}
	return of, bad
}

// sized is a report's amounts by size: the shared reasons, and for what is not mentioned of a size the answer to what
// becomes of the rest.
func (f cardForm) sized(a flow.Report, accounts []flow.Account) (flow.Report, error) {
	second := len(accounts) > 0 && accounts[len(accounts)-1].IsSecond()
	n := 0
	var err error
	a.Of, err = f.amounts(accounts, func(get func(string) flow.Quantity) flow.Amount {
		n++
		amount := flow.Amount{Good: get("good")}
		wasted, back := get("wasted"), get("back")
		rest := get("seen") - amount.Good - wasted - back
		switch ofSecond := second && n == len(accounts); {
		case rest <= 0 || ofSecond:
		case f.Rest == "short":
			amount.Short = rest
		case f.Rest == "wasted":
			wasted += rest
		}
		if wasted > 0 {
			amount.Wasted = []flow.Waste{{Reason: f.Reason, Quantity: wasted}}
		}
		if back > 0 {
			amount.Back = []flow.Back{{To: f.BackTo, Reason: f.BackReason, Quantity: back}}
		}
		return amount
	})
	if len(accounts) > 0 && !accounts[0].IsSecond() { // the sizes say it all
		a.Good, a.Wasted, a.Back, a.Short = 0, nil, nil, 0
	}
	return a, err
}

// counted are the quantities of one way by account.
func (f cardForm) counted(accounts []flow.Account, way string) (of map[string]flow.Amount, sum flow.Quantity, err error) {
	of, err = f.amounts(accounts, func(get func(string) flow.Quantity) flow.Amount { return flow.Amount{Quantity: get(way)} })
	for name, a := range of {
		if name != flow.SecondBalance {
			sum += a.Quantity
		}
	}
	return of, sum, err
}

// sizeTable shows where each size is: a row for each stage that any has come to.
type sizeTable struct {
	*view
	Names []string
	Rows  []sizeStage
}

type sizeStage struct {
	Stage string
	Cells []sizeState
}

type sizeState struct {
	Here, Good, Wasted string
}

// SizeTable is the job's accounts, stage by stage.
func (p *jobPage) SizeTable() sizeTable {
	t := sizeTable{view: p.view}
	for _, a := range p.Job.Accounts {
		t.Names = append(t.Names, accountName(a))
	}
	for _, s := range p.Stages {
		row, came := sizeStage{Stage: s.Stage.Name}, false
		for _, a := range p.Job.Accounts {
			st := a.Stage(s.Stage.Code)
			var cell sizeState
			if here := st.OnHand + st.AtVendor; here > 0 {
				cell.Here = p.Qty(here)
			}
			if st.Good > 0 {
				cell.Good = p.Qty(st.Good)
			}
			if st.Wasted > 0 {
				cell.Wasted = p.Qty(st.Wasted)
			}
			came = came || st.Received+st.Found > 0
			row.Cells = append(row.Cells, cell)
		}
		if came {
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

// gradeEntry asks for the good of one grade.
type gradeEntry struct{ Key, Name, Value, Had string }

// Grades are the grades that the stage tells its good by.
func (p cardPage) Grades() []gradeEntry {
	var list []gradeEntry
	for i, grade := range p.Place.Stage.Grades {
		key := strconv.Itoa(i)
		e := gradeEntry{Key: key, Name: grade, Value: p.Form.Grades[key]}
		if had := p.Place.State.Grades[grade]; had > 0 {
			e.Had = p.Qty(had)
		}
		list = append(list, e)
	}
	return list
}

// lotEntry asks for one lot of material.
type lotEntry struct{ Key, No, Of, By, Q, Unit string }

// MaterialRows are the rows of the form that asks for lots of material.
func (p cardPage) MaterialRows() []lotEntry {
	var list []lotEntry
	for i := range lotRows {
		k := strconv.Itoa(i)
		m := p.Form.Material
		list = append(list, lotEntry{k, m["no_"+k], m["of_"+k], m["by_"+k], m["q_"+k], m["unit_"+k]})
	}
	return list
}

// MadeLot is the lot number that is offered for what comes out.
func (p cardPage) MadeLot() string {
	if p.Form.Made != "" {
		return p.Form.Made
	}
	if made := p.Place.State.Made; len(made) > 0 {
		return made[len(made)-1].Lot
	}
	return p.Place.Job.Number
}

// newSize asks for the quantity of one size of a new job.
type newSize struct{ Key, Name, Value string }

// Sizes are the sizes that a job of the process is made up of.
func (p newJobPage) Sizes() []newSize {
	var list []newSize
	for i, name := range p.Process.Sizes {
		key := strconv.Itoa(i)
		list = append(list, newSize{key, name, cmp.Or(p.Form.Sizes[key], p.Form.Sizes["of "+name])})
	}
	return list
}

const sizePrefix = "size_"

// sizes are a new job's quantities by size, and what they come to.
func (f jobForm) sizes(p flow.Process) (sizes map[string]flow.Quantity, sum flow.Quantity, err error) {
	for i, name := range p.Sizes {
		q, err := quantity(f.Sizes[strconv.Itoa(i)])
		if err != nil {
			return nil, 0, err
		}
		if sum += q; q > 0 && sizes == nil {
			sizes = map[string]flow.Quantity{}
		}
		if q > 0 {
			sizes[name] = q
		}
	}
	return sizes, sum, nil
}
