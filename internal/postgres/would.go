package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// Would says what would come of commands if each were the next to be given: nil for one that would be taken, or its
// refusal. Nothing is locked, written or recorded, so it is an answer for now, not a promise. Commands that take numbers
// or look at history are not asked this way.
func (db *DB) Would(ctx context.Context, m flow.Mark, commands []flow.Command) ([]error, error) {
	answers := make([]error, len(commands))
	err := db.inTenant(ctx, m.Org, func(tx pgx.Tx) error {
		d := door{db: db, conn: tx.Conn(), mark: m}
		if err := d.look(ctx, commands); err != nil {
			return err
		}
		for i, c := range commands {
			d.cmd, d.world.Newest, d.world.Busy = c, flow.Process{}, flow.Occupied{}
			if err := d.loadStation(ctx); err != nil {
				return err
			}
			_, answers[i] = flow.Decide(d.world, m, c)
			if r := (*flow.Refusal)(nil); answers[i] != nil && !errors.As(answers[i], &r) {
				return answers[i]
			}
		}
		return nil
	})
	return answers, err
}

// look reads the jobs that some commands are about, with their parents, and the processes of all of them.
func (d *door) look(ctx context.Context, commands []flow.Command) error {
	d.world = flow.World{Jobs: map[flow.ID]flow.Job{}, Processes: map[flow.Edition]flow.Process{}}
	var targets []flow.ID
	for _, c := range commands {
		h, history := c.Action.(flow.HistoryNeeder)
		_, creates := c.Action.(flow.Creator)
		_, challan := c.Action.(flow.Challaner)
		if creates || challan || history && h.NeedsHistory() {
			return fmt.Errorf("a command to %s is not asked about", c.Action.Name())
		}
		targets = append(targets, c.Action.Targets()...)
	}
	slices.SortFunc(targets, func(a, b flow.ID) int { return slices.Compare(a[:], b[:]) })
	rows, err := d.conn.Query(ctx, `with asked as (select id, state, parent_id from jobs where org_id = $1 and id = any($2))
		select id, state from asked union all select id, state from jobs where org_id = $1 and id in (select parent_id from asked) and id <> all($2)`,
		d.mark.Org, uuids(slices.Compact(targets)))
	if err != nil {
		return err
	}
	defer rows.Close()
	if err := d.jobs(rows); err != nil {
		return err
	}
	rows.Close()
	d.cmd = commands[0]
	return d.loadEditions(ctx)
}
