package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"clicarity/internal/flow"
)

// FloorMember is a member with what they say who they are with at shared devices.
type FloorMember struct {
	ID    flow.ID
	Name  string
	Role  flow.Role
	Given flow.Given
	PIN   time.Time // since when they have one; zero: they have none
	Badge time.Time // since when they have one; zero: they have none
}

const selectFloorMembers = `select m.id, m.name, m.role, m.given, p.set_at, g.made_at from members m
	left join pins p on p.org_id = m.org_id and p.member_id = m.id
	left join badges g on g.org_id = m.org_id and g.member_id = m.id
	where m.org_id = $1 and m.suspended_at is null and m.left_at is null and m.role in ('owner', 'manager', 'supervisor', 'operator')`

func scanFloorMember(row pgx.Row) (FloorMember, error) {
	var m FloorMember
	var given givenText
	var pin, badge pgtype.Timestamptz
	err := row.Scan(&m.ID, &m.Name, &m.Role, &given, &pin, &badge)
	m.Given, m.PIN, m.Badge = flow.Given(given), pin.Time, badge.Time
	return m, err
}

// FloorMembers are the members who may work at shared devices, by name, at most limit.
func (db *DB) FloorMembers(ctx context.Context, org flow.ID, limit int) ([]FloorMember, error) {
	return db.floorMembers(ctx, org, selectFloorMembers+" order by m.name, m.id limit $2", org, limit)
}

// FloorMembersKnown are those of them who have a PIN or a badge.
func (db *DB) FloorMembersKnown(ctx context.Context, org flow.ID, limit int) ([]FloorMember, error) {
	return db.floorMembers(ctx, org, selectFloorMembers+" and coalesce(p.set_at, g.made_at) is not null order by m.name, m.id limit $2", org, limit)
}

func (db *DB) floorMembers(ctx context.Context, org flow.ID, sql string, args ...any) ([]FloorMember, error) {
	var list []FloorMember
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(sql, args...).Query(func(rows pgx.Rows) error {
			defer rows.Close()
			for rows.Next() {
				m, err := scanFloorMember(rows)
				if err != nil {
					return err
				}
				list = append(list, m)
			}
			return rows.Err()
		})
	})
	return list, err
}

// FloorMember is one member who may work at shared devices.
func (db *DB) FloorMember(ctx context.Context, org, member flow.ID) (FloorMember, error) {
	list, err := db.floorMembers(ctx, org, selectFloorMembers+" and m.id = $2", org, member)
	if err != nil || len(list) == 0 {
		return FloorMember{}, orNotFound(err)
	}
	return list[0], nil
}

// FloorMemberBy is the member whose badge it is.
func (db *DB) FloorMemberBy(ctx context.Context, org flow.ID, badge [32]byte) (FloorMember, error) {
	list, err := db.floorMembers(ctx, org, selectFloorMembers+" and g.token_hash = $2", org, badge[:])
	if err != nil || len(list) == 0 {
		return FloorMember{}, orNotFound(err)
	}
	return list[0], nil
}

// SetPIN gives a member a PIN, by its hash. Who came in with the one before is out, and nobody waits for it any more.
func (db *DB) SetPIN(ctx context.Context, org, member flow.ID, hash string, at time.Time) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`insert into pins values ($1, $2, $3, $4) on conflict (org_id, member_id) do update set hash = excluded.hash, set_at = excluded.set_at`,
			org, member, hash, at)
		queueOut(b, org, member)
		b.Queue("delete from pin_tries where org_id = $1 and member_id = $2", org, member)
	})
}

// RemovePIN takes a member's PIN away, and puts out who came in with it.
func (db *DB) RemovePIN(ctx context.Context, org, member flow.ID) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("delete from pins where org_id = $1 and member_id = $2", org, member)
		queueOut(b, org, member)
	})
}

// SetBadge gives a member a badge, by the hash of its token. The one before opens nothing any more.
func (db *DB) SetBadge(ctx context.Context, org, member flow.ID, token [32]byte, at time.Time) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`insert into badges values ($1, $2, $3, $4) on conflict (org_id, member_id) do update set token_hash = excluded.token_hash, made_at = excluded.made_at`,
			org, member, token[:], at)
		queueOut(b, org, member)
	})
}

// RemoveBadge takes a member's badge away, and puts out who came in with it.
func (db *DB) RemoveBadge(ctx context.Context, org, member flow.ID) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("delete from badges where org_id = $1 and member_id = $2", org, member)
		queueOut(b, org, member)
	})
}

// queueOut ends a member's sessions at shared devices.
func queueOut(b *pgx.Batch, org, member flow.ID) {
	b.Queue("delete from sessions where org_id = $1 and member_id = $2 and via = 'floor'", org, member)
}

