package web_test

import (
	"encoding/base32"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"clicarity/internal/factors"
	"clicarity/internal/flow"
)

// clock is a clock that a test turns.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Now().Truncate(time.Second)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) turn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// phone is an authenticator app.
type phone struct {
	t    *testing.T
	seed []byte
	now  func() time.Time
}

func newPhone(t *testing.T, typed string, now func() time.Time) phone {
	t.Helper()
	seed, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(typed)
	if err != nil {
		t.Fatal(err)
	}
	return phone{t, seed, now}
}

func (p phone) code() string { return factors.Code(p.seed, p.now()) }

var shownCode = regexp.MustCompile(`<li class="number">([A-Z2-7-]{19})</li>`)

// addApp sets up an authenticator app for somebody who is in.
func (b *browser) addApp(c *clock) (phone, []string) {
	b.t.Helper()
	b.get("/account/factor").says(200, "Set up a second step")
	typed, hidden := b.seed()
	app := newPhone(b.t, typed, c.now)
	b.post("/account/factor", url.Values{"seed": {hidden}, "code": {app.code()}}).says(200, "Recovery codes")
	var codes []string
	for _, m := range shownCode.FindAllStringSubmatch(b.body, -1) {
		codes = append(codes, m[1])
	}
	if len(codes) != factors.Codes {
		b.t.Fatalf("%d recovery codes", len(codes))
	}
	return app, codes
}

// password gives the password and comes to the second step.
func (b *browser) password(login, password string) *browser {
	b.t.Helper()
	return b.post("/sign-in", url.Values{"login": {login}, "password": {password}})
}

func (b *browser) step(code string) *browser {
	b.t.Helper()
	return b.post("/second-factor", url.Values{"code": {code}})
}

// cookie is the session cookie of a browser.
func (b *browser) cookie() string {
	b.t.Helper()
	u, err := url.Parse(b.url)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.client.Jar.Cookies(u) {
		if c.Name == "clicarity" {
			return c.Value
		}
	}
	return ""
}

