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
	Factor bool    // a second factor was shown, or what counts as both
	Device flow.ID // the shared device it was opened at, if any
	Grant  flow.ID // the grant of support access it lives by, if any
	Began  time.Time
	Until  time.Time     // it ends then, whatever happens in it
	Idle   time.Duration // and when nothing was asked in it for so long
}

// AddSession stores a session. One of somebody's own in which no second factor was shown waits for it (flow.ViaPending)
// when the member has one; when their role needs one, it waits too.
func (db *DB) AddSession(ctx context.Context, org flow.ID, s Session) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) { queueSession(b, org, s) })
}

func queueSession(b *pgx.Batch, org flow.ID, s Session) {
	b.Queue(`insert into sessions (org_id, token_hash, member_id, device, via, factor, device_id, grant_id, created_at, seen_at, expires_at, idle_seconds)
		select $1::uuid, $2::bytea, $3::uuid, $4::text, case when waits then 'pending' else $5 end, $6, $7::uuid, $8::uuid, $9::timestamptz, $9,
			case when waits then least($10::timestamptz, $12::timestamptz) else $10 end, $11::int
		from (select $5::text = '' and not $6::bool and (exists (select from authenticators where org_id = $1 and member_id = $3)
			or exists (select from passkeys where org_id = $1 and member_id = $3)) as waits) w`,
		org, s.Token[:], s.Member, s.On, string(s.Via), s.Factor, orNull(s.Device), orNull(s.Grant), s.Began, s.Until, int(s.Idle.Seconds()),
		s.Began.Add(flow.FactorWithin))
	b.Queue("update members set seen_at = $3, seen_on = $4 where org_id = $1 and id = $2", org, s.Member, s.Began, s.On)
}

// FinishSession puts a session in which a second factor was shown in the place of the one that waited for it. The
// waiting one is gone; ErrNotFound when it was gone before.
func (db *DB) FinishSession(ctx context.Context, org, waiting flow.ID, s Session) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, "delete from sessions where org_id = $1 and id = $2 and member_id = $3 and via in ('', 'pending')", org, waiting, s.Member)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		b := &pgx.Batch{}
		s.Factor = true
		queueSession(b, org, s)
		return tx.SendBatch(ctx, b).Close()
	})
}

// staleTokenFor is how long the token before the present one goes on: a browser asks for several things at once.
const staleTokenFor = time.Minute

