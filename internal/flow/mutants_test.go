package flow

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var mutate = flag.Bool("mutants", false, "break every rule of the list once and expect a test to fail (make mutants)")

// mutant breaks one rule on purpose: a text of a file is replaced by another.
type mutant struct{ rule, file, old, new string }

// mutants are the rules that are tried. The texts must be in the code exactly once, which the ordinary tests check, so that
// the list does not go stale.
var mutants = []mutant{
	{"no more leaves a stage than is there", "apply.go", "	if f.leaving() > s.OnHand {\n		return impossible(m, \"more leaves than is there\")\n	}\n", ""},
	{"good goes on to the next stage", "apply.go", "		arrive(next, out, m.Occurred)\n", "		_ = out\n"},
	{"an id is used for one command", "command.go", "	if print != t.Print {\n		return Receipt{}, refuse(Conflict)\n	}\n", ""},
	{"a command that is sent again gets its first answer", "command.go", "	r := t.Receipt\n	r.Again = true\n", "	r := Receipt{Again: true}\n"},
	{"wasted leaves what is on hand", "apply.go", "	s.OnHand -= f.leaving()\n", "	s.OnHand -= f.leaving() - f.Scrap()\n"},
	{"wasted is booked where it was wasted", "apply.go", "	s.Wasted += f.Scrap()\n", "	s.Good += f.Scrap()\n"},
	{"short is not wasted", "apply.go", "	s.Short += f.Short\n", "	s.Wasted += f.Short\n"},
	{"what is sent back arrives there", "apply.go", "	s.Returned, s.Why = s.Returned+q, b.Reason\n", "	s.Why = b.Reason\n"},
	{"nothing is sent back to a later stage", "stagework.go", "	case to < 0 || to >= at:\n", "	case to < 0:\n"},
	{"nothing is sent back for no reason", "stagework.go", "	case b.Reason == \"\":\n		return refuse(BackNoReason)\n", ""},
	{"nothing is wasted for no reason", "stagework.go", "	case w.Reason == \"\":\n		return refuse(WasteNoReason)\n", ""},
	{"a hold needs a reason", "stagework.go", "	case a.Reason == \"\":\n		return nil, refuse(HoldNoReason)\n", ""},
	{"nothing is reported while on hold", "apply.go", "	if s.Held != 0 {\n		return impossible(m, \"it is on hold\")\n	}\n	if negative(f) {", "	if negative(f) {"},
	{"no negative quantity", "apply.go", "	if negative(f) {\n		return impossible(m, \"a quantity is negative\")\n	}\n", ""},
	{"over-production has a limit", "stagework.go", "		r.Code = OverLimit\n		return r\n", "		return nil\n"},
	{"only good can be more than came", "stagework.go", "p.Over == 0 || a.Short > 0 ||", "p.Over == 0 ||"},
	{"a ratio loses nothing to rounding", "apply.go", "	s.Passed, ok = s.Yields.of(s.Good)\n	return s.Passed - before, ok\n", "	got, ok := s.Yields.of(good)\n	s.Passed += got\n	_ = before\n	return got, ok\n"},
	{"what goes back is a whole number of what it was", "stagework.go", "	if _, whole := j.before(b.Quantity, to, at); !whole {\n		return &Refusal{Code: BackNotWhole, Stage: b.To, Entry: b.Quantity}\n	}\n", ""},
	{"what comes to a stage that is not required goes through", "apply.go", "		if good = 0; next.Need == NotRequired {\n", "		if good = 0; false {\n"},
	{"a dwell is waited for", "release.go", "stage.Dwell > 0 && at < opens", "stage.Dwell > 0 && at < 0"},
	{"and by what came later too", "dwell.go", "opens = max(c.At, s.Started).Add(dwell)", "opens = max(s.Came[0].At, s.Started).Add(dwell)"},
	{"a minimum time is never inferred", "stagework.go", " || stage.Dwell > 0", ""},
	{"an approval names who gave it", "release.go", "	case good > 0 && stage.Approval && a.Approver == \"\":\n", "	case false:\n"},
	{"a gate waits for its inspections", "release.go", "cleared := -j.beyond(need, s.Code); good > cleared", "cleared := -j.beyond(need, s.Code); false"},
	{"a gate counts what has gone through already", "cleared.go", "	return s.gone() - j.cleared(inspection, gate)\n", "	return s.gone() - s.gone() - j.cleared(inspection, gate)\n"},
	{"only those who may pass a closed gate", "release.go", "	case a.Override != \"\" && !m.May(MayOverride):\n", "	case false:\n"},
	{"an attempt at a gate is kept", "attempt.go", "	if !slices.Contains(kept, r.Code) || work.Job.IsZero() {\n", "	if slices.Contains(kept, r.Code) || work.Job.IsZero() {\n"},
	{"a required field is filled", "release.go", "		case f.Required && asked && has[f.Code] == \"\":\n", "		case asked && false:\n"},
	{"a number stays within its limits", "release.go", "		if f.Min != nil && q < *f.Min || f.Max != nil && q > *f.Max {\n", "		if q < 0 {\n"},
	{"a joining stage waits for its components", "release.go", "	if missing := j.Missing(s.Code); len(missing) > 0 {\n		return", "	if missing := j.Missing(s.Code); false {\n		return"},
	{"no more is joined than the scarcest component makes", "release.go", "joins && s.gone()+s.Wasted+out > makes", "joins && false"},
	{"what a component hands over arrives at its parent", "stagework.go", "	q, whole := after.HandedOver()-j.HandedOver(), !after.Open()\n", "	q, whole := Quantity(0), !after.Open()\n"},
	{"a lot takes what it has out of its job", "apply.go", "	if s.OnHand -= q; s.OnHand == 0 {\n		s.Ready, s.Started, s.Done, s.Why = 0, 0, m.Occurred, \"\"\n	}\n	if m.Kind == KindSplit {", "	if m.Kind == KindSplit {"},
	{"lots merge only within one job", "lots.go", "into.family() != j.family() ||", ""},
	{"a component is not split", "lots.go", "	return j.Parent.IsZero()\n", "	return true\n"},
	{"what was found stays found when it splits off", "lots.go", "Facts{Quantity: s.OnHand, Found: f.Found, Vouched: f.Vouched, Came: f.Came, Of: f.Of,", "Facts{Quantity: s.OnHand, Vouched: f.Vouched, Came: f.Came, Of: f.Of,"},
	{"no more comes back from a vendor than went", "vendor.go", "	case came > s.Out[at].Quantity:\n", "	case false:\n"},
	{"what is at a vendor is not on hand", "apply.go", "	s.OnHand, s.AtVendor = s.OnHand-f.Quantity, s.AtVendor+f.Quantity\n", "	s.AtVendor += f.Quantity\n"},
	{"a vendor answers only for what was sent to them", "answer.go", "at < 0 || !m.Scope.Answers(j, s.Out[at].Vendor) {", "at < 0 {"},
	{"only vendors answer for vendors", "answer.go", "	if !ok || !m.May(MayAnswer) {\n", "	if !ok {\n"},
	{"no more is ready at a vendor than is there", "answer.go", "	case q > out.Quantity:\n", "	case false:\n"},
	{"a problem says what it is", "answer.go", "	case a.Said == SaidProblem && a.Note == \"\":\n		return nil, refuse(AnswerNoNote)\n", ""},
	{"what has come back is not ready at the vendor any more", "answer.go", "	if o.Ready = max(o.Ready-q, 0); o.Ready == 0 {\n", "	if o.Ready == 0 {\n"},
	{"an answer is nobody's work here", "apply.go", "	case KindAnswered:\n		return answered(j, m)\n	}\n", "	case KindAnswered:\n		j, err := answered(j, m)\n		if err == nil {\n			j.Stages[j.index(m.Stage)].By = m.Member\n		}\n		return j, err\n	}\n"},
	{"damage at a vendor is wasted at that stage", "vendor.go", "		f.Wasted = []Waste{{Reason: DamagedAtVendor, Quantity: a.Damaged}}\n", "		f.Good += a.Damaged\n"},
	{"an undone command does not count", "apply.go", "		if m.Kind == KindUndone || undone[m.Command] {\n", "		if m.Kind == KindUndone || undone[m.Command] && false {\n"},
	{"what later movements need is not taken back alone", "undo.go", "	case len(depends) > 0 && (!a.Together || !m.takesAll(j, depends) || a.Reason == \"\"):\n", "	case false:\n"},
	{"members take back only their own", "undo.go", "	case target.Member != m.Member:\n", "	case false:\n"},
	{"and only for ten minutes", "undo.go", "m.At.Sub(target.Recorded).Minutes() <= UndoMinutes", "true"},
	{"what moved between jobs is not taken back at one of them", "undo.go", "	case j.Crossed(target):\n		return Movement{}, across(target)\n", ""},
	{"what passed a gate is not without its inspection", "undo.go", "m.Facts.Good > 0 && !slices.Contains(back, m.Command)", "m.Facts.Good < 0 && !slices.Contains(back, m.Command)"},
	{"a component takes nothing back that was joined", "undo.go", "m.Facts.Quantity < 0 && s.gone()+s.Wasted > makes", "false && s.gone()+s.Wasted > makes"},
	{"what is sent back is inspected again", "cleared.go", "		j.Stages[k].Recalled += cutBack(q, j.ratios(k, from))\n", "		_ = from\n"},
	{"a lot takes its clearance with it", "lots.go", "	f.Vouched, f.Came = j.vouched(w.Process(j), a.Stage, f.Quantity), s.gave(f.Quantity, false)\n	moves, err := a.movements(", "	f.Came = s.gave(f.Quantity, false)\n	moves, err := a.movements("},
	{"and the time it has been there", "lots.go", "	f.Vouched, f.Came = j.vouched(w.Process(j), a.Stage, f.Quantity), s.gave(f.Quantity, false)\n	moves, err := a.movements(", "	f.Vouched = j.vouched(w.Process(j), a.Stage, f.Quantity)\n	moves, err := a.movements("},
	{"and does not leave it behind as well", "apply.go", "	s.vouch(m.Facts.Vouched, -1)\n", ""},
	{"a merged lot brings its clearance", "apply.go", "	s.vouch(m.Facts.Vouched, 1)\n	j.Completed", "	j.Completed"},
	{"an operator works only at stages of the scope", "stagework.go", "	if !ok || !m.May(MayReport) || !m.Scope.At(j, w.Stage) {\n		return Job{}, StageState{}, refuse(NotFound)\n	}\n", "	if !ok {\n		return Job{}, StageState{}, refuse(NotFound)\n	}\n"},
	{"a revision supersedes the one that was seen", "file.go", "	case known && a.Over != was.Newest().ID:\n", "	case known && false:\n"},
	{"two revisions of a file are not called the same", "file.go", "return strings.EqualFold(k.Mark, r.Mark)", "return false"},
	{"a retired file gets no revision", "file.go", "	case known && was.Retired != 0:\n", "	case known && false:\n"},
	{"a stage's files are added by those who work there", "file.go", "stage != \"\" && m.Scope.At(j, stage))", "stage != \"\")"},
	{"programs bring files by the grant for it", "file.go", "		right = MayBringFiles\n", "		right = MayReport\n"},
	{"vendors see the files that are marked for them", "file.go", "		return f.Vendor && slices", "		return slices"},
	{"only owners erase", "file.go", "!known || !m.May(MayGovern) || !m.Scope.Holds(j)", "!known || !m.Scope.Holds(j)"},
	{"jobs of other sites are left out", "policy.go", "	if !s.site(j.Site) || !s.Mine.IsZero()", "	if !s.Mine.IsZero()"},
	{"and what is assigned to others", "policy.go", " || !s.Mine.IsZero() && st.Assigned != s.Mine {", " {"},
	{"a whole job is not theirs whose site is not", "policy.go", "s.Whole(j.Process) && s.site(j.Site) && s.Mine.IsZero()", "s.Whole(j.Process)"},
	{"nobody gives what they have not", "policy.go", "	case g.All && !s.All, ", "	case "},
	{"rights that a session withholds are withheld", "command.go", "func (m Mark) May(r Right) bool { return m.Role.Rights()&^m.Without&r == r }", "func (m Mark) May(r Right) bool { return m.Role.Rights()&r == r }"},
	{"managers make no managers", "policy.go", "		return r != Owner && r != Manager && slices", "		return r != Owner && slices"},
	{"private fields are not shown", "policy.go", " || i >= 0 && !fields[i].SeenBy(r)\n", "\n"},
	{"a merge asks for both jobs", "lots.go", "	case !ok || !m.Scope.Sees(into) || known && !m.Scope.At(into, a.Stage):\n", "	case !ok:\n"},
	{"a priority is set by those who may", "changes.go", "	return m.May(MayPrioritise) && m.Scope.Sees(j)\n", "	return m.Scope.Sees(j)\n"},
	{"an assignment is made by those who may", "assign.go", "	case !ok || !on || !m.May(MayAssign) ||", "	case !ok || !on ||"},
	{"several are refused without names to those who may not", "batch.go", "; ok && r.Code != NotFound {", "; ok {"},
	{"a job number is used once", "create.go", "	case used || exists || taken[NumberKey(n.Number)]:\n", "	case exists || used && false:\n"},
	{"a device cannot report the future", "command.go", "	case at.Sub(m.At) > MaxAhead:\n", "	case false:\n"},
	{"nor what is more than 72 hours old", "command.go", "	case m.At.Sub(at) > MaxAge && (!m.May(MayReverse) || m.At.Sub(at) > MaxEntry):\n", "	case false:\n"},
	{"what came late is marked", "command.go", "		return at, MarkBackdated, nil\n", "		return at, MarkLive, nil\n"},
	{"a skipped inspection is never inferred", "stagework.go", "s.AtVendor > 0 || stage.Inspection ||", "s.AtVendor > 0 ||"},
	{"a count books the difference", "apply.go", "		return pass(j, i, Facts{Short: less}, m)\n	}\n	return nil\n}\n\n// differs", "		return nil\n	}\n	return nil\n}\n\n// differs"},
	{"a stage is added only where nothing has passed", "changes.go", "	if j.Stages[i].Handed() > 0 {\n		return nil, &Refusal{Code: PassedAlready, Job: j.Number, Stage: a.After}\n	}\n", ""},
	{"the first due date is kept", "apply.go", "			if j.Promised == \"\" {\n				j.Promised = j.Due\n			}\n", ""},
	{"sizes add up to the job", "accounts.go", "	case len(n.Sizes) > 0 && sum != n.Quantity:\n", "	case false:\n"},
	{"a report by size is the report", "accounts.go", "		if own.leaving()+own.Quantity > 0 && !sameAmount(own.whole(), sum.whole()) {\n", "		if false {\n"},
	{"which sizes these are is not guessed", "accounts.go", "	if own.leaving()+own.Quantity != here(s) || !own.oneWay() {\n", "	if false {\n"},
	{"no more of a size leaves than is there", "stagework.go", "	if j.sized() {\n		return j.surpluses(a.Stage, f.Of)\n	}\n", ""},
	{"the second balance is not forgotten", "accounts.go", "	case left > 0 && last && ok:\n", "	case ok && false:\n"},
	{"the grades are what goes on", "accounts.go", "	if sum != good {\n		return &Refusal{Code: GradesDiffer, Stage: stage.Code, Entry: sum, Here: good}\n	}\n", ""},
	{"a stage that takes material knows its lot", "material.go", "	case stage.LotIn && len(a.Used)+len(s.Used) == 0:\n", "	case false:\n"},
	{"a non-conformance is closed by those who may", "nonconformance.go", "	case a.Verdict != \"\" && !m.May(MayCloseNC):\n", "	case false:\n"},
	{"and not without an action", "nonconformance.go", "	case a.Verdict != \"\" && (cmp.Or(a.Decided, n.Decided) == \"\" || cmp.Or(a.Action, n.Action) == \"\"):\n", "	case false:\n"},
	{"a job keeps the stages that hold its history", "moveover.go", "	for _, q := range []Quantity{s.Received, s.Found, s.Good, s.Wasted, s.Short, s.SentBack, s.AtVendor, s.OnHand, s.SplitOff, s.Joined, s.Returned} {\n		if q != 0 {\n			return true\n		}\n	}\n	return s.Started != 0 || s.Done != 0\n", "	return false\n"},
	{"a busy station asks first", "station.go", "	if station == \"\" || together || w.Busy.Job.Number == \"\" {\n", "	if true {\n"},
	{"a holiday is not worked", "calendar.go", "		day.Holiday = &c.Holidays[i]\n		return day\n", "		day.Holiday = &c.Holidays[i]\n"},
	{"the time of a run is shared whole", "batch.go", "	shares[largest] += left\n", ""},
	{"a closing is final when its time is over", "closing.go", "	if now >= c.UndoUntil {\n", "	if false {\n"},
}