func (b *browser) setCookie(name, value string) {
	b.t.Helper()
	u, err := url.Parse(b.url)
	if err != nil {
		b.t.Fatal(err)
	}
	b.client.Jar.SetCookies(u, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

// happened counts the entries of a kind in the firm's audit log.
func (f *firm) happened(what string) int {
	f.t.Helper()
	return countAudit(f.t, f.house, f.org, what)
}

// A code is asked after the password, taken once, and nothing else is there before it.
func TestSignInWithAnAuthenticatorApp(t *testing.T) {
	t.Parallel()
	c := newClock()
	f := openHouseAt(t, c.now).firm("sahyadri")
	app, codes := f.ownerBrowser().addApp(c)
	b := f.browser().password("owner@sahyadri.example", "owner pass").says(200, "Second step at log-in", "authenticator app")
	waiting := b.cookie()
	for _, path := range []string{"/", "/board", "/people", "/account", "/account/factor", "/security", "/live"} {
		if b.get(path); b.at.Path != "/second-factor" && b.status != 401 {
			t.Errorf("a session that waits gets %s: %d at %s", path, b.status, b.at)
		}
	}
	if b.post("/account/sessions/end", nil); b.status != 401 {
		t.Errorf("a session that waits may end others: %d", b.status)
	}
	c.turn(time.Minute)
	b.step("000000").says(422, "That code is not right")
	b.step(app.code()).says(200, "Board")
	if b.cookie() == waiting {
		t.Error("the token did not change with the second step")
	}
	old := f.browser()
	old.setCookie("clicarity", waiting)
	if old.get("/board"); old.at.Path != "/sign-in" {
		t.Errorf("the token from before the second step opens %s", old.at)
	}
	b.get("/account").says(200, "Authenticator app", "10 left", "This device")
	f.browser().password("owner@sahyadri.example", "owner pass").step(strings.ToLower(strings.ReplaceAll(codes[3], "-", " "))).says(200, "Board")
	b.get("/account").says(200, "9 left")
	if f.happened("authenticator_added") != 1 || f.happened("sign_in") != 3 || f.happened("sign_in_failed") != 1 {
		t.Error("the audit log does not have it all")
	}
}

func TestAbuseTOTPReplay(t *testing.T) {
	t.Parallel()
	c := newClock()
	f := openHouseAt(t, c.now).firm("sahyadri")
	app, _ := f.ownerBrowser().addApp(c)
	f.browser().password("owner@sahyadri.example", "owner pass").step(app.code()).says(422, "used already") // the code that set it up
	c.turn(30 * time.Second)
	overheard := app.code()
	f.browser().password("owner@sahyadri.example", "owner pass").step(overheard).says(200, "Board")
	f.browser().password("owner@sahyadri.example", "owner pass").step(overheard).says(422, "used already")
	c.turn(30 * time.Second)
	f.browser().password("owner@sahyadri.example", "owner pass").step(overheard).says(422, "used already")
	c.turn(time.Minute)
	f.browser().password("owner@sahyadri.example", "owner pass").step(overheard).says(422, "not right")
}

// Of many who show the same code at once, one comes in.
func TestAbuseTOTPReplayAtOnce(t *testing.T) {
	t.Parallel()
	c := newClock()
	f := openHouseAt(t, c.now).firm("sahyadri")
	app, codes := f.ownerBrowser().addApp(c)
	c.turn(time.Minute)
	for _, code := range []string{app.code(), codes[0]} {
		var in atomic.Int32
		var all sync.WaitGroup
		for range 4 {
			b := f.browser().password("owner@sahyadri.example", "owner pass")
			all.Go(func() {
				if r, err := b.client.PostForm(b.url+"/second-factor", url.Values{"code": {code}}); err == nil {
					_ = r.Body.Close()
					if r.Request.URL.Path != "/second-factor" {
						in.Add(1)
					}
				}
			})
		}
		all.Wait()
		if in.Load() != 1 {
			t.Errorf("%d came in with one code", in.Load())
		}
	}
}

func TestAbuseRecoveryCodeReuse(t *testing.T) {
	t.Parallel()
	c := newClock()
	f := openHouseAt(t, c.now).firm("sahyadri")
	owner := f.ownerBrowser()
	_, codes := owner.addApp(c)
	f.browser().password("owner@sahyadri.example", "owner pass").step(codes[0]).says(200, "Board")
	f.browser().password("owner@sahyadri.example", "owner pass").step(codes[0]).says(422, "not right")
	owner.post("/account/codes", nil).says(200, "Recovery codes") // the old ones are void now
	f.browser().password("owner@sahyadri.example", "owner pass").step(codes[1]).says(422, "not right")
}

// A token that was in the browser before somebody signed in never becomes theirs.
func TestAbuseSessionFixation(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	mallory := f.operatorBrowser()
	planted := mallory.cookie()
	b := f.browser()
	b.setCookie("clicarity", planted)
	b.signIn("owner@sahyadri.example", "owner pass").get("/people").says(200)
	if b.cookie() == planted {
		t.Fatal("the planted token was kept")
	}
	if mallory.get("/people"); mallory.at.Path != "/sign-in" {
		t.Errorf("the planted token opens %s", mallory.at)
	}
	made := strings.Repeat("A", 64)
	b = f.browser()
	b.setCookie("clicarity", made)
	b.signIn("owner@sahyadri.example", "owner pass")
	thief := f.browser()
	thief.setCookie("clicarity", made)
	if thief.get("/board"); b.cookie() == made || thief.at.Path != "/sign-in" {
		t.Errorf("a made-up token opens %s", thief.at)
	}
}

// When somebody's role, scope or password changes, their session goes on with a fresh token; the old one soon does not.
func TestATokenIsRotatedWhenAPlaceChanges(t *testing.T) {
	t.Parallel()
	c := newClock()
	f := openHouseAt(t, c.now).firm("sahyadri")
	changes := map[string]func() error{
		"role": func() error {
			return f.db.SetRole(t.Context(), f.org, f.operator, flow.Supervisor, flow.Given{Processes: []flow.ID{f.process.ID}})
		},
		"scope": func() error {
			return f.db.SetRole(t.Context(), f.org, f.operator, flow.Supervisor, flow.Given{All: true})
		},
	}
	for _, what := range []string{"role", "scope"} {
		b := f.operatorBrowser()
		b.get("/my").says(200)
		before := b.cookie()
		if err := changes[what](); err != nil {
			t.Fatal(err)
		}
		b.get("/my").says(200)
		after := b.cookie()
		if after == before {
			t.Errorf("%s: the token is the same", what)
		}
		b.get("/my").says(200)
		if b.cookie() != after {
			t.Errorf("%s: the token changed twice", what)
		}
		thief := f.browser()
		thief.setCookie("clicarity", before)
		c.turn(time.Minute + time.Second)
		if thief.get("/my"); thief.at.Path != "/sign-in" {
			t.Errorf("%s: the old token opens %s", what, thief.at)
		}
		b.get("/my").says(200)
	}
}

// Who is given a role that needs a second step is led to it in the session they have, and has the times of that role.
func TestWithARoleComeItsRules(t *testing.T) {
	t.Parallel()
	c := newClock()
	f := openHouseAt(t, c.now).firm("sahyadri")
	f.ownerBrowser().post("/security", url.Values{"needed": {"manager"}}).says(200, "Saved")
	b, away := f.operatorBrowser(), f.operatorBrowser()
	c.turn(time.Hour)
	if err := f.db.SetRole(t.Context(), f.org, f.operator, flow.Manager, flow.Given{All: true}); err != nil {
		t.Fatal(err)
	}
	b.get("/people").says(200, "Your company asks for a second step")
	typed, hidden := b.seed()
	b.post("/second-factor", url.Values{"seed": {hidden}, "code": {newPhone(t, typed, c.now).code()}}).says(200, "Recovery codes")
	b.get("/people").says(200, "Ravi Kadam")
	if away.get("/people"); away.at.Path != "/sign-in" {
		t.Errorf("a session elsewhere, in which nothing was shown, opens %s", away.at)
	}
	c.turn(4*time.Hour + time.Second)
	if b.get("/people"); b.at.Path != "/sign-in" {
		t.Errorf("a manager who was away for four hours is at %s", b.at)
	}
}

// A browser asks for several things at once: the others go on with the token before.
func TestRotationDoesNotTurnAwayWhatWasAskedAtOnce(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	b := f.operatorBrowser()
	if err := f.db.SetRole(t.Context(), f.org, f.operator, flow.Operator, flow.Given{Processes: []flow.ID{f.process.ID}}); err != nil {
		t.Fatal(err)
	}
	before := b.cookie()
	var all sync.WaitGroup
	var fresh atomic.Int32
	for range 6 {
		all.Go(func() {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/my", nil)
			if err != nil {
				t.Error(err)
				return
			}
			r.AddCookie(&http.Cookie{Name: "clicarity", Value: before})
			got, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				t.Error(err)
				return
			}
			_ = got.Body.Close()
			if got.StatusCode != 200 {
				t.Errorf("status %d", got.StatusCode)
			}
			fresh.Add(int32(len(got.Cookies())))
		})
	}
	all.Wait()
	if fresh.Load() != 1 {
		t.Errorf("%d fresh tokens", fresh.Load())
	}
}

// A change of one's own password asks for the old one, refuses what is easily guessed, and ends all other sessions.
func TestChangingOnesPassword(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	b, elsewhere := f.operatorBrowser(), f.operatorBrowser()
	change := func(old, new string) *browser {
		return b.post("/account/password", url.Values{"old": {old}, "new": {new}})
	}
	b.get("/account").says(200, "handed to you", "Ravi Kadam", "ravi@sahyadri.example")
	change("wrong", "lamination 8 sheets").says(422, "That is not your password")
	change("operator pass", "short").says(422, "at least 10 characters")
	change("operator pass", "password123").says(422, "Everybody tries")
	change("operator pass", "ravikadam1").says(422, "your own or the company's name")
	change("operator pass", "sahyadri-2026").says(422, "your own or the company's name")
	change("operator pass", "लाल मशीन के पास").says(200, "Password changed")
	elsewhere.get("/my")
	if elsewhere.at.Path != "/sign-in" {
		t.Errorf("a session elsewhere still opens %s", elsewhere.at)
	}
	b.get("/account").says(200).hides("handed to you")
	f.browser().password("ravi@sahyadri.example", "operator pass").says(422, "do not fit")
	f.browser().signIn("ravi@sahyadri.example", "लाल मशीन के पास")
}

// Sessions are listed and ended one by one, or all others.
func TestSessionsAreListedAndEnded(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	f, other := h.firm("sahyadri"), h.firm("konkan")
	b, phone, tablet := f.operatorBrowser(), f.operatorBrowser(), f.operatorBrowser()
	b.get("/account").says(200, "This device", "Log out everywhere else")
	ids := regexp.MustCompile(`/account/sessions/([0-9a-f-]{36})/end`).FindAllStringSubmatch(b.body, -1)
	if len(ids) != 2 {
		t.Fatalf("%d other sessions", len(ids))
	}
	for _, stranger := range []*browser{f.ownerBrowser(), other.ownerBrowser()} {
		stranger.post("/account/sessions/"+ids[0][1]+"/end", nil).says(404)
	}
	b.post("/account/sessions/"+ids[0][1]+"/end", nil).says(200, "Logged out there")
	b.post("/account/sessions/"+ids[0][1]+"/end", nil).says(404)
	ended := 0
	for _, one := range []*browser{phone, tablet} {
		if one.get("/my"); one.at.Path == "/sign-in" {
			ended++
		}
	}
	if ended != 1 {
		t.Errorf("%d sessions ended", ended)
	}
	b.post("/account/sessions/end", nil).says(200, "everywhere else")
	for _, one := range []*browser{phone, tablet} {
		if one.get("/my"); one.at.Path != "/sign-in" {
			t.Errorf("a session still opens %s", one.at)
		}
	}
	b.get("/my").says(200)
}

// The organisation asks for a second step by role: who has none sets it up before anything else.
func TestASecondStepByRole(t *testing.T) {
	t.Parallel()
	c := newClock()
	f := openHouseAt(t, c.now).firm("sahyadri")
	owner, operator := f.ownerBrowser(), f.operatorBrowser()
	operator.get("/security").says(404)
	owner.get("/security").says(200, "0 of 1 have one", "You have none yet")
	owner.post("/security", url.Values{"needed": {"operator", "king"}}).says(200, "Saved")
	if operator.get("/my"); operator.at.Path != "/second-factor" {
		t.Fatalf("the operator is at %s", operator.at)
	}
	operator.says(200, "Your company asks for a second step")
	operator.get("/account/factor").says(200, "Your company asks")
	typed, hidden := operator.seed()
	app := newPhone(t, typed, c.now)
	operator.step("123456").says(422)
	if typed2, _ := operator.seed(); operator.post("/second-factor", url.Values{"seed": {hidden}, "code": {"999999"}}).status != 422 || typed2 == typed {
		t.Error("a seed that the page did not bring back was kept")
	}
	if again, _ := operator.seed(); again != typed {
		t.Error("a wrong code changes the seed")
	}
	operator.post("/second-factor", url.Values{"seed": {hidden}, "code": {app.code()}}).says(200, "Recovery codes")
	operator.get("/my").says(200, "Nothing is waiting")
	operator.post("/account/app/remove", nil).says(409, "this is your only one")
	owner.get("/security").says(200, "1 of 1 have one")
	// With the role comes the need: at once, and for new sessions.
	owner.post("/security", url.Values{"needed": {"operator", "owner"}})
	if owner.at.Path != "/second-factor" {
		t.Errorf("the owner who chose owners is at %s", owner.at)
	}
	f.browser().password("owner@sahyadri.example", "owner pass").says(200, "Your company asks for a second step")
	if f.happened("organisation_changed") != 2 {
		t.Error("the rule is not in the audit log")
	}
}

// Somebody who has lost a role's need is not asked; removing the app asks for the password when they came in long ago.
func TestRemovingAnAppAsksForThePassword(t *testing.T) {
	t.Parallel()
	c := newClock()
	f := openHouseAt(t, c.now).firm("sahyadri")
	b := f.operatorBrowser()
	b.addApp(c)
	c.turn(11 * time.Minute)
	b.get("/account").says(200, "Your password, to be sure")
	b.post("/account/app/remove", nil).says(422, "That is not your password")
	b.post("/account/app/remove", url.Values{"password": {"operator pass"}}).says(200, "Authenticator app removed")
	b.get("/account").says(200, "somebody who learns your password").hides("left")
	f.operatorBrowser().get("/my").says(200)
}

// Who has lost their phone is let in again by somebody above them, and by nobody else.
func TestALostSecondStepIsRemovedByAnOwner(t *testing.T) {
	t.Parallel()
	c := newClock()
	h := openHouseAt(t, c.now)
	f, other := h.firm("sahyadri"), h.firm("konkan")
	operator, owner := f.operatorBrowser(), f.ownerBrowser()
	operator.addApp(c)
	path, form := "/people/"+f.operator.String(), url.Values{"do": {"factors"}}
	operator.post(path, form).says(404)
	other.ownerBrowser().post(path, form).says(404)
	owner.get(path).says(200, "Remove their second step")
	owner.post(path, form).says(200, "Second step removed").hides("Remove their second step")
	if operator.get("/my"); operator.at.Path != "/sign-in" {
		t.Errorf("the session from before opens %s", operator.at)
	}
	f.operatorBrowser().get("/my").says(200)
	if f.happened("authenticator_removed") != 1 {
		t.Error("it is not in the audit log")
	}
}

// An open page's feed ends when its session has to wait for the second step.
func TestAFeedEndsWhenItsSessionWaits(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	events := f.operatorBrowser().follow("/live?after=0&stages=" + f.process.ID.String() + ":lamination")
	owner.post("/security", url.Values{"needed": {"operator"}}).says(200, "Saved")
	for events.lines.Scan() { // until the server closes it
	}
	if err := events.lines.Err(); err != nil {
		t.Error(err)
	}
}
