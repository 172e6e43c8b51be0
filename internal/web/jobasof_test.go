package web

import (
	"testing"
	"time"

	"clicarity/internal/flow"
)

// Whatever is asked for, the page shows a moment that has passed or says why not.
func FuzzPastMoments(f *testing.F) {
	for _, seed := range [][3]string{{"", "23-11-2026", "14:05"}, {"", "2026-11-23", ""}, {"2026-11-23T08:35:00.000001Z", "", ""}, {"", "tomorrow", "25:99"}, {"0001-01-01T00:00:00Z", "", ""},
		{"9999-12-31T23:59:59Z", "", ""}, {"", "२३-११-२०२६", "१४:०५"}, {"", "44888.75", "1"}} {
		f.Add(seed[0], seed[1], seed[2])
	}
	ws, err := readWords(files)
	if err != nil {
		f.Fatal(err)
	}
	now := time.Date(2026, 11, 26, 17, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, exact, day, clock string) {
		a := asOf{view: &view{words: ws, Lang: fallback, Now: now, Zone: time.FixedZone("IST", 19800)}, Day: day, Clock: clock}
		at, says := a.moment(exact)
		if (says == "") == (at == 0) && says != "" || says == "" && at > flow.At(now) {
			t.Errorf("%q %q %q is %s, %q", exact, day, clock, at.Time(), says)
		}
	})
}

func TestPercentsAddUp(t *testing.T) {
	t.Parallel()
	for _, quantities := range [][]flow.Quantity{{1, 1, 1}, {1, 2}, {7, 7, 7, 7, 7, 7}, {1, 999}, {5}, {1, 1, 1, 1, 1, 1, 1}} {
		sum := 0
		for i, n := range percents(flow.Shares(quantities)) {
			if exact := flow.Shares(quantities)[i]; n*10_000 > exact+10_000 || n*10_000 < exact-10_000 {
				t.Errorf("%d of %v is %d%%", exact, quantities, n)
			}
			sum += n
		}
		if sum != 100 {
			t.Errorf("%v add up to %d%%", quantities, sum)
		}
	}
}
