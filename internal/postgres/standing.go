package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// ChangeMember lets one member do something to another, or to themselves. Both are looked at again, and nobody else's
// place changes, until it is done: whoever lost the right a moment ago does not use it any more. It takes effect at once,
// on open pages too. Who is suspended or leaves is signed out everywhere; who leaves can be somebody else's sign-in.
//
// Refusals: those of the action, last_owner.
func (db *DB) ChangeMember(ctx context.Context, org, by, member flow.ID, at time.Time, do flow.PeopleAction) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		if err := oneAtATime(ctx, tx, org); err != nil {
			return err
		}
		from, err := standing(ctx, tx, org, by)
		if err != nil {
			return err
		}
		was, err := standing(ctx, tx, org, member)
		if err != nil {
			return err
		}
		now, err := do(from, was)
		if err != nil {
			return err
		}
		if err := keepStanding(ctx, tx, org, was, now, at); err != nil {
			return err
		}
		return ownerLeft(ctx, tx, org)
	})
}

// standing is a person's standing; what support and programs go by has none.
func standing(ctx context.Context, tx pgx.Tx, org, member flow.ID) (flow.Standing, error) {
	s := flow.Standing{Member: member}
	var given givenText
	err := tx.QueryRow(ctx, `select role, given, suspended_at is not null, left_at is not null from members
		where org_id = $1 and id = $2 and role not in ('support', 'program')`, org, member).Scan(&s.Role, &given, &s.Suspended, &s.Left)
	s.Given = flow.Given(given)
	return s, notFound(err)
}

func keepStanding(ctx context.Context, tx pgx.Tx, org flow.ID, was, now flow.Standing, at time.Time) error {
	_, err := tx.Exec(ctx, `update members set role = $3, given = $4,
			suspended_at = case when $5 then coalesce(suspended_at, $7) end, left_at = case when $6 then coalesce(left_at, $7) end,
			password_hash = case when $6 then '' else password_hash end
		where org_id = $1 and id = $2`, org, now.Member, string(now.Role), now.Given.Encode(), now.Suspended, now.Left, at)
	if err == nil && now.Left && !was.Left {
		_, err = tx.Exec(ctx, "delete from logins where org_id = $1 and member_id = $2", org, now.Member)
	}
	if err == nil && (now.Left || now.Suspended) {
		_, err = tx.Exec(ctx, "delete from sessions where org_id = $1 and member_id = $2", org, now.Member)
	}
	return err
}

// Standing is what of a member decides whom they may change.
func (m Member) Standing() flow.Standing {
	return flow.Standing{Member: m.ID, Role: m.Role, Given: m.Given, Suspended: !m.Suspended.IsZero(), Left: !m.Left.IsZero()}
}

// FindMembers lists an organisation's people by name, at most limit: those whose name has a text in it, or one of
// whose sign-ins has; of an empty text all.
func (db *DB) FindMembers(ctx context.Context, org flow.ID, text string, limit int) ([]Member, error) {
	return db.memberList(ctx, org, `select id, name, role, language, given, created_at, suspended_at, left_at, seen_at, seen_on, letters from members m
		where org_id = $1 and role not in ('support', 'program') and ($3 = '' or strpos(lower(name), lower($3)) > 0
			or exists (select from logins l where l.org_id = $1 and l.member_id = m.id and strpos(l.login, lower($3)) > 0))
		order by left_at is not null, name, id limit $2`, org, limit, text)
}
