package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/alexedwards/argon2id"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/local"
)

const password = "bench pass phrase"

// seeded is what there is to measure on.
type seeded struct {
	url   string
	db    *postgres.DB
	firms []*firm // the organisations that share the jobs, then the large one
}

type firm struct {
	org, owner flow.ID
	login      string
	process    flow.Process
	jobs       []flow.ID
}

// stages is the length of the route; a job is good for twice as many updates.
const stages = 14

func seed(ctx context.Context, p plan, cluster *local.Cluster) (*seeded, error) {
	url := cluster.URL("clicarity")
	if err := postgres.CreateDatabase(ctx, cluster.URL("postgres"), "clicarity"); err != nil {
		return nil, err
	}
	if _, err := postgres.Migrate(ctx, url); err != nil {
		return nil, err
	}
	db, err := postgres.Open(ctx, url, postgres.Options{})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	hash, err := argon2id.CreateHash(password, &argon2id.Params{Memory: 1024, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	if err != nil {
		return nil, err
	}
	s := &seeded{url: url, db: db}
	for i := range p.Orgs + 1 {
		jobs := p.Jobs / p.Orgs
		if i == p.Orgs {
			jobs = p.Jobs
		}
		f, err := newFirm(ctx, db, i, hash)
		if err != nil {
			return nil, err
		}
		if err := f.fill(ctx, db, jobs); err != nil {
			return nil, err
		}
		s.firms = append(s.firms, f)
	}
	_, _ = fmt.Fprintf(p.Log, "seeded %d jobs\n", 2*p.Jobs)
	return s, postgres.Tidy(ctx, url)
}

func newID() flow.ID {
	id, err := flow.NewID(flow.At(time.Now()), rand.Reader)
	if err != nil {
		panic(err)
	}
	return id
}

func newFirm(ctx context.Context, db *postgres.DB, n int, hash string) (*firm, error) {
	f := &firm{org: newID(), owner: newID(), login: fmt.Sprintf("owner%d@bench.example", n)}
	f.process = flow.Process{ID: newID(), Version: 1, Name: "Cartons", Mode: flow.QuantityMode, Unit: "sheets", Prefix: "JC",
		WasteReasons: []flow.Reason{{Code: "torn"}}, HoldReasons: flow.StarterHolds()}
	for i := range stages {
		f.process.Stages = append(f.process.Stages, flow.Stage{Code: fmt.Sprintf("stage-%02d", i+1), Name: fmt.Sprintf("Stage %d", i+1), Target: 240})
	}
	err := db.AddOrganisation(ctx, postgres.Organisation{ID: f.org, Slug: fmt.Sprintf("bench-%d", n), Name: fmt.Sprintf("Bench %d", n), Created: time.Now()},
		postgres.Member{ID: f.owner, Name: "Owner", Role: flow.Owner, PasswordHash: hash, Logins: []string{f.login}, Created: time.Now()})
	if err != nil {
		return nil, err
	}
	return f, db.AddProcess(ctx, f.org, f.process)
}

var customers = []string{"Mithai Ghar", "Devgad Alphonso Traders", "Godavari Agarbatti", "Nilgiri Tea House", "Vaidya Ayurved", "Surya Sarees"}

// fill gives a firm its open jobs through the write door, in commands of the largest size.
func (f *firm) fill(ctx context.Context, db *postgres.DB, n int) error {
	mark := flow.Mark{Org: f.org, Member: f.owner, Role: flow.Owner, Scope: flow.Scope{All: true}, At: flow.At(time.Now())}
	for len(f.jobs) < n {
		a := flow.Create{Process: f.process.ID, Version: 1}
		for range min(flow.MaxCreate, n-len(f.jobs)) {
			i := len(f.jobs)
			due := flow.DateOf(time.Now().AddDate(0, 0, i%60-5))
			a.Jobs = append(a.Jobs, flow.NewJob{ID: newID(), Number: fmt.Sprintf("JC-%06d", i), Customer: customers[i%len(customers)],
				Item: fmt.Sprintf("Carton %d", i%97), Quantity: flow.Units(1000), Due: due})
			f.jobs = append(f.jobs, a.Jobs[len(a.Jobs)-1].ID)
		}
		if _, err := db.Do(ctx, mark, flow.Command{ID: newID(), Action: a}); err != nil {
			return err
		}
	}
	return nil
}
