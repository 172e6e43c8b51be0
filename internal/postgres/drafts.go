package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// SaveDraft keeps what somebody is changing of a process, until it is published or dropped. The version in p is the
// published one that it began from.
func (db *DB) SaveDraft(ctx context.Context, org flow.ID, p flow.Process, by flow.ID, at time.Time) error {
	definition, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into process_drafts values ($1, $2, $3, $4, $5, $6)
			on conflict (org_id, process_id) do update set version = excluded.version, definition = excluded.definition,
			saved_by = excluded.saved_by, saved_at = excluded.saved_at`, org, p.ID, p.Version, string(definition), by, at)
		return err
	})
}

// Draft is the draft of a process, ErrNotFound when there is none.
func (db *DB) Draft(ctx context.Context, org, process flow.ID) (flow.Process, error) {
	var p flow.Process
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select definition from process_drafts where org_id = $1 and process_id = $2", org, process).
			QueryRow(func(row pgx.Row) error { return scanProcess(row, &p) })
	})
	return p, notFound(err)
}

// DropDraft forgets the draft of a process.
func (db *DB) DropDraft(ctx context.Context, org, process flow.ID) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "delete from process_drafts where org_id = $1 and process_id = $2", org, process)
		return err
	})
}
