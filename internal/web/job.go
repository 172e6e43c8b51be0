package web

import (
	"cmp"
	"maps"
	"math/big"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/measure"
	"clicarity/internal/postgres"
	"clicarity/internal/sheets"
)

// event is one movement of the timeline in words.
type event struct {
	*view
	Move    flow.Movement
	Stage   string
	Name    string // who
	Words   string
	Wasted  []wasteLine
	Back    []string // what was sent back where and why
	Short   string
	Undone  bool
	Crossed bool     // it moved something to another job
	Details []string // what else the movement says: the form, who approved, what changed
	Shots   []shot   // the pictures of the form
	Passed  string   // why a closed gate was passed
	Marked  string   // backdated, imported or inferred; empty for live
	Station string
}

type wasteLine struct {
	Qty, Reason string
}

// strip is one stage in the quantity strip.
type strip struct {
	place
	Chip                   chip
	GoodW, WasteW, OnHandW int // share of what came, in percent, for the bar
	CanOpen                bool
	Time                   *stageTime // nil when nothing has been there, or the history is too long to say
}

type jobPage struct {
	*view
	Job       flow.Job
	Process   flow.Process
	Stages    []strip
	Live      []strip // where it is now
	Events    []event
	More      string
	Lost      string // wasted, in percent of the start
	Vendors   map[flow.ID]postgres.Vendor
	Rework    bool // something was sent back
	Short     bool // something was closed short
	Scaled    bool // its stages count in different units
	LastUnit  string
	Narrowed  bool              // the reader sees only some of the stages
	Family    []relative        // its components and lots
	Parent    *flow.JobRef      // of a component or a lot
	Own       []entry           // the process's own fields
	Edit      map[string]string // what can be changed, as it is
	Addable   []flow.Stage      // stages that the job's route does not have
	Ahead     []flow.Stage      // stages that nothing has passed yet: a stage can be added after them
	Joinable  []flow.Stage      // stages that a component can still join at
	Processes []flow.Process    // that a component can follow
	NCs       []ncRow
	Times     []stageTime    // how long it was where
	Holds     bool           // it was on hold somewhere
	Vendored  bool           // or at a vendor
	Lead      measure.Length // since it was created, until it was completed
	Changing  bool           // the reader came to change it
	Forecast  *forecastPart  // when it will be done; nil for those who are not told
	Links     *linksPart     // for customers; nil for those who give out none
	Error     string
	Undo      *undoing        // what an undo would take back as well
	Sites     []postgres.Site // where the reader can put it
}

const timelineRows = 50

// maxHistory bounds the history from which the times of a job are reckoned.
const maxHistory = 3000

// jobPage shows where a job is, what every stage received and passed on, and all that happened to it.
func (w *Web) jobPage(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	return w.showJob(rw, r, who, nil)
}

// showJob shows the job, and why it is as it was when an undo was refused.
func (w *Web) showJob(rw http.ResponseWriter, r *http.Request, who flow.Person, refused *flow.Refusal) error {
	id, err := pathID(r, "job")
	if err != nil {
		return err
	}
	v := w.view(r, who, "")
	feed, err := w.feed(r, who, "job", id.String())
	if err != nil {
		return err
	}
	j, process, err := w.jobFor(r, who, id)
	if err != nil {
		return err
	}
	p := jobPage{view: v, Job: j, Process: process, Narrowed: !who.Scope.Holds(j)}
	v.Title, v.Toast = j.Number, w.toast(r, v)
	v.Feed = feed
	if p.Vendors, err = w.DB.Vendors(r.Context(), who.Org); err != nil {
		return err
	}
	if err := cmp.Or(w.jobSites(r, &p), w.nameAssigned(r, v, j)); err != nil {
		return err
	}
	p.strips()
	if err := w.family(r, &p); err != nil {
		return err
	}
	if err := w.ncs(r, &p); err != nil {
		return err
	}
	if who.May(flow.MayPrioritise) && j.Open() {
		if err := w.editing(r, &p); err != nil {
			return err
		}
	}
	if err := w.timeline(r, &p); err != nil {
		return err
	}
	if p.Links, err = w.jobLinks(r, v, j); err != nil {
		return err
	}
	if p.Forecast, err = w.jobForecast(r, v, j, process); err != nil {
		return err
	}
	status := http.StatusOK
	if refused != nil {
		status = httpd.StatusOf(refused)
		if err := w.dependents(r, &p, refused); err != nil {
			return err
		}
	}
	return w.render(rw, status, "job", &p)
}

