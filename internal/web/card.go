package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/sheets"
)

// cardForm is what a person typed on the stage card; it is shown again when it could not be taken.
type cardForm struct {
	Good, Wasted, Reason, Note, Hold string
	Back, BackTo, BackReason         string
	Rest                             string // what becomes of what is not entered: short, wasted, else it is coming
	Seen                             string // what was on hand when the person answered
	From, To                         string // the machine's counter
	Happened                         string // when it was done, where somebody enters it later
	There, Why                       string // a count, and why it differs
	Challan, ShortThere, Unused      string // what came back from a vendor
	Lot, LotNo, Into                 string // a lot to split off, or to merge into
	Approver, Override               string
	Amounts                          map[string]string // by way and account: good_0
	Grades                           map[string]string // by place in the stage's list
	Material                         map[string]string // lots of material that went in
	Made                             string            // and the lot that comes out
	Values                           map[string]string // of the stage's form
	Station                          string
	Together                         bool // though another job runs at the station
	holdForm
	awaits flow.Awaited
	Open   string // what was tapped, whose sheet is open: report, hold, count, done, start
}

type cardPage struct {
	*view
	Place   place
	Form    cardForm
	Error   string
	From    string // where the person came from and goes back to
	Before  string // name of the stage before, for a job that is still on its way
	Others  []chipLink
	Back    []flow.Stage // the stages that something can be sent back to
	ByName  string
	Lots    []flow.JobRef // other lots that this one can be merged into here
	Vendors []postgres.Vendor
	LotNo   string // the number a new lot would get
	Files   *filesPart
	Gate    bool // what was refused can be passed by the reader, with a reason
	cardAround
}

type chipLink struct {
	Name, Link string
	Chip       chip
	Qty        string
}

// from is where a card was opened from. Anything else counts as My jobs.
func from(s string) string {
	switch s {
	case "board", "job", "queue", "find":
		return s
	}
	return "my"
}

func (w *Web) cardPage(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	v := w.view(r, who, "")
	v.Toast = w.toast(r, v)
	j, p, err := w.jobAt(r, who)
	if err != nil {
		return err
	}
	return w.showCard(rw, r, v, j, p, http.StatusOK, cardForm{}, nil)
}

func (w *Web) showCard(rw http.ResponseWriter, r *http.Request, v *view, j flow.Job, p flow.Process, status int, f cardForm, cause error) error {
	says := ""
	var gate *flow.Refusal
	if cause != nil {
		var ok bool
		if says, status, ok = w.explain(r.Context(), v, cause, p); !ok {
			return cause
		}
	}
	vendors, err := w.DB.Vendors(r.Context(), v.Who.Org)
	if err != nil {
		return err
	}
	pg := cardPage{view: v, Place: v.place(j, p, r.PathValue("stage"), vendors), Form: f, Error: says, From: from(r.FormValue("from")), Vendors: vendorList(vendors)}
	pg.Gate = errors.As(cause, &gate) && gate.Overridable() && v.Can("override")
	pg.Busy = gate != nil && gate.Code == flow.StationBusy
	if f.Open != "report" && !pg.Place.Stage.Counter {
		pg.Form.Good = pg.Place.State.OnHand.String()
	}
	names, err := w.DB.Names(r.Context(), v.Who.Org, []flow.ID{pg.Place.State.By})
	if err != nil {
		return err
	}
	pg.ByName = names[pg.Place.State.By]
	if err := w.nameAssigned(r, v, j); err != nil {
		return err
	}
	if v.Can("assign") && pg.Place.State.Live() {
		if pg.Workers, err = w.workersAt(r, v.Who, j, pg.Place.Stage.Code); err != nil {
			return err
		}
	}
	pg.elsewhere(vendors)
	if err := w.lots(r, &pg); err != nil {
		return err
	}
	if pg.Files, err = w.filesFor(r, v, j, p, pg.Place.Stage.Code); err != nil {
		return err
	}
	if err := w.around(rw, r, &pg); err != nil {
		return err
	}
	v.Title = j.Number + " · " + pg.Place.Stage.Name
	if v.Feed, err = w.feed(r, v.Who, "job", j.ID.String()); err != nil {
		return err
	}
	return w.render(rw, status, "card", pg)
}

// elsewhere adds the stages before, and where else something of the job is.
func (pg *cardPage) elsewhere(vendors map[flow.ID]postgres.Vendor) {
	j, p, before := pg.Place.Job, pg.Place.Process, true
	for i, s := range j.Stages {
		at := pg.place(j, p, s.Code, vendors)
		if before = before && s.Code != pg.Place.Stage.Code; before && s.Need != flow.NotRequired {
			pg.Back = append(pg.Back, at.Stage)
		}
		if i+1 < len(j.Stages) && j.Stages[i+1].Code == pg.Place.Stage.Code {
			pg.Before = at.Stage.Name
		}
		if s.Live() && s.Code != pg.Place.Stage.Code && pg.Who.Scope.At(j, s.Code) {
			pg.Others = append(pg.Others, chipLink{at.Stage.Name, at.Link(), pg.Chip(s.Status()), pg.Qty(s.OnHand)})
		}
	}
}

