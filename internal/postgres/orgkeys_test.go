package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"clicarity/internal/keys"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

func TestEachOrganisationSealsWithAKeyOfItsOwn(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	a, b := openFirm(t, db, "sahyadri"), openFirm(t, db, "konkan")
	seal := func(f *firm) []byte {
		t.Helper()
		sealed, err := db.Seal(t.Context(), f.org, "test", "row 1", []byte("secret"))
		if err != nil {
			t.Fatal(err)
		}
		return sealed
	}
	first, theirs := seal(a), seal(b)
	open := func(f *firm, use, belongs string, sealed []byte) error {
		t.Helper()
		got, err := db.Open(t.Context(), f.org, use, belongs, sealed)
		if err == nil && string(got) != "secret" {
			t.Errorf("%q", got)
		}
		return err
	}
	if err := errors.Join(open(a, "test", "row 1", first), open(b, "test", "row 1", theirs)); err != nil {
		t.Fatal(err)
	}
	if version, err := db.RotateKey(t.Context(), a.org, time.Now()); err != nil || version != 2 {
		t.Fatal(version, err)
	}
	second := seal(a)
	if v, ok := keys.Version(second); v != 2 || !ok {
		t.Errorf("sealed with version %d after the rotation", v)
	}
	if err := errors.Join(open(a, "test", "row 1", first), open(a, "test", "row 1", second)); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"by another organisation": open(b, "test", "row 1", first), "for another use": open(a, "mail", "row 1", first), "for another row": open(a, "test", "row 2", first),
		"with another version": open(a, "test", "row 1", append(keys.Head(2), first[8:]...)), "with a version that there is not": open(a, "test", "row 1", append(keys.Head(9), first[8:]...)),
		"cut off": open(a, "test", "row 1", first[:9]), "nothing": open(a, "test", "row 1", nil),
	} {
		if !errors.Is(err, keys.ErrWrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
	loseKeys(t, url, a.org)
	if err := open(a, "test", "row 1", first); !errors.Is(err, keys.ErrWrong) {
		t.Errorf("after its keys were destroyed: %v", err)
	}
	if err := open(b, "test", "row 1", theirs); err != nil {
		t.Errorf("the other organisation: %v", err)
	}
}

// What an older program sealed with the master key opens, and is sealed anew in time; links and PINs stay good.
func TestWhatWasSealedBeforeStillOpens(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db, was := pgtest.Open(t, url), keys.New([keys.Size]byte{1})
	f, now := openFirm(t, db, "sahyadri"), time.Now()
	if err := db.QueueMail(t.Context(), f.org, postgres.Mail{To: "ravi@sahyadri.example", Kind: "test", At: now}); err != nil {
		t.Fatal(err)
	}
	old := func(use, belongs, secret string) []byte {
		sealed, err := was.Seal(use, belongs, []byte(secret))
		if err != nil {
			t.Fatal(err)
		}
		return sealed
	}
	seed := old(postgres.SeedUse, f.org.String()+" "+f.owner.String(), "seed")
	err := db.SetAuthenticator(t.Context(), f.org, f.owner, postgres.Authenticator{Seed: seed, At: now})
	owner := pgtest.Owner(t, url)
	_, err2 := owner.Exec(t.Context(), "delete from org_keys")
	_, err3 := owner.Exec(t.Context(), "update outbox set content = $1", old("mail", f.org.String(), `{"subject":"Come in"}`))
	if err := errors.Join(err, err2, err3); err != nil {
		t.Fatal(err)
	}
	wrong := pgtest.Open(t, url)
	wrong.UseMaster(keys.NewRing(keys.NewLocal([keys.Size]byte{2})))
	if _, err := wrong.Installation(t.Context()); !errors.Is(err, postgres.ErrWrongMaster) {
		t.Errorf("with another master key: %v", err)
	}
	root, err := db.Installation(t.Context())
	if err != nil || root.Derive("audit") != was.Derive("audit") {
		t.Errorf("what is made of the installation's key has changed: %v", err)
	}
	if mails, err := db.TakeMails(t.Context(), f.org, now); err != nil || len(mails) != 1 || mails[0].Subject != "Come in" {
		t.Errorf("%+v %v", mails, err)
	}
	if done, err := db.Reseal(t.Context(), f.org, now); err != nil || done.Values != 2 || done.Lost != 0 {
		t.Errorf("%+v %v", done, err)
	}
	factors, err := db.Factors(t.Context(), f.org, f.owner)
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := keys.Version(factors.Seed); !ok || v != 1 {
		t.Error("the seed is not sealed with the organisation's key")
	}
	if got, err := db.Open(t.Context(), f.org, postgres.SeedUse, f.org.String()+" "+f.owner.String(), factors.Seed); err != nil || string(got) != "seed" {
		t.Errorf("%q %v", got, err)
	}
}

func TestAWrongMasterKeyOpensNothing(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	f := openFirm(t, db, "sahyadri")
	sealed, err := db.Seal(t.Context(), f.org, "test", "x", []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Installation(t.Context()); err != nil {
		t.Fatal(err)
	}
	wrong := pgtest.Open(t, url)
	wrong.UseMaster(keys.NewRing(keys.NewLocal([keys.Size]byte{2})))
	if _, err := wrong.Installation(t.Context()); !errors.Is(err, postgres.ErrWrongMaster) {
		t.Errorf("%v", err)
	}
	if got, err := wrong.Open(t.Context(), f.org, "test", "x", sealed); !errors.Is(err, keys.ErrWrong) {
		t.Errorf("%q %v", got, err)
	}
	if _, err := wrong.Seal(t.Context(), f.org, "test", "x", []byte("secret")); !errors.Is(err, keys.ErrWrong) {
		t.Errorf("something is sealed: %v", err)
	}
}

// Writers and readers go on while both keys are rotated, again and again, by another program. Nothing is lost, and the old
// keys are gone afterwards.
func TestRotationUnderLoad(t *testing.T) {
	t.Parallel()
	url, file := pgtest.URL(t), filepath.Join(t.TempDir(), "key")
	program := func() *postgres.DB {
		db := pgtest.Open(t, url)
		ring, err := keys.File(file)
		if err != nil {
			t.Fatal(err)
		}
		db.UseMaster(ring)
		return db
	}
	serving, rotating := program(), program()
	root, err := serving.Installation(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f := openFirm(t, serving, "sahyadri")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var group sync.WaitGroup
	var written atomic.Int64
	enough := make(chan struct{})
	begin := sync.OnceFunc(func() { close(enough) })
	for writer := range 3 {
		group.Go(func() {
			defer begin()
			for i := 0; ctx.Err() == nil; i++ {
				member := postgres.Mail{To: "ravi@sahyadri.example", Subject: "Load", Kind: "load", Key: fmt.Sprint(writer, " ", i), At: time.Now()}
				if err := serving.QueueMail(t.Context(), f.org, member); err != nil {
					t.Errorf("writing: %v", err)
					return
				}
				if written.Add(1) == 10 {
					begin()
				}
				fresh := openFirm(t, serving, fmt.Sprintf("firm-%d-%d", writer, i)) // whose first key is made meanwhile
				sealed, err := serving.Seal(t.Context(), fresh.org, "test", "x", []byte("secret"))
				if err == nil {
					_, err = serving.Open(t.Context(), fresh.org, "test", "x", sealed)
				}
				if err != nil {
					t.Errorf("reading: %v", err)
					return
				}
			}
		})
	}
	group.Go(func() {
		job := f.job("JC-L", 100)
		for i := 0; ctx.Err() == nil; i++ {
			text := fmt.Sprint("drawing ", i)
			if got, err := f.contents(f.upload(job, "", text).ID); err != nil || got != text {
				t.Errorf("a file: %q %v", got, err)
				return
			}
			if i == 20 {
				return // so many may wait for a command
			}
		}
	})
	<-enough
	for range 4 {
		rotateBoth(t, rotating, f, file)
	}
	stop()
	group.Wait()
	settled(t, serving, f, written.Load())
	after, err := program().Installation(t.Context())
	if err != nil || after.Derive("pin") != root.Derive("pin") || after.Sign("link", []byte("x")) != root.Sign("link", []byte("x")) {
		t.Errorf("PINs and links are not what they were: %v", err)
	}
}

func rotateBoth(t *testing.T, db *postgres.DB, f *firm, file string) {
	t.Helper()
	if _, err := db.RotateKey(t.Context(), f.org, time.Now()); err != nil {
		t.Error(err)
	}
	if err := keys.AddToFile(file); err != nil {
		t.Error(err)
	}
	broken, cancel := context.WithCancel(t.Context())
	cancel()
	_, _ = db.RewrapKeys(broken) //nolint:errcheck // it is broken off on purpose
	if _, err := db.RewrapKeys(t.Context()); err != nil {
		t.Error(err)
	}
	if err := keys.KeepNewestInFile(file); err != nil {
		t.Error(err)
	}
	if _, err := db.Reseal(t.Context(), f.org, time.Now()); err != nil {
		t.Error(err)
	}
}

// settled checks that all mails open, with the newest key alone, once the worker has been through.
func settled(t *testing.T, db *postgres.DB, f *firm, want int64) {
	t.Helper()
	later := time.Now().Add(2 * time.Hour)
	for range 2 {
		if done, err := db.Reseal(t.Context(), f.org, later); err != nil || done.Lost != 0 {
			t.Errorf("%+v %v", done, err)
		}
	}
	versions, err := db.KeyVersions(t.Context(), f.org)
	if err != nil || len(versions) != 1 || versions[0].Version != 5 || !versions[0].Swept {
		t.Errorf("%+v %v", versions, err)
	}
	got := int64(0)
	for {
		mails, err := db.TakeMails(t.Context(), f.org, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if len(mails) == 0 {
			break
		}
		for _, m := range mails {
			if m.Subject != "Load" {
				t.Errorf("mail %d is lost", m.Number)
			}
			got++
		}
	}
	if got != want {
		t.Errorf("%d of %d mails", got, want)
	}
}
