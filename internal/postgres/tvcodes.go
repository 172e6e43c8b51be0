package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// Nobody is the organisation that there is not: what is kept under it belongs to none yet.
var Nobody flow.ID

// TVCode is a code that a screen shows, by the screen's secret.
type TVCode struct {
	Token, Code [32]byte
	Until       time.Time
	On          string
	Org         flow.ID // who let the screen in; zero: nobody has
}

// codesKept is how long after its time a code that was used is kept, for a screen that was away meanwhile; the others
// go with it.
const codesKept = 24 * time.Hour

// ShowTVCode keeps the code that a screen shows from now on; one from before is void. It fails as taken when another
// screen shows the same.
func (db *DB) ShowTVCode(ctx context.Context, org flow.ID, c TVCode, now time.Time) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("delete from tv_codes where org_id = $1 and token_hash in (select token_hash from tv_codes where org_id = $1 and until < $2 order by until limit 100)", org, now.Add(-codesKept))
		b.Queue(`insert into tv_codes (org_id, token_hash, code_hash, until, seen_on) values ($1, $2, $3, $4, $5)
			on conflict (org_id, token_hash) do update set code_hash = excluded.code_hash, until = excluded.until, seen_on = excluded.seen_on
			where tv_codes.claimed_by is null`, org, c.Token[:], c.Code[:], c.Until, c.On)
	})
}

// TVCodeOf is what there is of a screen by its secret; ErrNotFound when it has shown no code.
func (db *DB) TVCodeOf(ctx context.Context, token [32]byte) (TVCode, error) {
	c := TVCode{Token: token}
	var by *flow.ID
	err := db.tenant(ctx, Nobody, func(b *pgx.Batch) {
		b.Queue("select until, claimed_by from tv_codes where org_id = $1 and token_hash = $2", Nobody, token[:]).QueryRow(func(row pgx.Row) error {
			return row.Scan(&c.Until, &by)
		})
	})
	if by != nil {
		c.Org = *by
	}
	return c, notFound(err)
}

// claimTV lets an organisation have the screen that shows a code, with what is to be written of it there, both or neither.
func (db *DB) claimTV(ctx context.Context, org flow.ID, code [32]byte, now time.Time, write func(tx pgx.Tx, token []byte, on string) error) error {
	return db.inTenant(ctx, Nobody, func(tx pgx.Tx) error {
		var token []byte
		var on string
		err := tx.QueryRow(ctx, `update tv_codes set claimed_by = $3, until = $4 where org_id = $1 and code_hash = $2 and until > $4 and claimed_by is null
			returning token_hash, seen_on`, Nobody, code[:], org, now).Scan(&token, &on)
		if err != nil {
			return notFound(err)
		}
		if _, err := tx.Exec(ctx, setOrg, org.String()); err != nil {
			return err
		}
		return write(tx, token, on)
	})
}
