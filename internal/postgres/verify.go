package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// Verified is what Verify looked at.
type Verified struct {
	Movements int64
	Jobs      int64
	Entries   int64 // of the audit log
	Redacted  int64 // movements of which a text was written over
	Erased    int64 // pictures whose bytes are gone
}

// Fault is the first thing Verify found wrong.
type Fault struct{ Says string }

func (f *Fault) Error() string { return f.Says }

func fault(format string, args ...any) error { return &Fault{Says: fmt.Sprintf(format, args...)} }

// Verify checks an organisation's whole history in one snapshot: the movements are numbered without a gap, each
// hash follows from the one before and the movement's content, the last is the head; and every job's movements
// fold to the state that is stored, the accounts of every stage close, the lists of work agree with it, and the pictures
// and files they name are those that were recorded; and the same of the audit log's chain. The first thing wrong is a *Fault that names it.
func (db *DB) Verify(ctx context.Context, org flow.ID) (Verified, error) {
	var v Verified
	err := db.inSnapshot(ctx, org, func(tx pgx.Tx) error {
		if err := verifyChain(ctx, tx, org, &v); err != nil {
			return err
		}
		if err := verifyAudit(ctx, tx, org, &v); err != nil {
			return err
		}
		if err := verifyRedactions(ctx, tx, org, &v); err != nil {
			return err
		}
		return db.verifyJobs(ctx, tx, org, &v)
	})
	return v, err
}

// Chain checks the links of a log, movement by movement.
type Chain struct {
	Seq  int64
	Hash [32]byte
}

// Add checks that a record is the next of the chain. Of one that was redacted it checks that it says what it said then;
// that the redaction is a true one is looked up by Verify and by whoever follows the log.
func (c *Chain) Add(r Record) error {
	if r.Seq != c.Seq+1 {
		return fault("movement %d is missing: the log goes from %d to %d", c.Seq+1, c.Seq, r.Seq)
	}
	if !r.follows(c.Hash) {
		return fault("movement %d (%s of job %s at %q, %s) is not what was recorded: its content does not give its hash",
			r.Seq, r.Kind, r.Job, r.Stage, r.Occurred.Time().Format(time.RFC3339))
	}
	c.Seq, c.Hash = r.Seq, r.Hash
	return nil
}

func verifyChain(ctx context.Context, tx pgx.Tx, org flow.ID, v *Verified) error {
	rows, err := tx.Query(ctx, selectMovements+" where org_id = $1 order by seq", org)
	if err != nil {
		return err
	}
	var c Chain
	if err := eachMovement(rows, c.Add); err != nil {
		return err
	}
	v.Movements = c.Seq
	var seq int64
	var hash []byte
	if err := tx.QueryRow(ctx, "select seq, hash from log_heads where org_id = $1", org).Scan(&seq, &hash); err != nil {
		return notFound(err)
	}
	if seq != c.Seq || [32]byte(hash) != c.Hash {
		return fault("the log ends at movement %d, its head says %d: the newest movements are missing or were replaced", c.Seq, seq)
	}
	return nil
}

// verifyJobs goes through the jobs in pages by id, folding the histories of a page at a time.
func (db *DB) verifyJobs(ctx context.Context, tx pgx.Tx, org flow.ID, v *Verified) error {
	var after flow.ID
	for {
		stored, ids, err := statesAfter(ctx, tx, org, after, readPage)
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			return nil
		}
		if err := db.verifyPage(ctx, tx, org, stored, ids); err != nil {
			return err
		}
		v.Jobs += int64(len(ids))
		after = ids[len(ids)-1]
	}
}

// How a page of jobs is read: to look, or under the locks of the write door.
const (
	readPage   = "limit 200"
	lockedPage = "limit 100 for update"
)

