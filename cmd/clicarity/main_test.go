package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
	"clicarity/internal/trail"
)

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" { // see backup_test.go
		main()
		return
	}
	os.Exit(pgtest.Main(m))
}

// shell runs commands against one installation.
type shell struct {
	t   *testing.T
	env map[string]string
}

func (s *shell) run(args ...string) (string, error) {
	s.t.Helper()
	var out bytes.Buffer
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	err := run(ctx, args, func(k string) string { return s.env[k] }, &out, &out)
	return out.String(), err
}

// prints checks that a command works and says something.
func (s *shell) prints(want string, args ...string) string {
	s.t.Helper()
	out, err := s.run(args...)
	if err != nil || !strings.Contains(out, want) {
		s.t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return out
}

// fails checks that a command refuses with a sentence.
func (s *shell) fails(want string, args ...string) {
	s.t.Helper()
	if out, err := s.run(args...); err == nil || !strings.Contains(err.Error(), want) {
		s.t.Errorf("%v: %v\n%s", args, err, out)
	}
}

func givenDatabase(t *testing.T) *shell {
	t.Helper()
	return &shell{t, map[string]string{"DATABASE_URL": pgtest.URL(t), "CLICARITY_DATA": t.TempDir()}}
}

func TestAnOrganisationFromTheCommandLine(t *testing.T) {
	t.Parallel()
	s := givenDatabase(t)
	out := s.prints("Sahyadri Print is set up", "org", "add", "sahyadri", "--name", "Sahyadri Print", "--owner", "Meera <meera@sahyadri.example>")
	if !regexp.MustCompile(`meera@sahyadri.example and the password (\w{4}-){3}\w{4}\n`).MatchString(out) {
		t.Errorf("the password is not printed: %s", out)
	}
	s.prints("sahyadri", "org", "list")
	s.fails("already", "org", "add", "sahyadri", "--name", "Other", "--owner", "a@b.example")
	s.fails("short name", "org", "add", "Sahyadri Print", "--name", "X", "--owner", "a@b.example")
	s.fails("company's name", "org", "add", "konkan", "--owner", "a@b.example")
	s.fails("e-mail address", "org", "add", "konkan", "--name", "Konkan", "--owner", "nobody")
	s.fails("no organisation \"konkan\"", "verify", "--org", "konkan")
	s.fails("--org SLUG", "kpi")
	s.fails("no command", "fly")
	s.prints("sound: 0 movements", "verify", "--org", "sahyadri")
	s.prints("PostgreSQL", "doctor")
	s.prints("at this version", "migrate")
	s.prints("clicarity", "version")
	s.prints("clicarity serve", "help")
}

func TestImportVerifyAndKPI(t *testing.T) {
	t.Parallel()
	s := givenDatabase(t)
	dir := t.TempDir()
	mapping, log := filepath.Join(dir, "map.json"), filepath.Join(dir, "log.csv")
	for name, text := range map[string]string{
		mapping: `{"process":"Shop","job":"job","stage":"step","started":"begin","completed":"end","good":"ok","wasted":"bad"}`,
		log:     "job,step,begin,end,ok,bad\nJ1,Cut,2012-01-30T06:00:00,2012-01-30T10:00:00,9,1\nJ1,Pack,soon,2012-01-30T10:00:00,9,1\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.prints("set up", "org", "add", "shop", "--name", "Shop", "--owner", "a@b.example")
	out := s.prints("2 rows read, 1 left out; 1 jobs, 1 stages; 3 movements added", "import", "history", "--org", "shop", "--map", mapping, log)
	if !strings.Contains(out, "line 3 was left out") {
		t.Errorf("the bad row is not named: %s", out)
	}
	s.prints("0 movements added", "import", "history", log, "--org", "shop", "--map", mapping)
	s.prints(`{"jobs":1,"movements":3,"cycle_time_hours":{"n":1,"p50":4,"p85":4,"p95":4},"stages":[{"name":"Cut","reports":1,"good":9,"wasted":1}],"times":{"lead_time":{"elapsed_hours":{"n":1,"p50":4,"p85":4,"p95":4},"working_hours":{"n":1,"p50":1,"p85":1,"p95":1}}`, "kpi", "--org", "shop", "--json")
	s.prints("4.0 / 1.0", "kpi", "--org", "shop") // from 6 to 10 in the morning, open from 9
	s.prints("Cut", "kpi", "--org", "shop")
	s.prints("is not open then", "forecast", "--org", "shop", "--at", "2012-01-30", "J1")
	s.prints("is not open then", "forecast", "--org", "shop", "--at", "2012-02-01", "J1")
	s.fails("no job \"J2\"", "forecast", "--org", "shop", "J2")
	s.fails("write: clicarity forecast", "forecast", "--org", "shop")
	s.fails("write it like", "forecast", "--org", "shop", "--at", "soon", "J1")
	s.fails("a past to learn from", "forecast", "backtest", "--org", "shop")
	s.prints("sound: 3 movements", "verify", "--org", "shop")
	s.roundTrip(dir)
	s.fails("write: clicarity import history", "import", "history", "--org", "shop", log)
	sql := "set session_replication_role = replica; update movements set facts = replace(facts, '9', '8') where seq = 3"
	if _, err := pgtest.Owner(t, s.env["DATABASE_URL"]).Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
	s.fails("movement 3", "verify", "--org", "shop")
}

// roundTrip takes the shop's log out as XES and CSV and brings the XES into another organisation.
func (s *shell) roundTrip(dir string) {
	s.t.Helper()
	out := s.prints("<log xes.version=", "export", "xes", "--org", "shop")
	file := filepath.Join(dir, "log.xes")
	if err := os.WriteFile(file, []byte(out), 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.prints("set up", "org", "add", "other", "--name", "Other", "--owner", "b@b.example")
	s.prints("3 rows read, 0 left out; 1 jobs, 1 stages; 3 movements added", "import", "xes", "--org", "other", file)
	s.prints("0 movements added", "import", "xes", "--org", "other", file)
	s.prints("J1,Shop,Cut,cut,reported,2012-01-30T10:00:00.000000+05:30,", "export", "csv", "--org", "other")
	s.fails("write: clicarity export", "export", "pdf", "--org", "shop")
	s.fails("no XES log", "import", "xes", "--org", "other", filepath.Join(dir, "map.json"))
}

func TestConfigurationMistakesAreSaid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ value, says string }{"CLICARITY_ADDR": {"8080", "127.0.0.1:8080"}, "CLICARITY_URL": {"jobs.example", "https://"}, "DATABASE_URL": {"postgres://nobody@127.0.0.1:1/x?connect_timeout=2", "cannot be reached"}} {
		s := &shell{t, map[string]string{name: c.value, "CLICARITY_DATA": t.TempDir()}}
		s.fails(c.says, "org", "list")
	}
}

// What Calendly is asked with is of use only with what it is to tell, to whom and where; the doctor says how it stands, and asks nobody.
func TestCalendlyIsWatchedWhereItIsToTell(t *testing.T) {
	t.Parallel()
	s := givenDatabase(t)
	file := filepath.Join(t.TempDir(), "operator.json")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"organisation": "clicarity", "calendly": "https://calendly.com/clicarity-example/demo"}`)
	s.prints("set up", "org", "add", "clicarity", "--name", "Clicarity", "--owner", "meera@clicarity.example")
	if out := s.prints("PostgreSQL", "doctor"); strings.Contains(out, "demos") {
		t.Errorf("it speaks of what is not there: %s", out)
	}
	s.env["CLICARITY_OPERATOR"], s.env["CLICARITY_CALENDLY_KEY"] = file, "made-up-key"
	s.prints("nobody watches whether Calendly still tells", "doctor")
	s.env["CLICARITY_CALENDLY_TOKEN"] = "made-up-token"
	s.fails("CLICARITY_URL", "doctor")
	s.env["CLICARITY_URL"] = "https://jobs.clicarity.example"
	s.prints("Calendly was not asked yet", "doctor")
	db := pgtest.Open(t, s.env["DATABASE_URL"])
	o, err := db.OrganisationBySlug(t.Context(), "clicarity")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	k, due, err := db.TakeCalendlyWatch(t.Context(), o.ID, now)
	if err != nil || !due {
		t.Fatal(due, err)
	}
	k.State, k.Since, k.Fault, k.Next = postgres.CalendlyRefused, now, "GET /users/me: 401", now.Add(time.Hour)
	if err := db.SaveCalendlyWatch(t.Context(), o.ID, k); err != nil {
		t.Fatal(err)
	}
	if out := s.prints("WARNING: Calendly: refused", "doctor"); !strings.Contains(out, "GET /users/me: 401") || strings.Contains(out, "made-up") {
		t.Error(out)
	}
	s.env["CLICARITY_CALENDLY_KEY"] = ""
	s.fails("CLICARITY_CALENDLY_KEY", "doctor")
	s.env["CLICARITY_CALENDLY_KEY"] = "made-up-key"
	write(`{"organisation": "clicarity"}`)
	s.fails(`"calendly" and "organisation"`, "doctor")
}

// A server with its private PostgreSQL: a second on the same data is refused, a command beside it uses the database
// that runs and leaves it running, and stopping it stops the database.
func TestServeWithItsOwnDatabase(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "clicarity-cmd-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	s := &shell{t, map[string]string{"CLICARITY_DATA": filepath.Join(dir, "data"), "CLICARITY_ADDR": freeAddress(t)}}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		var out bytes.Buffer
		ended <- run(ctx, []string{"serve"}, func(k string) string { return s.env[k] }, &out, &out)
	}()
	waitFor(t, "http://"+s.env["CLICARITY_ADDR"]+"/health")
	other := &shell{t, map[string]string{"CLICARITY_DATA": s.env["CLICARITY_DATA"], "CLICARITY_ADDR": freeAddress(t)}}
	other.fails("already running", "serve")
	s.fails("cannot serve on", "serve")
	s.prints("set up", "org", "add", "shop", "--name", "Shop", "--owner", "a@b.example")
	waitFor(t, "http://"+s.env["CLICARITY_ADDR"]+"/health")
	stop()
	if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if out, err := exec.Command("pgrep", "-f", filepath.Join(dir, "data")).Output(); err == nil {
		t.Errorf("PostgreSQL still runs: %s", out)
	}
	s.prints("shop", "org", "list") // starts it again, reads, and stops it
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func waitFor(t *testing.T, url string) {
	t.Helper()
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end); time.Sleep(30 * time.Millisecond) {
		if r, err := http.Get(url); err == nil {
			_ = r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return
			}
		}
	}
	t.Fatalf("%s does not answer", url)
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	hash, err := hashPassword("press-mumbai-42")
	if err != nil {
		t.Fatal(err)
	}
	if !checkPassword("press-mumbai-42", hash) || checkPassword("press-mumbai-43", hash) || checkPassword("", "") || checkPassword("nobody has this password", "") {
		t.Error("the wrong password fits, or the right one does not")
	}
}

// Whoever runs the service sees which organisations there are, how large they are and how they fare, and nothing of what is in
// them.
func TestTheOperatorOfTheServiceSeesNoNames(t *testing.T) {
	t.Parallel()
	s := givenDatabase(t)
	s.prints("set up", "org", "add", "shop", "--name", "Shop", "--owner", "markerowner@shop.example")
	dir := t.TempDir()
	mapping, log := filepath.Join(dir, "map.json"), filepath.Join(dir, "log.csv")
	for name, text := range map[string]string{
		mapping: `{"process":"MARKER process","job":"job","stage":"step","started":"begin","completed":"end","member":"who","fields":{"customer":"party","item":"part"}}`,
		log:     "job,step,begin,end,who,party,part\nMARKER-1,MARKER cut,2012-01-30T06:00:00,2012-01-30T10:00:00,MARKER worker,MARKER customer,MARKER item\nMARKER-2,MARKER cut,2012-01-30T06:00:00,,MARKER worker,MARKER customer,MARKER item\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.prints("movements added", "import", "history", "--org", "shop", "--map", mapping, log)
	for _, args := range [][]string{{"org", "list"}, {"doctor"}} {
		out := s.prints("shop", args...)
		if strings.Contains(strings.ToLower(out), "marker") {
			t.Errorf("%v names what is in an organisation:\n%s", args, out)
		}
	}
	out := s.prints("shop", "org", "list")
	if !regexp.MustCompile(`shop +Shop +1/2 +\d+ +0 +\d+ +0 +1 +0\.0 MB +20\d\d-`).MatchString(out) {
		t.Errorf("the figures are not those:\n%s", out)
	}
}

// An exported audit log is checked by the file alone: there is no database, and nothing is configured.
func TestVerifyAnExportedAuditLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := &shell{t, map[string]string{"CLICARITY_DATA": filepath.Join(dir, "nothing here"), "DATABASE_URL": "postgres://nobody@127.0.0.1:1/x?connect_timeout=2"}}
	key := trail.NewKey([32]byte{1})
	var hash [32]byte
	var buf bytes.Buffer
	file, err := trail.New(&buf, key, trail.Header{Organisation: flow.ID{7}, From: 1, Program: "test"})
	for seq := int64(1); err == nil && seq <= 3; seq++ {
		content := `{"what": "export"}`
		hash = flow.Link(hash, seq, []byte(content))
		err = file.Add(seq, content, hash)
	}
	if err := errors.Join(err, file.Close(3, hash)); err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) string {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	sound := write("sound.jsonl", buf.String())
	s.prints("OK: 3 entries, 1 to 3", "verify", "--audit", sound)
	s.prints("signed with the key "+key.Fingerprint(), "verify", "--audit", sound, "--key", key.Fingerprint())
	s.fails("not with the one expected", "verify", "--audit", sound, "--key", "0000-0000")
	s.fails("line 3: entry 2 was edited", "verify", "--audit", write("edited.jsonl", strings.Replace(buf.String(), `{"seq":2,"content":"{\"what\": \"export`, `{"seq":2,"content":"{\"what\": \"import`, 1)))
	s.fails("its tail was cut off", "verify", "--audit", write("cut.jsonl", buf.String()[:buf.Len()/2]))
	s.fails("no such file", "verify", "--audit", filepath.Join(dir, "none.jsonl"))
	s.fails("write: clicarity verify", "verify", "--audit", sound, "--org", "shop")
	s.fails("write: clicarity verify", "verify", "--key", "x")
}

// The states that an older program left are brought to this one's by whatever command opens the database next.
func TestAnUpgradeFoldsTheStatesAnew(t *testing.T) {
	t.Parallel()
	s := givenDatabase(t)
	dir := t.TempDir()
	mapping, log := filepath.Join(dir, "map.json"), filepath.Join(dir, "log.csv")
	rows := "job,step,begin,end,ok,bad\n"
	for n := range 7 {
		rows += fmt.Sprintf("J%d,Cut,2012-01-30T06:00:00,2012-01-30T10:00:00,9,1\nJ%d,Pack,2012-01-30T11:00:00,2012-01-30T12:00:00,4,0\n", n, n)
	}
	for name, text := range map[string]string{mapping: `{"process":"Shop","job":"job","stage":"step","started":"begin","completed":"end","good":"ok","wasted":"bad"}`, log: rows} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.prints("set up", "org", "add", "shop", "--name", "Shop", "--owner", "a@b.example")
	s.prints("movements added", "import", "history", "--org", "shop", "--map", mapping, log)
	spoil := `set session_replication_role = replica; update jobs set state = regexp_replace(state, '"(found|ready|good)":[0-9]+,?', '', 'g'); delete from work; update log_heads set fold = 0`
	if _, err := pgtest.Owner(t, s.env["DATABASE_URL"]).Exec(t.Context(), spoil); err != nil {
		t.Fatal(err)
	}
	out := s.prints("sound: ", "verify", "--org", "shop")
	if !strings.Contains(out, "shop: 7 jobs brought to this version\n") {
		t.Errorf("it does not say what it did: %s", out)
	}
	if out := s.prints("sound: ", "verify", "--org", "shop"); strings.Contains(out, "brought") {
		t.Errorf("it does so again: %s", out)
	}
	newer := fmt.Sprintf("update log_heads set fold = %d", flow.FoldVersion+1)
	if _, err := pgtest.Owner(t, s.env["DATABASE_URL"]).Exec(t.Context(), newer); err != nil {
		t.Fatal(err)
	}
	if out := s.prints("shop", "org", "list"); !strings.Contains(out, "newer version of Clicarity") {
		t.Errorf("it does not say that it is too old: %s", out)
	}
}
