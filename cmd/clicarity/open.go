package main

import (
	"context"
	"errors"
	"fmt"

	"clicarity/internal/backups"
	"clicarity/internal/keys"
	"clicarity/internal/objects"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/local"
)

const databaseName = "clicarity"

// house is an open database, and the private PostgreSQL under it when there is one.
type house struct {
	*postgres.DB
	cluster *local.Cluster
	keys    *keys.Keys // the installation's own
	store   objects.Store
	shelf   *backups.Shelf // nil: no backups are made
}

// openHouse opens the database for a command: the given one, or the private one, started when it does not run. With
// exclusive, this is the one server on the data directory.
func openHouse(ctx context.Context, e env, exclusive bool) (*house, error) {
	if err := e.restored(); err != nil {
		return nil, err
	}
	h := &house{}
	url, err := h.reach(ctx, e, exclusive)
	if err == nil {
		err = h.enter(ctx, e, url)
	}
	if err != nil {
		return nil, errors.Join(err, h.close())
	}
	return h, nil
}

// reach is the address of the database: the given one, or the private one, which is started.
func (h *house) reach(ctx context.Context, e env, exclusive bool) (string, error) {
	if e.database != "" {
		return e.database, nil
	}
	return h.startPrivate(ctx, e, exclusive)
}

// enter brings a database to this version and opens it.
func (h *house) enter(ctx context.Context, e env, url string) error {
	ran, err := postgres.Migrate(ctx, url)
	if err != nil {
		return err
	}
	for _, name := range ran {
		_, _ = fmt.Fprintln(e.err, "migrated:", name)
	}
	if h.DB, err = postgres.Open(ctx, url, postgres.Options{}); err != nil {
		return err
	}
	if err := errors.Join(h.unlock(ctx, e), h.eraseAgain(ctx, e, url)); err != nil {
		return err
	}
	return h.refold(ctx, e)
}

// unlock gives the database the master keys, and finds out whether they are the right ones.
func (h *house) unlock(ctx context.Context, e env) error {
	ring, err := e.masters()
	if err != nil {
		return err
	}
	h.UseMaster(ring)
	if h.store, err = e.store(); err != nil {
		return err
	}
	h.UseObjects(h.store, e.scan != "")
	if h.keys, err = h.Installation(ctx); err != nil {
		return err
	}
	h.shelf, err = e.shelf(ring, h.keys)
	return err
}

// refold brings the states that an older program stored to this one's, before anybody reads or changes them. An
// organisation where that cannot be done is told of and stays closed to commands; the others are served.
func (h *house) refold(ctx context.Context, e env) error {
	orgs, err := h.Organisations(ctx)
	if err != nil {
		return err
	}
	for _, o := range orgs {
		const every = 1000 // jobs
		told := 0
		n, err := h.Refold(ctx, o.ID, func(done int) {
			if done/every > told/every {
				_, _ = fmt.Fprintf(e.err, "%s: %d jobs brought to this version, going on\n", o.Slug, done)
			}
			told = done
		})
		switch {
		case ctx.Err() != nil:
			return err
		case err != nil:
			_, _ = fmt.Fprintf(e.err, "%s: its jobs cannot be brought to this version, and nothing new is taken for it: %v\n", o.Slug, err)
		case n > 0:
			_, _ = fmt.Fprintf(e.err, "%s: %d jobs brought to this version\n", o.Slug, n)
		}
	}
	return nil
}

func (h *house) startPrivate(ctx context.Context, e env, exclusive bool) (string, error) {
	var err error
	h.cluster, err = local.Open(ctx, local.Options{Dir: e.data, Log: e.err, Exclusive: exclusive, Purpose: "serving " + e.addr})
	if err != nil {
		return "", err
	}
	return h.cluster.URL(databaseName), postgres.CreateDatabase(ctx, h.cluster.URL("postgres"), databaseName)
}

// close lets go of everything; the last to use the private PostgreSQL stops it.
func (h *house) close() error {
	if h.DB != nil {
		h.DB.Close()
	}
	if h.cluster == nil {
		return nil
	}
	return h.cluster.Close()
}

// withHouse opens the database, does something, and closes it.
func withHouse(ctx context.Context, e env, f func(h *house) error) error {
	h, err := openHouse(ctx, e, false)
	if err != nil {
		return err
	}
	return errors.Join(f(h), h.close())
}

// withOrg does something in the organisation with a slug.
func withOrg(ctx context.Context, e env, slug string, f func(h *house, o postgres.Organisation) error) error {
	if slug == "" {
		return errors.New("say which organisation: --org SLUG (clicarity org list shows them)")
	}
	return withHouse(ctx, e, func(h *house) error {
		o, err := h.OrganisationBySlug(ctx, slug)
		if errors.Is(err, postgres.ErrNotFound) {
			return fmt.Errorf("there is no organisation %q; clicarity org list shows those there are", slug)
		}
		if err != nil {
			return err
		}
		return f(h, o)
	})
}

func migrate(ctx context.Context, e env, _ []string) error {
	return withHouse(ctx, e, func(*house) error {
		_, err := fmt.Fprintln(e.out, "The database is at this version.")
		return err
	})
}
