package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"clicarity/internal/flow"
)

// How it stands with what Calendly tells.
const (
	CalendlyUnknown  = "unknown"  // nobody has looked yet
	CalendlyAlive    = "alive"    // it tells
	CalendlyRetrying = "retrying" // it tries, and does not get through
	CalendlyRefused  = "refused"  // it does not take the token
	CalendlyFailing  = "failing"  // it does not tell, and cannot be made to
	CalendlySilent   = "silent"   // it has not answered for days
)

// CalendlyTroubles are the states in which somebody has to do something.
func CalendlyTroubles() []string {
	return []string{CalendlyRetrying, CalendlyRefused, CalendlyFailing, CalendlySilent}
}

// CalendlyWatch is what is known of the subscription by which Calendly tells of demos.
type CalendlyWatch struct {
	State    string
	Since    time.Time // of the state
	Fault    string    // what Calendly answered to what, when that was no good
	Checked  time.Time // the last look that it answered
	Good     time.Time // the last look that found it alive
	Made     time.Time // when it was made anew
	Told     time.Time // when the owners were told of a state
	Kinds    []string  // of meetings that are demos, as Calendly names them; none: all are
	Filled   time.Time // what changed at Calendly until then is here
	WalkAt   time.Time // when the walk over the demos began that goes on; zero: none does
	WalkFrom time.Time // from which demos on, by when they start
	Next     time.Time // when it is looked at next
	taken    time.Time
}

// calendlyTake is how long a look is left to the server that took it: longer than a look lasts.
const calendlyTake = 10 * time.Minute

const watchColumns = "state, state_at, fault, checked_at, good_at, made_at, told_at, kinds, filled_to, walk_at, walk_from, next_at, taken_until"

func scanWatch(row pgx.Row) (w CalendlyWatch, err error) {
	var checked, good, made, told, filled, walk, from, taken pgtype.Timestamptz
	err = row.Scan(&w.State, &w.Since, &w.Fault, &checked, &good, &made, &told, &w.Kinds, &filled, &walk, &from, &w.Next, &taken)
	w.Checked, w.Good, w.Made, w.Told, w.Filled, w.WalkAt, w.WalkFrom, w.taken = checked.Time, good.Time, made.Time, told.Time, filled.Time, walk.Time, from.Time, taken.Time
	return w, err
}

// CalendlyWatch is what is known of an organisation's subscription; ErrNotFound when nobody watches it.
func (db *DB) CalendlyWatch(ctx context.Context, org flow.ID) (w CalendlyWatch, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select "+watchColumns+" from calendly_watch where org_id = $1", org).QueryRow(func(row pgx.Row) error {
			w, err = scanWatch(row)
			return err
		})
	})
	return w, notFound(err)
}

// TakeCalendlyWatch takes the look that is due; false when none is, or another server is at it. It is the caller's for some
// minutes; when it does not say how that ended, somebody takes it again.
func (db *DB) TakeCalendlyWatch(ctx context.Context, org flow.ID, now time.Time) (w CalendlyWatch, due bool, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("insert into calendly_watch (org_id, next_at, state_at) values ($1, $2, $2) on conflict do nothing", org, now)
		b.Queue(`update calendly_watch set taken_until = $3 where org_id = $1 and next_at <= $2 and (taken_until is null or taken_until <= $2)
			returning `+watchColumns, org, now, now.Add(calendlyTake)).QueryRow(func(row pgx.Row) error {
			w, err = scanWatch(row)
			if errors.Is(err, pgx.ErrNoRows) {
				return nil
			}
			due = err == nil
			return err
		})
	})
	return w, due, err
}

// SaveCalendlyWatch keeps what came of a look, and writes the mails that tell of it, both or neither. Of a look that took too
// long and is somebody else's by now nothing is kept.
func (db *DB) SaveCalendlyWatch(ctx context.Context, org flow.ID, w CalendlyWatch, mails ...Mail) error {
	sealed, err := db.sealMails(ctx, org, mails)
	if err != nil {
		return err
	}
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update calendly_watch set state = $3, state_at = $4, fault = left($5, 200), checked_at = $6, good_at = $7, made_at = $8, told_at = $9, kinds = $10, filled_to = $11,
			walk_at = $12, walk_from = $13, next_at = $14, taken_until = null where org_id = $1 and taken_until = $2`,
			org, w.taken, w.State, w.Since, w.Fault, timeOrNull(w.Checked), timeOrNull(w.Good), timeOrNull(w.Made), timeOrNull(w.Told), append([]string{}, w.Kinds...), timeOrNull(w.Filled), timeOrNull(w.WalkAt), timeOrNull(w.WalkFrom), w.Next)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return sendMails(ctx, tx, org, mails, sealed)
	})
}

// erasedKept is how long it is known that somebody was erased: longer than a demo is booked ahead.
const erasedKept = 365 * 24 * time.Hour

// rememberErased keeps, of the enquiries that a condition names and that are about to be erased, by what Calendly and a next booking
// would bring them back. Where Calendly never told anything it keeps nothing.
func rememberErased(ctx context.Context, tx pgx.Tx, org flow.ID, now time.Time, enquiries string, arg any) error {
	_, err := tx.Exec(ctx, `insert into erased_guests (org_id, digest, erased_at)
		select $1, digest, $2 from (
			select sha256(convert_to(guest, 'UTF8')) from bookings cross join unnest(array[invitee, old_invitee, new_invitee]) guest
				where org_id = $1 and guest <> '' and enquiry_id in (select id from enquiries where org_id = $1 and `+enquiries+`)
			union select mark from enquiries where org_id = $1 and `+enquiries+` and mark is not null
				and (exists (select from bookings where org_id = $1) or exists (select from calendly_watch where org_id = $1))) g (digest)
		on conflict (org_id, digest) do update set erased_at = greatest(erased_guests.erased_at, excluded.erased_at)`, org, now, arg)
	return err
}

// erased reports whether the guest was erased after they booked, they themselves or, with a demo that was moved, whom they take the
// place of.
func (b *booking) erased(ctx context.Context) (is bool, err error) {
	err = b.tx.QueryRow(ctx, `select exists (select from erased_guests where org_id = $1 and erased_at >= $2
		and digest in (sha256(convert_to($3, 'UTF8')), sha256(convert_to($4, 'UTF8')), $5))`, b.org, b.Made, b.Invitee, b.Old, b.Enquiry.Mark).Scan(&is)
	return is, err
}
