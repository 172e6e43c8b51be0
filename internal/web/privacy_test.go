package web_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"clicarity/internal/evidence"
	"clicarity/internal/operator"
	"clicarity/internal/postgres"
	"clicarity/internal/usage"
)

// The owner's page says what is stored, who else gets something, and switches the counting; in the reader's language.
func TestThePrivacyPage(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.pages.Usage = &usage.Counter{}
	f := h.firm("sahyadri")
	owner := f.ownerBrowser()
	owner.get("/privacy").says(200, "What is stored about people", "To say who did what", "Purposes of employment", "Let's Encrypt", "It is counted how often", "Breaches", "Evidence").hides("purpose_", "keep_", "sight_", "ground_", "party_", ">usage_", "Companies")
	week := usage.Week(time.Now())
	if err := f.db.AddUsage(t.Context(), f.org, map[usage.Cell]int64{{Week: week, Feature: "board"}: 1234, {Week: week, Feature: "analytics"}: 2}); err != nil {
		t.Fatal(err)
	}
	owner.get("/privacy").says(200, "What was counted here", "1,234", "Analytics")
	h.pages.Usage.Count(f.org, "board", time.Now())
	owner.post("/privacy/usage", url.Values{"do": {"x"}}).says(400)
	owner.get("/privacy").says(200, "1,234")
	owner.post("/privacy/usage", url.Values{"do": {"off"}}).says(200, "Nothing is counted any more", "nothing is left of what was").hides("1,234")
	if h.pages.Usage.Take(f.org) != nil {
		t.Error("what was counted before it was switched off would be kept later")
	}
	owner.get("/audit").says(200, "Usage is counted", "Yes → No")
	owner.post("/privacy/usage", url.Values{"do": {"on"}}).says(200, "It is counted from now on")
	owner.post("/language", url.Values{"language": {"hi"}, "to": {"/privacy"}}).says(200, "लोगों के बारे में क्या रखा जाता है", "नौकरी के काम", "जब तक कंपनी जॉब का इतिहास रखे").hides("Purposes of", "Log-in with")
	f.operatorBrowser().get("/privacy").says(404)
}

// A page that is answered is counted for the company; one that is refused, one that nobody named, and support are not.
func TestPagesAreCounted(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	counter := &usage.Counter{}
	h.pages.Usage = counter
	f := h.firm("sahyadri")
	owner := f.ownerBrowser()
	counting := h.pages.Handler(h.pages.Log) // the routes look for the counter when they are made
	ask := func(cookies []*http.Cookie, path string) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cookies {
			r.AddCookie(c)
		}
		rec := newRecorder()
		counting.ServeHTTP(rec, r)
		return rec.code
	}
	at, err := url.Parse(h.url)
	if err != nil {
		t.Fatal(err)
	}
	own := owner.client.Jar.Cookies(at)
	for _, path := range []string{"/board", "/board", "/find?q=x", "/support", "/people", "/jobs/" + newID(t).String()} {
		ask(own, path)
	}
	support := f.supporter(f.grant(owner))
	ask(support.client.Jar.Cookies(at), "/board")
	ask(nil, "/board")
	got := counter.Take(f.org)
	if week := usage.Week(time.Now()); len(got) != 2 || got[usage.Cell{Week: week, Feature: "board"}] != 2 || got[usage.Cell{Week: week, Feature: "search"}] != 1 {
		t.Errorf("counted are %v", got)
	}
}

type recorder struct {
	http.ResponseWriter
	header http.Header
	code   int
	bytes.Buffer
}

func newRecorder() *recorder { return &recorder{header: http.Header{}, code: 200} }

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(code int)        { r.code = code }
func (r *recorder) Write(b []byte) (int, error) { return r.Buffer.Write(b) }

// Every route that is counted is a route.
func TestCountedRoutesAreRoutes(t *testing.T) {
	t.Parallel()
	there := map[string]bool{}
	for _, r := range openHouse(t).pages.Routes() {
		there[r.Pattern] = true
	}
	for _, r := range usage.Routes() {
		if !there[r] && !strings.Contains(r, " /api/v1/") {
			t.Errorf("%s is counted and there is no such route", r)
		}
	}
}

// The operator sees what five organisations did, and no other organisation sees that page.
func TestUsageIsForTheOperator(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.pages.Operator = operator.Operator{Organisation: "clicarity"}
	ours := h.firm("clicarity")
	week := usage.Week(time.Now().AddDate(0, 0, -14))
	for i := range 5 {
		f := h.firm(fmt.Sprintf("firm-%d", i))
		counts := map[usage.Cell]int64{{Week: week, Feature: "board"}: 3}
		if i < 4 {
			counts[usage.Cell{Week: week, Feature: "trace"}] = 900
		}
		if err := h.db.AddUsage(t.Context(), f.org, counts); err != nil {
			t.Fatal(err)
		}
	}
	ours.ownerBrowser().get("/usage").says(200, "Board 5 15").hides("Trace</td>", "900", "firm-")
	h.firm("malwa").ownerBrowser().get("/usage").says(404)
}

