package leaving_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/leaving"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
	"clicarity/internal/trail"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var (
	ours   = trail.NewKey([32]byte{1})
	theirs = trail.NewKey([32]byte{2})
)

// firm is an organisation with something in most places.
func firm(t *testing.T, db *postgres.DB, slug string) postgres.Organisation {
	t.Helper()
	ctx, now := t.Context(), time.Now()
	o := postgres.Organisation{ID: pgtest.NewID(t), Slug: slug, Name: "Sahyadri <Print> & Pack", Created: now}
	owner, job := pgtest.NewID(t), pgtest.NewID(t)
	p := flow.Starter(pgtest.NewID(t))
	sum := sha256.Sum256([]byte("a picture of " + slug))
	must := func(errs ...error) {
		t.Helper()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
	}
	must(db.AddOrganisation(ctx, o, postgres.Member{ID: owner, Name: "Asha \"A\" Patil", Role: flow.Owner, PasswordHash: "secret hash", Logins: []string{"asha@" + slug + ".example"}, Created: now}),
		db.AddProcess(ctx, o.ID, p),
		db.AddSite(ctx, o.ID, postgres.Site{Code: "vasai", Name: "=HYPERLINK(\"x\")"}),
		db.AddVendor(ctx, o.ID, postgres.Vendor{ID: pgtest.NewID(t), Name: "कोकण लॅमिनेटर्स", Place: "line\nbreak, comma"}),
		db.QueueMail(ctx, o.ID, postgres.Mail{To: "asha@" + slug + ".example", Kind: "x", Subject: "s", Text: "t", At: now}),
		db.SetAuthenticator(ctx, o.ID, owner, postgres.Authenticator{Seed: []byte("secret seed"), Codes: [][32]byte{{1}}, At: now}))
	mark := flow.Mark{Org: o.ID, Member: owner, Role: flow.Owner, Scope: flow.Scope{All: true}, At: flow.At(now)}
	_, err := db.Do(ctx, mark, flow.Command{ID: pgtest.NewID(t), Action: flow.Create{Process: p.ID, Version: 1, Jobs: []flow.NewJob{{ID: job, Number: "-1+1", Customer: "Mithai Ghar", Item: "बॉक्स", Quantity: flow.Units(100)}}}})
	must(err)
	for i := range 20 {
		_, err := db.Do(ctx, mark, flow.Command{ID: pgtest.NewID(t), Action: flow.Change{Job: job, Set: map[string]string{flow.SetDue: fmt.Sprintf("2026-12-%02d", i+1)}, Reason: "asked"}})
		must(err)
	}
	_, err = db.AddPicture(ctx, o.ID, postgres.Picture{ID: pgtest.NewID(t), Job: job, Member: owner, Added: now, Sent: sum, Media: "image/png", Bytes: []byte("a picture of " + slug), Thumb: []byte("x")})
	must(err)
	return o
}

func exporter(db *postgres.DB) leaving.Exporter {
	return leaving.Exporter{DB: db, Key: ours, Program: "v1", Now: time.Now}
}

func exported(t *testing.T, e leaving.Exporter, o postgres.Organisation) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := e.Export(t.Context(), &buf, o); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func verify(file []byte, expect string) (leaving.Verified, error) {
	return leaving.VerifyExport(bytes.NewReader(file), int64(len(file)), expect)
}

func contents(t testing.TB, file []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all[f.Name] = string(text)
	}
	return all
}

// files are a store of files beside the database.
type files map[string]string

func (f files) Each(_ context.Context, _ flow.ID, each func(string, io.Reader) error) error {
	for name, text := range f {
		if err := each(name, strings.NewReader(text)); err != nil {
			return err
		}
	}
	return nil
}

func (f files) Purge(context.Context, flow.ID) error { clear(f); return nil }

