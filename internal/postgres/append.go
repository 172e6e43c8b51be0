package postgres

import (
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

func (d *door) queueLog(b *pgx.Batch, moves []flow.Movement) error {
	n := len(moves)
	jobs, members, contents := make([]flow.ID, n), make([]flow.ID, n), make([][]byte, n)
	kinds, stages, marks, facts := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	occurred := make([]time.Time, n)
	for i, m := range moves {
		facts[i] = m.Facts.Encode()
		jobs[i], members[i], contents[i] = m.Job, m.Member, m.Content(facts[i])
		kinds[i], stages[i], marks[i], occurred[i] = string(m.Kind), m.Stage, m.Mark, m.Occurred.Time()
	}
	refs, err := json.Marshal(d.receipt.Jobs)
	if err != nil {
		return err
	}
	first := func(row pgx.Row) error {
		if err := row.Scan(&d.receipt.First); err != nil {
			return err
		}
		d.receipt.Last = d.receipt.First + int64(n) - 1
		return nil
	}
	if n == 1 {
		m := moves[0]
		b.Queue(appendOne, d.mark.Org, d.cmd.ID, d.print[:], string(refs), m.Content(facts[0]), m.Job, kinds[0], stages[0], m.Member,
			d.mark.Device, occurred[0], d.mark.At.Time(), m.Mark, facts[0], flow.FoldVersion).QueryRow(first)
		return nil
	}
	b.Queue("select append_movements($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15)", d.mark.Org, d.cmd.ID, d.print[:],
		d.mark.At.Time(), d.mark.Device, uuids(jobs), kinds, stages, uuids(members), occurred, marks, facts, contents, string(refs), flow.FoldVersion).
		QueryRow(first)
	return nil
}

// appendOne is append_movements for the one movement that nearly every command causes, as one statement: it locks
// the head, takes the number and links the chain in a single update, if the states are of this program's fold.
const appendOne = `with head as (
		update log_heads set seq = seq + 1, hash = sha256(hash || int8send(seq + 1) || $5)
			where org_id = $1 and case when fold = $15 and fold_job is null then true else refuse_fold() end returning seq, hash
	), receipt as (
		insert into receipts select $1, $2, $3, seq, seq, $4 from head
	)
	insert into movements select $1, seq, $6, $2, 0, $7, $8, $9, $10, $11, $12, $13, $14, hash from head returning seq`
