package flow

import (
	"errors"
	"slices"
	"testing"
	"time"
)

func TestAClosingDayByDay(t *testing.T) {
	t.Parallel()
	at := At(time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC))
	c := ClosingAt(at)
	day := func(n int) Moment { return at.Add(time.Duration(n) * 24 * time.Hour) }
	if c.UndoUntil != day(30) || c.DeleteFrom != day(50) || c.DeleteBy != day(90) || !c.Closed() || (Closing{}).Closed() {
		t.Errorf("%+v", c)
	}
	if c.DeleteFrom.Add(BackupsFor) > day(85) {
		t.Error("what is in backups is there for longer than 85 days")
	}
	var r *Refusal
	if c.Undoable(day(30)-1) != nil || !errors.As(c.Undoable(day(30)), &r) || r.Code != ClosingFinal || r.At != c.UndoUntil {
		t.Error("it can be undone for 30 days, and not longer")
	}
	for n, want := range map[int][]Reminder{0: {ClosingBegun}, 22: {ClosingBegun}, 23: {ClosingUndoEnds}, 29: {ClosingUndoEnds}, 30: nil, 42: nil, 43: {ClosingDeletes}, 49: {ClosingDeletes}, 50: nil, 90: nil} {
		if got := c.Reminds(day(n)); !slices.Equal(got, want) {
			t.Errorf("day %d: %v, want %v", n, got, want)
		}
	}
}
