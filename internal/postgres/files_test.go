package postgres_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"os"
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

// upload stores some bytes as a file of a job, or of a stage of it.
func (f *firm) upload(job flow.ID, stage, text string) postgres.File {
	f.t.Helper()
	got, err := f.db.PutFile(f.t.Context(), f.org, f.newFile(job, stage), strings.NewReader(text), func() []byte { return []byte("small " + text) })
	if err != nil {
		f.t.Fatal(err)
	}
	return got
}

func (f *firm) newFile(job flow.ID, stage string) postgres.File {
	return postgres.File{ID: newID(f.t), Job: job, Stage: stage, Member: f.owner, Added: time.Now(), Name: "carton.pdf", Media: "application/pdf"}
}

func (f *firm) attach(got postgres.File, title, mark string) flow.ID {
	f.t.Helper()
	id := newID(f.t)
	f.must(flow.AttachFile{Job: got.Job, Stage: got.Stage, File: id, Kind: flow.Drawing, Title: title, Revision: got.Revision(mark)})
	return id
}

func (f *firm) contents(id flow.ID) (string, error) {
	f.t.Helper()
	got, err := f.db.File(f.t.Context(), f.org, id)
	if err != nil {
		return "", err
	}
	r, err := f.db.OpenFile(f.t.Context(), f.org, got, 0, got.Size)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(r)
	return string(text), errors.Join(err, r.Close())
}

// fillFiles leaves a file of a job.
func (f *firm) fillFiles() {
	f.t.Helper()
	f.attach(f.upload(f.job("JC-F", 10), "", "a drawing"), "Die line", "A")
}

func TestFilesAreStoredSealedAndGivenWholeOrInPart(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	f, other := openFirm(t, db, "sahyadri"), openFirm(t, db, "konkan")
	job, text := f.job("JC-1", 100), strings.Repeat("carton of kaju katli ", 20_000)
	got := f.upload(job, "printing", text)
	if got.Size != int64(len(text)) || got.Digest != sha256.Sum256([]byte(text)) || got.Scan != postgres.ScanOff || !got.GivenOut() {
		t.Errorf("%+v", got)
	}
	f.attach(got, "Die line", "A")
	if whole, err := f.contents(got.ID); err != nil || whole != text {
		t.Errorf("%d bytes, %v", len(whole), err)
	}
	r, err := db.OpenFile(t.Context(), f.org, got, 100_000, 50)
	if err != nil {
		t.Fatal(err)
	}
	if part, err := io.ReadAll(r); err != nil || string(part) != text[100_000:100_050] {
		t.Errorf("%q %v", part, err)
	}
	if small, err := db.FileThumb(t.Context(), f.org, got.ID); err != nil || !strings.HasPrefix(string(small), "small carton") {
		t.Errorf("%q %v", small, err)
	}
	if _, err := db.File(t.Context(), other.org, got.ID); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("another organisation: %v", err)
	}
	if _, err := db.OpenFile(t.Context(), other.org, got, 0, 10); err == nil {
		t.Error("another organisation opens it with what it knows")
	}
	if all, err := db.FilesOf(t.Context(), f.org, job); err != nil || len(all) != 1 || all[got.ID].Name != "carton.pdf" {
		t.Errorf("%v %v", all, err)
	}
	f.sound()
}

