package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
)

// linkDoors bound how often links are tried.
type linkDoors struct {
	addresses *httpd.Limiter // per network address, whatever is tried there
	uses      *httpd.Limiter // per link
}

func newLinkDoors() linkDoors {
	return linkDoors{addresses: httpd.NewLimiter(500*time.Millisecond, 120), uses: httpd.NewLimiter(time.Second, 60)}
}

// opened is a link that somebody has come by.
type opened struct {
	link postgres.Link
	who  flow.Person // in whose name things are done
	job  flow.Job    // of a customer's link
	path string
}

// anonymous is somebody of an organisation whom the pages do not know: they read its words and its clock.
func anonymous(who flow.Person) flow.Person {
	return flow.Person{Org: who.Org, OrgName: who.OrgName, Timezone: who.Timezone, Words: who.Words, Hours: who.Hours, Language: who.Language}
}

// openLink finds what a token opens, counts the use, and puts it into the audit log. A token that was not made here, one of
// a link that is over, and one that was revoked get the same answer.
func (w *Web) openLink(rw http.ResponseWriter, r *http.Request) (opened, *http.Request, error) {
	rw.Header().Set("X-Robots-Tag", "noindex, nofollow")
	now := w.Now()
	if !w.links.addresses.Allow(httpd.Address(r), now) {
		return opened{}, r, httpd.Status(http.StatusTooManyRequests)
	}
	org, id, ok := w.readLink(r.PathValue("token"))
	if !ok {
		return opened{}, r, postgres.ErrNotFound
	}
	l, who, err := w.DB.OpenLink(r.Context(), org, id, now)
	o := opened{link: l, who: who, path: "/l/" + url.PathEscape(r.PathValue("token"))}
	if err == nil && l.ForCustomer() {
		if o.job, err = w.DB.Job(r.Context(), org, l.Job); err == nil && !now.Before(customerEnd(l, o.job)) {
			err = postgres.ErrNotFound
		}
	}
	if err == nil && !w.links.uses.Allow(id.String(), now) {
		err = httpd.Status(http.StatusTooManyRequests)
	}
	if err != nil {
		return opened{}, r, err
	}
	r = r.WithContext(postgres.As(r.Context(), postgres.Actor{Member: who.Member, Device: "link", Via: flow.ViaLink, At: now}))
	return o, r, w.DB.LinkUsed(r.Context(), org, id, now)
}

// linkPage shows what a link is for.
func (w *Web) linkPage(rw http.ResponseWriter, r *http.Request, _ flow.Person) error {
	o, r, err := w.openLink(rw, r)
	switch {
	case err != nil:
		return err
	case o.link.ForCustomer():
		return w.customerPage(rw, r, o)
	}
	return w.showVendorLink(rw, r, o, http.StatusOK, "", answerForm{})
}

type vendorLinkPage struct {
	*view
	Vendor   string
	Challans []workChallan
	Until    flow.Date
	Kept     string
}

// showVendorLink shows the challans of a vendor's link, and what was typed for one of them.
func (w *Web) showVendorLink(rw http.ResponseWriter, r *http.Request, o opened, status int, number string, f answerForm) error {
	p := vendorLinkPage{view: w.view(r, anonymous(o.who), ""), Vendor: o.who.Name}
	p.Path, p.Title, p.Kept, p.Until = o.path, o.who.OrgName, p.kept(r), p.day(o.link.Expires)
	list, err := w.DB.ChallansOf(r.Context(), o.who.Org, o.link.Challans)
	if err != nil {
		return err
	}
	for _, c := range list {
		if c.Vendor != o.link.Vendor {
			continue
		}
		form := answerForm{}
		if c.Number == number {
			form = f
		}
		wc, theirs, err := w.workOf(r, p.view, o.who, c, form)
		if err != nil {
			return err
		}
		if wc.To = o.path; theirs {
			p.Challans = append(p.Challans, wc)
		}
	}
	slices.SortStableFunc(p.Challans, func(a, b workChallan) int { return cmp.Compare(min(b.Open, 1), min(a.Open, 1)) })
	return w.render(rw, status, "vendorlink", p)
}

// linkAnswer takes what a vendor says who came by a link, in the name of the member of the vendor's links.
func (w *Web) linkAnswer(rw http.ResponseWriter, r *http.Request, _ flow.Person) error {
	o, r, err := w.openLink(rw, r)
	if err != nil {
		return err
	}
	number := r.PostFormValue("challan")
	if o.link.ForCustomer() || !slices.Contains(o.link.Challans, number) {
		return postgres.ErrNotFound
	}
	c, err := w.theirChallan(r, o.who, number)
	if err == nil && c.Vendor != o.link.Vendor {
		err = errNotYours
	}
	if err != nil {
		return err
	}
	f := readAnswer(r)
	if err := w.answer(r, o.who, c, f, "link"); err != nil {
		var status int
		if f.Error, status, err = w.refusedAnswer(r, o.who, err); err != nil {
			return err
		}
		return w.showVendorLink(rw, r, o, status, number, f)
	}
	http.Redirect(rw, r, o.path+"?said="+url.QueryEscape(f.Do), http.StatusSeeOther)
	return nil
}

// day is the day of a moment where the organisation is.
func (v *view) day(t time.Time) flow.Date { return flow.DateOf(t.In(v.Zone)) }

// customerPage is what a customer reads: nothing of a job but its number, its item, how far it is and when it is due.
type customerPage struct {
	*view
	Number, Item string
	Trail        []trailStep
	Stands       string
	Ahead        string
	Due          flow.Date
	Last         flow.Moment
	Dispatch     string
	Done         bool
	Until        flow.Date
}

func (w *Web) customerPage(rw http.ResponseWriter, r *http.Request, o opened) error {
	v := w.view(r, anonymous(o.who), "")
	p, err := w.DB.Edition(r.Context(), o.who.Org, flow.Edition{Process: o.job.Process, Version: o.job.Version})
	if err != nil {
		return err
	}
	m := milestones{v, p.Progress(o.job)}
	page := customerPage{view: v, Number: o.job.Number, Item: o.job.Item, Trail: m.Trail(), Stands: m.Now(), Ahead: m.Ahead(), Due: o.job.Due, Last: o.job.Last,
		Done: !o.job.Open(), Until: v.day(customerEnd(o.link, o.job))}
	switch {
	case page.Done:
		page.Dispatch = v.T("customer_dispatched", "date", v.Date(flow.DateOf(o.job.Completed.Time().In(v.Zone))))
	case o.job.Dispatched() > 0:
		page.Dispatch = v.T("customer_part_dispatched")
	default:
		page.Dispatch = v.T("customer_not_dispatched")
	}
	v.Path, v.Title = o.path, o.job.Number
	return w.render(rw, http.StatusOK, "customer", page)
}
