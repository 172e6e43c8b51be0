package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// Site is a place of an organisation where jobs are made: a plant, a branch.
type Site struct {
	Code string // what jobs and scopes name it by; it never changes
	Name string
}

// AddSite stores a site. It fails with a taken name or code.
func (db *DB) AddSite(ctx context.Context, org flow.ID, s Site) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) { b.Queue("insert into sites values ($1, $2, $3)", org, s.Code, s.Name) })
}

// RenameSite gives a site another name.
func (db *DB) RenameSite(ctx context.Context, org flow.ID, s Site) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, "update sites set name = $3 where org_id = $1 and code = $2", org, s.Code, s.Name)
		if err == nil && tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		return err
	})
}

// MaxSites is how many sites an organisation may have.
const MaxSites = 200

// Sites are the sites of an organisation, by name.
func (db *DB) Sites(ctx context.Context, org flow.ID) ([]Site, error) {
	var list []Site
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select code, name from sites where org_id = $1 order by name limit $2", org, MaxSites).Query(func(rows pgx.Rows) error {
			var s Site
			_, err := pgx.ForEachRow(rows, []any{&s.Code, &s.Name}, func() error { list = append(list, s); return nil })
			return err
		})
	})
	return list, err
}
