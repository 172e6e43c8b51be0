package postgres

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
	"clicarity/internal/measure"
)

// RollUpCheck is what CheckRollUps found.
type RollUpCheck struct {
	Seq, Head   int64 // the last movement in the roll-ups, and the last there is
	Jobs        int
	Facts       int
	Rows        int      // of a day's sums, and of its runs
	Differences []string // the first of them
	More        int      // how many others there are
}

// Equal reports whether nothing differs.
func (c RollUpCheck) Equal() bool { return len(c.Differences) == 0 }

const differencesShown = 20

func (c *RollUpCheck) differs(format string, args ...any) {
	if len(c.Differences) == differencesShown {
		c.More++
		return
	}
	c.Differences = append(c.Differences, fmt.Sprintf(format, args...))
}

// CheckRollUps makes the facts of every job from the log again, up to where the roll-ups have come, adds them up anew, and
// compares both with what is kept, in one snapshot. It changes nothing. That the roll-ups are being made is a *Fault.
func (db *DB) CheckRollUps(ctx context.Context, o Organisation) (RollUpCheck, error) {
	var c RollUpCheck
	h, err := db.House(ctx, o)
	if err != nil {
		return c, err
	}
	err = db.inSnapshot(ctx, o.ID, func(tx pgx.Tx) error {
		state, err := rollUpState(ctx, tx, o.ID, &c)
		switch {
		case err != nil:
			return err
		case state.Making, state.Settings != h.settings:
			return fault("the roll-ups are being made, for the first time or for other calendars; check them when that is done")
		}
		r := roller{ctx: ctx, tx: tx, org: o.ID, lens: h.Lens, ledger: newLedger()}
		if err := r.checkFacts(&c); err != nil {
			return err
		}
		if err := r.checkTallies(&c); err != nil {
			return err
		}
		return r.checkBusy(&c)
	})
	return c, err
}

const selectRolledUp = `select h.seq, coalesce(f.seq, 0), coalesce(f.state, '') from log_heads h
	left join followers f on f.org_id = h.org_id and f.name = $2 where h.org_id = $1`

// rollUpState is where the roll-ups stand, and where the log does.
func rollUpState(ctx context.Context, tx pgx.Tx, org flow.ID, c *RollUpCheck) (rollState, error) {
	var state rollState
	var text []byte
	err := tx.QueryRow(ctx, selectRolledUp, org, Roller).Scan(&c.Head, &c.Seq, &text)
	if err != nil {
		return state, notFound(err)
	}
	if len(text) > 0 {
		err = json.Unmarshal(text, &state)
	}
	return state, err
}

func (r *roller) checkFacts(c *RollUpCheck) error {
	var after flow.ID
	for {
		_, ids, err := statesAfter(r.ctx, r.tx, r.org, after, readPage)
		if err != nil || len(ids) == 0 {
			return err
		}
		after = ids[len(ids)-1]
		want, err := r.factsBy(ids, c.Seq)
		if err != nil {
			return err
		}
		got, err := storedFacts(r.ctx, r.tx, r.org, ids)
		if err != nil {
			return err
		}
		c.Jobs, c.Facts = c.Jobs+len(ids), c.Facts+len(want)
		for key, f := range want {
			f.Add(r.ledger, r.lens.Zone, 1)
			if kept, ok := got[key]; !ok {
				c.differs("job %s: %s %d at %q is missing", key.job, key.kind, key.n, f.Stage)
			} else if kept != f {
				c.differs("job %s: %s %d is kept as %+v, its movements give %+v", key.job, key.kind, key.n, kept, f)
			}
			delete(got, key)
		}
		for key, f := range got {
			c.differs("job %s: %s %d at %q is kept, its movements do not give it", key.job, key.kind, key.n, f.Stage)
		}
	}
}

func (r *roller) checkTallies(c *RollUpCheck) error {
	rows, err := r.tx.Query(r.ctx, "select by, day::text, process_id, stage, site, value, sums, dists from tallies where org_id = $1", r.org)
	if err != nil {
		return err
	}
	err = eachTally(rows, func(k measure.Key, sums, dists []byte) error {
		c.Rows++
		var wantSums, wantDists []byte
		if t := r.ledger.tallies[k]; t != nil {
			wantSums, wantDists = t.Encode()
		}
		if !bytes.Equal(sums, wantSums) || !bytes.Equal(dists, wantDists) {
			c.differs("the sums of %+v are not what the facts add up to", k)
		}
		delete(r.ledger.tallies, k)
		return nil
	})
	for k, t := range r.ledger.tallies {
		if !t.IsZero() {
			c.differs("the sums of %+v are missing", k)
		}
	}
	return err
}

func (r *roller) checkBusy(c *RollUpCheck) error {
	rows, err := r.tx.Query(r.ctx, "select day::text, process_id, stage, site, station, runs, busy from busy_days where org_id = $1", r.org)
	if err != nil {
		return err
	}
	var day string
	var k measure.BusyKey
	var runs, busy []byte
	_, err = pgx.ForEachRow(rows, []any{&day, &k.Process, &k.Stage, &k.Site, &k.Station, &runs, &busy}, func() error {
		k.Day = flow.Date(day)
		c.Rows++
		var want measure.Busy
		if b := r.ledger.busy[k]; b != nil {
			want = *b
		}
		if !bytes.Equal(runs, want.Encode()) || !bytes.Equal(busy, unionOf(k, want)) {
			c.differs("the runs of %+v are not those of the facts", k)
		}
		delete(r.ledger.busy, k)
		return nil
	})
	for k, b := range r.ledger.busy {
		if len(*b) > 0 {
			c.differs("the runs of %+v are missing", k)
		}
	}
	return err
}

// RebuildRollUps throws the roll-ups of an organisation away and makes them anew from the log. tell hears how many jobs are
// done after each page. What is interrupted is finished by the worker.
func (db *DB) RebuildRollUps(ctx context.Context, o Organisation, tell func(done int)) error {
	err := db.follow(ctx, o.ID, Roller, func(tx pgx.Tx, f *followed) error {
		for _, table := range []string{"facts", "tallies", "busy_days"} {
			if _, err := tx.Exec(ctx, "delete from "+table+" where org_id = $1", o.ID); err != nil {
				return err
			}
		}
		f.state, f.changed = []byte("{}"), true // no set-up: RollUp begins anew
		return nil
	})
	for done := 0; err == nil; {
		var n int
		if n, err = db.RollUp(ctx, o); n == 0 {
			break
		}
		done += n
		tell(done)
	}
	return err
}
