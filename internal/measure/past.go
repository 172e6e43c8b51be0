package measure

import "clicarity/internal/flow"

// Past is what the history of one job says, ready to be measured.
type Past struct {
	Job      flow.Job    // as it is after its movements
	Original flow.Date   // the first due date, empty for none
	Began    flow.Moment // when work first began, 0 before that
	Imported bool        // its movements come from a file
	Stays    []Stay
	Entries  []Entry
	Trips    []Trip
	Runs     []Run
	Reports  []Report
	Losses   []Loss
}

// Entry is what one movement changed in the account of one stage. Sums of entries are the account.
type Entry struct {
	Stage    string
	At       flow.Moment
	Reports  int           // 1 for a report at this stage
	Came     flow.Quantity // received or found
	Again    flow.Quantity // of what came, how much was here, or past here, before it was sent back
	Good     flow.Quantity
	First    flow.Quantity // of the good, how much came for the first time, less what was then sent back from later on
	Second   flow.Quantity // of the good, how much had been here before
	Wasted   flow.Quantity
	Short    flow.Quantity
	SentBack flow.Quantity // from here, and the good of reports that a file calls rework
	Left     flow.Quantity // all that is no longer here
}

// Report is that somebody reported at a stage, or that something came back to it from a vendor.
type Report struct {
	Stage string
	At    flow.Moment
	Known flow.Moment // since when the record says so; a file of the past is taken to have been kept as it happened
}

func reportOf(m flow.Movement) Report {
	r := Report{m.Stage, m.Occurred, m.Recorded}
	if m.Mark == flow.MarkImported || m.Recorded == 0 {
		r.Known = m.Occurred
	}
	return r
}

// Loss is what one movement says was wasted for one reason.
type Loss struct {
	Stage, Reason string
	At            flow.Moment
	Quantity      flow.Quantity
}

// Run is a stretch of work at a station.
type Run struct {
	Stage, Station string
	From, To       flow.Moment
}

// Trip is what went to a vendor for one stage on one challan.
type Trip struct {
	Stage, Challan string
	Vendor         flow.ID
	Sent           flow.Moment
	Expected       flow.Date
	Quantity       flow.Quantity
	Good           flow.Quantity // came back worked on
	Unused         flow.Quantity // came back as it went
	Lost           flow.Quantity // damaged there, or never came back
	Back           flow.Moment   // when the last of it was reckoned with, 0 while something is still there
}

// PastOf reads the whole history of a job in log order. What goes on is told up to a moment. What was taken back does
// not count.
func PastOf(history []flow.Movement, until flow.Moment) (Past, error) {
	b := bookkeeper{owed: map[string]flow.Quantity{}, again: map[string]flow.Quantity{}}
	b.p.Imported = true
	list, j, err := stays(history, until, b.each)
	if err != nil {
		return Past{}, err
	}
	p := b.p
	p.Job, p.Stays, p.Original = j, list, j.Due
	if j.Promised != "" {
		p.Original = j.Promised
	}
	for _, s := range list {
		p.Began = s.firstRun(p.Began)
		for _, span := range s.Spans {
			if span.State == flow.Running && span.Station != "" {
				p.Runs = append(p.Runs, Run{s.Stage, span.Station, span.From, span.To})
			}
		}
	}
	return p, nil
}

// bookkeeper writes a Past while its movements are read.
type bookkeeper struct {
	p     Past
	owed  map[string]flow.Quantity // was sent back and will come to the stage again
	again map[string]flow.Quantity // is at the stage for the second time
}

func (b *bookkeeper) each(before, after flow.Job, m flow.Movement) {
	if m.Mark != flow.MarkImported && m.Mark != flow.MarkInferred {
		b.p.Imported = false
	}
	for _, s := range after.Stages {
		was, _ := before.Stage(s.Code)
		e := b.entry(was, s, m)
		if e.Reports > 0 || e.Came != 0 || e.Left != 0 || e.First != 0 {
			b.p.Entries = append(b.p.Entries, e)
		}
	}
	b.told(m)
}

// entry is the difference that a movement makes at a stage. What comes a second time is taken to go on before what
// comes for the first.
func (b *bookkeeper) entry(was, s flow.StageState, m flow.Movement) Entry {
	e := Entry{Stage: s.Code, At: m.Occurred, Came: s.Received + s.Found - was.Received - was.Found, Good: s.Good - was.Good,
		Wasted: s.Wasted - was.Wasted, Short: s.Short - was.Short, SentBack: s.SentBack - was.SentBack}
	e.Left = e.Good + e.Wasted + e.Short + e.SentBack
	returned, recalled := s.Returned-was.Returned, s.Recalled-was.Recalled
	back := min(max(s.Received-was.Received-returned, 0), b.owed[s.Code])
	b.owed[s.Code] += max(recalled-returned, 0) + e.SentBack - back
	e.Again = returned + back
	b.again[s.Code] += e.Again
	second := min(b.again[s.Code], max(e.Good, 0))
	b.again[s.Code] = min(b.again[s.Code]-second, s.OnHand+s.AtVendor)
	e.Second, e.First = second, e.Good-second-recalled
	if m.Kind != flow.KindReported || m.Stage != s.Code || m.Mark == flow.MarkInferred {
		return e
	}
	e.Reports = 1
	if m.Facts.Rework {
		e.SentBack += m.Facts.Good
		e.First -= m.Facts.Good
	}
	return e
}

// told notes what the movement itself says.
func (b *bookkeeper) told(m flow.Movement) {
	switch m.Kind {
	case flow.KindReported:
		if m.Mark == flow.MarkInferred {
			return
		}
		b.p.Reports = append(b.p.Reports, reportOf(m))
		b.lost(m)
		if m.Facts.Began != 0 && m.Facts.Station != "" && m.Facts.Began < m.Occurred {
			b.p.Runs = append(b.p.Runs, Run{m.Stage, m.Facts.Station, m.Facts.Began, m.Occurred})
		}
	case flow.KindSent:
		b.p.Trips = append(b.p.Trips, Trip{Stage: m.Stage, Challan: m.Facts.Challan, Vendor: m.Facts.Vendor, Sent: m.Occurred, Expected: m.Facts.Expected, Quantity: m.Facts.Quantity})
	case flow.KindReceived:
		b.p.Reports = append(b.p.Reports, reportOf(m))
		b.lost(m)
		b.came(m)
	}
}

func (b *bookkeeper) lost(m flow.Movement) {
	for _, w := range m.Facts.Wasted {
		b.p.Losses = append(b.p.Losses, Loss{m.Stage, w.Reason, m.Occurred, w.Quantity})
	}
}

func (b *bookkeeper) came(m flow.Movement) {
	for i := range b.p.Trips {
		t := &b.p.Trips[i]
		if t.Stage != m.Stage || t.Challan != m.Facts.Challan {
			continue
		}
		t.Good, t.Unused, t.Lost = t.Good+m.Facts.Good, t.Unused+m.Facts.Quantity, t.Lost+m.Facts.Scrap()+m.Facts.Short
		if t.Good+t.Unused+t.Lost >= t.Quantity {
			t.Back = m.Occurred
		}
	}
}
