package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"clicarity/internal/flow"
)

// selectMembers reads people, not what support and programs go by.
const selectMembers = `select id, name, role, language, given, created_at, suspended_at, left_at, seen_at, seen_on, letters from members where org_id = $1 and role not in ('support', 'program')`

func scanMember(row pgx.Row) (Member, error) {
	var m Member
	var given givenText
	var suspended, left, seen pgtype.Timestamptz
	err := row.Scan(&m.ID, &m.Name, &m.Role, &m.Language, &given, &m.Created, &suspended, &left, &seen, &m.SeenOn, &m.Letters)
	m.Given = flow.Given(given)
	m.Suspended, m.Left, m.Seen = suspended.Time, left.Time, seen.Time
	return m, err
}

// Member is one of an organisation's people, with their sign-ins.
func (db *DB) Member(ctx context.Context, org, id flow.ID) (m Member, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectMembers+" and id = $2", org, id).QueryRow(func(row pgx.Row) error {
			m, err = scanMember(row)
			return err
		})
		b.Queue("select coalesce(array_agg(login order by login), '{}') from logins where org_id = $1 and member_id = $2", org, id).
			QueryRow(func(row pgx.Row) error { return row.Scan(&m.Logins) })
	})
	return m, notFound(err)
}

// Members lists an organisation's people by name, at most limit, with their sign-ins.
func (db *DB) Members(ctx context.Context, org flow.ID, limit int) ([]Member, error) {
	return db.memberList(ctx, org, selectMembers+" order by name, id limit $2", org, limit)
}

func (db *DB) memberList(ctx context.Context, org flow.ID, sql string, args ...any) ([]Member, error) {
	var list []Member
	at := map[flow.ID]int{}
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(sql, args...).Query(func(rows pgx.Rows) error {
			defer rows.Close()
			for rows.Next() {
				m, err := scanMember(rows)
				if err != nil {
					return err
				}
				at[m.ID] = len(list)
				list = append(list, m)
			}
			return rows.Err()
		})
		b.Queue("select member_id, login from logins where org_id = $1 order by login", org).Query(func(rows pgx.Rows) error {
			var id flow.ID
			var login string
			_, err := pgx.ForEachRow(rows, []any{&id, &login}, func() error {
				if i, ok := at[id]; ok {
					list[i].Logins = append(list[i].Logins, login)
				}
				return nil
			})
			return err
		})
	})
	return list, err
}

// SetRole gives a member a role and what they see and work at. It takes effect at once, on open pages too. An
// organisation never loses its last owner that way.
func (db *DB) SetRole(ctx context.Context, org, member flow.ID, role flow.Role, given flow.Given) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		if err := oneAtATime(ctx, tx, org); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, "update members set role = $3, given = $4 where org_id = $1 and id = $2 and role not in ('support', 'program')",
			org, member, string(role), given.Encode())
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		return ownerLeft(ctx, tx, org)
	})
}

// oneAtATime makes changes of an organisation's people wait for each other, before they lock anything else.
func oneAtATime(ctx context.Context, tx pgx.Tx, org flow.ID) error {
	_, err := tx.Exec(ctx, "select pg_advisory_xact_lock(hashtextextended('people ' || $1, 0))", org.String())
	return err
}

// ownerLeft refuses a change after which nobody owns the organisation. Changes wait for each other, so that two owners
// cannot each take the other away.
func ownerLeft(ctx context.Context, tx pgx.Tx, org flow.ID) error {
	var n int
	err := tx.QueryRow(ctx, `select count(*) from members where org_id = $1 and role = 'owner'
		and suspended_at is null and left_at is null`, org).Scan(&n)
	if err == nil && n == 0 {
		return &flow.Refusal{Code: flow.LastOwner}
	}
	return err
}

// SetPassword replaces a member's password and ends their sessions.
func (db *DB) SetPassword(ctx context.Context, org, member flow.ID, hash string) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		if err := setPassword(ctx, tx, org, member, hash, false); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "delete from sessions where org_id = $1 and member_id = $2", org, member)
		return err
	})
}
