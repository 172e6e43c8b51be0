package flow

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// anyGiven is a scope out of few parts, so that they meet.
func anyGiven(t *rapid.T, name string) Given {
	ids := []ID{{1}, {2}, {3}}
	return Given{
		All:       rapid.Float64Range(0, 1).Draw(t, name+" all") < 0.3,
		Processes: rapid.SliceOfNDistinct(rapid.SampledFrom(ids), 0, 2, rapid.ID).Draw(t, name+" processes"),
		Stages: rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) StageRef {
			return StageRef{rapid.SampledFrom(ids).Draw(t, "process"), rapid.SampledFrom([]string{"a", "b"}).Draw(t, "stage")}
		}), 0, 3, rapid.ID).Draw(t, name+" stages"),
		Vendors: rapid.SliceOfNDistinct(rapid.SampledFrom([]ID{{8}, {9}}), 0, 2, rapid.ID).Draw(t, name+" vendors"),
		Sites:   rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"x", "y"}), 0, 2, rapid.ID).Draw(t, name+" sites"),
		Mine:    rapid.Float64Range(0, 1).Draw(t, name+" mine") < 0.2,
	}
}

// Whatever people do to each other, nobody hands out a role that is not below their own, nobody's scope grows beyond that
// of the one who gave it, and those who may not change people change nobody.
func TestNobodyGivesMoreThanTheyHave(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		roles := append(Roles(), Support, Program)
		by := Standing{Member: ID{101}, Role: rapid.SampledFrom(roles).Draw(t, "by"), Given: anyGiven(t, "by"), Suspended: rapid.Bool().Draw(t, "suspended")}
		m := Standing{Member: rapid.SampledFrom([]ID{{101}, {102}}).Draw(t, "member"), Role: rapid.SampledFrom(roles).Draw(t, "role"), Given: anyGiven(t, "m")}
		if m.Member == by.Member {
			m = by
		}
		r, g := rapid.SampledFrom(roles).Draw(t, "to"), anyGiven(t, "to")
		now, err := Give(r, g)(by, m)
		if err != nil {
			return
		}
		if by.Suspended || m.Member == by.Member || by.Role != Owner && by.Role != Manager || !slices.Contains(Roles(), now.Role) {
			t.Fatalf("%+v gave %+v", by, now)
		}
		if by.Role == Owner {
			return
		}
		if now.Role == Owner || now.Role == Manager || m.Role == Owner || m.Role == Manager {
			t.Fatalf("%+v made %+v out of %+v", by, now, m)
		}
		mine, theirs := by.Scope(), now.Scope()
		j := Job{Process: rapid.SampledFrom([]ID{{1}, {2}, {3}}).Draw(t, "job"), Site: rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "at"),
			Stages: []StageState{{Code: "a", Received: One, OnHand: One}, {Code: "b", Out: []Out{{Vendor: rapid.SampledFrom([]ID{{8}, {9}}).Draw(t, "out")}}}}}
		for _, stage := range []string{"a", "b"} {
			if theirs.Mine.IsZero() && theirs.At(j, stage) && !mine.At(j, stage) {
				t.Fatalf("%+v gave %+v, who sees %+v at %s", by, now, j, stage)
			}
		}
	})
}

