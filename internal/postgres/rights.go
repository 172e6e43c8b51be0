package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// RightsKind is what somebody asks about their data.
type RightsKind string

// What people ask.
const (
	AskAccess     RightsKind = "access"     // what is kept about them
	AskCorrection RightsKind = "correction" // something is not right
	AskErasure    RightsKind = "erasure"    // to be forgotten
	AskWithdrawal RightsKind = "withdrawal" // a consent is taken back
	AskNomination RightsKind = "nomination" // somebody named by them acts for them
	AskGrievance  RightsKind = "grievance"  // a complaint
)

// RightsKinds are all kinds, as they are offered.
func RightsKinds() []RightsKind {
	return []RightsKind{AskAccess, AskCorrection, AskErasure, AskWithdrawal, AskNomination, AskGrievance}
}

// Where a request stands.
const (
	RightsOpen      = "open"
	RightsPlanned   = "planned" // the person is erased at EraseAt
	RightsAnswered  = "answered"
	RightsRefused   = "refused"
	RightsCancelled = "cancelled"
)

// Steps that are noted by themselves; others are noted with what they do.
const (
	StepDownloaded = "downloaded" // the pack was taken out
	StepSearched   = "searched"   // texts that name somebody were looked for
	StepCorrected  = "corrected"
)

const (
	// AnswerWithin is how long a request may take.
	AnswerWithin = 30 * 24 * time.Hour
	// ErasureNotice is how long before somebody is erased it is said, so that it can be called off.
	ErasureNotice = 48 * time.Hour
	// MaxAsked is how many requests of one person may be open at once.
	MaxAsked = 10
	// MaxRightsText is the longest text of a request or an answer, in characters.
	MaxRightsText = 4000
)

// RightsRequest is what somebody asked about their data.
type RightsRequest struct {
	ID            flow.ID
	Kind          RightsKind
	Member        flow.ID // zero: somebody who is no member
	Name, Contact string  // of somebody who is no member
	Language      string
	Body          string
	State         string
	Opened, Due   time.Time
	EraseAt       time.Time // zero: not planned
	AnsweredAt    time.Time
	Answer        string
	HandledBy     flow.ID
}

// Over reports whether nothing is to be done any more.
func (r RightsRequest) Over() bool { return r.State != RightsOpen && r.State != RightsPlanned }

// RightsStep is something that was done about a request.
type RightsStep struct {
	At   time.Time
	By   flow.ID // zero: the program by itself, or somebody who is no member
	What string
}

const selectRequests = `select id, kind, member_id, name, contact, language, body, state, opened_at, due_at, erase_at, answered_at, answer, handled_by
	from rights_requests where org_id = $1`

func eachRequest(rows pgx.Rows, f func(RightsRequest)) error {
	defer rows.Close()
	for rows.Next() {
		var r RightsRequest
		var member, by *flow.ID
		var erase, answered *time.Time
		err := rows.Scan(&r.ID, &r.Kind, &member, &r.Name, &r.Contact, &r.Language, &r.Body, &r.State, &r.Opened, &r.Due, &erase, &answered, &r.Answer, &by)
		if err != nil {
			return err
		}
		r.Member, r.HandledBy, r.EraseAt, r.AnsweredAt = deref(member), deref(by), deref(erase), deref(answered)
		f(r)
	}
	return rows.Err()
}

// deref is what a pointer points at, nothing when it is nil.
func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// OpenRequest puts a request on the desk. The same again changes nothing.
//
// Refusals: command_reused, too_many; last_owner, when the only owner asks to be erased.
func (db *DB) OpenRequest(ctx context.Context, org flow.ID, r RightsRequest) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error { return openRequest(ctx, tx, org, r) })
}

func openRequest(ctx context.Context, tx pgx.Tx, org flow.ID, r RightsRequest) error {
	if err := askedBefore(ctx, tx, org, r); err != nil {
		return err
	}
	r.State, r.Due = RightsOpen, r.Opened.Add(AnswerWithin)
	if r.Kind == AskErasure && !r.Member.IsZero() {
		if err := mayGo(ctx, tx, org, r.Member); err != nil {
			return err
		}
		r.State, r.EraseAt = RightsPlanned, r.Opened.Add(ErasureNotice)
	}
	tag, err := tx.Exec(ctx, `insert into rights_requests (org_id, id, kind, member_id, name, contact, language, body, state, opened_at, due_at, erase_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict do nothing`,
		org, r.ID, string(r.Kind), orNull(r.Member), r.Name, r.Contact, r.Language, r.Body, r.State, r.Opened, r.Due, timeOrNull(r.EraseAt))
	if err != nil || tag.RowsAffected() == 0 {
		return err // it is there
	}
	if err := step(ctx, tx, org, r.ID, RightsStep{r.Opened, r.Member, "opened"}); err != nil || r.EraseAt.IsZero() {
		return err
	}
	return step(ctx, tx, org, r.ID, RightsStep{r.Opened, r.Member, RightsPlanned})
}

