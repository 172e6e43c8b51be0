package history

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/sheets"
)

// log is a file as it was read: its jobs and stages in order of appearance.
type log struct {
	m      Map
	im     *Importer
	column map[string]int // by the names of Map's fields
	fields map[string]int

	jobs   []*flow.PastJob
	byKey  map[string]*flow.PastJob
	stages []flow.Stage
	codes  map[string]string // stage name -> code
	taken  map[string]bool   // codes
	seen   map[string]bool   // stages of this file
	equal  map[string]int    // rows with the same content so far
	result Result
}

// read reads a file; stages that the process has already, by name, keep their codes.
func (im *Importer) read(m Map, p flow.Process, file io.Reader) (*log, error) {
	l := im.newLog(m, p)
	var headerErr error
	header, err := sheets.ReadCSVStream(file, limits, func(header []string, r sheets.Row, problem *sheets.Problem) error {
		if l.column == nil {
			if headerErr = l.head(header); headerErr != nil {
				return headerErr
			}
		}
		l.result.Rows++
		if problem != nil {
			l.bad(r.Line, problem)
			return nil
		}
		if err := l.row(r); err != nil {
			l.bad(r.Line, err)
		}
		return nil
	})
	if err == nil && l.column == nil {
		err = l.head(header)
	}
	return l, err
}

// newLog is an empty log of a process.
func (im *Importer) newLog(m Map, p flow.Process) *log {
	l := &log{m: m, im: im, byKey: map[string]*flow.PastJob{}, codes: map[string]string{}, taken: map[string]bool{}, seen: map[string]bool{}, equal: map[string]int{}}
	for _, s := range p.Stages {
		l.codes[s.Name], l.taken[s.Code] = s.Code, true
	}
	return l
}

func (l *log) bad(line int, err error) {
	l.result.Bad++
	l.im.Bad(BadRow{line, err.Error()})
}

// head finds the mapped columns. A column that is named and not there is the mapping's mistake.
func (l *log) head(header []string) error {
	at := map[string]int{}
	for i, name := range header {
		at[strings.ToLower(strings.TrimSpace(name))] = i
	}
	find := func(column string) (int, error) {
		i, ok := at[strings.ToLower(strings.TrimSpace(column))]
		if !ok {
			return 0, fmt.Errorf("the file has no column %q; it has: %s", column, strings.Join(header, ", "))
		}
		return i, nil
	}
	l.column, l.fields = map[string]int{}, map[string]int{}
	for field, column := range map[string]string{
		"job": l.m.Job, "stage": l.m.Stage, "started": l.m.Started, "completed": l.m.Completed, "member": l.m.Member,
		"station": l.m.Station, "good": l.m.Good, "wasted": l.m.Wasted, "rework": l.m.Rework, "review": l.m.Review,
	} {
		if column == "" {
			continue
		}
		i, err := find(column)
		if err != nil {
			return err
		}
		l.column[field] = i
	}
	for field, column := range l.m.Fields {
		i, err := find(column)
		if err != nil {
			return err
		}
		l.fields[field] = i
	}
	return nil
}

func (l *log) cell(r sheets.Row, field string) string {
	if i, ok := l.column[field]; ok && i < len(r.Cells) {
		return strings.TrimSpace(r.Cells[i])
	}
	return ""
}

var (
	errNoJob   = errors.New("the job is empty")
	errNoStage = errors.New("the stage is empty")
	errNoTime  = errors.New("neither a start nor a completion time")
	errEnds    = errors.New("it is completed before it is started")
)

func (l *log) row(r sheets.Row) error {
	number, stage := l.cell(r, "job"), l.cell(r, "stage")
	switch {
	case number == "":
		return errNoJob
	case stage == "":
		return errNoStage
	case len([]rune(number)) > flow.MaxNumber:
		return fmt.Errorf("the job number is longer than %d characters", flow.MaxNumber)
	}
	row, err := l.times(r)
	if err != nil {
		return err
	}
	if err := l.quantities(r, &row); err != nil {
		return err
	}
	j, err := l.job(number, r)
	if err != nil {
		return err
	}
	row.Line, row.Worker, row.Station = r.Line, clip(l.cell(r, "member")), clip(l.cell(r, "station"))
	row.Rework = truth(l.cell(r, "rework"))
	row.Stage = l.stage(stage)
	content := strings.Join(r.Cells, "\x00")
	l.equal[content]++
	row.Ref = ref(r.Cells, l.equal[content])
	j.Rows = append(j.Rows, row)
	return nil
}