// strips shows the stages within the reader's scope.
func (p *jobPage) strips() {
	for _, s := range p.Job.Stages {
		if !p.Who.Scope.At(p.Job, s.Code) {
			continue
		}
		at := p.place(p.Job, p.Process, s.Code, p.Vendors)
		one := strip{place: at, Chip: p.Chip(s.Status()), CanOpen: s.Live()}
		if came := s.Received + s.Found; came > 0 {
			one.GoodW, one.WasteW = percent(s.Good, came), percent(s.Wasted, came)
			one.OnHandW = percent(s.OnHand, came)
		}
		p.Stages = append(p.Stages, one)
		if s.Live() {
			p.Live = append(p.Live, one)
		}
	}
	for _, s := range p.Stages {
		p.Scaled, p.LastUnit = p.Scaled || !s.State.Yields.IsZero(), s.Unit()
		p.Rework, p.Short = p.Rework || s.State.SentBack > 0, p.Short || s.State.Short > 0
	}
	if p.Job.Quantity > 0 && p.Job.Wasted() > 0 {
		p.Lost = share(p.Job.Wasted(), p.Job.Quantity)
	}
}

// relative is a component or a lot of a job: where it is, what it has lost, and whether the job waits for it.
type relative struct {
	*view
	Job     flow.Job
	Name    string
	Part    *flow.Part
	Live    []place
	Wasted  flow.Quantity
	HoldsUp bool // it is not in, and others of its joining stage are
}

// family adds the components and lots that the reader may see, and the job they belong to.
func (w *Web) family(r *http.Request, p *jobPage) error {
	j := p.Job
	if parent := cmp.Or(j.Parent, j.LotOf); !parent.IsZero() {
		of, err := w.DB.Job(r.Context(), p.Who.Org, parent)
		if err != nil {
			return err
		}
		if p.Who.Scope.Sees(of) {
			p.Parent = &flow.JobRef{ID: of.ID, Number: of.Number}
		}
	}
	if len(j.Parts) == 0 && j.Lots == 0 {
		return nil
	}
	jobs, err := w.DB.Family(r.Context(), p.Who.Org, j.ID)
	if err != nil {
		return err
	}
	var also []string
	if jobs, err = w.readable(r, p.Who, jobs); err != nil {
		return err
	}
	for _, child := range jobs {
		rel := relative{view: p.view, Job: child, Wasted: child.Wasted()}
		proc, err := w.DB.Edition(r.Context(), p.Who.Org, flow.Edition{Process: child.Process, Version: child.Version})
		if err != nil {
			return err
		}
		for _, s := range child.Stages {
			if s.Live() {
				rel.Live = append(rel.Live, p.place(child, proc, s.Code, p.Vendors))
			}
		}
		for i, part := range j.Parts {
			if part.Job == child.ID {
				rel.Name, rel.Part, rel.HoldsUp = p.Process.PartName(part), &j.Parts[i], part.In == 0 && othersIn(j, part)
			}
		}
		p.Family = append(p.Family, rel)
		also = append(also, child.ID.String())
	}
	p.Feed += "&also=" + strings.Join(also[:min(len(also), maxRows)], ",")
	return nil
}

// othersIn reports whether another component of a part's joining stage has arrived.
func othersIn(j flow.Job, part flow.Part) bool {
	return slices.ContainsFunc(j.Parts, func(o flow.Part) bool { return o.Joins == part.Joins && o.In != 0 })
}

// Editable reports whether the reader may change the whole job, not only its priority and due date.
func (p *jobPage) Editable() bool { return p.Can("change") && p.Who.Scope.Holds(p.Job) }

