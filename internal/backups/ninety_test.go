package backups

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/keys"
	"clicarity/internal/objects"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
	"clicarity/internal/s3test"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// site is an installation with a clock of the test.
type site struct {
	t     *testing.T
	url   string
	db    *postgres.DB
	files objects.Store
	store objects.Store // of backups
	ring  *keys.Ring
	days  int
	now   time.Time
	real  bool // a dump is made by pg_dump
	runs  []Run
	told  []Trouble
	lines []Line
}

// openSite makes an installation with some organisations, each with a marker in the database and one in a file.
func openSite(t *testing.T, store objects.Store, began time.Time, slugs ...string) (*site, []postgres.Organisation) {
	t.Helper()
	s := &site{t: t, url: pgtest.URL(t), store: store, ring: keys.NewRing(keys.NewLocal([keys.Size]byte{7})), days: MostDays, now: began}
	s.db = pgtest.Open(t, s.url)
	var err error
	if s.files, err = objects.Open(t.TempDir(), ""); err != nil {
		t.Fatal(err)
	}
	s.db.UseMaster(s.ring)
	s.db.UseObjects(s.files, false)
	var orgs []postgres.Organisation
	for _, slug := range slugs {
		o := postgres.Organisation{ID: pgtest.NewID(t), Slug: slug, Name: marker(slug), Created: began}
		err := s.db.AddOrganisation(t.Context(), o, postgres.Member{ID: pgtest.NewID(t), Name: "Asha", Role: flow.Owner, Language: "hi", PasswordHash: "x", Logins: []string{"asha@" + slug + ".example"}, Created: began})
		if err != nil {
			t.Fatal(err)
		}
		s.addFile(o)
		orgs = append(orgs, o)
	}
	return s, orgs
}

func marker(slug string) string { return "planted-marker-of-" + slug }

