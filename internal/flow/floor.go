package flow

import (
	"strings"
	"time"
)

// What a shared device on the floor may show, and how often a PIN may be tried there.

// Only is the part of a scope that lies within what was given to a shared device: whoever works there sees what is
// theirs and the device's, and no more. Vendors are not a place on the floor and fall away.
func (s Scope) Only(at Given) Scope {
	d := at.Scope(Operator, ID{})
	part := Scope{All: s.All && d.All, Processes: map[ID]bool{}, Stages: map[StageRef]bool{}, Sites: both(s.Sites, d.Sites), Mine: s.Mine}
	if len(part.Sites) == 0 && len(s.Sites)+len(d.Sites) > 0 { // no site is both's
		return Scope{}
	}
	for _, one := range []struct{ has, limits Scope }{{s, d}, {d, s}} {
		for p := range one.has.Processes {
			if one.limits.Whole(p) {
				part.Processes[p] = true
			}
		}
		for ref := range one.has.Stages {
			if one.limits.Covers(ref.Process, ref.Stage) {
				part.Stages[ref] = true
			}
		}
	}
	return part
}

// both are the sites of two scopes, of which one without any means every site.
func both(a, b map[string]bool) map[string]bool {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 {
		return a
	}
	common := map[string]bool{}
	for site := range a {
		if b[site] {
			common[site] = true
		}
	}
	return common
}

// Empty reports whether a scope covers no stage at all.
func (s Scope) Empty() bool { return !s.All && len(s.Processes) == 0 && len(s.Stages) == 0 }

// OnFloor reports whether members of a role work at shared devices: those who report.
func (r Role) OnFloor() bool { return r.Rights()&MayReport != 0 && r != Program }

// PINs have four to six digits.
const (
	MinPIN = 4
	MaxPIN = 6
)

// CheckPIN says what is wrong with a PIN that somebody chose: it is not four to six digits, or everybody would try it
// first.
func CheckPIN(pin string) error {
	if len(pin) < MinPIN || len(pin) > MaxPIN || strings.Trim(pin, "0123456789") != "" {
		return &Refusal{Code: PINForm}
	}
	if trivial(pin) {
		return &Refusal{Code: PINTrivial}
	}
	return nil
}

// trivial reports whether a PIN is one digit or a pattern over and over, or counts up or down.
func trivial(pin string) bool {
	for n := 1; n <= len(pin)/2; n++ {
		if len(pin)%n == 0 && strings.Repeat(pin[:n], len(pin)/n) == pin {
			return true
		}
	}
	step := (pin[1] - pin[0] + 10) % 10
	for i := 2; i < len(pin); i++ {
		if (pin[i]-pin[i-1]+10)%10 != step {
			return false
		}
	}
	return step == 1 || step == 9
}

// How often a PIN may be wrong. A member's own mistakes make that member wait at that device, longer each time; a device
// at which more goes wrong than people mistype is closed until somebody lets it in again. Nothing that happens at one
// device is held against anybody at another.
const (
	FreeTries  = 4              // wrong tries of a member at a device before the first wait
	firstWait  = time.Minute    // doubled with every further one
	longest    = 24 * time.Hour // wait
	mostWrong  = 30             // wrong tries of all members at a device, close together
	forgetting = time.Hour      // how long it takes to forget one of them
)

// Wait is how long a member waits at a device after so many wrong tries in a row.
func Wait(wrong int) time.Duration {
	if wrong <= FreeTries {
		return 0
	}
	wait := firstWait
	for range wrong - FreeTries - 1 {
		if wait *= 2; wait >= longest {
			return longest
		}
	}
	return wait
}

// Wrongs are the wrong tries at a device that are not forgotten yet.
type Wrongs struct {
	Count int
	Since Moment // when the count was last right
}

// At is how many are left at a moment.
func (w Wrongs) At(now Moment) Wrongs {
	if w.Count == 0 {
		return Wrongs{Since: now}
	}
	gone := int(now.Time().Sub(w.Since.Time()) / forgetting)
	if gone <= 0 {
		return w
	}
	if gone >= w.Count {
		return Wrongs{Since: now}
	}
	return Wrongs{Count: w.Count - gone, Since: w.Since.Add(time.Duration(gone) * forgetting)}
}

// More is one more at a moment.
func (w Wrongs) More(now Moment) Wrongs {
	w = w.At(now)
	w.Count++
	return w
}

// Full reports whether so many are left that nothing more is to be tried at the device.
func (w Wrongs) Full() bool { return w.Count >= mostWrong }
