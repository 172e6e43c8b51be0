package web_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"clicarity/internal/postgres/pgtest"
)

// addKey adds a passkey for somebody who is in.
func (b *browser) addKey() *authenticator {
	b.t.Helper()
	a := newAuthenticator(b.t)
	b.get("/account/factor")
	form := a.register(b.asks("create"), siteOrigin)
	form.Set("name", "Office computer")
	b.post("/account/factor", form).says(200, "Recovery codes")
	return a
}

// A passkey is added, is the second step after the password, and lets its owner in alone.
func TestAPasskeyIsAddedAndUsed(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	key := owner.addKey()
	owner.get("/account").says(200, "Passkey: Office computer", "10 left")
	b := f.browser().password("owner@sahyadri.example", "owner pass").says(200, "Second step at log-in", "A recovery code")
	b.post("/second-factor", key.sign(b.asks("get"), siteOrigin)).says(200, "Board")
	alone := f.browser().get("/sign-in")
	alone.post("/sign-in/passkey", key.sign(alone.asks("get"), siteOrigin)).says(200, "Board").get("/people").says(200, "Ravi Kadam")
	owner.get("/account").says(200, "used today")
	if f.happened("passkey_added") != 1 || f.happened("sign_in") != 3 {
		t.Error("the audit log does not have it all")
	}
	// A second one needs no new recovery codes; the same one is not added twice.
	owner.get("/account/factor")
	owner.post("/account/factor", newAuthenticator(t).register(owner.asks("create"), siteOrigin)).says(200, "Passkey added")
	owner.get("/account/factor")
	owner.post("/account/factor", key.register(owner.asks("create"), siteOrigin)).says(422, "was not added")
	// Gone is gone.
	id := strings.Split(strings.Split(owner.get("/account").body, "/account/passkeys/")[1], "/")[0]
	f.operatorBrowser().post("/account/passkeys/"+id+"/remove", nil).says(404)
	owner.post("/account/passkeys/"+id+"/remove", nil).says(200, "Passkey removed")
	alone = f.browser().get("/sign-in")
	alone.post("/sign-in/passkey", key.sign(alone.asks("get"), siteOrigin)).says(422, "was not accepted")
}

func TestAbusePasskeyFromAnotherOrigin(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.get("/account/factor")
	owner.post("/account/factor", newAuthenticator(t).register(owner.asks("create"), "http://clicarity.example.evil.example")).says(422, "was not added")
	key := owner.addKey()
	for _, origin := range []string{"http://evil.example", "https://clicarity.example", "http://clicarity.example:8080", "http://sub.clicarity.example", "null", ""} {
		b := f.browser().get("/sign-in")
		b.post("/sign-in/passkey", key.sign(b.asks("get"), origin)).says(422, "was not accepted")
		b = f.browser().password("owner@sahyadri.example", "owner pass")
		if origin == "http://evil.example" {
			b.post("/second-factor", key.sign(b.asks("get"), origin)).says(422, "was not accepted")
		}
	}
}

// An answer counts once, for the question and the person it was made for, for a while.
func TestAbusePasskeyAnswerReplay(t *testing.T) {
	t.Parallel()
	c := newClock()
	h := openHouseAt(t, c.now)
	f, other := h.firm("sahyadri"), h.firm("konkan")
	key, theirs := f.ownerBrowser().addKey(), other.ownerBrowser().addKey()
	page := h.browser().get("/sign-in")
	answer := key.sign(page.asks("get"), siteOrigin)
	h.browser().post("/sign-in/passkey", answer).says(200, "Board")
	h.browser().post("/sign-in/passkey", answer).says(422, "was not accepted")
	late := h.browser().get("/sign-in")
	answer = key.sign(late.asks("get"), siteOrigin)
	c.turn(16 * time.Minute)
	late.post("/sign-in/passkey", answer).says(422, "was not accepted")
	// The question of a sign-in page is not that of the second step, and one person's step is not another's.
	waiting := f.browser().password("owner@sahyadri.example", "owner pass")
	waiting.post("/second-factor", key.sign(h.browser().get("/sign-in").asks("get"), siteOrigin)).says(422, "was not accepted")
	waiting.post("/second-factor", theirs.sign(waiting.asks("get"), siteOrigin)).says(422, "was not accepted")
	mallory := other.browser().password("owner@konkan.example", "owner pass")
	mallory.post("/second-factor", key.sign(waiting.asks("get"), siteOrigin)).says(422, "was not accepted")
	// Somebody else's name on one's own key opens nothing.
	stolen := *theirs
	stolen.handle = key.handle
	page = h.browser().get("/sign-in")
	page.post("/sign-in/passkey", stolen.sign(page.asks("get"), siteOrigin)).says(422, "was not accepted")
	for _, bad := range []url.Values{{}, {"answer": {"{}"}, "state": {"x"}}, {"answer": {"\xff"}}, {"answer": {`{"id":"eA","rawId":"eA","type":"public-key","response":{}}`}}} {
		h.browser().post("/sign-in/passkey", bad).says(422, "was not accepted")
	}
}

// A key that counts backwards was copied.
func TestAbuseCopiedPasskey(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	key := f.ownerBrowser().addKey()
	copied := *key
	for range 3 {
		b := f.browser().get("/sign-in")
		b.post("/sign-in/passkey", key.sign(b.asks("get"), siteOrigin)).says(200, "Board")
	}
	b := f.browser().get("/sign-in")
	b.post("/sign-in/passkey", copied.sign(b.asks("get"), siteOrigin)).says(422, "was not accepted")
}

// Who is suspended comes in by no way.
func TestAPasskeyOfSomebodySuspendedOpensNothing(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	key := f.operatorBrowser().addKey()
	conn := pgtest.Owner(t, f.database)
	if _, err := conn.Exec(t.Context(), "update members set suspended_at = now() where id = $1", f.operator); err != nil {
		t.Fatal(err)
	}
	b := f.browser().get("/sign-in")
	b.post("/sign-in/passkey", key.sign(b.asks("get"), siteOrigin)).says(422, "was not accepted")
	f.browser().password("ravi@sahyadri.example", "operator pass").says(422, "do not fit")
}
