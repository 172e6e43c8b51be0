package postgres

import (
	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// wasteAt is what the list of wastage has of a stage of a job: only of open jobs, which can still be looked after.
func wasteAt(j *flow.Job, s *flow.StageState) flow.Quantity {
	if !j.Open() {
		return 0
	}
	return s.Wastage()
}

// queueWaste brings the list of wastage in line with a job's state.
func (d *door) queueWaste(b *pgx.Batch, before, j flow.Job) {
	for i := range j.Stages {
		s := &j.Stages[i]
		if s.Wasted == 0 && stageBefore(before, i, s.Code).Wasted == 0 {
			continue
		}
		d.queueShare(b, j, s.Code, wasteAt(&before, stageBefore(before, i, s.Code)), wasteAt(&j, s))
	}
	for i := range before.Stages {
		was := &before.Stages[i] // a stage that an undo took off the route
		if was.Wasted > 0 && stageBefore(j, i, was.Code) == &noStage {
			d.queueShare(b, j, was.Code, wasteAt(&before, was), 0)
		}
	}
}

func (d *door) queueShare(b *pgx.Batch, j flow.Job, code string, was, now flow.Quantity) {
	switch {
	case now == was:
	case now == 0:
		b.Queue("delete from job_waste where org_id = $1 and job_id = $2 and stage = $3", d.mark.Org, j.ID, code)
	default:
		b.Queue(`insert into job_waste (org_id, job_id, stage, process_id, share) values ($1, $2, $3, $4, $5::text::numeric)
			on conflict (org_id, job_id, stage) do update set share = excluded.share`, d.mark.Org, j.ID, code, j.Process, now.String())
	}
}

// leftOf is when a job's goods last left, nil while nothing has.
func leftOf(j flow.Job) any {
	if left := j.Left(); left != 0 {
		return left.Time()
	}
	return nil
}

func wasteLines(j flow.Job) (lines []string) {
	for i := range j.Stages {
		if share := wasteAt(&j, &j.Stages[i]); share > 0 {
			lines = append(lines, j.Stages[i].Code+" "+share.String())
		}
	}
	return lines
}
