package privacy

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// The clocks of a breach, hour by hour: what waits, what is soon late, what is late, and what was done too late.
func TestTheClocksOfABreach(t *testing.T) {
	t.Parallel()
	noticed := time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)
	at := func(hours float64) time.Time { return noticed.Add(time.Duration(hours * float64(time.Hour))) }
	b := Breach{Noticed: noticed, Firsts: map[StepKind]time.Time{}}
	for _, c := range []struct {
		at   float64
		did  StepKind
		want string
	}{
		{0, "", "waits waits waits 0"},
		{5.9, "", "waits waits waits 0"},
		{6, "", "soon soon waits 0"},
		{7, StepPeople, "done soon waits 0"},
		{8, StepBoard, "done done waits 0"},
		{23.9, "", "done done waits 0"},
		{24, "", "done done waits 24"},
		{48, "", "done done soon 24"},
		{60, "", "done done soon 60"},
		{72, "", "done done soon 72"},
		{72.1, "", "done done late 72"},
		{80, StepReport, "done done done_late 0"},
		{500, "", "done done done_late 0"},
	} {
		if c.did != "" {
			b.Firsts[c.did] = at(c.at)
		}
		got := ""
		for _, clock := range b.Clocks(at(c.at)) {
			got += string(clock.State) + " "
		}
		if got += fmt.Sprint(b.Reminder(at(c.at))); got != c.want {
			t.Errorf("after %v hours it is %q, want %q", c.at, got, c.want)
		}
	}
	if c := b.Clocks(at(500)); c[2].Left != -8*time.Hour || c[0].Spent != 7*time.Hour {
		t.Errorf("%+v", c)
	}
	open := Breach{Noticed: noticed}
	if c := open.Clocks(at(73)); c[0].State != ClockLate || c[1].State != ClockLate {
		t.Errorf("nobody was told for 73 hours: %+v", c)
	}
	if open.Reminder(at(72+14*24)) != 72 || open.Reminder(at(73+14*24)) != 0 {
		t.Error("it reminds for ever, or not long enough")
	}
	closed := Breach{Noticed: noticed, Firsts: map[StepKind]time.Time{StepClosed: at(1)}}
	if closed.Reminder(at(25)) != 0 {
		t.Error("it reminds of what is closed")
	}
}

func TestAnAccountSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	if got := (Account{}).Missing(); len(got) != 12 {
		t.Errorf("%d are missing of an empty account: %v", len(got), got)
	}
	full := Account{What: "x", Nature: Natures(), When: "x", Where: "x", Data: "x", People: 3, Consequences: "x", Cause: "x", Done: "x", Prevention: "x", Advice: "x", Contact: "x"}
	if got := full.Missing(); len(got) != 0 {
		t.Errorf("missing are %v", got)
	}
}

func FuzzSlugs(f *testing.F) {
	for _, text := range []string{"sahyadri, konkan", "Deccan\nmalwa-2;;", "-x", "ए", "a b", "clicarity\x00"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, wrong := Slugs(text)
		if wrong != "" && list != nil {
			t.Error("something is wrong, and something is taken")
		}
		for i, s := range list {
			if !isSlug(s) || slices.Contains(list[:i], s) {
				t.Errorf("%q is taken from %q", s, text)
			}
		}
	})
}
