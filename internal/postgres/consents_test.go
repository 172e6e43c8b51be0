package postgres_test

import (
	"errors"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/policies"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

// The record of consents grows and is never changed; what changes nothing is not added.
func TestConsentsAreAppendOnly(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	f, now := openFirm(t, db, "sahyadri"), time.Now()
	act := func(purpose, act string, version int) {
		t.Helper()
		c := postgres.Consent{Subject: f.owner, Purpose: purpose, Act: act, Version: version, Language: "ta", At: now, How: postgres.ByPage, By: f.owner, Adult: purpose == postgres.Notice}
		if err := db.RecordConsent(t.Context(), f.org, c); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		act(postgres.News, postgres.Given, 2)
	}
	act(postgres.News, postgres.Withdrawn, 2)
	act(postgres.News, postgres.Withdrawn, 2)
	act(postgres.Notice, postgres.Read, 2)
	act(postgres.Notice, postgres.Read, 2)
	act(postgres.Notice, postgres.Read, 3)
	list, err := db.Consents(t.Context(), f.org, f.owner)
	if err != nil || len(list) != 4 || list[3].Act != postgres.Given || list[2].Act != postgres.Withdrawn || list[0].Version != 3 || !list[0].Adult || list[0].Language != "ta" {
		t.Errorf("%+v %v", list, err)
	}
	if yes, err := db.Consented(t.Context(), f.org, f.owner, postgres.News); yes || err != nil {
		t.Error("it was taken back", err)
	}
	act(postgres.News, postgres.Given, 2)
	if yes, err := db.Consented(t.Context(), f.org, f.owner, postgres.News); !yes || err != nil {
		t.Error("it was given again", err)
	}
	if m, err := db.Member(t.Context(), f.org, f.owner); err != nil || m.Letters != "ta" {
		t.Errorf("letters in %q %v", m.Letters, err)
	}
	f.nobodyMay(url, "update consents set act = 'given'", "delete from consents", "truncate consents")
}

// A draft is one, whoever saves it; what is published is never changed, numbered on, and holds when it should.
func TestPoliciesArePublishedOnce(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	f, now := openFirm(t, db, "clicarity"), time.Now()
	p := postgres.Policy{Kind: policies.Privacy, Version: 2, Body: "One", Published: now, Effective: now, By: f.owner}
	save := func(body string) {
		t.Helper()
		p.Body = body
		if err := db.SavePolicyDraft(t.Context(), f.org, p, now); err != nil {
			t.Fatal(err)
		}
	}
	save("One")
	save("Two")
	if d, err := db.PolicyDraft(t.Context(), f.org, policies.Privacy); err != nil || d.Version != 2 || d.Body != "Two" {
		t.Fatalf("%+v %v", d, err)
	}
	soon := p
	soon.Material, soon.Effective = true, now.AddDate(0, 0, 6)
	var refusal *flow.Refusal
	if err := db.PublishPolicy(t.Context(), f.org, soon); !errors.As(err, &refusal) {
		t.Errorf("6 days are enough: %v", err)
	}
	if err := db.PublishPolicy(t.Context(), f.org, p); err != nil {
		t.Fatal(err)
	}
	if err := db.PublishPolicy(t.Context(), f.org, p); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("published twice: %v", err)
	}
	save("Three")
	list, err := db.Policies(t.Context(), f.org, policies.Privacy)
	if err != nil || len(list) != 1 || list[0].Body != "Two" {
		t.Errorf("%+v %v", list, err)
	}
	if d, err := db.PolicyDraft(t.Context(), f.org, policies.Privacy); err != nil || d.Version != 3 {
		t.Errorf("%+v %v", d, err)
	}
	if _, err := db.PolicyDraft(t.Context(), f.org, policies.Terms); !errors.Is(err, postgres.ErrNotFound) {
		t.Error("there is a draft of the terms", err)
	}
	if tag, err := pgtest.Owner(t, url).Exec(t.Context(), "update policies set body = 'x' where published_at is not null"); err == nil {
		t.Errorf("%d published versions were changed", tag.RowsAffected())
	}
}