// askedBefore refuses another request under an id, and too many of one person.
func askedBefore(ctx context.Context, tx pgx.Tx, org flow.ID, r RightsRequest) error {
	var open int
	var same, other bool
	err := tx.QueryRow(ctx, `select count(*) filter (where answered_at is null), count(*) filter (where id = $2 and kind = $4 and body = $5) > 0,
			count(*) filter (where id = $2 and (kind <> $4 or body <> $5)) > 0
		from rights_requests where org_id = $1 and (id = $2 or member_id = $3 or $3 is null and contact = $6)`,
		org, r.ID, orNull(r.Member), string(r.Kind), r.Body, r.Contact).Scan(&open, &same, &other)
	switch {
	case err != nil:
		return err
	case other:
		return &flow.Refusal{Code: flow.Conflict}
	case open >= MaxAsked && !same:
		return &flow.Refusal{Code: flow.TooMany, Name: "requests", Limit: MaxAsked}
	}
	return nil
}

// mayGo refuses to let the only owner go, before anything is begun.
func mayGo(ctx context.Context, tx pgx.Tx, org, member flow.ID) error {
	if err := oneAtATime(ctx, tx, org); err != nil {
		return err
	}
	var only bool
	err := tx.QueryRow(ctx, `select role = 'owner' and left_at is null and not exists (select from members o where o.org_id = $1 and o.id <> $2
			and o.role = 'owner' and o.suspended_at is null and o.left_at is null)
		from members where org_id = $1 and id = $2 and erased_at is null and role not in ('support', 'program')`, org, member).Scan(&only)
	switch {
	case err != nil:
		return notFound(err)
	case only:
		return &flow.Refusal{Code: flow.LastOwner}
	}
	return nil
}

func timeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// step notes what was done about a request; its row is locked by whoever does it, so that steps are numbered.
func step(ctx context.Context, tx pgx.Tx, org, request flow.ID, s RightsStep) error {
	_, err := tx.Exec(ctx, `insert into rights_steps select $1, $2, coalesce(max(n), 0) + 1, $4, $3, $5 from rights_steps where org_id = $1 and request_id = $2`,
		org, request, orNull(s.By), s.At, s.What)
	return err
}

// MyRequests are a member's own requests, the newest first.
func (db *DB) MyRequests(ctx context.Context, org, member flow.ID, limit int) ([]RightsRequest, error) {
	return db.requests(ctx, org, selectRequests+" and member_id = $2 order by opened_at desc, id limit $3", org, member, limit)
}

// RightsPlace is a place in a list of requests; the zero place is its beginning.
type RightsPlace struct {
	At time.Time
	ID flow.ID
}

// OpenRequests are those that wait, the first due first, after a place.
func (db *DB) OpenRequests(ctx context.Context, org flow.ID, after RightsPlace, limit int) ([]RightsRequest, error) {
	return db.requests(ctx, org, selectRequests+" and answered_at is null and (due_at, id) > ($2, $3) order by due_at, id limit $4", org, after.At, after.ID, limit)
}

// PastRequests are those that are over, the last first, before a place.
func (db *DB) PastRequests(ctx context.Context, org flow.ID, before RightsPlace, limit int) ([]RightsRequest, error) {
	if before.At.IsZero() {
		before.At = forever
	}
	return db.requests(ctx, org, selectRequests+" and answered_at is not null and (answered_at, id) < ($2, $3) order by answered_at desc, id desc limit $4", org, before.At, before.ID, limit)
}

func (db *DB) requests(ctx context.Context, org flow.ID, sql string, args ...any) ([]RightsRequest, error) {
	var list []RightsRequest
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(sql, args...).Query(func(rows pgx.Rows) error {
			return eachRequest(rows, func(r RightsRequest) { list = append(list, r) })
		})
	})
	return list, err
}

