package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"clicarity/internal/flow"
	"clicarity/internal/keys"
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

const enquiryUse = "enquiry" // of Seal

// aboutContact is what a sealed field belongs to: the row, and the field itself.
func aboutContact(org, id flow.ID, field string) string {
	return org.String() + " " + id.String() + " " + field
}

// sealContact seals one field of an enquiry.
func (db *DB) sealContact(ctx context.Context, org, id flow.ID, field, text string) ([]byte, error) {
	if text == "" {
		return nil, nil
	}
	return db.Seal(ctx, org, enquiryUse, aboutContact(org, id, field), []byte(text))
}

// contacts opens the sealed fields of enquiries. What is opened together is mostly sealed with one version of the key, which
// is asked for once.
type contacts struct {
	db    *DB
	org   flow.ID
	known map[int]*keys.Keys
}

// open is a sealed field; empty when its key is no more, so that the rest can still be read and erased.
func (c *contacts) open(ctx context.Context, id flow.ID, field string, sealed []byte) (string, error) {
	version, ok := keys.Version(sealed)
	if !ok {
		return "", nil
	}
	ready, ok := c.known[version]
	if !ok {
		k, err := c.db.keyOf(ctx, c.org, " and version = $3", dataKey, version)
		if err == nil {
			ready, err = c.db.unwrap(ctx, c.org, k)
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return "", err
		}
		c.known[version] = ready
	}
	if ready == nil {
		return "", nil
	}
	text, err := ready.OpenVersion(enquiryUse, aboutContact(c.org, id, field), sealed)
	if err != nil {
		return "", nil //nolint:nilerr // told by the empty field
	}
	return string(text), nil
}

func (db *DB) contacts(org flow.ID) *contacts {
	return &contacts{db, org, map[int]*keys.Keys{}}
}

// field is one of those of who asks, with the column it is kept in.
type field struct {
	column string
	text   *string
}

func (a *Asker) fields() []field {
	return []field{{"name", &a.Name}, {"company", &a.Company}, {"email", &a.Email}, {"phone", &a.Phone}, {"message", &a.Message}}
}

func (db *DB) sealAsker(ctx context.Context, org flow.ID, e Enquiry) ([][]byte, error) {
	var sealed [][]byte
	for _, f := range e.fields() {
		s, err := db.sealContact(ctx, org, e.ID, f.column, *f.text)
		if err != nil {
			return nil, err
		}
		sealed = append(sealed, s)
	}
	return sealed, nil
}

// AddEnquiry keeps an enquiry and writes the mails that go with it, both once: false when it was there already.
func (db *DB) AddEnquiry(ctx context.Context, org flow.ID, e Enquiry, mails ...Mail) (added bool, err error) {
	asker, err := db.sealAsker(ctx, org, e)
	if err != nil {
		return false, err
	}
	sealed, err := db.sealMails(ctx, org, mails)
	if err != nil {
		return false, err
	}
	err = db.inTenant(ctx, org, func(tx pgx.Tx) error {
		if added, err = insertEnquiry(ctx, tx, org, e, asker); err != nil || !added {
			return err
		}
		return sendMails(ctx, tx, org, mails, sealed)
	})
	return added, err
}

func insertEnquiry(ctx context.Context, tx pgx.Tx, org flow.ID, e Enquiry, s [][]byte) (bool, error) {
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

// sealedEnquiry is an enquiry as it is in the database.
type sealedEnquiry struct {
	Enquiry
	sealed [5][]byte
}

func scanEnquiry(row pgx.Row) (e sealedEnquiry, err error) {
	var owner *flow.ID
	var answered, meeting pgtype.Timestamptz
	err = row.Scan(&e.ID, &e.Source, &e.Purpose, &e.sealed[0], &e.sealed[1], &e.sealed[2], &e.sealed[3], &e.sealed[4], &e.Language, &e.Page, &e.Notice, &e.News, &e.State, &owner,
		&e.At, &e.ReplyBy, &answered, &meeting, &e.EraseAfter)
	if owner != nil {
		e.Owner = *owner
	}
	e.Answered, e.Meeting = answered.Time, meeting.Time
	return e, err
}

func (e *sealedEnquiry) open(ctx context.Context, c *contacts) (err error) {
	for i, f := range e.fields() {
		if *f.text, err = c.open(ctx, e.ID, f.column, e.sealed[i]); err != nil {
			return err
		}
	}
	return nil
}

// EnquiryPlace is a place in a list of enquiries; the zero one is before the first.
type EnquiryPlace struct {
	ReplyBy time.Time
	ID      flow.ID
}

// Enquiries are those in a state, the one that waits for its answer longest first, from after a place, at most limit.
func (db *DB) Enquiries(ctx context.Context, org flow.ID, state string, after EnquiryPlace, limit int) (list []Enquiry, err error) {
	var found []sealedEnquiry
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectEnquiry+" and state = $2 and (reply_by, id) > ($3, $4) order by reply_by, id limit $5", org, state, after.ReplyBy, after.ID, limit).
			Query(func(rows pgx.Rows) error {
				found, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (sealedEnquiry, error) { return scanEnquiry(row) })
				return err
			})
	})
	c := db.contacts(org)
	for i := 0; i < len(found) && err == nil; i++ {
		err = found[i].open(ctx, c)
		list = append(list, found[i].Enquiry)
	}
	return list, err
}

// Enquiry is one of an organisation's enquiries.
func (db *DB) Enquiry(ctx context.Context, org, id flow.ID) (Enquiry, error) {
	var e sealedEnquiry
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectEnquiry+" and id = $2", org, id).QueryRow(func(row pgx.Row) (err error) {
			e, err = scanEnquiry(row)
			return err
		})
	})
	if err == nil {
		err = e.open(ctx, db.contacts(org))
	}
	return e.Enquiry, notFound(err)
}

// maxEnquirySteps is the most that is shown of what happened to one enquiry.
const maxEnquirySteps = 200

// EnquirySteps are what happened to an enquiry, the first first.
func (db *DB) EnquirySteps(ctx context.Context, org, id flow.ID) (list []EnquiryStep, err error) {
	var sealed [][]byte
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select what, by_id, text, meeting_at, at from enquiry_steps where org_id = $1 and enquiry_id = $2 order by number limit $3", org, id, maxEnquirySteps).
			Query(func(rows pgx.Rows) error {
				var s EnquiryStep
				var by *flow.ID
				var text []byte
				var meeting pgtype.Timestamptz
				_, err := pgx.ForEachRow(rows, []any{&s.What, &by, &text, &meeting, &s.At}, func() error {
					s.By, s.Meeting = flow.ID{}, meeting.Time
					if by != nil {
						s.By = *by
					}
					list, sealed = append(list, s), append(sealed, text)
					text = nil
					return nil
				})
				return err
			})
	})
	c := db.contacts(org)
	for i := 0; i < len(list) && err == nil; i++ {
		list[i].Text, err = c.open(ctx, id, "step", sealed[i])
	}
	return list, err
}
