package demo

import (
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// person is somebody of the factory. The addresses and numbers can reach nobody: .example is reserved (RFC 2606),
// and no number in India begins with a zero.
type person struct {
	name, language, login string
	late                  bool     // works the second shift
	stages                []string // none: an owner
}

var people = []person{
	{"Meera Deshpande", "en", "owner@demo.example", false, nil},
	{"Harish Shah", "gu", "harish@demo.example", false, nil},
	{"Nikhil Rane", "en", "+910000000001", false, []string{"artwork", "pre-press", "proof"}},
	{"Fatima Ansari", "hi", "+910000000002", true, []string{"artwork", "pre-press", "proof"}},
	{"Pooja Mehta", "gu", "pooja@demo.example", false, []string{"order", "planning", "procurement"}},
	{"Joseph D'Souza", "en", "joseph@demo.example", true, []string{"follow-up", "sample", "won"}},
	{"Vinod Tiwari", "hi", "+910000000005", false, []string{"die", "plates"}},
	{"Santosh More", "mr", "+910000000006", true, []string{"die", "plates", "cutting"}},
	{"Ravi Kadam", "mr", "+910000000007", false, []string{"printing", "setup", "drying"}},
	{"Suresh Yadav", "hi", "+910000000008", true, []string{"printing", "setup", "drying"}},
	{"Prakash Gupta", "hi", "+910000000009", false, []string{"cutting", "procurement", "embossing"}},
	{"Imran Shaikh", "hi", "+910000000010", false, []string{"lamination", "uv", "foiling"}},
	{"Selvam Murugan", "ta", "+910000000011", true, []string{"foiling", "uv", "embossing"}},
	{"Ganesh Pawar", "mr", "+910000000012", false, []string{"die-cutting", "stripping"}},
	{"Gurpreet Singh", "hi", "+910000000013", true, []string{"die-cutting", "stripping", "bundling"}},
	{"Anita Jadhav", "mr", "+910000000014", false, []string{"pasting", "bundling"}},
	{"Bhavesh Patel", "gu", "+910000000015", true, []string{"pasting", "packing"}},
	{"Lakshmi Iyer", "ta", "+910000000016", false, []string{"qc", "packing"}},
	{"Deepak Sawant", "mr", "+910000000017", true, []string{"qc", "challan", "dispatch"}},
	{"Kavitha Raman", "ta", "kavitha@demo.example", false, []string{"enquiry", "costing", "quote"}},
}

// Of what people say in a report, by their language.
var notes = map[string][]string{
	"en": {"First lot checked with the approved proof", "Board slightly damp, dried for 20 minutes", "Shade matched to the last order", "Balance after lunch"},
	"hi": {"पहला लॉट चेक किया, ठीक है", "रंग पिछली बार जैसा रखा", "किनारे साफ हैं", "बाकी माल शाम तक"},
	"mr": {"पहिला लॉट तपासला", "रंग नमुन्याशी जुळतो", "कडा स्वच्छ आहेत", "उरलेला माल उद्या सकाळी"},
	"gu": {"પહેલો લોટ તપાસ્યો, બરાબર છે", "રંગ નમૂના પ્રમાણે"},
	"ta": {"முதல் லாட் சரிபார்த்தேன்", "நிறம் மாதிரியுடன் பொருந்துகிறது"},
}

// What people say when work stops, by reason.
var whyHeld = map[string][]string{
	"no_material":   {"Board expected tomorrow morning", "माल अभी गाड़ी में है", "Film roll over, reordered"},
	"machine_down":  {"Gripper bar adjusted, fitter called", "मशीन बंद, मिस्त्री को बुलाया", "Bearing noise on unit 3"},
	"no_power":      {"Feeder trip, DG only for the press", "लाईट गेली, MSEB ला कळवले"},
	"quality":       {"Shade off, waiting for the owner", "रंग में फर्क, दोबारा देख रहे हैं", "Set-off on the first pile"},
	"approval_wait": {"Customer will confirm by evening", "साहेबांची मंजुरी बाकी", "Mail sent twice"},
	"other":         {"Vehicle not available", "गाडी उद्या येणार"},
}

// staff is the people at work.
type staff struct {
	members []postgres.Member  // in the order of people
	at      map[string][]int   // by stage: who works there
	logins  []Login            // without passwords
	refs    map[string]flow.ID // by stage: its process
}

func newStaff(processes []flow.Process, opened time.Time, newID func(time.Time) flow.ID) *staff {
	s := &staff{at: map[string][]int{}, refs: map[string]flow.ID{}}
	names := map[string]string{}
	for _, p := range processes {
		for _, stage := range p.Stages {
			s.refs[stage.Code], names[stage.Code] = p.ID, stage.Name
		}
	}
	for i, p := range people {
		m := postgres.Member{ID: newID(opened), Name: p.name, Role: flow.Operator, Language: p.language, Logins: []string{p.login}, Created: opened}
		if len(p.stages) == 0 {
			m.Role = flow.Owner
		}
		var does []string
		for _, code := range p.stages {
			m.Given.Stages = append(m.Given.Stages, flow.StageRef{Process: s.refs[code], Stage: code})
			s.at[code] = append(s.at[code], i)
			does = append(does, names[code])
		}
		s.members = append(s.members, m)
		s.logins = append(s.logins, Login{Name: p.name, Role: string(m.Role), Login: p.login, Does: strings.Join(does, ", ")})
	}
	return s
}

// hire adds somebody who works at every stage of some processes.
func (s *staff) hire(p person, opened time.Time, newID func(time.Time) flow.ID, processes ...flow.Process) int {
	m := postgres.Member{ID: newID(opened), Name: p.name, Role: flow.Operator, Language: p.language, Logins: []string{p.login}, Created: opened}
	var does []string
	for _, process := range processes {
		does = append(does, process.Name)
		for _, stage := range process.Stages {
			m.Given.Stages = append(m.Given.Stages, flow.StageRef{Process: process.ID, Stage: stage.Code})
		}
	}
	s.members = append(s.members, m)
	s.logins = append(s.logins, Login{Name: p.name, Role: string(m.Role), Login: p.login, Does: strings.Join(does, ", ")})
	return len(s.members) - 1
}

// office adds those who work at no stage: the manager of everything, the supervisor of the presses, and the viewer from
// sales, who sees the enquiries only.
func (s *staff) office(cartons, enquiries flow.Process, opened time.Time, newID func(time.Time) flow.ID) {
	var presses []flow.StageRef
	for _, stage := range cartons.Stages {
		if stage.Phase == press {
			presses = append(presses, flow.StageRef{Process: cartons.ID, Stage: stage.Code})
		}
	}
	for _, o := range []struct {
		person
		role  flow.Role
		given flow.Given
		does  string
	}{
		{person{name: "Vikram Joshi", language: "en", login: "manager@demo.example"}, flow.Manager, flow.Given{All: true}, "everything"},
		{person{name: "Sunil Bhosale", language: "hi", login: "+910000000020"}, flow.Supervisor, flow.Given{Stages: presses}, press},
		{person{name: "Neha Agarwal", language: "en", login: "sales@demo.example"}, flow.Viewer, flow.Given{Processes: []flow.ID{enquiries.ID}}, enquiries.Name},
	} {
		s.members = append(s.members, postgres.Member{ID: newID(opened), Name: o.name, Role: o.role, Language: o.language, Logins: []string{o.login}, Created: opened, Given: o.given})
		s.logins = append(s.logins, Login{Name: o.name, Role: string(o.role), Login: o.login, Does: o.does})
	}

}

// hireVendor gives the first vendor an account, after everybody else.
func (s *staff) hireVendor(vendor flow.ID, opened time.Time, newID func(time.Time) flow.ID) {
	m := postgres.Member{ID: newID(opened), Name: vendors[0].name, Role: flow.Vendor, Language: "hi", Logins: []string{"konkan@demo.example"}, Created: opened,
		Given: flow.Given{Vendors: []flow.ID{vendor}}}
	s.members = append(s.members, m)
	s.logins = append(s.logins, Login{Name: m.Name, Role: string(m.Role), Login: m.Logins[0], Does: vendors[0].name})
}

// on is who of a stage's people works at an hour of the day: those of the shift, else one who stays longer.
func (s *staff) on(stage string, at time.Time) []int {
	late := at.In(ist).Hour() >= change
	var on []int
	for _, i := range s.at[stage] {
		if people[i].late == late {
			on = append(on, i)
		}
	}
	if len(on) == 0 {
		return s.at[stage]
	}
	return on
}

// owners are the first of the people.
func (s *staff) owners() int {
	n := 0
	for n < len(people) && len(people[n].stages) == 0 {
		n++
	}
	return n
}

// mark is how a member's command comes, as the server would take it at that moment.
func (s *staff) mark(org flow.ID, who int, at time.Time) flow.Mark {
	m := s.members[who]
	mark := flow.Mark{Org: org, Member: m.ID, Role: m.Role, Device: "phone · Chrome", At: flow.At(at),
		Scope: m.Given.Scope(m.Role, m.ID)}
	if m.Role == flow.Owner {
		mark.Device = "computer · Chrome"
	}
	return mark
}
