package measure

import (
	"cmp"
	"slices"

	"clicarity/internal/flow"
)

// Trail is what forecasting needs of a job: where it was reported, when, and since when that is known.
type Trail struct {
	Job     flow.ID
	Number  string
	Process flow.ID
	Item    string
	Created flow.Moment
	Done    flow.Moment // completed by its accounts, 0 while they are open
	Silent  bool        // it comes from a file of the past, which never says that a job is done
	Due     flow.Date
	Route   []string // the stages planned for it, nil when only the past tells where it went
	Reports []Report
}

// TrailOf is the trail of a job. The route of a job from a file of the past is made of where it went, which nobody knew
// before: it is left out.
func TrailOf(p Past) Trail {
	t := Trail{Job: p.Job.ID, Number: p.Job.Number, Process: p.Job.Process, Item: p.Job.Item, Created: p.Job.Created, Done: p.Job.Completed,
		Due: p.Job.Due, Silent: p.Imported, Reports: p.Reports}
	for _, s := range p.Job.Stages {
		if !p.Imported && s.Need != flow.NotRequired {
			t.Route = append(t.Route, s.Code)
		}
	}
	return t
}

// Before is the trail as it was known just before a moment.
func (t Trail) Before(at flow.Moment) Trail {
	t.Reports = slices.DeleteFunc(slices.Clone(t.Reports), func(r Report) bool { return r.Known >= at })
	if t.Done >= at {
		t.Done = 0
	}
	return t
}

// last is where the job was last heard of, and when: at no stage when only that it was made.
func (t Trail) last() (stage string, at flow.Moment) {
	at = t.Created
	for _, r := range t.Reports {
		if r.At >= at {
			stage, at = r.Stage, r.At
		}
	}
	return stage, at
}

// ended is when a job ended, as far as the record tells: by its accounts, or with its last report.
func (t Trail) ended() flow.Moment {
	if t.Done != 0 {
		return t.Done
	}
	_, at := t.last()
	return at
}

// inOrder are the reports in the order in which they happened.
func (t Trail) inOrder() []Report {
	list := slices.Clone(t.Reports)
	slices.SortStableFunc(list, func(a, b Report) int { return cmp.Compare(a.At, b.At) })
	return list
}
