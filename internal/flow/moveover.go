package flow

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// MaxMove is the most jobs one MoveOver may bring to another version.
const MaxMove = 200

// MoveOver brings running jobs over to a newer version of their process. A job keeps every stage that has ever held
// something of it, so that its account goes on closing, and takes the new version's stages for what lies ahead. All move
// or none; those that follow the version already are passed over.
//
// Refusals: not_found, no_jobs, too_many, nothing_changed, and of one job move_done, move_stands, move_order, move_ratio,
// move_tracks, move_sizes, move_mode.
type MoveOver struct {
	Process ID   `json:"process"`
	Version int  `json:"version"` // the one they come to
	Jobs    []ID `json:"jobs"`
}

// Name is "move_over".
func (MoveOver) Name() string { return "move_over" }

// Targets are the jobs.
func (a MoveOver) Targets() []ID { return a.Jobs }

// Editions is the version they come to.
func (a MoveOver) Editions() []Edition { return []Edition{{a.Process, a.Version}} }

// Numbers is none: the jobs keep theirs.
func (MoveOver) Numbers() []string { return nil }

// SeriesUsed is none.
func (MoveOver) SeriesUsed() map[ID]int { return nil }

func (a MoveOver) decide(w World, m Mark, c Command) ([]Movement, error) {
	next, ok := w.Processes[Edition{a.Process, a.Version}]
	switch {
	case !ok || !m.May(MayDesign) || !m.Scope.Whole(a.Process):
		return nil, refuse(NotFound)
	case len(a.Jobs) == 0:
		return nil, refuse(NoJobs)
	case len(a.Jobs) > MaxMove:
		return nil, &Refusal{Code: TooMany, Name: "jobs", Limit: MaxMove}
	}
	var moves []Movement
	seen := map[ID]bool{}
	for _, id := range a.Jobs {
		j, ok := w.Jobs[id]
		if !ok || j.Process != a.Process || !m.Scope.Holds(j) {
			return nil, refuse(NotFound)
		}
		if j.Version >= a.Version || seen[id] {
			continue
		}
		seen[id] = true
		over, err := j.Over(w.Process(j), next)
		if err != nil {
			return nil, err
		}
		one, err := Work{Job: id}.movement(j, m, c, KindMovedOver,
			Facts{Version: a.Version, Route: over.Route, Steps: over.Steps, Was: map[string]string{"version": strconv.Itoa(j.Version)}})
		if err != nil {
			return nil, err
		}
		moves = append(moves, one...)
	}
	if len(moves) == 0 {
		return nil, refuse(NothingChanged)
	}
	return moves, nil
}

// Moving is what becomes of a job's route when the job moves over to another version of its process.
type Moving struct {
	Route   []string // codes, in order
	Steps   []Step   // what is special about some of them
	Added   []string // stages that it gets
	Dropped []string // stages that it loses: nothing of it was ever there
	Kept    []string // stages that the version does not have and that stay for their history: what comes there goes on at once
	Behind  []string // stages of the version that it does not get: part of it has gone past their place
}

// Over is what a job becomes in another version of its process, or the *Refusal that says why it stays.
//
// Refusals: move_done, move_stands, move_order, move_ratio, move_tracks, move_sizes, move_mode.
func (j Job) Over(old, next Process) (Moving, error) {
	track := j.Track
	if byHand(track) { // such a component goes its process's own way
		track = ""
	}
	o := over{j: j, old: old.On(track), next: next.On(track)}
	for i, s := range j.Stages {
		if j.touched(s.Code) {
			o.held = append(o.held, i)
		}
	}
	if err := o.comparable(old, next); err != nil {
		return Moving{}, err
	}
	if err := o.inOrder(); err != nil {
		return Moving{}, err
	}
	mv := o.route()
	for _, part := range j.Parts {
		if !slices.Contains(mv.Route, part.Joins) {
			return Moving{}, o.stays(MoveTracks, "", next.PartName(part))
		}
	}
	for _, code := range mv.Route {
		step, err := o.step(code)
		if err != nil {
			return Moving{}, err
		}
		if step != (Step{Code: code}) {
			mv.Steps = append(mv.Steps, step)
		}
	}
	return mv, nil
}

// over is a job on its way to another version.
type over struct {
	j         Job
	old, next []Stage // the stages of its track in both versions
	held      []int   // the job's stages that have ever held something, by place
}

func (o over) stays(code Code, stage, name string) *Refusal {
	return &Refusal{Code: code, Job: o.j.Number, Stage: stage, Name: name}
}

// byHand reports whether a component was added to one job, and is none of its process's.
func byHand(track string) bool { return strings.HasPrefix(track, "+") }

