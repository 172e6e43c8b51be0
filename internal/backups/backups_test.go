package backups

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/keys"
	"clicarity/internal/objects"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

var night = time.Date(2026, 2, 20, 20, 30, 0, 0, time.UTC) // two o'clock in India

func (s *site) once() {
	s.t.Helper()
	s.nightly().Once(s.t.Context())
}

func openDir(t *testing.T, dir string) objects.Store {
	t.Helper()
	store, err := objects.Open(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func all(t *testing.T, s objects.Store) (keys []string) {
	t.Helper()
	if err := each(t.Context(), s, root, func(o objects.Object) error { keys = append(keys, o.Key); return nil }); err != nil {
		t.Fatal(err)
	}
	return keys
}

// mortal is a store whose process is killed after so many steps: from then on nothing is done.
type mortal struct {
	objects.Store
	steps *int
}

var errKilled = errors.New("killed")

func (m mortal) step() error {
	if *m.steps--; *m.steps < 0 {
		return errKilled
	}
	return nil
}

func (m mortal) Put(ctx context.Context, key string, r io.Reader) error {
	if err := m.step(); err != nil {
		return err
	}
	return m.Store.Put(ctx, key, r)
}

func (m mortal) Delete(ctx context.Context, key string) error {
	if err := m.step(); err != nil {
		return err
	}
	return m.Store.Delete(ctx, key)
}

func (m mortal) Purge(ctx context.Context, prefix string) error {
	if err := m.step(); err != nil {
		return err
	}
	return m.Store.Purge(ctx, prefix)
}

func (m mortal) List(ctx context.Context, prefix, after string, limit int) ([]objects.Object, error) {
	if err := m.step(); err != nil {
		return nil, err
	}
	return m.Store.List(ctx, prefix, after, limit)
}

// Killed after each step of a night in which one backup is made and one goes with its files, what is listed is whole, and the next
// night ends as it ought to.
func TestANightIsKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	s, orgs := openSite(t, openDir(t, t.TempDir()), night, "sahyadri", "konkan")
	kills := 0
	for steps := 0; ; steps++ {
		store := openDir(t, t.TempDir())
		s.store, s.now, s.days, s.runs = store, night, 1, nil
		short := s.addFile(orgs[0])
		s.once()
		if _, err := pgtest.Owner(t, s.url).Exec(t.Context(), "delete from files where id = $1", short.ID); err != nil {
			t.Fatal(err)
		}
		s.now = night.Add(24 * time.Hour)
		left := steps
		s.store = mortal{store, &left}
		s.once()
		s.store = store
		for _, f := range s.found() {
			if f.Fault != nil && !s.shelf().tooOld(f.Entry) { // of one that goes the files went first
				t.Fatalf("after %d steps half a backup is listed: %v", steps, f.Fault)
			}
		}
		done := left >= 0
		if !done {
			kills++
		}
		s.once()
		if got := all(t, store); len(got) != 1+3+len(orgs) { // the mark, a backup, its files
			t.Fatalf("after %d steps and another night there are %q", steps, got)
		}
		if n, all := s.holding("konkan"); n != 1 || all != 1 {
			t.Fatalf("after %d steps and another night there are %d of %d", steps, n, all)
		}
		if done {
			break
		}
	}
	if kills < 10 {
		t.Errorf("it was killed %d times only", kills)
	}
}

// Several servers make one backup.
func TestServersMakeOneBackup(t *testing.T) {
	t.Parallel()
	s, _ := openSite(t, openDir(t, t.TempDir()), night, "sahyadri")
	var keep sync.Mutex
	var group sync.WaitGroup
	for range 4 {
		n := s.nightly()
		n.Keep = func(r Run) error {
			keep.Lock()
			defer keep.Unlock()
			s.runs = append(s.runs, r)
			return nil
		}
		group.Go(func() { n.Once(t.Context()) })
	}
	group.Wait()
	if s.count() != 1 || len(s.runs) != 1 || len(s.told) > 0 {
		t.Errorf("%d backups, %+v %+v", s.count(), s.runs, s.told)
	}
}

// When no backup can be made the old ones go all the same, and those who run the service are told.
func TestOldBackupsGoWhenNoneCanBeMade(t *testing.T) {
	t.Parallel()
	s, _ := openSite(t, openDir(t, t.TempDir()), night, "sahyadri")
	s.days = 3
	s.once()
	n := s.nightly()
	n.Source = func(context.Context) (Source, error) { return Source{}, errors.New("no pg_dump") }
	for hour := 1; hour < 100; hour++ {
		s.now = night.Add(time.Duration(hour) * time.Hour)
		n.Once(t.Context())
		if got, want := s.count(), 1; hour < 71 && got != want || hour >= 71 && got != 0 {
			t.Fatalf("after %d hours there are %d", hour, got)
		}
	}
	last := s.told[len(s.told)-1]
	if len(s.told) != 100-24 || !strings.Contains(last.Fault, "no backup was made: no pg_dump") || !last.Newest.IsZero() || !s.told[0].Newest.Equal(night) {
		t.Errorf("%d %+v", len(s.told), last)
	}
	if got := all(t, s.store); len(got) != 1 {
		t.Errorf("left: %q", got)
	}
}

// pg_dump that fails, or is cut off, makes no backup.
func TestHalfADumpIsNoBackup(t *testing.T) {
	t.Parallel()
	s, _ := openSite(t, openDir(t, t.TempDir()), night, "sahyadri")
	n := s.nightly()
	bin := t.TempDir()
	text := "#!/bin/sh\nhead -c 300000 /dev/zero\necho 'the connection is lost' >&2\nexit 1\n"
	if err := os.WriteFile(filepath.Join(bin, "pg_dump"), []byte(text), 0o700); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	n.Source = func(context.Context) (Source, error) {
		return Source{Store: s.files, Files: s.eachFile, Dump: func(ctx context.Context) (io.ReadCloser, error) {
			return Dump(ctx, bin, "postgres://asha:secret-word@127.0.0.1/x")
		}}, nil
	}
	n.Once(t.Context())
	if len(s.runs) != 1 || !strings.Contains(s.runs[0].Fault, "the connection is lost") || strings.Contains(s.runs[0].Fault, "secret-word") || s.count() != 0 {
		t.Errorf("%+v", s.runs)
	}
}

// A lost lock makes no backup.
func TestABackupDoesNotCountWhenAnotherMayHaveBegun(t *testing.T) {
	t.Parallel()
	s, _ := openSite(t, openDir(t, t.TempDir()), night, "sahyadri")
	lost := errors.New("lost")
	if _, err := s.shelf().Make(t.Context(), Source{Dump: s.dump, Store: s.files, Files: s.eachFile}, func(context.Context) error { return lost }); !errors.Is(err, lost) {
		t.Error(err)
	}
	if s.count() != 0 {
		t.Error("it counts")
	}
}

// A file that is in no store is missing from the backup, which is made all the same; what is another file now is missing too.
func TestLostFilesAreCounted(t *testing.T) {
	t.Parallel()
	s, orgs := openSite(t, openDir(t, t.TempDir()), night, "sahyadri", "konkan")
	for i := range 3 {
		s.addFile(orgs[0])
		if i == 0 {
			continue
		}
		var object string
		if err := pgtest.Owner(t, s.url).QueryRow(t.Context(), "select object from files where org_id = $1 order by id desc limit 1", orgs[0].ID).Scan(&object); err != nil {
			t.Fatal(err)
		}
		err := s.files.Delete(t.Context(), object)
		if i == 2 {
			err = s.files.Put(t.Context(), object, strings.NewReader("short"))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	s.once()
	f := s.found()[0]
	b := f.Backup
	if f.Fault != nil || b.Files != 5 || b.Missing != 2 {
		t.Errorf("%+v", f)
	}
	to := openDir(t, t.TempDir())
	for range 2 {
		if there, missing, err := s.shelf().Bring(t.Context(), b, to); err != nil || there != 3 || missing != 2 {
			t.Errorf("%d there, %d missing, %v", there, missing, err)
		}
	}
}

// A clock that runs ahead deletes nothing.
func TestAWrongClockDeletesNothing(t *testing.T) {
	t.Parallel()
	s, _ := openSite(t, openDir(t, t.TempDir()), night, "sahyadri")
	s.once()
	s.now = time.Now().AddDate(12, 0, 0)
	if gone, err := s.shelf().Age(t.Context(), false); !errors.Is(err, ErrClock) || gone != 0 || s.count() != 1 {
		t.Errorf("%d went, %v", gone, err)
	}
	s.now = time.Now()
	if gone, err := s.shelf().Age(t.Context(), false); err != nil || gone != 1 || len(all(t, s.store)) != 1 {
		t.Errorf("%d went, %v; %q is left", gone, err, all(t, s.store))
	}
}

// A backup of a night on which the clock was years ahead is as old as the store says, and holds no other up.
func TestABackupFromTheFutureIsNone(t *testing.T) {
	t.Parallel()
	s, _ := openSite(t, openDir(t, t.TempDir()), night, "sahyadri")
	s.now = time.Now().AddDate(12, 0, 0)
	s.once()
	future, err := s.shelf().Find(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	s.now = time.Now().Add(25 * time.Hour)
	s.once()
	list, err := s.shelf().List(t.Context())
	if err != nil || len(list) != 2 || list[1].Name != future.Name || list[1].Made.After(time.Now()) {
		t.Errorf("%+v %v", list, err)
	}
}

// Files that are gone from the store of backups are missed, and a list that cannot be read too.
func TestAnIncompleteBackupIsNoticed(t *testing.T) {
	t.Parallel()
	s, _ := openSite(t, openDir(t, t.TempDir()), night, "sahyadri", "konkan", "deccan")
	s.once()
	s.now = night.Add(24 * time.Hour)
	s.once()
	var files []string
	if err := each(t.Context(), s.store, shared, func(o objects.Object) error { files = append(files, o.Key); return nil }); err != nil || len(files) != 3 {
		t.Fatal(files, err)
	}
	faults := func(want ...string) {
		t.Helper()
		for i, f := range s.found() {
			if got := fmt.Sprint(f.Fault); got != want[i] {
				t.Errorf("%s: %q, want %q", f.Name, got, want[i])
			}
		}
	}
	faults("<nil>", "<nil>")
	for i, n := range []string{"1", "2", "3"} {
		if err := s.store.Delete(t.Context(), files[i*2%3]); err != nil {
			t.Fatal(err)
		}
		faults(n+" of its 3 files are not there", n+" of its 3 files are not there")
	}
	list, err := s.shelf().List(t.Context())
	if err == nil {
		err = s.store.Put(t.Context(), at+list[0].Name+listPart, strings.NewReader("x"))
	}
	if err != nil {
		t.Fatal(err)
	}
	faults(errList.Error(), "3 of its 3 files are not there")
}

// What is in the store and is none of ours stays, but under our own names, where it goes in time; a name that lies keeps nothing.
func TestOnlyOurOwnIsEverTouched(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, _ := openSite(t, openDir(t, dir), time.Now(), "sahyadri")
	s.once()
	put := func(key string, age time.Duration) {
		t.Helper()
		if err := s.store.Put(t.Context(), key, strings.NewReader("x")); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(-age)
		if err := os.Chtimes(filepath.Join(dir, filepath.FromSlash(key)), at, at); err != nil {
			t.Fatal(err)
		}
	}
	const old, young = 40 * 24 * time.Hour, 24 * time.Hour
	future := newName(time.Now().AddDate(5, 0, 0))
	for key, age := range map[string]time.Duration{
		"t/files/of/somebody": old, "books/2020.xlsx": old, "bc/x": old, // nobody's of ours
		at + "by-hand/dump": old, at + future + "/kept": old, at + "loose": old, shared + "t/nobody/1": old, // ours, too old
		at + "by-hand-too/dump": young, shared + "t/nobody/2": young, // ours, whatever it is: it has time
		at + newName(time.Now().Add(-time.Hour)) + "/dump": time.Hour, // half of a backup
	} {
		put(key, age)
	}
	if gone, err := s.shelf().Age(t.Context(), false); err != nil || gone != 3 {
		t.Errorf("%d went, %v", gone, err)
	}
	left := map[string]bool{}
	for _, prefix := range []string{"t/", "books/", "bc/", root} {
		if err := each(t.Context(), s.store, prefix, func(o objects.Object) error { left[o.Key] = true; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"t/files/of/somebody", "books/2020.xlsx", "bc/x", at + "by-hand-too/dump", shared + "t/nobody/2", mark} {
		if !left[key] {
			t.Errorf("%s was touched", key)
		}
	}
	if len(left) != 6+3+1 {
		t.Errorf("left: %v", left)
	}
	if list, err := s.shelf().List(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("%v %v", list, err)
	}
}

// Nothing is done in a store that is another installation's.
func TestAnothersStoreIsLeftAlone(t *testing.T) {
	t.Parallel()
	s, _ := openSite(t, openDir(t, t.TempDir()), night, "sahyadri")
	s.once()
	s.now = s.now.AddDate(1, 0, 0)
	n := s.nightly()
	n.Owner = "that one"
	n.Once(t.Context())
	if s.count() != 1 || len(s.runs) != 2 || !strings.Contains(s.runs[1].Fault, ErrAnothers.Error()) {
		t.Errorf("%+v", s.runs)
	}
}

// A line of the ledger is there for twice as long as any backup, once; it opens with the master key only, and only as what it is.
func TestLinesOfTheLedgerOutliveBackups(t *testing.T) {
	t.Parallel()
	s, _ := openSite(t, openDir(t, t.TempDir()), night, "sahyadri")
	text := []byte(`{"organisation":"x"}`)
	s.lines = []Line{{night, "x-begun", text}, {night.Add(time.Hour), "x-done", text}, {night.AddDate(-1, 0, 0), "long-ago", text}}
	for _, days := range []int{0, 1, 35, 69} {
		s.now = night.AddDate(0, 0, days)
		s.once()
		if lines, broken, err := s.shelf().Lines(t.Context()); err != nil || broken > 0 || len(lines) != 2 || !bytes.Equal(lines[0], text) {
			t.Errorf("day %d: %q %d %v", days, lines, broken, err)
		}
	}
	var names []string
	for _, key := range all(t, s.store) {
		if strings.HasPrefix(key, erasure) {
			names = append(names, key)
		}
	}
	first, err := s.shelf().read(t.Context(), names[0], maxLine)
	if err == nil {
		err = s.store.Put(t.Context(), names[1], bytes.NewReader(first)) // moved to where another was
	}
	if err != nil {
		t.Fatal(err)
	}
	if lines, broken, err := s.shelf().Lines(t.Context()); err != nil || broken != 1 || len(lines) != 1 {
		t.Errorf("a line that was moved opens: %q %d %v", lines, broken, err)
	}
	other := s.shelf()
	other.Ring = keys.NewRing(keys.NewLocal([keys.Size]byte{8}))
	if lines, broken, err := other.Lines(t.Context()); err != nil || broken != 2 || len(lines) != 0 {
		t.Errorf("another key opens lines: %q %d %v", lines, broken, err)
	}
	if err := s.shelf().Note(t.Context(), []Line{{night, "../../x", text}}); err == nil {
		t.Error("what is no name was kept")
	}
	s.now = night.AddDate(0, 0, 71)
	s.once()
	if lines, _, err := s.shelf().Lines(t.Context()); err != nil || len(lines) != 0 {
		t.Errorf("%q %v", lines, err)
	}
}

// After a rotation the new master key opens the backups and lines of before, and brings the one of before along.
func TestBackupsOutliveTheMasterKey(t *testing.T) {
	t.Parallel()
	s, _ := openSite(t, openDir(t, t.TempDir()), night, "sahyadri")
	s.lines = []Line{{night, "x-begun", []byte("{}")}}
	s.once()
	first, second, third := keys.NewLocal([keys.Size]byte{7}), keys.NewLocal([keys.Size]byte{8}), keys.NewLocal([keys.Size]byte{9})
	for _, rotation := range [][]keys.Master{{second, first}, {second, first}, {third, second}} {
		s.ring = keys.NewRing(rotation...)
		if n, err := s.shelf().Rewrap(t.Context()); err != nil || n < 1 {
			t.Fatalf("%d %v", n, err)
		}
		s.ring = keys.NewRing(rotation[0])
		if n, all := s.holding("sahyadri"); n != 1 || all != 1 {
			t.Errorf("%d of %d", n, all)
		}
		if lines, broken, err := s.shelf().Lines(t.Context()); err != nil || broken > 0 || len(lines) != 1 {
			t.Errorf("%q %d %v", lines, broken, err)
		}
	}
	b, err := s.shelf().Find(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	ring, err := s.shelf().Masters(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if masters, err := ring.Masters(); err != nil || len(masters) != 3 {
		t.Errorf("%v %v", masters, err)
	}
	s.ring = keys.NewRing(first)
	if err := s.shelf().Try(t.Context(), b); !errors.Is(err, ErrWrongMaster) {
		t.Errorf("the first key opens it still: %v", err)
	}
}

func TestWhenTheNextBackupIsMade(t *testing.T) {
	t.Parallel()
	n := &Nightly{Clock: Clock{2, 0}, Zone: postgres.Zone("Asia/Kolkata")}
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour, minute, 0, 0, n.Zone) }
	for _, c := range []struct{ newest, now, want time.Time }{
		{time.Time{}, at(20, 15, 0), at(20, 15, 0)},  // none yet: at once
		{at(20, 2, 1), at(20, 15, 0), at(21, 2, 0)},  // last night's: tonight
		{at(20, 15, 0), at(20, 16, 0), at(21, 2, 0)}, // one by hand by day: tonight too
		{at(20, 1, 59), at(20, 2, 30), at(20, 2, 0)}, // it is time
		{at(18, 2, 0), at(20, 15, 0), at(20, 15, 0)}, // older than a day: at once
		{at(20, 2, 0), at(20, 2, 0), at(21, 2, 0)},   // this one
		{at(20, 2, 0), at(21, 1, 59), at(21, 2, 0)},  // not yet
		{at(30, 15, 0), at(20, 15, 0), at(31, 2, 0)}, // the clock went back
	} {
		if got := n.Next(c.newest, c.now); !got.Equal(c.want) {
			t.Errorf("after %v at %v: %v, want %v", c.newest, c.now, got, c.want)
		}
	}
}

// Whatever a manifest says, it is that of its name, or none.
func FuzzManifest(f *testing.F) {
	const name = "20260220T203000Z-abcdefgh"
	good, err := json.Marshal(Backup{Name: name, Made: night, Bytes: 5, SHA256: strings.Repeat("0a", 32), Master: "local:1", Wrapped: []byte("x")})
	if err != nil {
		f.Fatal(err)
	}
	if _, err := readManifest(name, good); err != nil {
		f.Fatal(err)
	}
	f.Add(name, good)
	f.Add("20260220T203000Z-abcdefgi", good)
	f.Add("../x", []byte("{}"))
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		b, err := readManifest(name, text)
		if err == nil && (b.Name != name || b.Made.IsZero() || b.Bytes < 0 || strings.ContainsAny(name, "/. ")) {
			t.Errorf("%q %+v", name, b)
		}
	})
}

// Whatever a list of files holds, it is read in order, of files only, or refused.
func FuzzList(f *testing.F) {
	f.Add([]byte("5 t/a/1\n7 t/a/2\n"))
	f.Add([]byte("5 t/a/2\n7 t/a/1\n"))
	f.Add([]byte("-5 b/mark\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := z.Write(text); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		for _, raw := range [][]byte{b.Bytes(), text} {
			l, err := newReader(io.NopCloser(bytes.NewReader(raw)))
			for last := ""; err == nil && !l.ended; err = l.next() {
				if l.head.key <= last || !strings.HasPrefix(l.head.key, "t/") || l.head.size < 0 {
					t.Fatalf("%+v after %q", l.head, last)
				}
				last = l.head.key
			}
		}
	})
}

func FuzzClock(f *testing.F) {
	f.Add("02:00")
	f.Add("24:00")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseClock(text)
		if err == nil && (c.Hour < 0 || c.Hour > 23 || c.Minute < 0 || c.Minute > 59 || len(text) != 5) {
			t.Errorf("%q is %+v", text, c)
		}
	})
}

// The bound is the one that certificates promise.
func TestTheBoundIsThePromise(t *testing.T) {
	t.Parallel()
	if MostDays*24*time.Hour != flow.BackupsFor {
		t.Errorf("%d days, %v", MostDays, flow.BackupsFor)
	}
	for days, want := range map[int]time.Duration{-5: 23 * time.Hour, 1: 23 * time.Hour, 35: 35*24*time.Hour - time.Hour, 400: 35*24*time.Hour - time.Hour} {
		if got := (&Shelf{Days: days}).keeps(); got != want {
			t.Errorf("%d days are %v", days, got)
		}
	}
}
