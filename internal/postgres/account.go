package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// OpenSession is a session as its member sees it.
type OpenSession struct {
	ID          flow.ID
	On          string
	Via         flow.Via
	Began, Seen time.Time
}

// maxSessions is how many of a member's sessions are listed.
const maxSessions = 50

// Sessions are the sessions of a member that go on, the last used first.
func (db *DB) Sessions(ctx context.Context, org, member flow.ID, now time.Time) ([]OpenSession, error) {
	var list []OpenSession
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select id, device, via, created_at, seen_at from sessions where org_id = $1 and member_id = $2 and via <> 'pending'
			and expires_at > $3 and seen_at + make_interval(secs => idle_seconds) > $3 order by seen_at desc, id limit $4`, org, member, now, maxSessions).
			Query(func(rows pgx.Rows) error {
				var s OpenSession
				_, err := pgx.ForEachRow(rows, []any{&s.ID, &s.On, &s.Via, &s.Began, &s.Seen}, func() error { list = append(list, s); return nil })
				return err
			})
	})
	return list, err
}

// EndSessionOf ends one of a member's sessions.
func (db *DB) EndSessionOf(ctx context.Context, org, member, session flow.ID) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		if err := one(ctx, tx, "delete from sessions where org_id = $1 and member_id = $2 and id = $3", org, member, session); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "select append_audit($1, $2, $3, null)", org, AuditEnded, session.String())
		return err
	})
}

// EndOtherSessions ends all of a member's sessions but one.
func (db *DB) EndOtherSessions(ctx context.Context, org, member, but flow.ID) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		if err := endOthers(ctx, tx, org, member, but); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "select append_audit($1, $2, 'others', null)", org, AuditEnded)
		return err
	})
}

func endOthers(ctx context.Context, tx pgx.Tx, org, member, but flow.ID) error {
	_, err := tx.Exec(ctx, "delete from sessions where org_id = $1 and member_id = $2 and id <> $3", org, member, but)
	return err
}

// Own is what somebody needs to check and change their own password.
type Own struct {
	Hash   string
	Logins []string
	Handed bool // the password was handed to them, not chosen
}

// Own is a member's stored password and sign-ins.
func (db *DB) Own(ctx context.Context, org, member flow.ID) (o Own, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select password_hash, (select coalesce(array_agg(login order by login), '{}') from logins l where l.org_id = $1 and l.member_id = $2), not own_password
			from members where org_id = $1 and id = $2`, org, member).QueryRow(func(row pgx.Row) error { return row.Scan(&o.Hash, &o.Logins, &o.Handed) })
	})
	return o, notFound(err)
}

// ChangePassword replaces a member's password and ends all of their sessions but one, which gets a fresh token. What was
// sent to them to set a new one is void.
func (db *DB) ChangePassword(ctx context.Context, org, member, session flow.ID, hash string) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		if err := setPassword(ctx, tx, org, member, hash, true); err != nil {
			return err
		}
		return endOthers(ctx, tx, org, member, session)
	})
}

// setPassword replaces a password by one that the member chose, or was handed.
func setPassword(ctx context.Context, tx pgx.Tx, org, member flow.ID, hash string, chosen bool) error {
	if err := one(ctx, tx, "update members set password_hash = $3, own_password = $4 where org_id = $1 and id = $2", org, member, hash, chosen); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "delete from resets where org_id = $1 and member_id = $2", org, member)
	return err
}
