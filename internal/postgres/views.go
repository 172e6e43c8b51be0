package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// BoardView is a board that somebody gave a name: a filter, and how it is shown.
type BoardView struct {
	ID     flow.ID
	Member flow.ID // whose it is, zero: everybody's
	Name   string
	Query  string // as in the board's address
}

// Shared reports whether it is everybody's.
func (v BoardView) Shared() bool { return v.Member.IsZero() }

// MaxViews is how many a member may have, and how many may be shared.
const MaxViews = 30

// ErrTooManyViews says that a list of views is full.
var ErrTooManyViews = errors.New("postgres: as many views as there may be")

const sameList = " member_id is not distinct from "

// Views are a member's own and the shared ones, each list in its order.
func (db *DB) Views(ctx context.Context, org, member flow.ID) ([]BoardView, error) {
	var list []BoardView
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select id, member_id, name, query from board_views where org_id = $1 and (member_id = $2 or member_id is null)
			order by member_id is null, place, id limit $3`, org, member, 2*MaxViews).Query(func(rows pgx.Rows) error {
			var v BoardView
			var of *flow.ID
			_, err := pgx.ForEachRow(rows, []any{&v.ID, &of, &v.Name, &v.Query}, func() error {
				if v.Member = (flow.ID{}); of != nil {
					v.Member = *of
				}
				list = append(list, v)
				return nil
			})
			return err
		})
	})
	return list, err
}

// SaveView puts a view at the end of its list, or in the place of the one there of the same name.
func (db *DB) SaveView(ctx context.Context, org flow.ID, v BoardView) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		var count, place int
		var same *flow.ID
		if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock(hashtextextended($1, 22))", org.String()); err != nil { // two at once are still no more than there may be
			return err
		}
		err := tx.QueryRow(ctx, `select count(*), coalesce(max(place), 0) + 1, (array_agg(id) filter (where lower(name) = lower($3)))[1]
			from board_views where org_id = $1 and`+sameList+"$2", org, orNull(v.Member), v.Name).Scan(&count, &place, &same)
		switch {
		case err != nil:
			return err
		case same != nil:
			_, err = tx.Exec(ctx, "update board_views set name = $3, query = $4 where org_id = $1 and id = $2", org, *same, v.Name, v.Query)
			return err
		case count >= MaxViews:
			return ErrTooManyViews
		}
		_, err = tx.Exec(ctx, "insert into board_views (org_id, id, member_id, name, query, place) values ($1, $2, $3, $4, $5, $6)", org, v.ID, orNull(v.Member), v.Name, v.Query, place)
		return err
	})
}

// RenameView gives a view of a list another name.
func (db *DB) RenameView(ctx context.Context, org flow.ID, v BoardView) error {
	return db.changeView(ctx, org, "update board_views set name = $4 where org_id = $1 and id = $2 and"+sameList+"$3", org, v.ID, orNull(v.Member), v.Name)
}

// DeleteView takes a view out of a list.
func (db *DB) DeleteView(ctx context.Context, org flow.ID, v BoardView) error {
	return db.changeView(ctx, org, "delete from board_views where org_id = $1 and id = $2 and"+sameList+"$3", org, v.ID, orNull(v.Member))
}

// MoveView changes a view's place with the one before it, or after it.
func (db *DB) MoveView(ctx context.Context, org flow.ID, v BoardView, up bool) error {
	way, order := ">", "place, id"
	if up {
		way, order = "<", "place desc, id desc"
	}
	return db.changeView(ctx, org, `with me as (select id, place, member_id from board_views where org_id = $1 and id = $2 and`+sameList+`$3),
		next as (select v.id, v.place from board_views v, me where v.org_id = $1 and v.member_id is not distinct from me.member_id and (v.place, v.id) `+way+` (me.place, me.id)
			order by `+order+` limit 1)
		update board_views v set place = case when v.id = me.id then coalesce((select place from next), me.place) else me.place end
		from me where v.org_id = $1 and (v.id = me.id or v.id = (select id from next))`, org, v.ID, orNull(v.Member))
}

func (db *DB) changeView(ctx context.Context, org flow.ID, sql string, args ...any) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, sql, args...)
		if err == nil && tag.RowsAffected() == 0 {
			err = ErrNotFound
		}
		return err
	})
}
