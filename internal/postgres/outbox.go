package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
	"clicarity/internal/keys"
	"clicarity/internal/letters"
)

// Mail is a mail to somebody. It is kept sealed until it has gone.
type Mail struct {
	Number  int64 // given by the database
	To      string
	Subject string
	Text    string
	// Language is that of the text, such as hi.
	Language string
	// Unsubscribe is where one request ends letters like this one; empty for letters that are strictly necessary.
	Unsubscribe string
	// ConsentOf is by whose consent it goes, a member or an enquiry; zero for letters that are strictly necessary.
	ConsentOf flow.ID

	Kind    string    // what it is about: invitation, reset
	Key     string    // a second mail of the kind with this key to the same address is not written
	At      time.Time // when it was written
	Until   time.Time // it is not sent later; zero: a day later
	Tries   int       // how often it was tried before
	Offered bool      // a try began of which nobody knows how it ended
}

// NewMail is a letter to somebody in their language. The key is what it is about: the same letter about the same thing goes once.
func NewMail(to, language, key string, l letters.Letter, now time.Time) Mail {
	t := letters.Write(language, l)
	m := Mail{To: to, Subject: t.Subject, Text: t.Text, Language: t.Language, Kind: l.Kind(), Key: key, At: now}
	if n, ok := l.(letters.News); ok {
		m.Unsubscribe = n.Unsubscribe
	}
	return m
}

const (
	mailFor  = 24 * time.Hour      // how long a mail is worth sending when it does not say
	mailUse  = "mail"              // of the sealer
	mailTake = 5 * time.Minute     // how long a mail is left to the one who took it to send it
	mailKept = 30 * 24 * time.Hour // how long it is remembered that there was one
	mailMost = 5                   // mails that are taken at once: they are tried within that time
	mailHard = 2                   // mails that came back for good, after which an address is not written to
)

type mailContent struct {
	Subject string `json:"subject"`
	Text    string `json:"text"`

	Language    string `json:"language,omitempty"`
	Unsubscribe string `json:"unsubscribe,omitempty"`
}

// QueueMail writes a mail for the worker to send.
func (db *DB) QueueMail(ctx context.Context, org flow.ID, m Mail) error {
	sealed, err := db.sealMail(ctx, org, m)
	if err != nil {
		return err
	}
	return db.tenant(ctx, org, func(b *pgx.Batch) { queueMail(b, org, m, sealed) })
}

func (db *DB) sealMail(ctx context.Context, org flow.ID, m Mail) ([]byte, error) {
	content, err := json.Marshal(mailContent{m.Subject, m.Text, m.Language, m.Unsubscribe})
	if err != nil {
		return nil, err
	}
	return db.Seal(ctx, org, mailUse, org.String(), content)
}

const insertMail = `insert into outbox (org_id, recipient, kind, key, content, created_at, due_at, until_at, consent_of) values ($1, $2, $3, $4, $5, $6, $6, $7, $8::uuid)
	on conflict (org_id, kind, key, recipient) do nothing`

func queueMail(b *pgx.Batch, org flow.ID, m Mail, sealed []byte) {
	b.Queue(insertMail, mailRow(org, m, sealed)...)
}

func mailRow(org flow.ID, m Mail, sealed []byte) []any {
	if m.Until.IsZero() {
		m.Until = m.At.Add(mailFor)
	}
	return []any{org, m.To, m.Kind, m.Key, sealed, m.At, m.Until, orNull(m.ConsentOf)}
}

