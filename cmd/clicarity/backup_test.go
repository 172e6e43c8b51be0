package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io"
	mathrand "math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"clicarity/internal/backups"
	"clicarity/internal/flow"
	"clicarity/internal/keys"
	"clicarity/internal/leaving"
	"clicarity/internal/objects"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
	"clicarity/internal/s3test"
)

// backedUp is an installation with two organisations, a file of each, and a store of backups.
func backedUp(t *testing.T, store string) *shell {
	t.Helper()
	s := givenDatabase(t)
	s.env["CLICARITY_BACKUPS"] = store
	for _, slug := range []string{"sahyadri", "konkan"} {
		s.prints("set up", "org", "add", slug, "--name", strings.ToUpper(slug)+" planted-marker", "--owner", "meera@"+slug+".example")
		s.addFile(slug)
	}
	return s
}

// open opens the database of an installation with its keys and files.
func (s *shell) open() *postgres.DB {
	s.t.Helper()
	db := pgtest.Open(s.t, s.env["DATABASE_URL"])
	ring, err := keys.File(filepath.Join(s.env["CLICARITY_DATA"], "key"))
	if err != nil {
		s.t.Fatal(err)
	}
	files, err := objects.Open(filepath.Join(s.env["CLICARITY_DATA"], "files"), "")
	if err != nil {
		s.t.Fatal(err)
	}
	db.UseMaster(ring)
	db.UseObjects(files, false)
	return db
}

func (s *shell) addFile(slug string) postgres.File {
	s.t.Helper()
	db := s.open()
	o, err := db.OrganisationBySlug(s.t.Context(), slug)
	if err != nil {
		s.t.Fatal(err)
	}
	f := postgres.File{ID: pgtest.NewID(s.t), Job: pgtest.NewID(s.t), Member: pgtest.NewID(s.t), Added: time.Now(), Name: "carton.pdf", Media: "application/pdf"}
	if f, err = db.PutFile(s.t.Context(), o.ID, f, strings.NewReader("planted-marker of a drawing of "+slug), nil); err != nil {
		s.t.Fatal(err)
	}
	if _, err := pgtest.Owner(s.t, s.env["DATABASE_URL"]).Exec(s.t.Context(), "update files set kept = true where id = $1", f.ID); err != nil {
		s.t.Fatal(err)
	}
	return f
}

// elsewhere is another machine, which has the master key and the address of the backups, and an empty database.
func (s *shell) elsewhere() *shell {
	s.t.Helper()
	u, err := url.Parse(s.env["DATABASE_URL"])
	if err != nil {
		s.t.Fatal(err)
	}
	name := "empty_" + strings.ToLower(rand.Text()[:12])
	if err := postgres.CreateDatabase(s.t.Context(), s.env["DATABASE_URL"], name); err != nil {
		s.t.Fatal(err)
	}
	u.Path = "/" + name
	owner := pgtest.Owner(s.t, s.env["DATABASE_URL"])
	there := &shell{s.t, map[string]string{"DATABASE_URL": u.String(), "CLICARITY_DATA": s.t.TempDir()}}
	s.t.Cleanup(func() {
		_, err := owner.Exec(context.WithoutCancel(s.t.Context()), "drop database "+name+" with (force)")
		if err != nil {
			s.t.Error(err)
		}
	})
	there.takeKey(s)
	return there
}

func (s *shell) takeKey(from *shell) {
	s.t.Helper()
	text := readKey(s.t, filepath.Join(from.env["CLICARITY_DATA"], "key"))
	if err := os.WriteFile(filepath.Join(s.env["CLICARITY_DATA"], "key"), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// onEachStore runs a test with a store of backups of each kind, of which all bytes are under a directory.
func onEachStore(t *testing.T, f func(t *testing.T, address, dir string)) {
	t.Helper()
	t.Run("directory", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		f(t, dir, dir)
	})
	t.Run("S3 with versions", func(t *testing.T) {
		t.Parallel()
		server := s3test.Start(t, true)
		f(t, server.URL, server.Dir)
	})
}

// plain fails when somebody who has all bytes under a directory reads a marker there.
func plain(t *testing.T, dir, marker string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(name string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		files++
		raw, err := os.ReadFile(name) //nolint:gosec // of the test
		if bytes.Contains(raw, []byte(marker)) {
			t.Errorf("%s shows %q", name, marker)
		}
		return err
	})
	if err != nil || files < 5 {
		t.Errorf("%d files, %v", files, err)
	}
}

