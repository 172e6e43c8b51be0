package postgres

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// ErrNewer says that a newer program has been at an organisation's jobs. This one could only make them less.
var ErrNewer = errors.New("a newer version of Clicarity has been at this organisation's jobs; use that one")

// Refold brings the stored states of an organisation's jobs, and the lists derived from them, to this program's
// flow.FoldVersion by folding them from their movements, and reports how many jobs it went through; none when they are at it.
//
// From its first step to its last no command of the organisation is taken, by any program. Each page is a transaction of
// its own: what is interrupted goes on where it stood, whoever opens the database next, and two who do it at once share the
// work. tell hears how many are done after each page. A job whose movements do not follow from each other is a *Fault;
// the organisation stays closed to commands then.
func (db *DB) Refold(ctx context.Context, org flow.ID, tell func(done int)) (int, error) {
	todo, err := db.beginFold(ctx, org)
	for done := 0; ; {
		if err != nil || !todo {
			return done, err
		}
		var n int
		if n, todo, err = db.foldPage(ctx, org); again(err) { // a command that was under way locked in another order
			todo, err = true, nil
		}
		if done += n; n > 0 {
			tell(done)
		}
	}
}

// beginFold closes an organisation to commands when its states are of an older fold, and reports whether there is anything
// to be done. A command that commits before the mark is folded with the others; one that comes after it is refused.
func (db *DB) beginFold(ctx context.Context, org flow.ID) (todo bool, err error) {
	err = db.inTenant(ctx, org, func(tx pgx.Tx) error {
		f, err := foldOf(ctx, tx, org)
		switch {
		case err != nil:
			return err
		case f.version > flow.FoldVersion:
			return ErrNewer
		case f.version == flow.FoldVersion:
			todo = f.under
			return nil
		}
		todo = true
		_, err = tx.Exec(ctx, "update log_heads set fold = $2, fold_job = $3 where org_id = $1 and fold < $2", org, flow.FoldVersion, flow.ID{})
		return err
	})
	return todo, err
}

// foldState is how far the states of an organisation are folded by which version.
type foldState struct {
	version int
	under   bool    // it is not done
	after   flow.ID // the last job that is
}

func foldOf(ctx context.Context, tx pgx.Tx, org flow.ID) (foldState, error) {
	var f foldState
	err := tx.QueryRow(ctx, "select fold, fold_job is not null, coalesce(fold_job, $2) from log_heads where org_id = $1", org, flow.ID{}).
		Scan(&f.version, &f.under, &f.after)
	return f, notFound(err)
}

// foldPage folds the next page of jobs. Jobs are locked before the head, as the write door does.
func (db *DB) foldPage(ctx context.Context, org flow.ID) (n int, more bool, err error) {
	err = db.inTenant(ctx, org, func(tx pgx.Tx) error {
		f, err := foldOf(ctx, tx, org)
		switch {
		case err != nil:
			return err
		case f.version > flow.FoldVersion:
			return ErrNewer
		case !f.under:
			return nil
		}
		stored, ids, err := statesAfter(ctx, tx, org, f.after, lockedPage)
		if err != nil {
			return err
		}
		if err := refoldJobs(ctx, tx, org, stored, ids); err != nil {
			return err
		}
		var last *flow.ID
		if len(ids) > 0 {
			last = &ids[len(ids)-1]
		}
		tag, err := tx.Exec(ctx, "update log_heads set fold_job = $3 where org_id = $1 and fold = $4 and fold_job = $2", org, f.after, last, flow.FoldVersion)
		if err != nil {
			return err
		}
		more = last != nil
		if tag.RowsAffected() == 0 { // another program folds too, and was faster with this page
			more = true
			return nil
		}
		n = len(ids)
		return nil
	})
	return n, more, err
}

// refoldJobs writes the jobs of a page of which the state, or what is derived from it, is not what their movements give.
func refoldJobs(ctx context.Context, tx pgx.Tx, org flow.ID, stored map[flow.ID]string, ids []flow.ID) error {
	kept, err := readBooks(ctx, tx, org, ids)
	if err != nil {
		return err
	}
	b := &pgx.Batch{}
	for _, id := range ids {
		j, err := folded(id, kept.history[id])
		if err != nil {
			return err
		}
		state, err := json.Marshal(j)
		if err != nil {
			return err
		}
		if string(state) != stored[id] || kept.agree(j) != nil {
			queueAnew(b, org, j, string(state), kept.history[id])
		}
	}
	return tx.SendBatch(ctx, b).Close()
}

// queueAnew writes a job as if nothing of what is derived from its movements were there.
func queueAnew(b *pgx.Batch, org flow.ID, j flow.Job, state string, history []flow.Movement) {
	b.Queue(`update jobs set process_id = $3, version = $4, number = $5, number_key = $6, due = $7::text::date, status = $8, state = $9,
		parent_id = $10, site = $11, moved_at = $12, left_at = $13 where org_id = $1 and id = $2`,
		org, j.ID, j.Process, j.Version, j.Number, flow.NumberKey(j.Number), dueOf(j), jobStatus(j), state, parentOf(j), j.Site, j.Last.Time(), leftOf(j))
	for _, list := range []string{"job_words", "job_terms", "work", "job_lots", "nonconformances", "job_waste"} {
		b.Queue("delete from "+list+" where org_id = $1 and job_id = $2", org, j.ID)
	}
	b.Queue("update challan_lines set left_there = 0 where org_id = $1 and job_id = $2 and left_there > 0", org, j.ID)
	for _, m := range history { // what was sent stands on the challan, and is not in the state
		if m.Kind == flow.KindSent {
			b.Queue("insert into challan_lines values ($1, $2, $3, $4, $5::text::numeric, 0) on conflict do nothing",
				org, m.Facts.Challan, j.ID, m.Stage, m.Facts.Quantity.String())
		}
	}
	b.Queue("insert into job_words select $1, unnest($3::text[]), $2", org, j.ID, j.Words())
	queueParts(b, org, j.NameWords())
	d := door{mark: flow.Mark{Org: org}}
	d.queueTerms(b, flow.Job{}, j, false)
	d.queueWork(b, flow.Job{}, j)
	d.queueOut(b, flow.Job{}, j)
	d.queueLots(b, flow.Job{}, j)
	d.queueNCs(b, flow.Job{}, j)
	d.queueWaste(b, flow.Job{}, j)
}
