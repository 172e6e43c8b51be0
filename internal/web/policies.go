package web

import (
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/letters"
	"clicarity/internal/policies"
	"clicarity/internal/postgres"
)

// policyNames are who runs the service, as the program's own texts name them.
func (w *Web) policyNames() policies.Names {
	o, c := w.Operator, w.Operator.Complaints()
	return policies.Names{Operator: o.Called(), Address: o.Address, Email: o.Email, ComplaintsName: c.Name, ComplaintsEmail: c.Email}
}

// firstPolicy is the program's own text as a version like the others.
func (w *Web) firstPolicy(kind string) postgres.Policy {
	return postgres.Policy{Kind: kind, Version: policies.First, Body: policies.Default(kind, w.policyNames()), Published: policies.Since(), Effective: policies.Since()}
}

// versions are all versions of a policy, the newest first, the program's own last.
func (w *Web) versions(r *http.Request, org flow.ID, kind string) ([]postgres.Policy, error) {
	list, err := w.DB.Policies(r.Context(), org, kind)
	return append(list, w.firstPolicy(kind)), err
}

type policyRow struct {
	postgres.Policy
	Name      string
	Published string
	Effective string
	Draft     bool           // there is a draft of the next
	Walk      *postgres.Walk // of the newest change that is told
}

type policiesPage struct {
	*view
	Rows  []policyRow
	Mails bool
}

// policies is what holds now, and how far changes have been told.
func (w *Web) policies(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := policiesPage{view: w.view(r, who, "policies"), Mails: w.Mails}
	walks, err := w.DB.Walks(r.Context(), who.Org, w.Now())
	if err != nil {
		return err
	}
	for _, kind := range policies.Kinds() {
		list, err := w.versions(r, who.Org, kind)
		if err != nil {
			return err
		}
		_, err = w.DB.PolicyDraft(r.Context(), who.Org, kind)
		if err != nil && !errors.Is(err, postgres.ErrNotFound) {
			return err
		}
		row := p.policyRow(list[0])
		row.Draft = err == nil
		if i := slices.IndexFunc(walks, func(x postgres.Walk) bool { return tellsOf(x, list) }); i >= 0 {
			row.Walk = &walks[i]
		}
		p.Rows = append(p.Rows, row)
	}
	return w.render(rw, http.StatusOK, "policies", p)
}

// tellsOf reports whether a walk tells of one of some versions.
func tellsOf(walk postgres.Walk, versions []postgres.Policy) bool {
	return walk.Kind == letters.PolicyChange{}.Kind() && slices.ContainsFunc(versions, func(p postgres.Policy) bool { return p.Key() == walk.Key })
}

func (v *view) policyRow(p postgres.Policy) policyRow {
	return policyRow{Policy: p, Name: v.T("policy_" + p.Kind), Published: v.dated(p.Published), Effective: v.dated(p.Effective)}
}

type policyPage struct {
	*view
	Kind      string
	Name      string
	Body      string
	Version   int // that the draft will be
	Material  bool
	Effective string
	Earliest  string // for a change that matters
	Diff      []policies.Line
	Changed   bool
	Shown     template.HTML // as people will read it
	Versions  []policyRow
	Error     string
	Saved     bool
}

// policy is where the next version is written.
func (w *Web) policy(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, list, err := w.policyOf(r, who)
	if err != nil {
		return err
	}
	p.Saved = r.FormValue("said") == "saved"
	draft, err := w.DB.PolicyDraft(r.Context(), who.Org, p.Kind)
	switch {
	case err == nil:
		p.Body = draft.Body
	case errors.Is(err, postgres.ErrNotFound):
		p.Body = list[0].Body
	default:
		return err
	}
	p.Material, p.Effective = true, p.dated(w.Now().AddDate(0, 0, usualNotice))
	return w.showPolicy(rw, p, list, http.StatusOK)
}

const (
	usualNotice = 30 // days: what the form begins with
	leastNotice = int(postgres.MaterialNotice/(24*time.Hour)) + 1
	mostNotice  = 366
)

