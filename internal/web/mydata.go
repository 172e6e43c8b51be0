package web

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/letters"
	"clicarity/internal/operator"
	"clicarity/internal/postgres"
)

// myDataRoutes are what people do about their own data.
func (w *Web) myDataRoutes() []httpd.Route {
	return []httpd.Route{
		{Pattern: "GET /my-data", May: flow.MaySelf, Handler: w.myData},
		{Pattern: "POST /my-data", May: flow.MaySelf, Handler: w.changeMyData},
		{Pattern: "POST /my-data/download", May: flow.MaySelf, Handler: w.downloadMyData},
		{Pattern: "GET /new-login/{token}", May: flow.Anybody, Handler: w.newLoginPage},
		{Pattern: "POST /new-login/{token}", May: flow.Anybody, Handler: w.newLogin},
	}
}

const (
	myRequestsShown = 20
	loginProofFor   = 24 * time.Hour // how long a link that proves an address is good, once
)

type myDataPage struct {
	*view
	Own      postgres.Own
	Nominee  postgres.Nominee
	Requests []requestRow
	Planned  *requestRow // their erasure, until it begins
	Confirm  bool        // ask for the password before what cannot be taken back
	Mails    bool
	Contact  operator.Contact // who hears complaints about the service
	Typed    map[string]string
	Wrong    map[string]string // what is wrong, by form
	Said     string
}

// requestRow is a request as pages show it.
type requestRow struct {
	postgres.RightsRequest
	v       *view
	ByName  string // who asks
	Handler string // the name of who answered
}

// Word is a phrase about the kind of request.
func (r requestRow) Word(key string, kind postgres.RightsKind) string {
	return r.v.T(key + string(kind))
}

// Moment is a time as pages write it.
func (r requestRow) Moment(t time.Time) string { return r.v.When(flow.At(t)) }

// Clock says how long a request may still take.
func (r requestRow) Clock() due {
	days := int(r.Due.Sub(r.v.Now) / (24 * time.Hour))
	switch {
	case r.State != postgres.RightsOpen && r.State != postgres.RightsPlanned:
		return due{State: "ok", Words: r.v.T("rd_state_" + r.State)}
	case !r.v.Now.Before(r.Due):
		return due{"late", "▲", r.v.T("rd_late", "n", -days+1)}
	case days == 0:
		return due{"soon", "◔", r.v.T("rd_due_today")}
	case days <= 10:
		return due{"soon", "◔", r.v.T("rd_due_in", "n", days)}
	}
	return due{"ok", "", r.v.T("rd_due_in", "n", days)}
}

func (w *Web) myData(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := myDataPage{view: w.view(r, who, "rd_my_data")}
	switch said := r.FormValue("said"); said {
	case "name", "asked", "nominee", "planned", "cancelled", "login":
		p.Said = p.T("rd_said_" + said)
	}
	return w.showMyData(rw, r, p, http.StatusOK)
}

func (w *Web) showMyData(rw http.ResponseWriter, r *http.Request, p myDataPage, status int) error {
	org, me := p.Who.Org, p.Who.Member
	var err, err2, err3 error
	p.Own, err = w.DB.Own(r.Context(), org, me)
	p.Nominee, err2 = w.DB.Nominee(r.Context(), org, me)
	list, err3 := w.DB.MyRequests(r.Context(), org, me, myRequestsShown)
	if err := errors.Join(err, err2, err3); err != nil {
		return err
	}
	for _, one := range list {
		row := requestRow{RightsRequest: one, v: p.view}
		if one.State == postgres.RightsPlanned {
			p.Planned = &row
		}
		p.Requests = append(p.Requests, row)
	}
	p.Confirm, p.Mails, p.Contact = !w.fresh(p.Who), w.Mails, w.Operator.Complaints()
	if p.Typed == nil {
		p.Typed = map[string]string{"name": p.Who.Name, "nominee": p.Nominee.Name, "contact": p.Nominee.Contact}
	}
	return w.render(rw, status, "mydata", p)
}