func clip(s string) string {
	runes := []rune(s)
	return string(runes[:min(len(runes), flow.MaxText)])
}

// truth reads yes as tables write it.
func truth(s string) bool {
	switch strings.ToLower(s) {
	case "y", "yes", "true", "1", "x", "t":
		return true
	}
	return false
}

func (l *log) times(r sheets.Row) (flow.PastRow, error) {
	var row flow.PastRow
	for field, into := range map[string]*flow.Moment{"started": &row.Began, "completed": &row.Ended} {
		text := l.cell(r, field)
		if text == "" {
			continue
		}
		t, err := sheets.Time(text, l.im.Zone)
		if err != nil {
			return row, err
		}
		*into = flow.At(t)
	}
	switch {
	case row.Began == 0 && row.Ended == 0:
		return row, errNoTime
	case row.Began != 0 && row.Ended != 0 && row.Ended < row.Began:
		return row, errEnds
	}
	return row, nil
}

func (l *log) quantities(r sheets.Row, row *flow.PastRow) error {
	for field, into := range map[string]*flow.Quantity{"good": &row.Good, "wasted": &row.Wasted, "review": &row.Review} {
		var err error
		if *into, err = readQuantity(l.cell(r, field)); err != nil {
			return err
		}
	}
	return nil
}

func readQuantity(text string) (flow.Quantity, error) {
	if text == "" {
		return 0, nil
	}
	plain, err := sheets.Number(text)
	if err != nil {
		return 0, err
	}
	q, err := flow.ParseQuantity(plain)
	if err != nil {
		return 0, fmt.Errorf("%q is too large for a quantity", text)
	}
	return q, nil
}

// stage gives a stage name its code; names that make the same code get different ones.
func (l *log) stage(name string) string {
	l.seen[clip(name)] = true
	if code, ok := l.codes[clip(name)]; ok {
		return code
	}
	base := flow.MakeCode(name)
	if base == "" {
		base = "stage"
	}
	code := base
	for n := 2; l.taken[code]; n++ {
		code = fmt.Sprintf("%s-%d", base, n)
	}
	l.taken[code], l.codes[clip(name)] = true, code
	l.stages = append(l.stages, flow.Stage{Code: code, Name: clip(name)})
	return code
}

// job finds or begins the job of a row. What a job is (item, quantity ...) is taken from its first row.
func (l *log) job(number string, r sheets.Row) (*flow.PastJob, error) {
	key := flow.NumberKey(number)
	if j, ok := l.byKey[key]; ok {
		return j, nil
	}
	j := &flow.PastJob{NewJob: flow.NewJob{ID: l.jobID(key), Number: number}}
	for field, i := range l.fields {
		if i >= len(r.Cells) || strings.TrimSpace(r.Cells[i]) == "" {
			continue
		}
		if err := l.field(&j.NewJob, field, strings.TrimSpace(r.Cells[i])); err != nil {
			return nil, err
		}
	}
	l.byKey[key] = j
	l.jobs = append(l.jobs, j)
	return j, nil
}

// jobID names a job of the log the same each time the log is brought in.
func (l *log) jobID(key string) flow.ID {
	return flow.DerivedID(sha256.Sum256([]byte(l.im.Mark.Org.String() + "\x00" + l.m.Process + "\x00" + key)))
}

func (l *log) field(j *flow.NewJob, field, value string) error {
	var err error
	switch field {
	case "customer":
		j.Customer = clip(value)
	case "item":
		j.Item = clip(value)
	case "unit":
		j.Unit = clip(value)
	case "quantity":
		j.Quantity, err = readQuantity(value)
	case "due":
		day, dueErr := sheets.Date(value, l.im.Mark.At.Time())
		j.Due, err = flow.DateOf(day), dueErr
	default:
		if j.Fields == nil {
			j.Fields = map[string]string{}
		}
		j.Fields[field] = clip(value)
	}
	return err
}
