package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
	"clicarity/internal/measure"
)

// Roller is the name of the follower that keeps the roll-ups: the facts of every job and what they add up to by day.
const Roller = "rollups"

// rollState is what the follower leaves: whether the set-up is still that of the facts, and, while they are made anew,
// how far that is.
type rollState struct {
	Settings string      `json:"settings"`
	Making   bool        `json:"making,omitempty"`
	After    flow.ID     `json:"after,omitzero"` // the last job that was made anew
	At       flow.Moment `json:"at,omitempty"`   // when the last movement was recorded
}

// makePage is how many jobs are made at once: most of the price of a page is reading and writing the days that it touches,
// and many jobs touch the same ones.
const makePage = 1000

const rollPage = 5000 // movements, for the same reason

// RollUp brings the roll-ups of an organisation one page further: one page of the log, or, when they are made for the first
// time or by other calendars than before, one page of jobs. It reports how many movements or jobs that was; 0: there is
// no more. What it has come to and what it wrote are committed together, and are what the movements up to there add up to.
func (db *DB) RollUp(ctx context.Context, o Organisation) (n int, err error) {
	return db.RollUpBy(ctx, o, rollPage)
}

// RollUpBy is RollUp with pages of at most so many movements.
func (db *DB) RollUpBy(ctx context.Context, o Organisation, limit int) (n int, err error) {
	h, err := db.House(ctx, o)
	if err != nil {
		return 0, err
	}
	err = db.follow(ctx, o.ID, Roller, func(tx pgx.Tx, f *followed) error {
		r := roller{ctx: ctx, tx: tx, org: o.ID, lens: h.Lens, ledger: newLedger()}
		if err := r.begin(f, h.settings); err != nil {
			return err
		}
		if r.state.Making {
			n, err = r.makeAnew(f)
		} else {
			n, err = r.further(f, limit)
		}
		if err != nil || n == 0 && !r.changed {
			return err
		}
		f.state, err = json.Marshal(r.state)
		f.changed = true
		return err
	})
	return n, err
}

// roller does one page.
type roller struct {
	ctx     context.Context
	tx      pgx.Tx
	org     flow.ID
	lens    measure.Lens
	state   rollState
	changed bool
	ledger  *rollLedger
}

// begin reads where the follower stands. All jobs are to be made anew when the set-up is another.
func (r *roller) begin(f *followed, settings string) error {
	if len(f.state) > 0 {
		if err := json.Unmarshal(f.state, &r.state); err != nil {
			return fmt.Errorf("the state of the roll-ups cannot be read: %w", err)
		}
	}
	if r.state.Settings == settings {
		return nil
	}
	r.state, r.changed = rollState{Settings: settings, Making: true, At: r.state.At}, true
	return r.tx.QueryRow(r.ctx, "select coalesce(max(seq), 0) from movements where org_id = $1", r.org).Scan(&f.seq)
}

// makeAnew makes the facts of the next jobs, up to where the log was when that began or has been followed since.
func (r *roller) makeAnew(f *followed) (int, error) {
	rows, err := r.tx.Query(r.ctx, "select id from jobs where org_id = $1 and id > $2 order by id limit $3", r.org, r.state.After, makePage)
	if err != nil {
		return 0, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[flow.ID])
	if err != nil {
		return 0, err
	}
	if len(ids) == 0 {
		r.state.Making, r.state.After, r.changed = false, flow.ID{}, true
		return 1, nil // there may be movements by now
	}
	r.state.After = ids[len(ids)-1]
	return len(ids), r.jobs(ids, f.seq)
}

// further follows the next page of the log.
func (r *roller) further(f *followed, limit int) (int, error) {
	next, err := page(r.ctx, r.tx, r.org, f.seq, limit)
	if err != nil || len(next) == 0 {
		return 0, err
	}
	seen := map[flow.ID]bool{}
	for _, m := range next {
		seen[m.Job] = true
		r.state.At = max(r.state.At, m.Recorded)
	}
	f.seq = next[len(next)-1].Seq
	return len(next), r.jobs(slices.SortedFunc(maps.Keys(seen), compareIDs), f.seq)
}

