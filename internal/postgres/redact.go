package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// Why a text of the history was written over.
const (
	ForErasure = "erasure" // the person it names was erased
	ForRequest = "request" // somebody asked for this text
)

// Redaction is what is to be written over in an organisation's history. The database holds to the bounds: see
// flow.Facts.Redact and migration 29.
type Redaction struct {
	Seqs     []int64                          // of movements
	Pictures []flow.ID                        // whose bytes are to go
	Write    func(seq int64, s string) string // a text of one of the movements as it is to be; all texts of it are asked for
	Reason   string                           // ForErasure ...
	At       time.Time
}

// Redact writes over texts of the history, in the name of the context's actor, and brings the states of the jobs, the lists
// and the search, and the roll-ups along. What the history adds up to stays.
func (db *DB) Redact(ctx context.Context, o Organisation, r Redaction) error {
	h, err := db.House(ctx, o)
	if err != nil {
		return err
	}
	return db.inTenant(ctx, o.ID, func(tx pgx.Tx) error { return redact(ctx, tx, o.ID, h, r) })
}

func redact(ctx context.Context, tx pgx.Tx, org flow.ID, h House, r Redaction) error {
	slices.Sort(r.Seqs)
	ids, stored, err := jobsOfMovements(ctx, tx, org, r.Seqs)
	if err != nil {
		return err
	}
	names, err := redactMovements(ctx, tx, org, r)
	if err != nil {
		return err
	}
	for _, p := range r.Pictures {
		if _, err := tx.Exec(ctx, "select erase_picture($1, $2, $3, $4)", org, p, r.At, r.Reason); err != nil {
			return err
		}
	}
	if err := refoldJobs(ctx, tx, org, stored, ids); err != nil {
		return err
	}
	if !names {
		return nil
	}
	if _, err := tx.Exec(ctx, `delete from word_parts p where org_id = $1
		and not exists (select from job_words w where w.org_id = p.org_id and w.word = p.word)`, org); err != nil {
		return err
	}
	return rollAgain(ctx, tx, org, h, ids)
}

// jobsOfMovements locks the jobs of some movements, as the write door does, and gives their states.
func jobsOfMovements(ctx context.Context, tx pgx.Tx, org flow.ID, seqs []int64) ([]flow.ID, map[flow.ID]string, error) {
	rows, err := tx.Query(ctx, `select id, state from jobs where org_id = $1
		and id in (select job_id from movements where org_id = $1 and seq = any($2)) order by id for update`, org, seqs)
	if err != nil {
		return nil, nil, err
	}
	var ids []flow.ID
	states := map[flow.ID]string{}
	var id flow.ID
	var state string
	_, err = pgx.ForEachRow(rows, []any{&id, &state}, func() error { ids, states[id] = append(ids, id), state; return nil })
	return ids, states, err
}

