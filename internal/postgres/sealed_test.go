package postgres_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/objects"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
	"clicarity/internal/s3test"
)

// plantedMarkers is how many secrets are planted, and then looked for in everything that is kept.
const plantedMarkers = 50

func secretMarker(n int) string { return fmt.Sprintf("planted-marker-%03d-%x", n, n*n+7) }

// plantSecrets puts the markers where secrets are kept: files and their thumbnails, pictures and theirs, seeds of authenticator apps,
// secrets at identity providers, mails that wait.
func (f *firm) plantSecrets() {
	f.t.Helper()
	ctx, now, job := f.t.Context(), time.Now(), f.job("JC-P", 100)
	seal := func(use, belongs string, n int) []byte {
		sealed, err := f.db.Seal(ctx, f.org, use, belongs, []byte(secretMarker(n)))
		if err != nil {
			f.t.Fatal(err)
		}
		return sealed
	}
	var err error
	for n := range plantedMarkers {
		switch n % 5 {
		case 0, 1:
			long := strings.Repeat(secretMarker(n)+" ", 9000) // over several segments
			got, putErr := f.db.PutFile(ctx, f.org, f.newFile(job, ""), strings.NewReader(long), func() []byte { return []byte("thumb " + secretMarker(n)) })
			if err = errors.Join(err, putErr); putErr == nil {
				f.attach(got, "Die line", "A")
			}
		case 2:
			p := f.newPicture(job, "printing", secretMarker(n))
			p.Thumb = []byte("small " + secretMarker(n))
			_, addErr := f.db.AddPicture(ctx, f.org, p)
			err = errors.Join(err, addErr)
		case 3:
			err = errors.Join(err, f.db.QueueMail(ctx, f.org, postgres.Mail{To: "ravi@sahyadri.example", Subject: secretMarker(n), Text: "the link is " + secretMarker(n), Kind: "test", Key: fmt.Sprint(n), At: now}))
		case 4:
			m := postgres.Member{ID: newID(f.t), Name: "Ravi", Role: flow.Operator, PasswordHash: "x", Created: now, Logins: []string{fmt.Sprintf("m%d@sahyadri.example", n)}}
			err = errors.Join(err, f.db.AddMember(ctx, f.org, m),
				f.db.SetAuthenticator(ctx, f.org, m.ID, postgres.Authenticator{Seed: seal(postgres.SeedUse, f.org.String()+" "+m.ID.String(), n), At: now}),
				f.db.SetIdentityProvider(ctx, f.org, postgres.IdentityProvider{Issuer: "https://login.example", ClientID: "c", Secret: seal(postgres.ProviderUse, f.org.String(), n), Domains: []string{"sahyadri.example"}, By: f.owner, Changed: now}))
		}
	}
	if err != nil {
		f.t.Fatal(err)
	}
}

// shows says which markers are in some bytes, as they are or as dumps write them.
func shows(where string, raw []byte) (found []string) {
	marks := make([]string, plantedMarkers)
	for n := range marks {
		marks[n] = secretMarker(n)
	}
	for _, m := range pgtest.Found(raw, marks...) {
		found = append(found, fmt.Sprintf("%s shows %s", where, m))
	}
	return found
}

func filesUnder(t *testing.T, dir string, see func(name string, raw []byte)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(name) //nolint:gosec // of the test
		see(name, raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Nothing of what is sealed can be read in the store's own bytes, older versions included, nor in a dump of the database:
// not before, not after both keys were rotated.
func TestNothingSealedIsReadableWhereItIsKept(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(t *testing.T) (objects.Store, string){
		"directory": func(t *testing.T) (objects.Store, string) {
			dir := t.TempDir()
			s, err := objects.Open(dir, "")
			if err != nil {
				t.Fatal(err)
			}
			return s, dir
		},
		"S3": func(t *testing.T) (objects.Store, string) {
			server := s3test.Start(t, true)
			s, err := objects.Open(server.URL, "")
			if err != nil {
				t.Fatal(err)
			}
			return s, server.Dir
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, dir := open(t)
			url := pgtest.URL(t)
			f := openFirm(t, pgtest.Open(t, url), "sahyadri")
			f.db.UseObjects(store, false)
			f.plantSecrets()
			if got := shows("the control", []byte("x "+secretMarker(7)+" y "+hex.EncodeToString([]byte(secretMarker(9))))); len(got) != 2 {
				t.Fatalf("markers are not found where they are: %v", got)
			}
			readable(t, url, dir)
			if _, err := f.db.RotateKey(t.Context(), f.org, time.Now()); err != nil {
				t.Fatal(err)
			}
			if done, err := f.db.Reseal(t.Context(), f.org, time.Now()); err != nil || done.Values < plantedMarkers || done.Lost > 0 {
				t.Errorf("%+v %v", done, err)
			}
			readable(t, url, dir)
			f.sound()
		})
	}
}

// readable fails for every marker that somebody finds who has the database's dump and the store's disk.
func readable(t *testing.T, url, dir string) {
	t.Helper()
	files := 0
	filesUnder(t, dir, func(name string, raw []byte) {
		files++
		for _, found := range shows(name, raw) {
			t.Error(found)
		}
	})
	if files < plantedMarkers*2/5 {
		t.Errorf("only %d files were looked at", files)
	}
	dump, err := exec.CommandContext(t.Context(), filepath.Join(pgtest.BinDir(t), "pg_dump"), "--dbname", url).Output()
	if err != nil || len(dump) < 100_000 {
		t.Fatalf("%d bytes, %v", len(dump), err)
	}
	for _, found := range shows("the dump", dump) {
		t.Error(found)
	}
}
