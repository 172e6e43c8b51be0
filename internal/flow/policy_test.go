package flow

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

// The policy as a table, so that a change to it is a change to this test.
func TestRolesMayDoTheirPart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		right Right
		who   string // O M S o v w s p: owner manager supervisor operator vendor viewer support program
	}{
		{Anybody, "OMSovwsp"}, {MaySee, "OMSowsp"}, {MaySeeBoard, "OMSwsp"}, {MayReport, "OMSop"}, {MayCreate, "OMp"}, {MayChange, "OMp"},
		{MayPrioritise, "OMSp"}, {MayAssign, "OMS"}, {MayReverse, "OMS"}, {MayOverride, "OM"}, {MayCloseNC, "OMS"}, {MayReview, "OMSs"},
		{MayExport, "OMSwp"}, {MayDesign, "OMs"}, {MaySetUp, "OMs"}, {MayVendors, "OM"}, {MayPeople, "OM"}, {MayLink, "OM"}, {MayDevices, "OM"},
		{MayTokens, "O"}, {MayAudit, "O"}, {MayGovern, "O"}, {MayAnswer, "v"}, {MaySelf, "OMSovw"}, {MayFollow, "p"},
		{MayTakeFiles, "p"}, {MayBringFiles, "p"},
	} {
		got := ""
		for i, r := range []Role{Owner, Manager, Supervisor, Operator, Vendor, Viewer, Support, Program} {
			if (Person{Role: r}).May(c.right) {
				got += string("OMSovwsp"[i])
			}
		}
		if got != c.who {
			t.Errorf("right %b: %s, want %s", c.right, got, c.who)
		}
	}
	if (Person{}).May(MaySee) || (Person{Role: "captain"}).May(MaySee) || (Person{Role: Owner}).May(rightsEnd) {
		t.Error("an unknown role or right is allowed")
	}
	floor := Person{Role: Owner, Without: OnlyOnFloor}
	if !floor.May(MayReport) || floor.May(MaySelf) || floor.May(MayCreate) || floor.May(MaySeeBoard) || floor.May(MayGovern) {
		t.Error("a PIN opens more than the floor")
	}
}

func TestNobodyRaisesAnotherAboveThemselves(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		role, by Role
		may      bool
	}{
		{Owner, Owner, true}, {Owner, Manager, false}, {Manager, Manager, false}, {Supervisor, Manager, true}, {Operator, Supervisor, false},
		{Support, Owner, false}, {Program, Owner, false}, {Viewer, Manager, true},
	} {
		if got := c.role.Below(c.by); got != c.may {
			t.Errorf("%s by %s: %v", c.role, c.by, got)
		}
	}
}

// scopes draws what a member was given over two processes of three stages, two vendors and two sites.
func scopes(t *rapid.T, name string) Given {
	g := Given{All: rapid.Bool().Draw(t, name+" all"), Mine: rapid.IntRange(0, 3).Draw(t, name+" mine") == 0}
	for i := range 2 {
		if rapid.Bool().Draw(t, name+" process") {
			g.Processes = append(g.Processes, ID{byte(i + 1)})
		}
		if rapid.Bool().Draw(t, name+" vendor") {
			g.Vendors = append(g.Vendors, ID{50, byte(i)})
		}
		if rapid.IntRange(0, 2).Draw(t, name+" site") == 0 {
			g.Sites = append(g.Sites, string(rune('a'+i)))
		}
		for s := range 3 {
			if rapid.Bool().Draw(t, name+" stage") {
				g.Stages = append(g.Stages, StageRef{ID{byte(i + 1)}, "s" + string(rune('0'+s))})
			}
		}
	}
	return g
}

