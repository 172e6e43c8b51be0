package flow

// Milestone is what a customer reads while a job is at one of some stages in a row.
type Milestone struct {
	Name     string
	Standard string   // of a route that names nothing for customers, instead of a name: one of StandardMilestones
	Stages   []string // codes
}

// StandardMilestones are what customers read of a route that names nothing for them.
var StandardMilestones = [4]string{"confirmed", "production", "ready", "dispatched"}

// Milestones is a route as the customer sees it: stages in a row with one public name are one milestone, and a stage that
// is hidden or has no public name belongs to the milestone before it. Customers never read what a stage is called
// inside: of a route without public names they read the standard ones.
func Milestones(stages []Stage) []Milestone {
	var list []Milestone
	for _, s := range stages {
		last, unseen := len(list)-1, s.Hidden || s.Public == ""
		switch {
		case unseen && last < 0:
		case unseen, last >= 0 && list[last].Name == s.Public:
			list[last].Stages = append(list[last].Stages, s.Code)
		default:
			list = append(list, Milestone{Name: s.Public, Stages: []string{s.Code}})
		}
	}
	if len(list) == 0 {
		return standardMilestones(stages)
	}
	return list
}

// standardMilestones are: confirmed at the first stage, ready at the last, in production between, dispatched beyond.
func standardMilestones(stages []Stage) []Milestone {
	var list []Milestone
	for i, s := range stages {
		name := StandardMilestones[1]
		switch i {
		case len(stages) - 1:
			name = StandardMilestones[2]
		case 0:
			name = StandardMilestones[0]
		}
		if last := len(list) - 1; last >= 0 && list[last].Standard == name {
			list[last].Stages = append(list[last].Stages, s.Code)
			continue
		}
		list = append(list, Milestone{Standard: name, Stages: []string{s.Code}})
	}
	return append(list, Milestone{Standard: StandardMilestones[3]})
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
