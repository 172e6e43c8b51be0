package postgres_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
	"clicarity/internal/objects"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
	"clicarity/internal/s3test"
)

// markers are texts that are nowhere but in what is the organisation's.
const markers = 200

func marker(i int) string { return fmt.Sprintf("zqvmark%03dzq", i) }

// plant leaves every marker somewhere: in names, sign-ins, jobs, uploads, mails and files.
func (f *firm) plantMarkers() {
	f.t.Helper()
	ctx, now := f.t.Context(), time.Now()
	for i := range markers {
		m, id := marker(i), newID(f.t)
		var err error
		switch i % 8 {
		case 0:
			err = f.db.AddMember(ctx, f.org, postgres.Member{ID: id, Name: m, Role: flow.Operator, PasswordHash: m, Logins: []string{m + "@firm.example"}, Created: now})
		case 1:
			err = f.db.AddVendor(ctx, f.org, postgres.Vendor{ID: id, Name: m, Place: m})
		case 2:
			err = f.db.AddUpload(ctx, f.org, postgres.Upload{ID: id, Member: f.owner, FileName: m + ".csv", Content: `{"a":"` + m + `"}`, Mapping: "{}", Created: now})
		case 3:
			err = f.db.QueueMail(ctx, f.org, postgres.Mail{To: m + "@firm.example", Kind: m, Key: m, Subject: m, Text: m, At: now})
		case 4:
			err = f.db.AddDevice(ctx, f.org, postgres.Device{ID: id, Name: m, Place: m, Given: flow.Given{All: true}, Created: now})
		case 5:
			err = f.db.SetPersonFigures(ctx, f.org, m)
			if err == nil {
				err = f.db.AddSite(ctx, f.org, postgres.Site{Code: m, Name: m})
			}
		default:
			f.must(flow.Create{Process: f.process.ID, Version: 1, Jobs: []flow.NewJob{{ID: id, Number: m, Customer: m, Item: m, Quantity: flow.Units(100), Due: "2026-12-01"}}})
			f.must(flow.Report{Work: at(id, "printing"), Good: flow.Units(5), Note: m})
		}
		if err != nil {
			f.t.Fatal(i, err)
		}
	}
}

// drawings leaves files in the store, one with a newer state of itself.
func (f *firm) drawings() {
	f.t.Helper()
	job := f.job("JC-D", 100)
	for i := range 3 {
		got, err := f.db.PutFile(f.t.Context(), f.org, f.newFile(job, ""), strings.NewReader(strings.Repeat(marker(i), 20_000)), nil)
		if err != nil {
			f.t.Fatal(err)
		}
		f.attach(got, fmt.Sprintf("Die line %d", i), "A")
	}
}

// stored are the digests of what lies in a bucket's directory of some organisations, versions included, by path; without what
// this gateway itself keeps about objects that were there (folder meta: no bytes of theirs).
func stored(t *testing.T, dir string, orgs ...flow.ID) map[string][32]byte {
	t.Helper()
	list := map[string][32]byte{}
	filesUnder(t, dir, func(name string, raw []byte) {
		for _, org := range orgs {
			if strings.Contains(name, org.String()) && !strings.HasPrefix(name, filepath.Join(dir, "meta")+"/") {
				list[name] = sha256.Sum256(raw)
			}
		}
	})
	return list
}

// foundMarkers are the markers that a text holds, in whatever case, also as hexadecimal.
func foundMarkers(text []byte) []string {
	marks := make([]string, markers)
	for i := range marks {
		marks[i] = marker(i)
	}
	return pgtest.Found(text, marks...)
}

// interrupted does something that a kill may stop at any moment: by the end of its context, or by the end of its connections.
func interrupted(t *testing.T, owner *pgx.Conn, after time.Duration, cut bool, do func(ctx context.Context) error) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- do(ctx) }()
	select {
	case err := <-done:
		return err
	case <-time.After(after):
	}
	if cut {
		if _, err := owner.Exec(t.Context(), "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'clicarity'"); err != nil {
			t.Fatal(err)
		}
		select { // what was between two steps takes another connection and goes on: it is stopped a moment later
		case err := <-done:
			return err
		case <-time.After(after):
		}
	}
	cancel()
	return <-done
}