func TestTheMutantsAreUpToDate(t *testing.T) {
	t.Parallel()
	for _, m := range mutants {
		if _, err := m.text(); err != "" {
			t.Errorf("%s: %s", m.rule, err)
		}
	}
}

// text is the file with the rule broken.
func (m mutant) text() (broken, problem string) {
	text, err := os.ReadFile(m.file)
	if err != nil {
		return "", err.Error()
	}
	if n := strings.Count(string(text), m.old); n != 1 {
		return "", "its text is there " + string(rune('0'+min(n, 9))) + " times"
	}
	return strings.Replace(string(text), m.old, m.new, 1), ""
}

// Breaking any one rule on purpose makes a test fail. Each rule is broken in an overlay, so the code stays as it is.
func TestMutants(t *testing.T) {
	if !*mutate {
		t.Skip("run make mutants: it takes some minutes")
	}
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mutants {
		t.Run(m.rule, func(t *testing.T) {
			broken, problem := m.text()
			if problem != "" {
				t.Fatal(problem)
			}
			dir := t.TempDir()
			file, overlay := filepath.Join(dir, m.file), filepath.Join(dir, "overlay.json")
			listed, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(here, m.file): file}})
			if err != nil || os.WriteFile(file, []byte(broken), 0o600) != nil || os.WriteFile(overlay, listed, 0o600) != nil {
				t.Fatal("the overlay could not be written")
			}
			out, err := exec.CommandContext(t.Context(), "go", "test", "-overlay", overlay, "-count=1", "-failfast", "-rapid.checks=1000", "-rapid.nofailfile", ".").CombinedOutput()
			switch {
			case err == nil:
				t.Error("no test noticed")
			case strings.Contains(string(out), "[build failed]"):
				t.Errorf("it does not build:\n%s", out)
			}
		})
	}
}
