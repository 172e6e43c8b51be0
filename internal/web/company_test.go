package web_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"clicarity/internal/idptest"
)

// withCompany sets a firm up with an identity provider.
func withCompany(t *testing.T, f *firm, required bool) *idptest.Provider {
	t.Helper()
	idp := idptest.Start(t)
	form := url.Values{"issuer": {idp.URL}, "client_id": {idp.ClientID}, "secret": {idp.Secret}, "domains": {"@" + f.slug + ".example, group.example"}}
	if required {
		form.Set("required", "yes")
	}
	f.ownerBrowser().post("/sign-in-with", form).says(200, "The issuer has answered")
	return idp
}

// still asks without following where the answer sends.
func (b *browser) still(address string) *http.Response {
	b.t.Helper()
	c := *b.client
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	r, err := c.Get(address)
	if err != nil {
		b.t.Fatal(err)
	}
	_ = r.Body.Close()
	return r
}

// atCompany goes to the company and stops on the way back: the address that the company sends to.
func (b *browser) atCompany(slug string) string {
	b.t.Helper()
	out := b.still(b.url + "/sign-in/with/" + slug + "/go")
	if out.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("going to the company: %d", out.StatusCode)
	}
	back := b.still(out.Header.Get("Location"))
	if back.StatusCode != http.StatusFound {
		b.t.Fatalf("at the company: %d", back.StatusCode)
	}
	path, ok := strings.CutPrefix(back.Header.Get("Location"), "http://clicarity.example")
	if !ok {
		b.t.Fatalf("the company sends to %s", back.Header.Get("Location"))
	}
	return path
}

func TestSignInWithTheCompany(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	idp := withCompany(t, f, false)
	idp.SignedIn(idptest.Person{Email: "Ravi@Sahyadri.example", Verified: true})
	b := f.browser()
	b.get("/sign-in").says(200, "Log in with your company")
	b.get("/sign-in/with").says(200, "short name")
	b.get("/sign-in/with?organisation=+Sahyadri+").says(200, strings.TrimPrefix(idp.URL, "http://"))
	b.get(b.atCompany("sahyadri")).says(200, "Ravi Kadam")
	if b.at.Path != "/my" {
		t.Errorf("arrived at %s", b.at)
	}
	b.get("/stages").says(200, "Lamination")
	// A session that was there before ends: the new one is another.
	before := slices.Clone(b.client.Jar.Cookies(b.at))
	idp.SignedIn(idptest.Person{Email: "owner@sahyadri.example", Verified: "true"})
	b.get(b.atCompany("sahyadri")).says(200, "Asha Patil")
	old := f.browser()
	old.client.Jar.SetCookies(b.at, before)
	old.get("/my").says(200, "Password")
	for _, c := range b.client.Jar.Cookies(b.at) {
		if c.Name == "sign-in-with" {
			t.Error("the attempt stays in the browser")
		}
	}
}

// Who is let in is a member with that address, of a domain that the company may speak for, verified by it.
func TestTheCompanyLetsInMembersOnly(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	f, other := h.firm("sahyadri"), h.firm("konkan")
	idp := withCompany(t, f, false)
	for _, c := range []struct {
		email    string
		verified any
		says     string
	}{
		{"nobody@sahyadri.example", true, "nobody has added you here"}, {"owner@konkan.example", true, "nobody has added you here"}, {"ravi@sahyadri.example", false, "has not verified"},
		{"ravi@sahyadri.example", nil, "has not verified"}, {"ravi@sahyadri.example", "yes", "has not verified"}, {"ravi@sahyadri.example@evil.example", true, "has not verified"},
		{"ravi@evil.example", true, "nobody has added you here"}, {"", true, "did not let you in"},
	} {
		idp.SignedIn(idptest.Person{Email: c.email, Verified: c.verified})
		b := f.browser()
		b.get(b.atCompany("sahyadri")).says(422, c.says)
		b.get("/my").says(200, "Password")
	}
	for _, slug := range []string{"konkan", "nowhere"} {
		f.browser().get("/sign-in/with/"+slug).says(404, "There is no company log-in by this name")
		f.browser().get("/sign-in/with/" + slug + "/go").says(404)
	}
	_ = other
}