func compareIDs(a, b flow.ID) int { return slices.Compare(a[:], b[:]) }

// jobs writes what the movements of some jobs up to a number say, and what that changes by day.
func (r *roller) jobs(ids []flow.ID, upTo int64) error {
	now, err := r.factsBy(ids, upTo)
	if err != nil {
		return err
	}
	was, err := storedFacts(r.ctx, r.tx, r.org, ids)
	if err != nil {
		return err
	}
	var gone, come []measure.Fact
	for key, f := range was {
		if now[key] != f {
			gone = append(gone, f)
			f.Add(r.ledger, r.lens.Zone, -1)
		}
	}
	for key, f := range now {
		if old, ok := was[key]; !ok || old != f {
			come = append(come, f)
			f.Add(r.ledger, r.lens.Zone, 1)
		}
	}
	if err := deleteFacts(r.ctx, r.tx, r.org, gone); err != nil {
		return err
	}
	if err := insertFacts(r.ctx, r.tx, r.org, come); err != nil {
		return err
	}
	return r.ledger.write(r.ctx, r.tx, r.org)
}

// factKey is what tells the facts of an organisation apart.
type factKey struct {
	job  flow.ID
	kind measure.FactKind
	n    int
}

func keyOf(f measure.Fact) factKey { return factKey{f.Job, f.Kind, f.N} }

// factsBy are the facts of some jobs by their movements up to a number.
func (r *roller) factsBy(ids []flow.ID, upTo int64) (map[factKey]measure.Fact, error) {
	rows, err := r.tx.Query(r.ctx, selectMovements+" where org_id = $1 and job_id = any($2) and seq <= $3 order by job_id, seq", r.org, uuids(ids), upTo)
	if err != nil {
		return nil, err
	}
	facts := map[factKey]measure.Fact{}
	history := func(f func(flow.Movement) error) error {
		return eachMovement(rows, func(m Record) error { return f(m.Movement) })
	}
	err = measure.EachPast(history, 0, func(p measure.Past) error {
		for _, f := range measure.FactsOf(p, &r.lens) {
			facts[keyOf(f)] = f
		}
		return nil
	})
	return facts, err
}

// rollLedger is where facts are added up before it is written.
type rollLedger struct {
	tallies map[measure.Key]*measure.Tally
	busy    map[measure.BusyKey]*measure.Busy
}

func newLedger() *rollLedger {
	return &rollLedger{map[measure.Key]*measure.Tally{}, map[measure.BusyKey]*measure.Busy{}}
}

// Tally is where to add.
func (l *rollLedger) Tally(k measure.Key) *measure.Tally { return at(l.tallies, k) }

// Busy is where to add.
func (l *rollLedger) Busy(k measure.BusyKey) *measure.Busy { return at(l.busy, k) }

func at[K comparable, V any](m map[K]*V, k K) *V {
	v := m[k]
	if v == nil {
		v = new(V)
		m[k] = v
	}
	return v
}

// write adds what was added up to what is stored.
func (l *rollLedger) write(ctx context.Context, tx pgx.Tx, org flow.ID) error {
	if err := l.writeTallies(ctx, tx, org); err != nil {
		return err
	}
	return l.writeBusy(ctx, tx, org)
}

// atOnce is how many rows one statement writes.
const atOnce = 5000

