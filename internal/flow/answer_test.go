package flow

import (
	"testing"
	"time"
)

// konkan is a vendor with an account or a link.
var konkan = Mark{Member: ID{6}, Role: Vendor, Scope: Scope{Vendors: map[ID]bool{{4}: true}}}

// says has a vendor answer for the only challan.
func (l *line) says(m Mark, said Said, q Quantity, note string) error {
	l.t.Helper()
	l.now = l.now.Add(time.Minute)
	m.At = l.now
	moves, err := l.gives(m, Command{ID: ID{60, byte(len(l.history))}, Action: Answer{Challan: "DC-1", Said: said, Note: note, Lines: []AnswerLine{{Work: l.at("lam"), Quantity: q}}}})
	for _, mv := range moves {
		l.history = append(l.history, mv)
		if l.job, err = Apply(l.job, mv); err != nil {
			l.t.Fatal(err)
		}
	}
	return err
}

func openSent(t *testing.T) *line {
	t.Helper()
	l := openLine(t, 500, nil, "print", "lam", "pack")
	l.ok(Finish{Work: l.at("print")})
	w := World{Challan: "DC-1", Jobs: map[ID]Job{{5}: l.job}, Processes: map[Edition]Process{{l.process.ID, 1}: l.process}}
	moves, err := Decide(w, Mark{Member: ID{1}, Role: Owner, Scope: Scope{All: true}, At: l.now}, Command{ID: ID{59}, Action: Send{Vendor: ID{4}, Lines: []SendLine{{Work: l.at("lam")}}}})
	if err != nil {
		t.Fatal(err)
	}
	l.history = append(l.history, moves...)
	if l.job, err = Apply(l.job, moves[0]); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *line) out() Out {
	l.t.Helper()
	s, _ := l.job.Stage("lam")
	if len(s.Out) != 1 {
		l.t.Fatalf("out: %+v", s.Out)
	}
	return s.Out[0]
}

func TestAVendorAnswersAndNothingMoves(t *testing.T) {
	t.Parallel()
	l := openSent(t)
	before, _ := l.job.Stage("lam")
	if err := l.says(konkan, SaidHere, 0, ""); err != nil || l.out().Seen != l.now {
		t.Errorf("%v %+v", err, l.out())
	}
	isRefused(t, l.says(konkan, SaidHere, 0, ""), NothingChanged)
	isRefused(t, l.says(konkan, SaidProblem, 0, ""), AnswerNoNote)
	if err := l.says(konkan, SaidProblem, 0, "film is short"); err != nil || l.out().Problem != "film is short" {
		t.Errorf("%v %+v", err, l.out())
	}
	isRefused(t, l.says(konkan, SaidReady, Units(501), ""), MoreThanOut)
	isRefused(t, l.says(konkan, SaidReady, -1, ""), QuantityNeeded)
	isRefused(t, l.says(konkan, "sold", 0, ""), BadCommand)
	if err := l.says(konkan, SaidReady, Units(400), ""); err != nil || l.out().Ready != Units(400) || l.out().Problem != "" || l.out().Back != 0 {
		t.Errorf("%v %+v", err, l.out())
	}
	if err := l.says(konkan, SaidBack, Units(400), "by tempo"); err != nil || l.out().Back != l.now {
		t.Errorf("%v %+v", err, l.out())
	}
	after, _ := l.job.Stage("lam")
	if after.terms() != before.terms() || after.By != before.By || after.Moved != before.Moved || l.job.Check() != nil {
		t.Errorf("an answer moved something: %+v, before %+v", after, before)
	}
	l.ok(Receive{Work: l.at("lam"), Challan: "DC-1", Good: Units(300)})
	if o := l.out(); o.Quantity != Units(200) || o.Ready != Units(100) || o.Back == 0 {
		t.Errorf("after 300 of 400 came: %+v", o)
	}
	l.ok(Receive{Work: l.at("lam"), Challan: "DC-1", Good: Units(100)})
	if o := l.out(); o.Ready != 0 || o.Back != 0 {
		t.Errorf("after all that was ready came: %+v", o)
	}
	if err := l.says(konkan, SaidReady, 0, ""); err != nil || l.out().Ready != Units(100) {
		t.Errorf("one tap says that all is ready: %v %+v", err, l.out())
	}
}

func TestAVendorAnswersOnlyForWhatWasSentToThem(t *testing.T) {
	t.Parallel()
	l := openSent(t)
	other, owner, office, elsewhere := konkan, konkan, konkan, konkan
	other.Scope = Scope{Vendors: map[ID]bool{{9}: true}}
	owner.Role, owner.Scope = Owner, Scope{All: true}
	office.Without = MayAnswer
	elsewhere.Scope = Scope{Vendors: map[ID]bool{{4}: true}, Sites: map[string]bool{"vasai": true}}
	for name, m := range map[string]Mark{"another vendor": other, "an owner": owner, "without the right": office, "another site": elsewhere} {
		if err := l.says(m, SaidReady, 0, ""); err == nil {
			t.Errorf("%s answered", name)
		} else {
			isRefused(t, err, NotFound)
		}
	}
	_, err := l.gives(konkan, Command{ID: ID{70}, Action: Answer{Challan: "DC-2", Said: SaidHere, Lines: []AnswerLine{{Work: l.at("lam")}}}})
	isRefused(t, err, NotFound)
	_, err = l.gives(konkan, Command{ID: ID{70}, Action: Answer{Challan: "DC-1", Said: SaidHere}})
	isRefused(t, err, TooMany)
	_, err = l.gives(konkan, Command{ID: ID{70}, Action: Answer{Challan: "DC-1", Said: SaidReady, Lines: []AnswerLine{{Work: l.at("lam")}, {Work: l.at("lam")}}}})
	isRefused(t, err, BadCommand)
	for _, a := range []Action{Finish{Work: l.at("lam")}, Receive{Work: l.at("lam"), Challan: "DC-1", Good: Units(1)}} {
		_, err := l.gives(konkan, Command{ID: ID{71}, Action: a})
		isRefused(t, err, NotFound)
	}
}

// Customers never read what a stage is called inside.
func TestARouteWithoutPublicNamesHasStandardMilestones(t *testing.T) {
	t.Parallel()
	l := openLine(t, 100, nil, "order", "print", "lam", "dispatch")
	at := func(want string) {
		t.Helper()
		pr := l.process.Progress(l.job)
		got := "done"
		if pr.At < len(pr.Milestones) {
			got = pr.Milestones[pr.At].Standard
		}
		for _, m := range pr.Milestones {
			if m.Name != "" {
				t.Errorf("customers read %q", m.Name)
			}
		}
		if got != want || len(pr.Milestones) != 4 {
			t.Errorf("at %s of %d, want %s", got, len(pr.Milestones), want)
		}
	}
	for _, step := range [][2]string{{"order", "confirmed"}, {"print", "production"}, {"lam", "production"}, {"dispatch", "ready"}} {
		at(step[1])
		l.ok(Finish{Work: l.at(step[0])})
	}
	at("done")
}