// Every row of every table is in it with every column that is not named as left out, found by another way than the one that
// exports; nothing of another organisation is, and no secret.
func TestAnExportIsAllThereIs(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	o, other := firm(t, db, "sahyadri"), firm(t, db, "konkan")
	e := exporter(db)
	e.Files = files{"../notes/plan.txt": "a plan"}
	file := exported(t, e, o)
	v, err := verify(file, ours.Fingerprint())
	if err != nil || v.Organisation != o.ID || v.Movements.Seq != 21 {
		t.Fatalf("%+v %v", v, err)
	}
	in := contents(t, file)
	if in["files/notes/plan.txt"] != "a plan" || !strings.Contains(in["README.html"], "Sahyadri &lt;Print&gt; &amp; Pack") {
		t.Error("the files or the readme are not there")
	}
	tables := map[string]leaving.TableOf{}
	for _, table := range v.Tables {
		tables[table.Name] = table
	}
	conn := pgtest.Owner(t, url)
	var names []string
	if err := conn.QueryRow(t.Context(), `select array_agg(relname::text) from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'schema_migrations'`).Scan(&names); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		var rows []string
		if err := conn.QueryRow(t.Context(), "select coalesce(array_agg(row_to_json(x)::text), '{}') from "+name+" x where org_id = $1", o.ID).Scan(&rows); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(in["tables/"+name+".jsonl"], "\n"), "\n")
		if len(rows) == 0 && lines[0] == "" {
			lines = nil
		}
		if len(lines) != len(rows) || tables[name].Rows != int64(len(rows)) {
			t.Errorf("%s: %d rows, %d exported, %d in the manifest", name, len(rows), len(lines), tables[name].Rows)
			continue
		}
		got := map[string]bool{}
		for _, line := range lines {
			got[canonical(t, line, nil)] = true
		}
		for _, row := range rows {
			if !got[canonical(t, row, tables[name].LeftOut)] {
				t.Errorf("%s: not exported as it is: %s", name, row)
			}
		}
		sheet, err := csv.NewReader(strings.NewReader(in["tables/"+name+".csv"])).ReadAll()
		if err != nil || len(sheet) != len(rows)+1 {
			t.Errorf("%s: a sheet of %d lines for %d rows (%v)", name, len(sheet), len(rows), err)
		}
		for _, line := range sheet {
			for _, cell := range line {
				if cell != "" && strings.ContainsRune("=+@\t\r", rune(cell[0])) {
					t.Errorf("%s: a spreadsheet takes %q for a formula", name, cell)
				}
			}
		}
	}
	pictures := 0
	for name, text := range in {
		if strings.HasPrefix(name, "pictures/") {
			pictures++
		}
		for _, not := range []string{other.ID.String(), "konkan", "secret hash", fmt.Sprintf("%x", "secret seed")} {
			if strings.Contains(text, not) {
				t.Errorf("%s has %q", name, not)
			}
		}
	}
	if pictures != 1 {
		t.Errorf("%d pictures", pictures)
	}
}

// canonical is a row of JSON without some columns, its times as moments.
func canonical(t *testing.T, row string, without map[string]string) string {
	t.Helper()
	var m map[string]any
	d := json.NewDecoder(strings.NewReader(row))
	d.UseNumber()
	if err := d.Decode(&m); err != nil {
		t.Fatal(row, err)
	}
	for c, v := range m {
		if _, out := without[c]; out {
			delete(m, c)
		}
		if text, ok := v.(string); ok {
			if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
				m[c] = at.UTC().Format(time.RFC3339Nano)
			}
		}
	}
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Whatever is changed in an export is noticed, or changes nothing of what is in it.
func TestAChangedExportIsNoticed(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	file := exported(t, exporter(db), firm(t, db, "sahyadri"))
	before := contents(t, file)
	noticed := 0
	for range 600 {
		changed := bytes.Clone(file)
		changed[rand.IntN(len(changed))] ^= 1 << rand.IntN(8) //nolint:gosec // any byte
		if _, err := verify(changed, ""); err != nil {
			noticed++
			continue
		}
		if !reflect.DeepEqual(contents(t, changed), before) {
			t.Fatal("a changed export passes")
		}
	}
	if noticed < 300 {
		t.Errorf("%d changes of 600 were noticed", noticed)
	}
	for n := 1; n < len(file); n += 1 + len(file)/50 {
		if _, err := verify(file[:n], ""); err == nil {
			t.Errorf("cut at %d and nobody noticed", n)
		}
	}
	if _, err := verify(file, theirs.Fingerprint()); !errors.As(err, new(*leaving.Fault)) || !strings.Contains(err.Error(), "another key") {
		t.Errorf("somebody else's key: %v", err)
	}
}

