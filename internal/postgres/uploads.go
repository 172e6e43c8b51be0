package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// Upload is a file on its way in: what was read from it and what the person has chosen so far.
type Upload struct {
	ID       flow.ID
	Member   flow.ID
	FileName string
	Content  string // JSON
	Mapping  string // JSON
	Created  time.Time
}

// AddUpload stores a file that was read.
func (db *DB) AddUpload(ctx context.Context, org flow.ID, u Upload) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("insert into uploads (org_id, id, member_id, file_name, content, mapping, created_at) values ($1, $2, $3, $4, $5, $6, $7)",
			org, u.ID, u.Member, u.FileName, u.Content, u.Mapping, u.Created)
	})
}

// Upload finds a member's own file.
func (db *DB) Upload(ctx context.Context, org, member, id flow.ID) (Upload, error) {
	u := Upload{ID: id, Member: member}
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select file_name, content, mapping, created_at from uploads where org_id = $1 and id = $2 and member_id = $3", org, id, member).
			QueryRow(func(row pgx.Row) error { return row.Scan(&u.FileName, &u.Content, &u.Mapping, &u.Created) })
	})
	return u, notFound(err)
}

// MapUpload keeps how the columns of a file are mapped, for it and for the next file with the same header.
func (db *DB) MapUpload(ctx context.Context, org, id flow.ID, header [32]byte, mapping string) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("update uploads set mapping = $3 where org_id = $1 and id = $2", org, id, mapping)
		b.Queue(`insert into column_maps (org_id, header_key, mapping) values ($1, $2, $3)
			on conflict (org_id, header_key) do update set mapping = excluded.mapping`, org, header[:], mapping)
	})
}

// ColumnMap is how the columns under a header were mapped last time, empty when never.
func (db *DB) ColumnMap(ctx context.Context, org flow.ID, header [32]byte) (string, error) {
	var mapping string
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select mapping from column_maps where org_id = $1 and header_key = $2", org, header[:]).Query(func(rows pgx.Rows) error {
			_, err := pgx.ForEachRow(rows, []any{&mapping}, func() error { return nil })
			return err
		})
	})
	return mapping, err
}

// EndUpload forgets a file.
func (db *DB) EndUpload(ctx context.Context, org, id flow.ID) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("delete from uploads where org_id = $1 and id = $2", org, id)
	})
}
