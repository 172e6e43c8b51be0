package flow

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// This file is the one place that says who may do and see what on which. Pages, programs, live feeds, searches, files
// and exports ask it; the default is no.

// Role is what a member is in an organisation.
type Role string

const (
	Owner      Role = "owner"      // everything, and closing the account
	Manager    Role = "manager"    // processes, members, vendors, imports, reports
	Supervisor Role = "supervisor" // assigns, takes back, closes, sets priorities
	Operator   Role = "operator"   // starts, reports and holds at the stages given
	Vendor     Role = "vendor"     // answers for what was sent to them
	Viewer     Role = "viewer"     // sees what is given
	Support    Role = "support"    // what an owner granted, for as long as granted
	Program    Role = "program"    // a token of the organisation: what it was made for
)

// Roles are those that a person can be given, the most powerful first.
func Roles() []Role { return []Role{Owner, Manager, Supervisor, Operator, Vendor, Viewer} }

// Right is something that may be done or seen. Several are one with |.
type Right uint64

// Rights. Each is asked for on the jobs, stages or set-up within the asker's scope only.
const (
	Anybody       Right = 1 << iota // what is there without signing in
	MaySee                          // jobs, stage queues, pictures and searches
	MaySeeBoard                     // all jobs of a process at a glance
	MayReport                       // start, report, hold, inspect, send out and take back; undo one's own
	MayCreate                       // jobs, components, imports of job lists
	MayChange                       // a job's fields, dates and route
	MayPrioritise                   // a job's priority and due date
	MayAssign                       // say who does a job at a stage
	MayReverse                      // take back what others reported
	MayOverride                     // pass a closed gate with a reason
	MayCloseNC                      // close non-conformances
	MayReview                       // quality, traces
	MayExport                       // take lists out as files
	MayDesign                       // processes and their versions
	MaySetUp                        // words, calendars, sites
	MayVendors                      // vendors and their desk
	MayPeople                       // members of lower roles, and their scope
	MayLink                         // links for customers and vendors
	MayDevices                      // shared floor devices
	MayTokens                       // tokens for programs
	MayAudit                        // the audit log
	MayGovern                       // sign-in rules, owners, support access, the account itself
	MayAnswer                       // vendors: receive and report what was sent to them
	MaySelf                         // one's own account: language, password, second factor, sessions
	MayFollow                       // the log of movements, as programs read it
	MayTakeFiles                    // files of jobs, as programs take them
	MayBringFiles                   // and as programs add and retire them
	rightsEnd
)

// AllRights are all there are.
func AllRights() []Right {
	var all []Right
	for r := Anybody; r < rightsEnd; r <<= 1 {
		all = append(all, r)
	}
	return all
}

const (
	floorRights      = MaySee | MayReport
	supervisorRights = floorRights | MaySeeBoard | MayPrioritise | MayAssign | MayReverse | MayCloseNC | MayReview | MayExport | MaySelf
	managerRights    = supervisorRights | MayCreate | MayChange | MayOverride | MayDesign | MaySetUp | MayVendors | MayPeople | MayLink | MayDevices
	ownerRights      = managerRights | MayTokens | MayAudit | MayGovern
)

// roleRights is the policy. A role that is not in it may do nothing.
var roleRights = map[Role]Right{
	Owner:      ownerRights,
	Manager:    managerRights,
	Supervisor: supervisorRights,
	Operator:   floorRights | MaySelf,
	Vendor:     MayAnswer | MaySelf,
	Viewer:     MaySee | MaySeeBoard | MayExport | MaySelf,
	Support:    MaySee | MaySeeBoard | MayReview | MayDesign | MaySetUp,
	Program:    MaySee | MaySeeBoard | MayReport | MayCreate | MayChange | MayPrioritise | MayExport | MayFollow | MayTakeFiles | MayBringFiles,
}

// Rights are what a role may do.
func (r Role) Rights() Right { return roleRights[r] | Anybody }

// Below reports whether a role is one that a member of another may give, change and take away: owners all, managers
// all but owners and managers.
func (r Role) Below(other Role) bool {
	switch other {
	case Owner:
		return slices.Contains(Roles(), r)
	case Manager:
		return r != Owner && r != Manager && slices.Contains(Roles(), r)
	}
	return false
}

// OnlyOnFloor is what a session withholds that was opened at a shared device: all but the work itself. A PIN never
// opens an office screen.
const OnlyOnFloor = ^(Anybody | floorRights)

// OnlyLooking is what a grant of support access withholds that does not say that support may help with the set-up.
const OnlyLooking = MayDesign | MaySetUp

// NotTrying is what a visitor's session in a factory to try withholds: whatever reaches other people or lasts. What is
// left is jobs and what is seen of them.
const NotTrying = MayDesign | MaySetUp | MayVendors | MayPeople | MayLink | MayDevices | MayTokens | MayAudit | MayGovern | MaySelf

