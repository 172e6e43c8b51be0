package flow

import (
	"cmp"
	"slices"
)

// MaxRows is the most rows of the past one ImportHistory may bring.
const MaxRows = 1000

// PastRow is one report of the past: somebody did something to a job at a stage.
type PastRow struct {
	Ref     string   `json:"ref"` // names the row, so that a second import adds nothing
	Line    int      `json:"line"`
	Stage   string   `json:"stage"`
	Began   Moment   `json:"began,omitempty"` // at least one of Began and Ended is set
	Ended   Moment   `json:"ended,omitempty"`
	Worker  string   `json:"worker,omitempty"`
	Station string   `json:"station,omitempty"`
	Good    Quantity `json:"good,omitempty"`
	Wasted  Quantity `json:"wasted,omitempty"`
	Rework  bool     `json:"rework,omitempty"`
	Review  Quantity `json:"review,omitempty"` // held for review; neither good nor wasted
	Note    string   `json:"note,omitempty"`   // what else the file says of it
}

// Time is when the row takes effect: its end, or its start when it has no end.
func (r PastRow) Time() Moment { return cmp.Or(r.Ended, r.Began) }

func (r PastRow) first() Moment { return cmp.Or(r.Began, r.Ended) }

// PastJob is a job of the past with its rows. When the job exists, the rows are added to it.
type PastJob struct {
	NewJob
	Rows []PastRow `json:"rows"`
}

// ImportHistory books the past as it happened. Visits out of order and repeated visits are kept. What a report
// takes beyond what the accounts have at its stage is booked as found there, marked inferred, so the sums close;
// in unit mode the job is moved to where the report says it was. A job created here goes through the stages in
// the order in which it first visited them.
//
// Refusals: not_found, too_many, number_taken, quantity_too_big, too_long.
type ImportHistory struct {
	Process ID        `json:"process"`
	Version int       `json:"version"`
	Jobs    []PastJob `json:"jobs"`
}

// ImportedWaste is the reason of wastage that a file of the past gives none for.
const ImportedWaste = "imported"

// Name is "import_history".
func (ImportHistory) Name() string { return "import_history" }

// Targets are the jobs, old and new.
func (a ImportHistory) Targets() []ID {
	ids := make([]ID, len(a.Jobs))
	for i, n := range a.Jobs {
		ids[i] = n.ID
	}
	return ids
}

// NeedsHistory is true: rows that are in already are known by their Ref.
func (ImportHistory) NeedsHistory() bool { return true }

// Editions is the one process.
func (a ImportHistory) Editions() []Edition { return []Edition{{a.Process, a.Version}} }

// Numbers are the jobs' numbers; a number that is in use by another job than the one named is refused.
func (a ImportHistory) Numbers() []string {
	numbers := make([]string, len(a.Jobs))
	for i, n := range a.Jobs {
		numbers[i] = n.Number
	}
	return numbers
}

// SeriesUsed is none: jobs of the past have their numbers.
func (ImportHistory) SeriesUsed() map[ID]int { return nil }

func (a ImportHistory) decide(w World, m Mark, _ Command) ([]Movement, error) {
	p, ok := w.Processes[Edition{a.Process, a.Version}]
	if !ok || !m.May(MayCreate) || !m.Scope.Everything() {
		return nil, refuse(NotFound)
	}
	rows := 0
	for _, j := range a.Jobs {
		rows += len(j.Rows)
	}
	if rows > MaxRows {
		return nil, &Refusal{Code: TooMany, Name: "rows", Limit: MaxRows}
	}
	var moves []Movement
	for _, past := range a.Jobs {
		b := book{m: m, p: p}
		if err := b.job(w, past); err != nil {
			return nil, err
		}
		moves = append(moves, b.moves...)
	}
	return moves, nil
}

// book writes the movements of one past job, keeping the job as it stands after each.
type book struct {
	m     Mark
	p     Process
	j     Job
	moves []Movement
}

func (b *book) job(w World, past PastJob) error {
	rows := fresh(past.Rows, w.History[past.ID])
	if len(rows) == 0 {
		return nil
	}
	slices.SortStableFunc(rows, func(x, y PastRow) int {
		return cmp.Or(cmp.Compare(x.Time(), y.Time()), cmp.Compare(x.first(), y.first()), cmp.Compare(x.Line, y.Line))
	})
	if j, ok := w.Jobs[past.ID]; ok {
		b.j = j
	} else if err := b.create(w, past, rows); err != nil {
		return err
	}
	for _, r := range rows {
		if err := b.row(r); err != nil {
			return err
		}
	}
	return b.j.Check()
}

// fresh are the rows that the history does not have yet.
func fresh(rows []PastRow, history []Movement) []PastRow {
	have := make(map[string]bool, len(history))
	for _, m := range history {
		have[m.Facts.Ref] = true
	}
	return slices.DeleteFunc(slices.Clone(rows), func(r PastRow) bool { return have[r.Ref] })
}

