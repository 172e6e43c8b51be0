package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
)

// What vendors see: the challans that were sent to them, and of the jobs on these only number, item, stage, quantity and
// day. Pages are made of the types of this file, which hold nothing else of a job.

// workLine is a job on a challan as its vendor reads it.
type workLine struct {
	*view
	Value          string // names the line in forms
	Number, Item   string
	Stage, Unit    string
	Quantity, Left flow.Quantity
	Out            flow.Out // what they said of it; of no challan when all of it is back
	Counts         bool
	Files          []vendorFile
	Answer         answerForm // what they typed that could not be taken
}

// Says is what the vendor has said, in words.
func (l workLine) Says() []saying { return l.saying(l.Out, l.Unit) }

// workChallan is a challan as its vendor reads it.
type workChallan struct {
	*view
	Number   string
	To       string // where its forms go
	Sent     flow.Moment
	Expected flow.Date
	Late     int
	Note     string
	Lines    []workLine
	Open     int // how many of its lines are still there
	Unseen   int // and of how many they have not said that they have come
}

// answerForm is what a vendor typed.
type answerForm struct {
	Do, Line, Quantity, Note string
	Error                    string
}

// workOf is a challan as a vendor reads it: only lines that they answer for. ok is false when there are none.
func (w *Web) workOf(r *http.Request, v *view, who flow.Person, c postgres.Challan, f answerForm) (wc workChallan, ok bool, err error) {
	wc = workChallan{view: v, Number: c.Number, Sent: flow.At(c.Sent), Expected: c.Expected, Note: c.Note, Late: challan{view: v, Challan: c}.Late()}
	for _, l := range c.Lines {
		if !who.Scope.Answers(l.Job, c.Vendor) {
			continue
		}
		p, err := w.DB.Edition(r.Context(), who.Org, flow.Edition{Process: l.Job.Process, Version: l.Job.Version})
		if err != nil {
			return wc, false, err
		}
		line := v.workLine(p.As(flow.Vendor), p.Show(flow.Vendor, l.Job), c.Number, l)
		if line.Value == f.Line || f.Line == "" && f.Do != "" && len(c.Lines) == 1 {
			line.Answer = f
		}
		if l.Left > 0 {
			line.Files = vendorFiles(who, l.Job, givenFrom(v))
			wc.Open++
			if line.Out.Seen == 0 {
				wc.Unseen++
			}
		}
		wc.Lines = append(wc.Lines, line)
	}
	return wc, len(wc.Lines) > 0, nil
}

func (v *view) workLine(p flow.Process, j flow.Job, number string, l postgres.ChallanLine) workLine {
	at := v.place(j, p, l.Stage, nil)
	return workLine{view: v, Value: l.Job.ID.String() + "/" + l.Stage, Number: j.Number, Item: j.Item, Stage: at.Stage.Name, Unit: at.Unit(),
		Quantity: l.Quantity, Left: l.Left, Out: outOf(j, l.Stage, number), Counts: j.Mode == flow.QuantityMode}
}

// outOf is what of a job is out at a stage on a challan, the zero Out for nothing.
func outOf(j flow.Job, stage, number string) flow.Out {
	s, _ := j.Stage(stage)
	if i := slices.IndexFunc(s.Out, func(o flow.Out) bool { return o.Challan == number }); i >= 0 {
		return s.Out[i]
	}
	return flow.Out{}
}

// saying is something that a vendor has said, in words.
type saying struct {
	Text string
	Bad  bool // something stands in the way
}

// saying is what a vendor has said of what they have: that it is there, that so much is ready, what is wrong.
func (v *view) saying(o flow.Out, unit string) []saying {
	if o.Told == 0 {
		return nil
	}
	var says []saying
	day := v.Date(flow.DateOf(o.Told.Time().In(v.Zone)))
	switch {
	case o.Back != 0:
		says = append(says, saying{Text: v.T("vendor_says_back", "qty", v.Qty(o.Ready), "unit", unit, "date", v.Date(flow.DateOf(o.Back.Time().In(v.Zone))))})
	case o.Ready > 0:
		says = append(says, saying{Text: v.T("vendor_says_ready", "qty", v.Qty(o.Ready), "unit", unit, "date", day)})
	default:
		says = append(says, saying{Text: v.T("vendor_says_here", "date", v.Date(flow.DateOf(o.Seen.Time().In(v.Zone))))})
	}
	if o.Problem != "" {
		says = append(says, saying{Text: v.T("vendor_says_problem", "note", o.Problem, "date", day), Bad: true})
	}
	return says
}

// Problems are what vendors say most often, to be told in one tap.
func (v *view) Problems() []string {
	return []string{v.T("problem_short"), v.T("problem_damaged"), v.T("problem_late"), v.T("problem_machine")}
}

// workRows is how many challans a page of a vendor's work has.
const workRows = 50

type workPage struct {
	*view
	Challans []workChallan
	More     string
	First    bool
}

// work lists what is with a vendor, what is expected back first before the rest.
func (w *Web) work(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := workPage{view: w.view(r, who, "my_work"), First: r.FormValue("number") == ""}
	after := postgres.DuePlace{Number: r.FormValue("number")}
	if day, err := flow.ParseDate(r.FormValue("expected")); err == nil { // anything else is from the beginning
		after.Expected = day
	}
	list, more, err := w.DB.AtVendors(r.Context(), who.Org, vendorsOf(who), after, workRows)
	if err == nil {
		err = w.DB.Lines(r.Context(), who.Org, list)
	}
	if err != nil {
		return err
	}
	for _, c := range list {
		wc, theirs, err := w.workOf(r, p.view, who, c, answerForm{})
		if err != nil {
			return err
		}
		if wc.To = workLink(c.Number); theirs && wc.Open > 0 {
			p.Challans = append(p.Challans, wc)
		}
	}
	if more {
		last := list[len(list)-1].Place()
		p.More = "/work?" + url.Values{"expected": {string(last.Expected)}, "number": {last.Number}}.Encode()
	}
	return w.render(rw, http.StatusOK, "work", p)
}