// StageRef names a stage across the versions of its process.
type StageRef struct {
	Process ID     `json:"process"`
	Stage   string `json:"stage"`
}

// Given is a scope as it is kept: what a member was given. The zero value is nothing.
type Given struct {
	All       bool       `json:"all,omitempty"`       // every process
	Processes []ID       `json:"processes,omitempty"` // whole processes
	Stages    []StageRef `json:"stages,omitempty"`    // single stages
	Vendors   []ID       `json:"vendors,omitempty"`   // what is at these vendors
	Sites     []string   `json:"sites,omitempty"`     // and of all that only the jobs of these sites; none: of any
	Mine      bool       `json:"mine,omitempty"`      // and of all that only what is assigned to the member
}

// Nothing reports whether nothing was given.
func (g Given) Nothing() bool {
	return !g.All && len(g.Processes) == 0 && len(g.Stages) == 0 && len(g.Vendors) == 0
}

// Encode is the one text form of what was given.
func (g Given) Encode() string {
	b, err := json.Marshal(g)
	if err != nil { // plain values always marshal
		panic(err)
	}
	return string(b)
}

// Scope is what was given as the rules ask it, for a member of a role.
func (g Given) Scope(role Role, member ID) Scope {
	if role == Owner {
		return Scope{All: true}
	}
	s := Scope{All: g.All, Processes: set(g.Processes), Stages: set(g.Stages), Vendors: set(g.Vendors), Sites: set(g.Sites)}
	if g.Mine {
		s.Mine = member
	}
	return s
}

func set[K comparable](list []K) map[K]bool {
	m := make(map[K]bool, len(list))
	for _, k := range list {
		m[k] = true
	}
	return m
}

// Scope says which jobs and stages a member may see and work at. The zero scope is nothing: default is deny.
type Scope struct {
	All       bool
	Processes map[ID]bool
	Stages    map[StageRef]bool
	Vendors   map[ID]bool
	Sites     map[string]bool // not empty: only jobs of these sites
	Mine      ID              // not zero: only what is assigned to this member
}

// Everything reports whether nothing of the organisation is outside the scope.
func (s Scope) Everything() bool { return s.All && len(s.Sites) == 0 && s.Mine.IsZero() }

// Covers reports whether a stage is in the scope, for jobs that the scope does not leave out.
func (s Scope) Covers(process ID, stage string) bool {
	return s.All || s.Processes[process] || s.Stages[StageRef{Process: process, Stage: stage}]
}

// Whole reports whether every stage of a process is in the scope, now and in later versions.
func (s Scope) Whole(process ID) bool { return s.All || s.Processes[process] }

// site reports whether the scope takes in jobs of a site.
func (s Scope) site(site string) bool { return len(s.Sites) == 0 || s.Sites[site] }

// At reports whether a job's stage is in the scope.
func (s Scope) At(j Job, stage string) bool {
	st, ok := j.Stage(stage)
	return ok && s.at(&j, &st)
}

func (s Scope) at(j *Job, st *StageState) bool {
	if !s.site(j.Site) || !s.Mine.IsZero() && st.Assigned != s.Mine {
		return false
	}
	return s.Covers(j.Process, st.Code) || slices.ContainsFunc(st.Out, func(o Out) bool { return s.Vendors[o.Vendor] })
}

// Holds reports whether the whole of a job is in the scope: all its stages, whatever happens to it.
func (s Scope) Holds(j Job) bool { return s.Whole(j.Process) && s.site(j.Site) && s.Mine.IsZero() }

// Sees reports whether a job is in the scope: the whole of it, or something of it has come to one of the stages, or is
// at the stage before one and so expected next.
func (s Scope) Sees(j Job) bool {
	if s.Holds(j) {
		return true
	}
	for i := range j.Stages {
		st := &j.Stages[i]
		if s.at(&j, st) && (st.Received+st.Found > 0 || i > 0 && j.Stages[i-1].Live()) {
			return true
		}
	}
	return false
}

// Answers reports whether those of the scope answer for what of a job is at a vendor.
func (s Scope) Answers(j Job, vendor ID) bool {
	return s.Vendors[vendor] && s.site(j.Site) && s.Mine.IsZero()
}

// Within reports whether all that was given is within a scope, so that nobody hands out more than they have.
func (g Given) Within(s Scope) bool {
	if s.Everything() {
		return true
	}
	stages := func(r StageRef) bool { return s.Covers(r.Process, r.Stage) }
	switch {
	case g.All && !s.All, !s.Mine.IsZero() && !g.Mine:
		return false
	case len(s.Sites) > 0 && (len(g.Sites) == 0 || !all(g.Sites, s.site)):
		return false
	}
	return all(g.Processes, s.Whole) && all(g.Stages, stages) && (s.All || all(g.Vendors, func(v ID) bool { return s.Vendors[v] }))
}

