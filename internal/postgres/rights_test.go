package postgres_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
	"clicarity/internal/privacy"
)

// asked leaves a row in every table of the rights desk, and a redaction.
func (f *firm) asked(member flow.ID) {
	f.t.Helper()
	ctx, now := f.t.Context(), time.Now()
	request := newID(f.t)
	err := errors.Join(
		f.db.OpenRequest(ctx, f.org, postgres.RightsRequest{ID: request, Kind: postgres.AskErasure, Member: member, Opened: now}),
		f.db.PlanErasure(ctx, f.org, postgres.ErasurePlan{Request: request, Chosen: []postgres.Mention{{Place: "movements", Key: "1"}}, By: f.owner, At: now}),
		f.db.AddCheck(ctx, f.org, postgres.RightsCheck{Token: [32]byte{1}, Kind: postgres.AskAccess, Name: "Usha", Email: "usha@customer.example", Until: now.Add(time.Hour)}, postgres.Mail{To: "usha@customer.example", Kind: "rights_check", At: now}),
		f.db.SetNominee(ctx, f.org, member, postgres.Nominee{Name: "Sunita", Contact: "sunita@home.example", At: now}),
		f.db.AskLogin(ctx, f.org, postgres.LoginProof{Token: [32]byte{1}, Member: member, Login: "new@shared.example", Until: now.Add(time.Hour)}, postgres.Mail{To: "new@shared.example", Kind: "login_proof", At: now}),
		f.db.Redact(ctx, f.organisation(), postgres.Redaction{Seqs: []int64{1}, Reason: postgres.ForRequest, At: now, Write: func(int64, string) string { return "a customer" }}))
	if err != nil {
		f.t.Fatal(err)
	}
}

// Owners are told ten days and two days before a request is due, and when it is late: once each, whoever looks and how often.
func TestOwnersAreRemindedOnce(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	opened := time.Now()
	r := postgres.RightsRequest{ID: newID(t), Kind: postgres.AskGrievance, Member: f.owner, Body: "Who reads my notes?", Opened: opened}
	if err := f.db.OpenRequest(t.Context(), f.org, r); err != nil {
		t.Fatal(err)
	}
	var told []string
	for hour := range 40 * 24 {
		now := opened.Add(time.Duration(hour) * time.Hour)
		list, err := f.db.Reminders(t.Context(), f.org, now)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range list {
			told = append(told, fmt.Sprintf("%s on day %d", one.Stage, hour/24))
			mail := postgres.Mail{To: "owner@sahyadri.example", Kind: "rights_reminder", Key: one.ID.String() + one.Stage, At: now}
			if err := errors.Join(f.db.Remind(t.Context(), f.org, one, now, []postgres.Mail{mail}), f.db.Remind(t.Context(), f.org, one, now, []postgres.Mail{mail})); err != nil {
				t.Fatal(err)
			}
		}
	}
	if want := "[10 on day 20 2 on day 28 late on day 30]"; fmt.Sprint(told) != want {
		t.Errorf("told %v, want %s", told, want)
	}
	_, steps, _, err := f.db.Request(t.Context(), f.org, r.ID)
	if err != nil || len(steps) != 4 {
		t.Errorf("%+v %v", steps, err)
	}
	if open, late, err := f.db.RightsWaiting(t.Context(), f.org, opened.AddDate(0, 0, 40)); open != 1 || late != 1 || err != nil {
		t.Error(open, late, err)
	}
	// One that nobody looked at for long is told of once, as late.
	other := r
	other.ID = newID(t)
	if err := f.db.OpenRequest(t.Context(), f.org, other); err != nil {
		t.Fatal(err)
	}
	if list, err := f.db.Reminders(t.Context(), f.org, opened.AddDate(0, 0, 50)); err != nil || len(list) != 1 || list[0].Stage != "late" || list[0].ID != other.ID {
		t.Errorf("%+v %v", list, err)
	}
}