// What a sign-in at the company comes back with is good once, in the browser that began it, for the organisation it was
// begun for.
func TestAbuseOIDCStateReplay(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	f, other := h.firm("sahyadri"), h.firm("konkan")
	idp := withCompany(t, f, false)
	idp.SignedIn(idptest.Person{Email: "ravi@sahyadri.example", Verified: true})
	b := f.browser()
	back := b.atCompany("sahyadri")
	kept := slices.Clone(b.client.Jar.Cookies(mustParse(t, b.url)))
	victim := f.browser()
	victim.get(back).says(422, "begun in another browser") // an attacker's own answer, in somebody else's browser
	victim.atCompany("sahyadri")
	victim.get(back).says(422, "begun in another browser") // with an attempt of their own under way
	b.get(back).says(200, "Ravi Kadam")
	thief := f.browser()
	thief.client.Jar.SetCookies(mustParse(t, b.url), kept)
	thief.get(back).says(422, "begun in another browser") // all of it again, cookie and all
	thief.get("/my").says(200, "Password")
	// the answer of one organisation for another
	withTheirs := f.browser()
	elsewhere := strings.Replace(withTheirs.atCompany("sahyadri"), "/sahyadri/", "/konkan/", 1)
	withTheirs.get(elsewhere).says(404)
	theirs := withCompany(t, other, false)
	theirs.SignedIn(idptest.Person{Email: "owner@sahyadri.example", Verified: true})
	elsewhere = strings.Replace(withTheirs.atCompany("konkan"), "/konkan/", "/sahyadri/", 1)
	withTheirs.get(elsewhere).says(422, "begun in another browser")
	for _, query := range []string{"", "?code=x", "?state=&code=x", "?state=x&code=x", "?error=access_denied"} {
		withTheirs.get("/sign-in/with/sahyadri/back"+query).says(422, "Begin again here")
	}
}

func mustParse(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// An attempt is over after ten minutes.
func TestAnAttemptAtTheCompanyEnds(t *testing.T) {
	t.Parallel()
	late := time.Duration(0)
	f := openHouseAt(t, func() time.Time { return time.Now().Add(late) }).firm("sahyadri")
	idp := withCompany(t, f, false)
	idp.SignedIn(idptest.Person{Email: "ravi@sahyadri.example", Verified: true})
	b := f.browser()
	back := b.atCompany("sahyadri")
	late = 10*time.Minute + time.Second
	b.get(back).says(422, "Begin again here")
}

// Tokens that are for others, of others, old, replayed, unsigned or signed by others let nobody in.
func TestAbuseOIDCTokens(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	idp := withCompany(t, f, false)
	idp.SignedIn(idptest.Person{Email: "ravi@sahyadri.example", Verified: true})
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	set := func(name string, value any) func(map[string]any) {
		return func(c map[string]any) { c[name] = value }
	}
	for what, twist := range map[string]func(map[string]any){
		"another audience": set("aud", "another"), "two audiences": set("aud", []string{idp.ClientID, "another"}), "for another": set("azp", "another"), "no audience": set("aud", []string{}),
		"another issuer": set("iss", "https://evil.example"), "no issuer": set("iss", ""), "an older nonce": set("nonce", "older"), "no nonce": func(c map[string]any) { delete(c, "nonce") },
		"over": set("exp", time.Now().Add(-time.Hour).Unix()), "not yet": set("nbf", time.Now().Add(time.Hour).Unix()),
	} {
		idp.Twist(twist)
		b := f.browser()
		if b.get(b.atCompany("sahyadri")); b.status != 422 || !strings.Contains(b.body, "Begin again here") {
			t.Errorf("%s: %d %s", what, b.status, plain(b.body))
		}
		b.get("/my").says(200, "Password")
	}
	idp.Twist(nil)
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`))
	shared := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256"}`))
	for what, sign := range map[string]func(head, body string) string{
		"unsigned": func(_, body string) string { return none + "." + body + "." }, "by a shared secret": func(_, body string) string { return shared + "." + body + ".AAAA" },
		"by a stranger": func(head, body string) string { return idp.Sign(head, body, stranger) }, "cut off": func(head, body string) string { return head + "." + body },
		"changed": func(head, body string) string {
			signed := idp.Sign(head, body, idp.Key())
			return strings.Replace(signed, body, body[:len(body)-4]+"AAAA", 1)
		}, "none at all": func(string, string) string { return "" },
	} {
		idp.SignWith(sign)
		b := f.browser()
		if b.get(b.atCompany("sahyadri")); b.status != 422 {
			t.Errorf("%s: %d %s", what, b.status, plain(b.body))
		}
		b.get("/my").says(200, "Password")
	}
	idp.SignWith(nil)
	b := f.browser()
	b.get(b.atCompany("sahyadri")).says(200, "Ravi Kadam")
}