// editing is what the reader can change of an open job.
func (w *Web) editing(r *http.Request, p *jobPage) error {
	j := p.Job
	p.Own = p.ownEntries(p.Process, j.ID, nil, j.Fields)
	p.Changing = r.FormValue("change") != ""
	p.Edit = map[string]string{flow.SetCustomer: j.Customer, flow.SetItem: j.Item, flow.SetDue: p.Date(j.Due)}
	if !p.Editable() {
		p.Own = nil
		return nil
	}
	processes, err := w.processesFor(r, p.Who)
	if err != nil {
		return err
	}
	for _, s := range p.Stages {
		if s.State.Handed() == 0 {
			p.Ahead = append(p.Ahead, s.Stage)
		}
		if s.State.Good+s.State.Wasted+s.State.AtVendor == 0 && s.State.Need != flow.NotRequired && s.Counts() {
			p.Joinable = append(p.Joinable, s.Stage)
		}
	}
	for _, proc := range processes {
		if proc.Mode == flow.QuantityMode {
			p.Processes = append(p.Processes, proc)
		}
	}
	for _, now := range processes {
		if now.ID != j.Process || len(p.Ahead) == 0 {
			continue
		}
		for _, s := range slices.Concat(now.Stages, now.Retired) {
			if _, ok := j.Stage(s.Code); !ok && s.Track == j.Track {
				p.Addable = append(p.Addable, s)
			}
		}
	}
	return nil
}

// OwnFields are the job's fields with their names, those of the process first.
func (p *jobPage) OwnFields() []entry {
	var list []entry
	known := map[string]bool{"note": true}
	for _, f := range p.Process.Fields {
		if known[f.Code] = true; p.Job.Fields[f.Code] != "" {
			list = append(list, p.ownField(f))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Job.Fields)) {
		if !known[name] {
			list = append(list, entry{Field: flow.Field{Label: name}, Value: p.Job.Fields[name]})
		}
	}
	if note := p.Job.Fields["note"]; note != "" {
		list = append(list, entry{Field: flow.Field{Label: p.T("note")}, Value: note})
	}
	return list
}

// changeJob sets a job's due date, priority, customer or item.
func (w *Web) changeJob(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	job, err := pathID(r, "job")
	if err != nil {
		return err
	}
	if err := parse(r); err != nil {
		return err
	}
	typed := typed(r)
	j, p, err := w.jobFor(r, who, job)
	if err != nil {
		return err
	}
	set := map[string]string{flow.SetDue: "", flow.SetUrgent: ""}
	whole := who.May(flow.MayChange) && who.Scope.Holds(j)
	if whole {
		if sites, err := w.sitesFor(r, who); err != nil {
			return err
		} else if _, asked := r.PostForm["site"]; asked && len(sites) > 0 {
			if set[flow.SetSite], err = pickSite(who, sites, r.PostFormValue("site")); err != nil {
				return err
			}
		}
		set[flow.SetCustomer], set[flow.SetItem] = clean(r.PostFormValue("customer")), clean(r.PostFormValue("item"))
	}
	if text := strings.TrimSpace(r.PostFormValue("due")); text != "" {
		day, err := sheets.Date(text, w.Now())
		if err != nil {
			return &flow.Refusal{Code: flow.FieldWrong, Name: flow.SetDue, Value: text}
		}
		set[flow.SetDue] = string(flow.DateOf(day))
	}
	if r.PostFormValue("urgent") != "" {
		set[flow.SetUrgent] = "yes"
	}
	if whole && (len(typed) > 0 || r.MultipartForm != nil) {
		values, _, err := w.filled(r, who, spot{Job: job, Has: j.Fields}, p.Fields, typed)
		if err != nil {
			return err
		}
		for _, f := range p.Fields {
			set[flow.SetField+f.Code] = values[f.Code]
		}
	}
	return w.doJob(rw, r, who, job, flow.Change{Job: job, Set: set, Reason: clean(r.PostFormValue("reason"))})
}

