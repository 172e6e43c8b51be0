package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
)

// How long links last: a customer's until some time after dispatch, and never longer than the limit; a vendor's as long as
// was chosen.
const (
	afterDispatch = 30 * 24 * time.Hour
	customerLimit = 400 * 24 * time.Hour
	vendorDays    = 30
)

// vendorDayChoices are for how many days a vendor's link can be made.
var vendorDayChoices = []int{7, vendorDays, 90}

// maxLinkChallans bounds for how many challans one link is.
const maxLinkChallans = 50

// linkUse is what tokens of links are signed for.
const linkUse = "link"

// linkToken is what is given out: the organisation and the link, signed.
func (w *Web) linkToken(org, id flow.ID) string {
	return w.Keys.Sign(linkUse, slices.Concat(org[:], id[:]))
}

// readLink is what a token names, if it was made here.
func (w *Web) readLink(token string) (org, id flow.ID, ok bool) {
	body, err := w.Keys.Read(linkUse, token)
	if err != nil || len(body) != len(org)+len(id) {
		return org, id, false
	}
	copy(org[:], body)
	copy(id[:], body[len(org):])
	return org, id, true
}

// customerEnd is when a customer's link for a job ends.
func customerEnd(l postgres.Link, j flow.Job) time.Time {
	if end := j.Completed.Time().Add(afterDispatch); !j.Open() && end.Before(l.Expires) {
		return end
	}
	return l.Expires
}

// linkRow is a link as those read it who may make links.
type linkRow struct {
	*view
	postgres.Link
	URL    string
	Ends   flow.Moment
	Over   bool
	ByName string
	Newest bool // it has just been made
}

// QR is the address to be scanned.
func (l linkRow) QR() *qrPicture { return newQR(l.URL) }

// WhatsApp is the address at which the link can be sent on; nothing goes there until somebody taps it.
func (l linkRow) WhatsApp() string {
	text := l.T("share_vendor_text", "org", l.Who.OrgName, "link", l.URL)
	if l.ForCustomer() {
		text = l.T("share_customer_text", "org", l.Who.OrgName, "link", l.URL)
	}
	return "https://wa.me/?text=" + url.QueryEscape(text)
}

// CreatedAt is when it was made.
func (l linkRow) CreatedAt() flow.Moment { return flow.At(l.Created) }

// UsedAt is when it was last used, 0 for never.
func (l linkRow) UsedAt() flow.Moment {
	if l.Used.IsZero() {
		return 0
	}
	return flow.At(l.Used)
}

// linksPart is the links of a page: those there are, and how to make one.
type linksPart struct {
	*view
	Links    []linkRow
	To       string // where a new one is asked for, empty when it cannot be
	Challans []string
	Customer bool
	Days     []int
	Usual    int
	Named    bool // the page is about the one challan that a new link is for
}

// linkRows makes links ready for a page. job is that of customers' links.
func (w *Web) linkRows(r *http.Request, v *view, list []postgres.Link, job *flow.Job) ([]linkRow, error) {
	var by []flow.ID
	for _, l := range list {
		by = append(by, l.By)
	}
	names, err := w.DB.Names(r.Context(), v.Who.Org, by)
	if err != nil {
		return nil, err
	}
	rows := make([]linkRow, len(list))
	for i, l := range list {
		end := l.Expires
		if job != nil {
			end = customerEnd(l, *job)
		}
		over := !l.Live(v.Now) || !v.Now.Before(end)
		rows[i] = linkRow{v, l, w.URL + "/l/" + w.linkToken(v.Who.Org, l.ID), flow.At(end), over, names[l.By], l.ID.String() == r.FormValue("link")}
	}
	return rows, nil
}

// jobLinks are the customer's links of a job, for those who may make them of it.
func (w *Web) jobLinks(r *http.Request, v *view, j flow.Job) (*linksPart, error) {
	if !v.Who.May(flow.MayLink) || !v.Who.Scope.Holds(j) || j.Track != "" {
		return nil, nil //nolint:nilnil // no such part of the page
	}
	list, err := w.DB.JobLinks(r.Context(), v.Who.Org, j.ID)
	if err != nil {
		return nil, err
	}
	p := &linksPart{view: v, Customer: true}
	if shareable(j, v.Now) {
		p.To = "/jobs/" + j.ID.String() + "/links"
	}
	p.Links, err = w.linkRows(r, v, list, &j)
	return p, err
}

// shareable reports whether a customer's link made now would open anything.
func shareable(j flow.Job, now time.Time) bool {
	return j.Open() || now.Before(j.Completed.Time().Add(afterDispatch))
}

// challanLinks are the links of some challans of a vendor that can be named in a new one.
func (w *Web) challanLinks(r *http.Request, v *view, vendor flow.ID, list []postgres.Link, challans []postgres.Challan) (*linksPart, error) {
	p := &linksPart{view: v, Days: vendorDayChoices, Usual: vendorDays, Named: len(challans) == 1}
	for _, c := range challans {
		if c.Open > 0 && linkable(v.Who, c) && len(p.Challans) < maxLinkChallans {
			p.Challans = append(p.Challans, c.Number)
		}
	}
	if len(p.Challans) > 0 {
		p.To = "/vendors/" + vendor.String() + "/links"
	}
	var err error
	p.Links, err = w.linkRows(r, v, list, nil)
	return p, err
}