func (l *rollLedger) writeTallies(ctx context.Context, tx pgx.Tx, org flow.ID) error {
	keys := make([]measure.Key, 0, len(l.tallies))
	for k, t := range l.tallies {
		if !t.IsZero() {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, compareKeys)
	for part := range slices.Chunk(keys, atOnce) {
		rows, err := tx.Query(ctx, `select t.by, t.day::text, t.process_id, t.stage, t.site, t.value, t.sums, t.dists
			from unnest($2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[]) k (by, day, process, stage, site, value)
			cross join lateral (select * from tallies t where t.org_id = $1 and t.by = k.by and t.day = k.day::date and t.process_id = k.process and t.stage = k.stage
				and t.site = k.site and t.value = k.value offset 0) t`, // one look into the index each, never the whole table
			append([]any{org}, keyColumns(part)...)...)
		if err != nil {
			return err
		}
		if err := eachTally(rows, func(k measure.Key, sums, dists []byte) error { return l.tallies[k].Decode(sums, dists) }); err != nil {
			return err
		}
		if err := putTallies(ctx, tx, org, part, l.tallies); err != nil {
			return err
		}
	}
	return nil
}

func putTallies(ctx context.Context, tx pgx.Tx, org flow.ID, keys []measure.Key, from map[measure.Key]*measure.Tally) error {
	var empty, full []measure.Key
	var sums, dists [][]byte
	for _, k := range keys {
		t := from[k]
		if t.IsZero() {
			empty = append(empty, k)
			continue
		}
		s, d := t.Encode()
		full, sums, dists = append(full, k), append(sums, orEmpty(s)), append(dists, orEmpty(d))
	}
	b := &pgx.Batch{}
	if len(empty) > 0 {
		b.Queue(`delete from tallies t using unnest($2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[]) k (by, day, process, stage, site, value)
			where t.org_id = $1 and t.by = k.by and t.day = k.day::date and t.process_id = k.process and t.stage = k.stage and t.site = k.site and t.value = k.value`,
			append([]any{org}, keyColumns(empty)...)...)
	}
	if len(full) > 0 {
		b.Queue(`insert into tallies (org_id, by, day, process_id, stage, site, value, sums, dists)
			select $1, k.by, k.day::date, k.process, k.stage, k.site, k.value, k.sums, k.dists
			from unnest($2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::bytea[], $9::bytea[]) k (by, day, process, stage, site, value, sums, dists)
			on conflict (org_id, by, day, process_id, stage, site, value) do update set sums = excluded.sums, dists = excluded.dists`,
			append(append([]any{org}, keyColumns(full)...), sums, dists)...)
	}
	return tx.SendBatch(ctx, b).Close()
}

// orEmpty is bytes as the database wants them: none are not null.
func orEmpty(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// byOf is what a tally is told apart by as the database has it.
func byOf(by measure.Dimension, stage bool) string {
	if stage {
		return string(by) + "@"
	}
	return string(by)
}

func compareKeys(a, b measure.Key) int {
	return cmp.Or(cmp.Compare(a.By, b.By), cmp.Compare(a.Day, b.Day), compareIDs(a.Process, b.Process), cmp.Compare(a.Stage, b.Stage), cmp.Compare(a.Site, b.Site), cmp.Compare(a.Value, b.Value))
}

func keyColumns(keys []measure.Key) []any {
	var by, day, stage, site, value []string
	var process []flow.ID
	for _, k := range keys {
		by, day, process = append(by, byOf(k.By, k.Stage != "")), append(day, string(k.Day)), append(process, k.Process)
		stage, site, value = append(stage, k.Stage), append(site, k.Site), append(value, k.Value)
	}
	return []any{by, day, uuids(process), stage, site, value}
}

// eachTally reads rows of by, day, process, stage, site, value, sums and dists.
func eachTally(rows pgx.Rows, f func(k measure.Key, sums, dists []byte) error) error {
	var by, day string
	var k measure.Key
	var sums, dists []byte
	_, err := pgx.ForEachRow(rows, []any{&by, &day, &k.Process, &k.Stage, &k.Site, &k.Value, &sums, &dists}, func() error {
		k.Day = flow.Date(day)
		k.By = measure.Dimension(by)
		if k.Stage != "" {
			k.By = k.By[:len(k.By)-1]
		}
		return f(k, sums, dists)
	})
	return err
}

const busyMatch = `b.org_id = $1 and b.day = k.day::date and b.process_id = k.process and b.stage = k.stage and b.site = k.site and b.station = k.station`

func (l *rollLedger) writeBusy(ctx context.Context, tx pgx.Tx, org flow.ID) error {
	keys := make([]measure.BusyKey, 0, len(l.busy))
	for k, b := range l.busy {
		if len(*b) > 0 {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, compareBusy)
	for part := range slices.Chunk(keys, atOnce) {
		rows, err := tx.Query(ctx, `select b.day::text, b.process_id, b.stage, b.site, b.station, b.runs
			from unnest($2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[]) k (day, process, stage, site, station) join busy_days b on `+busyMatch,
			append([]any{org}, busyColumns(part)...)...)
		if err != nil {
			return err
		}
		if err := eachBusy(rows, func(k measure.BusyKey, b measure.Busy) error { l.busy[k].Merge(b); return nil }); err != nil {
			return err
		}
		if err := putBusy(ctx, tx, org, part, l.busy); err != nil {
			return err
		}
	}
	return nil
}

func putBusy(ctx context.Context, tx pgx.Tx, org flow.ID, keys []measure.BusyKey, from map[measure.BusyKey]*measure.Busy) error {
	var empty, full []measure.BusyKey
	var runs, busy [][]byte
	for _, k := range keys {
		if b := *from[k]; len(b) == 0 {
			empty = append(empty, k)
		} else {
			full, runs, busy = append(full, k), append(runs, b.Encode()), append(busy, orEmpty(unionOf(k, b)))
		}
	}
	b := &pgx.Batch{}
	if len(empty) > 0 {
		b.Queue(`delete from busy_days b using unnest($2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[]) k (day, process, stage, site, station) where `+busyMatch,
			append([]any{org}, busyColumns(empty)...)...)
	}
	if len(full) > 0 {
		b.Queue(`insert into busy_days (org_id, day, process_id, stage, site, station, runs, busy)
			select $1, k.day::date, k.process, k.stage, k.site, k.station, k.runs, k.busy
			from unnest($2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::bytea[]) k (day, process, stage, site, station, runs, busy)
			on conflict (org_id, day, process_id, stage, site, station) do update set runs = excluded.runs, busy = excluded.busy`,
			append(append([]any{org}, busyColumns(full)...), runs, busy)...)
	}
	return tx.SendBatch(ctx, b).Close()
}

// unionOf is the time in which there was work; of waits that go on it is not told.
func unionOf(k measure.BusyKey, b measure.Busy) []byte {
	if k.Day == measure.OpenDay {
		return nil
	}
	return b.Union().Encode()
}

func compareBusy(a, b measure.BusyKey) int {
	return cmp.Or(cmp.Compare(a.Day, b.Day), compareIDs(a.Process, b.Process), cmp.Compare(a.Stage, b.Stage), cmp.Compare(a.Site, b.Site), cmp.Compare(a.Station, b.Station))
}

func busyColumns(keys []measure.BusyKey) []any {
	var day, stage, site, station []string
	var process []flow.ID
	for _, k := range keys {
		day, process = append(day, string(k.Day)), append(process, k.Process)
		stage, site, station = append(stage, k.Stage), append(site, k.Site), append(station, k.Station)
	}
	return []any{day, uuids(process), stage, site, station}
}

// eachBusy reads rows of day, process, stage, site, station and stretches.
func eachBusy(rows pgx.Rows, f func(measure.BusyKey, measure.Busy) error) error {
	var day string
	var k measure.BusyKey
	var text []byte
	_, err := pgx.ForEachRow(rows, []any{&day, &k.Process, &k.Stage, &k.Site, &k.Station, &text}, func() error {
		k.Day = flow.Date(day)
		b, err := measure.DecodeBusy(text)
		if err != nil {
			return err
		}
		return f(k, b)
	})
	return err
}