func all[T any](list []T, is func(T) bool) bool {
	return !slices.ContainsFunc(list, func(one T) bool { return !is(one) })
}

// SeenBy reports whether a role may read a field: everybody what is not private, owners everything, and vendors
// nothing that is not theirs by name.
func (f Field) SeenBy(r Role) bool {
	return r == Owner || len(f.For) == 0 && r != Vendor || slices.Contains(f.For, r)
}

// Show is a job as a role may read it: without fields that are private to others, for vendors without the customer.
func (p Process) Show(r Role, j Job) Job {
	if r == Vendor {
		j.Customer = ""
		j.Files = slices.DeleteFunc(slices.Clone(j.Files), func(f File) bool { return !f.Vendor })
	}
	j.Fields = p.showing(r, "", p.Fields, j.Fields)
	for i := range j.Stages {
		stage, _ := p.Stage(j.Stages[i].Code)
		if kept := p.showing(r, stage.Code, stage.Fields, j.Stages[i].Values); len(kept) != len(j.Stages[i].Values) {
			j.Stages = slices.Clone(j.Stages)
			j.Stages[i].Values = kept
		}
	}
	return j
}

// ShowMove is a movement as a role may read it.
func (p Process) ShowMove(r Role, m Movement) Movement {
	stage, _ := p.Stage(m.Stage)
	m.Facts.Values = p.showing(r, stage.Code, stage.Fields, m.Facts.Values)
	m.Facts.Fields = p.showing(r, "", p.Fields, m.Facts.Fields)
	m.Facts.Set, m.Facts.Was = p.changes(r, m.Facts.Set), p.changes(r, m.Facts.Was)
	if r == Vendor {
		m.Facts.Customer, m.Facts.File = "", nil
	}
	return m
}

// As is a process as a role reads it: its forms without the fields that are private to others. It still knows which
// those were, so that Show and ShowMove of it withhold the same.
func (p Process) As(r Role) Process {
	private := func(f Field) bool { return !f.SeenBy(r) }
	if !p.anyField(private) { // as nearly always: nothing to leave out, nothing to copy
		return p
	}
	withheld := func(form string, fields []Field) []Field {
		for _, f := range fields {
			if private(f) {
				p.withheld = append(slices.Clip(p.withheld), form+" "+f.Code)
			}
		}
		return readBy(r, fields)
	}
	p.Fields = withheld("", p.Fields)
	for _, stages := range []*[]Stage{&p.Stages, &p.Retired} {
		*stages = slices.Clone(*stages)
		for i := range *stages {
			s := &(*stages)[i]
			s.Fields = withheld(s.Code, s.Fields)
		}
	}
	return p
}

// anyField reports whether a field of any of the process's forms is something.
func (p Process) anyField(is func(Field) bool) bool {
	if slices.ContainsFunc(p.Fields, is) {
		return true
	}
	for _, stages := range [][]Stage{p.Stages, p.Retired} {
		for i := range stages {
			if slices.ContainsFunc(stages[i].Fields, is) {
				return true
			}
		}
	}
	return false
}

// showing is the values of those fields that a role may read. Values that no field of the form explains are shown to
// everybody but vendors: nobody has called them private.
func (p Process) showing(r Role, form string, fields []Field, values map[string]string) map[string]string {
	hidden := func(code, _ string) bool {
		i := slices.IndexFunc(fields, func(f Field) bool { return f.Code == code })
		return i < 0 && (r == Vendor || slices.Contains(p.withheld, form+" "+code) || p.goneFrom(r, form, code)) || i >= 0 && !fields[i].SeenBy(r)
	}
	return without(values, hidden)
}

// goneFrom reports whether a field was private to others when the process still had it.
func (p Process) goneFrom(r Role, form, code string) bool {
	return slices.ContainsFunc(p.Gone, func(g GoneField) bool {
		return g.Form == form && g.Code == code && !Field{For: g.For}.SeenBy(r)
	})
}

// changes is what a change set or was before, as a role may read it.
func (p Process) changes(r Role, set map[string]string) map[string]string {
	return without(set, func(name, _ string) bool {
		if name == SetCustomer {
			return r == Vendor
		}
		code, own := strings.CutPrefix(name, SetField)
		return own && len(p.showing(r, "", p.Fields, map[string]string{code: "x"})) == 0
	})
}

// without is a map less some entries; the map itself when there are none to leave out.
func without(values map[string]string, hidden func(k, v string) bool) map[string]string {
	for k, v := range values {
		if hidden(k, v) {
			kept := maps.Clone(values)
			maps.DeleteFunc(kept, hidden)
			return kept
		}
	}
	return values
}
