package postgres

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"clicarity/internal/flow"
)

// closingOf reads the closing of the organisation o beside something else of it; joinClosing goes with it.
const (
	closingOf   = "c.closed_at, c.undo_until, c.delete_from, c.delete_by"
	joinClosing = "left join closures c on c.org_id = o.org_id and c.undone_at is null"
)

type closingScan struct{ at, undo, from, by pgtype.Timestamptz }

func (c closingScan) closing() flow.Closing {
	if !c.at.Valid {
		return flow.Closing{}
	}
	return flow.Closing{At: flow.At(c.at.Time), UndoUntil: flow.At(c.undo.Time), DeleteFrom: flow.At(c.from.Time), DeleteBy: flow.At(c.by.Time)}
}

// Closure is what is kept of the closing of an organisation. It outlives the organisation.
type Closure struct {
	Org flow.ID
	flow.Closing
	By          flow.ID          // the owner; zero: whoever runs the service, on request
	Because     string           // why, in the words of whoever runs the service
	Undone      time.Time        // zero: it stands
	Begun       time.Time        // the deletion; zero: not yet
	Done        time.Time        // nothing is left of the organisation
	Counts      map[string]int64 // rows that were deleted so far, by table
	Told        []string         // the reminders that were written
	Certificate string           // of the deletion, once it is done
	Waiting     bool             // the certificate has not gone to everybody it is for
}

const selectClosures = `select org_id, closed_at, undo_until, delete_from, delete_by, closed_by, because, undone_at, begun_at, done_at, counts, told,
	coalesce(certificate, ''), contacts is not null from closures`

func scanClosure(row pgx.Row) (c Closure, err error) {
	var s closingScan
	var by *flow.ID
	var undone, begun, done pgtype.Timestamptz
	err = row.Scan(&c.Org, &s.at, &s.undo, &s.from, &s.by, &by, &c.Because, &undone, &begun, &done, &c.Counts, &c.Told, &c.Certificate, &c.Waiting)
	if by != nil {
		c.By = *by
	}
	c.Closing, c.Undone, c.Begun, c.Done = s.closing(), undone.Time, begun.Time, done.Time
	return c, err
}

// Closure is the closing of an organisation that stands, or its deletion; ErrNotFound while it is open.
func (db *DB) Closure(ctx context.Context, org flow.ID) (c Closure, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectClosures+" where org_id = $1 and undone_at is null", org).QueryRow(func(row pgx.Row) error {
			c, err = scanClosure(row)
			return err
		})
	})
	return c, notFound(err)
}

// maxClosures bounds how many are looked after in one round; those whose day is nearest come first.
const maxClosures = 1000

// Closures are all closings of the installation but those that are done with; those that were undone come last.
func (db *DB) Closures(ctx context.Context) (list []Closure, err error) {
	err = db.as(ctx, "app.roster", "on", func(b *pgx.Batch) {
		b.Queue(selectClosures+" where done_at is null or contacts is not null order by undone_at is not null, delete_from, org_id limit $1", maxClosures).
			Query(func(rows pgx.Rows) error {
				list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (Closure, error) { return scanClosure(row) })
				return err
			})
	})
	return list, err
}

// CloseOrganisation closes an organisation: from the commit on it is read-only. One that is closed already stays as it is.
func (db *DB) CloseOrganisation(ctx context.Context, org flow.ID, c Closure) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "select from log_heads where org_id = $1 for update", org); err != nil { // commands under way come first
			return err
		}
		_, err := tx.Exec(ctx, `insert into closures (org_id, closed_at, closed_by, because, undo_until, delete_from, delete_by) values ($1, $2, $3, $4, $5, $6, $7)
			on conflict (org_id) do update set closed_at = excluded.closed_at, closed_by = excluded.closed_by, because = excluded.because, undo_until = excluded.undo_until,
				delete_from = excluded.delete_from, delete_by = excluded.delete_by, undone_at = null, undone_by = null
				where closures.undone_at is not null`,
			org, c.At.Time(), orNull(c.By), c.Because, c.UndoUntil.Time(), c.DeleteFrom.Time(), c.DeleteBy.Time())
		return err
	})
}

// ReopenOrganisation undoes a closing, while it may be undone: all is as it was. One that is open stays so.
func (db *DB) ReopenOrganisation(ctx context.Context, org, by flow.ID, now time.Time) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		c, err := scanClosure(tx.QueryRow(ctx, selectClosures+" where org_id = $1 and undone_at is null for update", org))
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err == nil {
			err = c.Undoable(flow.At(now))
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "update closures set undone_at = $2, undone_by = $3 where org_id = $1", org, now, orNull(by))
		return err
	})
}

// TellClosure writes the mails of one reminder of a closing, once: whoever comes second writes none.
func (db *DB) TellClosure(ctx context.Context, c Closure, kind flow.Reminder, mails []Mail) error {
	sealed, err := db.sealMails(ctx, c.Org, mails)
	if err != nil {
		return err
	}
	return db.inTenant(ctx, c.Org, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update closures set told = told || $2::text where org_id = $1 and closed_at = $3 and undone_at is null and begun_at is null
			and not $2::text = any(told)`, c.Org, string(kind), c.At.Time())
		if err != nil || tag.RowsAffected() == 0 || len(mails) == 0 {
			return err
		}
		return sendMails(ctx, tx, c.Org, mails, sealed)
	})
}

// Was reports whether a reminder was written.
func (c Closure) Was(kind flow.Reminder) bool { return slices.Contains(c.Told, string(kind)) }
