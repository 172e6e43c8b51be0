package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"clicarity/internal/flow"
)

// Device is a tablet or phone on the floor that several people use in turn.
type Device struct {
	ID        flow.ID
	Name      string
	Place     string     // where it is, for people
	Given     flow.Given // the stages that are worked at from it
	Created   time.Time
	Waits     time.Time // until when a pairing code lets a tablet be this device; zero: there is no code
	Paired    time.Time // since when a tablet is; zero: none is
	Seen      time.Time
	SeenOn    string
	Suspended time.Time // since when nobody comes in at it; zero: people do
}

const selectDevices = `select id, name, place, given, created_at, pair_until, paired_at, seen_at, seen_on, suspended_at from devices where org_id = $1 and shows = ''`

func scanDevice(row pgx.Row) (Device, error) {
	var d Device
	var given givenText
	var waits, paired, seen, suspended pgtype.Timestamptz
	err := row.Scan(&d.ID, &d.Name, &d.Place, &given, &d.Created, &waits, &paired, &seen, &d.SeenOn, &suspended)
	d.Given = flow.Given(given)
	d.Waits, d.Paired, d.Seen, d.Suspended = waits.Time, paired.Time, seen.Time, suspended.Time
	return d, err
}

// Devices are the shared devices of an organisation by name, at most limit.
func (db *DB) Devices(ctx context.Context, org flow.ID, limit int) ([]Device, error) {
	var list []Device
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectDevices+" order by name limit $2", org, limit).Query(func(rows pgx.Rows) error {
			defer rows.Close()
			for rows.Next() {
				d, err := scanDevice(rows)
				if err != nil {
					return err
				}
				list = append(list, d)
			}
			return rows.Err()
		})
	})
	return list, err
}

// Device is one shared device.
func (db *DB) Device(ctx context.Context, org, id flow.ID) (d Device, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectDevices+" and id = $2", org, id).QueryRow(func(row pgx.Row) error {
			d, err = scanDevice(row)
			return err
		})
	})
	return d, notFound(err)
}

// AddDevice stores a shared device that no tablet is yet. It fails with a taken name.
func (db *DB) AddDevice(ctx context.Context, org flow.ID, d Device) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("insert into devices (org_id, id, name, place, given, created_at) values ($1, $2, $3, $4, $5, $6)",
			org, d.ID, d.Name, d.Place, d.Given.Encode(), d.Created)
	})
}

// SetDevice changes what a device is called, where it is and which stages are worked at from it. The stages take effect
// at once, on open pages too.
func (db *DB) SetDevice(ctx context.Context, org flow.ID, d Device) error {
	return db.one(ctx, org, "update devices set name = $3, place = $4, given = $5 where org_id = $1 and id = $2", org, d.ID, d.Name, d.Place, d.Given.Encode())
}

// one runs a statement that is to change something that is there.
func (db *DB) one(ctx context.Context, org flow.ID, sql string, args ...any) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, sql, args...)
		if err == nil && tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		return err
	})
}

// SetPairing lets the tablet that shows a code become a device, once, until a time. A code from before is void.
func (db *DB) SetPairing(ctx context.Context, org, device flow.ID, code [32]byte, until time.Time) error {
	return db.one(ctx, org, "update devices set pair_hash = $3, pair_until = $4 where org_id = $1 and id = $2", org, device, code[:], until)
}

// Pairing is a tablet that shows a code: the hashes of the code and of the token it is known by from then on.
type Pairing struct {
	Code, Token [32]byte
	On          string
	At          time.Time
}

// Pair makes a tablet the device whose code it shows. Whatever was that device before is it no more, and who was in there
// is out. ErrNotFound: there is no such code, or its time is over.
func (db *DB) Pair(ctx context.Context, org flow.ID, p Pairing) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		var device flow.ID
		err := tx.QueryRow(ctx, `update devices set token_hash = $3, paired_at = $4, seen_at = $4, seen_on = $5, pair_hash = null, pair_until = null
			where org_id = $1 and pair_hash = $2 and pair_until > $4 returning id`, org, p.Code[:], p.Token[:], p.At, p.On).Scan(&device)
		if err != nil {
			return notFound(err)
		}
		_, err = tx.Exec(ctx, "delete from sessions where org_id = $1 and device_id = $2", org, device)
		return err
	})
}

// Floor is a device as its tablet asks, with what its pages need of the organisation.
type Floor struct {
	Device
	Org      flow.ID
	OrgName  string
	Timezone string
}

// deviceStale is how old the note of when a device was last used may be.
const deviceStale = time.Minute

// DeviceBy is the device that a tablet is by its token; ErrNotFound when it is none, or none any more.
func (db *DB) DeviceBy(ctx context.Context, org flow.ID, token [32]byte, now time.Time) (Floor, error) {
	f := Floor{Org: org}
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectDevices+" and token_hash = $2", org, token[:]).QueryRow(func(row pgx.Row) (err error) {
			f.Device, err = scanDevice(row)
			return err
		})
		b.Queue("select name, timezone from organisations where org_id = $1", org).QueryRow(func(row pgx.Row) error { return row.Scan(&f.OrgName, &f.Timezone) })
	})
	if err == nil && now.Sub(f.Seen) > deviceStale {
		err = db.tenant(ctx, org, func(b *pgx.Batch) {
			b.Queue("update devices set seen_at = $3 where org_id = $1 and id = $2", org, f.ID, now)
		})
	}
	return f, notFound(err)
}

// LetIn lets people in again at a device that was closed, and forgets who waited there.
func (db *DB) LetIn(ctx context.Context, org, device flow.ID) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, "update devices set suspended_at = null, wrong = 0, wrong_since = null where org_id = $1 and id = $2", org, device)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		_, err = tx.Exec(ctx, "delete from pin_tries where org_id = $1 and device_id = $2", org, device)
		return err
	})
}

// RemoveDevice forgets a device. Its tablet and who is in there are out at once.
func (db *DB) RemoveDevice(ctx context.Context, org, device flow.ID) error {
	return db.one(ctx, org, "delete from devices where org_id = $1 and id = $2", org, device)
}

// WaitingAt are the members who tried wrong PINs at a device and have to wait there.
func (db *DB) WaitingAt(ctx context.Context, org, device flow.ID, now time.Time) (map[flow.ID]time.Time, error) {
	list := map[flow.ID]time.Time{}
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select member_id, locked_until from pin_tries where org_id = $1 and device_id = $2 and locked_until > $3 limit 500", org, device, now).Query(func(rows pgx.Rows) error {
			var id flow.ID
			var until time.Time
			_, err := pgx.ForEachRow(rows, []any{&id, &until}, func() error { list[id] = until; return nil })
			return err
		})
	})
	return list, err
}

// EndWait lets a member try again at a device.
func (db *DB) EndWait(ctx context.Context, org, device, member flow.ID) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("delete from pin_tries where org_id = $1 and device_id = $2 and member_id = $3", org, device, member)
	})
}

// Slug is the short name of an organisation.
func (db *DB) Slug(ctx context.Context, org flow.ID) (slug string, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select slug from organisations where org_id = $1", org).QueryRow(func(row pgx.Row) error { return row.Scan(&slug) })
	})
	return slug, notFound(err)
}
