package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

// Whether there is an account makes no difference to the answer, nor to the work before it.
func TestAbuseTimingEnumerationOfAccounts(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	f, g := h.firm("sahyadri"), h.firm("konkan")
	for _, one := range []*firm{f, g} {
		shared := postgres.Member{ID: newID(t), Name: "Both", Role: flow.Operator, PasswordHash: "both pass " + one.slug, Logins: []string{"both@clients.example"}, Created: time.Now()}
		if err := h.db.AddMember(t.Context(), one.org, shared); err != nil {
			t.Fatal(err)
		}
	}
	gone := postgres.Member{ID: newID(t), Name: "Gone", Role: flow.Operator, PasswordHash: "gone pass", Logins: []string{"gone@clients.example"}, Created: time.Now()}
	if err := h.db.AddMember(t.Context(), f.org, gone); err != nil {
		t.Fatal(err)
	}
	if _, err := pgtest.Owner(t, h.database).Exec(t.Context(), "update members set suspended_at = now() where id = $1", gone.ID); err != nil {
		t.Fatal(err)
	}
	state := regexp.MustCompile(`data-options="[^"]*"|name="state" value="[^"]*"`)
	var answers, counts []any
	for _, login := range []string{"nobody@clients.example", "owner@sahyadri.example", "both@clients.example", "gone@clients.example", "9822012345", "zzzz"} {
		for _, organisation := range []string{"", f.org.String(), newID(t).String()} {
			before := h.checks.Load()
			b := h.browser().post("/sign-in", url.Values{"login": {login}, "password": {"wrong pass"}, "organisation": {organisation}}).says(422, "do not fit")
			counts = append(counts, h.checks.Load()-before)
			answers = append(answers, strings.ReplaceAll(state.ReplaceAllString(b.body, ""), login, ""))
		}
	}
	for i := range counts {
		if counts[i] != counts[0] || answers[i] != answers[0] {
			t.Errorf("try %d: %v checks, not %v; the same answer: %v", i, counts[i], counts[0], answers[i] == answers[0])
		}
	}
}

// Guesses at one account run out, wherever they come from; the honest person's own device goes on.
func TestAbusePasswordGuessing(t *testing.T) {
	t.Parallel()
	c := newClock()
	f := openHouseOf(t, c.now, true).firm("sahyadri")
	honest := f.operatorBrowser()
	honest.post("/sign-out", nil)
	taken, refused := 0, 0
	for range 15 {
		switch b := f.browser().password("ravi@sahyadri.example", "guess"); b.status {
		case 422:
			taken++
		case 429:
			refused++
			b.says(429, "Too many tries. Try again in 5 m")
		}
	}
	if taken != 10 || refused != 5 {
		t.Errorf("%d guesses were taken, %d refused", taken, refused)
	}
	f.browser().password("ravi@sahyadri.example", "operator pass").says(429) // not even the right one
	honest.signIn("ravi@sahyadri.example", "operator pass").get("/my").says(200)
	// The device is known for that sign-in only, and cannot be made up.
	honest.post("/sign-out", nil)
	for range 11 {
		honest.password("owner@sahyadri.example", "guess")
	}
	honest.says(429)
	forged := f.browser()
	forged.setCookie("known", strings.Repeat("A", 64))
	forged.password("ravi@sahyadri.example", "operator pass").says(429)
	c.turn(5 * time.Minute)
	f.browser().password("ravi@sahyadri.example", "operator pass").says(200)
	if n := f.happened("sign_in_failed"); n != 20 {
		t.Errorf("%d failures are in the audit log", n)
	}
}

// An address has only so many guesses, over all accounts together.
func TestAbuseGuessingOverManyAccounts(t *testing.T) {
	t.Parallel()
	c := newClock()
	h := openHouseOf(t, c.now, true)
	b := h.browser()
	taken := 0
	for i := range 60 {
		if b.password("somebody"+string(rune('a'+i%26))+string(rune('a'+i/26))+"@clients.example", "guess"); b.status == 422 {
			taken++
		}
	}
	if taken != 40 {
		t.Errorf("%d guesses were taken from one address", taken)
	}
}