func TestWhoMayDoWhatToWhom(t *testing.T) {
	t.Parallel()
	owner, other := Standing{Member: ID{1}, Role: Owner}, Standing{Member: ID{2}, Role: Owner}
	manager := Standing{Member: ID{3}, Role: Manager, Given: Given{All: true}}
	vasai := Standing{Member: ID{4}, Role: Manager, Given: Given{All: true, Sites: []string{"vasai"}}}
	ravi := Standing{Member: ID{5}, Role: Operator, Given: Given{Stages: []StageRef{{ID{9}, "printing"}}}}
	gone := ravi
	gone.Left = true
	for name, c := range map[string]struct {
		do    PeopleAction
		by, m Standing
		may   bool
	}{
		"an owner demotes another":                {Give(Manager, Given{All: true}), owner, other, true},
		"an owner suspends another":               {Suspend, owner, other, true},
		"a manager suspends an owner":             {Suspend, manager, owner, false},
		"a manager suspends a manager":            {Suspend, manager, vasai, false},
		"a manager suspends an operator":          {Suspend, manager, ravi, true},
		"a manager makes a manager":               {Give(Manager, ravi.Given), manager, ravi, false},
		"a manager of a site touches one of all":  {Suspend, vasai, ravi, false},
		"an operator suspends an operator":        {Suspend, ravi, Standing{Member: ID{6}, Role: Operator}, false},
		"somebody suspends themselves":            {Suspend, owner, owner, false},
		"somebody gives themselves a role":        {Give(Owner, Given{}), manager, manager, false},
		"an owner steps down":                     {StepDown, owner, owner, true},
		"an owner makes another step down so":     {StepDown, owner, other, false},
		"a manager steps down":                    {StepDown, manager, manager, false},
		"an operator leaves":                      {Leave, ravi, ravi, true},
		"somebody leaves in another's name":       {Leave, ravi, owner, false},
		"somebody who has left is given a role":   {Give(Viewer, ravi.Given), owner, gone, false},
		"an owner lets somebody in":               {LetIn, owner, Standing{Member: ID{7}, Role: Viewer, Suspended: true}, true},
		"an owner removes a manager":              {Remove, owner, manager, true},
		"a manager touches a supervisor":          {Touch, manager, Standing{Member: ID{8}, Role: Supervisor, Given: Given{All: true}}, true},
		"a manager gives support's role":          {Give(Support, Given{}), manager, ravi, false},
		"an owner gives a program's role":         {Give(Program, Given{}), owner, ravi, false},
		"a suspended manager lets an operator in": {LetIn, Standing{Member: ID{3}, Role: Manager, Given: Given{All: true}, Suspended: true}, ravi, false},
	} {
		if _, err := c.do(c.by, c.m); (err == nil) != c.may {
			t.Errorf("%s: %v", name, err)
		}
	}
	if g := (Given{All: true, Processes: []ID{{1}}, Vendors: []ID{{2}}}).Fits(Vendor); g.All || len(g.Processes) > 0 || len(g.Vendors) != 1 {
		t.Errorf("a vendor has %+v", g)
	}
}

// Somebody who designs a process neither lays open to themselves what is private to others, nor takes it away.
func TestAPrivateFieldIsNotDesignedOpen(t *testing.T) {
	t.Parallel()
	rate := Field{Code: "rate", Label: "Rate", Type: NumberField, For: []Role{Owner}}
	last := Process{Fields: []Field{rate}, Stages: []Stage{{Code: "a", Fields: []Field{rate}}}}
	open := rate
	open.For = nil
	for name, next := range map[string]Process{"opened": {Fields: []Field{open}, Stages: []Stage{{Code: "a", Fields: []Field{open}}}}, "taken away": {Stages: []Stage{{Code: "a"}}}} {
		got := next.Keeping(last, Manager)
		if len(got.Fields) != 1 || got.Fields[0].SeenBy(Manager) || len(got.Stages[0].Fields) != 1 || got.Stages[0].Fields[0].SeenBy(Manager) {
			t.Errorf("%s: %+v", name, got)
		}
		if got := next.Keeping(last, Owner); len(got.Fields) != len(next.Fields) || len(got.Fields) > 0 && !got.Fields[0].SeenBy(Manager) {
			t.Errorf("an owner cannot: %+v", got)
		}
	}
	p := Starter(ID{1})
	for _, bad := range [][]Role{{"boss"}, {Support}, {Manager, Manager}} {
		if p.Fields = []Field{{Code: "rate", Label: "Rate", Type: TextField, For: bad}}; p.Acceptable() == nil {
			t.Errorf("a field for %v passes", bad)
		}
	}
}