// A backup is made, shown, tried, and brought back elsewhere with all that was there; whoever has the store alone reads nothing.
func TestABackupIsBroughtBack(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, address, dir string) {
		s := backedUp(t, address)
		s.prints("there is no backup", "backup", "list")
		s.prints("there is no backup", "doctor")
		out := s.prints("2 files; it is deleted within 30 days", "backup")
		name := regexp.MustCompile(`\d{8}T\d{6}Z-\w{8}`).FindString(out)
		s.prints("2 files", "backup", "list")
		s.prints("sound", "backup", "list", "--whole")
		s.prints("days: 1, the newest of ", "doctor")
		s.fails("write: clicarity backup", "backup", "twice")
		plain(t, dir, "planted-marker")
		s.prints("the backup "+name, "drill")

		there := s.elsewhere()
		there.fails("there is no such backup", "restore", "--from", address, "--backup", "20260101T000000Z-abcdefgh")
		there.fails("write: clicarity restore", "restore")
		out = there.prints("sound: 2 organisations with 0 movements, ", "restore", "--from", address)
		if !strings.Contains(out, name) || !strings.Contains(out, "; 2 files; 0 lines of deletions") || !strings.Contains(out, "2 files that were read") {
			t.Error(out)
		}
		there.prints("sound: 0 movements", "verify", "--org", "konkan")
		there.fails("the database is not empty", "restore", "--from", address)
		there.prints("SAHYADRI planted-marker", "org", "list")
		s.fails("the database is not empty", "restore", "--from", address)
	})
}

// Without the right master key nothing is brought back, and nothing is written.
func TestAWrongMasterKeyBringsNothingBack(t *testing.T) {
	t.Parallel()
	store := t.TempDir()
	s := backedUp(t, store)
	s.prints("is in", "backup")
	there := s.elsewhere()
	wrong := func(want string) {
		t.Helper()
		there.fails(want, "restore", "--from", store)
		left, err := os.ReadDir(there.env["CLICARITY_DATA"])
		if empty, failed := postgres.Empty(t.Context(), there.env["DATABASE_URL"]); err != nil || failed != nil || !empty || len(left) > 1 {
			t.Errorf("written: %v, empty %t %v %v", left, empty, err, failed)
		}
	}
	there.env["CLICARITY_KEY"] = base64.StdEncoding.EncodeToString(make([]byte, keys.Size))
	wrong("the master key is not the one that this backup was made with")
	delete(there.env, "CLICARITY_KEY")
	if err := os.Remove(filepath.Join(there.env["CLICARITY_DATA"], "key")); err != nil {
		t.Fatal(err)
	}
	wrong("there is no master key")
	there.fails("cannot be read", "restore", "--from", store+"/nowhere")

	// After the master key was rotated the older backups open with the new one.
	s.prints("wrapped with a new master key", "keys", "rotate-master")
	s.prints("wrapped with a new master key", "keys", "rotate-master")
	s.prints("the backup ", "drill")
	there.takeKey(s)
	there.prints("sound: 2 organisations", "restore", "--from", store)
}

