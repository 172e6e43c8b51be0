package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// Invitation lets one person in, once.
type Invitation struct {
	ID     flow.ID
	Token  [32]byte // SHA-256 of the token
	Login  string   // normalised; what they will sign in with, empty when they say it themselves
	Name   string
	Role   flow.Role
	Given  flow.Given
	By     flow.ID
	Made   time.Time
	Until  time.Time
	ByName string // read only
	Org    string // read only: the organisation's name
}

// AddInvitation keeps an invitation, and writes the mail that carries it, if any: both or neither.
func (db *DB) AddInvitation(ctx context.Context, org flow.ID, i Invitation, mail *Mail) error {
	var sealed []byte
	if mail != nil {
		var err error
		if sealed, err = db.sealMail(ctx, org, *mail); err != nil {
			return err
		}
	}
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`insert into invitations (org_id, id, token_hash, login, name, role, given, invited_by, created_at, until_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, org, i.ID, i.Token[:], i.Login, i.Name, string(i.Role), i.Given.Encode(), i.By, i.Made, i.Until)
		if mail != nil {
			queueMail(b, org, *mail, sealed)
		}
	})
}

// selectInvitations reads invitations that are open: neither used nor revoked nor over.
const selectInvitations = `select i.id, i.login, i.name, i.role, i.given, i.invited_by, i.created_at, i.until_at, m.name, o.name
	from invitations i join members m on m.org_id = i.org_id and m.id = i.invited_by join organisations o on o.org_id = i.org_id
	where i.org_id = $1 and i.used_at is null and i.revoked_at is null and i.until_at > $2`

func scanInvitation(row pgx.Row) (Invitation, error) {
	var i Invitation
	var given givenText
	err := row.Scan(&i.ID, &i.Login, &i.Name, &i.Role, &given, &i.By, &i.Made, &i.Until, &i.ByName, &i.Org)
	i.Given = flow.Given(given)
	return i, err
}

// MaxInvitations is how many invitations an organisation may have open.
const MaxInvitations = 500

// Invitations are those that are open, the newest first.
func (db *DB) Invitations(ctx context.Context, org flow.ID, now time.Time) ([]Invitation, error) {
	var list []Invitation
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectInvitations+" order by i.created_at desc, i.id limit $3", org, now, MaxInvitations).Query(func(rows pgx.Rows) error {
			defer rows.Close()
			for rows.Next() {
				i, err := scanInvitation(rows)
				if err != nil {
					return err
				}
				list = append(list, i)
			}
			return rows.Err()
		})
	})
	return list, err
}

// InvitationBy is the open invitation with a token; ErrNotFound when there is none, or when the one who gave it could
// not give it any more.
func (db *DB) InvitationBy(ctx context.Context, org flow.ID, token [32]byte, now time.Time) (Invitation, error) {
	var i Invitation
	err := db.inTenant(ctx, org, func(tx pgx.Tx) error {
		var err error
		i, err = openInvitation(ctx, tx, org, token, now, "")
		return err
	})
	return i, err
}

func openInvitation(ctx context.Context, tx pgx.Tx, org flow.ID, token [32]byte, now time.Time, lock string) (Invitation, error) {
	i, err := scanInvitation(tx.QueryRow(ctx, selectInvitations+" and i.token_hash = $3"+lock, org, now, token[:]))
	if err != nil {
		return i, notFound(err)
	}
	by, err := standing(ctx, tx, org, i.By)
	if err == nil && !by.MayGive(i.Role, i.Given) {
		err = ErrNotFound
	}
	return i, err
}

// Join uses an invitation up and makes the member: with its role, scope and sign-in, whatever the member says. That they
// read the notice of what is stored is recorded with it. It fails
// with a taken sign-in, and then the invitation stays open.
func (db *DB) Join(ctx context.Context, org flow.ID, token [32]byte, m Member, read Consent) (Member, error) {
	err := db.inTenant(ctx, org, func(tx pgx.Tx) error {
		if err := oneAtATime(ctx, tx, org); err != nil {
			return err
		}
		i, err := openInvitation(ctx, tx, org, token, m.Created, " for update of i")
		if err != nil {
			return err
		}
		m.Role, m.Given = i.Role, i.Given
		if i.Login != "" {
			m.Logins = []string{i.Login}
		}
		if err := addMember(ctx, tx, org, m); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "update members set own_password = true where org_id = $1 and id = $2", org, m.ID); err != nil {
			return err
		}
		read.Subject, read.By = m.ID, m.ID
		if err := recordConsent(ctx, tx, org, read); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "update invitations set used_at = $3, used_by = $4 where org_id = $1 and id = $2", org, i.ID, m.Created, m.ID)
		return err
	})
	return m, err
}

// Revoke ends an open invitation; ErrNotFound when there is none.
func (db *DB) Revoke(ctx context.Context, org, id flow.ID, now time.Time) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, "update invitations set revoked_at = $3 where org_id = $1 and id = $2 and used_at is null and revoked_at is null", org, id, now)
		if err == nil && tag.RowsAffected() == 0 {
			err = ErrNotFound
		}
		return err
	})
}

// invitationsKept is how long an invitation is remembered when it is over.
const invitationsKept = 30 * 24 * time.Hour

// EndOldInvitations forgets the invitations of an organisation that are long over.
func (db *DB) EndOldInvitations(ctx context.Context, org flow.ID, now time.Time) (int64, error) {
	return db.deleteOld(ctx, org, "delete from invitations where org_id = $1 and until_at <= $2", now.Add(-invitationsKept))
}
