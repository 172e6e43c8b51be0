package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

func refused(t *testing.T, err error, code flow.Code) *flow.Refusal {
	t.Helper()
	var r *flow.Refusal
	if !errors.As(err, &r) || r.Code != code {
		t.Fatalf("got %v, want refusal %s", err, code)
	}
	return r
}

func TestAJobGoesThrough(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	id := f.job("JC-7", 500)
	f.must(flow.Start{Work: at(id, "printing")})
	f.must(flow.Report{Work: at(id, "printing"), Good: flow.Units(492), Wasted: []flow.Waste{{Reason: "torn", Quantity: flow.Units(8)}}})
	f.must(flow.Hold{Work: at(id, "lamination"), Reason: "no_power"})
	refused(t, second(f.do(flow.Finish{Work: at(id, "lamination")})), flow.OnHold)
	f.must(flow.Resume{Work: at(id, "lamination")})
	f.must(flow.Report{Work: at(id, "lamination"), Good: flow.Units(100)})
	r := refused(t, second(f.do(flow.Report{Work: at(id, "lamination"), Good: flow.Units(393)})), flow.MoreThanHere)
	if r.Here != flow.Units(392) || r.Entry != flow.Units(393) || r.By != f.owner {
		t.Errorf("the refusal says %+v", r)
	}
	f.must(flow.Finish{Work: at(id, "dispatch")})
	f.must(flow.Finish{Work: at(id, "lamination")})
	f.must(flow.Finish{Work: at(id, "dispatch")})
	j, err := f.db.Job(t.Context(), f.org, id)
	if err != nil || j.Open() || j.Dispatched() != flow.Units(492) || j.Wasted() != flow.Units(8) {
		t.Fatalf("%+v %v", j, err)
	}
	f.sound()
}

func second[A, B any](_ A, b B) B { return b }

func TestACommandSentAgainChangesNothing(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	id := f.job("JC-1", 100)
	c := flow.Command{ID: newID(t), Action: flow.Report{Work: at(id, "printing"), Good: flow.Units(40)}}
	first, err := f.db.Do(t.Context(), f.mark(), c)
	if err != nil {
		t.Fatal(err)
	}
	later := f.mark()
	later.At = later.At.Add(time.Hour)
	again, err := f.db.Do(t.Context(), later, c)
	if err != nil || !again.Again {
		t.Fatalf("%+v %v", again, err)
	}
	again.Again = false
	if !reflect.DeepEqual(first, again) {
		t.Errorf("first %+v, again %+v", first, again)
	}
	other := flow.Command{ID: c.ID, Action: flow.Report{Work: at(id, "printing"), Good: flow.Units(41)}}
	refused(t, second(f.db.Do(t.Context(), f.mark(), other)), flow.Conflict)
	if j, err := f.db.Job(t.Context(), f.org, id); err != nil || j.Stages[1].Received != flow.Units(40) {
		t.Errorf("%+v %v", j.Stages, err)
	}
	f.sound()
}

func TestTheSameCommandFromManySendersAtOnce(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	id := f.job("JC-1", 100)
	c := flow.Command{ID: newID(t), Action: flow.Report{Work: at(id, "printing"), Good: flow.Units(10)}}
	var wg sync.WaitGroup
	var first atomic.Int64
	for range 16 {
		wg.Go(func() {
			r, err := f.db.Do(t.Context(), f.mark(), c)
			if err != nil {
				t.Error(err)
			}
			if !r.Again {
				first.Add(1)
			}
		})
	}
	wg.Wait()
	if first.Load() != 1 {
		t.Errorf("%d senders were told they were first", first.Load())
	}
	if j, err := f.db.Job(t.Context(), f.org, id); err != nil || j.Stages[0].Good != flow.Units(10) {
		t.Errorf("%+v %v", j.Stages, err)
	}
}

