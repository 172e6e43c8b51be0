package web_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// eighty is a process of eighty stages in eight phases, as a file.
func eighty() string {
	var b strings.Builder
	b.WriteString("name: Ship refit\nmode: quantity\nunit: pcs\nprefix: SR\nstages:\n")
	for i := range 80 {
		fmt.Fprintf(&b, "  - name: Step %d\n    phase: Dock %d\n    target: 4h\n    public: Refit %d\n", i+1, i/10+1, i+1)
	}
	return b.String()
}

// A process of eighty stages can be found one's way in: a link to each phase, a stage put at a place by its number, another
// after it. One of three has none of that in the way.
func TestALongProcessInTheDesigner(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.post("/processes", url.Values{"command": {newID(t).String()}, "from": {"file"}, "text": {eighty()}}).
		says(200, "Dock 8 10")
	for _, part := range []string{`href="#stage-71">Dock 8 <small>10</small>`, `<p class="phasehead">Dock 8</p>`, `<details class="customer">`} {
		if !strings.Contains(owner.body, part) {
			t.Errorf("there is no %s", part)
		}
	}
	if n := strings.Count(owner.body, `<p class="phasehead">`); n != 8 {
		t.Errorf("%d headings for eight phases", n)
	}
	here := owner.at.Path
	form := designerForm(t, owner.body)
	if form.Get("to.71") != "71" || len(form["s"]) != 80 {
		t.Fatalf("stage 71 is at %q of %d", form.Get("to.71"), len(form["s"]))
	}
	for to, at := range map[string]int{"3": 2, "0": 0, "900": 79, "-4": 0, "next": 70, "": 70} {
		owner.post(here, clone(form, "do", "move.71", "to.71", to)).says(200)
		if keys := designerForm(t, owner.body)["s"]; len(keys) != 80 || slices.Index(keys, "71") != at {
			t.Errorf("moved to %q it is at %d of %d, want %d", to, slices.Index(keys, "71"), len(keys), at)
		}
	}
	owner.post(here, clone(form, "do", "after.12")).says(200)
	more := designerForm(t, owner.body)
	if len(more["s"]) != 81 || more["s"][12] != "81" || more.Get("phase.81") != "Dock 2" || more.Get("to.13") != "14" {
		t.Errorf("the new stage is at %d, in %q", slices.Index(more["s"], "81"), more.Get("phase.81"))
	}
	owner.post(here, clone(more, "do", "publish", "stage.81", "Fire watch")).says(200, "Version 2 is published")
	owner.post("/processes", url.Values{"command": {newID(t).String()}, "from": {"file"}, "text": {"name: Three\nmode: quantity\nstages:\n  - name: Cut\n  - name: Sew\n  - name: Send\n"}}).
		says(200, "Order confirmed › In production › Ready for dispatch › Dispatched")
	for _, part := range []string{"chips phases", "phasehead", `<details class="customer">`} {
		if strings.Contains(owner.body, part) {
			t.Errorf("three stages have %s", part)
		}
	}
}