// What was changed in the store, or is gone from it, is noticed before anything counts.
func TestASpoiltBackupIsNotSound(t *testing.T) {
	t.Parallel()
	store := t.TempDir()
	s := backedUp(t, store)
	s.prints("is in", "backup")
	dumps, err := filepath.Glob(filepath.Join(store, "b", "at", "*", "dump"))
	if err != nil || len(dumps) != 1 {
		t.Fatal(dumps, err)
	}
	whole, err := os.ReadFile(dumps[0])
	if err != nil {
		t.Fatal(err)
	}
	spoilt := bytes.Clone(whole)
	spoilt[len(spoilt)-100] ^= 1
	for _, c := range []struct {
		text []byte
		how  []string
	}{{spoilt, []string{"backup", "list", "--whole"}}, {whole[:len(whole)-100], []string{"backup", "list"}}} {
		if err := os.WriteFile(dumps[0], c.text, 0o600); err != nil {
			t.Fatal(err)
		}
		s.fails("1 of 1 backups are not sound", c.how...)
		there := s.elsewhere()
		there.fails("not made with this key, or changed since", "restore", "--from", store)
		if empty, err := postgres.Empty(t.Context(), there.env["DATABASE_URL"]); err != nil || !empty {
			t.Errorf("something of it was brought back: %v", err)
		}
	}
	s.fails("not made with this key, or changed since", "drill")
	if err := os.WriteFile(dumps[0], whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(store, "b", "files", "t")); err != nil {
		t.Fatal(err)
	}
	s.fails("1 of 1 backups are not sound", "backup", "list")
	s.fails("file ", "drill")
	there := s.elsewhere()
	there.fails("all is brought back, but not all is sound", "restore", "--from", store)
	there.prints("sound: 0 movements", "verify", "--org", "konkan")
}

// Whoever was deleted after a backup is deleted again before a restored database is served, on a machine that has never heard of it.
func TestWhoWasDeletedDoesNotComeBackWithABackup(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, address, _ string) {
		s := backedUp(t, address)
		s.prints("is in", "backup")
		db := s.open()
		o, err := db.OrganisationBySlug(t.Context(), "sahyadri")
		if err != nil {
			t.Fatal(err)
		}
		own, err := db.Installation(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		c := postgres.Closure{Org: o.ID, Closing: flow.ClosingAt(flow.At(begun.Add(-flow.DeleteAfter))), Begun: begun}
		e := s.environment()
		h := &house{}
		ring, err := e.masters()
		if err != nil {
			t.Fatal(err)
		}
		if h.shelf, err = e.shelf(ring, own); err != nil {
			t.Fatal(err)
		}
		if err := h.note(e, c); err != nil { // as the worker does when it begins
			t.Fatal(err)
		}
		there := s.elsewhere()
		out := there.prints("organisation "+o.ID.String()+" was deleted before", "restore", "--from", address)
		if !strings.Contains(out, "sound: 1 organisations") || !strings.Contains(out, "1 lines of deletions") {
			t.Error(out)
		}
		db = there.open()
		if left, err := db.LeftOf(t.Context(), o.ID); err != nil || len(left) > 0 {
			t.Errorf("left in %v %v", left, err)
		}
		if left, err := filepath.Glob(filepath.Join(there.env["CLICARITY_DATA"], "files", "t", o.ID.String())); err != nil || len(left) > 0 {
			t.Errorf("left of its files: %v %v", left, err)
		}
		if lines, err := leaving.Lines(filepath.Join(there.env["CLICARITY_DATA"], leaving.LedgerName)); err != nil || len(lines) != 1 {
			t.Errorf("%v %v", lines, err)
		}
	})
}

func (s *shell) environment() env {
	s.t.Helper()
	c, err := readConfig(func(k string) string { return s.env[k] })
	if err != nil {
		s.t.Fatal(err)
	}
	return env{c, io.Discard, io.Discard}
}

// asProgram is set for a process of the test that is the program itself, so that it can be killed.
const asProgram = "CLICARITY_TEST_AS_PROGRAM"

// start runs a command in a process of its own.
func (s *shell) start(args ...string) *exec.Cmd {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), os.Args[0], args...) //nolint:gosec // the test itself
	cmd.Env = append(os.Environ(), asProgram+"=yes")
	for k, v := range s.env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	return cmd
}

// killed starts a command and kills it after a while, unless it has ended, and reports whether it was killed.
func (s *shell) killed(after time.Duration, args ...string) bool {
	s.t.Helper()
	cmd := s.start(args...)
	at := time.AfterFunc(after, func() { _ = cmd.Process.Kill() }) //nolint:errcheck // it may have ended
	defer at.Stop()
	var ended *exec.ExitError
	return errors.As(cmd.Wait(), &ended) && !ended.Exited()
}

