package web

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
)

// The office side of TVs: who lets one in, and what it shows. Nobody shows more than they see themselves, and only whole
// processes.

// tvForm is what can be said of a TV.
type tvForm struct {
	*view
	postgres.TV
	Boards []scopeTick // processes whose board it can show
	Lates  []scopeTick // whose late jobs
	Places []scopeTick // sites
}

// Kinds are what a TV can show.
func (tvForm) Kinds() []string { return []string{postgres.TVBoth, postgres.TVBoard, postgres.TVLate} }

// tvsPage lets a TV in.
type tvsPage struct {
	tvForm
	Code  string
	Error string
	Where string // the address to open on the TV
}

// tvOfficePage is one TV in the office.
type tvOfficePage struct {
	tvForm
	Code  string
	Error string
	Saved bool
}

// tvRow is a TV in the list of devices.
type tvRow struct {
	*view
	postgres.TV
}

// State is how a TV stands: shape and word.
func (t tvRow) State() chip {
	if !t.Suspended.IsZero() {
		return chip{"hold", "‖", t.T("tv_off")}
	}
	return chip{"done", "✓", t.T("device_paired")}
}

// LastSeen is when it last asked for its picture.
func (t tvRow) LastSeen() string {
	if t.Seen.IsZero() {
		return t.T("never_seen")
	}
	return t.When(flow.At(t.Seen))
}

// State and LastSeen are those of the row in the list.
func (p tvOfficePage) State() chip { return tvRow{p.view, p.TV}.State() }

// LastSeen is when it last asked for its picture.
func (p tvOfficePage) LastSeen() string { return tvRow{p.view, p.TV}.LastSeen() }

func tvPath(id flow.ID) string { return "/devices/tv/" + id.String() }

// theirTVs are the TVs that are a person's to see.
func (w *Web) theirTVs(r *http.Request, v *view) ([]tvRow, error) {
	all, err := w.DB.TVs(r.Context(), v.Who.Org, maxDevices)
	var list []tvRow
	for _, t := range all {
		if t.Given.Within(v.Who.Scope) {
			list = append(list, tvRow{v, t})
		}
	}
	return list, err
}

// tvForm offers what a person can show, with what the TV shows ticked.
func (w *Web) tvForm(r *http.Request, v *view, t postgres.TV) (tvForm, error) {
	f := tvForm{view: v, TV: t}
	h, err := w.house(r, v.Who)
	if err != nil {
		return f, err
	}
	for _, p := range wholeProcesses(v.Who, h.processes) {
		f.Boards = append(f.Boards, scopeTick{p.ID.String(), p.Name, p.ID == t.Process})
		f.Lates = append(f.Lates, scopeTick{p.ID.String(), p.Name, slices.Contains(t.Given.Processes, p.ID)})
	}
	for _, s := range h.sites {
		if sites := v.Who.Scope.Sites; len(sites) == 0 || sites[s.Code] {
			f.Places = append(f.Places, scopeTick{s.Code, s.Name, slices.Contains(t.Given.Sites, s.Code)})
		}
	}
	return f, nil
}

// readTV reads what a form says of a TV, or says with the key of a phrase what is wrong.
func (w *Web) readTV(r *http.Request, who flow.Person, t *postgres.TV) (problem string, err error) {
	h, err := w.house(r, who)
	if err != nil {
		return "", err
	}
	_, given := readScope(r, h)
	t.Name, t.Place, t.Shows = clean(r.PostFormValue("name")), clean(r.PostFormValue("place")), r.PostFormValue("shows")
	t.Language, t.Customers, t.Process = r.PostFormValue("language"), r.PostFormValue("customers") != "", flow.ID{}
	board, _ := flow.ParseID(r.PostFormValue("board")) // an unreadable id is the zero ID, which no process has
	t.Given = flow.Given{Processes: given.Processes, Sites: given.Sites}
	if t.Shows == postgres.TVBoard {
		t.Given.Processes = nil
	}
	if t.Shows != postgres.TVLate {
		if t.Process = board; !slices.Contains(t.Given.Processes, board) {
			t.Given.Processes = append(t.Given.Processes, board)
		}
	}
	_, spoken := w.words.phrases[t.Language]
	switch {
	case t.Name == "":
		return "tv_no_name", nil
	case len([]rune(t.Name)) > maxDeviceName || len([]rune(t.Place)) > maxDeviceName:
		return "device_name_long", nil
	case !slices.Contains(tvForm{}.Kinds(), t.Shows):
		return "tv_no_kind", nil
	case t.Shows != postgres.TVLate && !slices.ContainsFunc(h.processes, func(p flow.Process) bool { return p.ID == board }):
		return "tv_no_board", nil
	case len(t.Given.Processes) == 0:
		return "tv_no_late", nil
	case !spoken:
		return "tv_no_language", nil
	case len(who.Scope.Sites) > 0 && len(t.Given.Sites) == 0:
		return "tv_no_site", nil
	case !t.Given.Within(who.Scope):
		return "", errNotYours
	}
	return "", nil
}

