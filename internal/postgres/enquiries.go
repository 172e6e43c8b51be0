package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"clicarity/internal/flow"
)

// Where an enquiry stands.
const (
	EnquiryNew      = "new"
	EnquiryAnswered = "answered"
	EnquiryBooked   = "booked"
	EnquiryClosed   = "closed"
)

// EnquiryStates are all there are, in the order in which they are looked at.
func EnquiryStates() []string {
	return []string{EnquiryNew, EnquiryBooked, EnquiryAnswered, EnquiryClosed}
}

// Asker is who asks, as they say it themselves. Each field is sealed in a column of its own.
type Asker struct{ Name, Company, Email, Phone, Message string }

// Enquiry is what somebody asked by the public site, or a demo that they booked.
type Enquiry struct {
	ID flow.ID
	Asker
	Source     string // form, calendly
	Purpose    string // demo, question
	Mark       []byte // digest of the address with a key, nil without one
	Language   string
	Page       string // of the site
	Notice     int    // version of the notice that stood beside the form
	News       bool   // agreed to hear of the product
	State      string
	Owner      flow.ID // who looks after it, zero for nobody
	At         time.Time
	ReplyBy    time.Time
	Answered   time.Time
	Meeting    time.Time // of the demo that is booked
	EraseAfter time.Time
}

// EnquiryStep is something that happened to an enquiry.
type EnquiryStep struct {
	What    string
	By      flow.ID // zero: the sender, or the program
	Text    string
	Meeting time.Time
	At      time.Time
}

const enquiryUse = "enquiry" // of the sealer

// sealContact seals one field of an enquiry. It is the one place where that is done.
func (db *DB) sealContact(org, id flow.ID, field, text string) ([]byte, error) {
	if text == "" {
		return nil, nil
	}
	if db.sealer == nil {
		return nil, errors.New("postgres: nothing seals the enquiries: SealMails was not called")
	}
	return db.sealer.Seal(enquiryUse, org.String()+" "+id.String()+" "+field, []byte(text))
}

// openContact is a sealed field; empty when the key is no more, so that the rest can still be read and erased.
func (db *DB) openContact(org, id flow.ID, field string, sealed []byte) string {
	if len(sealed) == 0 || db.sealer == nil {
		return ""
	}
	text, err := db.sealer.Open(enquiryUse, org.String()+" "+id.String()+" "+field, sealed)
	if err != nil {
		return ""
	}
	return string(text)
}

// fields are those of who asks, with the columns they are kept in.
func (a *Asker) fields() []struct {
	column string
	text   *string
} {
	return []struct {
		column string
		text   *string
	}{{"name", &a.Name}, {"company", &a.Company}, {"email", &a.Email}, {"phone", &a.Phone}, {"message", &a.Message}}
}

func (db *DB) sealAsker(org flow.ID, e Enquiry) ([][]byte, error) {
	var sealed [][]byte
	for _, f := range e.fields() {
		s, err := db.sealContact(org, e.ID, f.column, *f.text)
		if err != nil {
			return nil, err
		}
		sealed = append(sealed, s)
	}
	return sealed, nil
}

// AddEnquiry keeps an enquiry and writes the mails that go with it, both once: false when it was there already.
func (db *DB) AddEnquiry(ctx context.Context, org flow.ID, e Enquiry, mails ...Mail) (added bool, err error) {
	err = db.inTenant(ctx, org, func(tx pgx.Tx) error {
		if added, err = db.insertEnquiry(ctx, tx, org, e); err != nil || !added {
			return err
		}
		return db.queueMails(ctx, tx, org, mails)
	})
	return added, err
}

func (db *DB) queueMails(ctx context.Context, tx pgx.Tx, org flow.ID, mails []Mail) error {
	b := &pgx.Batch{}
	for _, m := range mails {
		sealed, err := db.sealMail(org, m)
		if err != nil {
			return err
		}
		queueMail(b, org, m, sealed)
	}
	return tx.SendBatch(ctx, b).Close()
}