// Request is one request with what was done about it and the texts of others that were chosen.
func (db *DB) Request(ctx context.Context, org, id flow.ID) (r RightsRequest, steps []RightsStep, chosen []Mention, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectRequests+" and id = $2", org, id).Query(func(rows pgx.Rows) error {
			return eachRequest(rows, func(one RightsRequest) { r = one })
		})
		b.Queue("select at, by, what from rights_steps where org_id = $1 and request_id = $2 order by n limit 200", org, id).Query(func(rows pgx.Rows) error {
			var s RightsStep
			var by *flow.ID
			_, err := pgx.ForEachRow(rows, []any{&s.At, &by, &s.What}, func() error { s.By = deref(by); steps = append(steps, s); return nil })
			return err
		})
		b.Queue("select place, row_key from rights_mentions where org_id = $1 and request_id = $2", org, id).Query(func(rows pgx.Rows) error {
			var m Mention
			_, err := pgx.ForEachRow(rows, []any{&m.Place, &m.Key}, func() error { chosen = append(chosen, m); return nil })
			return err
		})
	})
	if err == nil && r.ID.IsZero() {
		err = ErrNotFound
	}
	return r, steps, chosen, err
}

// RightsWaiting is how many requests wait on the desk and how many of them are late.
func (db *DB) RightsWaiting(ctx context.Context, org flow.ID, now time.Time) (open, late int, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select count(*), count(*) filter (where due_at <= $2) from (select due_at from rights_requests where org_id = $1 and answered_at is null
			order by due_at limit 1000) r`, org, now).QueryRow(func(row pgx.Row) error { return row.Scan(&open, &late) })
	})
	return open, late, err
}

// underLock changes a request that is not over, under its lock.
func (db *DB) underLock(ctx context.Context, org, id flow.ID, change func(tx pgx.Tx, r RightsRequest) error) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectRequests+" and id = $2 for update", org, id)
		if err != nil {
			return err
		}
		var r RightsRequest
		if err := eachRequest(rows, func(one RightsRequest) { r = one }); err != nil {
			return err
		}
		if r.ID.IsZero() {
			return ErrNotFound
		}
		return change(tx, r)
	})
}

// NoteStep notes that something was done about a request.
func (db *DB) NoteStep(ctx context.Context, org, id flow.ID, s RightsStep) error {
	return db.underLock(ctx, org, id, func(tx pgx.Tx, r RightsRequest) error { return step(ctx, tx, org, id, s) })
}

// ErrOver is the answer to whoever would change a request that is over, or an erasure that has begun.
var ErrOver = errors.New("postgres: the request is over")

// RightsAnswer is how a request ends.
type RightsAnswer struct {
	Request flow.ID
	State   string
	Says    string // what its person is told
	By      flow.ID
	At      time.Time
}

// AnswerRequest ends a request with what its person is told, and the mail that tells them when there is one.
func (db *DB) AnswerRequest(ctx context.Context, org flow.ID, a RightsAnswer, mails ...Mail) error {
	sealed, err := db.sealMails(ctx, org, mails)
	if err != nil {
		return err
	}
	return db.underLock(ctx, org, a.Request, func(tx pgx.Tx, r RightsRequest) error {
		if r.State == a.State && r.Answer == a.Says {
			return nil // once more the same
		}
		if r.State != RightsOpen {
			return ErrOver
		}
		_, err := tx.Exec(ctx, "update rights_requests set state = $3, answer = $4, answered_at = $5, handled_by = $6 where org_id = $1 and id = $2",
			org, a.Request, a.State, a.Says, a.At, a.By)
		if err != nil {
			return err
		}
		if err := step(ctx, tx, org, a.Request, RightsStep{a.At, a.By, a.State}); err != nil {
			return err
		}
		return sendMails(ctx, tx, org, mails, sealed)
	})
}

func (db *DB) sealMails(ctx context.Context, org flow.ID, mails []Mail) (sealed [][]byte, err error) {
	sealed = make([][]byte, len(mails))
	for i, m := range mails {
		if sealed[i], err = db.sealMail(ctx, org, m); err != nil {
			return nil, err
		}
	}
	return sealed, nil
}

func sendMails(ctx context.Context, tx pgx.Tx, org flow.ID, mails []Mail, sealed [][]byte) error {
	b := &pgx.Batch{}
	for i, m := range mails {
		queueMail(b, org, m, sealed[i])
	}
	return tx.SendBatch(ctx, b).Close()
}

// EndOldRequests empties what was asked and answered of requests that are over for so long, and forgets links that nobody
// opened. That there was a request, and when it was answered, stays.
func (db *DB) EndOldRequests(ctx context.Context, org flow.ID, now time.Time) (int64, error) {
	for _, table := range []string{"rights_checks", "login_proofs"} {
		if _, err := db.deleteOld(ctx, org, "delete from "+table+" where org_id = $1 and until_at <= $2", now); err != nil {
			return 0, err
		}
	}
	return db.deleteOld(ctx, org, `update rights_requests set name = '', contact = '', body = '', answer = '' where org_id = $1 and answered_at <= $2
		and (name <> '' or contact <> '' or body <> '' or answer <> '')`, now.AddDate(-1, 0, 0))
}