func statesAfter(ctx context.Context, tx pgx.Tx, org, after flow.ID, how string) (map[flow.ID]string, []flow.ID, error) {
	rows, err := tx.Query(ctx, "select id, state from jobs where org_id = $1 and id > $2 order by id "+how, org, after)
	if err != nil {
		return nil, nil, err
	}
	states := map[flow.ID]string{}
	var ids []flow.ID
	var id flow.ID
	var state string
	_, err = pgx.ForEachRow(rows, []any{&id, &state}, func() error {
		states[id] = state
		ids = append(ids, id)
		return nil
	})
	return states, ids, err
}

func (db *DB) verifyPage(ctx context.Context, tx pgx.Tx, org flow.ID, stored map[flow.ID]string, ids []flow.ID) error {
	b, err := readBooks(ctx, tx, org, ids)
	if err != nil {
		return err
	}
	if err := db.verifyPictures(ctx, tx, org, b.named); err != nil {
		return err
	}
	for _, id := range ids {
		j, err := verifyJob(id, b.history[id], stored[id])
		if err != nil {
			return err
		}
		if err := b.agree(j); err != nil {
			return err
		}
		if err := db.verifyFiles(ctx, tx, org, b.history[id]); err != nil {
			return err
		}
	}
	return nil
}

// books is what is kept of some jobs beside their states: their histories, the pictures these name, and the rows of every
// list of `repeated`.
type books struct {
	history map[flow.ID][]flow.Movement
	named   []namedPicture
	lines   []map[flow.ID][]string
}

func readBooks(ctx context.Context, tx pgx.Tx, org flow.ID, ids []flow.ID) (books, error) {
	b := books{history: map[flow.ID][]flow.Movement{}, lines: make([]map[flow.ID][]string, len(repeated))}
	rows, err := tx.Query(ctx, selectMovements+" where org_id = $1 and job_id = any($2) order by job_id, seq", org, uuids(ids))
	if err != nil {
		return b, err
	}
	if err := eachMovement(rows, func(r Record) error {
		b.history[r.Job], b.named = append(b.history[r.Job], r.Movement), append(b.named, namedBy(r.Movement)...)
		return nil
	}); err != nil {
		return b, err
	}
	for i, r := range repeated {
		if b.lines[i], err = linesOf(ctx, tx, r.sql, org, ids); err != nil {
			return b, err
		}
	}
	return b, nil
}

// agree says which list does not repeat what a job's state says, if any.
func (b books) agree(j flow.Job) error {
	for i, r := range repeated {
		want, got := r.lines(j), b.lines[i][j.ID]
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			return fault("job %s: the %s %q where its movements give %q", j.Number, r.says, got, want)
		}
	}
	return nil
}

// repeated are the lists that repeat what the jobs' states say, for finding: the rows of a job as lines of text, and the
// same from its state.
var repeated = []struct {
	says  string
	sql   string
	lines func(flow.Job) []string
}{
	{"list of work has", `select job_id, stage || ' ' || status || ' ' || trim_scale(on_hand) || ' ' || station || ' ' || coalesce(awaits::text, '') || ' ' || coalesce(assigned::text, '')
		|| ' ' || to_char(due, 'YYYY-MM-DD') || ' ' || away || ' ' || again || ' ' || (extract(epoch from quiet_at) * 1000000)::bigint from work where org_id = $1 and job_id = any($2)`, workLines},
	{"challans have at vendors", `select job_id, stage || ' ' || number || ' ' || trim_scale(left_there) from challan_lines
		where org_id = $1 and job_id = any($2) and left_there > 0`, outLines},
	{"list of lots has", "select job_id, stage || ' ' || way || ' ' || lot || ' ' || trim_scale(quantity) from job_lots where org_id = $1 and job_id = any($2)", lotLines},
	{"list of non-conformances has", "select job_id, number || ' ' || open from nonconformances where org_id = $1 and job_id = any($2)", ncLines},
	{"list of wastage has", "select job_id, stage || ' ' || trim_scale(share) from job_waste where org_id = $1 and job_id = any($2)", wasteLines},
	{"list of jobs has", `select id, process_id || ' ' || version || ' ' || number_key || ' ' || to_char(due, 'YYYY-MM-DD') || ' ' || status || ' ' || site || ' ' || coalesce(parent_id::text, '')
		|| ' ' || (extract(epoch from moved_at) * 1000000)::bigint || ' ' || coalesce((extract(epoch from left_at) * 1000000)::bigint, 0)
		from jobs where org_id = $1 and id = any($2)`, jobLines},
	{"words to find it by are", "select job_id, word from job_words where org_id = $1 and job_id = any($2)", flow.Job.Words},
	{"terms it is listed by are", `select job_id, process_id || ' ' || status || ' ' || to_char(due, 'YYYY-MM-DD') || ' ' || term from job_terms
		where org_id = $1 and job_id = any($2)`, termLines},
}

