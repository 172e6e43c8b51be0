// Package history brings the past in: event logs in CSV, as other systems and process-mining tools write them,
// become movements of jobs.
package history

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/sheets"
)

// Map names the columns of a log. Job, Stage and one of Started and Completed are needed.
type Map struct {
	Process   string            `json:"process"`  // name of the process; made when there is none of that name
	Mode      flow.Mode         `json:"mode"`     // unit or quantity; empty: quantity when Good or Wasted is named
	Timezone  string            `json:"timezone"` // of times that carry none; empty: the organisation's
	Job       string            `json:"job"`
	Stage     string            `json:"stage"`
	Started   string            `json:"started"`
	Completed string            `json:"completed"`
	Member    string            `json:"member"`
	Station   string            `json:"station"`
	Good      string            `json:"good"`
	Wasted    string            `json:"wasted"`
	Rework    string            `json:"rework"`
	Review    string            `json:"review"` // held for review
	Fields    map[string]string `json:"fields"` // field -> column; quantity, item, customer, unit and due are the job's own
}

// ReadMap reads a mapping and says what is wrong with it in a sentence.
func ReadMap(r io.Reader) (Map, error) {
	var m Map
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return m, fmt.Errorf("the mapping is not the JSON it should be: %w", err)
	}
	switch {
	case m.Job == "" || m.Stage == "":
		return m, errors.New(`the mapping must name the columns "job" and "stage"`)
	case m.Started == "" && m.Completed == "":
		return m, errors.New(`the mapping must name the column "started" or "completed"`)
	case m.Process == "":
		return m, errors.New(`the mapping must name the "process" the jobs belong to`)
	case m.Mode != "" && m.Mode != flow.UnitMode && m.Mode != flow.QuantityMode:
		return m, fmt.Errorf(`"mode" is "unit" or "quantity", not %q`, m.Mode)
	}
	if m.Mode == "" {
		m.Mode = flow.UnitMode
		if m.Good != "" || m.Wasted != "" {
			m.Mode = flow.QuantityMode
		}
	}
	return m, nil
}

// Result is what an import did.
type Result struct {
	Rows      int // read from the file
	Bad       int // not understood, reported by line
	Jobs      int // in the file
	Stages    int // in the file
	Movements int // new in the log; 0 when everything was there already
}

// BadRow is a row that did not go in, and why.
type BadRow struct {
	Line int
	Why  string
}

// Importer brings logs into one organisation.
type Importer struct {
	DB   *postgres.DB
	Mark flow.Mark // who imports, and when
	Zone *time.Location
	Bad  func(BadRow) // told of every row that did not go in
}

// limits of a log: far above a plant's year, far below what would fill the memory.
var limits = sheets.Limits{Bytes: 1 << 30, Rows: 5_000_000, Columns: 200, CellBytes: 10_000, UnzipBytes: 1 << 30}

// Import reads a log and books it. A row that cannot be read is told to Bad and the rest goes in; rows that are in
// already, by their content and their place among equal rows, are left alone.
func (im *Importer) Import(ctx context.Context, m Map, file io.Reader) (Result, error) {
	p, err := im.DB.ProcessByName(ctx, im.Mark.Org, m.Process)
	if err != nil && !errors.Is(err, postgres.ErrNotFound) {
		return Result{}, err
	}
	l, err := im.read(m, p, file)
	if err != nil {
		return Result{}, err
	}
	return im.bookAll(ctx, p, l)
}

// bookAll books what was read.
func (im *Importer) bookAll(ctx context.Context, p flow.Process, l *log) (Result, error) {
	p, err := im.process(ctx, l.m, p, l.stages)
	if err != nil {
		return Result{}, err
	}
	l.result.Jobs, l.result.Stages = len(l.jobs), len(l.seen)
	for _, batch := range batches(l.jobs) {
		n, err := im.book(ctx, p, batch)
		if err != nil {
			return l.result, err
		}
		l.result.Movements += n
	}
	return l.result, nil
}

// batchRows bounds a command, so that nobody at work waits behind an import.
const batchRows = 500

