package web

import (
	"errors"
	"testing"
	"time"
)

// A small list is counted for every page; a large one again only when something has moved and two seconds have gone by, or
// when another minute has begun.
func TestLargeListsAreCountedOnceForManyPages(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 26, 10, 0, 5, 0, time.UTC)
	for _, jobs := range []int{3, countsSoon + 1} {
		large := jobs > countsSoon
		var s counted[int]
		made := 0
		ask := func(head int64, now time.Time) int {
			n, err := s.get("a", head, now, func() (int, int, error) { made++; return made, jobs, nil })
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		ask(7, now)
		if ask(7, now); (made == 1) != large {
			t.Errorf("%d jobs were counted %d times while nothing moved", jobs, made)
		}
		if ask(8, now); (made == 1) != large {
			t.Errorf("%d jobs were counted %d times within a moment", jobs, made)
		}
		s.of("a").read = time.Now().Add(-countedFor)
		if n := ask(9, now); n != made || (made == 2) != large {
			t.Errorf("%d jobs: what was counted is still told two seconds after something moved", jobs)
		}
		if n := ask(9, now.Add(time.Minute)); n != made || (made == 3) != large {
			t.Errorf("%d jobs: what was counted is told in the next minute", jobs)
		}
		failed := errors.New("no database")
		if _, err := s.get("b", 9, now, func() (int, int, error) { return 0, 0, failed }); !errors.Is(err, failed) {
			t.Errorf("a count that failed gives %v", err)
		}
	}
}
