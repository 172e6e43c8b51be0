package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// Reset is a link by which a member may set a new password, once.
type Reset struct {
	Token  [32]byte // SHA-256 of the token
	Member flow.ID
	Until  time.Time
}

// AddReset keeps a link in the place of those that the member was sent before, and writes the mails that carry it: all or
// nothing.
func (db *DB) AddReset(ctx context.Context, org flow.ID, r Reset, mails ...Mail) error {
	sealed := make([][]byte, len(mails))
	for i, m := range mails {
		var err error
		if sealed[i], err = db.sealMail(ctx, org, m); err != nil {
			return err
		}
	}
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("delete from resets where org_id = $1 and member_id = $2", org, r.Member)
		b.Queue("insert into resets values ($1, $2, $3, $4)", org, r.Token[:], r.Member, r.Until)
		for i, m := range mails {
			queueMail(b, org, m, sealed[i])
		}
		queueAudit(b, org, Event{What: AuditAsked, ID: r.Member.String()})
	})
}

// ResetBy is whom a link lets set a new password; ErrNotFound when it was used, or is too old.
func (db *DB) ResetBy(ctx context.Context, org flow.ID, token [32]byte, now time.Time) (m Member, company string, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select m.id, m.name, m.language, o.name, (select coalesce(array_agg(login order by login), '{}') from logins l where l.org_id = $1 and l.member_id = m.id)
			from resets r join members m on m.org_id = r.org_id and m.id = r.member_id join organisations o on o.org_id = r.org_id
			where r.org_id = $1 and r.token_hash = $2 and r.expires_at > $3 and m.suspended_at is null and m.left_at is null`, org, token[:], now).
			QueryRow(func(row pgx.Row) error { return row.Scan(&m.ID, &m.Name, &m.Language, &company, &m.Logins) })
	})
	return m, company, notFound(err)
}

// ResetPassword uses a link up: it sets the password and ends the member's sessions.
func (db *DB) ResetPassword(ctx context.Context, org flow.ID, r Reset, hash string, now time.Time) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		if err := one(ctx, tx, "delete from resets where org_id = $1 and token_hash = $2 and member_id = $3 and expires_at > $4", org, r.Token[:], r.Member, now); err != nil {
			return err
		}
		if err := setPassword(ctx, tx, org, r.Member, hash, true); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "delete from sessions where org_id = $1 and member_id = $2", org, r.Member); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "select append_audit($1, $2, $3, null)", org, AuditReset, r.Member.String())
		return err
	})
}

// EndOldResets forgets the links of an organisation that are too old, and says how many.
func (db *DB) EndOldResets(ctx context.Context, org flow.ID, now time.Time) (int64, error) {
	return db.deleteOld(ctx, org, "delete from resets where org_id = $1 and expires_at <= $2", now)
}