// linkable reports whether a person may give out a link for a challan: all of it is within their scope.
func linkable(who flow.Person, c postgres.Challan) bool {
	outside := func(l postgres.ChallanLine) bool { return !who.Scope.Holds(l.Job) && !who.Scope.At(l.Job, l.Stage) }
	return who.May(flow.MayLink) && len(c.Lines) > 0 && !slices.ContainsFunc(c.Lines, outside)
}

// addJobLink makes a customer's link.
func (w *Web) addJobLink(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	id, err := pathID(r, "job")
	if err != nil {
		return err
	}
	j, _, err := w.jobFor(r, who, id)
	if err == nil && (!who.Scope.Holds(j) || j.Track != "" || !shareable(j, w.Now())) {
		err = errNotYours
	}
	if err != nil {
		return err
	}
	now := w.Now()
	l := postgres.Link{ID: w.newID(), Job: id, By: who.Member, Created: now, Expires: now.Add(customerLimit)}
	if err := w.DB.AddLink(r.Context(), who.Org, l, flow.ID{}); err != nil {
		return err
	}
	http.Redirect(rw, r, "/jobs/"+id.String()+"?link="+l.ID.String()+"#links", http.StatusSeeOther)
	return nil
}

// addVendorLink makes a link for challans of a vendor.
func (w *Web) addVendorLink(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	vendor, err := pathID(r, "vendor")
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return httpd.Status(http.StatusBadRequest)
	}
	numbers := slices.Compact(slices.Sorted(slices.Values(cleaned(r.PostForm["challan"]))))
	if len(numbers) > maxLinkChallans {
		return &flow.Refusal{Code: flow.TooMany, Name: "challans", Limit: maxLinkChallans}
	}
	list, err := w.DB.ChallansOf(r.Context(), who.Org, numbers)
	if err != nil {
		return err
	}
	not := func(c postgres.Challan) bool { return c.Vendor != vendor || !linkable(who, c) }
	if len(numbers) == 0 || len(list) != len(numbers) || slices.ContainsFunc(list, not) {
		return errNotYours
	}
	days, err := strconv.Atoi(r.PostFormValue("days"))
	if err != nil || !slices.Contains(vendorDayChoices, days) {
		days = vendorDays
	}
	now := w.Now()
	l := postgres.Link{ID: w.newID(), Vendor: vendor, Challans: numbers, By: who.Member, Created: now, Expires: now.AddDate(0, 0, days)}
	if err := w.DB.AddLink(r.Context(), who.Org, l, w.newID()); err != nil {
		return err
	}
	http.Redirect(rw, r, w.linkHome(r, who, l)+"?link="+l.ID.String()+"#links", http.StatusSeeOther)
	return nil
}

// linkHome is the page on which a link is shown: that of the job, of the challan, or of the vendor for those who have it.
func (w *Web) linkHome(r *http.Request, who flow.Person, l postgres.Link) string {
	switch {
	case l.ForCustomer():
		return "/jobs/" + l.Job.String()
	case r.PostFormValue("from") == "vendor" && who.May(flow.MayVendors) && who.Scope.Everything():
		return "/vendors/" + l.Vendor.String()
	}
	return "/challans/" + url.PathEscape(l.Challans[0])
}

// revokeLink ends a link at once, for those who may make it.
func (w *Web) revokeLink(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	id, err := pathID(r, "link")
	if err != nil {
		return err
	}
	l, err := w.DB.LinkOf(r.Context(), who.Org, id)
	if err == nil {
		err = w.mayRevoke(r, who, l)
	}
	if err == nil {
		err = w.DB.RevokeLink(r.Context(), who.Org, id, w.Now())
	}
	if err != nil {
		return err
	}
	http.Redirect(rw, r, w.linkHome(r, who, l)+"#links", http.StatusSeeOther)
	return nil
}

func (w *Web) mayRevoke(r *http.Request, who flow.Person, l postgres.Link) error {
	if l.ForCustomer() {
		j, _, err := w.jobFor(r, who, l.Job)
		if err == nil && !who.Scope.Holds(j) {
			err = errNotYours
		}
		return err
	}
	list, err := w.DB.ChallansOf(r.Context(), who.Org, l.Challans)
	if err == nil && (len(list) == 0 || slices.ContainsFunc(list, func(c postgres.Challan) bool { return !linkable(who, c) })) {
		err = errNotYours
	}
	return err
}

// linkRoutes are how links are made and ended, and where they lead. What a link opens, it says itself.
func (w *Web) linkRoutes() []httpd.Route {
	return []httpd.Route{
		{Pattern: "POST /jobs/{job}/links", May: flow.MayLink, Handler: w.addJobLink},
		{Pattern: "POST /vendors/{vendor}/links", May: flow.MayLink, Handler: w.addVendorLink},
		{Pattern: "POST /links/{link}/revoke", May: flow.MayLink, Closed: true, Handler: w.revokeLink},
		{Pattern: "GET /l/{token}", May: flow.Anybody, Handler: w.linkPage},
		{Pattern: "POST /l/{token}", May: flow.Anybody, Handler: w.linkAnswer},
	}
}
