package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"clicarity/internal/flow"
)

// Do is the write door: every command that changes a job comes through here.
//
// It locks the jobs the command names, in id order, lets the command decide on what they are under that lock, and
// commits the movements with the state they lead to. The same command id with the same content gives the first
// receipt again; with other content it is refused (command_reused). A refusal is a *flow.Refusal and changes
// nothing; any other error means that nothing was saved.
func (db *DB) Do(ctx context.Context, m flow.Mark, c flow.Command) (flow.Receipt, error) {
	if c.ID.IsZero() || c.Action == nil {
		return flow.Receipt{}, &flow.Refusal{Code: flow.BadCommand}
	}
	const tries = 4 // a race on a command id, a job number or a deadlock is settled by the second
	for try := 1; ; try++ {
		receipt, err := db.attempt(ctx, m, c, try > 1)
		if try == tries && unique(err, "jobs_number") {
			return receipt, &flow.Refusal{Code: flow.NumberTaken}
		}
		if err == nil || try == tries || !again(err) {
			return receipt, db.keepAttempt(ctx, m, c, db.unlessFolding(ctx, m.Org, err))
		}
	}
}

// unlessFolding is why a command was not taken, if that was decided on states of this program's fold. What others say
// is not believed.
func (db *DB) unlessFolding(ctx context.Context, org flow.ID, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	if closed := whileOpen(err); closed != err { //nolint:errorlint // whether it is another
		return closed
	}
	if otherFold(err) {
		return &flow.Refusal{Code: flow.BeingUpdated}
	}
	failed := db.inTenant(ctx, org, func(tx pgx.Tx) error {
		f, failed := foldOf(ctx, tx, org)
		if failed == nil && (f.version != flow.FoldVersion || f.under) {
			err = &flow.Refusal{Code: flow.BeingUpdated}
		}
		return failed
	})
	if failed != nil && !errors.Is(failed, ErrNotFound) {
		return failed
	}
	return err
}

// keepAttempt records that a command was refused at a closed gate, notes one that was not theirs to give in the audit log,
// and passes the refusal on.
func (db *DB) keepAttempt(ctx context.Context, m flow.Mark, c flow.Command, err error) error {
	var r *flow.Refusal
	if !errors.As(err, &r) {
		return err
	}
	if r.NotYours() {
		if failed := db.Audit(ctx, m.Org, notTheirs(c, r)); failed != nil {
			return errors.Join(failed, err)
		}
	}
	if attempt, keep := flow.Attempted(c, r); keep {
		if _, failed := db.Do(ctx, m, attempt); failed != nil {
			return errors.Join(failed, err)
		}
	}
	return err
}

func notTheirs(c flow.Command, r *flow.Refusal) Event {
	e := Event{What: AuditRefused, Detail: map[string]string{"action": c.Action.Name(), "rule": string(r.Code)}}
	if jobs := c.Action.Targets(); len(jobs) > 0 {
		e.ID = jobs[0].String()
	}
	return e
}

func (db *DB) attempt(ctx context.Context, m flow.Mark, c flow.Command, raced bool) (flow.Receipt, error) {
	var receipt flow.Receipt
	err := db.pool.AcquireFunc(ctx, func(pc *pgxpool.Conn) error {
		d := door{db: db, conn: pc.Conn(), mark: m, cmd: c, print: c.Fingerprint(), raced: raced}
		err := d.run(ctx)
		if err != nil {
			rollback(d.conn)
		}
		receipt = d.receipt
		return err
	})
	if err == nil && !receipt.Again {
		db.waker.wake(m.Org)
	}
	return receipt, err
}

// door is one attempt at one command.
type door struct {
	db      *DB
	conn    *pgx.Conn
	mark    flow.Mark
	cmd     flow.Command
	print   [32]byte
	raced   bool // an attempt before this one found what was not there when it looked
	world   flow.World
	written map[flow.ID]string // the states as they are stored
	receipt flow.Receipt
}