// Killed at any point, a backup is whole or not there, and a restore goes on where it was and serves nothing before it is done.
func TestKillsOfBackupAndRestore(t *testing.T) {
	t.Parallel()
	store := t.TempDir()
	s := backedUp(t, store)
	s.kill(8, "backup", nil, func() {
		if out, err := s.run("backup", "list", "--whole"); err != nil {
			t.Fatalf("half a backup is listed: %v\n%s", err, out)
		}
	})
	s.whenFree("is in", "backup")
	dumps, _ := filepath.Glob(filepath.Join(store, "b", "at", "*", "*"))
	for _, name := range dumps {
		kept := filepath.Join(filepath.Dir(name), "kept")
		if _, err := os.Stat(kept); err != nil || strings.Contains(name, ".part-") {
			t.Errorf("%s is half of a backup", name)
		}
	}
	for range 3 {
		there := s.elsewhere()
		there.kill(5, "restore", []string{"--from", store}, func() {
			if _, err := os.Stat(filepath.Join(there.env["CLICARITY_DATA"], "restore.json")); err == nil {
				there.fails("is not done: run clicarity restore again", "org", "list")
			}
		})
		for tries := 0; ; tries++ {
			out, err := there.run("restore", "--from", store)
			if err == nil && strings.Contains(out, "sound: 2 organisations") || err != nil && strings.Contains(err.Error(), "the database is not empty") {
				break
			}
			if tries == 20 { // a pg_restore whose program was killed may still end
				t.Fatal(err)
			}
		}
		there.prints("konkan", "org", "list")
		there.prints("sound: 0 movements", "verify", "--org", "sahyadri")
	}
}

// kill runs a command until it was killed so many times, each time at another moment, and looks after each.
func (s *shell) kill(times int, name string, args []string, look func()) {
	s.t.Helper()
	longest := 1500 * time.Millisecond
	for kills := 0; kills < times; {
		began := time.Now()
		if s.killed(time.Duration(mathrand.Int64N(int64(longest))), append([]string{name}, args...)...) { //nolint:gosec // a moment to kill at
			kills++
		} else {
			longest = max(min(longest, time.Since(began)), 50*time.Millisecond)
		}
		look()
	}
}

