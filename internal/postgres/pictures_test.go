package postgres_test

import (
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

// newPicture is a picture of something; the bytes are only bytes here.
func (f *firm) newPicture(job flow.ID, stage, of string) postgres.Picture {
	f.t.Helper()
	return postgres.Picture{ID: newID(f.t), Job: job, Stage: stage, Member: f.owner, Added: time.Now(), Sent: sha256.Sum256([]byte("sent " + of)),
		Digest: sha256.Sum256([]byte(of)), Media: "image/jpeg", Bytes: []byte(of), Thumb: []byte("small " + of)}
}

// picture stores one and gives the value that names it.
func (f *firm) picture(job flow.ID, stage, of string) string {
	f.t.Helper()
	p := f.newPicture(job, stage, of)
	digest, err := f.db.AddPicture(f.t.Context(), f.org, p)
	if err != nil {
		f.t.Fatal(err)
	}
	return flow.WritePictures([]flow.Picture{{ID: p.ID, Digest: digest}})
}

// photographs gives the process a stage form and a job format with photos.
func (f *firm) photographs() {
	f.t.Helper()
	photo := []flow.Field{{Code: "photo", Label: "Photo", Type: flow.PhotoField}}
	f.process.Version, f.process.Fields = 2, photo
	f.process.Stages[0].Fields, f.process.Stages[1].Fields = photo, photo
	if err := f.db.AddProcess(f.t.Context(), f.org, f.process); err != nil {
		f.t.Fatal(err)
	}
}

func filled(value string) flow.Release {
	return flow.Release{Values: map[string]string{"photo": value}}
}

func (f *firm) newJob(fields map[string]string, id flow.ID) error {
	_, err := f.do(flow.Create{Process: f.process.ID, Version: f.process.Version, Jobs: []flow.NewJob{{ID: id, Quantity: flow.Units(100), Fields: fields}}})
	return err
}

func TestAPictureIsStoredOnceAndKeptByItsMovement(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	f.photographs()
	ctx, id := t.Context(), newID(t)
	first := f.picture(id, "", "sample") // before the job it is for
	if err := f.newJob(map[string]string{"photo": first}, id); err != nil {
		t.Fatal(err)
	}
	p := f.newPicture(id, "printing", "first sheet")
	for range 3 {
		if digest, err := f.db.AddPicture(ctx, f.org, p); err != nil || digest != p.Digest {
			t.Fatal(digest, err)
		}
	}
	other := f.newPicture(id, "printing", "another sheet")
	other.ID = p.ID
	_, err := f.db.AddPicture(ctx, f.org, other)
	refused(t, err, flow.Conflict)
	unused := f.newPicture(id, "printing", "not sent")
	if _, err := f.db.AddPicture(ctx, f.org, unused); err != nil {
		t.Fatal(err)
	}
	f.must(flow.Report{Work: at(id, "printing"), Good: flow.Units(40), Release: filled(flow.WritePictures([]flow.Picture{{ID: p.ID, Digest: p.Digest}}))})
	f.must(flow.Split{Work: at(id, "printing"), Quantity: flow.Units(10), Lot: newID(t), Number: "JC-1/2"}) // the lot has the job's fields
	if n, err := f.db.EndUnusedPictures(ctx, f.org, time.Now().Add(time.Hour)); n != 1 || err != nil {
		t.Errorf("%d pictures were forgotten, %v", n, err)
	}
	if got, err := f.db.Picture(ctx, f.org, p.ID, false); err != nil || string(got.Bytes) != "first sheet" || got.Stage != "printing" {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := f.db.Picture(ctx, f.org, p.ID, true); err != nil || string(got.Thumb) != "small first sheet" {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := f.db.Picture(ctx, f.org, unused.ID, false); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("the unused one: %v", err)
	}
	f.sound()
}

// A movement names only pictures that are stored, for its own job and stage, as they are.
func TestAMovementNamesOnlyPicturesOfItsPlace(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	f, other := openFirm(t, db, "sahyadri"), openFirm(t, db, "konkan")
	f.photographs()
	id, second := newID(t), newID(t)
	if err := errors.Join(f.newJob(nil, id), f.newJob(nil, second)); err != nil {
		t.Fatal(err)
	}
	mine := f.picture(id, "printing", "sheet")
	wrong := mine[:len(mine)-1] + string("0123456789abcdef"[(strings.IndexByte("0123456789abcdef", mine[len(mine)-1])+1)%16])
	for name, value := range map[string]string{
		"another job's": f.picture(second, "printing", "sheet"), "another stage's": f.picture(id, "lamination", "sheet"),
		"the job's own": f.picture(id, "", "sheet"), "another firm's": other.picture(id, "printing", "sheet"), "with another digest": wrong,
		"one of none": flow.WritePictures([]flow.Picture{{ID: newID(t)}}), "two, one of none": mine + " " + flow.WritePictures([]flow.Picture{{ID: newID(t)}}),
	} {
		if _, err := f.do(flow.Finish{Work: at(id, "printing"), Release: filled(value)}); !isRefusal(err, flow.PictureMissing) {
			t.Errorf("%s was taken: %v", name, err)
		}
		if name == "another stage's" || name == "the job's own" {
			continue
		}
		if _, err := f.do(flow.Change{Job: id, Set: map[string]string{flow.SetField + "photo": value}}); !isRefusal(err, flow.PictureMissing) {
			t.Errorf("%s was taken as the job's own: %v", name, err)
		}
	}
	f.must(flow.Finish{Work: at(id, "printing"), Release: filled(mine)})
	f.sound()
	if _, err := db.Picture(t.Context(), other.org, newID(t), false); !errors.Is(err, postgres.ErrNotFound) {
		t.Error(err)
	}
}

func isRefusal(err error, code flow.Code) bool {
	var r *flow.Refusal
	return errors.As(err, &r) && r.Code == code
}

// What the history names is not changed or deleted, by nobody but who can switch the database's guards off, and then the
// check says so.
func TestAKeptPictureStays(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	f := openFirm(t, pgtest.Open(t, url), "sahyadri")
	f.photographs()
	id := newID(t)
	if err := f.newJob(nil, id); err != nil {
		t.Fatal(err)
	}
	f.must(flow.Finish{Work: at(id, "printing"), Release: filled(f.picture(id, "printing", "sheet"))})
	conn := pgtest.Owner(t, url)
	for _, sql := range []string{"delete from pictures", "update pictures set bytes = 'x'", "update pictures set kept = false"} {
		if _, err := conn.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s went through", sql)
		}
	}
	f.sound()
	for _, harm := range [][2]string{{"update pictures set bytes = 'a better sheet'", "is not what movement"}, {"delete from pictures", "is not there"}} {
		sql, says := harm[0], harm[1]
		if _, err := conn.Exec(t.Context(), "begin; set local session_replication_role = replica; "+sql+"; commit"); err != nil {
			t.Fatal(err)
		}
		var fault *postgres.Fault
		if _, err := f.db.Verify(t.Context(), f.org); !errors.As(err, &fault) || !strings.Contains(fault.Says, says) {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestPicturesWaitOnlySoMany(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	f := openFirm(t, pgtest.Open(t, url), "sahyadri")
	id := f.job("JC-1", 10)
	if _, err := pgtest.Owner(t, url).Exec(t.Context(), `insert into pictures select $1, gen_random_uuid(), $2, '', $3, now(), sha256(''), sha256(''), 'image/png', '', ''
		from generate_series(1, $4::int)`, f.org, id, f.owner, postgres.MaxUnused); err != nil {
		t.Fatal(err)
	}
	_, err := f.db.AddPicture(t.Context(), f.org, f.newPicture(id, "printing", "one more"))
	refused(t, err, flow.TooMany)
}

func TestAChallanSaysWhatTheGoodsAre(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	vendor := postgres.Vendor{ID: newID(t), Name: "Konkan Die Works"}
	if err := f.db.AddVendor(t.Context(), f.org, vendor); err != nil {
		t.Fatal(err)
	}
	f.must(flow.Send{Vendor: vendor.ID, Goods: flow.CapitalGoods, Lines: []flow.SendLine{{Work: at(f.job("JC-1", 100), "printing")}}})
	list, err := f.db.OpenChallans(t.Context(), f.org, vendor.ID, 10)
	if err != nil || len(list) != 1 || list[0].Goods != flow.CapitalGoods {
		t.Errorf("%+v %v", list, err)
	}
	f.sound()
}
