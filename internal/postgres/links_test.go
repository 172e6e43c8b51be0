package postgres_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

// linked is a firm with a job at a vendor.
func (f *firm) linked(number string) (vendor postgres.Vendor, challan string) {
	f.t.Helper()
	vendor = postgres.Vendor{ID: newID(f.t), Name: "Konkan Laminators of " + number}
	if err := f.db.AddVendor(f.t.Context(), f.org, vendor); err != nil {
		f.t.Fatal(err)
	}
	id := f.job(number, 100)
	f.must(flow.Send{Vendor: vendor.ID, Lines: []flow.SendLine{{Work: at(id, "printing")}}})
	j, err := f.db.Job(f.t.Context(), f.org, id)
	if err != nil {
		f.t.Fatal(err)
	}
	return vendor, j.Stages[0].Out[0].Challan
}

// Every use of a link is counted and in the audit log; one that is over or revoked, and one of another organisation, is not
// there at all.
func TestALinkIsCountedAuditedAndEnds(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	a, b := openFirm(t, db, "sahyadri"), openFirm(t, db, "konkan")
	vendor, challan := a.linked("JC-1")
	ctx, now := t.Context(), time.Now()
	l := postgres.Link{ID: newID(t), Vendor: vendor.ID, Challans: []string{challan}, By: a.owner, Created: now, Expires: now.Add(time.Hour)}
	again := l
	again.ID = newID(t)
	if err := errors.Join(db.AddLink(ctx, a.org, l, newID(t)), db.AddLink(ctx, a.org, again, newID(t))); err != nil {
		t.Fatal(err)
	}
	got, who, err := db.OpenLink(ctx, a.org, l.ID, now)
	if err != nil || !slices.Equal(got.Challans, l.Challans) || who.Role != flow.Vendor || who.Name != vendor.Name || !who.Scope.Vendors[vendor.ID] || who.May(flow.MaySelf) || !who.May(flow.MayAnswer) {
		t.Errorf("%+v %+v %v", got, who, err)
	}
	_, same, err := db.OpenLink(ctx, a.org, again.ID, now)
	if err != nil || same.Member != who.Member {
		t.Errorf("the second link of a vendor is in another name: %v", err)
	}
	for name, try := range map[string]func() error{
		"over":                    func() error { _, _, err := db.OpenLink(ctx, a.org, l.ID, now.Add(time.Hour)); return err },
		"of another organisation": func() error { _, _, err := db.OpenLink(ctx, b.org, l.ID, now); return err },
		"unknown":                 func() error { _, _, err := db.OpenLink(ctx, a.org, newID(t), now); return err },
		"to another's vendor":     func() error { x := l; x.ID = newID(t); return db.AddLink(ctx, b.org, x, newID(t)) },
	} {
		if err := try(); !errors.Is(err, postgres.ErrNotFound) {
			t.Errorf("a link %s: %v", name, err)
		}
	}
	used := postgres.As(ctx, postgres.Actor{Member: who.Member, Device: "link", Via: flow.ViaLink, At: now})
	if err := errors.Join(db.LinkUsed(used, a.org, l.ID, now), db.LinkUsed(used, a.org, l.ID, now), db.RevokeLink(ctx, b.org, l.ID, now)); err != nil {
		t.Fatal(err)
	}
	if got, err := db.LinkOf(ctx, a.org, l.ID); err != nil || got.Uses != 2 || !got.Live(now) {
		t.Errorf("%+v %v", got, err)
	}
	if err := db.RevokeLink(ctx, a.org, l.ID, now); err != nil {
		t.Fatal(err)
	}
	if _, _, err := db.OpenLink(ctx, a.org, l.ID, now); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("a revoked link: %v", err)
	}
	a.auditSays(url, "link_added "+l.ID.String(), "link_used "+l.ID.String(), "link_changed "+l.ID.String())
}

// auditSays looks for entries, each told by what happened to what, and for names in any of them.
func (f *firm) auditSays(url string, want ...string) {
	f.t.Helper()
	conn := pgtest.Owner(f.t, url)
	if _, err := conn.Exec(f.t.Context(), "select set_config('app.org', $1, false)", f.org.String()); err != nil {
		f.t.Fatal(err)
	}
	rows, err := conn.Query(f.t.Context(), "select what || ' ' || coalesce(content::jsonb ->> 'id', ''), content from audit where org_id = $1 and what like 'link%'", f.org)
	if err != nil {
		f.t.Fatal(err)
	}
	defer rows.Close()
	var has []string
	for rows.Next() {
		var entry, content string
		if err := rows.Scan(&entry, &content); err != nil {
			f.t.Fatal(err)
		}
		has = append(has, entry)
		if strings.Contains(content, "Konkan") || strings.HasPrefix(entry, "link_used") && !strings.Contains(content, `"via": "link"`) {
			f.t.Errorf("the entry is %s", content)
		}
	}
	for _, w := range want {
		if !slices.Contains(has, w) {
			f.t.Errorf("no entry %s in %v", w, has)
		}
	}
}

// What is at vendors is read page by page, what is expected first before the rest, each challan once.
func TestAtVendorsPageByPage(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	vendor, other := postgres.Vendor{ID: newID(t), Name: "Konkan"}, postgres.Vendor{ID: newID(t), Name: "Vasai"}
	if err := errors.Join(f.db.AddVendor(t.Context(), f.org, vendor), f.db.AddVendor(t.Context(), f.org, other)); err != nil {
		t.Fatal(err)
	}
	for i, day := range []flow.Date{"2027-02-03", "", "2027-01-05", "2027-01-05", "", "2026-12-31"} {
		f.must(flow.Send{Vendor: vendor.ID, Expected: day, Lines: []flow.SendLine{{Work: at(f.job(fmt.Sprint("JC-", i), 100), "printing")}}})
	}
	f.must(flow.Send{Vendor: other.ID, Expected: "2026-12-01", Lines: []flow.SendLine{{Work: at(f.job("JC-9", 100), "printing")}}})
	var days []string
	var after postgres.DuePlace
	for pages := 0; ; pages++ {
		list, more, err := f.db.AtVendors(t.Context(), f.org, []flow.ID{vendor.ID}, after, 2)
		if err != nil || pages > 5 {
			t.Fatal(pages, err)
		}
		for _, c := range list {
			days, after = append(days, string(c.Expected)), c.Place()
		}
		if !more {
			break
		}
	}
	if want := []string{"2026-12-31", "2027-01-05", "2027-01-05", "2027-02-03", "", ""}; !slices.Equal(days, want) {
		t.Errorf("%q, want %q", days, want)
	}
}