func on(stages []Stage, code string) int {
	return slices.IndexFunc(stages, func(s Stage) bool { return s.Code == code })
}

// touched reports whether anything of a job, in any of its accounts, has ever been at a stage, or was found not to conform
// there.
func (j Job) touched(code string) bool {
	s, _ := j.Stage(code)
	if slices.ContainsFunc(j.NCs, func(n NonConformance) bool { return n.Stage == code }) {
		return true
	}
	for _, a := range j.Accounts {
		if a.Stage(code).touched() {
			return true
		}
	}
	return s.touched()
}

func (s StageState) touched() bool {
	for _, q := range []Quantity{s.Received, s.Found, s.Good, s.Wasted, s.Short, s.SentBack, s.AtVendor, s.OnHand, s.SplitOff, s.Joined, s.Returned} {
		if q != 0 {
			return true
		}
	}
	return s.Started != 0 || s.Done != 0
}

// handed reports whether anything of a job, in any of its accounts, has gone on from a stage.
func (j Job) handed(code string) bool {
	s, _ := j.Stage(code)
	for _, a := range j.Accounts {
		if a.Stage(code).Handed() > 0 {
			return true
		}
	}
	return s.Handed() > 0
}

// comparable refuses a job that the new version counts in another way, or whose components it has not.
func (o over) comparable(old, next Process) error {
	switch {
	case !o.j.Open():
		return o.stays(MoveDone, "", "")
	case o.j.Mode != next.Mode:
		return o.stays(MoveMode, "", "")
	}
	for _, a := range o.j.Accounts {
		if a.IsSecond() && next.Second == "" || !a.IsSecond() && !slices.Contains(next.Sizes, a.Name) {
			return o.stays(MoveSizes, "", a.Name)
		}
	}
	tracks := []string{o.j.Track}
	for _, part := range o.j.Parts {
		tracks = append(tracks, part.Track)
	}
	for _, code := range tracks {
		was, _ := old.Track(code)
		now, ok := next.Track(code)
		if code != "" && !byHand(code) && (!ok || was.Per != now.Per || was.Joins != now.Joins || was.Unit != now.Unit) {
			return o.stays(MoveTracks, "", cmp.Or(was.Name, now.Name, code))
		}
	}
	for _, t := range next.Tracks {
		if _, had := old.Track(t.Code); !had && o.j.Track == "" {
			return o.stays(MoveTracks, "", t.Name)
		}
	}
	return nil
}

// inOrder refuses a job of which something is at a stage that the new version does not have, or that has been at stages
// which the new version has in another order. A stage that was added to the job alone stays its own.
func (o over) inOrder() error {
	last := -1
	for _, i := range o.held {
		s := o.j.Stages[i]
		at := on(o.next, s.Code)
		switch {
		case at < 0 && s.Name == "" && s.Live():
			return o.stays(MoveStands, s.Code, "")
		case at < 0:
		case at < last:
			return o.stays(MoveOrder, s.Code, o.next[last].Name)
		default:
			last = at
		}
	}
	return nil
}

// passed reports whether something has gone through the gap before the i-th of the stages that have held something, so
// that no stage can come there any more.
func (o over) passed(i int) bool {
	if i > 0 {
		return o.j.handed(o.j.Stages[o.held[i-1]].Code)
	}
	return len(o.held) > 0 && o.j.Quantity > 0 && o.j.Origin == ""
}

// route puts the new version's stages around those that have held something of the job. What falls where part of it has
// passed is behind the job: it does not get it.
func (o over) route() Moving {
	var mv Moving
	gaps := make([][]string, len(o.held)+1)
	var waiting []string // stages of the new version on the way to the next that has held something
	from := 0
	settle := func(to int) {
		for to >= from && o.passed(to) {
			to--
		}
		if to < from {
			mv.Behind = append(mv.Behind, waiting...)
		} else {
			gaps[to] = append(gaps[to], waiting...)
		}
		waiting = nil
	}
	for _, s := range o.next {
		i := slices.IndexFunc(o.held, func(i int) bool { return o.j.Stages[i].Code == s.Code })
		if i < 0 {
			waiting = append(waiting, s.Code)
			continue
		}
		settle(i)
		from = i + 1
	}
	settle(len(o.held))
	for i, gap := range gaps {
		mv.Route = append(mv.Route, gap...)
		if i < len(o.held) {
			mv.Route = append(mv.Route, o.j.Stages[o.held[i]].Code)
		}
	}
	o.keepOwn(&mv)
	o.compare(&mv)
	return mv
}