// From the day of closing to the end: killed at 50 points within and between its steps, the deletion goes on, leaves nothing of
// the organisation anywhere, and touches nothing of the others.
func TestForgettingIsKilledFiftyTimes(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := started(t, url)
	a, b, c := openFirm(t, db, "firm-1"), openFirm(t, db, "firm-2"), openFirm(t, db, "firm-3")
	server := s3test.Start(t, true)
	store, err := objects.Open(server.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	db.UseObjects(store, false)
	for _, f := range []*firm{a, b, c} {
		f.fill()
		f.drawings()
	}
	a.plantMarkers()
	kept := stored(t, server.Dir, b.org, c.org)
	if len(stored(t, server.Dir, a.org)) == 0 || len(kept) == 0 {
		t.Fatal("there are no files to delete and to keep")
	}
	before := dump(t, url, b.org, c.org)
	owner := pgtest.Owner(t, url)
	closed := time.Now().Add(-51 * 24 * time.Hour)
	a.close(closed)
	a.aged(url)
	if n := len(foundMarkers([]byte(dump(t, url, a.org)))); n != markers {
		t.Fatalf("%d of %d markers can be found", n, markers)
	}
	kills := 0
	for tries := 0; ; tries++ {
		if tries > 2000 {
			t.Fatal("it does not come to an end")
		}
		wait := time.Duration(rand.IntN(8_000)) * time.Microsecond //nolint:gosec // a moment to kill at
		if kills >= 50 {
			wait = time.Minute
		}
		err := interrupted(t, owner, wait, tries%2 == 0, func(ctx context.Context) error {
			if err := db.BeginDeletion(ctx, a.org, closed.Add(flow.DeleteAfter)); err != nil {
				return err
			}
			for more := true; more; {
				var err error
				if more, err = db.Forget(ctx, a.org, 1); err != nil {
					return err
				}
			}
			if err := db.PurgeFiles(ctx, a.org); err != nil {
				return err
			}
			return db.EndDeletion(ctx, a.org, closed.Add(flow.DeleteAfter), func(c postgres.Closure) (string, error) { return fmt.Sprint(c.Counts["jobs"]), nil })
		})
		if err == nil {
			break
		}
		if errors.Is(err, postgres.ErrNotYet) || errors.Is(err, postgres.ErrNotFound) {
			t.Fatal(err)
		}
		kills++
	}
	if kills < 50 {
		t.Errorf("it was killed %d times only", kills)
	}
	if err := db.KeepContacts(t.Context(), a.org, nil); err != nil {
		t.Fatal(err)
	}
	gone, err := db.Closure(t.Context(), a.org)
	if err != nil || gone.Certificate == "" || gone.Counts["movements"] < 100 {
		t.Errorf("%+v %v", gone, err)
	}
	if left, err := db.LeftOf(t.Context(), a.org); err != nil || len(left) > 0 {
		t.Errorf("left in %v (%v)", left, err)
	}
	whole, err := exec.CommandContext(t.Context(), filepath.Join(pgtest.BinDir(t), "pg_dump"), "--dbname", url).Output()
	if err != nil {
		t.Fatal(err)
	}
	if list := foundMarkers(whole); len(list) > 0 {
		t.Errorf("a dump still has %v", list)
	}
	if n := strings.Count(string(whole), a.org.String()); n != 1 {
		t.Errorf("the organisation is named %d times, not only by its closing", n)
	}
	if left := stored(t, server.Dir, a.org); len(left) > 0 {
		t.Errorf("the bucket still has %v", slices.Collect(maps.Keys(left)))
	}
	if after := stored(t, server.Dir, b.org, c.org); !maps.Equal(after, kept) {
		t.Error("the files of the others are not as they were")
	}
	filesUnder(t, server.Dir, func(name string, raw []byte) {
		if list := foundMarkers(append([]byte(name), raw...)); len(list) > 0 {
			t.Errorf("%s still has %v", name, list)
		}
	})
	if after := dump(t, url, b.org, c.org); after != before {
		t.Error("the others are not as they were, byte for byte")
	}
	b.sound()
	c.sound()
	t.Logf("killed %d times", kills)
}
