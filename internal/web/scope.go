package web

import (
	"net/http"
	"slices"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// house is what scopes of an organisation are made of, as somebody may hand them out.
type house struct {
	processes []flow.Process
	vendors   []postgres.Vendor
	sites     []postgres.Site
}

func (w *Web) house(r *http.Request, who flow.Person) (house, error) {
	var h house
	var err error
	if h.processes, err = w.DB.Processes(r.Context(), who.Org); err != nil {
		return h, err
	}
	vendors, err := w.DB.Vendors(r.Context(), who.Org)
	if err != nil {
		return h, err
	}
	h.vendors = vendorList(vendors)
	h.sites, err = w.DB.Sites(r.Context(), who.Org)
	return h, err
}

// scopeTick is one thing to tick.
type scopeTick struct {
	Value, Name string
	On          bool
}

// scopeProcess is a process to give, as a whole or by stages.
type scopeProcess struct {
	Name   string
	Whole  *scopeTick // nil: the giver has not the whole of it
	Stages []scopeTick
	Open   bool
}

// scopeForm is the editor of a role and of what it sees. Only what the giver has is offered.
type scopeForm struct {
	*view
	Roles     []roleChoice
	All       *scopeTick
	Processes []scopeProcess
	Vendors   []scopeTick
	Sites     []scopeTick
	Mine      bool
	MustMine  bool // the giver has only what is assigned to them
}

type roleChoice struct {
	flow.Role
	On bool
}

// scopeForm offers what a person can give, with what is given now ticked.
func (v *view) scopeForm(h house, role flow.Role, g flow.Given) *scopeForm {
	s := v.Who.Scope
	f := &scopeForm{view: v, Mine: g.Mine, MustMine: !s.Mine.IsZero()}
	for _, r := range flow.Roles() {
		if r.Below(v.Who.Role) {
			f.Roles = append(f.Roles, roleChoice{r, r == role})
		}
	}
	if s.All {
		f.All = &scopeTick{On: g.All}
	}
	for _, p := range h.processes {
		one := scopeProcess{Name: p.Name}
		if s.Whole(p.ID) {
			one.Whole = &scopeTick{Value: p.ID.String(), On: slices.Contains(g.Processes, p.ID)}
			one.Open = one.Whole.On
		}
		for _, st := range slices.Concat(p.Stages, p.Retired) {
			ref := flow.StageRef{Process: p.ID, Stage: st.Code}
			on := slices.Contains(g.Stages, ref)
			if s.Covers(p.ID, st.Code) && (on || !slices.ContainsFunc(p.Retired, func(r flow.Stage) bool { return r.Code == st.Code })) {
				one.Stages = append(one.Stages, scopeTick{p.ID.String() + ":" + st.Code, p.Called(st), on})
				one.Open = one.Open || on
			}
		}
		if len(one.Stages) > 0 {
			f.Processes = append(f.Processes, one)
		}
	}
	for _, vendor := range h.vendors {
		if s.All || s.Vendors[vendor.ID] {
			f.Vendors = append(f.Vendors, scopeTick{vendor.ID.String(), vendor.Name, slices.Contains(g.Vendors, vendor.ID)})
		}
	}
	for _, site := range h.sites {
		if len(s.Sites) == 0 || s.Sites[site.Code] {
			f.Sites = append(f.Sites, scopeTick{site.Code, site.Name, slices.Contains(g.Sites, site.Code)})
		}
	}
	return f
}

// maxTicks bounds how many parts a scope has.
const maxTicks = 2000

// readScope reads a role and what it sees, as they were ticked. Nothing but what there is in the organisation counts.
func readScope(r *http.Request, h house) (flow.Role, flow.Given) {
	role := flow.Role(r.PostFormValue("role"))
	ids := func(name string) (list []flow.ID) {
		for _, text := range r.PostForm[name] {
			if id, err := flow.ParseID(text); err == nil && !slices.Contains(list, id) && len(list) < maxTicks {
				list = append(list, id)
			}
		}
		return list
	}
	g := flow.Given{All: r.PostFormValue("all") != "", Mine: r.PostFormValue("mine") != "", Processes: ids("process"), Vendors: ids("vendor"), Stages: stageRefs(r)}
	g.Processes = slices.DeleteFunc(g.Processes, func(id flow.ID) bool {
		return !slices.ContainsFunc(h.processes, func(p flow.Process) bool { return p.ID == id })
	})
	g.Stages = h.stages(g.Stages)
	g.Vendors = slices.DeleteFunc(g.Vendors, func(id flow.ID) bool {
		return !slices.ContainsFunc(h.vendors, func(v postgres.Vendor) bool { return v.ID == id })
	})
	for _, code := range r.PostForm["site"] {
		if slices.ContainsFunc(h.sites, func(s postgres.Site) bool { return s.Code == code }) && !slices.Contains(g.Sites, code) {
			g.Sites = append(g.Sites, code)
		}
	}
	return role, g.Fits(role)
}

// stages are those of some stages that there are.
func (h house) stages(refs []flow.StageRef) []flow.StageRef {
	return slices.DeleteFunc(refs, func(ref flow.StageRef) bool {
		return !slices.ContainsFunc(h.processes, func(p flow.Process) bool { _, ok := p.Stage(ref.Stage); return ok && p.ID == ref.Process })
	})
}

// stageRefs are the stages that were ticked.
func stageRefs(r *http.Request) []flow.StageRef {
	var refs []flow.StageRef
	for _, value := range r.PostForm["at"] {
		process, stage, _ := strings.Cut(value, ":")
		ref := flow.StageRef{Stage: stage}
		var err error
		if ref.Process, err = flow.ParseID(process); err == nil && stage != "" && len(refs) < maxTicks && !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	return refs
}

// lacking is the key of the sentence that says what a role lacks, empty for nothing.
func lacking(r flow.Role, g flow.Given) string {
	switch {
	case !slices.Contains(flow.Roles(), r):
		return "people_no_role"
	case r == flow.Vendor && len(g.Vendors) == 0:
		return "people_no_vendor"
	case r != flow.Owner && g.Nothing():
		return "people_no_scope"
	}
	return ""
}

// maxScopeWords is how many stages a scope is told by before it is "and 5 more".
const maxScopeWords = 4

// scopeWords says what somebody sees: "Vasai: Printed cartons, Printing; only what is assigned".
func (v *view) scopeWords(h house, role flow.Role, g flow.Given) string {
	var parts []string
	switch {
	case role == flow.Owner, g.All:
		parts = append(parts, v.T("scope_all"))
	default:
		for _, p := range h.processes {
			if slices.Contains(g.Processes, p.ID) {
				parts = append(parts, v.T("scope_whole", "process", p.Name))
			}
			for _, st := range slices.Concat(p.Stages, p.Retired) {
				if slices.Contains(g.Stages, flow.StageRef{Process: p.ID, Stage: st.Code}) {
					parts = append(parts, p.Called(flow.Stage{Name: st.Label(), Track: st.Track}))
				}
			}
		}
		for _, vendor := range h.vendors {
			if slices.Contains(g.Vendors, vendor.ID) {
				parts = append(parts, v.T("scope_vendor", "vendor", vendor.Name))
			}
		}
	}
	if n := len(parts); n > maxScopeWords {
		parts = append(parts[:maxScopeWords], v.T("scope_more", "n", n-maxScopeWords))
	}
	says := strings.Join(parts, ", ")
	if says == "" {
		return v.T("scope_nothing")
	}
	if role == flow.Owner {
		return says
	}
	var sites []string
	for _, s := range h.sites {
		if slices.Contains(g.Sites, s.Code) {
			sites = append(sites, s.Name)
		}
	}
	if len(sites) > 0 {
		says = v.T("scope_at_sites", "sites", strings.Join(sites, ", "), "scope", says)
	}
	if g.Mine {
		says = v.T("scope_mine", "scope", says)
	}
	return says
}
