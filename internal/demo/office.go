package demo

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"clicarity/internal/postgres"
	"clicarity/internal/privacy"
)

// office puts on the desk what an office has to do with: enquiries that came by the public site, a request about somebody's own
// data whose clock runs, and a breach of some weeks ago that is closed.
func (f *factory) office(ctx context.Context, db *postgres.DB) error {
	return errors.Join(f.enquire(ctx, db), f.request(ctx, db), f.breach(ctx, db))
}

// enquire has three people write by the public site: one waits, one was answered, one is done with.
func (f *factory) enquire(ctx context.Context, db *postgres.DB) error {
	owner := f.staff.members[0].ID
	for _, e := range []struct {
		postgres.Asker
		purpose, language string
		ago               time.Duration
		answer            string
		did               []string
	}{
		{postgres.Asker{Name: "Rukmini Nair", Company: "Malnad Cartons", Email: "rukmini@malnad.example", Message: "Mono cartons and leaflets, 40 people in two shifts, Shivamogga. We lose jobs between die cutting and pasting. Can we see it on our own route?"},
			"demo", "en", 3 * time.Hour, "", nil},
		{postgres.Asker{Name: "हरजीत सिंह", Company: "दोआबा फोर्जिंग", Email: "harjit@doaba.example", Message: "क्या वेंडर भी अपने फोन से बता सकता है कि माल कब तैयार होगा?"},
			"question", "hi", 30 * time.Hour, "हाँ। आप चालान के साथ एक लिंक भेजते हैं; वेंडर उसी में बताता है कि माल मिला, तैयार है या कोई दिक्कत है।", []string{"answered"}},
		{postgres.Asker{Name: "Cyrus Irani", Company: "Dadar Label House", Email: "cyrus@dadar.example", Message: "Do you have a version for three people?"},
			"question", "en", 6 * 24 * time.Hour, "It is the same for three people as for three hundred: the wizard sets it up in six steps.", []string{"answered", "closed"}},
	} {
		came := f.now.Add(-e.ago)
		id := f.newID(came)
		kept := postgres.Enquiry{ID: id, Asker: e.Asker, Source: "form", Purpose: e.purpose, Language: e.language, Page: "/demo", Notice: 1, At: came,
			ReplyBy: came.AddDate(0, 0, 2), EraseAfter: came.AddDate(1, 0, 0)}
		if _, err := db.AddEnquiry(ctx, f.org, kept); err != nil {
			return err
		}
		act := postgres.EnquiryAct{Enquiry: id, By: owner, At: came.Add(2 * time.Hour), Text: e.answer}
		for _, what := range e.did {
			act.Command = f.newID(act.At)
			if err := db.DoEnquiry(ctx, f.org, what, act); err != nil {
				return err
			}
			act.At, act.Text = act.At.Add(time.Hour), ""
		}
	}
	return nil
}

// request is what one of the people asks to be corrected, some days before it has to be answered.
func (f *factory) request(ctx context.Context, db *postgres.DB) error {
	for _, m := range f.staff.members {
		if m.Name == "Suresh Yadav" {
			asked := f.now.AddDate(0, 0, -26)
			return db.OpenRequest(ctx, f.org, postgres.RightsRequest{ID: f.newID(asked), Kind: postgres.AskCorrection, Member: m.ID, Language: m.Language,
				Body: "मेरा नाम सुरेशकुमार यादव है, आधार में भी यही है। कृपया ठीक कर दें।", Opened: asked})
		}
	}
	return nil
}

// breach is a phone with the program open on it that was lost and found, told of in time.
func (f *factory) breach(ctx context.Context, db *postgres.DB) error {
	noticed, owner := f.now.AddDate(0, 0, -40), f.staff.members[0].ID
	account, err := json.Marshal(privacy.Account{What: "A phone of the dispatch desk was left in a delivery van with the program open on it.", Nature: []privacy.Nature{"seen"}, When: "For about three hours in the afternoon",
		Where: "On the way to Bhiwandi", Data: "Names of six colleagues, customers' names and job numbers", People: 6, Consequences: "Somebody could have read who works at dispatch. No phone numbers were on the pages.",
		Cause: "The phone had no screen lock", Done: "Signed out from the list of people within minutes; the driver brought the phone back the same evening", Prevention: "Screen locks on all shared phones, and badges with a PIN at dispatch",
		Advice: "Nothing needs to be done. Whoever gets odd calls in the name of the factory should tell us.", Contact: "Meera Deshpande, owner@demo.example"})
	if err != nil {
		return err
	}
	step := func(k privacy.StepKind, after time.Duration, says string) privacy.Step {
		at := noticed.Add(after)
		return privacy.Step{ID: f.newID(at), Kind: k, At: at, By: owner, Body: says}
	}
	first := step(privacy.StepAccount, 40*time.Minute, string(account))
	b := privacy.Breach{ID: f.newID(noticed), Noticed: noticed, Opened: first.At, By: owner}
	if err := db.OpenBreach(ctx, f.org, b, first); err != nil {
		return err
	}
	for _, s := range []privacy.Step{step(privacy.StepPeople, 2*time.Hour, "Told all six at the change of shift"), step(privacy.StepBoard, 4*time.Hour, "First account by the Board's page"),
		step(privacy.StepReport, 50*time.Hour, "Full report sent"), step(privacy.StepClosed, 9*24*time.Hour, "Locks set on all five shared phones")} {
		if err := db.AddBreachStep(ctx, f.org, b.ID, s); err != nil {
			return err
		}
	}
	return nil
}
