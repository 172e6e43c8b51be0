package flow

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// At a device somebody sees what is theirs and the device's: exactly that, stage by stage.
func TestADeviceNarrowsAScope(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		member, device := scopes(t, "member"), scopes(t, "device")
		s := member.Scope(Operator, ID{9})
		part, at := s.Only(device), device.Scope(Operator, ID{})
		for range 10 {
			j := somewhere(t)
			want := len(at.Sites) == 0 || at.Sites[j.Site]
			for _, st := range j.Stages {
				st.Out = nil // vendors fall away
				here := s.at(&j, &st) && at.Covers(j.Process, st.Code) && want
				if got := part.at(&j, &st); got != here {
					t.Fatalf("%v at %s: %v, want %v\nmember %+v\ndevice %+v\nboth %+v", j, st.Code, got, here, member, device, part)
				}
			}
			if part.Holds(j) && !(s.Holds(j) && at.Whole(j.Process) && want) {
				t.Fatal("the whole of a job is in the part and not in both")
			}
		}
		if part.Empty() && (part.Covers(ID{1}, "s0") || part.All) {
			t.Fatal("an empty scope covers something")
		}
	})
}

func TestPINsThatEverybodyWouldTry(t *testing.T) {
	t.Parallel()
	for pin, want := range map[string]Code{"": PINForm, "123": PINForm, "1234567": PINForm, "12a4": PINForm, "12 4": PINForm, "१२३४": PINForm, "-123": PINForm,
		"0000": PINTrivial, "1234": PINTrivial, "4321": PINTrivial, "7890": PINTrivial, "123456": PINTrivial, "1212": PINTrivial, "258258": PINTrivial, "99999": PINTrivial, "0987": PINTrivial,
		"1357": "", "2468": "", "1224": "", "8052": "", "739105": "", "1221": ""} {
		var r *Refusal
		switch err := CheckPIN(pin); {
		case want == "" && err != nil:
			t.Errorf("%q is refused: %v", pin, err)
		case want != "" && (!errors.As(err, &r) || r.Code != want):
			t.Errorf("%q: %v, want %s", pin, err, want)
		}
	}
}

func FuzzCheckPIN(f *testing.F) {
	f.Add("4711")
	f.Fuzz(func(t *testing.T, pin string) {
		if CheckPIN(pin) == nil && (len(pin) < MinPIN || len(pin) > MaxPIN) {
			t.Errorf("%q is taken", pin)
		}
	})
}

// The waits only grow, and an hour of trying is worth few tries.
func TestWaitsGrow(t *testing.T) {
	t.Parallel()
	if Wait(FreeTries) != 0 || Wait(FreeTries+1) != time.Minute || Wait(FreeTries+2) != 2*time.Minute || Wait(1000) != 24*time.Hour {
		t.Errorf("%v %v %v %v", Wait(FreeTries), Wait(FreeTries+1), Wait(FreeTries+2), Wait(1000))
	}
	for n := range 100 {
		if Wait(n+1) < Wait(n) {
			t.Errorf("after %d wrong tries the wait is shorter", n+1)
		}
	}
	tries, at := 0, time.Duration(0)
	for at < time.Hour {
		tries++
		at += Wait(tries)
	}
	if tries > 11 {
		t.Errorf("%d tries in an hour", tries)
	}
}

// However tries are spread over time, a device takes no more wrong ones than its measure and one for each hour.
func TestADeviceTakesOnlySoManyWrongPINs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var w Wrongs
		start := At(time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC))
		now, taken := start, 0
		for range rapid.IntRange(1, 400).Draw(t, "tries") {
			now = now.Add(time.Duration(rapid.IntRange(0, 7200).Draw(t, "seconds")) * time.Second)
			if w = w.At(now); w.Full() {
				continue
			}
			w = w.More(now)
			taken++
			if most := mostWrong + int(now.Time().Sub(start.Time())/forgetting) + 1; taken > most {
				t.Fatalf("%d tries were taken in %v", taken, now.Time().Sub(start.Time()))
			}
		}
		if left := w.At(now.Add(mostWrong * forgetting)); left.Count != 0 {
			t.Fatalf("%d are never forgotten", left.Count)
		}
	})
}
