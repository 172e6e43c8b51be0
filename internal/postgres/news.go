package postgres

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"clicarity/internal/flow"
	"clicarity/internal/letters"
)

// NewsPiece is a piece of news, as the operator's organisation keeps it.
type NewsPiece struct {
	ID      flow.ID
	Edition int                 // of the draft; 0: it is not kept yet
	First   string              // the language for whoever reads none of those it is written in
	Texts   map[string]NewsText // by language; one in First at least
	Changed time.Time
	By      flow.ID   // who changed it last
	Sent    time.Time // zero: it is a draft
	SentBy  flow.ID
	Walk    Walk // how far it came; of one that is sent
}

// NewsText is a piece of news in one language.
type NewsText struct {
	Subject string `json:"subject"`
	Text    string `json:"text"`
}

// In is the text for somebody who reads a language, and the language that it is in.
func (p NewsPiece) In(language string) (string, NewsText) {
	if t, ok := p.Texts[language]; ok {
		return language, t
	}
	return p.First, p.Texts[p.First]
}

// maxNews bounds how many pieces are listed: the drafts and the newest.
const maxNews = 200

const selectNews = `select n.id, n.edition, n.first, n.texts, n.changed_at, n.changed_by, n.sent_at, n.sent_by,
	coalesce(w.kind, ''), coalesce(w.key, ''), coalesce(w.begun_at, 'epoch'), w.told_to, w.done_at, coalesce(w.written, 0), coalesce(w.unreachable, 0),
	coalesce(w.sent, 0), coalesce(w.failed, 0), coalesce(w.bounced, 0), coalesce(w.dropped, 0), w.counted_at
	from news n left join walks w on w.org_id = n.org_id and w.kind = 'news' and w.key = n.id::text where n.org_id = $1`

func scanNews(row pgx.CollectableRow) (NewsPiece, error) {
	var p NewsPiece
	var s walkScan
	var sent pgtype.Timestamptz
	var by *flow.ID
	err := row.Scan(append([]any{&p.ID, &p.Edition, &p.First, &p.Texts, &p.Changed, &p.By, &sent, &by}, s.into()...)...)
	if p.Sent, p.Walk = sent.Time, s.got(); by != nil {
		p.SentBy = *by
	}
	return p, err
}

// News are the drafts and what was sent, the newest first.
func (db *DB) News(ctx context.Context, org flow.ID) (list []NewsPiece, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectNews+" order by coalesce(n.sent_at, 'infinity') desc, n.id limit $2", org, maxNews).Query(func(rows pgx.Rows) error {
			list, err = pgx.CollectRows(rows, scanNews)
			return err
		})
	})
	return list, err
}

// NewsPiece is one of them.
func (db *DB) NewsPiece(ctx context.Context, org, id flow.ID) (p NewsPiece, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectNews+" and n.id = $2", org, id).Query(func(rows pgx.Rows) error {
			p, err = pgx.CollectExactlyOneRow(rows, scanNews)
			return err
		})
	})
	return p, notFound(err)
}

// SaveNews keeps a draft that was changed from p.Edition. ErrNotFound: somebody else changed or sent it since.
func (db *DB) SaveNews(ctx context.Context, org flow.ID, p NewsPiece, now time.Time) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `insert into news (org_id, id, edition, first, texts, changed_at, changed_by) values ($1, $2, 1, $3, $4, $5, $6)
			on conflict (org_id, id) do update set edition = news.edition + case when (news.first, news.texts) = ($3, $4::jsonb) then 0 else 1 end,
				first = $3, texts = $4, changed_at = $5, changed_by = $6
			where news.sent_at is null and (news.edition = $7 or (news.first, news.texts) = ($3, $4::jsonb))`, org, p.ID, p.First, p.Texts, now, p.By, p.Edition)
		if err == nil && tag.RowsAffected() == 0 {
			err = ErrNotFound
		}
		return err
	})
}

// DiscardNews throws a draft away. One that was sent stays.
func (db *DB) DiscardNews(ctx context.Context, org, id flow.ID) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("delete from news where org_id = $1 and id = $2 and sent_at is null", org, id)
	})
}

// SendNews begins to send the edition that was looked at: the worker writes it to whoever agreed, see Walks. Nobody changes it
// from then on. ErrNotFound: it was changed or sent since.
func (db *DB) SendNews(ctx context.Context, org, id flow.ID, edition int, by flow.ID, now time.Time) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, "update news set sent_at = $4, sent_by = $5 where org_id = $1 and id = $2 and edition = $3 and sent_at is null", org, id, edition, now, by)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		return beginWalk(ctx, tx, org, letters.News{}.Kind(), id.String(), now)
	})
}

// agreedTo is the condition that the last act of a subject about news, in the organisation $1, was to agree.
func agreedTo(subject string) string {
	return "coalesce((select c.act = 'given' from consents c where c.org_id = $1 and c.subject = " + subject + " and c.purpose = 'news' order by c.number desc limit 1), false)"
}

// stillOpen is the condition that the organisation $1 is not closed. Active members are m, enquiries with the tick e.
const (
	stillOpen    = "not exists (select from closures where org_id = $1 and undone_at is null)"
	activeMember = "m.suspended_at is null and m.left_at is null and m.erased_at is null"
	withTheTick  = "e.news and e.email is not null"
)