// The evidence is made from the database as it is, for each control or with the word that there is none yet; its file checks and
// has no secret in it.
func TestEvidence(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	f := h.firm("sahyadri")
	secrets := []string{"seed-of-nobody", "hash-of-codes-that-nobody-has-32", "credential-of-a-key", "body-of-a-key", "mail-to-somebody", "secret-of-the-provider", "owner pass", "operator pass"}
	f.hide(secrets)
	owner := f.ownerBrowser()
	owner.get("/evidence").says(200, "It was never reviewed", "Inventory of information", "no record yet", "Asha Patil", "Ed25519").hides("evidence_c_", "evidence_t_", "evidence_col_")
	review := command(t)
	for range 2 {
		owner.post("/evidence/review", review).says(200, "The review is recorded", "Reviewed today", "by Asha Patil: 2 people")
	}
	h.pages.Drills = func(context.Context, int) ([]postgres.Drill, error) {
		return []postgres.Drill{{Began: time.Now(), Took: 3 * time.Minute, Organisations: 77, Movements: 4242}, {Began: time.Now(), Fault: "movement 7 of firm konkan"}}, nil
	}
	h.pages.Backups = func(context.Context) ([]evidence.Backup, error) { return nil, errors.New("the store is away") }
	owner.get("/evidence").says(200, "Backups there are")
	made := time.Date(2026, 11, 20, 20, 30, 0, 0, time.UTC)
	h.pages.Backups = func(context.Context) ([]evidence.Backup, error) {
		return []evidence.Backup{{Made: made, Until: made.AddDate(0, 0, 30)}}, nil
	}
	for _, language := range []string{"hi", "en"} {
		owner.post("/language", url.Values{"language": {language}, "to": {"/evidence"}}).says(200)
		owner.get("/evidence/file")
		if _, err := evidence.Check([]byte(owner.body)); owner.status != 200 || err != nil {
			t.Fatalf("%d %v", owner.status, err)
		}
		all := unzipped(t, owner.body)
		for _, secret := range append(secrets, "password_hash:", "4242", "firm konkan") {
			if strings.Contains(all, secret) {
				t.Errorf("the file has %q", secret)
			}
		}
		if strings.Contains(all, ">evidence_") || strings.Contains(all, `"evidence_`) {
			t.Error("the file has keys in the place of words")
		}
	}
	all := unzipped(t, owner.body)
	for _, want := range []string{"Asha Patil", "Ravi Kadam", "0041_evidence.sql", "Everything was there and sound", "Not sound", "21-11-2026 02:00", "21-12-2026 02:00", "TestOrganisationsAreIsolated", "Let's Encrypt", "no record yet"} {
		if !strings.Contains(all, want) && !strings.Contains(strings.ReplaceAll(all, "&#39;", "'"), want) {
			t.Errorf("the file does not have %q", want)
		}
	}
	owner.get("/audit?kind=export").says(200, "the evidence")
}

// hide puts secrets where secrets are kept.
func (f *firm) hide(secrets []string) {
	f.t.Helper()
	ctx, now := f.t.Context(), time.Now()
	for _, err := range []error{
		f.db.SetAuthenticator(ctx, f.org, f.operator, postgres.Authenticator{Seed: []byte(secrets[0]), Codes: [][32]byte{[32]byte([]byte(secrets[1]))}, At: now}),
		f.db.AddPasskey(ctx, f.org, f.operator, newID(f.t), postgres.Passkey{ID: newID(f.t), Credential: []byte(secrets[2]), Name: "Phone", Body: secrets[3], Created: now}, nil),
		f.db.QueueMail(ctx, f.org, postgres.Mail{To: "ravi@company.example", Subject: secrets[4], Text: secrets[4], Kind: "test", At: now}),
		f.db.SetIdentityProvider(ctx, f.org, postgres.IdentityProvider{Issuer: "https://login.example", ClientID: "c", Secret: []byte(secrets[5]), Domains: []string{"sahyadri.example"}, By: f.owner, Changed: now}),
	} {
		if err != nil {
			f.t.Fatal(err)
		}
	}
}

func unzipped(t *testing.T, file string) string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

// An owner says how long words of done jobs are kept, and has to know that it cannot be undone; nobody else can.
func TestAnOwnerSaysHowLongWordsAreKept(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.get("/privacy").says(200, "How long words are kept", "as long as the company is here")
	owner.post("/privacy/retention", url.Values{"months": {"24"}}).says(422, "Tick that you know it cannot be undone")
	if !strings.Contains(owner.body, `<option value="24" selected>`) {
		t.Error("what was chosen is gone")
	}
	for _, months := range []string{"", "7", "-1", "x"} {
		owner.post("/privacy/retention", url.Values{"months": {months}, "sure": {"1"}}).says(422, "Choose one of the times in the list")
	}
	if months, err := f.db.Retention(t.Context(), f.org); months != 0 || err != nil {
		t.Errorf("%d months, %v", months, err)
	}
	owner.post("/privacy/retention", url.Values{"months": {"24"}, "sure": {"1"}}).says(200, "What is older goes now")
	owner.get("/audit").says(200, "24")
	owner.post("/privacy/retention", url.Values{"months": {"0"}}).says(200, "Everything is kept")
	f.operatorBrowser().post("/privacy/retention", url.Values{"months": {"6"}, "sure": {"1"}}).says(404)
	if months, err := f.db.Retention(t.Context(), f.org); months != 0 || err != nil {
		t.Errorf("%d months, %v", months, err)
	}
}
