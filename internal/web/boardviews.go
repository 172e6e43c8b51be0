package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
)

// Views of the board that somebody gave a name. A view is an address of the board: what it shows is decided when it is
// opened, by whoever opens it.

// viewLink is a view to open.
type viewLink struct {
	Name string
	Path string
	On   bool // what is shown now
}

// shipped are the views that are there without anybody's having made them.
var shipped = []struct{ key, query string }{
	{"filter_late", "late=1"}, {"view_week", "due=week"}, {"status_hold", "hold=1"}, {"at_vendor", "vendor=1"}, {"view_still", "still=24"}, {"filter_rework", "rework=1"},
}

// viewLinks are the views that the reader can open from the board: the shipped ones, their own, the shared ones.
func (w *Web) viewLinks(r *http.Request, p *boardPage) ([]viewLink, error) {
	var links []viewLink
	now := p.Filter.Asked.Encode()
	for _, s := range shipped {
		query, err := url.ParseQuery(s.query)
		if err != nil {
			return nil, err
		}
		links = append(links, viewLink{Name: p.T(s.key), On: !p.Done && now == s.query, Path: p.path(query)})
	}
	kept, err := w.DB.Views(r.Context(), p.Who.Org, p.Who.Member)
	for _, v := range kept {
		query, err := url.ParseQuery(v.Query)
		if err != nil || !p.hasBoard(query.Get("process")) {
			continue // of a process that is not theirs, or not there any more
		}
		query.Del("rows")
		links = append(links, viewLink{Name: v.Name, On: query.Encode() == p.Query(), Path: "/board?" + v.Query})
	}
	return links, err
}

func (p *boardPage) hasBoard(process string) bool {
	return slices.ContainsFunc(p.Processes, func(one flow.Process) bool { return one.ID.String() == process })
}

// ViewQuery is what a view of this board would keep.
func (p *boardPage) ViewQuery() string {
	query := p.Query() + "&rows=roomy"
	if p.Compact {
		query = p.Query() + "&rows=compact"
	}
	return query
}

type viewsPage struct {
	*view
	Own    []postgres.BoardView
	Shared []postgres.BoardView
	Name   string // that could not be taken
	Query  string
	Error  string
	Saved  bool
}

// Shares reports whether the reader may change what everybody sees.
func (v *view) Shares() bool { return v.Can("setup") }

// viewList is one list of views, as the page shows it.
type viewList struct {
	*view
	Views    []postgres.BoardView
	Editable bool
}

// List is the reader's own list, or the shared one.
func (p viewsPage) List(views []postgres.BoardView, shared bool) viewList {
	return viewList{p.view, views, !shared || p.Shares()}
}

// Path is where a view is.
func (viewList) Path(v postgres.BoardView) string { return "/board?" + v.Query }

func (w *Web) boardViews(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	return w.showViews(rw, r, viewsPage{view: w.view(r, who, "views"), Saved: r.FormValue("said") == "saved"}, http.StatusOK)
}

func (w *Web) showViews(rw http.ResponseWriter, r *http.Request, p viewsPage, status int) error {
	all, err := w.DB.Processes(r.Context(), p.Who.Org)
	if err != nil {
		return err
	}
	board := boardPage{view: p.view, Processes: wholeProcesses(p.Who, all)}
	if len(board.Processes) == 0 {
		return errNotYours
	}
	views, err := w.DB.Views(r.Context(), p.Who.Org, p.Who.Member)
	if err != nil {
		return err
	}
	for _, v := range views {
		query, err := url.ParseQuery(v.Query)
		switch {
		case err != nil || !board.hasBoard(query.Get("process")):
		case v.Shared():
			p.Shared = append(p.Shared, v)
		default:
			p.Own = append(p.Own, v)
		}
	}
	return w.render(rw, status, "views", p)
}

// maxViewQuery bounds what a view keeps: every part of a filter of every field.
const maxViewQuery = 8000

// changeViews keeps a view, or changes one of the lists.
func (w *Web) changeViews(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := viewsPage{view: w.view(r, who, "views"), Name: clean(r.PostFormValue("name")), Query: r.PostFormValue("query")}
	v := postgres.BoardView{Member: who.Member, Name: p.Name}
	if r.PostFormValue("shared") != "" {
		v.Member = flow.ID{}
	}
	if v.Shared() && !p.Shares() {
		return httpd.Status(http.StatusForbidden)
	}
	do := r.PostFormValue("do")
	var err error
	if do != "save" {
		if v.ID, err = flow.ParseID(r.PostFormValue("view")); err != nil {
			return errNotYours
		}
	}
	named := p.Name != "" && len([]rune(p.Name)) <= flow.MaxNumber
	to := "/board/views?said=saved"
	switch {
	case (do == "save" || do == "rename") && !named:
		p.Error = p.T("view_no_name", "n", flow.MaxNumber)
		return w.showViews(rw, r, p, http.StatusUnprocessableEntity)
	case do == "save":
		v.ID = w.newID()
		if v.Query, err = w.viewQuery(r, p); err == nil {
			to, err = "/board?"+v.Query, w.DB.SaveView(r.Context(), who.Org, v)
		}
	case do == "rename":
		err = w.DB.RenameView(r.Context(), who.Org, v)
	case do == "delete":
		err = w.DB.DeleteView(r.Context(), who.Org, v)
	case do == "up", do == "down":
		err = w.DB.MoveView(r.Context(), who.Org, v, do == "up")
	default:
		return errNotYours
	}
	if errors.Is(err, postgres.ErrTooManyViews) {
		p.Error = p.T("view_too_many", "n", postgres.MaxViews)
		return w.showViews(rw, r, p, http.StatusConflict)
	}
	if err != nil {
		return err
	}
	http.Redirect(rw, r, to, http.StatusSeeOther)
	return nil
}

// viewQuery is what a view keeps of an address of the board: what counts in it for the reader, in its one form.
func (w *Web) viewQuery(r *http.Request, p viewsPage) (string, error) {
	all, err := w.DB.Processes(r.Context(), p.Who.Org)
	if err != nil {
		return "", err
	}
	query, err := url.ParseQuery(p.Query)
	if err != nil || len(p.Query) > maxViewQuery {
		return "", errNotYours
	}
	board := boardPage{view: p.view, Processes: wholeProcesses(p.Who, all), Done: query.Get("show") == "done", Wide: query.Get("columns") == "all", Compact: query.Get("rows") == "compact"}
	if !board.hasBoard(query.Get("process")) {
		return "", errNotYours
	}
	board.Process = choose(board.Processes, query.Get("process"))
	sites, err := w.sitesFor(r, p.Who)
	if err != nil {
		return "", err
	}
	board.Filter = p.readFilter(query, board.Process.As(p.Who.Role), sites, board.Done)
	return board.ViewQuery(), nil
}
