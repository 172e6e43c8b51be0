package web

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"clicarity/internal/blueprint"
	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/sheets"
)

// setUp is what a person has said so far on the way from nothing to a working board.
type setUp struct {
	Step     string        `json:"step"`
	Process  flow.Process  `json:"process"` // as it will be published
	Table    *sheets.Table `json:"table,omitempty"`
	FileName string        `json:"file_name,omitempty"`
	Columns  []sheetColumn `json:"columns,omitempty"`
	Rows     bool          `json:"rows,omitempty"` // the sheet's rows are the first jobs
	People   string        `json:"people,omitempty"`
	Trade    string        `json:"trade,omitempty"` // slug of the template
	Words    bool          `json:"words,omitempty"` // say things as the trade does
}

// sheetColumn is a column of the company's own job sheet and what becomes of it.
type sheetColumn struct {
	Name     string   `json:"name"`
	To       string   `json:"to"` // a field every job has, ownColumn, or empty: left out
	Type     string   `json:"type"`
	Choices  []string `json:"choices,omitempty"`
	Required bool     `json:"required,omitempty"`
	Sample   string   `json:"sample,omitempty"`
}

// ownColumn says that a column becomes a field of the company's own.
const ownColumn = "own"

// startSteps are the pages in order.
var startSteps = []string{"stages", "numbers", "sheet", "people", "ready"}

type startPage struct {
	*view
	ID        flow.ID
	Step      string
	Steps     []startStep
	SetUp     setUp
	Query     string
	Templates []trade
	Stages    []designStage
	Example   string // of a job number
	Fields    []string
	Lines     []personLine
	Example2  string // of a line of people
	Error     string
}

// ColumnTypes are the kinds of fields that a column can become.
func (startPage) ColumnTypes() []flow.FieldType {
	return []flow.FieldType{flow.TextField, flow.NumberField, flow.DateField, flow.ChoiceField, flow.YesNoField}
}

type startStep struct {
	Key        string
	N          int
	Done, Here bool
}

// startPage asks what the company does, or goes on where somebody left off.
func (w *Web) startPage(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	open, err := w.DB.OpenWizard(r.Context(), who.Org)
	if err == nil && r.FormValue("new") == "" {
		var s setUp
		if err := json.Unmarshal([]byte(open.Body), &s); err != nil {
			return err
		}
		http.Redirect(rw, r, startLink(open.ID, s.Step), http.StatusSeeOther)
		return nil
	}
	if err != nil && !errors.Is(err, postgres.ErrNotFound) {
		return err
	}
	p := startPage{view: w.view(r, who, "start_trade"), Step: "trade", Query: clean(r.FormValue("q")), Steps: stepsAt("")}
	p.Templates = p.trades(p.Query)
	return w.render(rw, http.StatusOK, "start", p)
}

func startLink(id flow.ID, step string) string { return "/start/" + id.String() + "/" + step }

func stepsAt(step string) []startStep {
	at := slices.Index(startSteps, step)
	list := []startStep{{"trade", 1, at >= 0, at < 0}}
	for i, key := range startSteps {
		list = append(list, startStep{key, i + 2, i < at, i == at})
	}
	return list
}

