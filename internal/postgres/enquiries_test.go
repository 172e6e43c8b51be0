package postgres_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

// enquired leaves what the public site takes in.
func (f *firm) enquired() error {
	f.t.Helper()
	now := time.Now()
	e := enquiry(f, "asha@mill.example", now)
	_, err := f.db.AddEnquiry(f.t.Context(), f.org, e)
	if err != nil {
		return err
	}
	if _, err = f.db.Book(f.t.Context(), f.org, booked(f, "https://calendly.example/1", now)); err != nil {
		return err
	}
	gone := enquiry(f, "gone@mill.example", now)
	if _, err := f.db.AddEnquiry(f.t.Context(), f.org, gone); err != nil {
		return err
	}
	if err := f.db.EraseEnquiry(f.t.Context(), f.org, gone.ID, now); err != nil {
		return err
	}
	if _, _, err := f.db.TakeCalendlyWatch(f.t.Context(), f.org, now); err != nil {
		return err
	}
	if err := f.db.AddTrial(f.t.Context(), f.org, postgres.Trial{Org: newID(f.t), Owner: newID(f.t), Operator: newID(f.t), Made: now}); err != nil {
		return err
	}
	return f.db.AddSiteConsent(f.t.Context(), f.org, postgres.SiteConsent{ID: newID(f.t), Version: 1, Choices: "a0", Language: "en", At: now})
}

func enquiry(f *firm, email string, now time.Time) postgres.Enquiry {
	mark := [32]byte{}
	copy(mark[:], email)
	return postgres.Enquiry{ID: newID(f.t), Source: "form", Purpose: "demo", Mark: mark[:], Language: "en", Page: "/demo", Notice: 1, At: now,
		Asker:   postgres.Asker{Name: "Asha Kulkarni", Company: "Kulkarni Cartons", Email: email, Phone: "+910000000031", Message: "We make mono cartons in Vasai"},
		ReplyBy: now.Add(48 * time.Hour), EraseAfter: now.Add(365 * 24 * time.Hour)}
}

func booked(f *firm, invitee string, now time.Time) postgres.Booking {
	e := enquiry(f, "asha@mill.example", now)
	e.Source = "calendly"
	return postgres.Booking{Invitee: invitee, Starts: now.Add(72 * time.Hour), EraseAfter: e.EraseAfter, Enquiry: e}
}

func TestAnEnquiryIsSealedThereOnceAndGoesInTime(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	f, other, now := openFirm(t, db, "clicarity"), openFirm(t, db, "konkan"), time.Now().Truncate(time.Microsecond)
	e := enquiry(f, "asha@mill.example", now)
	mail := postgres.Mail{To: "owner@clicarity.example", Subject: "An enquiry", Text: "look", Kind: "enquiry", Key: e.ID.String(), At: now}
	for i := range 3 { // sent three times
		if added, err := db.AddEnquiry(t.Context(), f.org, e, mail); err != nil || added != (i == 0) {
			t.Errorf("time %d: %v %v", i, added, err)
		}
	}
	got, err := db.Enquiry(t.Context(), f.org, e.ID)
	e.State, e.Mark = postgres.EnquiryNew, nil
	got.At, got.ReplyBy, got.EraseAfter = e.At, e.ReplyBy, e.EraseAfter
	if err != nil || !reflect.DeepEqual(got, e) {
		t.Errorf("%+v is not %+v (%v)", got, e, err)
	}
	var raw string
	conn := pgtest.Owner(t, url)
	if err := conn.QueryRow(t.Context(), "select string_agg(e::text, ' ') || (select count(*) from outbox) || 'mails' from enquiries e").Scan(&raw); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"Asha", "Kulkarni", "mill.example", "+910000000031", "Vasai"} {
		if strings.Contains(raw, secret) {
			t.Errorf("the database has %q in the open: %s", secret, raw)
		}
	}
	if !strings.HasSuffix(raw, "1mails") {
		t.Errorf("not one mail: %s", raw)
	}
	if _, err := db.Enquiry(t.Context(), other.org, e.ID); err == nil {
		t.Error("another organisation reads it")
	}
	act := postgres.EnquiryAct{Enquiry: e.ID, Command: newID(t), By: f.owner, At: now, Text: "We call at three"}
	for range 2 {
		if err := db.DoEnquiry(t.Context(), f.org, "answered", act); err != nil {
			t.Fatal(err)
		}
	}
	steps, err := db.EnquirySteps(t.Context(), f.org, e.ID)
	if err != nil || len(steps) != 2 || steps[1].What != "answered" || steps[1].Text != act.Text || steps[1].By != f.owner {
		t.Errorf("%+v %v", steps, err)
	}
	if list, err := db.Enquiries(t.Context(), f.org, postgres.EnquiryAnswered, postgres.EnquiryPlace{}, 10); len(list) != 1 || err != nil || list[0].Owner != f.owner {
		t.Errorf("%+v %v", list, err)
	}
	if n, err := db.EndOldEnquiries(t.Context(), f.org, e.EraseAfter.Add(-time.Second)); n != 0 || err != nil {
		t.Errorf("too early: %d %v", n, err)
	}
	if n, err := db.EndOldEnquiries(t.Context(), f.org, e.EraseAfter); n != 1 || err != nil {
		t.Errorf("%d %v", n, err)
	}
	var left int
	if err := conn.QueryRow(t.Context(), "select (select count(*) from enquiries) + (select count(*) from enquiry_steps)").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d rows are left (%v)", left, err)
	}
}

