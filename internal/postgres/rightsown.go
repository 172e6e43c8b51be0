package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// RightsCheck is what somebody asked by the public form and waits until they show that the address is theirs.
type RightsCheck struct {
	Token       [32]byte // SHA-256 of the token in the link
	Kind        RightsKind
	Name, Email string
	Language    string
	Body        string
	Until       time.Time
}

// AddCheck keeps a request of the public form with the mail that asks for the proof.
func (db *DB) AddCheck(ctx context.Context, org flow.ID, c RightsCheck, m Mail) error {
	sealed, err := db.sealMail(ctx, org, m)
	if err != nil {
		return err
	}
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("insert into rights_checks values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing", org, c.Token[:], string(c.Kind), c.Name, c.Email, c.Language, c.Body, c.Until)
		queueMail(b, org, m, sealed)
	})
}

// Check is what waits under a link; ErrNotFound when it was opened, or is too old.
func (db *DB) Check(ctx context.Context, org flow.ID, token [32]byte, now time.Time) (RightsCheck, error) {
	c := RightsCheck{Token: token}
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select kind, name, email, language, body, until_at from rights_checks where org_id = $1 and token_hash = $2 and until_at > $3", org, token[:], now).
			QueryRow(func(row pgx.Row) error { return row.Scan(&c.Kind, &c.Name, &c.Email, &c.Language, &c.Body, &c.Until) })
	})
	return c, notFound(err)
}

// Proven puts what waited under a link on the desk and uses the link up. A link that was used is not found.
func (db *DB) Proven(ctx context.Context, org flow.ID, token [32]byte, id flow.ID, now time.Time) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		r := RightsRequest{ID: id, Opened: now}
		err := tx.QueryRow(ctx, "delete from rights_checks where org_id = $1 and token_hash = $2 and until_at > $3 returning kind, name, email, language, body", org, token[:], now).
			Scan(&r.Kind, &r.Name, &r.Contact, &r.Language, &r.Body)
		if err != nil {
			return notFound(err)
		}
		return openRequest(ctx, tx, org, r)
	})
}

// Nominee is whom a member names to act for them when they cannot.
type Nominee struct {
	Name, Contact string
	At            time.Time // zero: nobody
}

// Nominee is whom a member named, nobody when they did not.
func (db *DB) Nominee(ctx context.Context, org, member flow.ID) (n Nominee, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select name, contact, named_at from nominees where org_id = $1 and member_id = $2", org, member).QueryRow(func(row pgx.Row) error {
			return row.Scan(&n.Name, &n.Contact, &n.At)
		})
	})
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return n, err
}

// SetNominee names somebody; without a name nobody is named any more.
func (db *DB) SetNominee(ctx context.Context, org, member flow.ID, n Nominee) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		if n.Name == "" {
			b.Queue("delete from nominees where org_id = $1 and member_id = $2", org, member)
			return
		}
		b.Queue(`insert into nominees values ($1, $2, $3, $4, $5) on conflict (org_id, member_id) do update
			set name = excluded.name, contact = excluded.contact, named_at = excluded.named_at
			where (nominees.name, nominees.contact) is distinct from (excluded.name, excluded.contact)`, org, member, n.Name, n.Contact, n.At)
	})
}

// SetName changes what a member is called. What was written in the past stays as it was.
func (db *DB) SetName(ctx context.Context, org, member flow.ID, name string) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		return one(ctx, tx, "update members set name = $3 where org_id = $1 and id = $2 and erased_at is null", org, member, name)
	})
}

// LoginProof is a new address to log in with that waits until the mail to it is opened.
type LoginProof struct {
	Token    [32]byte // SHA-256 of the token in the link
	Member   flow.ID
	Login    string
	Replaces string // the one that goes; empty: none
	Until    time.Time
}

// AskLogin keeps a new address with the mail to it, in the place of those that wait.
func (db *DB) AskLogin(ctx context.Context, org flow.ID, p LoginProof, m Mail) error {
	sealed, err := db.sealMail(ctx, org, m)
	if err != nil {
		return err
	}
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("delete from login_proofs where org_id = $1 and member_id = $2", org, p.Member)
		b.Queue("insert into login_proofs values ($1, $2, $3, $4, $5, $6)", org, p.Token[:], p.Member, p.Login, p.Replaces, p.Until)
		queueMail(b, org, m, sealed)
	})
}

// LoginAsked reports whether a link still makes an address one to log in with; ErrNotFound when TakeLogin would not find it.
func (db *DB) LoginAsked(ctx context.Context, org flow.ID, token [32]byte, now time.Time) error {
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select 1 from login_proofs p join members m on m.org_id = p.org_id and m.id = p.member_id where p.org_id = $1 and p.token_hash = $2 and p.until_at > $3
			and m.left_at is null and m.suspended_at is null`, org, token[:], now).QueryRow(func(row pgx.Row) error { var one int; return row.Scan(&one) })
	})
	return notFound(err)
}

// TakeLogin uses a link up: the address is one to log in with from now on. A link that was used, or is too old, is not
// found; IsTaken says that the address belongs to somebody else here.
func (db *DB) TakeLogin(ctx context.Context, org flow.ID, token [32]byte, now time.Time) (LoginProof, error) {
	p := LoginProof{Token: token}
	err := db.inTenant(ctx, org, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `delete from login_proofs p using members m where p.org_id = $1 and p.token_hash = $2 and p.until_at > $3
			and m.org_id = p.org_id and m.id = p.member_id and m.left_at is null and m.suspended_at is null returning p.member_id, p.login, p.replaces`, org, token[:], now).
			Scan(&p.Member, &p.Login, &p.Replaces)
		if err != nil {
			return notFound(err)
		}
		if _, err := tx.Exec(ctx, "delete from logins where org_id = $1 and member_id = $2 and login = $3", org, p.Member, p.Replaces); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "insert into logins values ($1, $2, $3)", org, p.Login, p.Member)
		return err
	})
	return p, err
}