// batches groups jobs, in file order, into commands of at most batchRows rows. A job with more is cut in time.
func batches(jobs []*flow.PastJob) [][]flow.PastJob {
	var all [][]flow.PastJob
	var batch []flow.PastJob
	rows := 0
	flush := func() {
		if len(batch) > 0 {
			all, batch, rows = append(all, batch), nil, 0
		}
	}
	for _, j := range jobs {
		slices.SortStableFunc(j.Rows, func(a, b flow.PastRow) int { return int(max(min(a.Time()-b.Time(), 1), -1)) })
		for part := range slices.Chunk(j.Rows, batchRows) {
			if rows+len(part) > batchRows {
				flush()
			}
			batch = append(batch, flow.PastJob{NewJob: j.NewJob, Rows: part})
			rows += len(part)
		}
	}
	flush()
	return all
}

// book gives one command. Jobs that exist by number are added to; when they follow another process, their rows
// are bad.
func (im *Importer) book(ctx context.Context, p flow.Process, batch []flow.PastJob) (int, error) {
	numbers := make([]string, len(batch))
	for i, j := range batch {
		numbers[i] = j.Number
	}
	known, err := im.DB.JobsByNumber(ctx, im.Mark.Org, numbers)
	if err != nil {
		return 0, err
	}
	byKey := map[string]flow.Job{}
	for _, j := range known {
		byKey[flow.NumberKey(j.Number)] = j
	}
	a := flow.ImportHistory{Process: p.ID, Version: p.Version}
	for _, j := range batch {
		if have, ok := byKey[flow.NumberKey(j.Number)]; ok {
			if have.Process != p.ID {
				im.reject(j, "job "+j.Number+" exists in another process")
				continue
			}
			j.ID = have.ID
		}
		a.Jobs = append(a.Jobs, j)
	}
	id, err := flow.NewID(im.Mark.At, rand.Reader)
	if err != nil {
		return 0, err
	}
	return im.do(ctx, flow.Command{ID: id, Action: a})
}

func (im *Importer) reject(j flow.PastJob, why string) {
	for _, r := range j.Rows {
		im.Bad(BadRow{r.Line, why})
	}
}

// do gives a command; a refused batch is given job by job, so that only what is wrong stays out.
func (im *Importer) do(ctx context.Context, c flow.Command) (int, error) {
	a, _ := c.Action.(flow.ImportHistory)
	if len(a.Jobs) == 0 {
		return 0, nil
	}
	receipt, err := im.DB.Do(ctx, im.Mark, c)
	if err == nil {
		if receipt.First == 0 {
			return 0, nil
		}
		return int(receipt.Last - receipt.First + 1), nil
	}
	var refusal *flow.Refusal
	if !errors.As(err, &refusal) {
		return 0, err
	}
	if len(a.Jobs) == 1 {
		im.reject(a.Jobs[0], refusal.Error())
		return 0, nil
	}
	total := 0
	for _, j := range a.Jobs {
		id, err := flow.NewID(im.Mark.At, rand.Reader)
		if err != nil {
			return total, err
		}
		n, err := im.do(ctx, flow.Command{ID: id, Action: flow.ImportHistory{Process: a.Process, Version: a.Version, Jobs: []flow.PastJob{j}}})
		if err != nil {
			return total, err
		}
		total += n
	}
	return total, nil
}

// process is the process of the log: made when there is none yet, in a new version when it lacks some stages.
func (im *Importer) process(ctx context.Context, m Map, p flow.Process, stages []flow.Stage) (flow.Process, error) {
	if p.ID.IsZero() {
		id, err := flow.NewID(im.Mark.At, rand.Reader)
		if err != nil {
			return p, err
		}
		p = flow.Process{ID: id, Name: m.Process, Mode: m.Mode, WasteReasons: []flow.Reason{{Code: "quality"}, {Code: "other"}},
			HoldReasons: flow.StarterHolds()}
	}
	if p.Mode != m.Mode {
		return p, fmt.Errorf("the process %q counts in %s mode, the mapping says %s", p.Name, p.Mode, m.Mode)
	}
	grown := false
	p.Stages = slices.Clone(p.Stages)
	for _, s := range stages {
		if _, ok := p.Stage(s.Code); !ok {
			p.Stages = append(p.Stages, s)
			grown = true
		}
	}
	if !grown {
		return p, nil
	}
	p.Version++
	return p, im.DB.AddProcess(ctx, im.Mark.Org, p)
}

// ref names a row by what it says and by how many equal ones came before it.
func ref(cells []string, nth int) string {
	sum := sha256.Sum256([]byte(strings.Join(cells, "\x00")))
	return hex.EncodeToString(sum[:8]) + "-" + fmt.Sprint(nth)
}
