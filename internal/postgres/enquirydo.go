package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// EnquiryAct is something that an owner does with an enquiry. The same act sent twice counts once.
type EnquiryAct struct {
	Enquiry flow.ID
	Command flow.ID // made with the form
	By      flow.ID
	At      time.Time
	Text    string // of an answer
}

// enquiryMoves are what owners may do: the step that is noted, and the change that goes with it. What changes nothing is
// not noted.
var enquiryMoves = map[string]string{
	"taken":    "update enquiries set owner_id = $3 where org_id = $1 and id = $2 and owner_id is distinct from $3 and $4::timestamptz is not null",
	"answered": "update enquiries set owner_id = coalesce(owner_id, $3), answered_at = $4, state = case when state = 'new' then 'answered' else state end where org_id = $1 and id = $2",
	"closed":   "update enquiries set state = 'closed' where org_id = $1 and id = $2 and state <> 'closed' and $3::uuid is not null and $4::timestamptz is not null",
	"reopened": "update enquiries set state = 'new', owner_id = $3 where org_id = $1 and id = $2 and state = 'closed' and $4::timestamptz is not null",
}

// DoEnquiry does what an owner does with an enquiry (taken, answered, closed, reopened) and writes the mails that go with
// it; ErrNotFound when there is no such enquiry.
func (db *DB) DoEnquiry(ctx context.Context, org flow.ID, what string, a EnquiryAct, mails ...Mail) error {
	move, ok := enquiryMoves[what]
	if !ok {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	text, err := db.sealContact(ctx, org, a.Enquiry, "step", a.Text)
	if err != nil {
		return err
	}
	sealed, err := db.sealMails(ctx, org, mails)
	if err != nil {
		return err
	}
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		var done bool
		err := tx.QueryRow(ctx, `select exists (select from enquiry_steps s where s.org_id = e.org_id and s.enquiry_id = e.id and s.id = $3)
			from enquiries e where org_id = $1 and id = $2 for update`, org, a.Enquiry, a.Command).Scan(&done)
		if err != nil || done {
			return notFound(err)
		}
		tag, err := tx.Exec(ctx, move, org, a.Enquiry, a.By, a.At)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		if _, err := tx.Exec(ctx, "insert into enquiry_steps (org_id, enquiry_id, id, what, by_id, text, at) values ($1, $2, $3, $4, $5, $6, $7)",
			org, a.Enquiry, a.Command, what, a.By, text, a.At); err != nil {
			return err
		}
		return sendMails(ctx, tx, org, mails, sealed)
	})
}

// EraseEnquiry forgets an enquiry, what happened to it and the demos that were booked. Erasing it again changes nothing.
func (db *DB) EraseEnquiry(ctx context.Context, org, id flow.ID, now time.Time) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		if err := lockBookings(ctx, tx, org); err != nil {
			return err
		}
		if err := rememberErased(ctx, tx, org, now, "id = $3", id); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, "delete from enquiries where org_id = $1 and id = $2", org, id)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		b := &pgx.Batch{}
		queueAudit(b, org, Event{What: AuditErased, ID: id.String()})
		return tx.SendBatch(ctx, b).Close()
	})
}

// consentsKept is how long it is remembered that somebody chose about cookies: longer than the choice itself counts.
const consentsKept = 400 * 24 * time.Hour

// EndOldEnquiries erases what the public site took in and whose time is over, and says how many enquiries that were.
func (db *DB) EndOldEnquiries(ctx context.Context, org flow.ID, now time.Time) (n int64, err error) {
	err = db.inTenant(ctx, org, func(tx pgx.Tx) error {
		if err := lockBookings(ctx, tx, org); err != nil {
			return err
		}
		if err := rememberErased(ctx, tx, org, now, "erase_after <= $3", now); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, "delete from enquiries where org_id = $1 and erase_after <= $2", org, now)
		n = tag.RowsAffected()
		return err
	})
	if err == nil {
		_, err = db.deleteOld(ctx, org, "delete from bookings where org_id = $1 and erase_after <= $2", now)
	}
	if err == nil {
		_, err = db.deleteOld(ctx, org, "delete from erased_guests where org_id = $1 and erased_at <= $2", now.Add(-erasedKept))
	}
	if err == nil {
		_, err = db.deleteOld(ctx, org, "delete from site_consents where org_id = $1 and at <= $2", now.Add(-consentsKept))
	}
	return n, err
}

// maxReminded bounds how many enquiries are reminded of at once; the next round finds the rest.
const maxReminded = 50

// UnansweredEnquiries are those whose answer is due and of which nobody was reminded yet.
func (db *DB) UnansweredEnquiries(ctx context.Context, org flow.ID, now time.Time) ([]flow.ID, error) {
	var list []flow.ID
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select id from enquiries where org_id = $1 and state = 'new' and reply_by <= $2 and reminded_at is null order by reply_by, id limit $3",
			org, now, maxReminded).Query(func(rows pgx.Rows) error {
			var err error
			list, err = pgx.CollectRows(rows, pgx.RowTo[flow.ID])
			return err
		})
	})
	return list, err
}

// RemindEnquiry writes the mails that remind of an enquiry, once.
func (db *DB) RemindEnquiry(ctx context.Context, org, id flow.ID, now time.Time, mails ...Mail) error {
	sealed, err := db.sealMails(ctx, org, mails)
	if err != nil {
		return err
	}
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, "update enquiries set reminded_at = $3 where org_id = $1 and id = $2 and reminded_at is null", org, id, now)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		if _, err := tx.Exec(ctx, "insert into enquiry_steps (org_id, enquiry_id, what, at) values ($1, $2, 'reminded', $3)", org, id, now); err != nil {
			return err
		}
		return sendMails(ctx, tx, org, mails, sealed)
	})
}

// SiteConsent is a choice about cookies that a visitor made.
type SiteConsent struct {
	ID       flow.ID // made with the question: sent twice, there once
	Version  int
	Choices  string // a0: none but the necessary; a1: statistics too
	Language string
	At       time.Time
}

// AddSiteConsent keeps that a choice was made.
func (db *DB) AddSiteConsent(ctx context.Context, org flow.ID, c SiteConsent) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("insert into site_consents (org_id, id, version, choices, language, at) values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
			org, c.ID, c.Version, c.Choices, c.Language, c.At)
	})
}

// CountSiteConsents is how many choices of each kind are kept.
func (db *DB) CountSiteConsents(ctx context.Context, org flow.ID) (refused, agreed int64, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select count(*) filter (where choices = 'a0'), count(*) filter (where choices = 'a1') from site_consents where org_id = $1", org).
			QueryRow(func(row pgx.Row) error { return row.Scan(&refused, &agreed) })
	})
	return refused, agreed, err
}
