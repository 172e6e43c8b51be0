package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// Members lists an organisation's people by name, at most limit, with their sign-ins and stages.
func (db *DB) Members(ctx context.Context, org flow.ID, limit int) ([]Member, error) {
	var list []Member
	at := map[flow.ID]int{}
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select id, name, role, language, created_at from members where org_id = $1 order by name, id limit $2", org, limit).Query(func(rows pgx.Rows) error {
			var m Member
			_, err := pgx.ForEachRow(rows, []any{&m.ID, &m.Name, &m.Role, &m.Language, &m.Created}, func() error {
				at[m.ID] = len(list)
				list = append(list, m)
				return nil
			})
			return err
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
		b.Queue("select member_id, process_id, stage from member_stages where org_id = $1", org).Query(func(rows pgx.Rows) error {
			var id flow.ID
			var ref flow.StageRef
			_, err := pgx.ForEachRow(rows, []any{&id, &ref.Process, &ref.Stage}, func() error {
				if i, ok := at[id]; ok {
					list[i].Stages = append(list[i].Stages, ref)
				}
				return nil
			})
			return err
		})
	})
	return list, err
}

// SetStages gives an operator exactly these stages. It takes effect at once, on open pages too.
func (db *DB) SetStages(ctx context.Context, org, member flow.ID, stages []flow.StageRef) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, "select from members where org_id = $1 and id = $2 and role = 'operator' for update", org, member)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		if _, err := tx.Exec(ctx, "delete from member_stages where org_id = $1 and member_id = $2", org, member); err != nil {
			return err
		}
		for _, s := range stages {
			if _, err := tx.Exec(ctx, "insert into member_stages values ($1, $2, $3, $4) on conflict do nothing", org, member, s.Process, s.Stage); err != nil {
				return err
			}
		}
		return nil
	})
}

// SetPassword replaces a member's password and ends their sessions.
func (db *DB) SetPassword(ctx context.Context, org, member flow.ID, hash string) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, "update members set password_hash = $3 where org_id = $1 and id = $2", org, member, hash)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		_, err = tx.Exec(ctx, "delete from sessions where org_id = $1 and member_id = $2", org, member)
		return err
	})
}