// Who was erased after they booked is not brought back, by whatever comes late, for a year; where nothing comes from Calendly, nothing
// is kept of them at all.
func TestWhoWasErasedIsNotBroughtBack(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	f, now := openFirm(t, pgtest.Open(t, url), "clicarity"), time.Now()
	digests := func() (n int) {
		t.Helper()
		if err := pgtest.Owner(t, url).QueryRow(t.Context(), "select count(*) from erased_guests").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	book := func(k postgres.Booking, want bool) {
		t.Helper()
		if news, err := f.db.Book(t.Context(), f.org, k); err != nil || news != want {
			t.Errorf("%s: %v %v", k.Invitee, news, err)
		}
	}
	e := enquiry(f, "asha@mill.example", now)
	if _, err := f.db.AddEnquiry(t.Context(), f.org, e); err != nil {
		t.Fatal(err)
	}
	if err := f.db.EraseEnquiry(t.Context(), f.org, e.ID, now); err != nil || digests() != 0 {
		t.Errorf("%d digests, %v", digests(), err)
	}
	k := booked(f, "https://calendly.example/1", now)
	k.Made = now
	book(k, true)
	list, err := f.db.Enquiries(t.Context(), f.org, postgres.EnquiryBooked, postgres.EnquiryPlace{}, 10)
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v %v", list, err)
	}
	now = now.Add(time.Hour)
	for range 2 {
		if err := f.db.EraseEnquiry(t.Context(), f.org, list[0].ID, now); err != nil || digests() != 2 { // of the guest, of the address
			t.Errorf("%d digests, %v", digests(), err)
		}
	}
	k.Enquiry = enquiry(f, "asha@mill.example", now)
	book(k, false)
	k.Cancelled = true
	book(k, false)
	moved := booked(f, "https://calendly.example/2", now)
	moved.Old, moved.Enquiry.Mark, moved.Made = k.Invitee, nil, now
	book(moved, false)
	moved.Invitee, moved.Made = "https://calendly.example/3", now.Add(time.Second) // after it, of their own accord
	book(moved, true)
	if _, err := f.db.EndOldEnquiries(t.Context(), f.org, now.AddDate(1, 0, 1)); err != nil {
		t.Fatal(err)
	}
	if n := digests(); n != 2 { // those of the enquiry whose time was over meanwhile
		t.Errorf("%d digests are left", n)
	}
}