// run takes the command, or gives the answer of before. Nearly every command is new, so its receipt is looked for only where
// it can matter: when the rules refuse the command or it brings nothing new, and after a race. That it is there after all
// is then seen when the new one is put down.
func (d *door) run(ctx context.Context) error {
	moves, err := d.decide(ctx)
	var refused *flow.Refusal
	if nothing := err == nil && len(moves) == 0; nothing || d.raced || errors.As(err, &refused) {
		before, failed := d.answered(ctx)
		if failed != nil {
			return failed
		}
		if before || nothing { // nothing: an import that brings nothing new
			d.receipt.Command = d.cmd.ID
			_, err := d.conn.Exec(ctx, "rollback")
			return err
		}
	}
	if err != nil {
		return err
	}
	if err := d.keepPictures(ctx, moves); err != nil {
		return err
	}
	if err := d.fileMoves(ctx, moves); err != nil {
		return err
	}
	after, err := d.fold(moves)
	if err != nil {
		return err
	}
	return d.write(ctx, moves, after)
}

func (d *door) decide(ctx context.Context) ([]flow.Movement, error) {
	if err := d.load(ctx); err != nil {
		return nil, err
	}
	return flow.Decide(d.world, d.mark, d.cmd)
}

// load opens the transaction, locks and reads what the command may look at.
func (d *door) load(ctx context.Context) error {
	targets := slices.Clone(d.cmd.Action.Targets())
	slices.SortFunc(targets, func(a, b flow.ID) int { return slices.Compare(a[:], b[:]) })
	d.world = flow.World{Jobs: map[flow.ID]flow.Job{}, Processes: map[flow.Edition]flow.Process{}}
	b := &pgx.Batch{}
	b.Queue("begin")
	b.Queue(setOrg, d.mark.Org.String())
	if len(targets) == 1 {
		b.Queue("select id, state from jobs where org_id = $1 and id = $2 for update", d.mark.Org, targets[0]).Query(d.jobs)
	} else {
		b.Queue("select id, state from jobs where org_id = $1 and id = any($2) order by id for update", d.mark.Org, uuids(targets)).Query(d.jobs)
	}
	if h, ok := d.cmd.Action.(flow.HistoryNeeder); ok && h.NeedsHistory() {
		d.queueHistory(b, targets)
	}
	if cr, ok := d.cmd.Action.(flow.Creator); ok {
		d.queueNumbers(b, cr)
	}
	if err := d.conn.SendBatch(ctx, b).Close(); err != nil {
		return err
	}
	if err := d.loadRelatives(ctx); err != nil {
		return err
	}
	if err := d.loadEditions(ctx); err != nil {
		return err
	}
	if err := d.loadStation(ctx); err != nil {
		return err
	}
	if err := d.takeNumbers(ctx); err != nil {
		return err
	}
	return d.takeChallan(ctx)
}

func (d *door) jobs(rows pgx.Rows) error {
	var id flow.ID
	var text string
	_, err := pgx.ForEachRow(rows, []any{&id, &text}, func() (err error) {
		d.world.Jobs[id], err = d.db.states.decode(id, text)
		return err
	})
	return err
}

// answered looks for the receipt of the command. It is read after the locks and after the numbers in use, so that of two
// senders of one command the second sees the first's answer, and is never told of a number taken by itself.
func (d *door) answered(ctx context.Context) (bool, error) {
	var print []byte
	var refs string
	first := flow.Taken{Receipt: flow.Receipt{Command: d.cmd.ID}}
	err := d.conn.QueryRow(ctx, "select fingerprint, first_seq, last_seq, jobs from receipts where org_id = $1 and command_id = $2", d.mark.Org, d.cmd.ID).
		Scan(&print, &first.Receipt.First, &first.Receipt.Last, &refs)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	first.Print = [32]byte(print)
	if err := json.Unmarshal([]byte(refs), &first.Receipt.Jobs); err != nil {
		return false, err
	}
	d.receipt, err = first.Answer(d.print)
	return err == nil, err
}

