package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// Booking is what Calendly tells of a demo that somebody booked or cancelled.
type Booking struct {
	Invitee    string // the address under which Calendly keeps the guest
	Old, New   string // of a demo that was moved: the guest before, the guest after
	Starts     time.Time
	Made       time.Time // when the guest booked, as Calendly says
	Cancelled  bool      // told that it is cancelled, else that it is booked
	Moved      bool      // cancelled because another takes its place
	EraseAfter time.Time
	// Enquiry is what becomes of it when the sender has not written before; its ID is new.
	Enquiry Enquiry
}

// Book keeps what is told of a demo. What was told before changes nothing; of a demo that was moved the enquiry stays one,
// in whatever order the two halves come. Who was erased after they booked is not brought back.
func (db *DB) Book(ctx context.Context, org flow.ID, k Booking) (news bool, err error) {
	asker, err := db.sealAsker(ctx, org, k.Enquiry)
	if err != nil {
		return false, err
	}
	err = db.inTenant(ctx, org, func(tx pgx.Tx) error {
		if err := lockBookings(ctx, tx, org); err != nil {
			return err
		}
		b := booking{tx: tx, org: org, Booking: k, asker: asker}
		if erased, err := b.erased(ctx); err != nil || erased {
			return err
		}
		if err := b.read(ctx); err != nil {
			return err
		}
		if k.Cancelled && b.cancelled || !k.Cancelled && b.created {
			return nil
		}
		news = true
		if k.Cancelled {
			return b.cancel(ctx)
		}
		return b.book(ctx)
	})
	return news, err
}

// lockBookings lets one at a time: what is told comes in any order, and in several requests at once.
func lockBookings(ctx context.Context, tx pgx.Tx, org flow.ID) error {
	_, err := tx.Exec(ctx, "select pg_advisory_xact_lock(hashtextextended('bookings ' || $1, 0))", org.String())
	return err
}

type booking struct {
	tx  pgx.Tx
	org flow.ID
	Booking
	asker              [][]byte // sealed
	enquiry            *flow.ID
	created, cancelled bool   // told before
	next               string // told before: the guest that takes this one's place
}

// read is what is known of the guest.
func (b *booking) read(ctx context.Context) error {
	err := b.tx.QueryRow(ctx, "select enquiry_id, created, cancelled, new_invitee from bookings where org_id = $1 and invitee = $2", b.org, b.Invitee).
		Scan(&b.enquiry, &b.created, &b.cancelled, &b.next)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}

// book keeps that a demo is booked. The enquiry is that of the demo it takes the place of, else the open one of the same
// address, else a new one.
func (b *booking) book(ctx context.Context) error {
	before, err := b.one(ctx, `select enquiry_id from bookings where org_id = $1 and enquiry_id is not null
		and (invitee in ($2, $3) and invitee <> '' or new_invitee = $4 or old_invitee = $4) limit 1`, b.Old, b.next, b.Invitee)
	if err != nil {
		return err
	}
	if before != nil {
		b.enquiry = before
	}
	what := "booked"
	if b.Old != "" {
		what = "moved"
	}
	if b.enquiry == nil && b.Enquiry.Mark != nil {
		if b.enquiry, err = b.one(ctx, "select id from enquiries where org_id = $1 and mark = $2 and state <> 'closed' order by created_at desc limit 1", b.Enquiry.Mark); err != nil {
			return err
		}
	}
	if b.enquiry == nil {
		if _, err := insertEnquiry(ctx, b.tx, b.org, b.Enquiry, b.asker); err != nil {
			return err
		}
		b.enquiry = &b.Enquiry.ID
	}
	_, err = b.tx.Exec(ctx, `insert into bookings (org_id, invitee, enquiry_id, old_invitee, starts_at, created, erase_after) values ($1, $2, $3, $4, $5, true, $6)
		on conflict (org_id, invitee) do update set enquiry_id = excluded.enquiry_id, old_invitee = excluded.old_invitee, starts_at = excluded.starts_at, created = true`,
		b.org, b.Invitee, b.enquiry, b.Old, b.Starts, b.EraseAfter)
	if err != nil {
		return err
	}
	if err = b.step(ctx, what); err == nil && b.cancelled && b.next == "" { // that was told first
		err = b.step(ctx, "cancelled")
	}
	return errors.Join(err, b.settle(ctx))
}

// cancel keeps that a demo is cancelled.
func (b *booking) cancel(ctx context.Context) error {
	_, err := b.tx.Exec(ctx, `insert into bookings (org_id, invitee, new_invitee, starts_at, cancelled, erase_after) values ($1, $2, $3, $4, true, $5)
		on conflict (org_id, invitee) do update set new_invitee = excluded.new_invitee, cancelled = true`, b.org, b.Invitee, b.New, b.Starts, b.EraseAfter)
	if err != nil || b.enquiry == nil { // nobody was told of yet: it is remembered
		return err
	}
	if !b.Moved {
		err = b.step(ctx, "cancelled")
	}
	return errors.Join(err, b.settle(ctx))
}

// settle puts the enquiry where the demos that are known of it say: booked at the time of the one that stands. When none
// stands somebody has to answer, unless one was moved and the other is still to come.
func (b *booking) settle(ctx context.Context) error {
	var stands *time.Time
	var comes bool
	err := b.tx.QueryRow(ctx, `select max(starts_at) filter (where created and not cancelled and not exists (select from bookings n where n.org_id = b.org_id and n.old_invitee = b.invitee)),
		coalesce(bool_or(cancelled and new_invitee <> '' and not exists (select from bookings n where n.org_id = b.org_id and n.invitee = b.new_invitee and n.created)), false)
		from bookings b where org_id = $1 and enquiry_id = $2`, b.org, b.enquiry).Scan(&stands, &comes)
	switch {
	case err != nil:
		return err
	case stands != nil:
		_, err = b.tx.Exec(ctx, "update enquiries set state = 'booked', meeting_at = $3 where org_id = $1 and id = $2", b.org, b.enquiry, stands)
	case !comes:
		_, err = b.tx.Exec(ctx, "update enquiries set state = 'new', meeting_at = null, reply_by = $3 where org_id = $1 and id = $2 and state = 'booked'",
			b.org, b.enquiry, b.Enquiry.ReplyBy)
	}
	return err
}

func (b *booking) one(ctx context.Context, sql string, args ...any) (*flow.ID, error) {
	var id *flow.ID
	err := b.tx.QueryRow(ctx, sql, append([]any{b.org}, args...)...).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return id, err
}

func (b *booking) step(ctx context.Context, what string) error {
	_, err := b.tx.Exec(ctx, "insert into enquiry_steps (org_id, enquiry_id, what, meeting_at, at) values ($1, $2, $3, $4, $5)",
		b.org, b.enquiry, what, b.Starts, b.Enquiry.At)
	return err
}
