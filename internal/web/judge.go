package web

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/sheets"
)

// judge gives every row of a preview its verdict: it is new, it is there already, or something in it cannot be.
func (w *Web) judge(r *http.Request, p *previewPage) error {
	repeats := map[[32]byte]int{}
	var numbers []string
	var ids []flow.ID
	for _, row := range p.Table.Rows {
		v := w.readRow(r, p, row)
		key := rowDigest(p.Who.Org, v)
		repeats[key]++
		v.Job.ID = flow.DerivedID(sha256.Sum256(fmt.Appendf(key[:], "%d", repeats[key])))
		ids = append(ids, v.Job.ID)
		if v.Job.Number != "" {
			numbers = append(numbers, v.Job.Number)
		}
		p.Rows = append(p.Rows, v)
	}
	known, err := w.DB.Known(r.Context(), p.Who.Org, numbers, ids)
	if err != nil {
		return err
	}
	p.settle(known)
	return nil
}

// settle compares the rows with what is there and with each other.
func (p *previewPage) settle(known map[string]bool) {
	first := map[string]int{}
	for i := range p.Rows {
		v := &p.Rows[i]
		key := flow.NumberKey(v.Job.Number)
		switch {
		case v.State == "wrong":
		case known[v.Job.ID.String()]:
			v.State, v.Says = "there", p.T("row_there")
		case key != "" && first[key] != 0:
			v.State, v.Says = "wrong", p.T("row_number_twice", "line", first[key])
		case known[key]:
			v.State, v.Says = "there", p.T("row_there")
		default:
			v.State, v.Says = "new", p.T("row_new")
		}
		if key != "" && first[key] == 0 {
			first[key] = v.Line
		}
		switch v.State {
		case "new":
			p.New++
		case "there":
			p.There++
		default:
			p.Wrong++
		}
	}
}

// rowDigest is what makes two rows of files the same job: everything that is said of it.
func rowDigest(org flow.ID, v verdict) [32]byte {
	j := v.Job
	return sha256.Sum256([]byte(strings.Join([]string{org.String(), v.To.ID.String(), flow.NumberKey(j.Number), j.Customer, j.Item,
		j.Quantity.String(), j.Unit, string(j.Due), fmt.Sprint(j.Fields) + j.Site}, "\x00")))
}

// readRow reads a row as a job. What cannot be read makes it wrong, with a sentence that says what to do.
func (w *Web) readRow(r *http.Request, p *previewPage, row sheets.Row) verdict {
	v := verdict{Line: row.Line, To: choose(p.Processes, p.Mapping.Process)}
	cell := func(field string) string {
		if i, ok := p.Mapping.Columns[field]; ok && i < len(row.Cells) {
			return clean(row.Cells[i])
		}
		return ""
	}
	v.Job = flow.NewJob{Number: cell("number"), Customer: cell("customer"), Item: cell("item"), Unit: cell("unit"), Urgent: urgent(cell("priority"))}
	if name := cell("process"); name != "" {
		to, ok := processNamed(p.Processes, name)
		if !ok {
			return p.wrong(v, p.T("row_no_process", "name", name))
		}
		v.To = to
	}
	var err error
	if len(p.Sites) > 0 {
		v.Job.Site, err = pickSite(p.Who, p.Sites, cell("site"))
	}
	if err == nil {
		v.Job.Fields, err = w.ownColumns(p.extra(row), v.To)
	}
	if err == nil {
		err = v.read(cell, p)
	}
	if err != nil {
		says, _, ok := w.explain(r.Context(), p.view, err)
		if !ok {
			says = err.Error()
		}
		return p.wrong(v, says)
	}
	return v
}

func (p *previewPage) wrong(v verdict, says string) verdict {
	v.State, v.Says = "wrong", says
	return v
}

// read takes the cells that must be numbers and dates, and checks the whole as the rules will.
func (v *verdict) read(cell func(string) string, p *previewPage) error {
	var err error
	if v.To.Mode == flow.QuantityMode {
		if v.Job.Quantity, err = quantity(cell("quantity")); err != nil {
			return err
		}
	}
	if text := cell("due"); text != "" {
		day, err := sheets.Date(text, p.Now)
		if err != nil {
			return err
		}
		v.Job.Due = flow.DateOf(day)
	}
	return v.Job.Acceptable(v.To)
}

func processNamed(all []flow.Process, name string) (flow.Process, bool) {
	for _, p := range all {
		if strings.EqualFold(p.Name, name) {
			return p, true
		}
	}
	return flow.Process{}, false
}

// urgent reads a priority as people write it.
func urgent(s string) bool {
	switch strings.ToLower(s) {
	case "urgent", "high", "1", "yes", "y", "rush", "अर्जेंट", "अर्जंट", "અર્જન્ટ", "அவசரம்":
		return true
	}
	return false
}

// maxExtra is how many columns that were not mapped are kept with a job as its own fields.
const maxExtra = 20

// ownColumns gives what a file calls like a field of the process's own that field's code and plain form: 300 gsm is 300.
func (w *Web) ownColumns(extra map[string]string, to flow.Process) (map[string]string, error) {
	for _, f := range to.Fields {
		for name, text := range extra {
			if name == f.Code || flow.NumberKey(name) != flow.NumberKey(clip(f.Label, flow.MaxNumber)) {
				continue
			}
			plain, err := w.plain(f, text)
			if f.Type == flow.YesNoField {
				plain = yesNo(text)
			}
			if err != nil || plain == "" {
				return nil, &flow.Refusal{Code: flow.FieldWrong, Name: f.Label, Value: text}
			}
			delete(extra, name)
			extra[f.Code] = plain
			break
		}
	}
	return extra, nil
}

// yesNo reads yes or no as people write it, empty for anything else.
func yesNo(text string) string {
	switch strings.ToLower(text) {
	case "yes", "y", "true", "हाँ", "हां", "होय":
		return "yes"
	case "no", "n", "false", "नहीं", "नाही":
		return "no"
	}
	return ""
}

func (p *previewPage) extra(row sheets.Row) map[string]string {
	mapped := map[int]string{}
	for field, i := range p.Mapping.Columns {
		mapped[i] = field
	}
	fields := map[string]string{}
	for i, value := range row.Cells {
		field, ok := mapped[i]
		name := ""
		switch {
		case ok && field == "notes":
			name = "note"
		case !ok && i < len(p.Table.Header):
			name = clip(p.Table.Header[i], flow.MaxNumber)
		}
		if value = clean(value); name != "" && value != "" && len(fields) < maxExtra {
			fields[name] = value
		}
	}
	if len(fields) == 0 {
		return nil
	}
	return fields
}
