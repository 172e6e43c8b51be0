package postgres_test

import (
	"errors"
	"time"

	"clicarity/internal/policies"
	"clicarity/internal/postgres"
)

// lettered leaves a row in the tables of letters, policies and consents.
func (f *firm) lettered(now time.Time) {
	f.t.Helper()
	ctx := f.t.Context()
	p := postgres.Policy{Kind: policies.Privacy, Version: 2, Body: "We keep it for 60 days.", Material: true, Published: now, Effective: now.AddDate(0, 0, 30), By: f.owner}
	mails, err := f.db.TakeMails(ctx, f.org, now.Add(time.Second))
	if err != nil || len(mails) == 0 {
		f.t.Fatal(mails, err)
	}
	n := mails[0].Number
	piece := postgres.NewsPiece{ID: newID(f.t), First: "en", Texts: map[string]postgres.NewsText{"en": {Subject: "Lots by QR code", Text: "Scan a lot where it stands."}}, By: f.owner}
	err = errors.Join(
		f.db.SaveNews(ctx, f.org, piece, now), f.db.SendNews(ctx, f.org, piece.ID, 1, f.owner, now),
		f.db.MailSent(ctx, f.org, n, now), f.db.MailBounced(ctx, f.org, postgres.Bounce{Number: n, Status: "5.1.1", Hard: true, At: now}),
		f.db.SavePolicyDraft(ctx, f.org, p, now), f.db.PublishPolicy(ctx, f.org, p), f.db.PutAway(ctx, f.org, f.owner, "privacy 2", now),
		f.db.RecordConsent(ctx, f.org, postgres.Consent{Subject: f.owner, Purpose: postgres.News, Act: postgres.Given, Version: 2, Language: "hi", At: now, How: postgres.ByPage, By: f.owner}))
	if err != nil {
		f.t.Fatal(err)
	}
}