func jobLines(j flow.Job) []string {
	parent := ""
	if id := parentOf(j); id != nil {
		parent = id.String()
	}
	return []string{fmt.Sprintf("%s %d %s %s %s %s %s %d %d", j.Process, j.Version, flow.NumberKey(j.Number), dueOf(j), jobStatus(j), j.Site, parent, j.Last, j.Left())}
}

func workLines(j flow.Job) (lines []string) {
	for i := range j.Stages {
		if s := &j.Stages[i]; s.Live() {
			lines = append(lines, rowOf(&j, s).line(s.Code))
		}
	}
	return lines
}

func termLines(j flow.Job) (lines []string) {
	for _, term := range j.Terms() {
		lines = append(lines, fmt.Sprintf("%s %s %s %s", j.Process, jobStatus(j), dueOf(j), term))
	}
	return lines
}

func outLines(j flow.Job) (lines []string) {
	for _, s := range j.Stages {
		for _, o := range s.Out {
			lines = append(lines, s.Code+" "+o.Challan+" "+o.Quantity.String())
		}
	}
	return lines
}

func lotLines(j flow.Job) (lines []string) {
	for _, s := range j.Stages {
		for _, u := range s.Used {
			lines = append(lines, s.Code+" in "+u.Lot+" "+u.Quantity.String())
		}
		for _, m := range s.Made {
			lines = append(lines, s.Code+" out "+m.Lot+" "+m.Quantity.String())
		}
	}
	return lines
}

func ncLines(j flow.Job) (lines []string) {
	for _, n := range j.NCs {
		lines = append(lines, fmt.Sprintf("%s %t", n.Number, n.Closed == 0))
	}
	return lines
}

func linesOf(ctx context.Context, tx pgx.Tx, sql string, org flow.ID, ids []flow.ID) (map[flow.ID][]string, error) {
	rows, err := tx.Query(ctx, sql, org, uuids(ids))
	if err != nil {
		return nil, err
	}
	lines := map[flow.ID][]string{}
	var id flow.ID
	var line string
	_, err = pgx.ForEachRow(rows, []any{&id, &line}, func() error { lines[id] = append(lines[id], line); return nil })
	return lines, err
}

// verifyJob is the job that a history folds to, if that is what is stored.
func verifyJob(id flow.ID, history []flow.Movement, stored string) (flow.Job, error) {
	j, err := folded(id, history)
	if err != nil {
		return j, err
	}
	state, err := json.Marshal(j)
	if err != nil {
		return j, err
	}
	if string(state) != stored {
		return j, fault("job %s (%s): what is stored is not what its %d movements add up to", j.Number, id, len(history))
	}
	return j, nil
}

// folded is the job that a history adds up to, whose accounts close.
func folded(id flow.ID, history []flow.Movement) (flow.Job, error) {
	j, err := flow.Replay(history)
	if err != nil {
		return j, fault("job %s: its movements do not follow from each other: %v", id, err)
	}
	if err := j.Check(); err != nil {
		return j, fault("%v", err)
	}
	return j, nil
}