func somewhere(t *rapid.T) Job {
	j := Job{ID: ID{9}, Process: ID{byte(rapid.IntRange(1, 2).Draw(t, "process"))}, Site: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "site")}
	for s := range 3 {
		st := StageState{Code: "s" + string(rune('0'+s)), Received: Quantity(rapid.IntRange(0, 1).Draw(t, "here")) * One}
		if rapid.Bool().Draw(t, "out") {
			st.Out = []Out{{Vendor: ID{50, byte(rapid.IntRange(0, 1).Draw(t, "at"))}}}
		}
		if rapid.Bool().Draw(t, "assigned") {
			st.Assigned = ID{7}
		}
		j.Stages = append(j.Stages, st)
	}
	return j
}

// Whoever hands out a scope within their own hands out nothing they do not see themselves.
func TestWhatIsWithinAScopeSeesNoMore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		mine, theirs := scopes(t, "mine"), scopes(t, "theirs")
		by, other := mine.Scope(Manager, ID{7}), theirs.Scope(Operator, ID{7})
		j := somewhere(t)
		if theirs.Within(by) && other.Sees(j) && !by.Sees(j) {
			t.Fatalf("given by %+v: %+v sees %+v", mine, theirs, j)
		}
		for _, s := range j.Stages {
			if theirs.Within(by) && other.At(j, s.Code) && !by.At(j, s.Code) {
				t.Fatalf("given by %+v: %+v works at %s of %+v", mine, theirs, s.Code, j)
			}
		}
		if other.Holds(j) && !other.Sees(j) || theirs.Nothing() && other.Sees(j) {
			t.Fatalf("%+v: holds but does not see, or nothing sees: %+v", theirs, j)
		}
		var again Given
		if err := json.Unmarshal([]byte(theirs.Encode()), &again); err != nil || again.Encode() != theirs.Encode() {
			t.Fatalf("%s %v", theirs.Encode(), err)
		}
	})
}

func TestPrivateFieldsAreForThoseNamed(t *testing.T) {
	t.Parallel()
	p := Process{ID: ID{1}, Fields: []Field{{Code: "rate", For: []Role{Manager, Viewer}}, {Code: "gsm"}},
		Stages: []Stage{{Code: "pack", Fields: []Field{{Code: "phone", For: []Role{Manager}}}}}}
	j := Job{Process: p.ID, Customer: "Sahyadri Foods", Fields: map[string]string{"rate": "41.50", "gsm": "300", "old": "kept"},
		Stages: []StageState{{Code: "pack", Values: map[string]string{"phone": "+910000000000"}}}}
	for _, p := range []Process{p, p.As(Operator), p.As(Vendor)} {
		m := p.ShowMove(Operator, Movement{Stage: "pack", Facts: Facts{Set: map[string]string{"field.rate": "2", "field.gsm": "3"}, Values: map[string]string{"phone": "x"}}})
		if got := p.Show(Operator, j); got.Fields["rate"] != "" || got.Stages[0].Values["phone"] != "" || len(m.Facts.Values) > 0 || m.Facts.Set["field.rate"] != "" {
			t.Errorf("an operator reads %+v %+v", got, m.Facts)
		}
	}
	if as := p.As(Operator); len(as.Fields) != 1 || len(as.Stages[0].Fields) != 0 || len(p.Stages[0].Fields) != 1 {
		t.Errorf("the form of an operator: %+v", as)
	}
	for role, want := range map[Role][4]bool{Owner: {true, true, true, true}, Manager: {true, true, true, true}, Viewer: {true, true, false, true},
		Supervisor: {false, true, false, true}, Operator: {false, true, false, true}, Vendor: {false, false, false, false}} {
		got := p.Show(role, j)
		has := [4]bool{got.Fields["rate"] != "", got.Fields["gsm"] != "", got.Stages[0].Values["phone"] != "", got.Customer != ""}
		if has != want {
			t.Errorf("%s: %v, want %v", role, has, want)
		}
		m := p.ShowMove(role, Movement{Kind: KindChanged, Facts: Facts{Set: map[string]string{"field.rate": "2", "customer": "x"}, Was: map[string]string{"field.rate": "1"}, Customer: "x"}})
		if (m.Facts.Set["field.rate"] != "") != want[0] || (m.Facts.Was["field.rate"] != "") != want[0] || (m.Facts.Set["customer"] != "") != want[3] || (m.Facts.Customer != "") != want[3] {
			t.Errorf("%s reads the change %+v", role, m.Facts)
		}
	}
	if j.Fields["rate"] == "" || j.Stages[0].Values["phone"] == "" {
		t.Error("showing changed the job")
	}
}

