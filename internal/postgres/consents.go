package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// Acts of people about what is kept of them.
const (
	Read      = "read"      // the notice, and said that they are an adult
	Given     = "given"     // consent
	Withdrawn = "withdrawn" // consent
)

// Purposes of such acts.
const (
	Notice = "notice" // the notice of what is stored
	News   = "news"   // letters that nobody has to get
)

// Ways in which somebody did it.
const (
	ByJoining  = "join"
	ByPage     = "page"
	ByForm     = "form"
	ByOneClick = "one_click"
	ByDesk     = "desk"
	ByImport   = "import"
)

// Consent is one act: it is added to the record and never changed. Who it is of is a member's id, or a number made of the
// address of somebody who is none.
type Consent struct {
	Subject  flow.ID
	Purpose  string
	Act      string
	Version  int    // of the notice
	Language string // in which it was read
	At       time.Time
	How      string
	By       flow.ID // the member who did it; zero: the subject, not logged in
	Adult    bool
}

// RecordConsent adds an act to the record. One that changes nothing (given again, withdrawn again) is not added.
func (db *DB) RecordConsent(ctx context.Context, org flow.ID, c Consent) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error { return recordConsent(ctx, tx, org, c) })
}

func recordConsent(ctx context.Context, tx pgx.Tx, org flow.ID, c Consent) error {
	if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock(hashtextextended('consent ' || $1, 0))", c.Subject.String()); err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, `insert into consents (org_id, subject, purpose, act, version, language, at, how, by_id, adult)
		select $1, $2, $3, $4, $5, $6, $7, $8, $9::uuid, $10
		where not exists (select from (select act, version from consents where org_id = $1 and subject = $2 and purpose = $3 order by number desc limit 1) l
			where l.act = $4 and ($4 <> 'read' or l.version >= $5))`,
		org, c.Subject, c.Purpose, c.Act, c.Version, c.Language, c.At, c.How, orNull(c.By), c.Adult)
	if err == nil && tag.RowsAffected() > 0 && c.Purpose == Notice {
		_, err = tx.Exec(ctx, "update members set notice = $3, letters = case when letters = '' and language <> $4 then $4 else letters end where org_id = $1 and id = $2 and notice < $3",
			org, c.Subject, c.Version, c.Language)
	}
	return err
}

// maxConsents bounds how many acts of somebody are listed: the newest.
const maxConsents = 100

// Consents are the acts of somebody, the newest first.
func (db *DB) Consents(ctx context.Context, org, subject flow.ID) ([]Consent, error) {
	var list []Consent
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select subject, purpose, act, version, language, at, how, by_id, adult from consents where org_id = $1 and subject = $2 order by number desc limit $3", org, subject, maxConsents).Query(func(rows pgx.Rows) error {
			var c Consent
			var by *flow.ID
			_, err := pgx.ForEachRow(rows, []any{&c.Subject, &c.Purpose, &c.Act, &c.Version, &c.Language, &c.At, &c.How, &by, &c.Adult}, func() error {
				got := c
				if by != nil {
					got.By = *by
				}
				list = append(list, got)
				return nil
			})
			return err
		})
	})
	return list, err
}

// Consented reports whether somebody agrees to a purpose now.
func (db *DB) Consented(ctx context.Context, org, subject flow.ID, purpose string) (yes bool, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select coalesce((select act = 'given' from consents where org_id = $1 and subject = $2 and purpose = $3 order by number desc limit 1), false)", org, subject, purpose).
			QueryRow(func(row pgx.Row) error { return row.Scan(&yes) })
	})
	return yes, err
}

// SetLetters keeps the language of letters to a member, empty for that of the pages.
func (db *DB) SetLetters(ctx context.Context, org, member flow.ID, language string) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("update members set letters = $3 where org_id = $1 and id = $2", org, member, language)
	})
}

// Untold are those of some topics that a member has not put away, and the version of the notice that they read last.
func (db *DB) Untold(ctx context.Context, org, member flow.ID, topics []string) (left []string, notice int, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select notice, coalesce((select array_agg(topic) from unnest($3::text[]) topic
				where not exists (select from told t where t.org_id = $1 and t.member_id = $2 and t.topic = topic.topic)), '{}')
			from members where org_id = $1 and id = $2`, org, member, topics).QueryRow(func(row pgx.Row) error { return row.Scan(&notice, &left) })
	})
	return left, notice, notFound(err)
}

// PutAway notes that a member has been told something.
func (db *DB) PutAway(ctx context.Context, org, member flow.ID, topic string, now time.Time) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("insert into told (org_id, member_id, topic, at) values ($1, $2, $3, $4) on conflict do nothing", org, member, topic, now)
	})
}
