package site

import (
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"time"

	"clicarity/internal/policies"
	"clicarity/internal/postgres"
)

// policy is a version of a policy as its page shows it.
type policy struct {
	Number int
	Body   template.HTML
	From   time.Time         // it holds from then on
	Holds  bool              // it is the one that holds now
	Others []postgres.Policy // the other versions that are public, the newest first
}

// policy puts the text of a policy into the page: the version asked for, else the one that holds now. Until one was
// published it is the program's own; of that the pages in other languages have a translation among their words.
func (v *view) policy(r *http.Request, kind string) error {
	org, err := v.s.owner(r.Context())
	if err != nil {
		return err
	}
	var list []postgres.Policy
	if !org.IsZero() {
		if list, err = v.s.DB.Policies(r.Context(), org, kind); err != nil {
			return err
		}
	}
	o := v.Op()
	first := policies.Names{Operator: o.Name, Address: o.Address, Email: o.Email, ComplaintsName: o.Complaints().Name, ComplaintsEmail: o.Complaints().Email}
	if !slices.ContainsFunc(list, func(p postgres.Policy) bool { return p.Version == policies.First }) {
		list = append(list, postgres.Policy{Kind: kind, Version: policies.First, Body: policies.Default(kind, first), Published: policies.Since(), Effective: policies.Since()})
	}
	holds := slices.IndexFunc(list, func(p postgres.Policy) bool { return !p.Effective.After(v.s.Now()) })
	if holds < 0 {
		holds = len(list) - 1
	}
	at := holds
	if asked, err := strconv.Atoi(r.FormValue("version")); err == nil {
		if i := slices.IndexFunc(list, func(p postgres.Policy) bool { return p.Version == asked }); i >= 0 {
			at = i
		}
	}
	p := list[at]
	if p.Version == policies.First && v.Lang != "en" && len(list) == 1 {
		return nil
	}
	v.Policy = &policy{Number: p.Version, Body: policies.HTML(p.Body), From: p.Effective, Holds: at == holds, Others: slices.Delete(list, at, at+1)}
	return nil
}

// PolicyDay is the day from which the program's own policies hold.
func (v *view) PolicyDay() string { return v.Date(policies.Since()) }