func TestEnquiriesArePagedByWhenTheirAnswerIsDue(t *testing.T) {
	t.Parallel()
	f, now := openFirm(t, pgtest.New(t), "clicarity"), time.Now()
	want := map[flow.ID]bool{}
	for i := range 7 {
		e := enquiry(f, fmt.Sprintf("n%d@mill.example", i), now)
		e.ReplyBy = now.Add(time.Duration(i/3) * time.Hour) // several at the same moment
		want[e.ID] = true
		if _, err := f.db.AddEnquiry(t.Context(), f.org, e); err != nil {
			t.Fatal(err)
		}
	}
	var at postgres.EnquiryPlace
	for {
		page, err := f.db.Enquiries(t.Context(), f.org, postgres.EnquiryNew, at, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page {
			if e.ReplyBy.Before(at.ReplyBy) || !want[e.ID] {
				t.Errorf("%v is out of order or there twice", e.ID)
			}
			delete(want, e.ID)
			at = postgres.EnquiryPlace{ReplyBy: e.ReplyBy, ID: e.ID}
		}
		if len(page) < 2 {
			break
		}
	}
	if len(want) > 0 {
		t.Errorf("never shown: %v", want)
	}
	late := now.Add(90 * time.Minute)
	ids, err := f.db.UnansweredEnquiries(t.Context(), f.org, late)
	if err != nil || len(ids) != 6 {
		t.Fatalf("%v %v", ids, err)
	}
	for range 2 {
		if err := f.db.RemindEnquiry(t.Context(), f.org, ids[0], late, postgres.Mail{To: "owner@clicarity.example", Kind: "enquiry_late", Key: ids[0].String(), At: late}); err != nil {
			t.Fatal(err)
		}
	}
	if again, err := f.db.UnansweredEnquiries(t.Context(), f.org, late); len(again) != 5 || err != nil {
		t.Errorf("%v %v", again, err)
	}
	if err := f.db.EraseEnquiry(t.Context(), f.org, ids[0], now); err != nil {
		t.Error(err)
	}
}

// What Calendly tells comes in any order and more than once: the end is the same.
func TestBookingsInAnyOrder(t *testing.T) {
	t.Parallel()
	db, now := pgtest.New(t), time.Now().Truncate(time.Microsecond)
	const before, after = "https://calendly.example/before", "https://calendly.example/after"
	n := 0
	try := func(name string, told func(f *firm) []postgres.Booking, state string, meeting time.Time) {
		for _, order := range orders(len(told(&firm{t: t, db: db}))) {
			n++
			f := openFirm(t, db, fmt.Sprintf("order-%d", n))
			all := told(f)
			for _, i := range append(order, order...) { // each of them twice
				if _, err := db.Book(t.Context(), f.org, all[i]); err != nil {
					t.Fatal(err)
				}
			}
			var list []postgres.Enquiry
			for _, s := range postgres.EnquiryStates() {
				some, err := db.Enquiries(t.Context(), f.org, s, postgres.EnquiryPlace{}, 10)
				if err != nil {
					t.Fatal(err)
				}
				list = append(list, some...)
			}
			if len(list) != 1 || list[0].State != state || !list[0].Meeting.Equal(meeting) {
				t.Errorf("%s in the order %v: %+v, not one that is %s at %v", name, order, list, state, meeting)
			}
		}
	}
	one := func(f *firm) postgres.Booking { return booked(f, before, now) }
	cancelled := func(k postgres.Booking) postgres.Booking { k.Cancelled = true; return k }
	try("booked", func(f *firm) []postgres.Booking { return []postgres.Booking{one(f)} }, postgres.EnquiryBooked, now.Add(72*time.Hour))
	try("cancelled", func(f *firm) []postgres.Booking { return []postgres.Booking{one(f), cancelled(one(f))} }, postgres.EnquiryNew, time.Time{})
	try("moved", func(f *firm) []postgres.Booking {
		over, next := cancelled(one(f)), booked(f, after, now)
		over.Moved, over.New, next.Old, next.Starts = true, after, before, now.Add(96*time.Hour)
		return []postgres.Booking{one(f), over, next}
	}, postgres.EnquiryBooked, now.Add(96*time.Hour))
	try("moved and cancelled", func(f *firm) []postgres.Booking {
		over, next := cancelled(one(f)), booked(f, after, now)
		over.Moved, over.New, next.Old = true, after, before
		return []postgres.Booking{one(f), over, next, cancelled(next)}
	}, postgres.EnquiryNew, time.Time{})
}

// orders are all orders of n things.
func orders(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var all [][]int
	for _, o := range orders(n - 1) {
		for at := range n {
			next := append(append(append([]int{}, o[:at]...), n-1), o[at:]...)
			all = append(all, next)
		}
	}
	return all
}

func TestTrialsOpenAndEnd(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	f, now := openFirm(t, pgtest.Open(t, url), "clicarity"), time.Now()
	tried := &firm{t: t, db: f.db, org: newID(t), owner: newID(t)}
	err := f.db.AddOrganisation(t.Context(), postgres.Organisation{ID: tried.org, Slug: "try-1", Name: "Sahyadri", Created: now, Trial: true},
		postgres.Member{ID: tried.owner, Name: "Meera", Role: flow.Owner, Created: now})
	if err == nil {
		err = f.db.AddProcess(t.Context(), tried.org, flow.Process{ID: newID(t), Version: 1, Name: "Approvals", Mode: flow.UnitMode, Stages: []flow.Stage{{Code: "a", Name: "A"}}})
	}
	if err != nil {
		t.Fatal(err)
	}
	first := postgres.Trial{Org: tried.org, Owner: tried.owner, Operator: tried.owner, Made: now.Add(-2 * time.Hour)}
	if err := f.db.AddTrial(t.Context(), f.org, first); err != nil {
		t.Fatal(err)
	}
	if _, err := f.db.OpenTrial(t.Context(), f.org); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("it is open before it is made: %v", err)
	}
	if err := f.db.StartTrial(t.Context(), f.org, first.Org); err != nil {
		t.Fatal(err)
	}
	if stale, err := f.db.StaleTrials(t.Context(), f.org, now); len(stale) != 0 || err != nil {
		t.Errorf("the only one is stale: %v %v", stale, err)
	}
	second := postgres.Trial{Org: newID(t), Owner: newID(t), Operator: newID(t), Made: now}
	if err := errors.Join(f.db.AddTrial(t.Context(), f.org, second), f.db.StartTrial(t.Context(), f.org, second.Org)); err != nil {
		t.Fatal(err)
	}
	session := postgres.Session{Token: [32]byte{7}, Member: tried.owner, Via: flow.ViaTry, On: "computer", Began: now, Until: now.Add(time.Hour), Idle: time.Hour}
	if err := f.db.AddSession(t.Context(), tried.org, session); err != nil {
		t.Fatal(err)
	}
	who, err := f.db.Session(t.Context(), tried.org, session.Token, now)
	if err != nil || !who.May(flow.MaySeeBoard) || who.May(flow.MayGovern) || who.May(flow.MaySelf) || who.May(flow.MayPeople) || who.May(flow.MayTokens) {
		t.Errorf("%+v %v", who, err)
	}
	if open, err := f.db.OpenTrial(t.Context(), f.org); err != nil || open.Org != second.Org {
		t.Errorf("%+v %v", open, err)
	}
	stale, err := f.db.StaleTrials(t.Context(), f.org, now.Add(-time.Hour))
	if len(stale) != 1 || err != nil || stale[0].Org != first.Org {
		t.Fatalf("%v %v", stale, err)
	}
	if err := f.db.EndTrial(t.Context(), f.org, tried.org, now); err != nil {
		t.Fatal(err)
	}
	if _, err := f.db.Session(t.Context(), tried.org, session.Token, now); err == nil {
		t.Error("a visitor is still in")
	}
	if ended, err := f.db.EndedTrials(t.Context(), f.org, now.Add(time.Minute)); len(ended) != 1 || err != nil {
		t.Errorf("%v %v", ended, err)
	}
	// By the clock of the database, which nobody who works for an organisation can set.
	if err := f.db.ForgetTrial(t.Context(), f.org, tried.org); !errors.Is(err, postgres.ErrNotYet) {
		t.Errorf("it is not an hour old: %v", err)
	}
	conn := pgtest.Owner(t, url)
	if _, err := conn.Exec(t.Context(), "update organisations set trial_since = null where org_id = $1", f.org); err != nil {
		t.Error(err)
	}
	for _, org := range []flow.ID{f.org, tried.org} {
		if _, err := conn.Exec(t.Context(), "update organisations set trial_since = now() - interval '2 hours' where org_id = $1", org); err == nil {
			t.Error("an organisation becomes a factory to try")
		}
	}
	if _, err := conn.Exec(t.Context(), "alter table organisations disable trigger trial_kept; update organisations set trial_since = now() - interval '61 minutes' where slug = 'try-1'; alter table organisations enable trigger trial_kept"); err != nil {
		t.Fatal(err)
	}
	if err := f.db.ForgetTrial(t.Context(), f.org, tried.org); err != nil {
		t.Fatal(err)
	}
	if left, err := f.db.LeftOf(t.Context(), tried.org); len(left) > 0 || err != nil {
		t.Errorf("left: %v %v", left, err)
	}
	if _, err := f.db.Member(t.Context(), f.org, f.owner); err != nil {
		t.Error("the operator's own organisation lost its owner")
	}
	if _, err := f.db.Forget(t.Context(), f.org, 10); !errors.Is(err, postgres.ErrNotYet) {
		t.Errorf("another organisation can be forgotten: %v", err)
	}
	if ended, err := f.db.EndedTrials(t.Context(), f.org, now.Add(time.Hour)); len(ended) != 0 || err != nil {
		t.Errorf("%v %v", ended, err)
	}
}