// newTV asks for the code of a TV, and what it is to show. The usual answers are there.
func (w *Web) newTV(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	v := w.view(r, who, "tv_add")
	all, err := w.DB.Processes(r.Context(), who.Org)
	if err != nil {
		return err
	}
	t := postgres.TV{Shows: postgres.TVBoth, Language: v.Lang}
	for _, p := range wholeProcesses(who, all) {
		t.Given.Processes = append(t.Given.Processes, p.ID)
	}
	t.Process = choose(wholeProcesses(who, all), "").ID
	return w.askTV(rw, r, tvsPage{tvForm: tvForm{view: v, TV: t}, Code: clean(r.FormValue("code"))}, http.StatusOK)
}

func (w *Web) askTV(rw http.ResponseWriter, r *http.Request, p tvsPage, status int) (err error) {
	if p.tvForm, err = w.tvForm(r, p.view, p.TV); err != nil {
		return err
	}
	p.Where = w.URL + "/tv"
	return w.render(rw, status, "newtv", p)
}

// addTV lets in the TV that shows a code.
func (w *Web) addTV(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	t := postgres.TV{ID: w.newID(), Created: w.Now()}
	status := http.StatusUnprocessableEntity
	problem, err := w.readTV(r, who, &t)
	if err == nil && problem == "" {
		problem, status, err = w.withTVCode(r, who, func(code [32]byte) error { return w.DB.AddTV(r.Context(), who.Org, t, code) })
	}
	if err != nil {
		return err
	}
	if problem != "" {
		p := tvsPage{tvForm: tvForm{view: w.view(r, who, "tv_add"), TV: t}, Code: clean(r.PostFormValue("code"))}
		p.Error = p.T(problem, "n", maxDeviceName)
		return w.askTV(rw, r, p, status)
	}
	http.Redirect(rw, r, tvPath(t.ID)+"?said=saved", http.StatusSeeOther)
	return nil
}

// withTVCode does something with the code that was typed, or says with the key of a phrase what is wrong. Codes are
// short: every wrong one is noted, and how many somebody may try is bounded.
func (w *Web) withTVCode(r *http.Request, who flow.Person, do func(code [32]byte) error) (problem string, status int, err error) {
	code, fits := readTVCode(r.PostFormValue("code"))
	switch {
	case !fits:
		return "tv_code_mistyped", http.StatusUnprocessableEntity, nil
	case !w.tvGuesses.Allow(who.Org.String()+who.Member.String(), w.Now()):
		return "fail_too_often", http.StatusTooManyRequests, nil
	}
	err = do(w.tvCodeHash(code))
	switch {
	case errors.Is(err, postgres.ErrNotFound):
		return "tv_code_wrong", http.StatusUnprocessableEntity, w.DB.Audit(r.Context(), who.Org, postgres.Event{What: postgres.AuditTVCode})
	case postgres.IsTaken(err):
		return "device_taken", http.StatusUnprocessableEntity, nil
	}
	return "", 0, err
}

// tvFor is the TV of the request's path, if it is the person's to see.
func (w *Web) tvFor(r *http.Request, who flow.Person) (postgres.TV, error) {
	id, err := pathID(r, "tv")
	if err != nil {
		return postgres.TV{}, err
	}
	t, err := w.DB.TV(r.Context(), who.Org, id)
	if err == nil && !t.Given.Within(who.Scope) {
		err = errNotYours
	}
	return t, err
}

func (w *Web) officeTV(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	t, err := w.tvFor(r, who)
	if err != nil {
		return err
	}
	p := tvOfficePage{tvForm: tvForm{view: w.view(r, who, ""), TV: t}, Saved: r.FormValue("said") == "saved"}
	return w.showOfficeTV(rw, r, p, http.StatusOK)
}

func (w *Web) showOfficeTV(rw http.ResponseWriter, r *http.Request, p tvOfficePage, status int) (err error) {
	if p.tvForm, err = w.tvForm(r, p.view, p.TV); err != nil {
		return err
	}
	p.Title = p.TV.Name
	return w.render(rw, status, "officetv", p)
}

// changeTV does what a button of a TV's page says.
func (w *Web) changeTV(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	t, err := w.tvFor(r, who)
	if err != nil {
		return err
	}
	problem, status, to := "", http.StatusUnprocessableEntity, tvPath(t.ID)+"?said=saved"
	switch r.PostFormValue("do") {
	case "save":
		if problem, err = w.readTV(r, who, &t); err == nil && problem == "" {
			if err = w.DB.SetTV(r.Context(), who.Org, t); postgres.IsTaken(err) {
				problem, err = "device_taken", nil
			}
		}
	case "pair":
		problem, status, err = w.withTVCode(r, who, func(code [32]byte) error { return w.DB.PairTV(r.Context(), who.Org, t.ID, code, w.Now()) })
	case "off":
		err = w.DB.SwitchTV(r.Context(), who.Org, t.ID, w.Now())
	case "on":
		err = w.DB.SwitchTV(r.Context(), who.Org, t.ID, time.Time{})
	case "remove":
		err, to = w.DB.RemoveDevice(r.Context(), who.Org, t.ID), "/devices"
	default:
		return httpd.Status(http.StatusBadRequest)
	}
	if err != nil {
		return err
	}
	if problem != "" {
		p := tvOfficePage{tvForm: tvForm{view: w.view(r, who, ""), TV: t}, Code: clean(r.PostFormValue("code"))}
		p.Error = p.T(problem, "n", maxDeviceName)
		return w.showOfficeTV(rw, r, p, status)
	}
	http.Redirect(rw, r, to, http.StatusSeeOther)
	return nil
}