// addStage gives a job a stage more.
func (w *Web) addStage(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	job, err := pathID(r, "job")
	if err != nil {
		return err
	}
	processes, err := w.processesFor(r, who)
	if err != nil {
		return err
	}
	code, name := r.PostFormValue("stage"), ""
	for _, p := range processes {
		if s, ok := p.Stage(code); ok && p.ID.String() == r.PostFormValue("process") {
			name = s.Name
		}
	}
	if name == "" {
		return errNotYours
	}
	return w.doJob(rw, r, who, job, flow.AddStage{Work: flow.Work{Job: job, Stage: code}, Called: name, After: r.PostFormValue("after")})
}

// doJob gives a command about a job and shows the job again.
func (w *Web) doJob(rw http.ResponseWriter, r *http.Request, who flow.Person, job flow.ID, a flow.Action) error {
	id, err := flow.ParseID(r.PostFormValue("command"))
	if err != nil {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	receipt, err := w.do(r, who, id, a)
	if err != nil {
		return err
	}
	http.Redirect(rw, r, "/jobs/"+job.String()+"?said="+strconv.FormatInt(receipt.First, 10), http.StatusSeeOther)
	return nil
}

// Customer is how far the job has come as the customer sees it, for the office.
func (p *jobPage) Customer() *milestones {
	if !p.Can("board") || p.Job.Track != "" {
		return nil
	}
	return &milestones{p.view, p.Process.Progress(p.Job)}
}

// percent is a share in whole percent, for the width of a bar.
func percent(part, whole flow.Quantity) int { return int(float64(part) / float64(whole) * 100) }

// share is a share in percent, rounded half up to two decimals, of which a last zero is not written: 24.8, 21.95.
func share(part, whole flow.Quantity) string {
	exact := new(big.Rat).Mul(big.NewRat(int64(part), max(int64(whole), 1)), big.NewRat(100, 1))
	return strings.TrimSuffix(exact.FloatString(2), "0")
}

// timeline adds a page of the job's movements at the stages the reader sees, the newest first.
func (w *Web) timeline(r *http.Request, p *jobPage) error {
	before, _ := strconv.ParseInt(r.FormValue("before"), 10, 64) // unreadable: from the newest
	moves, more, err := w.DB.Timeline(r.Context(), p.Who.Org, p.Job.ID, max(before, 0), timelineRows)
	if err != nil {
		return err
	}
	ids, history := make([]flow.ID, len(moves)), make([]flow.Movement, len(moves))
	for i, m := range moves {
		ids[i], history[i] = m.Member, m.Movement
		if m.Kind == flow.KindAssigned && !m.Facts.Assigned.IsZero() {
			ids = append(ids, m.Facts.Assigned)
		}
	}
	undone := flow.Undone(history)
	names, err := w.DB.Names(r.Context(), p.Who.Org, ids)
	if err != nil {
		return err
	}
	maps.Copy(p.people, names)
	for _, m := range moves {
		if m.Stage == "" || p.Who.Scope.At(p.Job, m.Stage) {
			e := p.event(p.Process.ShowMove(p.Who.Role, m.Movement), names[m.Member])
			e.Undone = undone[m.Command]
			p.Events = append(p.Events, e)
		}
	}
	if more {
		p.More = "/jobs/" + p.Job.ID.String() + "?before=" + strconv.FormatInt(moves[len(moves)-1].Seq, 10)
	}
	if before <= 0 && !more { // this page is the whole history
		slices.Reverse(moves)
	} else if moves, err = w.DB.History(r.Context(), p.Who.Org, p.Job.ID, maxHistory); err != nil {
		return err
	}
	return p.times(moves)
}

func (p *jobPage) event(m flow.Movement, who string) event {
	e := event{view: p.view, Move: m, Name: who, Station: m.Facts.Station, Crossed: p.Job.Crossed(m)}
	if s, ok := p.Process.Stage(m.Stage); ok {
		e.Stage = s.Name
	} else if s, ok := p.Job.Stage(m.Stage); ok {
		e.Stage = s.Name
	}
	if m.Facts.Worker != "" {
		e.Name = m.Facts.Worker
	}
	if m.Mark != flow.MarkLive {
		e.Marked = m.Mark
	}
	key := "event_" + string(m.Kind)
	if m.Kind == flow.KindReported && p.Job.Mode == flow.UnitMode {
		key = "event_unit_done"
	}
	if m.Kind == flow.KindReported && m.Facts.Good == 0 {
		key = "event_nothing"
	}
	e.Words = p.T(key, "good", p.Qty(m.Facts.Good), "unit", p.Job.Unit, "qty", p.Qty(m.Facts.Quantity), "other", m.Facts.Number, "challan", m.Facts.Challan, "vendor", cmp.Or(p.Vendors[m.Facts.Vendor].Name, p.T("vendor")),
		"reason", p.Reason(p.Process.HoldReasons, m.Facts.Reason), "version", m.Facts.Version, "was", m.Facts.Was["version"])
	for _, waste := range m.Facts.Wasted {
		e.Wasted = append(e.Wasted, wasteLine{p.Qty(waste.Quantity), p.Reason(p.Process.WasteReasons, waste.Reason)})
	}
	for _, back := range m.Facts.Back {
		to, _ := p.Process.Stage(back.To)
		e.Back = append(e.Back, p.T("event_back", "qty", p.Qty(back.Quantity), "to", to.Name, "reason", p.Reason(p.Process.WasteReasons, back.Reason)))
	}
	if m.Facts.Short > 0 {
		e.Short = p.T("event_short", "qty", p.Qty(m.Facts.Short))
	}
	if m.Kind == flow.KindArrived && (m.Facts.Quantity < 0 || m.Facts.Quantity == 0 && !m.Facts.Whole) {
		e.Words = p.T("event_arrived_back", "qty", p.Qty(-m.Facts.Quantity), "other", m.Facts.Number)
	}
	if told := "event_attempted_" + string(m.Facts.Gate); p.Has(told) && (m.Facts.Name != "" || m.Facts.Gate == flow.TooEarly) {
		e.Words = p.T(told, "name", m.Facts.Name, "qty", p.Qty(m.Facts.Quantity))
	}
	if nc := m.Facts.NC; nc != nil {
		e.Words = p.T(key, "number", nc.Number)
	}
	if m.Kind == flow.KindAssigned {
		e.Words = p.T("event_assigned_free")
		if !m.Facts.Assigned.IsZero() {
			e.Words = p.T("event_assigned_to", "who", cmp.Or(p.people[m.Facts.Assigned], "–"))
		}
	}
	if m.Kind == flow.KindAnswered {
		e.Words = p.T(key+"_"+string(m.Facts.Answer), "vendor", cmp.Or(p.Vendors[m.Facts.Vendor].Name, p.T("vendor")), "qty", p.Qty(m.Facts.Quantity), "unit", p.Job.Unit,
			"challan", m.Facts.Challan, "date", p.Date(flow.DateOf(m.Occurred.Time().In(p.Zone))))
	}
	if m.Kind == flow.KindPartAdded && len(m.Facts.Parts) == 1 {
		e.Words = p.T(key, "other", m.Facts.Parts[0].Number, "name", m.Facts.Parts[0].Name)
	}
	e.Details, e.Passed = p.details(m), m.Facts.Override
	e.Shots = p.shots(m)
	return e
}

// Reversible reports whether the reader may take the movement back.
func (e event) Reversible() bool {
	return e.Can("reverse") && !e.Undone && e.Move.Kind != flow.KindCreated && e.Move.Kind != flow.KindUndone && e.Move.Kind != flow.KindAttempted && !e.Crossed
}

// Raisable reports whether a non-conformance can be raised of what the movement wasted or sent back.
func (e event) Raisable() bool {
	f := e.Move.Facts
	return !e.Undone && len(f.Wasted)+len(f.Back) > 0 && e.Move.Mark != flow.MarkImported
}

// Lost is how much the movement wasted or sent back.
func (e event) Lost() flow.Quantity {
	sum := e.Move.Facts.Scrap()
	for _, b := range e.Move.Facts.Back {
		sum += b.Quantity
	}
	return sum
}

// details are what a movement says beside its quantities.
func (p *jobPage) details(m flow.Movement) []string {
	var list []string
	stage := stageOf(p.Process, m.Stage)
	for _, f := range stage.Fields {
		if value := m.Facts.Values[f.Code]; value != "" && !drawn(f, value) {
			list = append(list, f.Label+": "+p.FieldValue(f, value))
		}
	}
	if m.Kind == flow.KindReceived && m.Facts.Quantity > 0 {
		list = append(list, p.T("came_back_unused", "qty", p.Qty(m.Facts.Quantity)))
	}
	list = append(list, p.recorded(m.Facts)...)
	if who := m.Facts.Awaits.Name; who != "" {
		list = append(list, p.T("waits_for", "names", who))
	}
	if until := m.Facts.Awaits.Until; until != "" {
		list = append(list, p.T("until_date", "date", p.Date(until)))
	}
	if m.Facts.Approver != "" {
		list = append(list, p.T("approved_by", "name", m.Facts.Approver))
	}
	if m.Facts.To > 0 {
		list = append(list, p.T("counter_moved", "from", p.Qty(m.Facts.From), "to", p.Qty(m.Facts.To)))
	}
	for _, name := range slices.Sorted(maps.Keys(m.Facts.Set)) {
		list = append(list, p.T("changed_to", "name", p.changedName(name), "was", p.changedValue(name, m.Facts.Was[name]), "now", p.changedValue(name, m.Facts.Set[name])))
	}
	if m.Facts.Reason != "" && (m.Kind == flow.KindChanged || m.Kind == flow.KindUndone) {
		list = append(list, m.Facts.Reason)
	}
	return list
}

// recorded are the sizes, grades, lots and non-conformances of a movement.
func (p *jobPage) recorded(f flow.Facts) (list []string) {
	for _, a := range p.Job.Accounts {
		if text := p.amount(f.Of[a.Name]); text != "" {
			list = append(list, accountName(a)+": "+text)
		}
	}
	for _, grade := range slices.Sorted(maps.Keys(f.Grades)) {
		if f.Grades[grade] > 0 {
			list = append(list, p.T("grade_n", "grade", grade, "n", p.Qty(f.Grades[grade])))
		}
	}
	for _, u := range f.Used {
		list = append(list, p.T("lot_used", "lot", strings.TrimSpace(u.Lot+" "+u.Material)))
	}
	if f.Made != "" {
		list = append(list, p.T("lot_made", "lot", f.Made))
	}
	if f.Rework {
		list = append(list, p.T("was_rework"))
	}
	if f.Review > 0 {
		list = append(list, p.T("for_review", "n", p.Qty(f.Review)))
	}
	if f.Share > 0 {
		list = append(list, p.T("batch_share", "n", strconv.Itoa(f.Share/10_000)))
	}
	if n := f.NC; n != nil {
		for _, text := range []string{n.What, n.Root, n.Action, n.Verdict} {
			if text != "" {
				list = append(list, text)
			}
		}
	}
	return list
}

// amount writes what of a movement belongs to one size: what went on, and what did not.
func (p *jobPage) amount(a flow.Amount) string {
	var parts []string
	add := func(q flow.Quantity, mark string) {
		if q > 0 {
			parts = append(parts, mark+p.Qty(q))
		}
	}
	add(a.Good+a.Quantity, "")
	for _, w := range a.Wasted {
		add(w.Quantity, "✗")
	}
	for _, b := range a.Back {
		add(b.Quantity, "↻")
	}
	add(a.Short, "−")
	return strings.Join(parts, " ")
}

func (p *jobPage) changedName(name string) string {
	code, isField := strings.CutPrefix(name, flow.SetField)
	if !isField {
		return p.fieldName(name)
	}
	for _, f := range p.Process.Fields {
		if f.Code == code {
			return f.Label
		}
	}
	return code
}

func (p *jobPage) changedValue(name, value string) string {
	switch {
	case value == "":
		return "–"
	case name == flow.SetDue:
		return p.Date(flow.Date(value))
	case name == flow.SetSite:
		return cmp.Or(p.sites[value], value)
	case name == flow.SetUrgent:
		return p.T("answer_" + value)
	}
	for _, f := range p.Process.Fields {
		if name == flow.SetField+f.Code {
			return p.FieldValue(f, value)
		}
	}
	return value
}
