package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"clicarity/internal/evidence"
	"clicarity/internal/flow"
	"clicarity/internal/keys"
	"clicarity/internal/leaving"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

func TestAnOrganisationLeavesFromTheCommandLine(t *testing.T) {
	t.Parallel()
	s := givenDatabase(t)
	file := filepath.Join(t.TempDir(), "all.zip")
	s.prints("set up", "org", "add", "sahyadri", "--name", "Sahyadri Print", "--owner", "meera@sahyadri.example")
	s.prints("set up", "org", "add", "konkan", "--name", "Konkan", "--owner", "dev@konkan.example")

	out := s.prints("sahyadri is in "+file, "org", "export", "sahyadri", file)
	key := regexp.MustCompile(`--key (\S+)`).FindStringSubmatch(out)[1]
	s.prints("OK: ", "verify", "--export", file, "--key", key)
	s.prints("compare it with", "verify", "--export", file)
	s.fails("another key", "verify", "--export", file, "--key", "0000-0000")
	s.fails("write: clicarity verify", "verify", "--export", file, "--org", "sahyadri")
	text, err := os.ReadFile(file) //nolint:gosec // it was just made
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 1
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	s.fails("is not sound", "verify", "--export", file)
	s.fails("where to", "org", "export", "sahyadri")
	s.fails("no organisation", "org", "export", "nobody", file)

	s.fails("say which organisation and why", "org", "close", "sahyadri")
	s.prints("closed since "+time.Now().In(postgres.Zone("Asia/Kolkata")).Format("02-01-2006"), "org", "close", "sahyadri", "--because", "asked by letter")
	s.prints("closed since", "org", "close", "sahyadri", "--because", "asked again")
	s.prints("deletion begun: false", "doctor")
	s.prints("sahyadri is open", "org", "reopen", "sahyadri")
	s.fails("say which organisation", "org", "reopen")
}

// A restored backup brings an organisation back that was deleted: the next command deletes it again, and no other.
func TestTheLedgerDeletesAgain(t *testing.T) {
	t.Parallel()
	s := givenDatabase(t)
	s.prints("set up", "org", "add", "sahyadri", "--name", "Sahyadri Print", "--owner", "meera@sahyadri.example")
	s.prints("set up", "org", "add", "konkan", "--name", "Konkan", "--owner", "dev@konkan.example")
	db := pgtest.Open(t, s.env["DATABASE_URL"])
	o, err := db.OrganisationBySlug(t.Context(), "sahyadri")
	if err != nil {
		t.Fatal(err)
	}
	k := keys.New([keys.Size]byte{1})
	done := time.Now().Add(-24 * time.Hour)
	c := postgres.Closure{Org: o.ID, Closing: flow.ClosingAt(flow.At(done.Add(-flow.DeleteAfter))), Begun: done, Done: done, Counts: map[string]int64{"jobs": 12}}
	if c.Certificate, err = leaving.Certify(trailKey(k), c, false, "v1"); err != nil {
		t.Fatal(err)
	}
	certificate := filepath.Join(t.TempDir(), "certificate.json")
	if err := os.WriteFile(certificate, []byte(c.Certificate), 0o600); err != nil {
		t.Fatal(err)
	}
	s.prints("its 12 records were deleted by", "verify", "--certificate", certificate, "--key", trailKey(k).Fingerprint())
	s.fails("another key", "verify", "--certificate", certificate, "--key", "0000-0000")
	s.fails("not sound", "verify", "--certificate", filepath.Join(s.env["CLICARITY_DATA"], "key"))

	if err := leaving.Note(filepath.Join(s.env["CLICARITY_DATA"], leaving.LedgerName), c); err != nil {
		t.Fatal(err)
	}
	s.prints("organisation "+o.ID.String()+" was deleted before and had come back with a backup", "doctor")
	if out := s.prints("konkan", "org", "list"); regexp.MustCompile("sahyadri|deleted before").MatchString(out) {
		t.Errorf("it is still there, or told of twice: %s", out)
	}
	if left, err := db.LeftOf(t.Context(), o.ID); err != nil || len(left) > 0 {
		t.Errorf("left in %v %v", left, err)
	}
	s.prints("sound", "verify", "--org", "konkan")
}

func TestAFileOfEvidenceIsChecked(t *testing.T) {
	t.Parallel()
	s := givenDatabase(t)
	name := filepath.Join(t.TempDir(), "evidence.zip")
	file, err := os.Create(name) //nolint:gosec // a folder of the test's own
	if err != nil {
		t.Fatal(err)
	}
	d := evidence.Dossier{Organisation: "Sahyadri Print", Made: time.Now(), Program: "test", Language: "en"}
	if err := errors.Join(d.Write(file, func(key string, _ ...any) string { return "word for " + key }), file.Close()); err != nil {
		t.Fatal(err)
	}
	s.prints("OK: each of ", "verify", "--evidence", name)
	s.fails("write: clicarity verify", "verify", "--evidence", name, "--key", "0000-0000")
	if err := os.WriteFile(name, []byte("PK"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.fails("is not sound", "verify", "--evidence", name)
}
