package flow

// Stretch is a run of stages of a job that count in one unit, with the account of it from end to end: what came in is
// what went on and what is lost or still there. A job whose stages all count in one unit is one stretch.
type Stretch struct {
	From, To string   // codes of the first and the last of its stages
	Began    Quantity // came with the job, less what of a lot had been found before
	Came     Quantity // handed on by the stretch before, in this one's unit
	Found    Quantity
	Joined   Quantity // came with other lots
	Again    Quantity // came back from later stretches, less what was sent back to earlier ones; less than nothing the other way round
	Good     Quantity // went on, or left the process
	Wasted   Quantity
	Short    Quantity
	AtVendor Quantity
	OnHand   Quantity
	SplitOff Quantity // left with lots of its own
}

// In is all that came into the stretch.
func (s Stretch) In() Quantity {
	return s.Began + s.Came + s.Found + s.Joined + max(s.Again, 0)
}

// Out is where all of it is.
func (s Stretch) Out() Quantity {
	return s.Good + s.Wasted + s.Short + s.AtVendor + s.OnHand + s.SplitOff + max(-s.Again, 0)
}

// Closes reports whether nothing appeared and nothing went.
func (s Stretch) Closes() bool { return s.In() == s.Out() }

// Stretches are the accounts of a job from end to end, one for each unit that it goes through.
func (j Job) Stretches() []Stretch {
	var list []Stretch
	fresh, came := true, Quantity(0)
	for i := range j.Stages {
		s := &j.Stages[i]
		if fresh {
			list = append(list, Stretch{From: s.Code, Came: came})
		}
		at := &list[len(list)-1]
		if s.Code == j.Origin || i == 0 && j.Origin == "" {
			at.Began += j.Quantity - j.Found
		}
		at.take(s)
		fresh, came = !s.Yields.IsZero(), s.Handed()
	}
	return list
}

// take adds a stage to the end of the stretch.
func (s *Stretch) take(st *StageState) {
	s.To, s.Good = st.Code, st.Good
	s.Found, s.Joined, s.SplitOff = s.Found+st.Found, s.Joined+st.Joined, s.SplitOff+st.SplitOff
	s.Again += st.Returned - st.SentBack
	s.Wasted, s.Short = s.Wasted+st.Wasted, s.Short+st.Short
	s.AtVendor, s.OnHand = s.AtVendor+st.AtVendor, s.OnHand+st.OnHand
}

// Together are the accounts of a job and all its lots as one: what went from lot to lot cancels out. It is false where
// that cannot be told: some lot is missing, or one of them goes another way.
func Together(jobs []Job) ([]Stretch, bool) {
	var sum []Stretch
	for _, j := range jobs {
		list := j.Stretches()
		if sum == nil {
			sum = make([]Stretch, len(list))
			for i := range list {
				sum[i].From = list[i].From
			}
		}
		if len(list) != len(sum) {
			return nil, false
		}
		for i, s := range list {
			if s.From != sum[i].From {
				return nil, false
			}
			sum[i].add(s, !j.LotOf.IsZero())
		}
	}
	for i := range sum {
		if sum[i].Joined != sum[i].SplitOff {
			return nil, false
		}
		sum[i].Joined, sum[i].SplitOff = 0, 0
	}
	return sum, true
}

// add adds another job's stretch; what a lot began with joined it from the others.
func (s *Stretch) add(o Stretch, lot bool) {
	if lot {
		o.Joined, o.Began = o.Joined+o.Began, 0
	}
	s.To = o.To
	s.Began, s.Came, s.Found, s.Joined, s.Again = s.Began+o.Began, s.Came+o.Came, s.Found+o.Found, s.Joined+o.Joined, s.Again+o.Again
	s.Good, s.Wasted, s.Short = s.Good+o.Good, s.Wasted+o.Wasted, s.Short+o.Short
	s.AtVendor, s.OnHand, s.SplitOff = s.AtVendor+o.AtVendor, s.OnHand+o.OnHand, s.SplitOff+o.SplitOff
}
