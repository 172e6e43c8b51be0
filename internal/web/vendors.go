package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/sheets"
)

// maxChallans bounds the lists of challans.
const maxChallans = 200

// challan is a delivery note as pages show it.
type challan struct {
	*view
	postgres.Challan
	Vendor  postgres.Vendor
	Process map[flow.ID]flow.Process
}

// Link is the address of the printable note.
func (c challan) Link() string { return "/challans/" + url.PathEscape(c.Number) }

// SentAt is when it went.
func (c challan) SentAt() flow.Moment { return flow.At(c.Sent) }

// Late is by how many days it is overdue, 0 when it is not or nobody said when it is to be back.
func (c challan) Late() int {
	if c.Expected == "" || c.Open == 0 {
		return 0
	}
	return max(int(flow.DateOf(c.Now.In(c.Zone)).Time().Sub(c.Expected.Time()).Hours()/24), 0)
}

// challanLine is a job on a challan in words.
type challanLine struct {
	*view
	postgres.ChallanLine
	Stage string
	Unit  string
	Link  string
	Says  []saying // what the vendor says of it
}

// Shown are the lines with their stages named.
func (c challan) Shown() []challanLine {
	var list []challanLine
	for _, l := range c.Lines {
		at := c.place(l.Job, c.Process[l.Job.Process], l.Stage, nil)
		list = append(list, challanLine{c.view, l, at.Stage.Name, at.Unit(), at.Link() + "?from=queue", c.saying(outOf(l.Job, l.Stage, c.Number), at.Unit())})
	}
	return list
}

// shown makes challans ready for a page.
func (w *Web) shown(r *http.Request, v *view, list []postgres.Challan) ([]challan, error) {
	vendors, err := w.DB.Vendors(r.Context(), v.Who.Org)
	if err != nil {
		return nil, err
	}
	processes, err := w.DB.Processes(r.Context(), v.Who.Org)
	if err != nil {
		return nil, err
	}
	byID := map[flow.ID]flow.Process{}
	for _, p := range processes {
		byID[p.ID] = p
	}
	out := make([]challan, len(list))
	for i, c := range list {
		out[i] = challan{v, c, vendors[c.Vendor], byID}
	}
	return out, nil
}

type vendorRow struct {
	postgres.Vendor
	Open, Late int
	Oldest     flow.Moment
	Legal      *legal // of the challan whose day comes first, when it is near
}

type vendorsPage struct {
	*view
	Vendors     []vendorRow
	Name, Place string
	Error       string
}

// vendors is the vendor desk: who has what, since when, and what is overdue.
func (w *Web) vendors(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	return w.showVendors(rw, r, vendorsPage{view: w.view(r, who, "vendors")}, http.StatusOK)
}

func (w *Web) showVendors(rw http.ResponseWriter, r *http.Request, p vendorsPage, status int) error {
	vendors, err := w.DB.Vendors(r.Context(), p.Who.Org)
	if err != nil {
		return err
	}
	open, err := w.DB.OpenChallans(r.Context(), p.Who.Org, flow.ID{}, maxChallans*10)
	if err != nil {
		return err
	}
	shown, err := w.shown(r, p.view, open)
	if err != nil {
		return err
	}
	rows := map[flow.ID]*vendorRow{}
	for id, v := range vendors {
		rows[id] = &vendorRow{Vendor: v}
	}
	for _, c := range shown {
		row, ok := rows[c.Challan.Vendor]
		if !ok {
			continue
		}
		row.Open += c.Open
		if row.Oldest == 0 || c.SentAt() < row.Oldest {
			row.Oldest = c.SentAt()
		}
		if c.Late() > 0 {
			row.Late += c.Open
		}
		row.Legal = nearer(row.Legal, c.Legal())
	}
	for _, row := range rows {
		p.Vendors = append(p.Vendors, *row)
	}
	slices.SortFunc(p.Vendors, func(a, b vendorRow) int { return cmp.Or(b.Late-a.Late, strings.Compare(a.Name, b.Name)) })
	return w.render(rw, status, "vendors", p)
}

