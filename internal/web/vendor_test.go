package web_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// A vendor with many challans has a page that ends: what is there and what is over turn their own pages, and no challan is
// missed or seen twice.
func TestAVendorsPageTurns(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	vendor := postgres.Vendor{ID: newID(t), Name: "Konkan Laminators"}
	if err := f.db.AddVendor(t.Context(), f.org, vendor); err != nil {
		t.Fatal(err)
	}
	owner := f.ownerBrowser()
	const jobs = 47
	begun := time.Now().AddDate(0, 0, -20)
	for n := range jobs {
		number := fmt.Sprintf("V-%d", n)
		id := newID(t)
		mark := flow.Mark{Org: f.org, Member: f.owner, Role: flow.Owner, Scope: flow.Scope{All: true}, At: flow.At(begun)} // all at one moment: the number decides
		do := func(a flow.Action) flow.Receipt {
			t.Helper()
			r, err := f.db.Do(t.Context(), mark, flow.Command{ID: newID(t), Action: a})
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		do(flow.Create{Process: f.process.ID, Version: 1, Jobs: []flow.NewJob{{ID: id, Number: number, Quantity: flow.Units(500)}}})
		at := flow.Work{Job: id, Stage: "printing"}
		m, err := f.db.Movement(t.Context(), f.org, do(flow.Send{Vendor: vendor.ID, Lines: []flow.SendLine{{Work: at}}}).First)
		if err != nil {
			t.Fatal(err)
		}
		if n%2 == 0 {
			do(flow.Receive{Work: at, Challan: m.Facts.Challan, Good: flow.Units(500)})
		}
	}
	challans, next := regexp.MustCompile(`href="/challans/([^"]+)"`), regexp.MustCompile(`href="(/vendors/[^"?]+\?(open|past)=[^"]+)"`)
	seen := map[string]int{}
	follow := func(turns string) {
		address, pages := "/vendors/"+vendor.ID.String(), 0
		for address != "" {
			owner.get(address).says(200, "Konkan Laminators")
			part, past, _ := strings.Cut(owner.body, `<details class="past"`)
			if turns == "past" {
				part = past
			}
			list := challans.FindAllStringSubmatch(part, -1)
			if len(list) == 0 || len(list) > 20 {
				t.Fatalf("a page of %d challans", len(list))
			}
			for _, m := range list {
				seen[m[1]]++
			}
			address = ""
			if i := slices.IndexFunc(next.FindAllStringSubmatch(part, -1), func(m []string) bool { return m[2] == turns }); i >= 0 {
				address = next.FindAllStringSubmatch(part, -1)[i][1]
			}
			pages++
		}
		if pages != 2 {
			t.Errorf("%s has %d pages", turns, pages)
		}
	}
	follow("open")
	follow("past")
	if len(seen) != jobs {
		t.Errorf("%d of %d challans were seen", len(seen), jobs)
	}
	for number, times := range seen {
		if times != 1 {
			t.Errorf("%s was seen %d times", number, times)
		}
	}
	for _, bad := range []string{"x", "1", "1.", ".A", "99999999999999999999.A", "-5.A", "253402300800000000.A"} {
		owner.get("/vendors/"+vendor.ID.String()+"?open="+bad).says(200, "Konkan Laminators")
	}
}
