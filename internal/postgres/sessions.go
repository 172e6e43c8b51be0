package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"clicarity/internal/flow"
)

// Session is one sign-in of a member on one device.
type Session struct {
	Token  [32]byte // SHA-256 of the token, under which it is kept
	Member flow.ID
	On     string // what it is on: phone, computer
	Via    flow.Via
	Device flow.ID // the shared device it was opened at, if any
	Grant  flow.ID // the grant of support access it lives by, if any
	Began  time.Time
	Until  time.Time     // it ends then, whatever happens in it
	Idle   time.Duration // and when nothing was asked in it for so long
}

// AddSession stores a session.
func (db *DB) AddSession(ctx context.Context, org flow.ID, s Session) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) { queueSession(b, org, s) })
}

func queueSession(b *pgx.Batch, org flow.ID, s Session) {
	b.Queue(`insert into sessions (org_id, token_hash, member_id, device, via, device_id, grant_id, created_at, seen_at, expires_at, idle_seconds)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10)`, org, s.Token[:], s.Member, s.On, string(s.Via), orNull(s.Device), orNull(s.Grant),
		s.Began, s.Until, int(s.Idle.Seconds()))
}

// orNull is an id, null for the zero one.
func orNull(id flow.ID) *flow.ID {
	if id.IsZero() {
		return nil
	}
	return &id
}

// Peek is the person behind a token as they are now, without counting as something they asked; ErrNotFound when the
// session has ended.
func (db *DB) Peek(ctx context.Context, org flow.ID, token [32]byte, now time.Time) (flow.Person, error) {
	p, _, err := db.session(ctx, org, token, now)
	return p, err
}

// Session is the person behind a token as they are now; ErrNotFound when the session has ended. It keeps the session
// from ending for idleness.
func (db *DB) Session(ctx context.Context, org flow.ID, token [32]byte, now time.Time) (flow.Person, error) {
	p, stale, err := db.session(ctx, org, token, now)
	if err == nil && stale {
		err = db.tenant(ctx, org, func(b *pgx.Batch) {
			b.Queue("update sessions set seen_at = $3 where org_id = $1 and token_hash = $2", org, token[:], now)
			b.Queue("update members set seen_at = $3, seen_on = (select device from sessions where org_id = $1 and token_hash = $4) where org_id = $1 and id = $2",
				org, p.Member, now, token[:])
		})
	}
	return p, err
}

// staleAfter is how old the note of when a session was last used may be, for one that ends when idle for so long.
func staleAfter(idle time.Duration) time.Duration { return min(time.Minute, idle/8) }

func (db *DB) session(ctx context.Context, org flow.ID, token [32]byte, now time.Time) (p flow.Person, stale bool, err error) {
	p.Org = org
	var given, place givenText
	var stamp string
	var device *flow.ID
	var until, seen time.Time
	var idle int
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select o.name, o.timezone, m.id, m.name, m.role, m.language, m.given, s.id, s.via, s.device_id, coalesce(d.name, ''), coalesce(d.given, '{}'),
				s.expires_at, s.seen_at, s.idle_seconds, `+settingsStamp+`
			from sessions s
			join members m on m.org_id = s.org_id and m.id = s.member_id
			join organisations o on o.org_id = s.org_id
			left join devices d on d.org_id = s.org_id and d.id = s.device_id
			where s.org_id = $1 and s.token_hash = $2 and s.expires_at > $3 and s.seen_at + make_interval(secs => s.idle_seconds) > $3
				and m.suspended_at is null and m.left_at is null and (s.via <> 'floor' or d.id is not null and d.suspended_at is null)`, org, token[:], now).QueryRow(func(row pgx.Row) error {
			return row.Scan(&p.OrgName, &p.Timezone, &p.Member, &p.Name, &p.Role, &p.Language, &given, &p.Session, &p.Via, &device, &p.AtDevice, &place, &until, &seen, &idle, &stamp)
		})
	})
	if err == nil {
		err = db.settle(ctx, &p, stamp)
	}
	if err != nil {
		return flow.Person{}, false, notFound(err)
	}
	if device != nil {
		p.Device = *device
	}
	p.Scope = flow.Given(given).Scope(p.Role, p.Member)
	switch p.Via {
	case flow.ViaFloor:
		p.Without, p.Scope = flow.OnlyOnFloor, p.Scope.Only(flow.Given(place))
	case flow.ViaPending:
		p.Without = ^flow.Anybody
	}
	p.Until = flow.At(until)
	return p, now.Sub(seen) > staleAfter(time.Duration(idle)*time.Second), nil
}

// givenText reads what a member was given from its column.
type givenText flow.Given

// ScanText implements pgtype.TextScanner.
func (g *givenText) ScanText(v pgtype.Text) error {
	*g = givenText{}
	return json.Unmarshal([]byte(v.String), (*flow.Given)(g))
}

// EndSession forgets a session.
func (db *DB) EndSession(ctx context.Context, org flow.ID, tokenHash [32]byte) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("delete from sessions where org_id = $1 and token_hash = $2", org, tokenHash[:])
	})
}

// EndExpiredSessions forgets the sessions of an organisation that are over, and says how many.
func (db *DB) EndExpiredSessions(ctx context.Context, org flow.ID, now time.Time) (int64, error) {
	return db.deleteOld(ctx, org, "delete from sessions where org_id = $1 and (expires_at <= $2 or seen_at + make_interval(secs => idle_seconds) <= $2)", now)
}