func (d *door) queueHistory(b *pgx.Batch, targets []flow.ID) {
	d.world.History = map[flow.ID][]flow.Movement{}
	b.Queue(selectMovements+" where org_id = $1 and job_id = any($2) order by seq", d.mark.Org, uuids(targets)).Query(func(rows pgx.Rows) error {
		return eachMovement(rows, func(r Record) error {
			d.world.History[r.Job] = append(d.world.History[r.Job], r.Movement)
			return nil
		})
	})
}

func (d *door) queueNumbers(b *pgx.Batch, cr flow.Creator) {
	d.world.Taken, d.world.Next = map[string]flow.ID{}, map[flow.ID]flow.Next{}
	keys := []string{}
	for _, n := range cr.Numbers() {
		keys = append(keys, flow.NumberKey(n))
	}
	if len(keys) == 0 {
		return
	}
	b.Queue("select number_key, id from jobs where org_id = $1 and number_key = any($2)", d.mark.Org, keys).Query(func(rows pgx.Rows) error {
		var key string
		var id flow.ID
		_, err := pgx.ForEachRow(rows, []any{&key, &id}, func() error {
			d.world.Taken[key] = id
			return nil
		})
		return err
	})
}

// loadRelatives locks the jobs that the targets concern too. Two commands that lock in opposite orders end in a
// deadlock that the database notices, and one of them is tried again.
func (d *door) loadRelatives(ctx context.Context) error {
	ids := d.world.Relatives()
	if len(ids) == 0 {
		return nil
	}
	rows, err := d.conn.Query(ctx, "select id, state from jobs where org_id = $1 and id = any($2) order by id for update", d.mark.Org, uuids(ids))
	if err != nil {
		return err
	}
	return d.jobs(rows)
}

// takeNumbers takes the next numbers of the series that the command uses. They go back when it is refused, so a series
// has no gaps.
func (d *door) takeNumbers(ctx context.Context) error {
	cr, ok := d.cmd.Action.(flow.Creator)
	if !ok {
		return nil
	}
	for _, ed := range cr.Editions() {
		n := cr.SeriesUsed()[ed.Process]
		if n == 0 {
			continue
		}
		var row pgx.Row
		if d.world.Processes[ed].Yearly {
			row = d.conn.QueryRow(ctx, "insert into number_series select $1, $2, year, 1 + $4 from "+financialYear+` y
				on conflict (org_id, process_id, year) do update set next_number = number_series.next_number + $4
				returning next_number - $4, year`, d.mark.Org, ed.Process, d.mark.At.Time(), n)
		} else {
			row = d.conn.QueryRow(ctx, `update processes set next_number = next_number + $3 where org_id = $1 and id = $2
				returning next_number - $3, ''`, d.mark.Org, ed.Process, n)
		}
		var next flow.Next
		err := row.Scan(&next.Number, &next.Year)
		if errors.Is(err, pgx.ErrNoRows) {
			return &flow.Refusal{Code: flow.NotFound}
		}
		if err != nil {
			return err
		}
		d.world.Next[ed.Process] = next
	}
	return nil
}

// takeChallan takes the next number of the organisation's challans, which goes back when the command is refused.
func (d *door) takeChallan(ctx context.Context) error {
	ch, ok := d.cmd.Action.(flow.Challaner)
	if !ok || !ch.NeedsChallan() {
		return nil
	}
	var next flow.Next
	err := d.conn.QueryRow(ctx, "insert into challan_series select $1, year, 2 from "+strings.ReplaceAll(financialYear, "$3", "$2")+` y
		on conflict (org_id, year) do update set next_number = challan_series.next_number + 1
		returning next_number - 1, year`, d.mark.Org, d.mark.At.Time()).Scan(&next.Number, &next.Year)
	d.world.Challan = flow.ChallanNumber(next)
	return err
}

// loadEditions fetches the process versions in play that this server has not met yet.
func (d *door) loadEditions(ctx context.Context) error {
	want := map[flow.Edition]bool{}
	for _, j := range d.world.Jobs {
		want[flow.Edition{Process: j.Process, Version: j.Version}] = true
	}
	if cr, ok := d.cmd.Action.(flow.Creator); ok {
		for _, ed := range cr.Editions() {
			want[ed] = true
		}
	}
	for ed := range want {
		p, err := d.db.edition(ctx, d.conn, d.mark.Org, ed)
		if errors.Is(err, ErrNotFound) {
			continue // the rules refuse what is not there
		}
		if err != nil {
			return err
		}
		d.world.Processes[ed] = p
	}
	return nil
}