// Codes cannot be guessed either.
func TestAbuseGuessingCodes(t *testing.T) {
	t.Parallel()
	c := newClock()
	f := openHouseOf(t, c.now, true).firm("sahyadri")
	f.ownerBrowser().addApp(c)
	taken := 0
	for range 3 {
		b := f.browser().password("owner@sahyadri.example", "owner pass")
		for range 5 {
			if b.step("000000"); b.status == 422 {
				taken++
			}
		}
	}
	if taken != 10 {
		t.Errorf("%d codes could be tried", taken)
	}
}

// What another site makes a browser send does nothing, and no site can put these pages into a frame.
func TestAbuseCSRFAndClickjacking(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	b := f.ownerBrowser()
	for _, path := range []string{"/sign-in", "/sign-in/passkey", "/second-factor", "/sign-out", "/forgot", "/reset/x", "/language", "/account/password", "/account/factor", "/account/app/remove",
		"/account/codes", "/account/sessions/end", "/security"} {
		for _, header := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "http://evil.example"}} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+path, strings.NewReader("needed=operator&old=owner+pass&new=lamination+8+sheets"))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set(header[0], header[1])
			b.take(b.client.Do(r)).says(403, "sent from another site")
		}
	}
	b.get("/board").says(200)
	f.ownerBrowser()
	for _, path := range []string{"/sign-in", "/account", "/security", "/forgot", "/reset/x", "/second-factor"} {
		r, err := b.client.Get(b.url + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		policy := r.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "frame-ancestors 'none'") || !strings.Contains(policy, "form-action 'self'") || r.Header.Get("Cache-Control") != "no-store" || r.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %v", path, r.Header)
		}
	}
}

func TestAbuseOpenRedirect(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	b := f.ownerBrowser()
	b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, to := range []string{"//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "/\n/evil.example", "\t//evil.example", "javascript:alert(1)",
		"/%0a/evil.example/\x00", "evil.example", "", "/\u0085/evil.example"} {
		r, err := b.client.PostForm(b.url+"/language", url.Values{"language": {"en"}, "to": {to}})
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		if got := r.Header.Get("Location"); got != "/" {
			t.Errorf("%q leads to %q", to, got)
		}
	}
	r, err := b.client.PostForm(b.url+"/language", url.Values{"language": {"en"}, "to": {"/board?page=2"}})
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	if got := r.Header.Get("Location"); got != "/board?page=2" {
		t.Errorf("a page of ours leads to %q", got)
	}
}