// vendorsOf are the vendors a person answers for, in order.
func vendorsOf(who flow.Person) []flow.ID {
	var ids []flow.ID
	for id, on := range who.Scope.Vendors {
		if on {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b flow.ID) int { return slices.Compare(a[:], b[:]) })
	return ids
}

func workLink(number string) string { return "/work/" + url.PathEscape(number) }

type workChallanPage struct {
	*view
	Challan workChallan
	Kept    string
}

// workChallan shows a challan to the vendor it was sent to.
func (w *Web) workChallan(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	return w.showWork(rw, r, who, http.StatusOK, answerForm{})
}

func (w *Web) showWork(rw http.ResponseWriter, r *http.Request, who flow.Person, status int, f answerForm) error {
	v := w.view(r, who, "")
	c, err := w.theirChallan(r, who, r.PathValue("number"))
	if err != nil {
		return err
	}
	wc, theirs, err := w.workOf(r, v, who, c, f)
	if err != nil || !theirs {
		return cmp.Or(err, errNotYours)
	}
	wc.To, v.Title = workLink(c.Number), c.Number
	return w.render(rw, status, "workchallan", workChallanPage{v, wc, v.kept(r)})
}

// theirChallan is a challan that was sent to a vendor whom the person answers for.
func (w *Web) theirChallan(r *http.Request, who flow.Person, number string) (postgres.Challan, error) {
	c, err := w.DB.Challan(r.Context(), who.Org, number)
	if err == nil && !who.Scope.Vendors[c.Vendor] {
		err = errNotYours
	}
	return c, err
}

// answerWork takes what a vendor with an account says.
func (w *Web) answerWork(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	c, err := w.theirChallan(r, who, r.PathValue("number"))
	if err != nil {
		return err
	}
	f := readAnswer(r)
	if err := w.answer(r, who, c, f, device(r.UserAgent())); err != nil {
		var says string
		var status int
		if says, status, err = w.refusedAnswer(r, who, err); err != nil {
			return err
		}
		f.Error = says
		return w.showWork(rw, r, who, status, f)
	}
	http.Redirect(rw, r, workLink(c.Number)+"?said="+url.QueryEscape(f.Do), http.StatusSeeOther)
	return nil
}

// refusedAnswer is why an answer was not taken, in the reader's words; an error that has no words is passed on.
func (w *Web) refusedAnswer(r *http.Request, who flow.Person, cause error) (says string, status int, err error) {
	says, status, ok := w.explain(r.Context(), w.view(r, anonymous(who), ""), cause)
	if !ok {
		return "", 0, cause
	}
	return says, status, nil
}

func readAnswer(r *http.Request) answerForm {
	f := answerForm{Do: r.PostFormValue("do"), Line: r.PostFormValue("line"), Quantity: strings.TrimSpace(r.PostFormValue("quantity")), Note: clean(r.PostFormValue("note"))}
	if quick := clean(r.PostFormValue("problem")); quick != "" {
		f.Do, f.Note = string(flow.SaidProblem), quick
	}
	return f
}

// answer gives what a vendor says of one line of a challan, or of all that are still there, as a command.
func (w *Web) answer(r *http.Request, who flow.Person, c postgres.Challan, f answerForm, device string) error {
	id, err := flow.ParseID(r.PostFormValue("command"))
	if err != nil {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	a := flow.Answer{Challan: c.Number, Said: flow.Said(f.Do), Note: f.Note}
	q, err := quantity(f.Quantity)
	if err != nil {
		return err
	}
	if a.Said != flow.SaidReady && a.Said != flow.SaidBack {
		q = 0
	}
	for _, l := range c.Lines {
		if f.Line == l.Job.ID.String()+"/"+l.Stage || f.Line == "" && l.Left > 0 && who.Scope.Answers(l.Job, c.Vendor) {
			a.Lines = append(a.Lines, flow.AnswerLine{Work: flow.Work{Job: l.Job.ID, Stage: l.Stage}, Quantity: q})
		}
	}
	if len(a.Lines) == 0 {
		return errNotYours
	}
	_, err = w.DB.Do(r.Context(), who.Mark(flow.At(w.Now()), device), flow.Command{ID: id, Action: a})
	return err
}

// kept says that what a vendor has just tapped is kept, empty when they have only come to look.
func (v *view) kept(r *http.Request) string {
	switch said := flow.Said(r.FormValue("said")); said {
	case flow.SaidHere, flow.SaidReady, flow.SaidBack, flow.SaidProblem:
		return v.T("answer_kept_" + string(said))
	}
	return ""
}

// vendorRoutes are what vendors with an account have.
func (w *Web) vendorRoutes() []httpd.Route {
	return []httpd.Route{
		{Pattern: "GET /work", May: flow.MayAnswer, Handler: w.work},
		{Pattern: "GET /work/{number}", May: flow.MayAnswer, Handler: w.workChallan},
		{Pattern: "POST /work/{number}", May: flow.MayAnswer, Handler: w.answerWork},
	}
}
