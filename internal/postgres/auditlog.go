package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// Entry is one entry of an organisation's audit log.
type Entry struct {
	Seq     int64
	At      time.Time
	Member  flow.ID // zero: nobody who was signed in
	What    string
	Content string // all of it as it was written, which its hash covers
	Hash    [32]byte
}

// Noted is what the content of an entry says.
type Noted struct {
	At     time.Time                  `json:"at"`
	Member flow.ID                    `json:"member"`
	Device string                     `json:"device"`
	Via    flow.Via                   `json:"via"`
	What   string                     `json:"what"`
	ID     string                     `json:"id"`
	Detail map[string]json.RawMessage `json:"detail"`
}

// Noted reads the content.
func (e Entry) Noted() (Noted, error) {
	var n Noted
	err := json.Unmarshal([]byte(e.Content), &n)
	return n, err
}

const selectAudit = "select seq, at, member_id, what, content, hash from audit"

func eachEntry(rows pgx.Rows, f func(Entry) error) error {
	defer rows.Close()
	for rows.Next() {
		var e Entry
		var member *flow.ID
		var hash []byte
		if err := rows.Scan(&e.Seq, &e.At, &member, &e.What, &e.Content, &hash); err != nil {
			return err
		}
		if member != nil {
			e.Member = *member
		}
		copy(e.Hash[:], hash)
		if err := f(e); err != nil {
			return err
		}
	}
	return rows.Err()
}

// AuditQuery asks for a page of the audit log, the newest first.
type AuditQuery struct {
	Member flow.ID   // what they did and what was done to them; zero: anybody
	Kinds  []string  // none: of any kind
	From   time.Time // not before; zero: from the beginning
	To     time.Time // before; zero: until now
	Text   string    // somewhere in the entry, as it stands; empty: anything
	Before AuditPlace
	Limit  int
}

// AuditPlace is a place in the log by time: entries before it are older.
type AuditPlace struct {
	At  time.Time // zero: after the newest
	Seq int64
}

// auditScan is how many entries one question looks through at most. What is further back is asked for from there.
const auditScan = 50000

// forever is after everything.
var forever = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// AuditPage is a page of the log.
type AuditPage struct {
	Entries []Entry
	// Next is where the rest goes on, nil when there is no more.
	Next *AuditPlace
}

// AuditLog reads a page of the log. It looks through a bounded stretch of it, in time that grows with the length of what
// it looks at and of nothing else: what somebody typed is compared as it stands, never run as a pattern. A page with fewer
// entries than asked for may still have a Next.
func (db *DB) AuditLog(ctx context.Context, org flow.ID, q AuditQuery) (AuditPage, error) {
	var page AuditPage
	to, before := q.To, q.Before
	if to.IsZero() {
		to = forever
	}
	if before.At.IsZero() {
		before = AuditPlace{forever, 0}
	}
	var looked int
	var last AuditPlace
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		const stretch = `select seq, at, member_id, what, content, hash from audit
			where org_id = $1 and (at, seq) < ($2, $3) and at >= $4 and at < $5 order by at desc, seq desc limit $6`
		b.Queue(`select seq, at, member_id, what, content, hash from (`+stretch+`) s
			where ($7::uuid is null or member_id = $7 or content::jsonb ->> 'id' = $7::text) and (cardinality($8::text[]) = 0 or what = any($8))
				and ($9 = '' or strpos(lower(content), lower($9)) > 0)
			order by at desc, seq desc limit $10`, org, before.At, before.Seq, q.From, to, auditScan, orNull(q.Member), notNil(q.Kinds), q.Text, q.Limit+1).
			Query(func(rows pgx.Rows) error {
				return eachEntry(rows, func(e Entry) error { page.Entries = append(page.Entries, e); return nil })
			})
		b.Queue(`select count(*), coalesce(min(at), 'epoch'), coalesce((array_agg(seq order by at, seq))[1], 0) from (`+stretch+`) s`, org, before.At, before.Seq, q.From, to, auditScan).
			QueryRow(func(row pgx.Row) error { return row.Scan(&looked, &last.At, &last.Seq) })
	})
	switch {
	case len(page.Entries) > q.Limit:
		page.Entries = page.Entries[:q.Limit]
		e := page.Entries[q.Limit-1]
		page.Next = &AuditPlace{e.At, e.Seq}
	case looked == auditScan:
		page.Next = &last
	}
	return page, err
}

func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// AuditHead is the number and the hash of the newest entry of an organisation's audit log, 0 and zeroes before the first.
func (db *DB) AuditHead(ctx context.Context, org flow.ID) (c AuditChain, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select seq, hash from audit_heads where org_id = $1", org).QueryRow(func(row pgx.Row) error {
			var hash []byte
			err := row.Scan(&c.Seq, &hash)
			copy(c.Hash[:], hash)
			return notFound(err)
		})
	})
	return c, err
}

