package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"clicarity/internal/flow"
)

// Size is how large an organisation is and how it fares, for whoever runs the service: figures only, nothing of what is in it.
type Size struct {
	Open, Jobs     int64
	Movements      int64
	Checked        int64 // how far the history has been checked
	Entries        int64 // of the audit log
	EntriesChecked int64
	People         int64 // who can come in
	Pictures       int64 // bytes, of files too
	Last           time.Time
}

// SizeOf measures an organisation. The checker of its history goes by a name that the worker gives it.
func (db *DB) SizeOf(ctx context.Context, org flow.ID, checker string) (Size, error) {
	var s Size
	var last pgtype.Timestamptz
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select
			(select count(*) from jobs where org_id = $1 and status = 'open'), (select count(*) from jobs where org_id = $1),
			(select seq from log_heads where org_id = $1), coalesce((select seq from followers where org_id = $1 and name = $2), 0),
			(select seq from audit_heads where org_id = $1), coalesce((select seq from followers where org_id = $1 and name = $3), 0),
			(select count(*) from members where org_id = $1 and role not in ('support', 'program') and suspended_at is null and left_at is null),
			coalesce((select sum(length(bytes) + length(thumb)) from pictures where org_id = $1), 0) + coalesce((select sum(size) from files where org_id = $1 and object is not null), 0),
			(select recorded_at from movements where org_id = $1 order by seq desc limit 1)`, org, checker, AuditChecker).QueryRow(func(row pgx.Row) error {
			return row.Scan(&s.Open, &s.Jobs, &s.Movements, &s.Checked, &s.Entries, &s.EntriesChecked, &s.People, &s.Pictures, &last)
		})
	})
	s.Last = last.Time
	return s, notFound(err)
}