func (s *site) addFile(o postgres.Organisation) postgres.File {
	s.t.Helper()
	f := postgres.File{ID: pgtest.NewID(s.t), Job: pgtest.NewID(s.t), Member: pgtest.NewID(s.t), Added: s.now, Name: "carton.pdf", Media: "application/pdf"}
	f, err := s.db.PutFile(s.t.Context(), o.ID, f, strings.NewReader(marker(o.Slug)+" on a drawing"), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return f
}

func (s *site) shelf() *Shelf {
	return &Shelf{Store: s.store, Ring: s.ring, Days: s.days, Now: func() time.Time { return s.now }, Owner: "this one"}
}

// nightly is a server that was just started.
func (s *site) nightly() *Nightly {
	ist := postgres.Zone("Asia/Kolkata")
	return &Nightly{Shelf: s.shelf(), Clock: Clock{2, 0}, Zone: ist, Log: slog.New(slog.DiscardHandler),
		Source: func(context.Context) (Source, error) {
			return Source{Program: "v1", Schema: "0045", Dump: s.dump, Store: s.files, Files: s.eachFile}, nil
		},
		Ledger: func() ([]Line, error) { return s.lines, nil },
		Alone: func(ctx context.Context, do func(context.Context, func(context.Context) error) error) (bool, error) {
			return s.db.Alone(ctx, "backups", do)
		},
		Keep: func(r Run) error { s.runs = append(s.runs, r); return nil },
		Tell: func(_ context.Context, t Trouble) error { s.told = append(s.told, t); return nil },
	}
}

func (s *site) eachFile(ctx context.Context, see func(string, int64)) error {
	orgs, err := s.db.Organisations(ctx)
	for _, o := range orgs {
		if err == nil {
			err = s.db.EachObject(ctx, o.ID, see)
		}
	}
	return err
}

// dump is one by pg_dump, or on most days what stands for one: the names that are in the database.
func (s *site) dump(ctx context.Context) (io.ReadCloser, error) {
	if s.real {
		return Dump(ctx, pgtest.BinDir(s.t), s.url)
	}
	var text strings.Builder
	orgs, err := s.db.Organisations(ctx)
	for _, o := range orgs {
		_, _ = fmt.Fprintln(&text, o.Name) // never fails
	}
	return io.NopCloser(strings.NewReader(text.String())), err
}

// reads is what somebody reads in a backup who has the master key.
func (s *site) reads(b Backup) string {
	s.t.Helper()
	r, err := s.shelf().OpenDump(s.t.Context(), b)
	if err != nil {
		s.t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err := r.Close(); err != nil {
		s.t.Fatal(err)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	if !bytes.HasPrefix(text, []byte("PGDMP")) {
		return string(text)
	}
	cmd := exec.CommandContext(s.t.Context(), filepath.Join(pgtest.BinDir(s.t), "pg_restore"), "--file=-") //nolint:gosec // PostgreSQL's own program
	cmd.Stdin = bytes.NewReader(text)
	plain, err := cmd.Output()
	if err != nil || len(plain) < 100_000 {
		s.t.Fatalf("%d bytes, %v", len(plain), err)
	}
	return string(plain)
}

// holding is how many of the backups there are hold a marker, and how many there are.
func (s *site) holding(slug string) (n, all int) {
	s.t.Helper()
	for _, f := range s.found() {
		if f.Fault != nil || f.Backup.Missing > 0 {
			s.t.Fatalf("%+v", f)
		}
		if all++; strings.Contains(s.reads(f.Backup), marker(slug)) {
			n++
		}
	}
	return n, all
}

// found are the backups there are, each read whole.
func (s *site) found() []Found {
	s.t.Helper()
	list, err := s.shelf().List(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	found, err := s.shelf().Check(s.t.Context(), list, true)
	if err != nil {
		s.t.Fatal(err)
	}
	return found
}

// bytesShow fails for each file under some directories that shows a marker, or that is about an organisation.
func bytesShow(t *testing.T, dirs []string, texts ...string) {
	t.Helper()
	look := func(name string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(name) //nolint:gosec // of the test
		for _, text := range texts {
			if strings.Contains(name, text) || bytes.Contains(raw, []byte(text)) {
				t.Errorf("%s shows %q", name, text)
			}
		}
		return err
	}
	for _, dir := range dirs {
		if err := filepath.WalkDir(dir, look); err != nil {
			t.Fatal(err)
		}
	}
}

// onEachStore runs a test with a store of each kind, of which all bytes are under a directory.
func onEachStore(t *testing.T, f func(t *testing.T, s objects.Store, dirs ...string)) {
	t.Helper()
	open := func(t *testing.T, address string, dirs ...string) {
		t.Helper()
		s, err := objects.Open(address, "")
		if err != nil {
			t.Fatal(err)
		}
		f(t, s, dirs...)
	}
	t.Run("directory", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		open(t, dir, dir)
	})
	t.Run("S3 with versions", func(t *testing.T) {
		t.Parallel()
		server := s3test.Start(t, true)
		open(t, server.URL, filepath.Join(server.Dir, "data"), filepath.Join(server.Dir, "versions"))
	})
}

// Ninety days of nightly backups, each kept for as long as may be: one organisation stays, one closes and comes back, one closes and is
// deleted on day 50. From day 85 on no backup has it, in no version, and each has the others.
func TestNinetyDaysOfBackups(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, store objects.Store, dirs ...string) {
		began := time.Now().Add(-91 * 24 * time.Hour).Truncate(24 * time.Hour)
		s, orgs := openSite(t, store, began, "stays", "returns", "goes")
		goes := orgs[2]
		for _, o := range orgs[1:] {
			if err := s.db.CloseOrganisation(t.Context(), o.ID, postgres.Closure{Closing: flow.ClosingAt(flow.At(began))}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := pgtest.Owner(t, s.url).Exec(t.Context(), "update closures set noted_at = closed_at"); err != nil {
			t.Fatal(err)
		}
		first := 0
		if len(dirs) > 1 { // a server is asked over a network: it begins ten days before the deletion
			first = 40
		}
		for day := first; day <= 90; day++ {
			s.now = began.Add(time.Duration(day)*24*time.Hour + 21*time.Hour) // half past two in India
			s.real = day%9 == 0 || day == 50 || day == 51
			if day == max(29, first) {
				if err := s.db.ReopenOrganisation(t.Context(), orgs[1].ID, flow.ID{}, began.Add(29*24*time.Hour)); err != nil {
					t.Fatal(err)
				}
			}
			s.once()
			if day%10 == 0 { // a server that is started again makes no other
				s.once()
			}
			if day == 50 {
				s.forget(goes.ID)
			}
			last := s.runs[len(s.runs)-1]
			if want := min(day-first+1, MostDays); len(s.runs) != day-first+1 || last.Fault != "" || s.count() != want {
				t.Fatalf("day %d: %d backups, want %d; %+v", day, s.count(), want, last)
			}
			switch day {
			case 50, 84: // the control
				n, all := s.holding("goes")
				if want := 85 - day; n != min(want, all) {
					t.Errorf("day %d: %d of %d backups hold who left, want %d", day, n, all, want)
				}
			case 85, 90:
				if n, _ := s.holding("goes"); n != 0 {
					t.Errorf("day %d: %d backups still hold who left", day, n)
				}
				bytesShow(t, dirs, goes.ID.String()+"/", marker("goes"))
			}
		}
		for _, slug := range []string{"stays", "returns"} {
			if n, all := s.holding(slug); n != all {
				t.Errorf("%d of %d backups hold %s", n, all, slug)
			}
		}
		bytesShow(t, dirs, "planted-marker", "asha@")
		if lines, broken, err := s.shelf().Lines(t.Context()); err != nil || broken > 0 || len(lines) != 1 {
			t.Errorf("who was deleted is forgotten: %q %d %v", lines, broken, err)
		}
		if len(s.told) > 0 {
			t.Errorf("told of %+v", s.told)
		}
	})
}

func (s *site) count() int {
	s.t.Helper()
	list, err := s.shelf().List(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return len(list)
}

// forget deletes an organisation, as the worker does.
func (s *site) forget(org flow.ID) {
	s.t.Helper()
	err := s.db.BeginDeletion(s.t.Context(), org, s.now)
	s.lines = append(s.lines, Line{s.now, org.String() + "-begun", []byte(`{"made":"up"}`)})
	if err == nil {
		err = s.shelf().Note(s.t.Context(), s.lines)
	}
	for found := true; found && err == nil; {
		found, err = s.db.Forget(s.t.Context(), org, postgres.ForgetRows)
	}
	if err == nil {
		err = s.db.PurgeFiles(s.t.Context(), org)
	}
	if err == nil {
		err = s.db.EndDeletion(s.t.Context(), org, s.now, func(postgres.Closure) (string, error) { return "gone", nil })
	}
	if err != nil {
		s.t.Fatal(err)
	}
}