// changeMyData does what a form of the page asks. What is wrong stays in its form, with what was typed.
func (w *Web) changeMyData(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := myDataPage{view: w.view(r, who, "rd_my_data"), Typed: map[string]string{}, Wrong: map[string]string{}}
	for _, name := range []string{"name", "login", "nominee", "contact", "correction", "complaint"} {
		p.Typed[name] = clean(r.PostFormValue(name))
	}
	do := r.PostFormValue("do")
	act, ok := map[string]func(http.ResponseWriter, *http.Request, *myDataPage) (said, says string, err error){
		"name": w.setOwnName, "login": w.askLogin, "nominee": w.setNominee, "erase": w.askErasure, "cancel": w.cancelErasure,
		"correction": w.askText(postgres.AskCorrection), "complaint": w.askText(postgres.AskGrievance),
	}[do]
	if !ok {
		return httpd.Status(http.StatusBadRequest)
	}
	said, says, err := act(rw, r, &p)
	var refusal *flow.Refusal
	if errors.As(err, &refusal) {
		says, err = w.rightsSentence(r, p.view, refusal), nil
	}
	switch {
	case err != nil:
		return err
	case says != "":
		p.Wrong[do] = says
		for name, now := range map[string]string{"name": who.Name} {
			if do != name {
				p.Typed[name] = now
			}
		}
		return w.showMyData(rw, r, p, http.StatusUnprocessableEntity)
	}
	http.Redirect(rw, r, "/my-data?said="+said, http.StatusSeeOther)
	return nil
}

// rightsSentence says why something about somebody's data was refused.
func (w *Web) rightsSentence(r *http.Request, v *view, refusal *flow.Refusal) string {
	switch refusal.Code {
	case flow.LastOwner:
		return v.T("rd_last_owner")
	case flow.TooMany:
		return v.T("rd_too_many", "limit", refusal.Limit)
	}
	return w.sentence(r.Context(), v, refusal)
}

func (w *Web) setOwnName(_ http.ResponseWriter, r *http.Request, p *myDataPage) (said, says string, err error) {
	if name := p.Typed["name"]; name == "" || len([]rune(name)) > flow.MaxText {
		return "", p.T("join_no_name"), nil
	}
	return "name", "", w.DB.SetName(r.Context(), p.Who.Org, p.Who.Member, p.Typed["name"])
}

func (w *Web) setNominee(_ http.ResponseWriter, r *http.Request, p *myDataPage) (said, says string, err error) {
	n := postgres.Nominee{Name: p.Typed["nominee"], Contact: p.Typed["contact"], At: w.Now()}
	switch {
	case len([]rune(n.Name)) > flow.MaxText || len([]rune(n.Contact)) > flow.MaxText:
		return "", p.T("rd_nominee_long", "n", flow.MaxText), nil
	case n.Name != "" && n.Contact == "" || n.Name == "" && n.Contact != "":
		return "", p.T("rd_nominee_both"), nil
	}
	return "nominee", "", w.DB.SetNominee(r.Context(), p.Who.Org, p.Who.Member, n)
}

// askLogin sends a link to a new address. It is one to log in with when the link is opened, and not before.
func (w *Web) askLogin(rw http.ResponseWriter, r *http.Request, p *myDataPage) (said, says string, err error) {
	login := NormalLogin(p.Typed["login"])
	if !w.Mails || !plausibleAddress(login) || len(login) > flow.MaxText {
		return "", p.T("rd_login_wrong"), nil
	}
	if says, _, err := w.confirmed(rw, r, p.Who); says != "" || err != nil {
		return "", says, err
	}
	if wait := w.resets.Wait("login "+p.Who.Member.String(), w.Now()); wait > 0 {
		return "", p.tooOften(rw, wait), nil
	}
	own, err := w.DB.Own(r.Context(), p.Who.Org, p.Who.Member)
	if err != nil {
		return "", "", err
	}
	link, hash, err := newGrantLink(p.Who.Org)
	if err != nil {
		return "", "", err
	}
	proof := postgres.LoginProof{Token: hash, Member: p.Who.Member, Login: login, Until: w.Now().Add(loginProofFor)}
	if i := slices.IndexFunc(own.Logins, plausibleAddress); i >= 0 {
		proof.Replaces = own.Logins[i]
	}
	mail := postgres.NewMail(login, p.Lang, w.newID().String(), letters.LoginProof{Name: p.Who.Name, Organisation: p.Who.OrgName, Link: w.URL + "/new-login/" + link}, w.Now())
	mail.Until = proof.Until
	return "login", "", w.DB.AskLogin(r.Context(), p.Who.Org, proof, mail)
}

// askText puts a correction or a complaint on the desk.
func (w *Web) askText(kind postgres.RightsKind) func(http.ResponseWriter, *http.Request, *myDataPage) (string, string, error) {
	return func(_ http.ResponseWriter, r *http.Request, p *myDataPage) (said, says string, err error) {
		text := lines(r.PostFormValue(r.PostFormValue("do")))
		switch {
		case text == "":
			return "", p.T("rd_no_text"), nil
		case tooLongText(text):
			return "", p.T("rd_text_long"), nil
		}
		return "asked", "", w.openOwn(r, p, kind, text)
	}
}

