package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// vendorRows is how many challans of each kind a vendor's page shows at once.
const vendorRows = 20

type vendorPage struct {
	*view
	Vendor         postgres.Vendor
	Open, Past     []challan
	OpenMore       string // address of the next page
	PastMore       string
	OpenOn, PastOn bool       // the page is not the first one
	Links          *linksPart // nil for those who give out none
}

// vendor shows what one vendor has, challan by challan, and the challans before.
func (w *Web) vendor(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	id, err := pathID(r, "vendor")
	if err != nil {
		return err
	}
	vendors, err := w.DB.Vendors(r.Context(), who.Org)
	if err != nil {
		return err
	}
	p := vendorPage{view: w.view(r, who, ""), Vendor: vendors[id]}
	if p.Vendor.ID.IsZero() {
		return errNotYours
	}
	p.Title = p.Vendor.Name
	if p.Open, p.OpenMore, p.OpenOn, err = w.challanPage(r, p.view, postgres.ChallanQuery{Vendor: id}); err != nil {
		return err
	}
	if p.Past, p.PastMore, p.PastOn, err = w.challanPage(r, p.view, postgres.ChallanQuery{Vendor: id, Over: true}); err != nil {
		return err
	}
	if err := w.vendorLinks(r, &p); err != nil {
		return err
	}
	return w.render(rw, http.StatusOK, "vendor", p)
}

// vendorLinks adds the links of a vendor for those who may give them out.
func (w *Web) vendorLinks(r *http.Request, p *vendorPage) error {
	if !p.Who.May(flow.MayLink) {
		return nil
	}
	open := make([]postgres.Challan, len(p.Open))
	for i, c := range p.Open {
		open[i] = c.Challan
	}
	links, err := w.DB.VendorLinks(r.Context(), p.Who.Org, p.Vendor.ID)
	if err == nil {
		p.Links, err = w.challanLinks(r, p.view, p.Vendor.ID, links, open)
	}
	return err
}

// challanPage is a page of a vendor's challans from where the address says, the address of the next, and whether it is not
// the first. Each of the two lists turns its own pages.
func (w *Web) challanPage(r *http.Request, v *view, q postgres.ChallanQuery) (list []challan, next string, on bool, err error) {
	turns := "open"
	if q.Over {
		turns = "past"
	}
	q.After, q.Limit = challanPlace(r.URL.Query().Get(turns)), vendorRows
	found, more, err := w.DB.Challans(r.Context(), v.Who.Org, q)
	if err != nil {
		return nil, "", false, err
	}
	if !q.Over {
		if err := w.DB.Lines(r.Context(), v.Who.Org, found); err != nil {
			return nil, "", false, err
		}
	}
	if more {
		last := found[len(found)-1]
		at := url.Values{turns: {strconv.FormatInt(last.Sent.UnixMicro(), 10) + "." + last.Number}}
		next = r.URL.Path + "?" + at.Encode()
	}
	list, err = w.shown(r, v, found)
	return list, next, q.After.Number != "", err
}

// challanPlace reads a place in a list of challans; what is no place is the beginning.
func challanPlace(text string) postgres.ChallanPlace {
	micros, number, _ := strings.Cut(text, ".")
	at, err := strconv.ParseInt(micros, 10, 64)
	if err != nil || number == "" || len(number) > flow.MaxNumber || at < 0 || at > int64(253402300799000000) {
		return postgres.ChallanPlace{}
	}
	return postgres.ChallanPlace{Sent: time.UnixMicro(at), Number: number}
}
