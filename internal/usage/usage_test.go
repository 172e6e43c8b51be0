package usage

import (
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"clicarity/internal/flow"
)

// What is counted is a number by organisation, week and part; what nobody named is not counted.
func TestCounting(t *testing.T) {
	t.Parallel()
	var c Counter
	a, b := flow.ID{1}, flow.ID{2}
	sunday := time.Date(2026, 11, 29, 23, 59, 0, 0, time.UTC)
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() { c.Count(a, Of("GET /board"), sunday) })
	}
	group.Wait()
	c.Count(a, Of("GET /board"), sunday.Add(time.Minute))
	c.Count(b, Of("GET /support"), sunday)
	c.Count(flow.ID{}, Of("GET /board"), sunday)
	got := c.Take(a)
	if len(got) != 2 || got[Cell{"2026-11-23", "board"}] != 10 || got[Cell{"2026-11-30", "board"}] != 1 {
		t.Errorf("counted %v", got)
	}
	if len(c.Take(a)) != 0 || len(c.Take(b)) != 0 || len(c.Take(flow.ID{})) != 0 {
		t.Error("counted what is not to be counted, or twice")
	}
	c.Add(a, got)
	if again := c.Take(a); again[Cell{"2026-11-23", "board"}] != 10 {
		t.Errorf("what could not be kept is %v", again)
	}
	var none *Counter
	none.Count(a, "board", sunday)
	none.Add(a, got)
	if none.Take(a) != nil {
		t.Error("nobody counts, and something was counted")
	}
}

// No part is named so that it would say who or what, and none is counted twice.
func TestFeaturesAreAFixedList(t *testing.T) {
	t.Parallel()
	list := Features()
	slices.Sort(list)
	for _, f := range list {
		if !regexp.MustCompile(`^[a-z]{1,20}$`).MatchString(string(f)) {
			t.Errorf("%q cannot be kept", f)
		}
	}
	routes := 0
	for _, r := range features {
		routes += len(r)
	}
	if routes != len(Routes()) {
		t.Error("a route belongs to two parts")
	}
}

// Every week is named by its Monday.
func TestWeeksAreMondays(t *testing.T) {
	t.Parallel()
	for day := range 400 {
		at := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC).AddDate(0, 0, day)
		w := Week(at).Time()
		if d := at.Sub(w); w.Weekday() != time.Monday || d < 0 || d >= 7*24*time.Hour {
			t.Errorf("%s is in the week of %s", at, w)
		}
	}
}