// whenFree runs a command again until nobody is in its way: the database lets go of a lock when it has noticed a kill.
func (s *shell) whenFree(want string, args ...string) {
	s.t.Helper()
	for {
		out, err := s.run(args...)
		if err != nil && strings.Contains(err.Error(), backups.ErrBusy.Error()) && s.t.Context().Err() == nil {
			continue
		}
		if err != nil || !strings.Contains(out, want) {
			s.t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return
	}
}

func TestBackupsAreConfigured(t *testing.T) {
	t.Parallel()
	s := givenDatabase(t)
	s.fails("say where backups are kept", "backup")
	s.prints("no backups are made: CLICARITY_BACKUPS is not set", "doctor")
	for _, days := range []string{"0", "36", "-1", "many"} {
		s.env["CLICARITY_BACKUPS_DAYS"] = days
		s.fails("write a number of days from 1 to 35", "doctor")
	}
	s.env["CLICARITY_BACKUPS_DAYS"], s.env["CLICARITY_BACKUPS_AT"] = "35", "2 o'clock"
	s.fails("write it like 02:00", "doctor")
	s.env["CLICARITY_BACKUPS_AT"], s.env["CLICARITY_BACKUPS"] = "23:30", "s3://nobody"
	s.fails("CLICARITY_BACKUPS: the store of backups", "doctor")
}

// Another installation's store is refused and left as it is.
func TestABackupGoesToItsOwnStoreOnly(t *testing.T) {
	t.Parallel()
	store := t.TempDir()
	s, other := backedUp(t, store), backedUp(t, store)
	s.prints("is in", "backup")
	other.fails(backups.ErrAnothers.Error(), "backup")
	s.prints("sound", "backup", "list", "--whole")
	if _, fault, err := lastRuns(filepath.Join(other.env["CLICARITY_DATA"], backupLog)); err != nil || !strings.Contains(fault.Fault, "another installation") {
		t.Errorf("%+v %v", fault, err)
	}
	other.prints("WARNING: a backup failed", "doctor")
}

// A server with its own database makes a backup as it starts; its data directory is lost, and another takes its place.
func TestALostDataDirectoryIsBroughtBack(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "clicarity-back-") // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // PostgreSQL runs as another user when we are root
		t.Fatal(err)
	}
	store := filepath.Join(dir, "store")
	s := &shell{t, map[string]string{"CLICARITY_DATA": filepath.Join(dir, "data"), "CLICARITY_ADDR": freeAddress(t), "CLICARITY_BACKUPS": store}}
	s.prints("set up", "org", "add", "sahyadri", "--name", "Sahyadri Print", "--owner", "meera@sahyadri.example")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"serve"}, func(k string) string { return s.env[k] }, io.Discard, io.Discard)
	}()
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		out, err := s.run("backup", "list")
		if err == nil && strings.Contains(out, "sound") {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("no backup is made: %s %v", out, err)
		}
	}
	stop()
	if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	there := &shell{t, map[string]string{"CLICARITY_DATA": filepath.Join(dir, "other"), "CLICARITY_BACKUPS": store}}
	there.fails("there is no master key", "restore")
	if err := os.MkdirAll(there.env["CLICARITY_DATA"], 0o711); err != nil { //nolint:gosec // as above
		t.Fatal(err)
	}
	there.takeKey(s)
	there.prints("sound: 1 organisations", "restore")
	there.prints("Sahyadri Print", "org", "list")
	there.fails("the database is not empty", "restore")
	there.prints("backups in "+store+", each for 30 days: 1, the newest", "doctor")
	there.prints("is in "+store, "backup") // it is the same installation
}

// Owners of the operator's organisation get one mail a day about backups that are not as they ought to be.
func TestTheOperatorIsToldOfBackups(t *testing.T) {
	t.Parallel()
	s := backedUp(t, t.TempDir())
	file := filepath.Join(s.env["CLICARITY_DATA"], "operator.json")
	if err := os.WriteFile(file, []byte(`{"organisation": "sahyadri", "name": "Clicarity"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	db := s.open()
	trouble := backups.Trouble{At: time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC), Newest: time.Date(2026, 11, 20, 20, 30, 0, 0, time.UTC), Fault: "no backup was made: the store does not answer"}
	tell := func(mails int, day int) {
		t.Helper()
		trouble.At = trouble.At.AddDate(0, 0, day)
		if err := (&house{DB: db}).tellOfBackups(t.Context(), s.environment(), trouble); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := pgtest.Owner(t, s.env["DATABASE_URL"]).QueryRow(t.Context(), "select count(*) from outbox where kind = 'backups' and recipient = 'meera@sahyadri.example'").Scan(&n); err != nil || n != mails {
			t.Errorf("%d mails, want %d; %v", n, mails, err)
		}
	}
	tell(0, 0) // nobody runs the service
	s.env["CLICARITY_OPERATOR"] = file
	tell(0, 0) // no mails are sent
	s.env["CLICARITY_SMTP"], s.env["CLICARITY_MAIL_FROM"] = "smtp://127.0.0.1:1?tls=none", "Clicarity <jobs@clicarity.example>"
	tell(1, 0)
	tell(1, 0)
	tell(2, 1)
	o, err := db.OrganisationBySlug(t.Context(), "sahyadri")
	if err != nil {
		t.Fatal(err)
	}
	mails, err := db.TakeMails(t.Context(), o.ID, trouble.At)
	if err != nil || len(mails) == 0 || !strings.Contains(mails[len(mails)-1].Text, "21-11-2026 02:00") || !strings.Contains(mails[len(mails)-1].Text, "the store does not answer") {
		t.Errorf("%+v %v", mails, err)
	}
}