// fold is the jobs after the movements.
func (d *door) fold(moves []flow.Movement) (map[flow.ID]flow.Job, error) {
	after := map[flow.ID]flow.Job{}
	for _, m := range moves {
		j, ok := after[m.Job]
		if !ok {
			j = d.world.Jobs[m.Job]
		}
		var err error
		if m.Kind == flow.KindUndone {
			j, err = flow.Replay(append(slices.Clone(d.world.History[m.Job]), m))
		} else {
			j, err = flow.Apply(j, m)
		}
		if err != nil {
			return nil, fmt.Errorf("a decided movement does not apply: %w", err)
		}
		after[m.Job] = j
	}
	for _, j := range after {
		if err := j.Check(); err != nil {
			return nil, err
		}
	}
	return after, nil
}

// write puts down the state, the log and the commit in one message. The log's head is locked last, so it is held
// only while the commit itself runs.
func (d *door) write(ctx context.Context, moves []flow.Movement, after map[flow.ID]flow.Job) error {
	b := &pgx.Batch{}
	d.receipt, d.written = flow.Receipt{Command: d.cmd.ID}, map[flow.ID]string{}
	d.queueChallan(b)
	var names []string
	for _, id := range order(moves) {
		j := after[id]
		if err := d.queueJob(b, j); err != nil {
			return err
		}
		d.receipt.Jobs = append(d.receipt.Jobs, flow.JobRef{ID: j.ID, Number: j.Number})
		if before, existed := d.world.Jobs[j.ID]; !existed || j.Customer != before.Customer || j.Item != before.Item {
			names = append(names, j.NameWords()...)
		}
	}
	queueParts(b, d.mark.Org, names)
	if err := d.queueLog(b, moves); err != nil {
		return err
	}
	b.Queue("commit")
	if err := d.conn.SendBatch(ctx, b).Close(); err != nil {
		return err
	}
	for id, text := range d.written {
		d.db.states.keep(text, after[id])
	}
	return nil
}

// order is the jobs of the movements, each once, as they first appear.
func order(moves []flow.Movement) []flow.ID {
	seen := map[flow.ID]bool{}
	var ids []flow.ID
	for _, m := range moves {
		if !seen[m.Job] {
			seen[m.Job] = true
			ids = append(ids, m.Job)
		}
	}
	return ids
}

const noDue = "9999-12-31"

func dueOf(j flow.Job) string { return cmp.Or(string(j.Due), noDue) }

func (d *door) queueJob(b *pgx.Batch, j flow.Job) error {
	text, err := json.Marshal(j)
	if err != nil {
		return err
	}
	state := string(text)
	d.written[j.ID] = state
	before, existed := d.world.Jobs[j.ID]
	due := dueOf(j)
	if existed {
		b.Queue("update jobs set status = $3, state = $4, moved_at = $5 where org_id = $1 and id = $2", d.mark.Org, j.ID, jobStatus(j), state, j.Last.Time())
		d.queueChanged(b, before, j, due)
	} else {
		b.Queue(`insert into jobs (org_id, id, process_id, version, number, number_key, due, status, state, parent_id, site, moved_at, left_at)
			values ($1, $2, $3, $4, $5, $6, $7::text::date, $8, $9, $10, $11, $12, $13)`,
			d.mark.Org, j.ID, j.Process, j.Version, j.Number, flow.NumberKey(j.Number), due, jobStatus(j), state, parentOf(j), j.Site, j.Last.Time(), leftOf(j))
		b.Queue("insert into job_words select $1, unnest($3::text[]), $2", d.mark.Org, j.ID, j.Words())
	}
	d.queueTerms(b, before, j, existed)
	d.queueWork(b, before, j)
	d.queueOut(b, before, j)
	d.queueLots(b, before, j)
	d.queueNCs(b, before, j)
	d.queueWaste(b, before, j)
	return nil
}

