package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// ErasurePlan is what an owner decides about a request to be erased.
type ErasurePlan struct {
	Request flow.ID
	Member  flow.ID // who they are whom a request of somebody who is no member is about
	Chosen  []Mention
	By      flow.ID
	At      time.Time
}

// PlanErasure says when the member of a request is erased, and out of which texts of others the name goes. For a request of
// somebody who is no member it names the member they were. An erasure that is planned keeps its time.
//
// Refusals: last_owner, not_found.
func (db *DB) PlanErasure(ctx context.Context, org flow.ID, p ErasurePlan) error {
	return db.underLock(ctx, org, p.Request, func(tx pgx.Tx, r RightsRequest) error {
		if r.Kind != AskErasure {
			return ErrNotFound
		}
		if r.Over() || r.State == RightsPlanned && !p.At.Before(r.EraseAt) {
			return ErrOver
		}
		if r.Member.IsZero() {
			r.Member = p.Member
		}
		if err := mayGo(ctx, tx, org, r.Member); err != nil {
			return err
		}
		if err := choose(ctx, tx, org, p.Request, p.Chosen); err != nil {
			return err
		}
		what := "chosen"
		if r.State == RightsOpen {
			what = RightsPlanned
			_, err := tx.Exec(ctx, "update rights_requests set state = 'planned', member_id = $3, erase_at = $4, handled_by = $5 where org_id = $1 and id = $2",
				org, p.Request, r.Member, p.At.Add(ErasureNotice), p.By)
			if err != nil {
				return err
			}
		}
		return step(ctx, tx, org, p.Request, RightsStep{p.At, p.By, what})
	})
}

func choose(ctx context.Context, tx pgx.Tx, org, id flow.ID, chosen []Mention) error {
	b := &pgx.Batch{}
	b.Queue("delete from rights_mentions where org_id = $1 and request_id = $2", org, id)
	for _, m := range chosen {
		b.Queue("insert into rights_mentions values ($1, $2, $3, $4) on conflict do nothing", org, id, m.Place, m.Key)
	}
	return tx.SendBatch(ctx, b).Close()
}

// CancelErasure calls a planned erasure off, before it has begun: for a member (zero: for an owner who does it) their own.
func (db *DB) CancelErasure(ctx context.Context, org, id, member, by flow.ID, now time.Time) error {
	return db.underLock(ctx, org, id, func(tx pgx.Tx, r RightsRequest) error {
		switch {
		case !member.IsZero() && r.Member != member:
			return ErrNotFound
		case r.State == RightsCancelled:
			return nil
		case r.State != RightsPlanned || !now.Before(r.EraseAt):
			return ErrOver
		}
		_, err := tx.Exec(ctx, "update rights_requests set state = 'cancelled', answered_at = $3, handled_by = $4 where org_id = $1 and id = $2", org, id, now, by)
		if err != nil {
			return err
		}
		return step(ctx, tx, org, id, RightsStep{now, by, RightsCancelled})
	})
}

// EraseDue erases those of an organisation's people whose time has come, and says how many. One who cannot be erased because
// nobody would own the organisation stays on the desk.
func (db *DB) EraseDue(ctx context.Context, o Organisation, now time.Time) (int, error) {
	due, err := db.requests(ctx, o.ID, selectRequests+" and state = 'planned' and erase_at <= $2 order by due_at, id limit 20", o.ID, now)
	n := 0
	for _, r := range due {
		_, _, chosen, failed := db.Request(ctx, o.ID, r.ID)
		if failed == nil {
			failed = db.Erase(ctx, o, r.Member, chosen, now)
		}
		var refused *flow.Refusal
		switch {
		case errors.As(failed, &refused) && refused.Code == flow.LastOwner:
			failed = db.endErasure(ctx, o.ID, r.ID, "blocked", now)
		case failed == nil:
			n++
			failed = db.endErasure(ctx, o.ID, r.ID, "erased", now)
		}
		err = errors.Join(err, failed)
	}
	return n, err
}

// endErasure notes that somebody is erased, or that they cannot be.
func (db *DB) endErasure(ctx context.Context, org, id flow.ID, what string, now time.Time) error {
	return db.underLock(ctx, org, id, func(tx pgx.Tx, r RightsRequest) error {
		if r.State != RightsPlanned {
			return nil // another server was faster
		}
		sql := "update rights_requests set state = 'answered', answered_at = $3 where org_id = $1 and id = $2"
		if what == "blocked" {
			sql = "update rights_requests set state = 'open', erase_at = null where org_id = $1 and id = $2 and $3::timestamptz is not null"
		}
		if _, err := tx.Exec(ctx, sql, org, id, now); err != nil {
			return err
		}
		return step(ctx, tx, org, id, RightsStep{At: now, What: what})
	})
}

// RightsReminder is a request of which the owners are to be told again.
type RightsReminder struct {
	RightsRequest
	Stage string // "10" and "2": so many days are left; "late"
}

// reminders are when owners are told again, the last first.
var reminders = []struct {
	stage string
	left  time.Duration
}{{"late", 0}, {"2", 2 * 24 * time.Hour}, {"10", 10 * 24 * time.Hour}}

// Reminders are the requests of which the owners are to be told again.
func (db *DB) Reminders(ctx context.Context, org flow.ID, now time.Time) ([]RightsReminder, error) {
	var list []RightsReminder
	told := "''"
	for i := len(reminders) - 1; i >= 0; i-- {
		r := reminders[i]
		upTo := now.Add(r.left)
		found, err := db.requests(ctx, org, selectRequests+" and answered_at is null and due_at <= $2 and reminded in ("+told+") order by due_at, id limit 50", org, upTo)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			if i > 0 && !f.Due.After(now.Add(reminders[i-1].left)) {
				continue // a later one says it
			}
			list = append(list, RightsReminder{f, r.stage})
		}
		told += ", '" + r.stage + "'"
	}
	return list, nil
}

// Remind tells the owners of a request again, each once: whoever does it a second time writes nothing.
func (db *DB) Remind(ctx context.Context, org flow.ID, r RightsReminder, now time.Time, mails []Mail) error {
	sealed, err := db.sealMails(ctx, org, mails)
	if err != nil {
		return err
	}
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, "update rights_requests set reminded = $3 where org_id = $1 and id = $2 and reminded <> $3 and answered_at is null", org, r.ID, r.Stage)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		if err := step(ctx, tx, org, r.ID, RightsStep{At: now, What: "reminded_" + r.Stage}); err != nil {
			return err
		}
		return sendMails(ctx, tx, org, mails, sealed)
	})
}