// resetMail is the link in the last mail that waits, and whom it goes to. It waits for the mail to be written.
func (f *firm) resetMail(c *clock, ask func()) (to, link string) {
	f.t.Helper()
	conn := pgtest.Owner(f.t, f.database)
	if _, err := conn.Exec(f.t.Context(), "listen post"); err != nil {
		f.t.Fatal(err)
	}
	ask()
	if _, err := conn.WaitForNotification(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
	mails, err := f.db.TakeMails(f.t.Context(), f.org, c.now())
	if err != nil || len(mails) == 0 {
		f.t.Fatalf("%d mails, %v", len(mails), err)
	}
	last := mails[len(mails)-1] // those before were taken some time ago, and nobody said that they went
	return last.To, regexp.MustCompile(`/reset/[\w-]+`).FindString(last.Text)
}

func (h *house) forgot(login string) *browser {
	return h.browser().post("/forgot", url.Values{"login": {login}})
}

// A link sets a new password once, soon, and ends what was open.
func TestAbuseResetTokenReuse(t *testing.T) {
	t.Parallel()
	c := newClock()
	h := openHouseOf(t, c.now, true)
	f := h.firm("sahyadri")
	open := f.operatorBrowser()
	_, first := f.resetMail(c, func() { h.forgot("ravi@sahyadri.example").says(200, "the link is on its way") })
	to, link := f.resetMail(c, func() { h.forgot("RAVI@sahyadri.example ").says(200, "the link is on its way") })
	if to != "ravi@sahyadri.example" || link == first {
		t.Errorf("to %s, the same link: %v", to, link == first)
	}
	h.browser().get(first).says(404, "used already, or is too old") // the newest counts
	b := h.browser().get(link).says(200, "For Ravi Kadam, Firm sahyadri")
	b.get(link).says(200) // looking does not use it up
	b.post(link, url.Values{"new": {"short"}}).says(422, "at least 10 characters")
	b.post(link, url.Values{"new": {"Ravi-Kadam-9"}}).says(422, "your own or the company's name")
	b.post(link, url.Values{"new": {"lamination 8 sheets"}}).says(200, "Your new password is set")
	if open.get("/my"); open.at.Path != "/sign-in" {
		t.Errorf("what was open before goes on at %s", open.at)
	}
	b.post(link, url.Values{"new": {"lamination 9 sheets"}}).says(404, "used already, or is too old")
	f.browser().password("ravi@sahyadri.example", "operator pass").says(422)
	f.browser().signIn("ravi@sahyadri.example", "lamination 8 sheets")
	c.turn(10 * time.Minute)
	_, late := f.resetMail(c, func() { h.forgot("ravi@sahyadri.example") })
	c.turn(30*time.Minute + time.Second)
	b.post(late, url.Values{"new": {"lamination 9 sheets"}}).says(404, "too old")
	for _, bad := range []string{"/reset/x", "/reset/" + strings.Repeat("A", 64), late[:len(late)-2] + "AA"} {
		h.browser().get(bad).says(404, "used already, or is too old")
	}
	if f.happened("reset_asked") != 3 || f.happened("password_reset") != 1 {
		t.Error("the audit log does not have it all")
	}
}

// A link does not go round the second step.
func TestAResetDoesNotGoRoundTheSecondStep(t *testing.T) {
	t.Parallel()
	c := newClock()
	h := openHouseOf(t, c.now, true)
	f := h.firm("sahyadri")
	f.ownerBrowser().addApp(c)
	_, link := f.resetMail(c, func() { h.forgot("owner@sahyadri.example") })
	h.browser().post(link, url.Values{"new": {"lamination 8 sheets"}}).says(200)
	h.browser().password("owner@sahyadri.example", "lamination 8 sheets").says(200, "Second step at log-in")
}

// Asking for a link tells nobody who has an account: the answer is there before anybody looks.
func TestAbuseResetEnumeration(t *testing.T) {
	t.Parallel()
	h := openHouseWith(t, true)
	f := h.firm("sahyadri")
	before := h.checks.Load()
	known := h.forgot("owner@sahyadri.example").says(200)
	unknown := h.forgot("nobody@sahyadri.example").says(200)
	if strings.ReplaceAll(known.body, "owner@", "nobody@") != unknown.body {
		t.Error("the answers differ")
	}
	if h.checks.Load() != before {
		t.Error("passwords were compared")
	}
	for _, login := range []string{"owner@sahyadri.example", "nobody@sahyadri.example"} {
		h.forgot(login)
		h.forgot(login)
		h.forgot(login).says(429, "Too many tries")
	}
	h.forgot("nonsense").says(422, "not an e-mail address")
	_ = f
}

// Sessions end when their time is over, and when nothing was asked in them for as long as the role may be away.
func TestSessionsEndByRole(t *testing.T) {
	t.Parallel()
	c := newClock()
	f := openHouseOf(t, c.now, true).firm("sahyadri")
	for _, role := range flow.Roles() {
		id := newID(t)
		m := postgres.Member{ID: id, Name: "One", Role: role, PasswordHash: "one pass", Logins: []string{string(role) + "@roles.example"}, Created: c.now(), Given: flow.Given{All: true}}
		if err := f.db.AddMember(t.Context(), f.org, m); err != nil {
			t.Fatal(err)
		}
		most, idle := httpd.Lifetime(role, flow.ViaOwn)
		in := func() *browser { return f.browser().password(string(role)+"@roles.example", "one pass") }
		there := func(b *browser, want bool, what string) {
			t.Helper()
			if b.get("/account"); (b.at.Path == "/account") != want {
				t.Errorf("%s %s: at %s", role, what, b.at)
			}
		}
		b := in()
		c.turn(idle - time.Second)
		there(b, idle <= most && idle-time.Second < most, "just before idle")
		c.turn(idle + time.Second)
		there(b, false, "idle")
		b = in()
		for spent := time.Duration(0); spent+idle/2 < most; spent += idle / 2 {
			there(b, true, "busy")
			c.turn(idle / 2)
		}
		c.turn(idle / 2)
		there(b, false, "after the longest time")
	}
	// A session that waits for the second step does not wait long.
	owner := f.ownerBrowser()
	owner.addApp(c)
	waiting := f.browser().password("owner@sahyadri.example", "owner pass")
	c.turn(flow.FactorWithin + time.Second)
	if waiting.get("/second-factor"); waiting.at.Path != "/sign-in" {
		t.Errorf("it still waits at %s", waiting.at)
	}
}

// One sign-in of several companies chooses, and the second step is that of the company chosen.
func TestOneSignInOfSeveralCompanies(t *testing.T) {
	t.Parallel()
	c := newClock()
	h := openHouseOf(t, c.now, true)
	f, g := h.firm("sahyadri"), h.firm("konkan")
	for _, one := range []*firm{f, g} {
		m := postgres.Member{ID: newID(t), Name: "Both", Role: flow.Owner, PasswordHash: "both pass", Logins: []string{"both@clients.example"}, Created: c.now()}
		if err := h.db.AddMember(t.Context(), one.org, m); err != nil {
			t.Fatal(err)
		}
	}
	in := func(one *firm) *browser {
		b := h.browser().password("both@clients.example", "both pass").says(200, "Which company?", "Firm sahyadri", "Firm konkan")
		return b.post("/sign-in", url.Values{"login": {"both@clients.example"}, "password": {"both pass"}, "organisation": {one.org.String()}})
	}
	in(f).says(200, "Board").addApp(c)
	in(g).says(200, "Board").hides("Firm sahyadri")
	in(f).says(200, "Second step at log-in", "Firm sahyadri").hides("Firm konkan")
}

// Nothing that lets somebody in is stored as it is.
func TestSecretsAreNotStored(t *testing.T) {
	t.Parallel()
	c := newClock()
	h := openHouseOf(t, c.now, true)
	f := h.firm("sahyadri")
	owner := f.ownerBrowser()
	app, codes := owner.addApp(c)
	_, link := f.resetMail(c, func() { h.forgot("ravi@sahyadri.example") })
	conn := pgtest.Owner(t, f.database)
	for _, sql := range []string{"select row_to_json(t)::text from authenticators t", "select row_to_json(t)::text from recovery_codes t", "select row_to_json(t)::text from sessions t",
		"select row_to_json(t)::text from resets t", "select row_to_json(t)::text from audit t", "select row_to_json(t)::text from outbox t"} {
		rows, err := conn.Query(t.Context(), sql)
		if err != nil {
			t.Fatal(err)
		}
		texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range texts {
			for _, secret := range []string{hexOf(app.seed), hexOf([]byte(codes[0])), codes[0], owner.cookie(), strings.TrimPrefix(link, "/reset/"), "owner pass"} {
				if strings.Contains(text, secret) {
					t.Errorf("%s: %s", sql, text)
				}
			}
		}
	}
}