// PasswordOf is the hash of a member's password.
func (db *DB) PasswordOf(ctx context.Context, org, member flow.ID) (hash string, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select password_hash from members where org_id = $1 and id = $2", org, member).QueryRow(func(row pgx.Row) error { return row.Scan(&hash) })
	})
	return hash, notFound(err)
}

// Try is a PIN that is about to be compared, or why it is not.
type Try struct {
	Hash   string    // to compare with; empty when the member has no PIN
	Wait   time.Time // it is not compared, and none is before then; zero: it is to be compared
	Closed bool      // nobody comes in at the device
	Close  bool      // and this try closed it
}

// TryPIN counts a try of a member at a device as wrong, before anything is compared, so that however many come at once no
// more are compared than may be. Open takes a right one back. A try that has to wait, or at a closed device, is not
// counted and must not be compared.
func (db *DB) TryPIN(ctx context.Context, org, device, member flow.ID, now time.Time) (Try, error) {
	var t Try
	err := db.inTenant(ctx, org, func(tx pgx.Tx) error {
		var w flow.Wrongs
		var since, suspended, until pgtype.Timestamptz
		var wrong int
		err := tx.QueryRow(ctx, "select wrong, wrong_since, suspended_at from devices where org_id = $1 and id = $2 for update", org, device).Scan(&w.Count, &since, &suspended)
		if err != nil {
			return notFound(err)
		}
		err = tx.QueryRow(ctx, `select coalesce(p.hash, ''), coalesce(t.wrong, 0), t.locked_until from members m
			left join pins p on p.org_id = m.org_id and p.member_id = m.id
			left join pin_tries t on t.org_id = m.org_id and t.member_id = m.id and t.device_id = $2
			where m.org_id = $1 and m.id = $3`, org, device, member).Scan(&t.Hash, &wrong, &until) // after the lock, so that it sees the try before
		if err != nil {
			return notFound(err)
		}
		w.Since = flow.At(since.Time)
		w = w.At(flow.At(now))
		if t.Closed = suspended.Valid || w.Full(); t.Closed {
			return nil
		}
		if flow.Wait(wrong) > 0 && until.Time.After(now) {
			t.Wait = until.Time
			return nil
		}
		w = w.More(flow.At(now))
		t.Close = w.Full()
		return countWrong(ctx, tx, wrongTry{org, device, member, wrong + 1, w, t.Close, now})
	})
	return t, err
}

type wrongTry struct {
	org, device, member flow.ID
	inRow               int
	wrongs              flow.Wrongs
	closes              bool
	at                  time.Time
}

func countWrong(ctx context.Context, tx pgx.Tx, w wrongTry) error {
	_, err := tx.Exec(ctx, `insert into pin_tries values ($1, $2, $3, $4, $5)
		on conflict (org_id, device_id, member_id) do update set wrong = excluded.wrong, locked_until = excluded.locked_until`,
		w.org, w.device, w.member, w.inRow, w.at.Add(flow.Wait(w.inRow)))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "update devices set wrong = $3, wrong_since = $4 where org_id = $1 and id = $2", w.org, w.device, w.wrongs.Count, w.wrongs.Since.Time())
	return err
}

// WrongPIN notes that a counted try was wrong, and closes the device when it was the one too many.
func (db *DB) WrongPIN(ctx context.Context, org, device, member flow.ID, closes bool, now time.Time) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		queueAudit(b, org, Event{What: AuditWrong, ID: member.String(), Detail: map[string]string{"via": string(flow.ViaFloor), "device": device.String()}})
		if closes {
			b.Queue("update devices set suspended_at = $3 where org_id = $1 and id = $2 and suspended_at is null", org, device, now)
			b.Queue("delete from sessions where org_id = $1 and device_id = $2", org, device)
		}
	})
}

// ErrClosed says that nobody comes in at a device.
var ErrClosed = errors.New("postgres: the device is closed")

// OpenFloor lets a member in at a device. With a PIN, its try is no longer counted, and neither are the member's wrong
// ones there before it. The device has to be open still, and the same tablet.
func (db *DB) OpenFloor(ctx context.Context, org flow.ID, s Session, byPIN bool) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		var open bool
		err := tx.QueryRow(ctx, "select suspended_at is null and token_hash is not null from devices where org_id = $1 and id = $2 for update", org, s.Device).Scan(&open)
		if err != nil {
			return notFound(err)
		}
		if !open {
			return ErrClosed
		}
		b := &pgx.Batch{}
		if byPIN {
			b.Queue("delete from pin_tries where org_id = $1 and device_id = $2 and member_id = $3", org, s.Device, s.Member)
			b.Queue("update devices set wrong = greatest(wrong - 1, 0) where org_id = $1 and id = $2", org, s.Device)
		}
		queueSession(b, org, s)
		queueAudit(b, org, Event{What: AuditSignIn, ID: s.Device.String(), Detail: map[string]string{"via": string(flow.ViaFloor)}})
		return tx.SendBatch(ctx, b).Close()
	})
}