func TestTheSameFileAgainIsTheSame(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	job := f.job("JC-1", 100)
	one := f.newFile(job, "")
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			if _, err := f.db.PutFile(t.Context(), f.org, one, strings.NewReader("same"), nil); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	_, err := f.db.PutFile(t.Context(), f.org, one, strings.NewReader("other"), nil)
	refused(t, err, flow.Conflict)
	_, err = f.db.PutFile(t.Context(), f.org, f.newFile(job, ""), strings.NewReader(""), nil)
	refused(t, err, flow.FileMissing)
	_, err = f.db.PutFile(t.Context(), f.org, f.newFile(job, ""), io.LimitReader(zeros{}, flow.MaxFileSize+1), nil)
	refused(t, err, flow.FileTooLarge)
	if got, err := f.contents(one.ID); err != nil || got != "same" {
		t.Errorf("%q %v", got, err)
	}
	for _, a := range []flow.AttachFile{
		{Job: f.job("JC-2", 1), Revision: one.Revision("A")}, // of another job
		{Job: job, Stage: "printing", Revision: one.Revision("A")},
		{Job: job, Revision: flow.Revision{ID: newID(t), Mark: "A", Name: "x", Media: "x", Size: 4, Digest: strings.Repeat("00", 32)}}, // was never stored
	} {
		a.File, a.Kind, a.Title = newID(t), flow.Drawing, "Die line"
		if a.Revision.Size == 0 {
			a.Revision.Size, a.Revision.Digest = 4, strings.Repeat("00", 32)
		}
		refused(t, second(f.do(a)), flow.FileMissing)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestErasedFilesAreGone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, err := objects.Open(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	f := openFirm(t, pgtest.New(t), "sahyadri")
	f.db.UseObjects(store, false)
	job := f.job("JC-1", 100)
	got, stays := f.upload(job, "", "first"), f.upload(job, "", "second")
	file := f.attach(got, "Die line", "A")
	f.must(flow.AttachFile{Job: job, File: file, Over: got.ID, Revision: stays.Revision("B")})
	receipt := f.must(flow.EraseFile{Job: job, Revision: got.ID, Reason: "the customer asked for it"})
	if _, err := f.contents(got.ID); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("an erased file: %v", err)
	}
	if _, err := f.db.FileThumb(t.Context(), f.org, got.ID); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("its thumbnail: %v", err)
	}
	refused(t, second(f.do(flow.Undo{Job: job, Undoes: receipt.Command, Reason: "a mistake"})), flow.UndoNothing)
	unused := f.upload(job, "", "nobody names it")
	if n, err := f.db.EndUnusedFiles(t.Context(), f.org, time.Now().Add(time.Hour)); err != nil || n != 2 {
		t.Errorf("%d %v", n, err)
	}
	if _, err := f.db.File(t.Context(), f.org, unused.ID); !errors.Is(err, postgres.ErrNotFound) {
		t.Error(err)
	}
	if list, err := store.List(t.Context(), "t/", "", 10); err != nil || len(list) != 1 {
		t.Errorf("%v %v", list, err)
	}
	if text, err := f.contents(stays.ID); err != nil || text != "second" {
		t.Errorf("%q %v", text, err)
	}
	f.sound()
	if err := store.Purge(t.Context(), postgres.ObjectPrefix(f.org)); err != nil {
		t.Fatal(err)
	}
	var fault *postgres.Fault
	if _, err := f.db.Verify(t.Context(), f.org); !errors.As(err, &fault) || !strings.Contains(fault.Says, "cannot be read") {
		t.Errorf("a file that is missing: %v", err)
	}
}

// A rotation of the organisation's key reaches files and pictures; destroying the keys ends them.
func TestFilesFollowTheKeys(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	f := openFirm(t, pgtest.Open(t, url), "sahyadri")
	job := f.job("JC-1", 100)
	got, now := f.upload(job, "", "a drawing"), time.Now()
	f.attach(got, "Die line", "A")
	picture := f.newPicture(job, "printing", "sheet")
	if _, err := f.db.AddPicture(t.Context(), f.org, picture); err != nil {
		t.Fatal(err)
	}
	if _, err := f.db.RotateKey(t.Context(), f.org, now); err != nil {
		t.Fatal(err)
	}
	if done, err := f.db.Reseal(t.Context(), f.org, now); err != nil || done.Values != 4 || done.Lost != 0 {
		t.Errorf("%+v %v", done, err)
	}
	if done, err := f.db.Reseal(t.Context(), f.org, now.Add(2*time.Hour)); err != nil || done.Gone != 1 {
		t.Errorf("%+v %v", done, err)
	}
	if text, err := f.contents(got.ID); err != nil || text != "a drawing" {
		t.Errorf("%q %v", text, err)
	}
	if p, err := f.db.Picture(t.Context(), f.org, picture.ID, false); err != nil || !bytes.Equal(p.Bytes, picture.Bytes) {
		t.Errorf("%v", err)
	}
	f.sound()
	loseKeys(t, url, f.org)
	if _, err := f.contents(got.ID); !errors.Is(err, keys.ErrWrong) {
		t.Errorf("%v", err)
	}
	if _, err := f.db.Picture(t.Context(), f.org, picture.ID, true); !errors.Is(err, keys.ErrWrong) {
		t.Errorf("%v", err)
	}
}

func TestFilesAreLookedAtForViruses(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	store, err := objects.Open(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	job, now := f.job("JC-1", 100), time.Now()
	before := f.upload(job, "", "from before")
	f.db.UseObjects(store, true)
	bad, good := f.upload(job, "", "a virus"), f.upload(job, "", "a drawing")
	if bad.GivenOut() || !before.GivenOut() {
		t.Error("a file is given out before somebody looked, or one from before not")
	}
	look := func(r io.Reader) (bool, error) {
		text, err := io.ReadAll(r)
		if string(text) == "a drawing" && now.Before(time.Now()) {
			now = now.Add(24 * time.Hour)
			return false, errors.New("the scanner is out of order")
		}
		return string(text) != "a virus", err
	}
	state := func(file postgres.File) postgres.Scan {
		t.Helper()
		got, err := f.db.File(t.Context(), f.org, file.ID)
		if err != nil {
			t.Fatal(err)
		}
		return got.Scan
	}
	failed := 0
	for range 10 {
		more, err := f.db.ScanNext(t.Context(), f.org, now.Add(time.Minute), now.Add(time.Hour), look)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			failed++
		}
		if !more {
			break
		}
	}
	if state(bad) != postgres.ScanInfected || state(good) != postgres.ScanClean || failed == 0 {
		t.Errorf("%s %s, %d failures", state(bad), state(good), failed)
	}
}