// policyOf is the page of the kind in the path, with the versions there are.
func (w *Web) policyOf(r *http.Request, who flow.Person) (policyPage, []postgres.Policy, error) {
	kind := r.PathValue("kind")
	if !slices.Contains(policies.Kinds(), kind) {
		return policyPage{}, nil, postgres.ErrNotFound
	}
	p := policyPage{view: w.view(r, who, "policy_"+kind), Kind: kind}
	p.Name, p.Earliest = p.Title, p.dated(w.Now().AddDate(0, 0, leastNotice))
	list, err := w.versions(r, who.Org, kind)
	if err == nil {
		p.Version = list[0].Version + 1
	}
	return p, list, err
}

func (w *Web) showPolicy(rw http.ResponseWriter, p policyPage, list []postgres.Policy, status int) error {
	p.Diff = policies.Diff(list[0].Body, p.Body)
	p.Changed = slices.ContainsFunc(p.Diff, policies.Line.Changed)
	p.Shown = policies.HTML(p.Body)
	for _, v := range list {
		p.Versions = append(p.Versions, p.policyRow(v))
	}
	return w.render(rw, status, "policy", p)
}

// changePolicy keeps the draft, or publishes it.
func (w *Web) changePolicy(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, list, err := w.policyOf(r, who)
	if err != nil {
		return err
	}
	p.Body, p.Material, p.Effective = strings.TrimSpace(strings.ReplaceAll(r.PostFormValue("body"), "\r\n", "\n")), r.PostFormValue("material") != "", strings.TrimSpace(r.PostFormValue("effective"))
	publish := r.PostFormValue("do") == "publish"
	now := w.Now()
	next := postgres.Policy{Kind: p.Kind, Version: p.Version, Body: p.Body, Material: p.Material, Published: now, By: who.Member}
	if next.Effective, p.Error = p.refuses(r, list[0], publish); p.Error != "" {
		return w.showPolicy(rw, p, list, http.StatusUnprocessableEntity)
	}
	if err := w.DB.SavePolicyDraft(r.Context(), who.Org, next, now); err != nil {
		return err
	}
	if !publish {
		http.Redirect(rw, r, "/policies/"+p.Kind+"?said=saved", http.StatusSeeOther)
		return nil
	}
	err = w.DB.PublishPolicy(r.Context(), who.Org, next)
	if errors.Is(err, postgres.ErrNotFound) {
		p.Error = p.T("policy_faster")
		return w.showPolicy(rw, p, list, http.StatusConflict)
	}
	if err != nil {
		return err
	}
	w.notes.again()
	http.Redirect(rw, r, "/policies", http.StatusSeeOther)
	return nil
}

// refuses says why a draft cannot be kept or published, and from when it holds.
func (p policyPage) refuses(r *http.Request, last postgres.Policy, publish bool) (effective time.Time, says string) {
	switch {
	case p.Body == "":
		return effective, p.T("policy_empty")
	case len(p.Body) > policies.MaxBody:
		return effective, p.T("policy_long", "n", p.Int(policies.MaxBody))
	case !publish:
		return effective, ""
	case r.PostFormValue("version") != strconv.Itoa(p.Version):
		return effective, p.T("policy_faster")
	case p.Body == last.Body:
		return effective, p.T("policy_same")
	}
	effective, ok := readPolicyDay(p.Effective, p.Zone)
	today := time.Date(p.Now.In(p.Zone).Year(), p.Now.In(p.Zone).Month(), p.Now.In(p.Zone).Day(), 0, 0, 0, 0, p.Zone)
	switch {
	case !ok || effective.After(today.AddDate(0, 0, mostNotice)):
		return effective, p.T("policy_no_date", "at", p.Earliest)
	case p.Material && effective.Before(today.AddDate(0, 0, leastNotice)):
		return effective, p.T("policy_too_soon", "at", p.Earliest)
	case effective.Before(today):
		return effective, p.T("policy_past")
	case effective.Before(p.Now): // today: at once
		return p.Now, ""
	}
	return effective, ""
}

// readPolicyDay reads a day as people write it: 26-11-2026, also with slashes or points.
func readPolicyDay(text string, zone *time.Location) (time.Time, bool) {
	t, err := time.ParseInLocation("2-1-2006", strings.NewReplacer("/", "-", ".", "-", " ", "").Replace(text), zone)
	return t, err == nil
}

// dated is the day of a moment as a page writes it.
func (v *view) dated(t time.Time) string { return t.In(v.Zone).Format("02-01-2006") }
