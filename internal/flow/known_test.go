package flow

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever has happened since, what was known at a moment folds to the job as it was at that moment.
func TestWhatWasKnownFoldsToTheJobAsItWas(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := openShop(t)
		was := map[Moment]Job{s.now: s.job}
		for range rapid.IntRange(1, 40).Draw(t, "commands") {
			s.step()
			was[s.now] = s.job
		}
		for at, want := range was {
			got, err := Replay(KnownBy(s.history, at))
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("at %s it was\n%+v\nand is folded to (%v)\n%+v\n%s", at.Time(), want, err, got, s.tell())
			}
		}
		if known := KnownBy(s.history, s.history[0].Recorded-1); len(known) > 0 {
			t.Fatalf("before the first there is %+v", known)
		}
	})
}

// Commands that wait for each other are recorded in another order than they are committed in. What is known can be folded
// all the same, and every movement is known from some moment on, with all before it.
func TestWhatIsKnownIsABeginning(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := openShop(t)
		for range rapid.IntRange(1, 20).Draw(t, "commands") {
			s.step()
		}
		for i := range s.history {
			late := time.Duration(rapid.IntRange(0, 1200).Draw(t, "waited")) * time.Second
			s.history[i].Recorded = s.history[i].Recorded.Add(-late)
		}
		for i, at := range KnownSince(s.history) {
			known := KnownBy(s.history, at)
			if _, err := Replay(known); err != nil || len(known) <= i || len(KnownBy(s.history, at-1)) > i {
				t.Fatalf("movement %d of %d is known since %s with %d (%v)", i, len(s.history), at.Time(), len(known), err)
			}
		}
	})
}
