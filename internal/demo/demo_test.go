package demo_test

import (
	"encoding/json"
	"errors"
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
