package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"clicarity/internal/flow"
)

// Bounce is what a mail server reported later about a mail that was sent.
type Bounce struct {
	Number int64  // of the mail
	Status string // such as 5.1.1
	Hard   bool   // it is no use to write to that address
	At     time.Time
}

// MailBounced notes that a mail came back. The same report counts once. ErrNotFound: there is no such mail, or it never went.
func (db *DB) MailBounced(ctx context.Context, org flow.ID, bounce Bounce) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		var address string
		var before pgtype.Timestamptz
		err := tx.QueryRow(ctx, "select recipient, bounced_at from outbox where org_id = $1 and number = $2 and sent_at is not null for update", org, bounce.Number).Scan(&address, &before)
		if err != nil || before.Valid {
			return notFound(err)
		}
		if _, err := tx.Exec(ctx, "update outbox set bounced_at = $3, failure = $4 where org_id = $1 and number = $2", org, bounce.Number, bounce.At, bounce.Status); err != nil || !bounce.Hard {
			return err
		}
		_, err = tx.Exec(ctx, `insert into mail_addresses (org_id, address, hard, last_at, status) values ($1, $2, 1, $3, $4)
			on conflict (org_id, address) do update set hard = mail_addresses.hard + 1, last_at = $3, status = $4`, org, address, bounce.At, bounce.Status)
		return err
	})
}

// BadAddress is an address from which mails came back for good.
type BadAddress struct {
	Address string
	Times   int
	Last    time.Time
	Status  string
	Stopped bool // nothing is written to it any more
}

// maxBad bounds how many such addresses are listed.
const maxBad = 200

// BadAddresses are those of an organisation, the newest first.
func (db *DB) BadAddresses(ctx context.Context, org flow.ID) ([]BadAddress, error) {
	return db.badAddresses(ctx, "select address, hard, last_at, status, hard >= $3 from mail_addresses where org_id = $1 order by last_at desc, address limit $2", org, maxBad, mailHard)
}

// BadAddressesOf are those among some sign-ins.
func (db *DB) BadAddressesOf(ctx context.Context, org flow.ID, logins []string) ([]BadAddress, error) {
	if len(logins) == 0 {
		return nil, nil
	}
	return db.badAddresses(ctx, "select address, hard, last_at, status, hard >= $3 from mail_addresses where org_id = $1 and address = any($2) order by address", org, logins, mailHard)
}

func (db *DB) badAddresses(ctx context.Context, sql string, org flow.ID, args ...any) ([]BadAddress, error) {
	var list []BadAddress
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(sql, append([]any{org}, args...)...).Query(func(rows pgx.Rows) error {
			var a BadAddress
			_, err := pgx.ForEachRow(rows, []any{&a.Address, &a.Times, &a.Last, &a.Status, &a.Stopped}, func() error { list = append(list, a); return nil })
			return err
		})
	})
	return list, err
}

// TrustAddress says that an address is right: mails are written to it again.
func (db *DB) TrustAddress(ctx context.Context, org flow.ID, address string) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("delete from mail_addresses where org_id = $1 and address = $2", org, address)
	})
}

// Sending is a mail of the list of an organisation: that there is one, and what became of it, never what it says.
type Sending struct {
	Number    int64
	To, Kind  string
	Written   time.Time
	State     string // waiting, unsure, sent, failed, bounced, dropped
	At        time.Time
	Tries     int
	Failure   string
	NextTryAt time.Time
}

// SendingsAtOnce is how many of them a page shows.
const SendingsAtOnce = 50

// Sendings are the mails of an organisation, the newest first, those before a number; 0 for all. One more than a page is a
// sign that there are more.
func (db *DB) Sendings(ctx context.Context, org flow.ID, before int64) ([]Sending, error) {
	var list []Sending
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select number, recipient, kind, created_at, case when bounced_at is not null then 'bounced' when sent_at is not null then 'sent'
				when dropped then 'dropped' when failed_at is not null then 'failed' when offered_at is not null then 'unsure' else 'waiting' end,
				coalesce(bounced_at, sent_at, failed_at, offered_at, created_at), tries, failure, due_at
			from outbox where org_id = $1 and ($2::bigint = 0 or number < $2) order by number desc limit $3`, org, before, SendingsAtOnce+1).Query(func(rows pgx.Rows) error {
			var s Sending
			_, err := pgx.ForEachRow(rows, []any{&s.Number, &s.To, &s.Kind, &s.Written, &s.State, &s.At, &s.Tries, &s.Failure, &s.NextTryAt}, func() error { list = append(list, s); return nil })
			return err
		})
	})
	return list, err
}
