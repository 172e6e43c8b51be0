package site

import (
	"strings"
	"testing"
	"time"

	"clicarity/internal/policies"
	"clicarity/internal/postgres"
)

// The page shows the version that holds, and the others by their number; until one is published, the program's own.
func TestPoliciesArePublic(t *testing.T) {
	t.Parallel()
	h := openHouse(t, clicarity)
	if a := h.get("/about/privacy"); !strings.Contains(a.text, "Version 1") || !strings.Contains(a.text, "Who we are") || !strings.Contains(a.text, "hello@clicarity.example") || strings.Contains(a.text, "Other versions") {
		t.Error("the program's own text is not there")
	}
	if a := h.get("/about/hi/privacy"); !strings.Contains(a.text, "हम कौन हैं") || !strings.Contains(a.text, `href="/about/privacy" lang="en"`) {
		t.Error("the Hindi page has no translation, or does not say which text counts")
	}
	owner, err := h.db.OwnersToWrite(t.Context(), h.org)
	if err != nil || len(owner) != 1 {
		t.Fatal(owner, err)
	}
	p := postgres.Policy{Kind: policies.Privacy, Version: 2, Body: "## Now <b>new</b>\n\nWhat is new.", Effective: h.clock().Add(60 * 24 * time.Hour), By: owner[0].ID}
	if err := h.db.SavePolicyDraft(t.Context(), h.org, p, h.clock()); err != nil {
		t.Fatal(err)
	}
	if a := h.get("/about/privacy?version=2"); strings.Contains(a.text, "What is new") {
		t.Error("a draft is public")
	}
	p.Published = h.clock()
	if err := h.db.PublishPolicy(t.Context(), h.org, p); err != nil {
		t.Fatal(err)
	}
	if a := h.get("/about/privacy"); strings.Contains(a.text, "What is new") || !strings.Contains(a.text, `href="?version=2"`) {
		t.Error("the next version is not announced, or holds already")
	}
	if a := h.get("/about/privacy?version=2"); !strings.Contains(a.text, "What is new") || strings.Contains(a.text, "<b>new") || !strings.Contains(a.text, "not the one in force now") {
		t.Error("the next version cannot be read as what it is")
	}
	h.pass(61 * 24 * time.Hour)
	for _, path := range []string{"/about/privacy", "/about/hi/privacy"} {
		if a := h.get(path); !strings.Contains(a.text, "What is new") || !strings.Contains(a.text, `href="?version=1"`) {
			t.Errorf("%s does not show what holds", path)
		}
	}
}
