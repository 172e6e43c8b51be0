package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"clicarity/internal/flow"
)

// Token lets a program of an organisation in. It acts as a member of role program, who has its name and its scope.
type Token struct {
	ID      flow.ID
	Member  flow.ID
	Name    string
	Grants  []flow.Grant
	Given   flow.Given
	Hash    [32]byte // SHA-256 of the token's random part, under which it is looked up
	By      flow.ID
	Created time.Time
	Until   time.Time
	Revoked time.Time // zero: not
	Used    time.Time // the last time, to the minute; zero: never
}

// MaxTokens is how many tokens of an organisation may be in use at once.
const MaxTokens = 100

// AddToken stores a token with the member it acts as. Refusal: too_many.
func (db *DB) AddToken(ctx context.Context, org flow.ID, t Token) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		var n int
		err := tx.QueryRow(ctx, "select count(*) from tokens where org_id = $1 and revoked_at is null and expires_at > $2", org, t.Created).Scan(&n)
		if err != nil {
			return err
		}
		if n >= MaxTokens {
			return &flow.Refusal{Code: flow.TooMany, Name: "tokens", Limit: MaxTokens}
		}
		if err := addMember(ctx, tx, org, Member{ID: t.Member, Name: t.Name, Role: flow.Program, Given: t.Given, Created: t.Created}); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `insert into tokens (org_id, id, member_id, hash, grants, created_by, created_at, expires_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8)`, org, t.ID, t.Member, t.Hash[:], t.Grants, t.By, t.Created, t.Until)
		return err
	})
}

// Tokens are an organisation's tokens, those that ended too, the newest first, at most limit.
func (db *DB) Tokens(ctx context.Context, org flow.ID, limit int) ([]Token, error) {
	var list []Token
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select t.id, t.member_id, m.name, t.grants, m.given, t.created_by, t.created_at, t.expires_at, t.revoked_at, t.used_at
			from tokens t join members m on m.org_id = t.org_id and m.id = t.member_id
			where t.org_id = $1 order by t.created_at desc, t.id limit $2`, org, limit).Query(func(rows pgx.Rows) error {
			var t Token
			var given givenText
			var revoked, used pgtype.Timestamptz
			into := []any{&t.ID, &t.Member, &t.Name, &t.Grants, &given, &t.By, &t.Created, &t.Until, &revoked, &used}
			_, err := pgx.ForEachRow(rows, into, func() error {
				t.Given, t.Revoked, t.Used = flow.Given(given), revoked.Time, used.Time
				list = append(list, t)
				return nil
			})
			return err
		})
	})
	return list, err
}

// RevokeToken ends a token for good, and the member it acts as has left. ErrNotFound when there is no such token in use.
func (db *DB) RevokeToken(ctx context.Context, org, id flow.ID, now time.Time) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		var member flow.ID
		err := tx.QueryRow(ctx, "update tokens set revoked_at = $3 where org_id = $1 and id = $2 and revoked_at is null returning member_id", org, id, now).Scan(&member)
		if err != nil {
			return notFound(err)
		}
		_, err = tx.Exec(ctx, "update members set left_at = $3 where org_id = $1 and id = $2", org, member, now)
		return err
	})
}

// selectToken finds the member behind a token: one probe of the index on hashes, and the rows that it leads to.
const selectToken = `select o.name, o.timezone, m.id, m.name, m.role, m.given, t.id, t.grants, t.expires_at,
		coalesce(t.used_at, '-infinity'::timestamptz) < $3::timestamptz - interval '1 minute', ` + settingsStamp + `, ` + closingOf + `
	from tokens t
	join members m on m.org_id = t.org_id and m.id = t.member_id
	join organisations o on o.org_id = t.org_id
	` + joinClosing + `
	where c.begun_at is null and t.org_id = $1 and t.hash = $2 and t.expires_at > $3 and t.revoked_at is null and m.role = 'program' and m.suspended_at is null and m.left_at is null`

// TokenPerson is whom a token lets in, with the rights it was made for; ErrNotFound when it is none, or is over. That it
// was used is noted once a minute.
func (db *DB) TokenPerson(ctx context.Context, org flow.ID, hash [32]byte, now time.Time) (flow.Person, error) {
	p := flow.Person{Org: org, Via: flow.ViaToken}
	var given givenText
	var grants []flow.Grant
	var stamp int64
	var until time.Time
	var stale bool
	var closing closingScan
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectToken, org, hash[:], now).QueryRow(func(row pgx.Row) error {
			return row.Scan(&p.OrgName, &p.Timezone, &p.Member, &p.Name, &p.Role, &given, &p.Session, &grants, &until, &stale, &stamp,
				&closing.at, &closing.undo, &closing.from, &closing.by)
		})
	})
	if err == nil {
		err = db.settle(ctx, &p, stamp)
	}
	if err != nil {
		return flow.Person{}, notFound(err)
	}
	if stale {
		err = db.tenant(ctx, org, func(b *pgx.Batch) {
			b.Queue("update tokens set used_at = $3 where org_id = $1 and id = $2", org, p.Session, now)
		})
	}
	p.Until, p.Without, p.Closing = flow.At(until), flow.OnlyFor(grants), closing.closing()
	p.Scope = flow.Given(given).Scope(p.Role, p.Member)
	return p, err
}