// queueChanged brings what a job is sorted and found by in line with it.
func (d *door) queueChanged(b *pgx.Batch, before, j flow.Job, due string) {
	if j.Version != before.Version {
		b.Queue("update jobs set version = $3 where org_id = $1 and id = $2", d.mark.Org, j.ID, j.Version)
	}
	if j.Site != before.Site {
		b.Queue("update jobs set site = $3 where org_id = $1 and id = $2", d.mark.Org, j.ID, j.Site)
	}
	if j.Due != before.Due {
		b.Queue("update jobs set due = $3::text::date where org_id = $1 and id = $2", d.mark.Org, j.ID, due)
	}
	if j.Left() != before.Left() {
		b.Queue("update jobs set left_at = $3 where org_id = $1 and id = $2", d.mark.Org, j.ID, leftOf(j))
	}
	if j.Customer != before.Customer || j.Item != before.Item {
		b.Queue("delete from job_words where org_id = $1 and job_id = $2", d.mark.Org, j.ID)
		b.Queue("insert into job_words select $1, unnest($3::text[]), $2", d.mark.Org, j.ID, j.Words())
	}
}

// parentOf is the job that a component belongs to or a lot came from, nil for a job of its own.
func parentOf(j flow.Job) *flow.ID {
	if id := cmp.Or(j.Parent, j.LotOf); !id.IsZero() {
		return &id
	}
	return nil
}

func jobStatus(j flow.Job) string {
	if j.Open() {
		return "open"
	}
	return "done"
}

// queueChallan puts down the delivery note of a command that sends something to a vendor.
func (d *door) queueChallan(b *pgx.Batch) {
	send, ok := d.cmd.Action.(flow.Send)
	if !ok {
		return
	}
	var expected *time.Time
	if day := send.Expected.Time(); !day.IsZero() {
		expected = &day
	}
	b.Queue("insert into challans values ($1, $2, $3, $4, $5, $6, $7, $8)", d.mark.Org, d.world.Challan, send.Vendor, expected, send.Note, d.mark.At.Time(), d.mark.Member, string(send.Goods))
}

// queueOut brings what is still at vendors in line with the job's state.
func (d *door) queueOut(b *pgx.Batch, before, j flow.Job) {
	type line struct{ stage, number string }
	var left map[line]flow.Quantity
	note := func(stage string, o flow.Out, q flow.Quantity) {
		if left == nil {
			left = map[line]flow.Quantity{}
		}
		left[line{stage, o.Challan}] = q
	}
	for i := range before.Stages {
		for _, o := range before.Stages[i].Out {
			note(before.Stages[i].Code, o, 0)
		}
	}
	for i := range j.Stages {
		for _, o := range j.Stages[i].Out {
			note(j.Stages[i].Code, o, o.Quantity)
		}
	}
	for l, q := range left {
		b.Queue(`insert into challan_lines values ($1, $2, $3, $4, $5::text::numeric, $5::text::numeric)
				on conflict (org_id, number, job_id, stage) do update set left_there = excluded.left_there`, d.mark.Org, l.number, j.ID, l.stage, q.String())
	}
}

// uuids is ids as the driver knows them in arrays.
func uuids(ids []flow.ID) [][16]byte {
	raw := make([][16]byte, len(ids))
	for i, id := range ids {
		raw[i] = id
	}
	return raw
}

func scanJob(row pgx.Row) (flow.Job, error) {
	var state string
	if err := row.Scan(&state); err != nil {
		return flow.Job{}, err
	}
	return decodeJob(state)
}

// decodeJob reads a stored state. It makes room for the stages at once, for they are most of a job.
func decodeJob(state string) (flow.Job, error) {
	var j flow.Job
	if n := strings.Count(state, `{"code":`); n > 0 {
		j.Stages = make([]flow.StageState, 0, n)
	}
	return j, json.Unmarshal([]byte(state), &j)
}
