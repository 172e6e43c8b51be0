package demo_test

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"clicarity/internal/demo"
	"clicarity/internal/flow"
	"clicarity/internal/operator"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
	"clicarity/internal/privacy"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func TestMake(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	hashed := 0
	hash := func(password string) (string, error) { hashed++; return "hash of " + password, nil }
	now := time.Now()
	made, err := demo.Make(t.Context(), db, now, 1, hash)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d movements in %.1f s", made.Movements, time.Since(now).Seconds())
	v, err := db.Verify(t.Context(), made.Org)
	if err != nil {
		t.Fatal(err)
	}
	if made.Jobs != 262 || v.Jobs != 262 || v.Movements != int64(made.Movements) || hashed != 1 {
		t.Errorf("made %d jobs and %d movements with %d hashes, there are %+v", made.Jobs, made.Movements, hashed, v)
	}
	if members, err := db.Members(t.Context(), made.Org, 100); err != nil || len(members) != 26 {
		t.Errorf("%d members, %v", len(members), err)
	}
	if vendors, err := db.Vendors(t.Context(), made.Org); err != nil || len(vendors) != 2 {
		t.Errorf("%d vendors, %v", len(vendors), err)
	}
	lines(t, db, made.Org)
	worksByItsCalendars(t, db, made.Org)
	traced(t, db, made.Org)
	logins(t, db, made)
	papers(t, db, made.Org)
	desks(t, db, made.Org, now)
	if _, err := demo.Make(t.Context(), db, now, 2, hash); !errors.Is(err, demo.ErrExists) {
		t.Errorf("a second demo factory: %v", err)
	}
}

// traced follows the hamper that was dispatched back to every lot, through three levels of components, and a lot of the
// lowest forward to the hamper.
func traced(t *testing.T, db *postgres.DB, org flow.ID) {
	t.Helper()
	back, err := db.Trace(t.Context(), org, postgres.TraceQuery{Lot: "GH-00001-L1", Back: true})
	if err != nil || len(back.Jobs) != 8 || back.Jobs[0].Job.Open() {
		t.Fatalf("behind the hamper are %d jobs, %v", len(back.Jobs), err)
	}
	deepest, lots := back.Jobs[0], map[string]bool{}
	for _, j := range back.Jobs {
		if j.Depth > deepest.Depth {
			deepest = j
		}
		for _, s := range j.Job.Stages {
			for _, u := range s.Used {
				lots[u.Lot] = true
			}
		}
	}
	if deepest.Depth != 3 || deepest.Job.Track == "" || len(lots) != 5 {
		t.Errorf("the deepest is %s at %d, the lots are %v", deepest.Job.Number, deepest.Depth, lots)
	}
	ahead, err := db.Trace(t.Context(), org, postgres.TraceQuery{Lot: deepest.Job.Stages[0].Used[0].Lot})
	if err != nil || len(ahead.Jobs) != 4 || ahead.Jobs[3].Job.Number != "GH-00001" {
		t.Errorf("ahead of the divider's board are %d jobs, %v", len(ahead.Jobs), err)
	}
}

// worksByItsCalendars holds the calendars against the story: two shifts, kept holidays, and a room where ink dries by
// night too.
func worksByItsCalendars(t *testing.T, db *postgres.DB, org flow.ID) {
	t.Helper()
	list, err := db.Calendars(t.Context(), org)
	if err != nil || len(list) != 2 || !list[0].Standard || len(list[0].Shifts) != 2 || len(list[0].Holidays) < 8 || list[1].Code != "drying" || len(list[1].Shifts) != 0 {
		t.Fatalf("the calendars are %+v, %v", list, err)
	}
	processes, err := db.Processes(t.Context(), org)
	if err != nil {
		t.Fatal(err)
	}
	own := 0
	for _, p := range processes {
		for _, s := range p.Stages {
			if s.Calendar == "drying" {
				own++
			}
		}
	}
	if own != 1 {
		t.Errorf("%d stages have a calendar of their own", own)
	}
}

// lines looks at the two processes: their modes, their first jobs, and the stages at which there is work.
func lines(t *testing.T, db *postgres.DB, org flow.ID) {
	t.Helper()
	processes, err := db.Processes(t.Context(), org)
	if err != nil || len(processes) != 5 {
		t.Fatalf("%d processes, %v", len(processes), err)
	}
	for _, p := range processes {
		if p.Prefix != "JC" && p.Prefix != "EQ" {
			continue
		}
		load, err := db.Load(t.Context(), org, p.ID, postgres.Narrow{})
		if err != nil {
			t.Fatal(err)
		}
		if want := map[flow.Mode]int{flow.QuantityMode: 18, flow.UnitMode: 1}[p.Mode]; want == 0 || len(load) < want {
			t.Errorf("%s is %s, with work at %d stages", p.Name, p.Mode, len(load))
		}
	}
	known, err := db.JobsByNumber(t.Context(), org, []string{"JC-00049"}) // the known case: 124 of 500 lost
	if err != nil || len(known) != 1 || known[0].Wasted() != flow.Units(124) {
		t.Errorf("the known case is %+v, %v", known, err)
	}
	first, err := db.JobsByNumber(t.Context(), org, []string{"JC-00001", "JC-00227", "EQ-00001", "EQ-00015", "JC-00228"})
	if err != nil || len(first) != 4 {
		t.Errorf("%d jobs have the first and last numbers of the series, %v", len(first), err)
	}
}

