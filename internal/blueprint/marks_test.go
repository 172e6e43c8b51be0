package blueprint

import (
	"regexp"
	"strings"
	"testing"

	"clicarity/internal/flow"
)

// unmarked are the marks of industries.json ("a rough first reading") that a template rightly does not have, by mark, trade and
// stage: each with the reason.
var unmarked = []struct{ which, why string }{
	{`^V .*/(Incoming Inspection|Incoming QC|Return & Inspection|Return Inspection|Vendor Inspection)$`, "what vendors did comes back to be inspected here; nothing is given out"},
	{`^V .*/(Raw Material Procurement|Paper / Material Procurement|Stone Procurement / Issue|Purchase Orders Placed|BOQ & Vendor Finalisation|Vendor & Sub-Contractor Finalisation)$`, "it is bought, not sent out and received back"},
	{`^V (events-production|industrial-projects|construction)/`, "suppliers are spoken to; the job does not go to them"},
	{`^V automotive-components/Deburring / Cleaning$`, "done in the house before it goes out for heat treatment"},
	{`^L .*/(Production Order|Order Received|Order / Production Plan|Batch Record Review)$`, "the job's own number is the batch"},
	{`^L wire-cable/`, "the drum's number is a field of the order, and the lot comes out at drum marking"},
	{`^L aerospace-components/Surface Treatment$`, "the lot that went in at material review stays the job's"},
	{`^T (healthcare/Patient Registration|recruitment/Notice Period Tracking)$`, "the wait is agreed for each person and ends with a date, not after a minimum"},
	{`^Q (healthcare|recruitment|shipbuilding)/`, "one person or ship is moved as one: nothing is counted"},
}

// The marks of industries.json that say how a stage works are in the templates: V sent out to vendors, Q counted, T timed, L a
// lot named. G and A are TestApprovalsAndGatesOfTheTrades.
func TestMarksOfTheTrades(t *testing.T) {
	t.Parallel()
	has := map[string]func(flow.Process, flow.Stage) bool{
		"V": func(_ flow.Process, s flow.Stage) bool { return s.Outside },
		"T": func(_ flow.Process, s flow.Stage) bool { return s.Dwell > 0 },
		"Q": func(p flow.Process, _ flow.Stage) bool { return p.Mode == flow.QuantityMode },
		"L": func(_ flow.Process, s flow.Stage) bool { return s.LotIn || s.LotOut },
	}
	excused := map[string]bool{}
	checked := 0
	for slug, phases := range industries(t) {
		tpl, _ := Find(slug)
		for _, ph := range phases {
			for _, s := range ph.Stages {
				have, ok := tpl.Process.Stage(flow.MakeCode(strings.ReplaceAll(s.Stage, " — ", ": ")))
				if !ok { // a component
					continue
				}
				for _, mark := range s.Codes {
					if ask, known := has[mark]; !known || ask(tpl.Process, have) {
						checked++
						continue
					}
					why := excuse(mark + " " + slug + "/" + s.Stage)
					if excused[why] = true; why == "" {
						t.Errorf("%s: %s is not marked %s", slug, s.Stage, mark)
					}
				}
			}
		}
	}
	for _, u := range unmarked {
		if !excused[u.why] {
			t.Errorf("the exception %q excuses nothing any more", u.why)
		}
	}
	if checked < 200 {
		t.Errorf("%d marks were compared", checked)
	}
}

func excuse(which string) string {
	for _, u := range unmarked {
		if regexp.MustCompile(u.which).MatchString(which) {
			return u.why
		}
	}
	return ""
}