func TestANumberIsTakenOnce(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	f.job("JC-1", 100)
	r := refused(t, second(f.do(flow.Create{Process: f.process.ID, Version: 1, Jobs: []flow.NewJob{{ID: newID(t), Number: " jc-1 ", Quantity: flow.One}}})), flow.NumberTaken)
	if strings.TrimSpace(r.Job) != "jc-1" {
		t.Errorf("%+v", r)
	}
	var wg sync.WaitGroup
	var made, taken atomic.Int64
	for range 8 { // all want the same number at once
		wg.Go(func() {
			_, err := f.do(flow.Create{Process: f.process.ID, Version: 1, Jobs: []flow.NewJob{{ID: newID(t), Number: "JC-2", Quantity: flow.One}}})
			var r *flow.Refusal
			switch {
			case err == nil:
				made.Add(1)
			case errors.As(err, &r) && r.Code == flow.NumberTaken:
				taken.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if made.Load() != 1 || taken.Load() != 7 {
		t.Errorf("made %d, taken %d", made.Load(), taken.Load())
	}
}

func TestTheSeriesHasNoGaps(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	var wg sync.WaitGroup
	var mu sync.Mutex
	got := map[string]bool{}
	for range 20 {
		wg.Go(func() {
			r, err := f.do(flow.Create{Process: f.process.ID, Version: 1, Jobs: []flow.NewJob{{ID: newID(t), Quantity: flow.One}}})
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			got[r.Jobs[0].Number] = true
			mu.Unlock()
			_, err = f.do(flow.Create{Process: f.process.ID, Version: 1, Jobs: []flow.NewJob{{ID: newID(t)}}}) // refused: no quantity
			if err == nil {
				t.Error("a job without a quantity was made")
			}
		})
	}
	wg.Wait()
	for n := 1; n <= 20; n++ {
		if number := fmt.Sprintf("JC-%05d", n); !got[number] {
			t.Errorf("%s is missing of %v", number, got)
		}
	}
}

// 32 writers take sheets off one job, one each: all of them count, none is lost, none waits for ever.
func TestManyWritersOnOneJob(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	const writers, each = 32, 10
	id := f.job("JC-1", writers*each)
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				if _, err := f.do(flow.Report{Work: at(id, "printing"), Good: flow.One}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	j, err := f.db.Job(t.Context(), f.org, id)
	if err != nil || j.Stages[0].Good != flow.Units(writers*each) || j.Stages[0].OnHand != 0 || j.Stages[1].OnHand != flow.Units(writers*each) {
		t.Fatalf("%+v %v", j.Stages, err)
	}
	refused(t, second(f.do(flow.Report{Work: at(id, "printing"), Good: flow.One})), flow.NothingHere)
	f.sound()
}

// Commands that name the same jobs in opposite orders lock them in one order.
func TestNoDeadlockOverManyJobs(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	var past []flow.PastJob
	for i := range 10 {
		past = append(past, flow.PastJob{NewJob: flow.NewJob{ID: f.job(fmt.Sprintf("JC-%d", i), 100), Number: fmt.Sprintf("JC-%d", i)}})
	}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for n := range 5 {
				a := flow.ImportHistory{Process: f.process.ID, Version: 1}
				for i := range past {
					k := (i*7 + w*3) % len(past)
					j := past[k]
					j.Rows = []flow.PastRow{{Ref: fmt.Sprintf("%d-%d", w, n), Line: n, Stage: "printing", Ended: flow.At(time.Now()), Good: flow.One}}
					a.Jobs = append(a.Jobs, j)
				}
				if _, err := f.do(a); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	f.sound()
}

// The trap of logs numbered at insert: a reader that follows eight parallel writers misses nothing.
func TestAReaderMissesNothing(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	f := openFirm(t, db, "sahyadri")
	const writers, each = 8, 1250 // 10,000 movements in all
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	read := make(chan []int64, 1)
	wake := make(chan struct{}, 1)
	go func() {
		_ = db.Listen(ctx, postgres.Ears{Look: func(flow.ID) {}, Woke: func(flow.ID) { //nolint:errcheck // ends with the context
			select {
			case wake <- struct{}{}:
			default:
			}
		}})
	}()
	go func() {
		var seen []int64
		err := db.Watch(ctx, f.org, 0, wake, func(rs []postgres.Record) error {
			for _, r := range rs {
				seen = append(seen, r.Seq)
			}
			if len(seen) >= writers*each {
				return errors.New("enough")
			}
			return nil
		})
		if err == nil || err.Error() != "enough" {
			t.Error(err)
		}
		read <- seen
	}()
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for n := range each / 50 {
				a := flow.Create{Process: f.process.ID, Version: 1}
				for i := range 50 {
					a.Jobs = append(a.Jobs, flow.NewJob{ID: newID(t), Number: fmt.Sprintf("W%d-%d-%d", w, n, i), Quantity: flow.One})
				}
				f.must(a)
			}
		})
	}
	wg.Wait()
	select {
	case seen := <-read:
		for i, seq := range seen {
			if seq != int64(i+1) {
				t.Fatalf("movement %d came at place %d", seq, i+1)
			}
		}
	case <-time.After(time.Minute):
		t.Fatal("the reader never saw all movements")
	}
	f.sound()
}

func TestUndo(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	id := f.job("JC-1", 100)
	r := f.must(flow.Report{Work: at(id, "printing"), Good: flow.Units(40)})
	f.must(flow.Undo{Job: id, Undoes: r.Command})
	if j, err := f.db.Job(t.Context(), f.org, id); err != nil || j.Stages[0].OnHand != flow.Units(100) || j.Stages[1].Live() {
		t.Errorf("%+v %v", j.Stages, err)
	}
	refused(t, second(f.do(flow.Undo{Job: id, Undoes: r.Command})), flow.UndoNothing)
	r = f.must(flow.Report{Work: at(id, "printing"), Good: flow.Units(40)})
	late := f.mark()
	late.At, late.Role = late.At.Add(11*time.Minute), flow.Operator
	refused(t, second(f.db.Do(t.Context(), late, flow.Command{ID: newID(t), Action: flow.Undo{Job: id, Undoes: r.Command}})), flow.UndoTooLate)
	other := f.mark()
	other.Member, other.Role = newID(t), flow.Operator
	refused(t, second(f.db.Do(t.Context(), other, flow.Command{ID: newID(t), Action: flow.Undo{Job: id, Undoes: r.Command}})), flow.UndoNotYours)
	if _, err := f.db.Do(t.Context(), other, flow.Command{ID: newID(t), Action: flow.Start{Work: at(id, "lamination")}}); err != nil {
		t.Fatal(err)
	}
	refusal := refused(t, second(f.do(flow.Undo{Job: id, Undoes: r.Command, Reason: "wrong job"})), flow.UndoDepends)
	if refusal.By != other.Member || refusal.Kind != flow.KindStarted || refusal.Stage != "lamination" {
		t.Errorf("the refusal names %+v", refusal)
	}
	f.sound()
}
