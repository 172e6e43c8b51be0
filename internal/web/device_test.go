package web_test

import (
	"net/http"
	"net/url"
	"testing"

	"clicarity/internal/postgres/pgtest"
)

// agent puts into every request what a browser says of itself, and where it comes from.
type agent struct{ browser, address string }

// RoundTrip makes one exchange.
func (a agent) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("User-Agent", a.browser)
	r.Header.Set("X-Forwarded-For", a.address)
	return http.DefaultTransport.RoundTrip(r)
}

// Of a browser its family and that of its device are kept; neither its full name nor the address it comes from are in any
// column of any table, whatever somebody does.
func TestOnlyTheFamilyOfABrowserIsKept(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	as := func(b *browser) *browser {
		b.client.Transport = agent{"Mozilla/5.0 (Linux; Android 14; Kaveri K9 Build/AP1A.240305) AppleWebKit/537.36 Chrome/131.0.6778.39 Mobile Safari/537.36", "203.0.113.77"}
		return b
	}
	owner, ravi := as(f.browser()).signIn("owner@sahyadri.example", "owner pass"), as(f.browser()).signIn("ravi@sahyadri.example", "operator pass")
	owner.newJob(f, "A-1", "500")
	job := "/jobs/" + f.jobNumbered("A-1").String() + "/at/printing"
	owner.get(job).says(200)
	owner.post(job, url.Values{"command": {newID(t).String()}, "do": {"start"}})
	owner.post("/people/invitations", url.Values{"command": {newID(t).String()}, "role": {"operator"}, "name": {"Sunita"}})
	as(f.browser()).post("/sign-in", url.Values{"login": {"owner@sahyadri.example"}, "password": {"wrong"}})
	as(f.browser()).post("/forgot", url.Values{"login": {"owner@sahyadri.example"}})
	ravi.get("/my").says(200)
	ravi.get("/people")
	owner.get("/account").says(200, "phone · Chrome")
	for _, found := range pgtest.Scan(t, f.database, "Kaveri", "AP1A", "131.0.6778", "AppleWebKit", "203.0.113.77") {
		t.Errorf("it is kept: %s", found)
	}
	if len(pgtest.Scan(t, f.database, "phone · Chrome")) == 0 {
		t.Error("the scan finds nothing")
	}
}