func (w *Web) openOwn(r *http.Request, p *myDataPage, kind postgres.RightsKind, text string) error {
	id, err := flow.ParseID(r.PostFormValue("command"))
	if err != nil {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	req := postgres.RightsRequest{ID: id, Kind: kind, Member: p.Who.Member, Language: p.Lang, Body: text, Opened: w.Now()}
	if err := w.DB.OpenRequest(r.Context(), p.Who.Org, req); err != nil {
		return err
	}
	return w.tellOwners(r.Context(), p.Who.Org, p.Who.OrgName, req)
}

// askErasure plans somebody's own erasure. They are told by mail too, so that nobody does it for them unseen.
func (w *Web) askErasure(rw http.ResponseWriter, r *http.Request, p *myDataPage) (said, says string, err error) {
	if r.PostFormValue("sure") == "" {
		return "", p.T("rd_not_sure"), nil
	}
	if says, _, err := w.confirmed(rw, r, p.Who); says != "" || err != nil {
		return "", says, err
	}
	if err := w.openOwn(r, p, postgres.AskErasure, ""); err != nil {
		return "", "", err
	}
	return "planned", "", w.tellPlanned(r.Context(), p.Who.Org, p.Who.OrgName, p.Who.Member, r.PostFormValue("command"))
}

func (w *Web) cancelErasure(_ http.ResponseWriter, r *http.Request, p *myDataPage) (said, says string, err error) {
	id, err := flow.ParseID(r.PostFormValue("request"))
	if err != nil {
		return "", "", postgres.ErrNotFound
	}
	err = w.DB.CancelErasure(r.Context(), p.Who.Org, id, p.Who.Member, p.Who.Member, w.Now())
	if errors.Is(err, postgres.ErrOver) {
		return "", p.T("rd_too_late"), nil
	}
	return "cancelled", "", err
}

type newLoginPage struct {
	*view
	Done string // the address, once it is proven
}

// newLoginPage asks for one tap: programs that look at mails open links by themselves.
func (w *Web) newLoginPage(rw http.ResponseWriter, r *http.Request, _ flow.Person) error {
	v := w.view(r, flow.Person{}, "rd_new_login")
	rw.Header().Set("X-Robots-Tag", "noindex")
	org, hash, ok := readGrantLink(r.PathValue("token"))
	if !ok {
		return w.oldLink(rw, v)
	}
	err := w.DB.LoginAsked(r.Context(), org, hash, w.Now())
	if errors.Is(err, postgres.ErrNotFound) {
		return w.oldLink(rw, v)
	}
	if err != nil {
		return err
	}
	return w.render(rw, http.StatusOK, "newlogin", newLoginPage{view: v})
}

func (w *Web) newLogin(rw http.ResponseWriter, r *http.Request, _ flow.Person) error {
	v := w.view(r, flow.Person{}, "rd_new_login")
	org, hash, ok := readGrantLink(r.PathValue("token"))
	if !w.doors.Allow(httpd.Address(r), w.Now()) {
		return httpd.Status(http.StatusTooManyRequests)
	}
	if !ok {
		return w.oldLink(rw, v)
	}
	proof, err := w.DB.TakeLogin(r.Context(), org, hash, w.Now())
	switch {
	case errors.Is(err, postgres.ErrNotFound), postgres.IsTaken(err):
		return w.oldLink(rw, v)
	case err != nil:
		return err
	}
	if err := w.tellOldLogin(r, v, org, proof); err != nil {
		return err
	}
	return w.render(rw, http.StatusOK, "newlogin", newLoginPage{view: v, Done: proof.Login})
}

// tellOldLogin writes to the address that is one no more: if its owner did not do this, they hear of it there and nowhere else.
func (w *Web) tellOldLogin(r *http.Request, v *view, org flow.ID, proof postgres.LoginProof) error {
	if proof.Replaces == "" || !w.Mails {
		return nil
	}
	return w.DB.QueueMail(r.Context(), org, postgres.Mail{To: proof.Replaces, Subject: v.T("rd_login_gone_subject"), Text: v.T("rd_login_gone_text", "login", proof.Login),
		Kind: "login_gone", Key: w.newID().String(), At: w.Now()})
}

// oldLink says that a link is good no more, whatever the reason.
func (w *Web) oldLink(rw http.ResponseWriter, v *view) error {
	return w.render(rw, http.StatusNotFound, "fail", failPage{view: v, Heading: v.T("rd_link_old"), Says: v.T("rd_link_old_says")})
}
