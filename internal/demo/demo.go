// Package demo makes a factory that does not exist, with three weeks of history up to now, through the same door as
// everybody: every job, start, report and hold of it is a command that the rules accepted.
package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	mathrand "math/rand/v2"
	"time"

	"clicarity/internal/flow"
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
	Does                        string // the stages of an operator
}

// Result is what was made. Logins begin with the owners.
type Result struct {
	Org             flow.ID
	Slug, Name      string
	Jobs, Movements int
	Logins          []Login
}

// Make makes the demo factory with its history up to now. The same seed makes the same history; ids and the
// password are new each time. hash makes the stored form of a password.
func Make(ctx context.Context, db *postgres.DB, now time.Time, seed uint64, hash func(string) (string, error)) (Result, error) {
	_, err := db.OrganisationBySlug(ctx, slug)
	if err == nil {
		return Result{}, ErrExists
	}
	if !errors.Is(err, postgres.ErrNotFound) {
		return Result{}, err
	}
	f := &factory{db: db, now: now, workers: map[string][]postgres.Member{}, random: mathrand.New(mathrand.NewPCG(seed, 42))} //nolint:gosec // a story, not a secret
	if err := f.found(ctx, hash); err != nil {
		return Result{}, err
	}
	if err := f.live(ctx); err != nil {
		return Result{}, err
	}
	seq, err := db.Head(ctx, f.org)
	return Result{Org: f.org, Slug: slug, Name: company, Jobs: len(f.orders), Movements: int(seq), Logins: f.logins}, err
}

// newID makes an id at a moment of the story.
func newID(at time.Time) flow.ID {
	id, err := flow.NewID(flow.At(at), rand.Reader)
	if err != nil { // the operating system's randomness does not fail
		panic(err)
	}
	return id
}

// newPassword is easy to type on a phone: this factory holds nothing to protect but its own story.
func newPassword() (string, error) {
	words := []string{"press", "ink", "plate", "foil", "board", "glue", "sheet", "ream"}
	a, err := rand.Int(rand.Reader, big.NewInt(int64(len(words))))
	if err != nil {
		return "", err
	}
	n, err := rand.Int(rand.Reader, big.NewInt(9000))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s-mumbai-%d", words[a.Int64()], 1000+n.Int64()), nil
}

// found sets the factory up: people, vendors, processes.
func (f *factory) found(ctx context.Context, hash func(string) (string, error)) error {
	password, err := newPassword()
	if err != nil {
		return err
	}
	hashed, err := hash(password)
	if err != nil {
		return err
	}
	opened := f.now.AddDate(0, 0, -25)
	f.org = newID(opened)
	laminators := postgres.Vendor{ID: newID(opened), Name: "Konkan Laminators", Place: "Bhiwandi"}
	foilers := postgres.Vendor{ID: newID(opened), Name: "Shree Foil & UV", Place: "Vasai"}
	f.cartons, f.enquiries = cartons(newID(opened), laminators.ID, foilers.ID), enquiries(newID(opened))
	if err := f.hire(ctx, opened, hashed, password); err != nil {
		return err
	}
	return errors.Join(f.db.AddVendor(ctx, f.org, laminators), f.db.AddVendor(ctx, f.org, foilers))
}

// hire stores the organisation and its members, and remembers who works where.
func (f *factory) hire(ctx context.Context, at time.Time, hashed, password string) error {
	for i, p := range people {
		m := postgres.Member{ID: newID(at), Name: p.name, Role: flow.Operator, Language: p.language, PasswordHash: hashed, Created: at, Logins: []string{p.login}}
		does := ""
		for _, code := range p.stages {
			process := f.cartons
			if _, ok := process.Stage(code); !ok {
				process = f.enquiries
			}
			stage, _ := process.Stage(code)
			m.Stages = append(m.Stages, flow.StageRef{Process: process.ID, Stage: code})
			f.workers[code] = append(f.workers[code], m)
			if does != "" {
				does += ", "
			}
			does += stage.Name
		}
		if len(p.stages) == 0 {
			m.Role = flow.Owner
			f.owners = append(f.owners, m)
		}
		f.logins = append(f.logins, Login{p.name, string(m.Role), p.login, password, does})
		if err := f.store(ctx, i, m, at); err != nil {
			return err
		}
	}
	return nil
}

func (f *factory) store(ctx context.Context, i int, m postgres.Member, at time.Time) error {
	if i > 0 {
		return f.db.AddMember(ctx, f.org, m)
	}
	if err := f.db.AddOrganisation(ctx, postgres.Organisation{ID: f.org, Slug: slug, Name: company, Created: at}, m); err != nil {
		return err
	}
	return errors.Join(f.db.AddProcess(ctx, f.org, f.cartons), f.db.AddProcess(ctx, f.org, f.enquiries))
}