// papers are what the files of the orders are: they open as what the rules were told of, and the drawings are PDFs.
func papers(t *testing.T, db *postgres.DB, org flow.ID) {
	t.Helper()
	kinds, numbers := map[string]int{}, make([]string, 240)
	for i := range numbers {
		numbers[i] = fmt.Sprintf("JC-%05d", i+1)
	}
	jobs, err := db.JobsByNumber(t.Context(), org, numbers)
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range jobs {
		if len(j.Files) == 0 {
			continue
		}
		stored, err := db.FilesOf(t.Context(), org, j.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range stored {
			r, err := db.OpenFile(t.Context(), org, f, 0, f.Size)
			if err != nil {
				t.Fatal(err)
			}
			bytes, err := io.ReadAll(r)
			if errors.Join(err, r.Close()) != nil || sha256.Sum256(bytes) != f.Digest || http.DetectContentType(bytes) != f.Media || f.Thumbs != (f.Media == "image/png") || f.Size > 20<<10 {
				t.Errorf("%s of %s: %d bytes, %v", f.Name, j.Number, f.Size, err)
			}
			kinds[f.Media]++
		}
	}
	if kinds["application/pdf"] < 6 || kinds["image/png"] < 1 {
		t.Errorf("files are %v", kinds)
	}
}

// desks are what waits in the office.
func desks(t *testing.T, db *postgres.DB, org flow.ID, now time.Time) {
	t.Helper()
	for state, n := range map[string]int{postgres.EnquiryNew: 1, postgres.EnquiryAnswered: 1, postgres.EnquiryClosed: 1} {
		if list, err := db.Enquiries(t.Context(), org, state, postgres.EnquiryPlace{}, 10); err != nil || len(list) != n || list[0].Email == "" {
			t.Errorf("%s: %+v %v", state, list, err)
		}
	}
	if open, late, err := db.RightsWaiting(t.Context(), org, now); open != 1 || late != 0 || err != nil {
		t.Errorf("%d requests wait, %d late, %v", open, late, err)
	}
	list, err := db.Breaches(t.Context(), org, flow.ID{}, 10)
	if err != nil || len(list) != 1 || !list[0].Closed() || len(list[0].Account.Missing()) > 0 {
		t.Fatalf("%+v %v", list, err)
	}
	for _, c := range list[0].Clocks(now) {
		if c.State != privacy.ClockDone {
			t.Errorf("%+v", c)
		}
	}
}

// logins are for every member, in one installation-wide form, and lead to that member.
func logins(t *testing.T, db *postgres.DB, made demo.Result) {
	t.Helper()
	if len(made.Logins) != 26 || made.Logins[0].Role != "owner" || !slices.ContainsFunc(made.Logins, func(l demo.Login) bool { return strings.HasPrefix(l.Login, "+9100000000") }) {
		t.Errorf("the log-ins are %+v", made.Logins)
	}
	for _, l := range made.Logins {
		got, err := db.Accounts(t.Context(), l.Login)
		if err != nil || len(got) != 1 || got[0].Name != l.Name || got[0].PasswordHash != "hash of "+l.Password || len(l.Password) < 10 {
			t.Errorf("%+v leads to %+v, %v", l, got, err)
		}
	}
}

// Who runs the demo does not exist and cannot be reached, and is what a file could say.
func TestTheOperatorOfTheDemo(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(demo.Operator())
	if err != nil {
		t.Fatal(err)
	}
	o, err := operator.Parse(text)
	if err != nil || o != demo.Operator() || o.WhatsApp+o.Calendly+o.GTM != "" || !o.Try {
		t.Errorf("%+v %v", o, err)
	}
	for _, address := range []string{o.Email, o.Grievance.Email} {
		if !strings.HasSuffix(address, ".example") {
			t.Errorf("%s may be somebody's", address)
		}
	}
}

func TestMakeSaysWhatHashCannotDo(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	broken := errors.New("no memory")
	if _, err := demo.Make(t.Context(), db, time.Now(), 1, func(string) (string, error) { return "", broken }); !errors.Is(err, broken) {
		t.Errorf("Make says %v", err)
	}
	if _, err := db.OrganisationBySlug(t.Context(), "demo"); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("an organisation was left behind: %v", err)
	}
}
