// Package demo makes a factory that does not exist, with three weeks of history up to now and some of the quieter weeks before, through the same door as
// everybody: every job, start, report and hold of it is a command that the rules accepted.
package demo

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/letters"
	"clicarity/internal/pictures"
	"clicarity/internal/postgres"
)

// ErrExists says that the demo factory is there already.
var ErrExists = errors.New("demo: the demo factory is there already")

const (
	slug    = "demo"
	company = "Sahyadri Print & Pack"
)

// Login is one way in.
type Login struct {
	Name, Role, Login, Password string

	Does string // the stages of an operator: "Printing, Drying"
}

// Result is what was made. Logins begin with the owners.
type Result struct {
	Org             flow.ID
	Slug, Name      string
	Jobs, Movements int
	Logins          []Login
}

// Make makes the demo factory with its history up to now. The same moment and seed make the same history; ids and the
// password are new each time. hash makes the stored form of the password, which is one for all members: this factory
// has nothing to protect but its own story. A Make that fails half-way leaves what it wrote.
func Make(ctx context.Context, db *postgres.DB, now time.Time, seed uint64, hash func(string) (string, error)) (Result, error) {
	_, err := db.OrganisationBySlug(ctx, slug)
	if err == nil {
		return Result{}, ErrExists
	}
	if !errors.Is(err, postgres.ErrNotFound) {
		return Result{}, err
	}
	f := newFactory(now, seed, newID)
	if err := f.run(); err != nil { // before anything is written
		return Result{}, err
	}
	made := Result{Org: f.org, Slug: slug, Name: company, Jobs: f.cartons.next + f.enquiries.next - 2 + len(f.hampers.jobs), Logins: f.staff.logins}
	if err := f.protect(made.Logins, hash); err != nil {
		return Result{}, err
	}
	if err := f.found(ctx, db, postgres.Organisation{ID: f.org, Slug: slug, Name: company, Created: f.opened()}); err != nil {
		return Result{}, err
	}
	if made.Movements, err = f.send(ctx, db); err != nil {
		return made, err
	}
	return made, f.office(ctx, db)
}

// newID makes an id at a moment of the story.
func newID(at time.Time) flow.ID {
	id, err := flow.NewID(flow.At(at), rand.Reader)
	if err != nil { // the operating system's randomness does not fail
		panic(err)
	}
	return id
}

// newPassword is easy to type on a phone.
func newPassword() (string, error) {
	words := []string{"press", "ink", "plate", "foil", "board", "glue", "sheet", "ream", "carton", "label"}
	places := []string{"mumbai", "bhiwandi", "vasai", "thane", "kalyan", "panvel", "andheri", "dadar"}
	var n [3]int64
	for i, limit := range []int{len(words), len(places), 9000} {
		r, err := rand.Int(rand.Reader, big.NewInt(int64(limit)))
		if err != nil {
			return "", err
		}
		n[i] = r.Int64()
	}
	return fmt.Sprintf("%s-%s-%d", words[n[0]], places[n[1]], 1000+n[2]), nil
}

// protect gives everybody the same new password, and writes it into the logins.
func (f *factory) protect(logins []Login, hash func(string) (string, error)) error {
	password, err := newPassword()
	if err != nil {
		return err
	}
	hashed, err := hash(password)
	if err != nil {
		return err
	}
	for i := range logins {
		logins[i].Password, f.staff.members[i].PasswordHash = password, hashed
	}
	return nil
}

// found stores the organisation, its processes, its people and its vendors.
func (f *factory) found(ctx context.Context, db *postgres.DB, org postgres.Organisation) error {
	err := db.AddOrganisation(ctx, org, f.staff.members[0])
	if postgres.IsTaken(err) { // somebody else was faster
		return ErrExists
	}
	if err != nil {
		return err
	}
	return f.furnish(ctx, db)
}

func (f *factory) furnish(ctx context.Context, db *postgres.DB) error {
	owner, at := f.staff.members[0].ID, f.opened().Add(time.Hour)
	plant, drying := calendars()
	err := errors.Join(db.SaveCalendar(ctx, f.org, postgres.CalendarChange{Code: plant.Code, Seen: 1, By: owner, At: at}, plant),
		db.AddCalendar(ctx, f.org, drying, owner, at))
	if err != nil {
		return err
	}
	for _, p := range f.processes() {
		if err := db.AddProcess(ctx, f.org, p); err != nil {
			return err
		}
	}
	for i, m := range f.staff.members {
		if i > 0 { // the first came with the organisation
			err = db.AddMember(ctx, f.org, m)
		}
		read := postgres.Consent{Subject: m.ID, Purpose: postgres.Notice, Act: postgres.Read, Version: letters.NoticeVersion, Language: letters.Known(m.Language), At: at, How: postgres.ByJoining, By: m.ID, Adult: true}
		if err := errors.Join(err, db.RecordConsent(ctx, f.org, read)); err != nil {
			return err
		}
	}
	for i, v := range vendors {
		if err := db.AddVendor(ctx, f.org, postgres.Vendor{ID: f.vendors[i], Name: v.name, Place: v.place}); err != nil {
			return err
		}
	}
	return nil
}

// send gives the commands of the story at the write door, in order, and holds each answer against what the story
// says of it. It returns how many movements there are.
func (f *factory) send(ctx context.Context, db *postgres.DB) (int, error) {
	sent := 0
	for _, s := range f.steps {
		if err := f.store(ctx, db, s); err != nil {
			return sent, err
		}
		r, err := db.Do(ctx, s.mark, s.command)
		if err != nil {
			return sent, fmt.Errorf("demo: %s of %s at %s: %w", s.command.Action.Name(), s.number, s.mark.At.Time().In(ist).Format(time.DateTime), err)
		}
		first := int64(sent) + 1
		sent += s.moves
		if r.First != first || r.Last != int64(sent) || len(r.Jobs) == 0 || r.Jobs[0].Number != s.number {
			return sent, fmt.Errorf("demo: the answer to %s of %s is %+v, not movements %d to %d", s.command.Action.Name(), s.number, r, first, sent)
		}
	}
	return sent, nil
}

// store keeps the file that a step adds.
func (f *factory) store(ctx context.Context, db *postgres.DB, s step) error {
	a, adds := s.command.Action.(flow.AttachFile)
	if !adds {
		return nil
	}
	file := postgres.File{ID: a.Revision.ID, Job: a.Job, Stage: a.Stage, Member: s.mark.Member, Added: s.mark.At.Time(), Name: a.Revision.Name, Media: a.Revision.Media}
	_, err := db.PutFile(ctx, f.org, file, bytes.NewReader(s.bytes), func() []byte {
		made, err := pictures.Make(pictures.Photo, s.bytes)
		if err != nil { // not a picture
			return nil
		}
		return made.Thumb
	})
	return err
}
