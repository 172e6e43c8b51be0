package api

import (
	"cmp"
	"maps"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// showJob is a job as it is sent, without what has to be asked for.
func showJob(j flow.Job) Job {
	status := "open"
	if !j.Open() {
		status = "done"
	}
	return Job{
		ID: j.ID, Number: j.Number, Process: j.Process, Version: j.Version, Customer: j.Customer, Item: j.Item, Quantity: Decimal(j.Quantity), Unit: j.Unit,
		Site: j.Site, Due: j.Due, FirstDue: j.Promised, Urgent: j.Urgent, Status: status, Parent: j.Parent, CreatedAt: Moment(j.Created), MovedAt: Moment(j.Last),
		CompletedAt: Moment(j.Completed), Wasted: Decimal(j.Wasted()), Dispatched: Decimal(j.Dispatched()),
	}
}

// showStages are the stages of a job that are within a scope.
func showStages(s flow.Scope, p flow.Process, j flow.Job) []Stage {
	list := []Stage{}
	for _, st := range j.Stages {
		if !s.Holds(j) && !s.At(j, st.Code) {
			continue
		}
		stage, _ := p.Stage(st.Code)
		name := p.Called(stage)
		if name == "" {
			name = st.Name
		}
		list = append(list, Stage{
			Code: st.Code, Name: name, Status: string(st.Status()), Received: Decimal(st.Received), Found: Decimal(st.Found), Good: Decimal(st.Good),
			Wasted: Decimal(st.Wasted), Short: Decimal(st.Short), SentBack: Decimal(st.SentBack), AtVendor: Decimal(st.AtVendor), OnHand: Decimal(st.OnHand),
			ReadyAt: Moment(st.Ready), StartedAt: Moment(st.Started), HeldAt: Moment(st.Held), DoneAt: Moment(st.Done), HoldReason: st.Reason,
			Station: st.Occupies(), Values: st.Values,
		})
	}
	return list
}

func showMovement(m flow.Movement, by string) Movement {
	return Movement{
		Seq: m.Seq, Command: m.Command, Job: m.Job, Kind: string(m.Kind), Stage: m.Stage, By: m.Member, ByName: by, Device: m.Device,
		OccurredAt: Moment(m.Occurred), RecordedAt: Moment(m.Recorded), Mark: m.Mark, Facts: showFacts(m.Facts),
	}
}

func showFacts(f flow.Facts) Facts {
	shown := Facts{
		Number: f.Number, Customer: f.Customer, Item: f.Item, Quantity: Decimal(f.Quantity), Unit: f.Unit, Site: f.Site, Due: f.Due, Urgent: f.Urgent,
		Fields: f.Fields, Good: Decimal(f.Good), Short: Decimal(f.Short), Found: Decimal(f.Found), Reason: f.Reason, Note: f.Note, Values: f.Values,
		Set: f.Set, Was: f.Was, Station: f.Station, Vendor: f.Vendor, Challan: f.Challan, Expected: f.Expected, Other: f.Other, Undoes: f.Undoes, Made: f.Made,
	}
	if f.File != nil {
		shown.File = &MovedFile{f.File.File, cmp.Or(f.File.Title, f.File.Called), f.File.Revision.ID, cmp.Or(f.File.Revision.Mark, f.File.Live)}
	}
	for _, w := range f.Wasted {
		shown.Wasted = append(shown.Wasted, Waste{Text(w.Reason), Decimal(w.Quantity)})
	}
	for _, b := range f.Back {
		shown.SentBack = append(shown.SentBack, Back{Text(b.To), Text(b.Reason), Decimal(b.Quantity)})
	}
	for _, u := range f.Used {
		shown.Lots = append(shown.Lots, u.Lot)
	}
	return shown
}

// showRevision is a revision of a file, with where it is given out below an address. What is not given out is nowhere.
func showRevision(f flow.File, r flow.RevisionKept, stored postgres.File, below string) FileRevision {
	live, inForce := f.Live()
	shown := FileRevision{ID: r.ID, Revision: r.Mark, Name: r.Name, Media: r.Media, Size: r.Size, SHA256: r.Digest, Live: inForce && live.ID == r.ID, State: "ok", By: r.By, At: Moment(r.At)}
	switch {
	case r.Erased != 0 || stored.Erased || stored.ID.IsZero():
		shown.State = "erased"
	case stored.Scan == postgres.ScanInfected:
		shown.State = "infected"
	case !stored.GivenOut():
		shown.State = "waiting"
	default:
		shown.Content = contentAt(below, f.ID, r.ID)
	}
	if shown.Content != "" && stored.Thumbs {
		shown.Thumbnail = shown.Content + "/thumbnail"
	}
	return shown
}

func showProcess(p flow.Process) Process {
	shown := Process{
		ID: p.ID, Version: p.Version, Name: p.Name, Mode: string(p.Mode), Unit: p.Unit, Sizes: p.Sizes, Second: p.Second,
		Fields: showFields(p.Fields), Stages: []ProcessStage{}, WasteReasons: showReasons(p.WasteReasons), HoldReasons: showReasons(p.HoldReasons),
	}
	for _, s := range p.Stages {
		shown.Stages = append(shown.Stages, ProcessStage{
			Code: s.Code, Name: p.Called(s), Unit: p.UnitAt(s.Code), Component: s.Track, Optional: s.Optional, Inspection: s.Inspection, Approval: s.Approval,
			Stations: s.Stations, Fields: showFields(s.Fields),
		})
	}
	return shown
}

func showFields(fields []flow.Field) []Field {
	list := []Field{}
	for _, f := range fields {
		list = append(list, Field{f.Code, f.Label, string(f.Type), f.Unit, f.Choices, f.Required})
	}
	return list
}

func showReasons(reasons []flow.Reason) []Reason {
	list := []Reason{}
	for _, r := range reasons {
		list = append(list, Reason{r.Code, r.Label})
	}
	return list
}

// texts are the values of a form as the rules take them.
func texts(values map[string]Text) map[string]string {
	if len(values) == 0 {
		return nil
	}
	got := make(map[string]string, len(values))
	for code, value := range maps.All(values) {
		if value != "" {
			got[code] = string(value)
		}
	}
	return got
}

func (p Part) amount() flow.Amount {
	return flow.Amount{Good: flow.Quantity(p.Good), Short: flow.Quantity(p.Short), Wasted: wasted(p.Wasted), Back: sentBack(p.SentBack)}
}

func wasted(list []Waste) []flow.Waste {
	var got []flow.Waste
	for _, w := range list {
		got = append(got, flow.Waste{Reason: string(w.Reason), Quantity: flow.Quantity(w.Quantity)})
	}
	return got
}

func sentBack(list []Back) []flow.Back {
	var got []flow.Back
	for _, b := range list {
		got = append(got, flow.Back{To: string(b.To), Reason: string(b.Reason), Quantity: flow.Quantity(b.Quantity)})
	}
	return got
}

func used(lots []Text) []flow.Used {
	var got []flow.Used
	for _, lot := range lots {
		if lot != "" {
			got = append(got, flow.Used{Lot: string(lot)})
		}
	}
	return got
}

func quantities(m map[string]Decimal) map[string]flow.Quantity {
	if len(m) == 0 {
		return nil
	}
	got := make(map[string]flow.Quantity, len(m))
	for k, d := range m {
		got[k] = flow.Quantity(d)
	}
	return got
}