// redactMovements reports whether what jobs are found or listed by has changed: customers and items.
func redactMovements(ctx context.Context, tx pgx.Tx, org flow.ID, r Redaction) (names bool, err error) {
	rows, err := tx.Query(ctx, selectMovements+" where org_id = $1 and seq = any($2) order by seq", org, r.Seqs)
	if err != nil {
		return false, err
	}
	b := &pgx.Batch{}
	err = eachMovement(rows, func(m Record) error {
		after := m.Facts.Redact(m.Kind, func(s string) string { return r.Write(m.Seq, s) })
		names = names || after.Customer != m.Facts.Customer || after.Item != m.Facts.Item || len(m.Facts.Set) > 0
		if text := after.Encode(); text != m.Facts.Encode() {
			b.Queue("select redact_movement($1, $2, $3, $4)", org, m.Seq, text, r.Reason)
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	return names, tx.SendBatch(ctx, b).Close()
}

// rollAgain makes the roll-ups of some jobs anew, as far as they have come.
func rollAgain(ctx context.Context, tx pgx.Tx, org flow.ID, h House, ids []flow.ID) error {
	var f followed
	rows, err := tx.Query(ctx, "select seq, state from followers where org_id = $1 and name = $2 for update", org, Roller)
	if err != nil {
		return err
	}
	if _, err := pgx.ForEachRow(rows, []any{&f.seq, &f.state}, func() error { return nil }); err != nil || f.seq == 0 {
		return err
	}
	r := roller{ctx: ctx, tx: tx, org: org, lens: h.Lens, ledger: newLedger()}
	if err := json.Unmarshal(f.state, &r.state); err != nil || r.state.Making || r.state.Settings != h.settings {
		return err // they are made anew anyway
	}
	return r.jobs(ids, f.seq)
}

// follows reports whether a movement is what the chain says comes after a hash, or what a redaction made of it.
func (r Record) follows(before [32]byte) bool {
	content := r.Content(r.Stored)
	if r.Redacted == nil {
		return flow.Link(before, r.Seq, content) == r.Hash
	}
	digest := sha256.Sum256(content)
	return slices.Equal(digest[:], r.Redacted)
}

// trueRedaction is the entry of the audit log that speaks for a redacted movement m, written out in its chain.
const trueRedaction = `exists (select from redactions r join audit a on a.org_id = r.org_id and a.seq = r.entry
	where r.org_id = m.org_id and r.seq = m.seq and r.content = m.redacted and r.hash = m.hash and a.what = 'movement_redacted'
		and a.content::jsonb ->> 'id' = m.seq::text and a.content::jsonb #>> '{detail,content}' = encode(m.redacted, 'hex')
		and r.entry = (select max(entry) from redactions l where l.org_id = m.org_id and l.seq = m.seq))`

// vouched checks that the audit log speaks for the redacted ones of some movements.
func vouched(ctx context.Context, tx pgx.Tx, org flow.ID, list []Record) error {
	var seqs []int64
	for _, r := range list {
		if r.Redacted != nil {
			seqs = append(seqs, r.Seq)
		}
	}
	if len(seqs) == 0 {
		return nil
	}
	return noneSays(ctx, tx, "select seq from movements m where org_id = $1 and seq = any($2) and not "+trueRedaction+" order by 1 limit 1",
		"movement %d is not what was recorded: its texts were written over, and the audit log does not say so", org, seqs)
}

// verifyRedactions checks that every text written over and every erased picture is in the audit log, and the other way round.
func verifyRedactions(ctx context.Context, tx pgx.Tx, org flow.ID, v *Verified) error {
	for sql, says := range map[string]string{
		"select seq from movements m where org_id = $1 and redacted is not null and not " + trueRedaction:                                                                                       "movement %d is not what was recorded: its texts were written over, and the audit log does not say so",
		`select entry from redactions r where org_id = $1 and seq is not null and not exists (select from movements m where m.org_id = r.org_id and m.seq = r.seq and m.redacted is not null)`:  "entry %d of the audit log says that a movement was redacted, which it is not",
		`select seq from audit a where org_id = $1 and what in ('movement_redacted', 'picture_erased') and not exists (select from redactions r where r.org_id = a.org_id and r.entry = a.seq)`: "entry %d of the audit log says that something was redacted, and its redaction is gone",
		`select 0 from pictures p where org_id = $1 and erased_at is not null and not exists (select from redactions r join audit a on a.org_id = r.org_id and a.seq = r.entry
			where r.org_id = p.org_id and r.picture_id = p.id and r.hash = p.sha256 and a.what = 'picture_erased' and a.content::jsonb ->> 'id' = p.id::text)`: "%d: a picture was erased, and the audit log does not say so",
	} {
		if err := noneSays(ctx, tx, sql+" order by 1 limit 1", says, org); err != nil {
			return err
		}
	}
	return tx.QueryRow(ctx, `select count(distinct seq), count(distinct picture_id) from redactions where org_id = $1`, org).Scan(&v.Redacted, &v.Erased)
}

// noneSays is a fault that names the number that a question finds, nil when it finds none.
func noneSays(ctx context.Context, tx pgx.Tx, sql, says string, args ...any) error {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil || len(found) == 0 {
		return err
	}
	return fault(says, found[0])
}
