package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// Called says what things are called now, by id: members, processes, vendors and jobs. What is gone is not in it.
func (db *DB) Called(ctx context.Context, org flow.ID, ids []flow.ID) (map[flow.ID]Thing, error) {
	found := make(map[flow.ID]Thing, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select id, 'member', name from members where org_id = $1 and id = any($2)
			union all select id, 'process', name from processes where org_id = $1 and id = any($2)
			union all select id, 'vendor', name from vendors where org_id = $1 and id = any($2)
			union all select id, 'job', number from jobs where org_id = $1 and id = any($2)`, org, uuids(ids)).Query(func(rows pgx.Rows) error {
			var id flow.ID
			var t Thing
			_, err := pgx.ForEachRow(rows, []any{&id, &t.Kind, &t.Name}, func() error { found[id] = t; return nil })
			return err
		})
	})
	return found, err
}

// Thing is something with an id.
type Thing struct {
	Kind string // member, process, vendor, job
	Name string // a job's number
}
