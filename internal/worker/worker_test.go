package worker

import (
	"bytes"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var newID = pgtest.NewID

// The worker checks the chain as it grows, ends what is over, and says aloud when history was changed.
func TestARound(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	org, owner, now := newID(t), newID(t), time.Now()
	err := db.AddOrganisation(t.Context(), postgres.Organisation{ID: org, Slug: "sahyadri", Name: "Sahyadri", Created: now},
		postgres.Member{ID: owner, Name: "Asha", Role: flow.Owner, PasswordHash: "x", Created: now})
	if err != nil {
		t.Fatal(err)
	}
	p := flow.Starter(newID(t))
	if err := db.AddProcess(t.Context(), org, p); err != nil {
		t.Fatal(err)
	}
	create := func() {
		t.Helper()
		mark := flow.Mark{Org: org, Member: owner, Role: flow.Owner, Scope: flow.Scope{All: true}, At: flow.At(now)}
		a := flow.Create{Process: p.ID, Version: 1, Jobs: []flow.NewJob{{ID: newID(t), Quantity: flow.One}}}
		if _, err := db.Do(t.Context(), mark, flow.Command{ID: newID(t), Action: a}); err != nil {
			t.Fatal(err)
		}
	}
	create()
	if err := db.AddSession(t.Context(), org, postgres.Session{Token: [32]byte{1}, Member: owner, Began: now.Add(-13 * time.Hour), Until: now.Add(-time.Hour), Idle: 12 * time.Hour}); err != nil {
		t.Fatal(err)
	}
	if err := db.AddUpload(t.Context(), org, postgres.Upload{ID: newID(t), Member: owner, Content: "{}", Mapping: "{}", Created: now.Add(-25 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	for age, id := range map[time.Duration]flow.ID{97 * time.Hour: newID(t), 73 * time.Hour: newID(t)} { // a phone may still send the command of the newer
		if _, err := db.AddPicture(t.Context(), org, postgres.Picture{ID: id, Job: newID(t), Member: owner, Added: now.Add(-age), Media: "image/png", Bytes: []byte{1}, Thumb: []byte{1}}); err != nil {
			t.Fatal(err)
		}
	}
	var log bytes.Buffer
	w := &Worker{DB: db, Log: slog.New(slog.NewTextHandler(&log, nil)), Now: func() time.Time { return now }}
	w.Once(t.Context())
	if n, _, err := w.DB.FollowerAt(t.Context(), org, Checker); n != 1 || err != nil || log.Len() > 0 {
		t.Errorf("checked up to %d, %v, %s", n, err, log.String())
	}
	for table, want := range map[string]int{"sessions": 0, "uploads": 0, "pictures": 1} {
		var n int
		if err := pgtest.Owner(t, url).QueryRow(t.Context(), "select count(*) from "+table).Scan(&n); err != nil || n != want {
			t.Errorf("%d %s are left (%v)", n, table, err)
		}
	}
	create()
	if _, err := pgtest.Owner(t, url).Exec(t.Context(), "set session_replication_role = replica; update movements set stage = 'x' where seq = 2"); err != nil {
		t.Fatal(err)
	}
	w.Once(t.Context())
	if n, _, err := w.DB.FollowerAt(t.Context(), org, Checker); n != 1 || err != nil || !strings.Contains(log.String(), "tampered") || !strings.Contains(log.String(), "movement 2") {
		t.Errorf("checked up to %d, %v, the log says %q", n, err, log.String())
	}
	log.Reset()
	if _, err := pgtest.Owner(t, url).Exec(t.Context(), "set session_replication_role = replica; delete from audit where seq = (select max(seq) from audit)"); err != nil {
		t.Fatal(err)
	}
	w.Once(t.Context())
	if !strings.Contains(log.String(), "the audit log of an organisation was tampered with") || !strings.Contains(log.String(), "newest entries are missing") {
		t.Errorf("the log says %q", log.String())
	}
}
