package postgres_test

import (
	"errors"
	"testing"

	"clicarity/internal/flow"
	"clicarity/internal/postgres/pgtest"
)

// What would come of a command is what comes of it when it is given next; asking changes nothing.
func TestWouldIsWhatComes(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	f, other := openFirm(t, db, "sahyadri"), openFirm(t, db, "konkan")
	id, theirs := f.job("JC-1", 100), other.job("JC-1", 100)
	printing := at(id, "printing")
	actions := []flow.Action{
		flow.Change{Job: id, Set: map[string]string{flow.SetUrgent: ""}}, flow.Change{Job: id, Set: map[string]string{flow.SetUrgent: "yes"}},
		flow.Change{Job: id, Set: map[string]string{flow.SetDue: "2026-02-30"}}, flow.Change{Job: theirs, Set: map[string]string{flow.SetUrgent: "yes"}},
		flow.Hold{Work: printing, Reason: "no_material"}, flow.Hold{Work: printing, Reason: "no_power"}, flow.Resume{Work: printing}, flow.Resume{Work: printing},
		flow.Start{Work: printing, Station: "Press 1"}, flow.Hold{Work: printing, Reason: "no_power"},
		flow.Start{Work: at(f.job("JC-2", 10), "printing"), Station: "Press 1"}, flow.Resume{Work: printing}, flow.Assign{Work: printing, To: f.owner}, flow.Assign{Work: at(id, "lamination")},
	}
	for i, a := range actions {
		before, _, err := db.Timeline(t.Context(), f.org, id, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		would, err := db.Would(t.Context(), f.mark(), []flow.Command{{ID: newID(t), Action: a}, {ID: newID(t), Action: flow.Resume{Work: at(id, "dispatch")}}})
		if err != nil {
			t.Fatal(err)
		}
		if after, _, err := db.Timeline(t.Context(), f.org, id, 0, 100); err != nil || len(after) != len(before) {
			t.Fatalf("asking about %s wrote something: %v", a.Name(), err)
		}
		_, did := f.do(a)
		var one, two *flow.Refusal
		if errors.As(would[0], &one) != errors.As(did, &two) || one != nil && one.Code != two.Code {
			t.Errorf("%d %s: would be %v, is %v", i, a.Name(), would[0], did)
		}
		if would[1] == nil {
			t.Error("what waits at no stage would be resumed")
		}
	}
	if _, err := db.Would(t.Context(), f.mark(), []flow.Command{{ID: newID(t), Action: flow.Undo{Job: id}}}); err == nil {
		t.Error("asked about an undo without its history")
	}
	f.sound()
}
