package web

import (
	"cmp"
	"errors"
	"net/http"
	"slices"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

type sitesPage struct {
	*view
	Sites []postgres.Site
	Name  string // that could not be taken
	Code  string // of the site it was for, empty for a new one
	Saved bool
	Error string
}

func (w *Web) sites(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	return w.showSites(rw, r, sitesPage{view: w.view(r, who, "sites"), Saved: r.FormValue("said") == "saved"}, http.StatusOK)
}

func (w *Web) showSites(rw http.ResponseWriter, r *http.Request, p sitesPage, status int) error {
	var err error
	if p.Sites, err = w.DB.Sites(r.Context(), p.Who.Org); err != nil {
		return err
	}
	return w.render(rw, status, "sites", p)
}

// addSite adds a place where jobs are made.
func (w *Web) addSite(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := sitesPage{view: w.view(r, who, "sites"), Name: clean(r.PostFormValue("name"))}
	sites, err := w.DB.Sites(r.Context(), who.Org)
	if err != nil {
		return err
	}
	if len(sites) >= postgres.MaxSites {
		p.Error = p.T("site_too_many", "n", postgres.MaxSites)
		return w.showSites(rw, r, p, http.StatusUnprocessableEntity)
	}
	code := cmp.Or(flow.MakeCode(p.Name), "site")
	for n := 2; slices.ContainsFunc(sites, func(s postgres.Site) bool { return s.Code == code }); n++ {
		code = clip(flow.MakeCode(p.Name), flow.MaxNumber-5) + "-" + p.Int(n)
	}
	return w.keepSite(rw, r, p, sites, func() error {
		return w.DB.AddSite(r.Context(), who.Org, postgres.Site{Code: code, Name: p.Name})
	})
}

// renameSite gives a site another name. Jobs and scopes know it by its code.
func (w *Web) renameSite(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := sitesPage{view: w.view(r, who, "sites"), Name: clean(r.PostFormValue("name")), Code: r.PathValue("site")}
	sites, err := w.DB.Sites(r.Context(), who.Org)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(sites, func(s postgres.Site) bool { return s.Code == p.Code }) {
		return errNotYours
	}
	return w.keepSite(rw, r, p, sites, func() error {
		return w.DB.RenameSite(r.Context(), who.Org, postgres.Site{Code: p.Code, Name: p.Name})
	})
}

func (w *Web) keepSite(rw http.ResponseWriter, r *http.Request, p sitesPage, sites []postgres.Site, keep func() error) error {
	if p.Name == "" || len([]rune(p.Name)) > flow.MaxText {
		p.Error = p.T("site_no_name")
		return w.showSites(rw, r, p, http.StatusUnprocessableEntity)
	}
	taken := slices.ContainsFunc(sites, func(s postgres.Site) bool {
		return s.Code != p.Code && flow.NumberKey(s.Name) == flow.NumberKey(p.Name)
	})
	var err error
	if !taken {
		err = keep()
	}
	if taken || postgres.IsTaken(err) {
		p.Error = p.T("site_taken", "name", p.Name)
		return w.showSites(rw, r, p, http.StatusConflict)
	}
	if err != nil {
		return err
	}
	http.Redirect(rw, r, "/sites?said=saved", http.StatusSeeOther)
	return nil
}

// jobSites learns the names of the sites, those of the job's history too, and which the reader can put it at.
func (w *Web) jobSites(r *http.Request, p *jobPage) error {
	sites, err := w.DB.Sites(r.Context(), p.Who.Org)
	p.learnSites(sites)
	p.Sites = within(p.Who, sites)
	return err
}

// within are those of some sites that are in a person's scope.
func within(who flow.Person, sites []postgres.Site) []postgres.Site {
	return slices.DeleteFunc(slices.Clone(sites), func(s postgres.Site) bool { return len(who.Scope.Sites) > 0 && !who.Scope.Sites[s.Code] })
}

// sitesFor are the sites that a person can put a job at.
func (w *Web) sitesFor(r *http.Request, who flow.Person) ([]postgres.Site, error) {
	sites, err := w.DB.Sites(r.Context(), who.Org)
	return within(who, sites), err
}

// pickSite is the site that was chosen, by code or by name; empty for none. Somebody who has only some sites must say
// which, unless there is only one.
func pickSite(who flow.Person, sites []postgres.Site, text string) (string, error) {
	i := slices.IndexFunc(sites, func(s postgres.Site) bool {
		return s.Code == text || text != "" && flow.NumberKey(s.Name) == flow.NumberKey(text)
	})
	switch {
	case i >= 0:
		return sites[i].Code, nil
	case text != "":
		return "", &flow.Refusal{Code: flow.FieldWrong, Name: "site", Value: text}
	case len(who.Scope.Sites) == 0:
		return "", nil
	case len(sites) == 1:
		return sites[0].Code, nil
	}
	return "", &flow.Refusal{Code: flow.FieldMissing, Name: "site"}
}

// nameSites learns the names of the sites of some jobs, for the page.
func (w *Web) nameSites(r *http.Request, v *view, jobs ...flow.Job) error {
	if !slices.ContainsFunc(jobs, func(j flow.Job) bool { return j.Site != "" }) {
		return nil
	}
	sites, err := w.DB.Sites(r.Context(), v.Who.Org)
	v.learnSites(sites)
	return err
}

func (v *view) learnSites(sites []postgres.Site) {
	v.sites = map[string]string{}
	for _, s := range sites {
		v.sites[s.Code] = s.Name
	}
}

// Site is the name of a job's site, empty when it has none.
func (v *view) Site(j flow.Job) string {
	if j.Site == "" {
		return ""
	}
	return cmp.Or(v.sites[j.Site], j.Site)
}

var errNoMember = errors.Join(postgres.ErrNotFound, errors.New("web: nobody who works there"))
