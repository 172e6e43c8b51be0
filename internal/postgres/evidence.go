package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"clicarity/internal/flow"
)

// EvidenceMost bounds each list of evidence.
const EvidenceMost = 5000

// AccessReview is that an owner went through who has access.
type AccessReview struct {
	ID      flow.ID
	At      time.Time
	By      flow.ID
	Members int // how many people had access
}

// AddAccessReview records a review, once however often it is sent. It counts the people itself.
func (db *DB) AddAccessReview(ctx context.Context, org flow.ID, r AccessReview) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`insert into access_reviews (org_id, id, reviewed_at, reviewed_by, members)
			select $1, $2, $3, $4, (select count(*) from members where org_id = $1 and role not in ('support', 'program') and suspended_at is null and left_at is null)
			on conflict do nothing`, org, r.ID, r.At, r.By)
	})
}

// AccessReviews are the reviews of an organisation, the newest first.
func (db *DB) AccessReviews(ctx context.Context, org flow.ID, limit int) (list []AccessReview, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select id, reviewed_at, reviewed_by, members from access_reviews where org_id = $1 order by reviewed_at desc, id desc limit $2", org, limit).Query(func(rows pgx.Rows) error {
			var r AccessReview
			_, err := pgx.ForEachRow(rows, []any{&r.ID, &r.At, &r.By, &r.Members}, func() error { list = append(list, r); return nil })
			return err
		})
	})
	return list, err
}

// Drill is that a backup was brought back, to see that it can be.
type Drill struct {
	ID            flow.ID       `json:"id"`
	Began         time.Time     `json:"began"`
	Took          time.Duration `json:"took"`
	Bytes         int64         `json:"bytes"` // of the backup
	Organisations int           `json:"organisations"`
	Movements     int64         `json:"movements"`
	Fault         string        `json:"fault,omitempty"` // empty: everything was sound
}

// AddDrill records a drill.
func (db *DB) AddDrill(ctx context.Context, org flow.ID, d Drill) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("insert into drills (org_id, id, began_at, seconds, bytes, organisations, movements, fault) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing",
			org, d.ID, d.Began, int(d.Took.Seconds()), d.Bytes, d.Organisations, d.Movements, d.Fault)
	})
}

// Drills are the drills that an organisation recorded, the newest first.
func (db *DB) Drills(ctx context.Context, org flow.ID, limit int) (list []Drill, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select id, began_at, seconds, bytes, organisations, movements, fault from drills where org_id = $1 order by began_at desc, id desc limit $2", org, limit).Query(func(rows pgx.Rows) error {
			var d Drill
			var seconds int
			_, err := pgx.ForEachRow(rows, []any{&d.ID, &d.Began, &seconds, &d.Bytes, &d.Organisations, &d.Movements, &d.Fault}, func() error {
				d.Took = time.Duration(seconds) * time.Second
				list = append(list, d)
				return nil
			})
			return err
		})
	})
	return list, err
}

// Access is somebody who has access, as a review looks at it.
type Access struct {
	Member
	Second bool // shows a second factor
}

// Access lists an organisation's people by name, at most limit, with whether each shows a second factor.
func (db *DB) Access(ctx context.Context, org flow.ID, limit int) (list []Access, err error) {
	members, err := db.Members(ctx, org, limit)
	if err != nil {
		return nil, err
	}
	second := map[flow.ID]bool{}
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select member_id from authenticators where org_id = $1 union select member_id from passkeys where org_id = $1", org).Query(func(rows pgx.Rows) error {
			var id flow.ID
			_, err := pgx.ForEachRow(rows, []any{&id}, func() error { second[id] = true; return nil })
			return err
		})
	})
	for _, m := range members {
		list = append(list, Access{m, second[m.ID]})
	}
	return list, err
}

// Chained is how long a chain of hashes is, its head, and how far it has been checked.
type Chained struct {
	Seq     int64
	Hash    []byte
	Checked int64
}

// ChainChecker is the name under which it is kept how far an organisation's movements have been checked.
const ChainChecker = "chain"

// Chains are those of an organisation's movements and of its audit log.
func (db *DB) Chains(ctx context.Context, org flow.ID) (movements, audit Chained, err error) {
	const sql = "select seq, hash, coalesce((select seq from followers f where f.org_id = h.org_id and name = $2), 0) from "
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(sql+"log_heads h where org_id = $1", org, ChainChecker).QueryRow(func(row pgx.Row) error { return row.Scan(&movements.Seq, &movements.Hash, &movements.Checked) })
		b.Queue(sql+"audit_heads h where org_id = $1", org, AuditChecker).QueryRow(func(row pgx.Row) error { return row.Scan(&audit.Seq, &audit.Hash, &audit.Checked) })
	})
	return movements, audit, notFound(err)
}

// Noticed is how often something is in the audit log since a moment, and when last.
type Noticed struct {
	What string
	N    int64
	Last time.Time
}

// AuditCounts counts the entries of an organisation's audit log since a moment, by kind.
func (db *DB) AuditCounts(ctx context.Context, org flow.ID, since time.Time) (list []Noticed, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select what, count(*), max(at) from (select what, at from audit where org_id = $1 and at >= $2 order by at desc, seq desc limit $3) a
			group by what order by what`, org, since, auditScan).Query(func(rows pgx.Rows) error {
			var n Noticed
			_, err := pgx.ForEachRow(rows, []any{&n.What, &n.N, &n.Last}, func() error { list = append(list, n); return nil })
			return err
		})
	})
	return list, err
}

// Migrated is a change of the tables that ran.
type Migrated struct {
	Name, Digest string
	At           time.Time
}

// Migrations are the changes of the tables that ran on this database, in order.
func (db *DB) Migrations(ctx context.Context) (list []Migrated, err error) {
	b := &pgx.Batch{}
	b.Queue("select name, sha256, ran_at from schema_migrations order by name limit $1", EvidenceMost).Query(func(rows pgx.Rows) error {
		var m Migrated
		var at pgtype.Timestamptz
		_, err := pgx.ForEachRow(rows, []any{&m.Name, &m.Digest, &at}, func() error { m.At = at.Time; list = append(list, m); return nil })
		return err
	})
	return list, db.pool.SendBatch(ctx, b).Close()
}