// TakeMails are the next mails of an organisation to send, in order. They are the caller's for some minutes; when it
// neither says that they have gone nor that they failed, somebody else takes them again.
func (db *DB) TakeMails(ctx context.Context, org flow.ID, now time.Time) ([]Mail, error) {
	var list []Mail
	var contents [][]byte
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`update outbox set failed_at = $2, failure = 'too late', content = null
			where org_id = $1 and sent_at is null and failed_at is null and due_at <= $2 and until_at <= $2`, org, now)
		b.Queue(`update outbox o set failed_at = $2, failure = 'address comes back', content = null from mail_addresses a
			where o.org_id = $1 and a.org_id = $1 and a.address = o.recipient and a.hard >= $3 and sent_at is null and failed_at is null and due_at <= $2`, org, now, mailHard)
		b.Queue(`with next as (select number from outbox where org_id = $1 and sent_at is null and failed_at is null and due_at <= $2
				order by due_at, number limit $3 for update skip locked),
			taken as (update outbox o set due_at = $4, tries = tries + 1 from next where o.org_id = $1 and o.number = next.number
				returning o.number, recipient, content, kind, key, created_at, until_at, tries - 1, offered_at is not null)
			select * from taken order by number`, org, now, mailMost, now.Add(mailTake)).Query(func(rows pgx.Rows) error {
			var m Mail
			var sealed []byte
			_, err := pgx.ForEachRow(rows, []any{&m.Number, &m.To, &sealed, &m.Kind, &m.Key, &m.At, &m.Until, &m.Tries, &m.Offered}, func() error {
				list, contents = append(list, m), append(contents, slices.Clone(sealed))
				return nil
			})
			return err
		})
	})
	for i := range list {
		err = errors.Join(err, db.openMail(ctx, org, contents[i], &list[i]))
	}
	return list, err
}

// openMail reads a mail's content. One that cannot be opened was sealed with a key that is no more: it stays empty, and
// whoever sends finds that out.
func (db *DB) openMail(ctx context.Context, org flow.ID, sealed []byte, m *Mail) error {
	text, err := db.Open(ctx, org, mailUse, org.String(), sealed)
	if errors.Is(err, keys.ErrWrong) {
		return nil // told by the empty mail: the others are sent
	}
	if err != nil {
		return err
	}
	var c mailContent
	err = json.Unmarshal(text, &c)
	m.Subject, m.Text, m.Language, m.Unsubscribe = c.Subject, c.Text, c.Language, c.Unsubscribe
	return err
}

// OfferMail notes that the server is about to be spoken to about a mail. Until MailSent or MailFailed says how that ended,
// nobody knows whether it went. False: it does not go. The consent that it goes by is no more, and it is dropped; or it is not
// there any more.
func (db *DB) OfferMail(ctx context.Context, org flow.ID, number int64, now time.Time) (goes bool, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`with m as (select number, consent_of is null or `+wantsNews("o.consent_of")+` as goes from outbox o where o.org_id = $1 and o.number = $2)
			update outbox o set offered_at = case when m.goes then $3::timestamptz end, failed_at = case when m.goes then o.failed_at else $3 end,
				dropped = not m.goes, content = case when m.goes then o.content end
			from m where o.org_id = $1 and o.number = m.number returning m.goes`, org, number, now).QueryRow(func(row pgx.Row) error { return row.Scan(&goes) })
	})
	if errors.Is(err, pgx.ErrNoRows) { // whoever it was for was erased meanwhile
		return false, nil
	}
	return goes, err
}

// MailSent notes that a mail has gone, and forgets what it said.
func (db *DB) MailSent(ctx context.Context, org flow.ID, number int64, now time.Time) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("update outbox set sent_at = $3, offered_at = null, content = null, failure = '' where org_id = $1 and number = $2", org, number, now)
	})
}

// MailFailed notes why a mail did not go, and when it is tried again; never, when that is zero.
func (db *DB) MailFailed(ctx context.Context, org flow.ID, number int64, why string, now, again time.Time) error {
	why = strings.ToValidUTF8(why[:min(len(why), 500)], "")
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		if again.IsZero() {
			b.Queue("update outbox set failed_at = $4, offered_at = null, content = null, failure = $3 where org_id = $1 and number = $2", org, number, why, now)
			return
		}
		b.Queue("update outbox set due_at = $4, offered_at = null, failure = $3 where org_id = $1 and number = $2", org, number, why, again)
	})
}

// MailUnsure notes that nobody knows whether a mail went: the server fell silent after it had all of it. It is asked about,
// or sent again under the same name, at the time given.
func (db *DB) MailUnsure(ctx context.Context, org flow.ID, number int64, why string, again time.Time) error {
	why = strings.ToValidUTF8(why[:min(len(why), 500)], "")
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("update outbox set due_at = $4, failure = $3 where org_id = $1 and number = $2", org, number, why, again)
	})
}

// EndOldMails forgets the mails of an organisation of which nobody asks any more.
func (db *DB) EndOldMails(ctx context.Context, org flow.ID, now time.Time) (int64, error) {
	return db.deleteOld(ctx, org, "delete from outbox where org_id = $1 and created_at <= $2", now.Add(-mailKept))
}