// lots adds the lots that this one can be merged into, and the number that a new one would get.
func (w *Web) lots(r *http.Request, pg *cardPage) error {
	j := pg.Place.Job
	if !pg.Place.Splittable() {
		return nil
	}
	pg.LotNo = j.Number + "/" + strconv.Itoa(j.Lots+2)
	root := cmp.Or(j.LotOf, j.ID)
	if j.Lots == 0 && j.LotOf.IsZero() {
		return nil
	}
	family, err := w.DB.Family(r.Context(), pg.Who.Org, root)
	if err != nil {
		return err
	}
	if root != j.ID {
		of, err := w.DB.Job(r.Context(), pg.Who.Org, root)
		if err != nil {
			return err
		}
		family = append([]flow.Job{of}, family...)
	}
	for _, other := range family {
		if _, on := other.Stage(pg.Place.Stage.Code); on && other.ID != j.ID && other.Parent.IsZero() && pg.Who.Scope.Sees(other) {
			pg.Lots = append(pg.Lots, flow.JobRef{ID: other.ID, Number: other.Number})
		}
	}
	return nil
}

// card takes what was tapped on a stage card.
func (w *Web) card(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	v := w.view(r, who, "")
	if err := parse(r); err != nil {
		return w.cardRefused(rw, r, v, cardForm{}, err)
	}
	id, err := flow.ParseID(r.PostFormValue("command"))
	if err != nil {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	job, err := pathID(r, "job")
	if err != nil {
		return err
	}
	if err := sameMember(r, who); err != nil {
		return err
	}
	f := readCard(r)
	t, err := w.told(r, who, &f)
	var action flow.Action
	if err == nil && f.Open == "hold" {
		f.awaits, err = w.awaits(r, v, f.holdForm)
	}
	if err == nil {
		action, err = f.action(flow.Work{Job: job, Stage: r.PathValue("stage")}, r.PostFormValue("do"), t, jobIDFor(id))
	}
	occurred := tapped(r)
	if err == nil && f.Open == "report" && f.Happened != "" {
		occurred, err = happened(f.Happened, v.Zone)
	}
	var receipt flow.Receipt
	if err == nil {
		receipt, err = w.doAt(r, who, flow.Command{ID: id, Occurred: occurred, Action: action})
	}
	if err != nil {
		return w.cardRefused(rw, r, v, f, err)
	}
	http.Redirect(rw, r, after(r, job, receipt), http.StatusSeeOther)
	return nil
}

// tapped is when somebody did what a phone sends, 0 when it is done as it is sent. The phone has put its clock right.
func tapped(r *http.Request) flow.Moment {
	ms, err := strconv.ParseInt(r.PostFormValue("at"), 10, 64)
	if err != nil || ms < 0 || ms > 1<<52 {
		return 0
	}
	return flow.Moment(ms * 1000)
}

// happened reads when somebody says that they did what they enter now.
func happened(text string, zone *time.Location) (flow.Moment, error) {
	t, err := sheets.Time(text, zone)
	if err != nil {
		return 0, &flow.Refusal{Code: flow.FieldWrong, Name: "happened", Value: text}
	}
	return flow.At(t), nil
}

func (w *Web) cardRefused(rw http.ResponseWriter, r *http.Request, v *view, f cardForm, cause error) error {
	j, p, err := w.jobAt(r, v.Who)
	if err != nil {
		return err
	}
	return w.showCard(rw, r, v, j, p, http.StatusOK, f, cause)
}

func readCard(r *http.Request) cardForm {
	f := cardForm{
		Good: r.PostFormValue("good"), Wasted: r.PostFormValue("wasted"), Reason: r.PostFormValue("reason"),
		Note: clean(r.PostFormValue("note")), Hold: r.PostFormValue("hold_reason"),
		Back: r.PostFormValue("back"), BackTo: r.PostFormValue("back_to"), BackReason: r.PostFormValue("back_reason"),
		Rest: r.PostFormValue("rest"), Seen: r.PostFormValue("seen"), Happened: clean(r.PostFormValue("happened")),
		From: r.PostFormValue("counter_from"), To: r.PostFormValue("counter_to"), There: r.PostFormValue("there"), Lot: r.PostFormValue("lot"), Challan: r.PostFormValue("challan"), ShortThere: r.PostFormValue("short"), Unused: r.PostFormValue("unused"), LotNo: clean(r.PostFormValue("lot_no")), Into: r.PostFormValue("into"), Why: clean(r.PostFormValue("why")),
		Approver: clean(r.PostFormValue("approver")), Override: clean(r.PostFormValue("override")), Values: typed(r), Open: r.PostFormValue("do"),
		Amounts: withPrefix(r, amountPrefix), Grades: withPrefix(r, gradePrefix), Material: withPrefix(r, lotPrefix), Made: clean(r.PostFormValue("made")),
		Station: clean(r.PostFormValue("station")), Together: r.PostFormValue("together") != "", holdForm: readHold(r),
	}
	return f
}

func (f cardForm) action(at flow.Work, do string, t told, lot flow.ID) (flow.Action, error) {
	release, err := f.release(t)
	if err != nil {
		return nil, err
	}
	switch do {
	case "start":
		return flow.Start{Work: at, Values: t.values, Used: release.Used, Station: f.Station, Together: f.Together, Override: f.Override}, nil
	case "done":
		return flow.Finish{Work: at, Station: f.Station, Release: release}, nil
	case "receive":
		return f.receive(at, t.accounts, release)
	case "split":
		return f.split(at, t.accounts, lot)
	case "merge":
		into, err := flow.ParseID(f.Into)
		if err != nil {
			return nil, &flow.Refusal{Code: flow.NotALot}
		}
		return flow.Merge{Work: at, Into: into}, nil
	case "required":
		return flow.Decision{Work: at, Needed: true}, nil
	case "skip":
		return flow.Decision{Work: at}, nil
	case "count":
		return f.count(at, t.accounts)
	case "hold":
		return flow.Hold{Work: at, Reason: f.Hold, Awaits: f.awaits, Note: f.Note}, nil
	case "resume":
		return flow.Resume{Work: at, Station: f.Station, Together: f.Together}, nil
	case "report":
		return f.report(at, t.accounts, release)
	}
	return nil, &flow.Refusal{Code: flow.BadCommand}
}

func (f cardForm) split(at flow.Work, accounts []flow.Account, lot flow.ID) (flow.Action, error) {
	q, err := quantity(f.Lot)
	if err != nil {
		return nil, err
	}
	of, sum, err := f.counted(accounts, "lot")
	return flow.Split{Work: at, Quantity: cmp.Or(q, sum), Of: of, Lot: lot, Number: f.LotNo}, err
}

func (f cardForm) count(at flow.Work, accounts []flow.Account) (flow.Action, error) {
	there, err := quantity(f.There)
	if err != nil {
		return nil, err
	}
	of, sum, err := f.counted(accounts, "there")
	return flow.Count{Work: at, There: cmp.Or(there, sum), Of: of, Reason: f.Why}, err
}

func (f cardForm) report(at flow.Work, accounts []flow.Account, release flow.Release) (flow.Action, error) {
	var good, wasted, back, seen, from, to flow.Quantity
	for _, typed := range []struct {
		to   *flow.Quantity
		text string
	}{{&good, f.Good}, {&wasted, f.Wasted}, {&back, f.Back}, {&seen, f.Seen}, {&from, f.From}, {&to, f.To}} {
		var err error
		if *typed.to, err = quantity(typed.text); err != nil {
			return nil, err
		}
	}
	if f.Good == "" && to > from { // the machine has counted: what it made and nobody wasted or sent back is good
		good = max(to-from-wasted-back, 0)
	}
	a := flow.Report{Work: at, Good: good, From: from, To: to, Note: f.Note, Station: f.Station, Release: release}
	switch rest := seen - good - wasted - back; {
	case rest <= 0: // what came since the person looked is never closed
	case f.Rest == "short":
		a.Short = rest
	case f.Rest == "wasted":
		wasted += rest
	}
	if wasted > 0 {
		a.Wasted = []flow.Waste{{Reason: f.Reason, Quantity: wasted}}
	}
	if back > 0 {
		a.Back = []flow.Back{{To: f.BackTo, Reason: f.BackReason, Quantity: back}}
	}
	return f.sized(a, accounts)
}

// quantity reads what a person typed as a quantity: grouping, native digits and a unit behind are fine; nothing
// typed is nothing.
func quantity(s string) (flow.Quantity, error) {
	if strings.TrimSpace(s) == "" {
		return 0, nil
	}
	plain, err := sheets.Number(s)
	if err != nil {
		return 0, err
	}
	q, err := flow.ParseQuantity(plain)
	if err != nil {
		return 0, &flow.Refusal{Code: flow.QuantityTooBig}
	}
	return q, nil
}

// after is where a person goes when a command was taken: starting and resuming stay on the card, the rest goes
// back to where they came from.
func after(r *http.Request, job flow.ID, receipt flow.Receipt) string {
	said := "said=" + strconv.FormatInt(receipt.Last, 10)
	came := from(r.PostFormValue("from"))
	card := "/jobs/" + job.String() + "/at/" + url.PathEscape(r.PathValue("stage"))
	switch do := r.PostFormValue("do"); {
	case do == "start" || do == "resume" || do == "count" || do == "required" || do == "split":
		return card + "?from=" + came + "&" + said
	case came == "my":
		return "/my?" + said
	}
	return "/jobs/" + job.String() + "?" + said
}

// LatestEntry names how long after it happened something may still be entered.
func (v *view) LatestEntry() string {
	if v.Who.May(flow.MayReverse) {
		return "happened_year"
	}
	return "happened_days"
}