// What is rewritten with its digests, but without the key, is noticed; and so is a history that was changed before the export.
func TestARewrittenExportIsNoticed(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	o := firm(t, db, "sahyadri")
	file := exported(t, exporter(db), o)
	rewrite := func(change func(name, text string) (string, bool)) []byte {
		var buf bytes.Buffer
		z := zip.NewWriter(&buf)
		for name, text := range contents(t, file) {
			text, keep := change(name, text)
			if !keep {
				continue
			}
			w, err := z.Create(name)
			if err == nil {
				_, err = io.WriteString(w, text)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return buf.Bytes()
	}
	if _, err := verify(rewrite(func(_, text string) (string, bool) { return text, true }), ours.Fingerprint()); err != nil {
		t.Errorf("the same in another order: %v", err)
	}
	for says, change := range map[string]func(name, text string) (string, bool){
		"is not what was exported": func(_, text string) (string, bool) {
			return strings.ReplaceAll(text, "Mithai Ghar", "Mithai Gher"), true
		},
		"is missing": func(name, text string) (string, bool) { return text, name != "tables/jobs.csv" },
		"signature":  func(name, text string) (string, bool) { return strings.Replace(text, `"seq":21`, `"seq":20`, 1), true },
	} {
		if _, err := verify(rewrite(change), ""); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, not %q", err, says)
		}
	}
}

func TestACertificateIsWhatWasSigned(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)
	c := postgres.Closure{Org: pgtest.NewID(t), Closing: flow.ClosingAt(flow.At(now)), Begun: now.Add(flow.DeleteAfter), Done: now.Add(flow.DeleteAfter + time.Minute), Counts: map[string]int64{"jobs": 7, "movements": 40}}
	text, err := leaving.Certify(ours, c, false, "v1")
	if err != nil {
		t.Fatal(err)
	}
	got, key, err := leaving.ReadCertificate(strings.NewReader(text), ours.Fingerprint())
	if err != nil || key != ours.Fingerprint() || got.Total() != 47 || got.Organisation != c.Org || len(got.Remains) != 3 {
		t.Errorf("%+v %v", got, err)
	}
	if backups := got.Remains[0]; backups.Until.After(c.DeleteBy.Time()) {
		t.Errorf("backups stay until %s, after day 90", backups.Until)
	}
	for i := range text {
		changed := []byte(text)
		changed[i] ^= 1
		if _, _, err := leaving.ReadCertificate(bytes.NewReader(changed), ""); err == nil {
			t.Errorf("byte %d changed and nobody noticed", i)
		}
	}
	if _, _, err := leaving.ReadCertificate(strings.NewReader(text), theirs.Fingerprint()); !errors.Is(err, trail.ErrOtherKey) {
		t.Error(err)
	}
}

// Whatever a verifier is given, it answers.
func FuzzVerifyExport(f *testing.F) {
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	w, err := z.Create("manifest.json")
	if err == nil {
		_, err = io.WriteString(w, "{}")
	}
	if err := errors.Join(err, z.Close()); err != nil {
		f.Fatal(err)
	}
	f.Add(buf.Bytes())
	f.Add([]byte("PK"))
	f.Fuzz(func(t *testing.T, file []byte) {
		if _, err := verify(file, ""); err == nil {
			t.Error("something that nobody signed passes")
		}
	})
}

// And whatever a certificate is.
func FuzzReadCertificate(f *testing.F) {
	text, err := leaving.Certify(ours, postgres.Closure{Counts: map[string]int64{"jobs": 1}}, true, "v1")
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(text))
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, file []byte) {
		if _, _, err := leaving.ReadCertificate(bytes.NewReader(file), ours.Fingerprint()); err == nil && string(file) != text {
			t.Errorf("%q passes", file)
		}
	})
}

// A text that was written over at somebody's request is vouched for by the audit log; one that was written over by nobody is noticed.
func TestRedactedMovementsAreVouchedFor(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	o := firm(t, db, "sahyadri")
	for _, write := range []string{"somebody", "nobody"} {
		err := db.Redact(t.Context(), o, postgres.Redaction{Seqs: []int64{1, 5}, Reason: postgres.ForRequest, At: time.Now(), Write: func(int64, string) string { return write }})
		if err != nil {
			t.Fatal(err)
		}
	}
	file := exported(t, exporter(db), o)
	if v, err := verify(file, ours.Fingerprint()); err != nil || v.Movements.Seq != 21 {
		t.Fatalf("%v", err)
	}
	if text := contents(t, file)["tables/movements.jsonl"]; strings.Contains(text, "Mithai Ghar") {
		t.Error("what was written over is exported")
	}
	_, err := pgtest.Owner(t, url).Exec(t.Context(), `set session_replication_role = replica;
		update movements set redacted = sha256('x'), facts = replace(facts, '2026-12-07', '2026-12-08') where seq = 8`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verify(exported(t, exporter(db), o), ""); err == nil || !strings.Contains(err.Error(), "movement 8 is not what was recorded: its texts were written over") {
		t.Error(err)
	}
}
