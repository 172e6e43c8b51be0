package worker

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/objects"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

// A round looks at new files for viruses, again when that failed, forgets those that nothing names, and seals anew what was
// sealed with an older key.
func TestARoundLooksAfterFilesAndKeys(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	store, err := objects.Open(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	db.UseObjects(store, true)
	org, owner, now := newID(t), newID(t), time.Now()
	if err := db.AddOrganisation(t.Context(), postgres.Organisation{ID: org, Slug: "sahyadri", Name: "Sahyadri", Created: now},
		postgres.Member{ID: owner, Name: "Asha", Role: flow.Owner, PasswordHash: "x", Created: now}); err != nil {
		t.Fatal(err)
	}
	put := func(text string) flow.ID {
		t.Helper()
		f, err := db.PutFile(t.Context(), org, postgres.File{ID: newID(t), Job: newID(t), Member: owner, Added: now, Name: "x.pdf", Media: "application/pdf"}, strings.NewReader(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		return f.ID
	}
	good, bad, late := put("a drawing"), put("a virus"), put("busy")
	out := true
	var log bytes.Buffer
	w := &Worker{DB: db, Log: slog.New(slog.NewTextHandler(&log, nil)), Now: func() time.Time { return now }, Scan: func(_ context.Context, r io.Reader) (bool, error) {
		text, err := io.ReadAll(r)
		if out && string(text) == "busy" {
			return false, errors.New("the scanner is busy")
		}
		return string(text) != "a virus", err
	}}
	state := func(id flow.ID, want postgres.Scan) {
		t.Helper()
		if f, err := db.File(t.Context(), org, id); err != nil || f.Scan != want {
			t.Errorf("%s, want %s (%v)", f.Scan, want, err)
		}
	}
	for range 3 { // one that fails ends the round: the rest is looked at in the next
		w.Once(t.Context())
	}
	state(good, postgres.ScanClean)
	state(bad, postgres.ScanInfected)
	state(late, postgres.ScanWaiting)
	if !strings.Contains(log.String(), "the scanner is busy") {
		t.Errorf("nobody is told: %s", log.String())
	}
	out, now = false, now.Add(scanAgain+time.Second)
	w.Once(t.Context())
	state(late, postgres.ScanClean)
	if _, err := db.RotateKey(t.Context(), org, now); err != nil {
		t.Fatal(err)
	}
	w.Once(t.Context())
	now = now.Add(2 * time.Hour)
	w.Once(t.Context())
	if list, err := db.KeyVersions(t.Context(), org); err != nil || len(list) != 1 || list[0].Version != 2 {
		t.Errorf("%+v %v", list, err)
	}
	now = now.Add(5 * 24 * time.Hour)
	w.Once(t.Context())
	if left, err := store.List(t.Context(), "t/", "", 10); err != nil || len(left) != 0 {
		t.Errorf("%v %v", left, err)
	}
	if _, err := db.File(t.Context(), org, good); !errors.Is(err, postgres.ErrNotFound) {
		t.Error(err)
	}
}