// Renew gives a session whose member's place has changed a fresh token and the times of the place they have now. It
// reports false when that was done already.
func (db *DB) Renew(ctx context.Context, org flow.ID, from [32]byte, s Session) (done bool, err error) {
	err = db.inTenant(ctx, org, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update sessions set token_hash = $3, was_hash = $2, was_until = $4, stale = false,
			expires_at = least(expires_at, $5), idle_seconds = $6 where org_id = $1 and token_hash = $2 and stale`,
			org, from[:], s.Token[:], s.Began.Add(staleTokenFor), s.Until, int(s.Idle.Seconds()))
		done = tag.RowsAffected() > 0
		return err
	})
	return done, err
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
			b.Queue("update sessions set seen_at = $3 where org_id = $1 and id = $2", org, p.Session, now)
			b.Queue("update members set seen_at = $3, seen_on = (select device from sessions where org_id = $1 and id = $4) where org_id = $1 and id = $2",
				org, p.Member, now, p.Session)
		})
	}
	return p, err
}

// staleAfter is how old the note of when a session was last used may be, for one that ends when idle for so long.
func staleAfter(idle time.Duration) time.Duration { return min(time.Minute, idle/8) }

func (db *DB) session(ctx context.Context, org flow.ID, token [32]byte, now time.Time) (p flow.Person, stale bool, err error) {
	p.Org = org
	var given, place string
	var stamp int64
	var device *flow.ID
	var began, until, seen time.Time
	var granted pgtype.Timestamptz
	var closing closingScan
	var idle int
	var help bool
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select o.name, o.timezone, m.id, m.name, m.role, m.language, m.given, s.id,
			case when s.via = '' and not s.factor and m.role = any(string_to_array(o.second_factor, ' ')) then 'pending' else s.via end,
			s.stale and s.token_hash = $2, s.device_id, coalesce(d.name, ''), coalesce(d.given, '{}'), s.created_at, s.expires_at, s.seen_at, s.idle_seconds, coalesce(g.help, false),
			case when m.role = 'owner' and o.support_until > $3 then o.support_until end, `+settingsStamp+`, `+closingOf+`
			from sessions s
			join members m on m.org_id = s.org_id and m.id = s.member_id
			join organisations o on o.org_id = s.org_id
			`+joinClosing+`
			left join devices d on d.org_id = s.org_id and d.id = s.device_id
			left join support_grants g on g.org_id = s.org_id and g.id = s.grant_id
			where s.org_id = $1 and (s.token_hash = $2 or s.was_hash = $2 and s.was_until > $3) and s.expires_at > $3 and s.seen_at + make_interval(secs => s.idle_seconds) > $3
				and m.suspended_at is null and m.left_at is null and (s.via <> 'support' or g.ended_at is null and g.until > $3)
				and (s.via <> 'floor' or d.id is not null and d.suspended_at is null) and c.begun_at is null`, org, token[:], now).QueryRow(func(row pgx.Row) error {
			return row.Scan(&p.OrgName, &p.Timezone, &p.Member, &p.Name, &p.Role, &p.Language, &given, &p.Session, &p.Via, &p.Stale, &device, &p.AtDevice, &place, &began, &until, &seen, &idle, &help, &granted, &stamp,
				&closing.at, &closing.undo, &closing.from, &closing.by)
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
	if p.Scope, err = db.scope(given, p.Role, p.Member); err != nil {
		return flow.Person{}, false, err
	}
	switch p.Via {
	case flow.ViaFloor:
		var at flow.Given
		if err := json.Unmarshal([]byte(place), &at); err != nil {
			return flow.Person{}, false, err
		}
		p.Without, p.Scope = flow.OnlyOnFloor, p.Scope.Only(at)
	case flow.ViaPending:
		p.Without = ^flow.Anybody
	case flow.ViaTry:
		p.Without = flow.NotTrying
	case flow.ViaSupport:
		if !help {
			p.Without = flow.OnlyLooking
		}
	}
	if granted.Valid {
		p.Supported = flow.At(granted.Time)
	}
	p.Began, p.Until, p.Closing = flow.At(began), flow.At(until), closing.closing()
	return p, now.Sub(seen) > staleAfter(time.Duration(idle)*time.Second), nil
}

// scopeKey is what a scope is made of: what a member was given, as the rules ask it. It is needed with every request and
// seldom changes, and a scope is never changed once it is made.
type scopeKey struct {
	given  string
	role   flow.Role
	member flow.ID
}

// maxScopes bounds the memory, far above the members that one server meets in an hour.
const maxScopes = 20_000

func (db *DB) scope(given string, role flow.Role, member flow.ID) (flow.Scope, error) {
	key := scopeKey{given, role, member}
	if known, ok := db.scopes.get(key); ok {
		return known, nil
	}
	var g flow.Given
	if err := json.Unmarshal([]byte(given), &g); err != nil {
		return flow.Scope{}, err
	}
	scope := g.Scope(role, member)
	db.scopes.put(key, scope, maxScopes)
	return scope, nil
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
		b.Queue("delete from sessions where org_id = $1 and (token_hash = $2 or was_hash = $2)", org, tokenHash[:])
	})
}

// EndExpiredSessions forgets the sessions of an organisation that are over, and says how many.
func (db *DB) EndExpiredSessions(ctx context.Context, org flow.ID, now time.Time) (int64, error) {
	return db.deleteOld(ctx, org, "delete from sessions where org_id = $1 and (expires_at <= $2 or seen_at + make_interval(secs => idle_seconds) <= $2)", now)
}
