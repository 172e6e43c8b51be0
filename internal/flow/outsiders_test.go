package flow

import (
	"encoding/json"
	"strings"
	"testing"
)

// outsiders are members with every right of their role, and nothing in their scope; and one who has everything in it but no
// right.
func outsiders() []Mark {
	elsewhere := Given{Processes: []ID{{0xEE}}, Stages: []StageRef{{Process: ID{0xEE}, Stage: "s0"}}, Vendors: []ID{{0xEE}}, Sites: []string{"elsewhere"}}
	var marks []Mark
	for _, r := range []Role{Manager, Supervisor, Operator, Vendor, Viewer, Support, Program} {
		marks = append(marks, Mark{Member: ID{0xEE, 1}, Role: r, Scope: elsewhere.Scope(r, ID{0xEE, 1})}, Mark{Member: ID{0xEE, 2}, Role: r})
	}
	return append(marks, Mark{Member: ID{0xEE, 3}, Role: Owner, Without: ^Anybody, Scope: Scope{All: true}}, Mark{Member: ID{0xEE, 4}, Role: "captain", Scope: Scope{All: true}})
}

// strangersGetNothing gives a command in the name of everybody who may not give it. None causes a movement, and no refusal
// tells anything of the world it was given.
func strangersGetNothing(fatal func(format string, args ...any), w World, c Command, at Moment) {
	for _, m := range outsiders() {
		m.At = at
		moves, err := Decide(w, m, c)
		r, ok := err.(*Refusal) //nolint:errorlint // the rules make it, nobody wraps it
		if !ok || len(moves) > 0 {
			fatal("a %s out of their scope: %d movements, %v: %s %+v", m.Role, len(moves), err, c.Action.Name(), c.Action)
			return
		}
		told, _ := json.Marshal(r)
		for id, j := range w.Jobs {
			if strings.Contains(string(told), id.String()) || r.Job != "" && NumberKey(r.Job) == NumberKey(j.Number) {
				fatal("a %s out of their scope learns %s of job %s from %s", m.Role, told, j.Number, c.Action.Name())
				return
			}
		}
		if !r.By.IsZero() || r.At != 0 || r.Here != 0 || len(r.Depends) > 0 {
			fatal("a %s out of their scope learns %s from %s", m.Role, told, c.Action.Name())
			return
		}
	}
}

func TestEveryActionAsksForARight(t *testing.T) {
	t.Parallel()
	j := Job{ID: ID{5}, Process: ID{9}, Version: 1, Mode: QuantityMode, Number: "JC-1", Quantity: Units(10), Stages: []StageState{{Code: "s0", Received: Units(10), OnHand: Units(10), Ready: 1}, {Code: "s1"}},
		Files: []File{{ID: ID{0xF1}, Kind: Drawing, Title: "y", Revisions: []RevisionKept{{Revision: anyRevision(9, "A")}}}}}
	p := Process{ID: ID{9}, Version: 1, Mode: QuantityMode, HoldReasons: StarterHolds(), Stages: []Stage{{Code: "s0", Optional: true}, {Code: "s1"}}}
	other := j
	other.ID, other.Number, other.LotOf = ID{6}, "JC-1/2", j.ID
	w := World{Jobs: map[ID]Job{j.ID: j, other.ID: other}, Processes: map[Edition]Process{{p.ID, 1}: p}, Newest: p, Taken: map[string]ID{}, Next: map[ID]Next{p.ID: {Number: 2}}, Challan: "C-1"}
	work := Work{Job: j.ID, Stage: "s0"}
	for _, a := range []Action{Start{Work: work}, Report{Work: work, Good: One}, Finish{Work: work}, Hold{Work: work, Reason: "other"}, Resume{Work: work}, Decision{Work: work}, Count{Work: work, There: One, Reason: "x"},
		AddStage{Work: Work{Job: j.ID, Stage: "s2"}, Called: "S2", After: "s1"}, Change{Job: j.ID, Set: map[string]string{SetItem: "x"}}, Undo{Job: j.ID, Undoes: ID{1}, Reason: "x"},
		Create{Process: p.ID, Version: 1, Jobs: []NewJob{{ID: ID{7}, Quantity: One}}}, Send{Vendor: ID{3}, Lines: []SendLine{{Work: work}}}, Receive{Work: work, Challan: "C-1", Good: One},
		Split{Work: work, Lot: ID{8}, Number: "JC-1/3", Quantity: One}, Merge{Work: work, Into: other.ID}, AddComponent{Job: j.ID, Process: p.ID, Version: 1, Joins: "s1", Called: "Lid", Per: One, Child: NewJob{ID: ID{8}}},
		MoveOver{Process: p.ID, Version: 1, Jobs: []ID{j.ID}}, RaiseNC{Work: work, NC: ID{4}, What: "x"}, SettleNC{Job: j.ID, NC: ID{4}, Root: "x"}, StartTogether{Works: []Work{work}, Batch: ID{2}},
		FinishTogether{Works: []Work{work}}, Answer{Challan: "C-1", Said: SaidHere, Lines: []AnswerLine{{Work: work}}}, Assign{Work: work, To: ID{2}}, AttachFile{Job: j.ID, File: ID{4}, Kind: Drawing, Title: "x", Revision: anyRevision(1, "A")},
		AttachFile{Job: j.ID, Stage: "s0", File: ID{4}, Kind: Drawing, Title: "x", Revision: anyRevision(1, "A")}, RetireFile{Job: j.ID, File: ID{0xF1}, Reason: "x"}, EraseFile{Job: j.ID, Revision: ID{0xF2, 9}, Reason: "x"}, ImportHistory{Process: p.ID, Version: 1, Jobs: []PastJob{{}}}} {
		strangersGetNothing(t.Errorf, w, Command{ID: ID{1, 1}, Action: a}, 100)
	}
}

// A member of one lot learns nothing of another job by merging into it.
func TestAbuseAMergeAsksForBothJobs(t *testing.T) {
	t.Parallel()
	j := Job{ID: ID{5}, Process: ID{9}, Version: 1, Mode: QuantityMode, Number: "JC-1", Site: "vasai", Stages: []StageState{{Code: "s0", Received: Units(10), OnHand: Units(10), Ready: 1}}}
	other := j
	other.ID, other.Number, other.Site = ID{6}, "SECRET-2", "pune"
	w := World{Jobs: map[ID]Job{j.ID: j, other.ID: other}, Processes: map[Edition]Process{{j.Process, 1}: {ID: j.Process, Version: 1, Mode: QuantityMode, Stages: []Stage{{Code: "s0"}}}}}
	m := Mark{Member: ID{1}, Role: Operator, At: 100, Scope: Given{Stages: []StageRef{{j.Process, "s0"}}, Sites: []string{"vasai"}}.Scope(Operator, ID{1})}
	_, err := Decide(w, m, Command{ID: ID{1}, Action: Merge{Work: Work{Job: j.ID, Stage: "s0"}, Into: other.ID}})
	if r, ok := err.(*Refusal); !ok || r.Code != NotFound || r.Job != "" { //nolint:errorlint // made by the rules
		t.Errorf("%+v", err)
	}
}