// wantsNews is the condition that a subject, a member or an enquiry, is to be written to now.
func wantsNews(subject string) string {
	return "(" + stillOpen + " and " + agreedTo(subject) + `
		and (exists (select from members m where m.org_id = $1 and m.id = ` + subject + " and " + activeMember + `)
			or exists (select from enquiries e where e.org_id = $1 and e.id = ` + subject + " and " + withTheTick + ")))"
}

// NewsReader is somebody who agreed to get news.
type NewsReader struct {
	ID       flow.ID // of the member, or of the enquiry
	Language string
	Address  string // empty: a member who has none, or an enquiry that cannot be opened any more
}

// NewsReadersAtOnce is how many of them are read at once.
const NewsReadersAtOnce = 200

// NewsReaders are those of an organisation who agreed to get news, in the order of their ids, those after one: members, and who
// asked by the public site. Who asked there more than once is their newest enquiry. A closed organisation has none.
func (db *DB) NewsReaders(ctx context.Context, org, after flow.ID) (list []NewsReader, err error) {
	var sealed [][]byte
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select id, language, address, email from (
				(select m.id, `+lettersOf+" as language, coalesce("+addressOf+`, '') as address, null::bytea as email from members m
					where m.org_id = $1 and m.id > $2 and `+activeMember+" and "+agreedTo("m.id")+` order by m.id limit $3)
				union all
				(select e.id, e.language, '', e.email from enquiries e where e.org_id = $1 and e.id > $2 and `+withTheTick+" and "+agreedTo("e.id")+`
					and not exists (select from enquiries o where o.org_id = $1 and o.mark = e.mark and (o.created_at, o.id) > (e.created_at, e.id) and o.news and `+agreedTo("o.id")+`)
					order by e.id limit $3)) r
			where `+stillOpen+" order by id limit $3", org, after, NewsReadersAtOnce).Query(func(rows pgx.Rows) error {
			var n NewsReader
			var email []byte
			_, err := pgx.ForEachRow(rows, []any{&n.ID, &n.Language, &n.Address, &email}, func() error {
				list, sealed = append(list, n), append(sealed, slices.Clone(email))
				return nil
			})
			return err
		})
	})
	c := db.contacts(org)
	for i := 0; i < len(list) && err == nil; i++ {
		if sealed[i] != nil {
			list[i].Address, err = c.open(ctx, list[i].ID, "email", sealed[i])
		}
		list[i].Address = strings.ToLower(list[i].Address) // who writes it otherwise is the same, and gets one letter
	}
	return list, err
}

// CountNewsReaders is to how many addresses a piece of news would go now, and how many people agreed who have none.
func (db *DB) CountNewsReaders(ctx context.Context) (addresses, without int, err error) {
	orgs, err := db.Organisations(ctx)
	for i := 0; i < len(orgs) && err == nil; i++ {
		var to, no int
		to, no, err = db.countNewsReaders(ctx, orgs[i].ID)
		addresses, without = addresses+to, without+no
	}
	return addresses, without, err
}

func (db *DB) countNewsReaders(ctx context.Context, org flow.ID) (addresses, without int, err error) {
	known := map[string]bool{}
	for after, more := (flow.ID{}), true; more; {
		page, err := db.NewsReaders(ctx, org, after)
		if err != nil {
			return 0, 0, err
		}
		more = len(page) == NewsReadersAtOnce
		for _, n := range page {
			if after = n.ID; n.Address == "" {
				without++
			} else {
				known[n.Address] = true
			}
		}
	}
	return len(known), without, nil
}

// EndNews records that somebody takes back that they wanted news. Who wrote by the public site more than once is asked once: it
// holds for all that came from their address.
func (db *DB) EndNews(ctx context.Context, org flow.ID, c Consent) error {
	c.Purpose, c.Act = News, Withdrawn
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		var there bool
		if err := tx.QueryRow(ctx, "select exists (select from organisations where org_id = $1)", org).Scan(&there); err != nil || !there {
			return err // of one that was deleted nobody is written to
		}
		rows, err := tx.Query(ctx, `select id from enquiries where org_id = $1 and news and mark = (select mark from enquiries where org_id = $1 and id = $2) and id <> $2
			union all select $2 order by id`, org, c.Subject)
		if err != nil {
			return err
		}
		subjects, err := pgx.CollectRows(rows, pgx.RowTo[flow.ID])
		for i := 0; i < len(subjects) && err == nil; i++ {
			c.Subject = subjects[i]
			err = recordConsent(ctx, tx, org, c)
		}
		return err
	})
}

// EndNewsOf records that whoever has an address takes back that they wanted news.
func (db *DB) EndNewsOf(ctx context.Context, org flow.ID, address string, c Consent) error {
	for after, more := (flow.ID{}), true; more; {
		page, err := db.NewsReaders(ctx, org, after)
		if err != nil {
			return err
		}
		more = len(page) == NewsReadersAtOnce
		for _, n := range page {
			after = n.ID
			if n.Address == "" || n.Address != strings.ToLower(strings.TrimSpace(address)) {
				continue
			}
			c.Subject = n.ID
			if err := db.EndNews(ctx, org, c); err != nil {
				return err
			}
		}
	}
	return nil
}