func (w *Web) addVendor(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := vendorsPage{view: w.view(r, who, "vendors"), Name: clean(r.PostFormValue("name")), Place: clean(r.PostFormValue("place"))}
	vendors, err := w.DB.Vendors(r.Context(), who.Org)
	if err != nil {
		return err
	}
	taken := false
	for _, v := range vendors {
		taken = taken || strings.EqualFold(v.Name, p.Name)
	}
	switch {
	case p.Name == "" || len([]rune(p.Name)) > flow.MaxText || len([]rune(p.Place)) > flow.MaxText:
		p.Error = p.T("vendor_name")
	case taken:
		p.Error = w.sentence(r.Context(), p.view, &flow.Refusal{Code: flow.NameTwice, Name: p.Name})
	}
	if p.Error != "" {
		return w.showVendors(rw, r, p, http.StatusUnprocessableEntity)
	}
	if err := w.DB.AddVendor(r.Context(), who.Org, postgres.Vendor{ID: w.newID(), Name: p.Name, Place: p.Place}); err != nil {
		return err
	}
	http.Redirect(rw, r, "/vendors", http.StatusSeeOther)
	return nil
}

type challanPage struct {
	*view
	Challan challan
	By      string
	Links   *linksPart // nil for those who give out none
}

// SentDay is the day on which it went.
func (p challanPage) SentDay() flow.Date { return flow.DateOf(p.Challan.Sent.In(p.Zone)) }

// Nth is a line's number on paper.
func (challanPage) Nth(i int) int { return i + 1 }

// challan is the delivery note to print, for owners and for those who work at a stage of one of its lines.
func (w *Web) challan(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	c, err := w.DB.Challan(r.Context(), who.Org, r.PathValue("number"))
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(c.Lines, func(l postgres.ChallanLine) bool { return who.Scope.At(l.Job, l.Stage) }) {
		return errNotYours
	}
	mine := linkable(who, c)
	c.Lines = slices.DeleteFunc(c.Lines, func(l postgres.ChallanLine) bool { return !who.Scope.At(l.Job, l.Stage) })
	p := challanPage{view: w.view(r, who, "")}
	p.Title = c.Number
	shown, err := w.shown(r, p.view, []postgres.Challan{c})
	if err != nil {
		return err
	}
	names, err := w.DB.Names(r.Context(), who.Org, []flow.ID{c.By})
	if err != nil {
		return err
	}
	p.Challan, p.By = shown[0], names[c.By]
	if mine {
		links, err := w.DB.ChallanLinks(r.Context(), who.Org, c.Number)
		if err != nil {
			return err
		}
		if p.Links, err = w.challanLinks(r, p.view, c.Vendor, links, []postgres.Challan{c}); err != nil {
			return err
		}
	}
	return w.render(rw, http.StatusOK, "challan", p)
}