// keepOwn puts the stages that were added to the job alone behind the same stage as before.
func (o over) keepOwn(mv *Moving) {
	at := 0
	for _, s := range o.j.Stages {
		if i := slices.Index(mv.Route, s.Code); i >= 0 {
			at = i + 1
		} else if s.Name != "" {
			mv.Route = slices.Insert(mv.Route, at, s.Code)
			mv.Behind = slices.DeleteFunc(mv.Behind, func(code string) bool { return code == s.Code })
			at++
		}
	}
}

// compare says what is different.
func (o over) compare(mv *Moving) {
	for _, code := range mv.Route {
		s, had := o.j.Stage(code)
		switch {
		case !had:
			mv.Added = append(mv.Added, code)
		case on(o.next, code) < 0 && s.Name == "":
			mv.Kept = append(mv.Kept, code)
		}
	}
	for _, s := range o.j.Stages {
		if !slices.Contains(mv.Route, s.Code) && !slices.Contains(mv.Behind, s.Code) {
			mv.Dropped = append(mv.Dropped, s.Code)
		}
	}
}

// step is what the job must know of a stage of its new route beyond the code.
func (o over) step(code string) (Step, error) {
	s, had := o.j.Stage(code)
	step := Step{Code: code, Yields: s.Yields}
	i := on(o.next, code)
	if i < 0 {
		step.Name, step.Timed = s.Name, s.Timed
		step.Optional, step.Skip = s.Need == Undecided && s.Name != "", s.Need == NotRequired || s.Name == ""
		if s.Name == "" && !s.Yields.IsZero() {
			return step, o.stays(MoveRatio, code, "")
		}
		return step, nil
	}
	now, was := o.next[i], Stage{}
	step.Timed = now.Dwell > 0
	if k := on(o.old, code); k >= 0 {
		was = o.old[k]
	}
	if !had || s.Yields == was.ratio(o.j.Mode) { // else the job has its own
		step.Yields = now.ratio(o.j.Mode)
	}
	if step.Yields != s.Yields && had && o.crossed(code) {
		return step, o.stays(MoveRatio, code, "")
	}
	switch {
	case !now.Optional:
	case was.Optional && had:
		step.Optional, step.Skip = s.Need == Undecided, s.Need == NotRequired
	default:
		step.Optional = !o.j.touched(code)
	}
	return step, nil
}

// ratio is what one unit becomes at the next stage. One thing stays one thing.
func (s Stage) ratio(mode Mode) Ratio {
	if mode == UnitMode {
		return Ratio{}
	}
	return s.Yields
}

// crossed reports whether anything was counted by a stage's ratio, on the way ahead or back.
func (o over) crossed(code string) bool {
	return o.j.handed(code) || len(o.held) > 0 && o.held[len(o.held)-1] > o.j.index(code)
}

// movedOver gives the job its new route. It refuses one that the account does not close on.
func movedOver(j Job, m Movement) (Job, error) {
	f := m.Facts
	stages := make([]StageState, len(f.Route))
	for i, code := range f.Route {
		s, _ := j.Stage(code)
		s.Code, s.Name, s.Need, s.Yields, s.Timed = code, "", Required, Ratio{}, false
		stages[i] = s
	}
	after := j
	after.Stages, after.Version, after.Last, after.Accounts = stages, f.Version, max(j.Last, m.Occurred), nil
	if len(stages) == 0 || !after.special(f.Steps) {
		return Job{}, impossible(m, "no route, or a step that is not on it")
	}
	for i := range stages {
		stages[i].timed(stages[i].Timed)
	}
	for _, s := range j.Stages {
		now, ok := after.Stage(s.Code)
		if !ok && j.touched(s.Code) || s.Good > 0 && now.Yields != s.Yields || now.Need == NotRequired && s.Live() {
			return Job{}, impossible(m, "what was at "+s.Code+" has no place")
		}
	}
	if err := after.Check(); err != nil {
		return Job{}, impossible(m, err.Error())
	}
	after.Accounts = j.Accounts
	return after, nil
}

// special sets what is special about some stages of a route, and reports whether all of them are on it.
func (j *Job) special(steps []Step) bool {
	for _, step := range steps {
		i := j.index(step.Code)
		if i < 0 {
			return false
		}
		s := &j.Stages[i]
		s.Yields, s.Name, s.Timed = step.Yields, step.Name, step.Timed
		switch {
		case step.Skip:
			s.Need = NotRequired
		case step.Optional:
			s.Need = Undecided
		}
	}
	return true
}

// routed are the facts of a new route as an account has it: a stone stays a stone, whatever the metal becomes.
func (a Account) routed(f Facts) Facts {
	steps := slices.Clone(f.Steps)
	for i := range steps {
		if a.IsSecond() {
			steps[i].Yields = Ratio{}
		}
		steps[i].Timed = false
	}
	return Facts{Version: f.Version, Route: f.Route, Steps: steps}
}
