package flow

// Milestone is what a customer reads while a job is at one of some stages in a row.
type Milestone struct {
	Name   string
	Stages []string // codes
}

// Milestones is a route as the customer sees it: stages in a row with one public name are one milestone, and a stage that
// is hidden belongs to the milestone before it. A stage without a public name is seen by its own.
func Milestones(stages []Stage) []Milestone {
	var list []Milestone
	for _, s := range stages {
		name := s.Public
		if name == "" {
			name = s.Name
		}
		last := len(list) - 1
		switch {
		case s.Hidden && last < 0:
		case s.Hidden, last >= 0 && list[last].Name == name:
			list[last].Stages = append(list[last].Stages, s.Code)
		default:
			list = append(list, Milestone{Name: name, Stages: []string{s.Code}})
		}
	}
	return list
}

// Progress is how far a job has come as the customer sees it.
type Progress struct {
	Milestones []Milestone
	At         int // of all of it: index of the milestone, -1 before the first, the number of milestones when it is done
	Part       int // of the part that is farthest ahead
}

// Progress says where a job is, in milestones. Stages that are not required for the job, or were added to it alone, are
// none.
func (p Process) Progress(j Job) Progress {
	var seen []Stage
	for _, s := range j.Stages {
		stage, ok := p.Stage(s.Code)
		if !ok {
			stage = Stage{Hidden: true}
		}
		if stage.Code = s.Code; s.Need != NotRequired {
			seen = append(seen, stage)
		}
	}
	pr := Progress{Milestones: Milestones(seen)}
	at := map[string]int{}
	for i, m := range pr.Milestones {
		for _, code := range m.Stages {
			at[code] = i + 1
		}
	}
	pr.At, pr.Part = len(pr.Milestones), -1
	for _, s := range j.Stages {
		if s.Live() {
			here := at[s.Code] - 1
			pr.At, pr.Part = min(pr.At, here), max(pr.Part, here)
		}
	}
	if !j.Open() {
		pr.Part = pr.At
	}
	return pr
}