// AuditEntries reads up to limit entries after a number, in order, no further than a number.
func (db *DB) AuditEntries(ctx context.Context, org flow.ID, after, upTo int64, limit int) ([]Entry, error) {
	var got []Entry
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectAudit+" where org_id = $1 and seq > $2 and seq <= $3 order by seq limit $4", org, after, upTo, limit).Query(func(rows pgx.Rows) error {
			return eachEntry(rows, func(e Entry) error { got = append(got, e); return nil })
		})
	})
	return got, err
}

// AuditChain checks the links of an audit log, entry by entry.
type AuditChain struct {
	Seq  int64
	Hash [32]byte
}

// Add checks that an entry is the next of the chain, and that what lists find it by is what it says.
func (c *AuditChain) Add(e Entry) error {
	if e.Seq != c.Seq+1 {
		return fault("entry %d of the audit log is missing: it goes from %d to %d", c.Seq+1, c.Seq, e.Seq)
	}
	if flow.Link(c.Hash, e.Seq, []byte(e.Content)) != e.Hash {
		return fault("entry %d of the audit log is not what was written: its content does not give its hash", e.Seq)
	}
	n, err := e.Noted()
	if err != nil || n.What != e.What || n.Member != e.Member || !n.At.Equal(e.At) {
		return fault("entry %d of the audit log is listed as something else than it says", e.Seq)
	}
	c.Seq, c.Hash = e.Seq, e.Hash
	return nil
}

// AuditChecker is the name under which it is kept how far an organisation's audit log has been checked.
const AuditChecker = "audit chain"

// CheckAudit checks what was added to an organisation's audit log since the last time, that what was checked then is still
// there, and that the log ends where its head says. The first thing wrong is a *Fault; then the place stays where it was.
func (db *DB) CheckAudit(ctx context.Context, org flow.ID) error {
	var c AuditChain
	err := db.inSnapshot(ctx, org, func(tx pgx.Tx) (err error) {
		c, err = checkedAudit(ctx, tx, org)
		if err != nil {
			return err
		}
		return followAudit(ctx, tx, org, &c)
	})
	if err != nil {
		return err
	}
	return db.tenant(ctx, org, func(b *pgx.Batch) { // two servers that check at once: the further place counts
		b.Queue(`insert into followers (org_id, name, seq, state) values ($1, $2, $3, $4)
			on conflict (org_id, name) do update set seq = excluded.seq, state = excluded.state where followers.seq < excluded.seq`,
			org, AuditChecker, c.Seq, c.Hash[:])
	})
}

// inSnapshot reads several things of an organisation as they were at one moment.
func (db *DB) inSnapshot(ctx context.Context, org flow.ID, f func(tx pgx.Tx) error) error {
	opts := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	return pgx.BeginTxFunc(ctx, db.pool, opts, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, setOrg, org.String()); err != nil {
			return err
		}
		return f(tx)
	})
}

// checkedAudit is how far the log was checked before, when the entry there is still the one that was checked.
func checkedAudit(ctx context.Context, tx pgx.Tx, org flow.ID) (c AuditChain, err error) {
	var state, now []byte
	rows, err := tx.Query(ctx, `select f.seq, f.state, a.hash from followers f left join audit a on a.org_id = f.org_id and a.seq = f.seq
		where f.org_id = $1 and f.name = $2`, org, AuditChecker)
	if err != nil {
		return c, err
	}
	if _, err := pgx.ForEachRow(rows, []any{&c.Seq, &state, &now}, func() error { return nil }); err != nil {
		return c, err
	}
	if c.Seq == 0 {
		return AuditChain{}, nil
	}
	if len(state) != len(c.Hash) {
		return c, fmt.Errorf("postgres: the state of the checker of the audit log is %d bytes", len(state))
	}
	copy(c.Hash[:], state)
	if string(now) != string(state) {
		return c, fault("entry %d of the audit log was there when it was last checked, and is gone or another: its newest entries are missing or were replaced", c.Seq)
	}
	return c, nil
}

// followAudit checks all entries after a place and that the last is the head.
func followAudit(ctx context.Context, tx pgx.Tx, org flow.ID, c *AuditChain) error {
	rows, err := tx.Query(ctx, selectAudit+" where org_id = $1 and seq > $2 order by seq", org, c.Seq)
	if err != nil {
		return err
	}
	if err := eachEntry(rows, c.Add); err != nil {
		return err
	}
	var seq int64
	var hash []byte
	if err := tx.QueryRow(ctx, "select seq, hash from audit_heads where org_id = $1", org).Scan(&seq, &hash); err != nil {
		return notFound(err)
	}
	if seq != c.Seq || [32]byte(hash) != c.Hash {
		return fault("the audit log ends at entry %d, its head says %d: its newest entries are missing or were replaced", c.Seq, seq)
	}
	return nil
}

// verifyAudit checks the whole audit log, and that what was checked before is still in it.
func verifyAudit(ctx context.Context, tx pgx.Tx, org flow.ID, v *Verified) error {
	var c AuditChain
	if err := followAudit(ctx, tx, org, &c); err != nil {
		return err
	}
	v.Entries = c.Seq
	_, err := checkedAudit(ctx, tx, org)
	return err
}
