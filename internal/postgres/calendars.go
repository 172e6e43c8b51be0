package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// Calendar is a calendar as an organisation keeps it.
type Calendar struct {
	flow.Calendar
	Version  int  // counts its changes
	Standard bool // the one for stages that name none
	By       flow.ID
	Changed  time.Time
}

// CalendarChange says which calendar somebody changes, and when. Seen is the version that they had before them, 0 for
// a new calendar.
type CalendarChange struct {
	Code string
	Seen int
	By   flow.ID
	At   time.Time
}

// Calendars are an organisation's calendars, the standard one first, at most 200.
func (db *DB) Calendars(ctx context.Context, org flow.ID) ([]Calendar, error) {
	var list []Calendar
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select version, standard, body, changed_by, changed_at from calendars
			where org_id = $1 order by not standard, body->>'name', code limit 200`, org).Query(func(rows pgx.Rows) error {
			var c Calendar
			_, err := pgx.ForEachRow(rows, []any{&c.Version, &c.Standard, &c.Calendar, &c.By, &c.Changed}, func() error {
				list = append(list, c)
				c = Calendar{} // its shifts and holidays are not to be written over
				return nil
			})
			return err
		})
	})
	return list, err
}

// Timetable is an organisation's calendars, ready to reckon with in a zone.
func (db *DB) Timetable(ctx context.Context, o Organisation) (*flow.Timetable, error) {
	p := flow.Person{Timezone: o.Timezone}
	err := db.tenant(ctx, o.ID, func(b *pgx.Batch) { db.queueTimetable(b, o.ID, &p) })
	return p.Hours, err
}

// queueTimetable gives a person the calendars of their organisation, whose time zone is known by then.
func (db *DB) queueTimetable(b *pgx.Batch, org flow.ID, p *flow.Person) {
	b.Queue(`select coalesce(max(code) filter (where standard), ''), coalesce(json_agg(body)::text, '') from calendars where org_id = $1`, org).QueryRow(func(row pgx.Row) error {
		var standard, text string
		if err := row.Scan(&standard, &text); err != nil || text == "" {
			return err
		}
		var err error
		p.Hours, err = db.timetable(org, timetableKey{p.Timezone, standard, text})
		return err
	})
}

// timetableKey is what a timetable is made of.
type timetableKey struct{ zone, standard, calendars string }

// knownTimetable is what was made of calendars: it is needed by every request and seldom changes.
type knownTimetable struct {
	key   timetableKey
	table *flow.Timetable
}

const maxTimetables = 1000 // a bound on memory, far above the organisations that one server meets in a day

func (db *DB) timetable(org flow.ID, key timetableKey) (*flow.Timetable, error) {
	if known, ok := db.tables.get(org); ok && known.key == key {
		return known.table, nil
	}
	var list []flow.Calendar
	if err := json.Unmarshal([]byte(key.calendars), &list); err != nil {
		return nil, err
	}
	table := flow.NewTimetable(list, key.standard, Zone(key.zone))
	db.tables.put(org, knownTimetable{key, table}, maxTimetables)
	return table, nil
}

var india = time.FixedZone("IST", 5*3600+1800)

// zones remembers the time zones that were met: reading one is reading a file.
var zones sync.Map // name -> *time.Location

// Zone is the time zone of a name, that of India for one that is not known.
func Zone(name string) *time.Location {
	if z, ok := zones.Load(name); ok {
		return z.(*time.Location) //nolint:forcetypeassert // only locations are put in
	}
	z, err := time.LoadLocation(name)
	if err != nil || name == "" {
		return india
	}
	zones.Store(name, z)
	return z
}

// AddCalendar keeps a new calendar under its code. An organisation's first one is its standard. A code that another
// one has is refused as name_twice; the same calendar again is no change.
func (db *DB) AddCalendar(ctx context.Context, org flow.ID, c flow.Calendar, by flow.ID, at time.Time) error {
	return db.changingCalendars(ctx, org, func(tx pgx.Tx) error {
		was, err := calendarNow(ctx, tx, org, c.Code, &c)
		switch {
		case err == nil && was.same:
			return nil
		case err == nil:
			return &flow.Refusal{Code: flow.NameTwice, Name: c.Name}
		case !errors.Is(err, ErrNotFound):
			return err
		}
		var others int
		if err := tx.QueryRow(ctx, "select count(*) from calendars where org_id = $1", org).Scan(&others); err != nil {
			return err
		}
		return keepCalendar(ctx, tx, org, CalendarChange{Code: c.Code, By: by, At: at}, c, others == 0)
	})
}

// SaveCalendar keeps a changed calendar. When somebody else has changed it since it was seen, that is refused as
// calendar_changed; the same calendar again is no change.
func (db *DB) SaveCalendar(ctx context.Context, org flow.ID, change CalendarChange, c flow.Calendar) error {
	return db.changingCalendars(ctx, org, func(tx pgx.Tx) error {
		c.Code = change.Code
		was, err := calendarNow(ctx, tx, org, change.Code, &c)
		if err != nil || was.same {
			return err
		}
		if was.Version != change.Seen {
			return &flow.Refusal{Code: flow.CalendarChanged, Name: c.Name, By: was.By, At: flow.At(was.Changed)}
		}
		return keepCalendar(ctx, tx, org, change, c, was.Standard)
	})
}

// SetStandardCalendar makes a calendar the one for stages that name none.
func (db *DB) SetStandardCalendar(ctx context.Context, org flow.ID, change CalendarChange) error {
	return db.changingCalendars(ctx, org, func(tx pgx.Tx) error {
		was, err := calendarNow(ctx, tx, org, change.Code, nil)
		if err != nil || was.Standard {
			return err
		}
		if _, err := tx.Exec(ctx, "update calendars set standard = false where org_id = $1 and standard", org); err != nil {
			return err
		}
		return keepCalendar(ctx, tx, org, change, was.Calendar.Calendar, true)
	})
}

// RemoveCalendar takes a calendar away; stages that name it work by the standard one from then on. The standard one
// itself is refused as calendar_standard; one that is not there is gone already.
func (db *DB) RemoveCalendar(ctx context.Context, org flow.ID, change CalendarChange) error {
	return db.changingCalendars(ctx, org, func(tx pgx.Tx) error {
		was, err := calendarNow(ctx, tx, org, change.Code, nil)
		switch {
		case errors.Is(err, ErrNotFound):
			return nil
		case err != nil:
			return err
		case was.Standard:
			return &flow.Refusal{Code: flow.CalendarStandard, Name: was.Name}
		}
		if _, err := tx.Exec(ctx, "delete from calendars where org_id = $1 and code = $2", org, change.Code); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `insert into calendar_changes (org_id, code, version, standard, body, changed_by, changed_at)
			values ($1, $2, $3, false, null, $4, $5)`, org, change.Code, was.Version+1, change.By, change.At)
		return err
	})
}

// changingCalendars changes the calendars of an organisation, one change at a time.
func (db *DB) changingCalendars(ctx context.Context, org flow.ID, f func(tx pgx.Tx) error) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "select from organisations where org_id = $1 for update", org); err != nil {
			return err
		}
		return f(tx)
	})
}

type calendarWas struct {
	Calendar
	same bool // it is what it is to become
}

func calendarNow(ctx context.Context, tx pgx.Tx, org flow.ID, code string, next *flow.Calendar) (calendarWas, error) {
	var was calendarWas
	err := tx.QueryRow(ctx, `select version, standard, body, changed_by, changed_at, coalesce(body = $3::jsonb, false) from calendars
		where org_id = $1 and code = $2`, org, code, next).Scan(&was.Version, &was.Standard, &was.Calendar.Calendar, &was.By, &was.Changed, &was.same)
	return was, notFound(err)
}

// keepCalendar writes a calendar and the record of the change.
func keepCalendar(ctx context.Context, tx pgx.Tx, org flow.ID, change CalendarChange, c flow.Calendar, standard bool) error {
	var version int
	err := tx.QueryRow(ctx, `insert into calendar_changes (org_id, code, version, standard, body, changed_by, changed_at)
		select $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5, $6 from calendar_changes where org_id = $1 and code = $2 returning version`,
		org, change.Code, standard, c, change.By, change.At).Scan(&version)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into calendars (org_id, code, version, standard, body, changed_by, changed_at) values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (org_id, code) do update set version = excluded.version, standard = excluded.standard, body = excluded.body,
		changed_by = excluded.changed_by, changed_at = excluded.changed_at`, org, change.Code, version, standard, c, change.By, change.At)
	return err
}

// CalendarChanges are the newest changes of a calendar, at most limit; one without a name is a removal.
func (db *DB) CalendarChanges(ctx context.Context, org flow.ID, code string, limit int) ([]Calendar, error) {
	var list []Calendar
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select version, standard, coalesce(body, '{}'), changed_by, changed_at from calendar_changes
			where org_id = $1 and code = $2 order by version desc limit $3`, org, code, limit).Query(func(rows pgx.Rows) error {
			var c Calendar
			_, err := pgx.ForEachRow(rows, []any{&c.Version, &c.Standard, &c.Calendar, &c.By, &c.Changed}, func() error {
				list = append(list, c)
				c = Calendar{}
				return nil
			})
			return err
		})
	})
	return list, err
}
