package postgres

import (
	"context"
	"crypto/subtle"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"clicarity/internal/flow"
)

// Grant is an owner's leave for support to look, and perhaps to help with the set-up, until a time.
type Grant struct {
	ID      flow.ID
	Reason  string
	Help    bool // with the set-up too
	Given   flow.Given
	By      flow.ID
	At      time.Time
	Until   time.Time
	Member  flow.ID   // who opened it; zero: nobody yet
	Opened  time.Time // when; zero: not yet
	Ended   time.Time // when an owner ended it before its time; zero: nobody did
	EndedBy flow.ID

	// Reads are the newest of what support asked for under it, at most ReadsShown.
	Reads []Entry
}

// ReadsShown is how many reads are listed with a grant. All of them are in the audit log.
const ReadsShown = 20

// Active reports whether support may look under it at a moment.
func (g Grant) Active(now time.Time) bool { return g.Ended.IsZero() && now.Before(g.Until) }

// AddGrant stores a grant under the digest of its token. It fails with GrantedBefore when the form was sent before.
func (db *DB) AddGrant(ctx context.Context, org flow.ID, g Grant, token [32]byte) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`insert into support_grants (org_id, id, reason, help, given, token_hash, granted_by, granted_at, until)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, org, g.ID, g.Reason, g.Help, g.Given.Encode(), token[:], g.By, g.At, g.Until)
	})
}

// GrantedBefore reports whether an error says that there is a grant with the id already.
func GrantedBefore(err error) bool { return unique(err, "support_grants_pkey") }

const selectGrants = `select id, reason, help, given, granted_by, granted_at, until, member_id, opened_at, ended_at, ended_by from support_grants`

func scanGrant(row pgx.Row, more ...any) (Grant, error) {
	var g Grant
	var given givenText
	var member, endedBy *flow.ID
	var opened, ended pgtype.Timestamptz
	err := row.Scan(append([]any{&g.ID, &g.Reason, &g.Help, &given, &g.By, &g.At, &g.Until, &member, &opened, &ended, &endedBy}, more...)...)
	g.Given, g.Opened, g.Ended = flow.Given(given), opened.Time, ended.Time
	if member != nil {
		g.Member = *member
	}
	if endedBy != nil {
		g.EndedBy = *endedBy
	}
	return g, err
}

// Grants lists an organisation's grants, the newest first, those made before one when it is given, each with its newest reads.
func (db *DB) Grants(ctx context.Context, org, before flow.ID, limit int) ([]Grant, error) {
	var list []Grant
	at := map[flow.ID]int{}
	const page = `where org_id = $1 and ($2::uuid is null or (granted_at, id) < (select granted_at, id from support_grants where org_id = $1 and id = $2))
		order by granted_at desc, id desc limit $3`
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectGrants+" "+page, org, orNull(before), limit).Query(func(rows pgx.Rows) error {
			defer rows.Close()
			for rows.Next() {
				g, err := scanGrant(rows)
				if err != nil {
					return err
				}
				at[g.Member] = len(list)
				list = append(list, g)
			}
			return rows.Err()
		})
		b.Queue(`select r.* from (select org_id, member_id from support_grants `+page+`) g cross join lateral
			(select seq, at, member_id, what, content, hash from audit a where a.org_id = g.org_id and a.member_id = g.member_id and a.what = $4
			order by a.at desc, a.seq desc limit $5) r`, org, orNull(before), limit, AuditRead, ReadsShown).Query(func(rows pgx.Rows) error {
			return eachEntry(rows, func(e Entry) error {
				list[at[e.Member]].Reads = append(list[at[e.Member]].Reads, e)
				return nil
			})
		})
	})
	return list, err
}

// GrantFor is the grant that a token opens in a browser; ErrNotFound when there is none, it is over, or it is another browser's.
func (db *DB) GrantFor(ctx context.Context, org flow.ID, token, browser [32]byte, now time.Time) (Grant, error) {
	var g Grant
	var bound []byte
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(grantByToken, org, token[:], now).QueryRow(func(row pgx.Row) (err error) {
			g, err = scanGrant(row, &bound)
			return err
		})
	})
	if err == nil && !g.opensIn(bound, browser) {
		err = ErrNotFound
	}
	if err != nil {
		return Grant{}, notFound(err)
	}
	return g, nil
}

const grantByToken = `select id, reason, help, given, granted_by, granted_at, until, member_id, opened_at, ended_at, ended_by, coalesce(bound_hash, '')
	from support_grants where org_id = $1 and token_hash = $2 and ended_at is null and until > $3`

// opensIn reports whether a browser may open the grant: any, the first time.
func (g Grant) opensIn(bound []byte, browser [32]byte) bool {
	return g.Member.IsZero() || subtle.ConstantTimeCompare(bound, browser[:]) == 1
}

// Opening is how somebody opens a grant: with the digests of its token and of the secret that their browser keeps.
type Opening struct {
	Token, Browser [32]byte
	Member         Member // who they will be, the first time
	Session        Session
}

// OpenGrant opens a grant and a session under it. The first to open it becomes a member of the role support; after that
// only their browser opens it again, which ends the session before. ErrNotFound for everybody else.
func (db *DB) OpenGrant(ctx context.Context, org flow.ID, o Opening) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		var bound []byte
		now := o.Session.Began
		g, err := scanGrant(tx.QueryRow(ctx, grantByToken+" for update", org, o.Token[:], now), &bound)
		if err != nil {
			return notFound(err)
		}
		if !g.opensIn(bound, o.Browser) {
			return ErrNotFound
		}
		if g.Member.IsZero() {
			if err := bindGrant(ctx, tx, org, g, o); err != nil {
				return err
			}
			g.Member = o.Member.ID
		}
		if _, err := tx.Exec(ctx, "delete from sessions where org_id = $1 and grant_id = $2", org, g.ID); err != nil {
			return err
		}
		s := o.Session
		s.Member, s.Grant, s.Via = g.Member, g.ID, flow.ViaSupport
		if s.Until.After(g.Until) {
			s.Until = g.Until
		}
		b := &pgx.Batch{}
		queueSession(b, org, s)
		b.Queue(setActor, actorIn(As(ctx, Actor{Member: s.Member, Device: s.On, Via: s.Via, At: s.Began})))
		queueAudit(b, org, Event{What: AuditSignIn, ID: g.ID.String()})
		return tx.SendBatch(ctx, b).Close()
	})
}

// bindGrant makes the one who opens a grant first its own.
func bindGrant(ctx context.Context, tx pgx.Tx, org flow.ID, g Grant, o Opening) error {
	m := o.Member
	m.Role, m.Given, m.Logins, m.PasswordHash = flow.Support, g.Given, nil, ""
	if err := addMember(ctx, tx, org, m); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "update support_grants set member_id = $3, opened_at = $4, bound_hash = $5 where org_id = $1 and id = $2",
		org, g.ID, m.ID, o.Session.Began, o.Browser[:])
	return err
}

// EndGrants ends a grant, or all that are active when none is named, and its sessions at once. It says how many it ended;
// ErrNotFound when the one that was named is not there or is over.
func (db *DB) EndGrants(ctx context.Context, org, grant, by flow.ID, now time.Time) (ended int, err error) {
	err = db.inTenant(ctx, org, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `update support_grants set ended_at = $3, ended_by = $4
			where org_id = $1 and ($2::uuid is null or id = $2) and ended_at is null and until > $3 returning id, member_id`, org, orNull(grant), now, by)
		if err != nil {
			return err
		}
		var ids, members []flow.ID
		var id flow.ID
		var member *flow.ID
		if _, err := pgx.ForEachRow(rows, []any{&id, &member}, func() error {
			ids = append(ids, id)
			if member != nil {
				members = append(members, *member)
			}
			return nil
		}); err != nil {
			return err
		}
		if ended = len(ids); ended == 0 && !grant.IsZero() {
			return ErrNotFound
		}
		_, err = tx.Exec(ctx, "update members set left_at = $3 where org_id = $1 and id = any($2)", org, uuids(members), now)
		_, err2 := tx.Exec(ctx, "delete from sessions where org_id = $1 and grant_id = any($2)", org, uuids(ids))
		return errors.Join(err, err2)
	})
	return ended, err
}