func TestScopesBySiteAndAssignment(t *testing.T) {
	t.Parallel()
	p, me := ID{1}, ID{7}
	j := Job{Process: p, Site: "vasai", Stages: []StageState{{Code: "a", Received: One, Assigned: me}, {Code: "b", Received: One, Assigned: ID{8}}, {Code: "c", Received: One}}}
	mine := Given{Processes: []ID{p}, Mine: true}.Scope(Operator, me)
	if !mine.At(j, "a") || mine.At(j, "b") || mine.At(j, "c") || mine.Holds(j) || !mine.Sees(j) {
		t.Error("of what is assigned, exactly that is theirs")
	}
	vasai, pune := Given{All: true, Sites: []string{"vasai"}}.Scope(Manager, me), Given{All: true, Sites: []string{"pune"}}.Scope(Manager, me)
	if !vasai.Holds(j) || !vasai.At(j, "c") || pune.Holds(j) || pune.At(j, "c") || pune.Sees(j) || vasai.Everything() {
		t.Error("of two sites, exactly the one's jobs are theirs")
	}
	cartons := Given{Processes: []ID{p}}.Scope(Manager, me)
	for want, list := range map[bool][]Given{
		true:  {{Processes: []ID{p}}, {Stages: []StageRef{{p, "a"}}}, {Processes: []ID{p}, Sites: []string{"pune"}}, {Processes: []ID{p}, Mine: true}, {}},
		false: {{All: true}, {Processes: []ID{{2}}}, {Stages: []StageRef{{ID{2}, "a"}}}, {Vendors: []ID{{3}}}},
	} {
		for _, g := range list {
			if g.Within(cartons) != want {
				t.Errorf("%+v within one process: want %v", g, want)
			}
		}
	}
	if (Given{All: true}).Within(vasai) || (Given{All: true, Sites: []string{"vasai", "pune"}}).Within(vasai) || !(Given{All: true, Sites: []string{"vasai"}}).Within(vasai) {
		t.Error("a site's manager gives that site only")
	}
}

// A private field that a later version of the process has no more stays private in the jobs that have moved over.
func TestAPrivateFieldStaysPrivateWhenItIsGone(t *testing.T) {
	t.Parallel()
	p := Process{ID: ID{1}, Version: 1, Fields: []Field{{Code: "rate", For: []Role{Manager}}, {Code: "gsm"}}, Stages: []Stage{{Code: "pack", Fields: []Field{{Code: "phone", For: []Role{Manager}}}}}}
	next := Process{Fields: []Field{{Code: "gsm"}}, Stages: []Stage{{Code: "pack"}}}.Follows(p)
	next = Process{Fields: []Field{{Code: "size"}}, Stages: []Stage{{Code: "pack"}}}.Follows(next)
	j := Job{Process: p.ID, Fields: map[string]string{"rate": "41.50", "gsm": "300"}, Stages: []StageState{{Code: "pack", Values: map[string]string{"phone": "x"}}}}
	for _, p := range []Process{next, next.As(Operator)} {
		if got := p.Show(Operator, j); got.Fields["rate"] != "" || got.Fields["gsm"] == "" || got.Stages[0].Values["phone"] != "" {
			t.Errorf("an operator reads %+v", got)
		}
	}
	if got := next.Show(Manager, j); got.Fields["rate"] == "" || got.Stages[0].Values["phone"] == "" {
		t.Errorf("a manager reads %+v", got)
	}
	back := Process{Fields: p.Fields, Stages: p.Stages}.Follows(next)
	if len(back.Gone) != 0 {
		t.Errorf("what is there again is not gone: %+v", back.Gone)
	}
}
