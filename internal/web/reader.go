package web

import (
	"errors"
	"net/http"
	"slices"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// Pages get jobs for a reader here and nowhere else: only those within the reader's scope, and of those only what the
// reader's role may read.

var errNotYours = errors.Join(postgres.ErrNotFound, errors.New("web: out of the member's scope"))

// jobFor is a job as a person may read it, with the version of its process that it follows.
func (w *Web) jobFor(r *http.Request, who flow.Person, id flow.ID) (flow.Job, flow.Process, error) {
	j, err := w.DB.Job(r.Context(), who.Org, id)
	if err == nil && !who.Scope.Sees(j) {
		err = errNotYours
	}
	if err != nil {
		return flow.Job{}, flow.Process{}, err
	}
	p, err := w.DB.Edition(r.Context(), who.Org, flow.Edition{Process: j.Process, Version: j.Version})
	return p.Show(who.Role, j), p.As(who.Role), err
}

// jobAt is the job of the request's path, if the stage of the path is in the person's scope.
func (w *Web) jobAt(r *http.Request, who flow.Person) (flow.Job, flow.Process, error) {
	id, err := pathID(r, "job")
	if err != nil {
		return flow.Job{}, flow.Process{}, err
	}
	j, p, err := w.jobFor(r, who, id)
	if err == nil && !who.Scope.At(j, r.PathValue("stage")) {
		err = errNotYours
	}
	return j, p, err
}

// readable are those of some jobs that a person sees, as they may read them.
func (w *Web) readable(r *http.Request, who flow.Person, jobs []flow.Job) ([]flow.Job, error) {
	var seen []flow.Job
	for _, j := range jobs {
		if !who.Scope.Sees(j) {
			continue
		}
		p, err := w.DB.Edition(r.Context(), who.Org, flow.Edition{Process: j.Process, Version: j.Version})
		if err != nil {
			return nil, err
		}
		seen = append(seen, p.Show(who.Role, j))
	}
	return seen, nil
}

// wholeProcesses are those of some processes that a person sees as a whole: those with a board.
func wholeProcesses(who flow.Person, processes []flow.Process) []flow.Process {
	if !who.Scope.Mine.IsZero() {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(processes), func(p flow.Process) bool { return !who.Scope.Whole(p.ID) })
}

// readableProcesses are processes as a person reads their forms.
func readableProcesses(who flow.Person, processes []flow.Process) []flow.Process {
	list := make([]flow.Process, len(processes))
	for i, p := range processes {
		list[i] = p.As(who.Role)
	}
	return list
}

// processesFor are the processes of which a person sees the whole, as they read their forms.
func (w *Web) processesFor(r *http.Request, who flow.Person) ([]flow.Process, error) {
	all, err := w.DB.Processes(r.Context(), who.Org)
	return readableProcesses(who, wholeProcesses(who, all)), err
}

// narrow is what the lists of a person leave out by themselves.
func narrow(who flow.Person) postgres.Narrow {
	n := postgres.Narrow{Mine: who.Scope.Mine}
	for site := range who.Scope.Sites {
		n.Sites = append(n.Sites, site)
	}
	slices.Sort(n.Sites)
	return n
}

// rights by the names that templates ask for them.
var rights = map[string]flow.Right{
	"board": flow.MaySeeBoard, "report": flow.MayReport, "create": flow.MayCreate, "change": flow.MayChange, "prioritise": flow.MayPrioritise,
	"assign": flow.MayAssign, "reverse": flow.MayReverse, "override": flow.MayOverride, "close": flow.MayCloseNC, "review": flow.MayReview,
	"export": flow.MayExport, "design": flow.MayDesign, "setup": flow.MaySetUp, "vendors": flow.MayVendors, "people": flow.MayPeople,
	"link": flow.MayLink, "devices": flow.MayDevices, "tokens": flow.MayTokens, "audit": flow.MayAudit, "govern": flow.MayGovern,
	"answer": flow.MayAnswer, "self": flow.MaySelf, "see": flow.MaySee,
}

// Can reports whether the reader has a right, by its name.
func (v *view) Can(right string) bool {
	r, ok := rights[right]
	if !ok {
		panic("web: no right is called " + right)
	}
	return v.Who.May(r)
}

// Everything reports whether nothing of the organisation is outside the reader's scope.
func (v *view) Everything() bool { return v.Who.Scope.Everything() }

// part is a way to a part of the site, for those who have the right.
type part struct {
	Path, Key string
	right     flow.Right
	whole     bool // of the whole organisation only
}

// menu are the parts of the site beside the work itself.
var menu = []part{
	{"/reports", "reports", flow.MaySeeBoard, false}, {"/processes", "processes", flow.MayDesign, false}, {"/people", "people", flow.MayPeople, false}, {"/sites", "sites", flow.MaySetUp, true}, {"/devices", "devices", flow.MayDevices, false}, {"/vendors", "vendors", flow.MayVendors, true},
	{"/calendars", "calendars", flow.MaySetUp, true}, {"/words", "words", flow.MaySetUp, true}, {"/quality", "quality", flow.MayReview, false},
	{"/forecast", "forecast", flow.MaySeeBoard, false},
	{"/trace", "trace", flow.MayReview, false}, {"/intake", "intake", flow.MayCreate, false}, {"/devices/me", "own_pin", flow.MaySelf | flow.MayReport, false}, {"/leave", "leave", flow.MaySelf, false},
	{"/security", "security", flow.MayGovern, true}, {"/support", "support", flow.MayGovern, true}, {"/privacy", "privacy", flow.MayGovern, true}, {"/audit", "audit", flow.MayAudit, true}, {"/account", "your_account", flow.MaySelf, false}, {"/my-data", "rd_my_data", flow.MaySelf, false}, {"/privacy-requests", "rd_desk", flow.MayGovern, true},
	{"/tokens", "tokens", flow.MayTokens, true}, {"/sign-in-with", "sign_in_with", flow.MayGovern, true},
	{enquiriesPath, "enquiries", flow.MayGovern, true},
}

// Menu are the parts of the site that the reader may enter.
func (v *view) Menu() []part {
	return slices.DeleteFunc(slices.Clone(menu), func(e part) bool {
		return !v.Who.May(e.right) || e.whole && !v.Everything() || e.Path == "/reports" && !v.Reports() || e.Path == enquiriesPath && !v.w.ownHouse.is(v.Who.Org)
	})
}

// leads reports whether somebody begins with the Pulse: those who answer for the whole rather than for a stage.
func leads(who flow.Person) bool { return who.Role == flow.Owner || who.Role == flow.Manager }

// homeOf is where a person begins.
func homeOf(who flow.Person, processes []flow.Process) string {
	if who.May(flow.MaySeeBoard) && len(wholeProcesses(who, processes)) > 0 {
		if leads(who) {
			return "/pulse"
		}
		return "/board"
	}
	if who.May(flow.MayAnswer) && !who.May(flow.MaySee) {
		return "/work"
	}
	return "/my"
}