// send puts the chosen jobs of a stage on a challan.
func (w *Web) send(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	process, err := pathID(r, "process")
	if err != nil {
		return err
	}
	id, err := flow.ParseID(r.PostFormValue("command"))
	if err != nil {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	ref := flow.StageRef{Process: process, Stage: r.PathValue("stage")}
	if _, _, err := w.stageOf(r, who, ref); err != nil {
		return err
	}
	a := flow.Send{Note: clean(r.PostFormValue("note")), Goods: flow.Goods(r.PostFormValue("goods")), Override: clean(r.PostFormValue("override"))}
	a.Vendor, _ = flow.ParseID(r.PostFormValue("vendor")) // none is refused by the rules
	if text := strings.TrimSpace(r.PostFormValue("expected")); text != "" {
		day, err := sheets.Date(text, w.Now())
		if err != nil {
			return err
		}
		a.Expected = flow.DateOf(day)
	}
	q, err := quantity(r.PostFormValue("quantity"))
	if err != nil {
		return err
	}
	for _, text := range r.PostForm["job"] {
		job, err := flow.ParseID(text)
		if err != nil {
			return &flow.Refusal{Code: flow.BadCommand}
		}
		a.Lines = append(a.Lines, flow.SendLine{Work: flow.Work{Job: job, Stage: ref.Stage}})
	}
	if len(a.Lines) == 0 {
		return &flow.Refusal{Code: flow.NoJobs}
	}
	if len(a.Lines) == 1 {
		a.Lines[0].Quantity = q
		if a.Lines[0].Of, err = w.sentBySize(r, who, a.Lines[0].Job); err != nil {
			return err
		}
	}
	vendors, err := w.DB.Vendors(r.Context(), who.Org)
	if err != nil {
		return err
	}
	if _, known := vendors[a.Vendor]; !known && !a.Vendor.IsZero() {
		return errNotYours
	}
	receipt, err := w.do(r, who, id, a)
	if err != nil {
		return err
	}
	m, err := w.DB.Movement(r.Context(), who.Org, receipt.First)
	if err != nil {
		return err
	}
	http.Redirect(rw, r, "/challans/"+url.PathEscape(m.Facts.Challan), http.StatusSeeOther)
	return nil
}

// sentBySize is what of one job goes, by size, when the form asked for that.
func (w *Web) sentBySize(r *http.Request, who flow.Person, job flow.ID) (map[string]flow.Amount, error) {
	f := cardForm{Amounts: withPrefix(r, amountPrefix)}
	if len(f.Amounts) == 0 {
		return nil, nil
	}
	j, err := w.DB.Job(r.Context(), who.Org, job)
	if err != nil {
		return nil, err
	}
	of, _, err := f.counted(j.Accounts, "send")
	return of, err
}

// outLine is what is at a vendor on one challan, as the stage card shows it.
type outLine struct {
	*view
	flow.Out
	VendorName string
	Late       bool
	Says       []saying // what the vendor says of it
}

// Away is what of the job is at vendors at this stage.
func (p place) Away() []outLine {
	var list []outLine
	for _, o := range p.State.Out {
		late := o.Expected != "" && o.Expected < flow.DateOf(p.Now.In(p.Zone))
		list = append(list, outLine{p.view, o, cmp.Or(p.names[o.Vendor].Name, p.T("vendor")), late, p.saying(o, p.Unit())})
	}
	return list
}

// Challan is the address of the note.
func (o outLine) Link() string { return "/challans/" + url.PathEscape(o.Out.Challan) }

// vendorList are the vendors to choose from, by name.
func vendorList(vendors map[flow.ID]postgres.Vendor) []postgres.Vendor {
	list := make([]postgres.Vendor, 0, len(vendors))
	for _, v := range vendors {
		list = append(list, v)
	}
	slices.SortFunc(list, func(a, b postgres.Vendor) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// receive reads what came back from the form of the card.
func (f cardForm) receive(at flow.Work, accounts []flow.Account, release flow.Release) (flow.Action, error) {
	a := flow.Receive{Work: at, Challan: f.Challan, Note: f.Note, Release: release}
	var errs []error
	for _, typed := range []struct {
		to   *flow.Quantity
		text string
	}{{&a.Good, f.Good}, {&a.Damaged, f.Wasted}, {&a.Short, f.ShortThere}, {&a.Unused, f.Unused}} {
		q, err := quantity(typed.text)
		*typed.to = q
		errs = append(errs, err)
	}
	of, err := f.amounts(accounts, func(get func(string) flow.Quantity) flow.Amount {
		amount := flow.Amount{Good: get("good"), Short: get("short"), Quantity: get("unused")}
		if damaged := get("wasted"); damaged > 0 {
			amount.Wasted = []flow.Waste{{Reason: flow.DamagedAtVendor, Quantity: damaged}}
		}
		return amount
	})
	a.Of = of
	return a, errors.Join(append(errs, err)...)
}

// Days is for how many days something has been at a vendor.
func (c challan) Days() int { return int(c.Now.Sub(c.Sent) / (24 * time.Hour)) }

// UsualVendor is who usually does the stage.
func (p cardPage) UsualVendor() flow.ID { return p.Place.Stage.Vendor }

// UsualVendor is who usually does the stage.
func (p queuePage) UsualVendor() flow.ID { return p.Stage.Vendor }