func (b *book) create(w World, past PastJob, rows []PastRow) error {
	if id, used := w.Taken[NumberKey(past.Number)]; used && id != past.ID {
		return &Refusal{Code: NumberTaken, Job: past.Number}
	}
	if past.Quantity < 0 || past.Quantity > MaxQuantity {
		return &Refusal{Code: QuantityTooBig, Job: past.Number}
	}
	if err := past.lengths(); err != nil {
		return err
	}
	f := past.facts(b.p)
	f.Route, f.Steps = firstVisits(rows), nil
	at := rows[0].first()
	for _, r := range rows {
		at = min(at, r.first())
	}
	return b.add(Movement{Job: past.ID, Kind: KindCreated, Occurred: at, Mark: MarkImported, Facts: f})
}

// firstVisits are the stages in the order in which work on them first began.
func firstVisits(rows []PastRow) []string {
	byStart := slices.Clone(rows)
	slices.SortStableFunc(byStart, func(x, y PastRow) int {
		return cmp.Or(cmp.Compare(x.first(), y.first()), cmp.Compare(x.Line, y.Line))
	})
	var route []string
	for _, r := range byStart {
		if !slices.Contains(route, r.Stage) {
			route = append(route, r.Stage)
		}
	}
	return route
}

func (b *book) add(m Movement) error {
	m.Member = b.m.Member
	after, err := Apply(b.j, m)
	if err != nil {
		return err
	}
	b.j = after
	b.moves = append(b.moves, m)
	return nil
}

func (b *book) row(r PastRow) error {
	if _, ok := b.p.Stage(r.Stage); !ok {
		return &Refusal{Code: NotFound, Name: r.Stage}
	}
	mv := Movement{Job: b.j.ID, Stage: r.Stage, Occurred: r.Time(), Mark: MarkImported}
	if b.j.index(r.Stage) < 0 {
		added := mv
		added.Kind, added.Mark = KindStageAdded, MarkInferred
		if err := b.add(added); err != nil {
			return err
		}
	}
	mv.Facts = Facts{Worker: r.Worker, Station: r.Station, Ref: r.Ref, Line: r.Line, Rework: r.Rework, Review: r.Review, Note: r.Note}
	if r.Ended == 0 {
		return b.begin(mv)
	}
	mv.Kind, mv.Facts.Began = KindReported, r.Began
	if b.j.Mode == UnitMode {
		r.Good, r.Wasted = One, 0
	}
	if err := b.supply(mv, r.Good+r.Wasted); err != nil {
		return err
	}
	mv.Facts.Good = r.Good
	if r.Wasted > 0 {
		mv.Facts.Wasted = []Waste{{Reason: ImportedWaste, Quantity: r.Wasted}}
	}
	return b.add(mv)
}

// begin books a row that has only a start. A second start of a run that is on says nothing new about the job
// and is kept as a report of nothing.
func (b *book) begin(mv Movement) error {
	if err := b.release(mv); err != nil {
		return err
	}
	mv.Kind = KindStarted
	if s, _ := b.j.Stage(mv.Stage); s.Started != 0 {
		mv.Kind, mv.Facts.Began = KindReported, mv.Occurred
	}
	return b.add(mv)
}

// release ends a hold that a row of the past contradicts.
func (b *book) release(mv Movement) error {
	if s, _ := b.j.Stage(mv.Stage); s.Held == 0 {
		return nil
	}
	return b.inferred(mv, KindResumed, Facts{})
}

// supply makes sure that the stage has what the row says left it.
func (b *book) supply(mv Movement, need Quantity) error {
	if err := b.release(mv); err != nil {
		return err
	}
	if b.j.Mode == UnitMode {
		if err := b.bring(mv); err != nil {
			return err
		}
	}
	s, _ := b.j.Stage(mv.Stage)
	if s.OnHand >= need {
		return nil
	}
	return b.inferred(mv, KindFound, Facts{Quantity: need - s.OnHand})
}

func (b *book) inferred(mv Movement, kind Kind, f Facts) error {
	mv.Kind, mv.Mark, mv.Facts = kind, MarkInferred, f
	return b.add(mv)
}

// bring moves the one thing of a unit-mode job to the stage of a row: forward through the stages between as
// done there, or back as sent back.
func (b *book) bring(mv Movement) error {
	to := b.j.index(mv.Stage)
	for {
		at := slices.IndexFunc(b.j.Stages, StageState.Live)
		if at < 0 || at == to {
			return nil
		}
		step := mv
		step.Stage = b.j.Stages[at].Code
		if err := b.release(step); err != nil {
			return err
		}
		f := Facts{Good: One}
		if at > to {
			f = Facts{Back: []Back{{To: mv.Stage, Reason: ImportedWaste, Quantity: One}}}
		}
		if err := b.inferred(step, KindReported, f); err != nil {
			return err
		}
	}
}