// start begins to set up a process of a trade, or leaves setting up for later.
func (w *Web) start(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	id, err := flow.ParseID(r.PostFormValue("command"))
	if err != nil {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	if r.PostFormValue("do") == "skip" {
		err := w.DB.SaveWizard(r.Context(), who.Org, postgres.Wizard{ID: id, By: who.Member, Changed: w.Now(), Done: true})
		if err == nil {
			http.Redirect(rw, r, "/board", http.StatusSeeOther)
		}
		return err
	}
	s := setUp{Step: startSteps[0], Process: flow.Starter(id), Rows: true}
	if slug := r.PostFormValue("template"); slug != "" {
		t, ok := blueprint.Find(slug)
		if !ok {
			return postgres.ErrNotFound
		}
		s.Process, s.Trade, s.Words = t.Process, t.Slug, true
	}
	if err := w.place(r, who, id, &s.Process); err != nil {
		return err
	}
	return w.keep(rw, r, who, id, s)
}

// place says which process it will be: the one that every company begins with, as long as it has nothing else, or a new one.
func (w *Web) place(r *http.Request, who flow.Person, id flow.ID, p *flow.Process) error {
	p.ID, p.Version = id, 1
	fresh, err := w.DB.Fresh(r.Context(), who.Org)
	if err != nil {
		return err
	}
	all, err := w.DB.Processes(r.Context(), who.Org)
	if err != nil {
		return err
	}
	if fresh {
		p.ID, p.Version = all[0].ID, all[0].Version+1
	}
	return w.freeNames(r, who, p)
}

// keep stores where somebody is and shows that page.
func (w *Web) keep(rw http.ResponseWriter, r *http.Request, who flow.Person, id flow.ID, s setUp) error {
	body, err := encode(s)
	if err != nil {
		return err
	}
	if err := w.DB.SaveWizard(r.Context(), who.Org, postgres.Wizard{ID: id, Body: body, By: who.Member, Changed: w.Now()}); err != nil {
		return err
	}
	http.Redirect(rw, r, startLink(id, s.Step), http.StatusSeeOther)
	return nil
}

func (w *Web) setUpOf(r *http.Request, who flow.Person) (flow.ID, setUp, error) {
	var s setUp
	id, err := pathID(r, "wizard")
	if err != nil {
		return id, s, err
	}
	found, err := w.DB.Wizard(r.Context(), who.Org, id)
	if err != nil {
		return id, s, err
	}
	if found.Done {
		return id, s, errSetUp
	}
	return id, s, json.Unmarshal([]byte(found.Body), &s)
}

// errSetUp says that it is done already; the board is where to go.
var errSetUp = errors.New("set up already")

func (w *Web) startStep(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	id, s, err := w.setUpOf(r, who)
	if errors.Is(err, errSetUp) {
		http.Redirect(rw, r, "/board", http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return err
	}
	step := r.PathValue("step")
	if !slices.Contains(startSteps, step) {
		return postgres.ErrNotFound
	}
	return w.showStart(rw, r, startPage{view: w.view(r, who, "start_"+step), ID: id, Step: step, SetUp: s}, http.StatusOK)
}

func (w *Web) showStart(rw http.ResponseWriter, r *http.Request, p startPage, status int) error {
	p.Steps = stepsAt(p.Step)
	p.Example = flow.SeriesNumber(p.SetUp.Process, "", 1)
	if p.SetUp.Process.Yearly {
		april := p.Now.In(p.Zone).AddDate(0, -3, 0)
		p.Example = flow.SeriesNumber(p.SetUp.Process, april.Format("06")+"-"+april.AddDate(1, 0, 0).Format("06"), 1)
	}
	if p.Stages == nil {
		p.Stages = newDesign(p.view, p.SetUp.Process, nil).Stages
	}
	p.Fields = []string{"number", "customer", "item", "quantity", "unit", "due", "priority", "notes"}
	p.Lines = readPeople(p.SetUp.People, p.SetUp.Process)
	first := p.SetUp.Process.Stages[0]
	p.Example2 = p.SetUp.Process.Called(first)
	return w.render(rw, status, "start", p)
}

// startNext takes what a page says and goes to the next, or back.
func (w *Web) startNext(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	id, s, err := w.setUpOf(r, who)
	if errors.Is(err, errSetUp) {
		http.Redirect(rw, r, "/board", http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return err
	}
	step := r.PathValue("step")
	at := slices.Index(startSteps, step)
	if at < 0 {
		return postgres.ErrNotFound
	}
	p := startPage{view: w.view(r, who, "start_"+step), ID: id, Step: step}
	if step == "ready" && r.PostFormValue("do") != "back" {
		return w.finish(rw, r, who, id, s)
	}
	stay, err := w.takeStep(r, step, &s, &p)
	p.SetUp = s
	if err != nil {
		says, status, ok := w.explain(r.Context(), p.view, err, s.Process)
		if !ok {
			return err
		}
		p.Error = says
		return w.showStart(rw, r, p, status)
	}
	switch {
	case stay:
		s.Step = step
	case r.PostFormValue("do") == "back":
		s.Step = startSteps[max(at-1, 0)]
	default:
		s.Step = startSteps[at+1]
	}
	return w.keep(rw, r, who, id, s)
}

// takeStep reads a page into what was said so far. stay is true for buttons that only change the page.
func (w *Web) takeStep(r *http.Request, step string, s *setUp, p *startPage) (stay bool, err error) {
	switch step {
	case "stages":
		return w.takeStages(r, s, p)
	case "numbers":
		s.Words = r.PostFormValue("words") != ""
		s.Process.Prefix, s.Process.Yearly = clean(r.PostFormValue("prefix")), r.PostFormValue("yearly") != ""
		if name := clean(r.PostFormValue("name")); name != "" {
			s.Process.Name = name
		}
		return false, s.Process.Acceptable()
	case "sheet":
		return w.takeSheet(r, s)
	case "people":
		s.People = r.PostFormValue("people")
		if len(s.People) > 20_000 {
			return false, &flow.Refusal{Code: flow.TooLong, Name: "people", Limit: 20_000}
		}
		return r.PostFormValue("do") == "look", nil
	}
	return false, nil
}

// takeStages reads the names, the order and the essentials of the stages; what else a template says of them stays.
func (w *Web) takeStages(r *http.Request, s *setUp, p *startPage) (stay bool, err error) {
	d := readDesign(r)
	stay = d.change(r.PostFormValue("do"))
	p.Stages = d.Stages
	var stages []flow.Stage
	for _, ds := range d.Stages {
		if ds.Name == "" && !stay {
			continue // an empty line is no stage
		}
		stage, _ := s.Process.Stage(ds.Code)
		stage.Code, stage.Name, stage.Outside = ds.Code, ds.Name, ds.Outside
		if ds.Code == "" {
			stage = flow.Stage{Name: ds.Name, Outside: ds.Outside}
		}
		if stage.Target, err = lengthOfTime("target", ds.Target); err != nil {
			return false, inStage(err, ds.Name)
		}
		stages = append(stages, stage)
	}
	next := s.Process
	if next.Stages = stages; stay {
		s.Process.Stages = stages // a new line has no name yet
		return true, nil
	}
	next = next.Tidied().Pruned()
	if err := next.Acceptable(); err != nil {
		return false, err
	}
	s.Process = next
	return false, nil
}

// takeSheet reads the company's own job sheet, or what becomes of its columns.
func (w *Web) takeSheet(r *http.Request, s *setUp) (stay bool, err error) {
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		table, name, err := readUpload(r)
		if err != nil {
			return false, err
		}
		s.Table, s.FileName, s.Columns = &table, name, guessColumns(table, w.Now())
		return true, nil
	}
	if r.PostFormValue("do") == "forget" {
		s.Table, s.FileName, s.Columns = nil, "", nil
		return true, nil
	}
	s.Rows = r.PostFormValue("rows") != ""
	taken := map[string]bool{}
	for i := range s.Columns {
		c, at := &s.Columns[i], "."+strconv.Itoa(i)
		c.To, c.Type, c.Required = r.PostFormValue("to"+at), r.PostFormValue("type"+at), r.PostFormValue("required"+at) != ""
		if c.To != "" && c.To != ownColumn && taken[c.To] {
			return false, &flow.Refusal{Code: flow.NameTwice, Name: c.To}
		}
		taken[c.To] = true
	}
	next := s.Process
	next.Fields = ownFieldsOf(s.Columns, s.Process.Fields)
	return false, next.Tidied().Acceptable()
}

// finish publishes the process, brings in the people and the rows of the sheet, and shows the log-ins this once.
func (w *Web) finish(rw http.ResponseWriter, r *http.Request, who flow.Person, id flow.ID, s setUp) error {
	done := startedPage{view: w.view(r, who, "start_done")}
	p := s.Process
	p.Fields = ownFieldsOf(s.Columns, p.Fields)
	last, err := w.DB.Processes(r.Context(), who.Org)
	if err != nil {
		return err
	}
	p = p.Tidied()
	if i := slices.IndexFunc(last, func(l flow.Process) bool { return l.ID == p.ID }); i >= 0 && last[i].Version < p.Version {
		p = p.Follows(last[i])
		p.Retired = nil // nothing was ever there
	}
	var refusal *flow.Refusal
	if err := w.DB.AddProcess(r.Context(), who.Org, p); err != nil && (!errors.As(err, &refusal) || refusal.Code != flow.PublishedAlready) {
		return err
	}
	if err := w.hire(r, who, id, s, p, &done); err != nil {
		return err
	}
	if s.Table != nil && s.Rows {
		if err := w.bringRows(r, who, id, s, p, &done); err != nil {
			return err
		}
	}
	body, err := encode(s)
	if err != nil {
		return err
	}
	if err := w.DB.SaveWizard(r.Context(), who.Org, postgres.Wizard{ID: id, Body: body, By: who.Member, Changed: w.Now(), Done: true}); err != nil {
		return err
	}
	if err := w.speakTrade(r, who, s); err != nil {
		return err
	}
	done.Process = p
	rw.Header().Set("Cache-Control", "no-store") // it shows passwords
	return w.render(rw, http.StatusOK, "started", done)
}

type startedPage struct {
	*view
	Process flow.Process
	Added   []newPerson
	Left    []string // people who could not be added, with why
	Jobs    int      // that went in
	Wrong   int      // rows that need a look
	Upload  flow.ID
}

// bringRows brings the rows of the sheet in when all of them can be; else a person has a look at them first.
func (w *Web) bringRows(r *http.Request, who flow.Person, id flow.ID, s setUp, p flow.Process, done *startedPage) error {
	m := mapping{Process: p.ID.String(), Columns: map[string]int{}}
	for i, c := range s.Columns {
		if slices.Contains(intakeFields, c.To) {
			m.Columns[c.To] = i
		}
	}
	u := postgres.Upload{ID: flow.DerivedID(sha256.Sum256([]byte("sheet " + id.String()))), Member: who.Member, FileName: s.FileName, Created: w.Now()}
	var err, err2 error
	u.Content, err = encode(dropped(*s.Table, s.Columns, m))
	u.Mapping, err2 = encode(m)
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	if err := w.DB.AddUpload(r.Context(), who.Org, u); err != nil && !postgres.IsTaken(err) {
		return err
	}
	if err := w.DB.MapUpload(r.Context(), who.Org, u.ID, headerKey(s.Table.Header), u.Mapping); err != nil {
		return err
	}
	r.SetPathValue("upload", u.ID.String())
	pre, err := w.preview(r, who)
	if err != nil {
		return err
	}
	done.Upload, done.Wrong = u.ID, pre.Wrong
	if pre.Wrong > 0 {
		done.Jobs = pre.New
		return nil
	}
	for n, c := range chunks(pre.Rows) {
		command := flow.DerivedID(sha256.Sum256([]byte(u.ID.String() + " " + strconv.Itoa(n) + " " + c.Jobs[0].ID.String())))
		if _, err := w.do(r, who, command, c); err != nil {
			return err
		}
		done.Jobs += len(c.Jobs)
	}
	return w.DB.EndUpload(r.Context(), who.Org, u.ID)
}

// dropped is the table without what was left out. Columns keep their places.
func dropped(t sheets.Table, columns []sheetColumn, m mapping) sheets.Table {
	t.Header = slices.Clone(t.Header)
	rows := make([]sheets.Row, len(t.Rows))
	for i, row := range t.Rows {
		rows[i] = sheets.Row{Line: row.Line, Cells: slices.Clone(row.Cells)}
	}
	for i, c := range columns {
		if c.To != "" {
			continue
		}
		for _, row := range rows {
			if i < len(row.Cells) {
				row.Cells[i] = ""
			}
		}
	}
	t.Rows = rows
	return t
}
