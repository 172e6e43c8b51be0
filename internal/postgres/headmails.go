package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
	"clicarity/internal/letters"
)

// HeadReader is an owner who has the head of the audit log sent to them each day.
type HeadReader struct {
	Member   flow.ID
	Language string
	Address  string
}

// SendHeads has the head of the audit log sent to a member each day after the one given.
func (db *DB) SendHeads(ctx context.Context, org, member flow.ID, today flow.Date) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("insert into head_mails values ($1, $2, $3::text::date) on conflict do nothing", org, member, string(today))
	})
}

// StopHeads ends that.
func (db *DB) StopHeads(ctx context.Context, org, member flow.ID) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("delete from head_mails where org_id = $1 and member_id = $2", org, member)
	})
}

// lettersOf is the language of letters to a member.
const lettersOf = "coalesce(nullif(m.letters, ''), m.language)"

// addressOf is where mails to a member go: the first e-mail address they sign in with.
const addressOf = "(select min(l.login) from logins l where l.org_id = m.org_id and l.member_id = m.id and l.login like '%@%')"

// Heads reports whether the head is sent to a member each day, and where mails to them go; empty when they have no address.
func (db *DB) Heads(ctx context.Context, org, member flow.ID) (on bool, address string, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select exists (select from head_mails h where h.org_id = m.org_id and h.member_id = m.id), coalesce("+addressOf+", '') from members m where m.org_id = $1 and m.id = $2",
			org, member).QueryRow(func(row pgx.Row) error { return row.Scan(&on, &address) })
	})
	return on, address, notFound(err)
}

// maxHeadReaders bounds how many mails are written at once; the next round finds the rest.
const maxHeadReaders = 100

// HeadReaders are the owners to whom the head has not been sent today.
func (db *DB) HeadReaders(ctx context.Context, org flow.ID, today flow.Date) ([]HeadReader, error) {
	var list []HeadReader
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select * from (select m.id, `+lettersOf+`, `+addressOf+` as address from head_mails h join members m on m.org_id = h.org_id and m.id = h.member_id
			where h.org_id = $1 and h.day < $2::text::date and m.role = 'owner' and m.suspended_at is null and m.left_at is null limit $3) r where address is not null`,
			org, string(today), maxHeadReaders).Query(func(rows pgx.Rows) error {
			var r HeadReader
			_, err := pgx.ForEachRow(rows, []any{&r.Member, &r.Language, &r.Address}, func() error { list = append(list, r); return nil })
			return err
		})
	})
	return list, err
}

// MailHead writes a day's mail with the head to an owner, once: a second one, whoever writes it, is not written.
func (db *DB) MailHead(ctx context.Context, org flow.ID, r HeadReader, today flow.Date, head letters.Letter, now time.Time) error {
	m := NewMail(r.Address, r.Language, r.Member.String()+" "+string(today), head, now)
	sealed, err := db.sealMail(ctx, org, m)
	if err != nil {
		return err
	}
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, "update head_mails set day = $3::text::date where org_id = $1 and member_id = $2 and day < $3::text::date", org, r.Member, string(today))
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		b := &pgx.Batch{}
		queueMail(b, org, m, sealed)
		return tx.SendBatch(ctx, b).Close()
	})
}