func (db *DB) insertEnquiry(ctx context.Context, tx pgx.Tx, org flow.ID, e Enquiry) (bool, error) {
	s, err := db.sealAsker(org, e)
	if err != nil {
		return false, err
	}
	tag, err := tx.Exec(ctx, `insert into enquiries (org_id, id, source, purpose, name, company, email, phone, message, mark, language, page, notice_version, news, created_at, reply_by, erase_after)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) on conflict do nothing`,
		org, e.ID, e.Source, e.Purpose, s[0], s[1], s[2], s[3], s[4], e.Mark, e.Language, e.Page, e.Notice, e.News, e.At, e.ReplyBy, e.EraseAfter)
	if err != nil || tag.RowsAffected() == 0 {
		return false, err
	}
	_, err = tx.Exec(ctx, "insert into enquiry_steps (org_id, enquiry_id, what, at) values ($1, $2, 'came', $3)", org, e.ID, e.At)
	return true, err
}

const selectEnquiry = `select id, source, purpose, name, company, email, phone, message, language, page, notice_version, news, state, owner_id,
	created_at, reply_by, answered_at, meeting_at, erase_after from enquiries where org_id = $1`

func (db *DB) scanEnquiry(org flow.ID, row pgx.Row) (e Enquiry, err error) {
	var s [5][]byte
	var owner *flow.ID
	var answered, meeting pgtype.Timestamptz
	err = row.Scan(&e.ID, &e.Source, &e.Purpose, &s[0], &s[1], &s[2], &s[3], &s[4], &e.Language, &e.Page, &e.Notice, &e.News, &e.State, &owner,
		&e.At, &e.ReplyBy, &answered, &meeting, &e.EraseAfter)
	if err != nil {
		return e, err
	}
	if owner != nil {
		e.Owner = *owner
	}
	e.Answered, e.Meeting = answered.Time, meeting.Time
	for i, f := range e.fields() {
		*f.text = db.openContact(org, e.ID, f.column, s[i])
	}
	return e, nil
}

// EnquiryPlace is a place in a list of enquiries; the zero one is before the first.
type EnquiryPlace struct {
	ReplyBy time.Time
	ID      flow.ID
}

// Enquiries are those in a state, the one that waits for its answer longest first, from after a place, at most limit.
func (db *DB) Enquiries(ctx context.Context, org flow.ID, state string, after EnquiryPlace, limit int) ([]Enquiry, error) {
	var list []Enquiry
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectEnquiry+" and state = $2 and (reply_by, id) > ($3, $4) order by reply_by, id limit $5", org, state, after.ReplyBy, after.ID, limit).
			Query(func(rows pgx.Rows) error {
				defer rows.Close()
				for rows.Next() {
					e, err := db.scanEnquiry(org, rows)
					if err != nil {
						return err
					}
					list = append(list, e)
				}
				return rows.Err()
			})
	})
	return list, err
}

// Enquiry is one of an organisation's enquiries.
func (db *DB) Enquiry(ctx context.Context, org, id flow.ID) (e Enquiry, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectEnquiry+" and id = $2", org, id).QueryRow(func(row pgx.Row) error {
			e, err = db.scanEnquiry(org, row)
			return err
		})
	})
	return e, notFound(err)
}

// maxEnquirySteps is the most that is shown of what happened to one enquiry.
const maxEnquirySteps = 200

// EnquirySteps are what happened to an enquiry, the first first.
func (db *DB) EnquirySteps(ctx context.Context, org, id flow.ID) ([]EnquiryStep, error) {
	var list []EnquiryStep
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select what, by_id, text, meeting_at, at from enquiry_steps where org_id = $1 and enquiry_id = $2 order by number limit $3", org, id, maxEnquirySteps).
			Query(func(rows pgx.Rows) error {
				var s EnquiryStep
				var by *flow.ID
				var text []byte
				var meeting pgtype.Timestamptz
				_, err := pgx.ForEachRow(rows, []any{&s.What, &by, &text, &meeting, &s.At}, func() error {
					s.By, s.Text, s.Meeting = flow.ID{}, db.openContact(org, id, "step", text), meeting.Time
					if by != nil {
						s.By = *by
					}
					list = append(list, s)
					return nil
				})
				return err
			})
	})
	return list, err
}