// With company accounts only, passwords of members open nothing, and those of owners still do.
func TestOnlyWithTheCompany(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	withCompany(t, f, true)
	b := f.browser()
	b.post("/sign-in", url.Values{"login": {"ravi@sahyadri.example"}, "password": {"operator pass"}}).says(422, "This company logs in with its own accounts")
	if !strings.Contains(b.body, `href="/sign-in/with/sahyadri"`) {
		t.Error("the way is not shown")
	}
	b.get("/my").says(200, "Password")
	b.post("/sign-in", url.Values{"login": {"ravi@sahyadri.example"}, "password": {"wrong"}}).says(422, "do not fit").hides("/sign-in/with/sahyadri")
	owner := f.ownerBrowser()
	owner.get("/sign-in-with").says(200, "The link for your people").hides("s3cret")
	owner.post("/sign-in-with", url.Values{"do": {"remove"}}).says(200, "open nothing here any more")
	f.operatorBrowser()
	f.browser().get("/sign-in/with/sahyadri").says(404)
}

// No address of an issuer makes the program ask its own network, and the answer does not tell what is there.
func TestAbuseSSRFByIssuer(t *testing.T) {
	t.Parallel()
	hits := 0
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits++ }))
	t.Cleanup(inside.Close)
	h := openHouseBehind(t, nil)
	owner := h.firm("sahyadri").ownerBrowser()
	for _, issuer := range []string{inside.URL, strings.Replace(inside.URL, "http://", "https://", 1), "https://169.254.169.254", "https://[::ffff:169.254.169.254]", "https://127.0.0.1", "https://[::1]",
		"https://10.0.0.5", "https://192.168.1.1", "http://login.example", "file:///etc/passwd", "gopher://127.0.0.1:6379", "https://user:x@login.example", "https://[fd00:ec2::254]", "https://0.0.0.0"} {
		form := url.Values{"issuer": {issuer}, "client_id": {"c"}, "secret": {"s"}, "domains": {"sahyadri.example"}}
		owner.post("/sign-in-with", form).says(422, "This address cannot be asked")
		if !strings.Contains(owner.body, `value="c"`) || strings.Contains(owner.body, `value="s"`) {
			t.Error("the form lost what was typed, or shows the secret")
		}
	}
	if hits != 0 {
		t.Errorf("the own network was asked %d times", hits)
	}
	owner.get("/sign-in-with").says(200).hides("The link for your people")
}

func TestTheProvidersFormSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	idp := withCompany(t, f, false)
	owner := f.ownerBrowser()
	full := url.Values{"issuer": {idp.URL}, "client_id": {idp.ClientID}, "domains": {"sahyadri.example"}}
	with := func(name, value string) url.Values {
		form := url.Values{}
		for k, v := range full {
			form[k] = v
		}
		form.Set(name, value)
		return form
	}
	owner.post("/sign-in-with", full).says(200, "Saved") // the secret stays
	owner.post("/sign-in-with", with("issuer", "")).says(422, "Enter the address of the issuer")
	owner.post("/sign-in-with", with("client_id", "")).says(422, "Enter the client ID")
	owner.post("/sign-in-with", with("client_id", "another")).says(422, "Enter the client secret") // and goes to nobody else
	owner.post("/sign-in-with", with("domains", "sahyadri")).says(422, "Enter one domain at least")
	owner.post("/sign-in-with", with("domains", "*.example, x.example")).says(422, "Enter one domain at least")
	dead := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(dead.Close)
	form := with("issuer", dead.URL)
	form.Set("secret", "s")
	owner.post("/sign-in-with", form).says(422, "Nothing at this address answers")
	operator := f.operatorBrowser()
	operator.get("/sign-in-with").says(404)
	operator.post("/sign-in-with", full).says(404)
	secrets := regexp.MustCompile(regexp.QuoteMeta(idp.Secret))
	got, err := f.db.IdentityProvider(t.Context(), f.org)
	if err != nil || secrets.Match(got.Secret) || len(got.Secret) < len(idp.Secret) {
		t.Errorf("the secret is kept as %q, %v", got.Secret, err)
	}
}