// Nothing that came by the public form is on the desk before its address is shown to be theirs, and a link counts once.
func TestALinkProvesAnAddressOnce(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	now := time.Now()
	c := postgres.RightsCheck{Token: [32]byte{7}, Kind: postgres.AskErasure, Name: "Usha Rane", Email: "usha@customer.example", Language: "en", Body: "Please forget me", Until: now.Add(24 * time.Hour)}
	if err := f.db.AddCheck(t.Context(), f.org, c, postgres.Mail{To: c.Email, Kind: "rights_check", At: now}); err != nil {
		t.Fatal(err)
	}
	desk := func() int {
		t.Helper()
		list, err := f.db.OpenRequests(t.Context(), f.org, postgres.RightsPlace{}, 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	if err := f.db.Proven(t.Context(), f.org, c.Token, newID(t), now.Add(25*time.Hour)); !errors.Is(err, postgres.ErrNotFound) || desk() != 0 {
		t.Errorf("too late: %v, %d", err, desk())
	}
	if err := f.db.Proven(t.Context(), f.org, c.Token, newID(t), now); err != nil || desk() != 1 {
		t.Errorf("%v %d", err, desk())
	}
	if err := f.db.Proven(t.Context(), f.org, c.Token, newID(t), now); !errors.Is(err, postgres.ErrNotFound) || desk() != 1 {
		t.Errorf("twice: %v, %d", err, desk())
	}
}

// The name of somebody who is no member goes out of what an owner chose, and out of nothing else.
func TestACustomerIsForgotten(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	f := openFirm(t, pgtest.Open(t, url), "sahyadri")
	ctx, now := t.Context(), time.Now()
	for i, who := range []string{"Usha Rane", "Usha Rane", "Mithai Ghar"} {
		f.must(flow.Create{Process: f.process.ID, Version: 1, Jobs: []flow.NewJob{{ID: newID(t), Number: fmt.Sprint("JC-", i), Customer: who, Item: "Box", Quantity: flow.Units(100)}}})
	}
	f.rolledUp()
	r := postgres.RightsRequest{ID: newID(t), Kind: postgres.AskErasure, Name: "Usha Rane", Contact: "usha@customer.example", Opened: now}
	err := f.db.OpenRequest(ctx, f.org, r)
	found, err2 := f.db.Naming(ctx, f.org, flow.ID{}, r.Name, []string{r.Contact})
	if err := errors.Join(err, err2); err != nil || len(found) != 2 {
		t.Fatal(found, err)
	}
	if err := f.db.EraseNamed(ctx, f.organisation(), r.ID, f.owner, []postgres.Mention{found[0].Mention}, now); err != nil {
		t.Fatal(err)
	}
	left := map[string]int{}
	for _, place := range pgtest.Places(t, pgtest.Owner(t, url), "Usha Rane") {
		left[place]++
	}
	if left["movements.facts"] != 1 || left["jobs.state"] != 1 || left["rights_requests.name"] != 1 { // the other job, and the request
		t.Errorf("left: %v", left)
	}
	if got, err := f.db.Find(ctx, f.org, "Usha", nil, 10); err != nil || len(got) != 1 {
		t.Errorf("found %d, %v", len(got), err)
	}
	f.rollUpsEqual()
	f.sound()
}

// What nothing takes the name out of is listed with where it stands, whoever wrote it, beside what can be chosen.
func TestWhatStaysOfANameIsListed(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	f.signed()
	p, now := f.plant("Prabhakar Ghatge", "prabhakar@sahyadri.example", "+919812345678", "JC-7"), time.Now()
	own, job := newID(t), newID(t)
	f.as(p, flow.Create{Process: f.process.ID, Version: 2, Jobs: []flow.NewJob{{ID: own, Number: "PRABHAKAR GHATGE/9", Quantity: flow.Units(10)}}})
	f.must(flow.Create{Process: f.process.ID, Version: 2, Jobs: []flow.NewJob{{ID: job, Number: "JC-90", Quantity: flow.Units(10)}}})
	f.must(flow.AddStage{Work: at(job, "extra"), Called: "Seen by Prabhakar Ghatge", After: "printing"})
	b := privacy.Breach{ID: newID(t), Noticed: now, Opened: now, By: f.owner}
	err := errors.Join(f.db.OpenBreach(t.Context(), f.org, b, privacy.Step{ID: newID(t), Kind: privacy.StepAccount, At: now, By: f.owner, Body: `{"what":"the phone of Prabhakar Ghatge was lost"}`}))
	list, err2 := f.db.Mentions(t.Context(), f.org, p.id)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	var stays, chosen []string
	for _, m := range list {
		if m.Fixed {
			stays = append(stays, fmt.Sprint(m.Place, " ", m.Column, " ", m.Job == own, m.Job == job))
		} else if m.Place == "movements" {
			chosen = append(chosen, m.Text)
		}
	}
	if want := []string{"movements stage false true", "movements number true false", "breach_steps body false false"}; !slices.Equal(stays, want) || len(chosen) < 10 {
		t.Errorf("%q, want %q; %d can be chosen", stays, want, len(chosen))
	}
}
