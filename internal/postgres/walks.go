package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"clicarity/internal/flow"
)

// Walk is how far letters about one thing have been written to people of all organisations.
type Walk struct {
	Kind        string // of the letters,
	Key         string // and what they are about, as in the outbox
	Begun       time.Time
	To          flow.ID   // the last organisation whose people have their letter in the outbox
	Done        time.Time // when all had; zero: not yet
	Written     int       // letters
	Unreachable int       // people without an e-mail address
	Tally
	Counted time.Time // when the tally was made
}

// Tally is what became of some letters.
type Tally struct {
	Sent    int
	Failed  int
	Bounced int
	Dropped int // who it was for did not want it any more
}

// Waiting is how many letters are still to go, as far as they were counted.
func (w Walk) Waiting() int {
	return max(0, w.Written-w.Sent-w.Failed-w.Bounced-w.Dropped)
}

const (
	// walksFor is how long it is counted what became of the letters: after that the outbox forgets them.
	walksFor = 29 * 24 * time.Hour
	// maxWalks bounds how many are listed: the newest.
	maxWalks = 200
)

const walkColumns = "w.kind, w.key, w.begun_at, w.told_to, w.done_at, w.written, w.unreachable, w.sent, w.failed, w.bounced, w.dropped, w.counted_at"

// walkScan reads walkColumns.
type walkScan struct {
	walk          Walk
	to            *flow.ID
	done, counted pgtype.Timestamptz
}

func (s *walkScan) into() []any {
	w := &s.walk
	return []any{&w.Kind, &w.Key, &w.Begun, &s.to, &s.done, &w.Written, &w.Unreachable, &w.Sent, &w.Failed, &w.Bounced, &w.Dropped, &s.counted}
}

func (s *walkScan) got() Walk {
	w := s.walk
	if w.Done, w.Counted, w.To = s.done.Time, s.counted.Time, (flow.ID{}); s.to != nil {
		w.To = *s.to
	}
	return w
}

func beginWalk(ctx context.Context, tx pgx.Tx, org flow.ID, kind, key string, begun time.Time) error {
	_, err := tx.Exec(ctx, "insert into walks (org_id, kind, key, begun_at) values ($1, $2, $3, $4)", org, kind, key, begun)
	return err
}

// Walks are those that go on, and those of the last weeks, the newest first.
func (db *DB) Walks(ctx context.Context, org flow.ID, now time.Time) ([]Walk, error) {
	var list []Walk
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select "+walkColumns+" from walks w where w.org_id = $1 and (w.done_at is null or w.begun_at > $2) order by w.begun_at desc, w.kind, w.key limit $3",
			org, now.Add(-walksFor), maxWalks).Query(func(rows pgx.Rows) error {
			var s walkScan
			_, err := pgx.ForEachRow(rows, s.into(), func() error { list = append(list, s.got()); return nil })
			return err
		})
	})
	return list, err
}

// Told is a part of a walk: letters to some people of one organisation.
type Told struct {
	Org         flow.ID
	Mails       []Mail
	Unreachable int  // of the whole organisation, told with its last part
	Whole       bool // these are the last of the organisation: the walk goes on with the next
}

// Tell puts letters into the outbox of an organisation and moves the walk on, both or neither. Whoever does it again, after
// being stopped or at the same moment, writes nothing twice.
func (db *DB) Tell(ctx context.Context, operator flow.ID, w Walk, told Told) error {
	sealed, err := db.sealMails(ctx, told.Org, told.Mails)
	if err != nil {
		return err
	}
	return db.inTenant(ctx, operator, func(tx pgx.Tx) error {
		var ahead bool
		err := tx.QueryRow(ctx, "select done_at is not null or told_to is not null and told_to >= $4 from walks where org_id = $1 and kind = $2 and key = $3 for update",
			operator, w.Kind, w.Key, told.Org).Scan(&ahead)
		if err != nil || ahead {
			return notFound(err)
		}
		written, err := writeTold(ctx, tx, told, sealed)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, setOrg, operator.String()); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `update walks set written = written + $4, unreachable = unreachable + case when $7 then $5 else 0 end,
			told_to = case when $7 then $6 else told_to end where org_id = $1 and kind = $2 and key = $3`,
			operator, w.Kind, w.Key, written, told.Unreachable, told.Org, told.Whole)
		return err
	})
}

// writeTold writes the letters in the name of their own organisation, and counts those that were not there yet.
func writeTold(ctx context.Context, tx pgx.Tx, told Told, sealed [][]byte) (written int64, err error) {
	if _, err := tx.Exec(ctx, setOrg, told.Org.String()); err != nil {
		return 0, err
	}
	for i, m := range told.Mails {
		tag, err := tx.Exec(ctx, insertMail, mailRow(told.Org, m, sealed[i])...)
		if err != nil {
			return 0, err
		}
		written += tag.RowsAffected()
	}
	return written, nil
}

// EndWalk notes that all organisations have been told.
func (db *DB) EndWalk(ctx context.Context, operator flow.ID, w Walk, now time.Time) error {
	return db.tenant(ctx, operator, func(b *pgx.Batch) {
		b.Queue("update walks set done_at = $4 where org_id = $1 and kind = $2 and key = $3 and done_at is null", operator, w.Kind, w.Key, now)
	})
}

// CountLetters counts what became of an organisation's letters of a kind about one thing.
func (db *DB) CountLetters(ctx context.Context, org flow.ID, kind, key string) (t Tally, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select count(sent_at) filter (where bounced_at is null), count(failed_at) filter (where not dropped), count(bounced_at), count(*) filter (where dropped)
			from outbox where org_id = $1 and kind = $2 and key = $3`, org, kind, key).
			QueryRow(func(row pgx.Row) error { return row.Scan(&t.Sent, &t.Failed, &t.Bounced, &t.Dropped) })
	})
	return t, err
}

// SaveTally keeps what was counted over all organisations.
func (db *DB) SaveTally(ctx context.Context, operator flow.ID, w Walk, t Tally, now time.Time) error {
	return db.tenant(ctx, operator, func(b *pgx.Batch) {
		b.Queue("update walks set sent = $4, failed = $5, bounced = $6, dropped = $7, counted_at = $8 where org_id = $1 and kind = $2 and key = $3",
			operator, w.Kind, w.Key, t.Sent, t.Failed, t.Bounced, t.Dropped, now)
	})
}
