package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

// busyFirm has jobs with something in every list that is derived from states.
func busyFirm(t *testing.T, db *postgres.DB, slug string, jobs int) *firm {
	t.Helper()
	f := openFirm(t, db, slug)
	konkan := postgres.Vendor{ID: newID(t), Name: "Konkan Laminators"}
	if err := db.AddVendor(t.Context(), f.org, konkan); err != nil {
		t.Fatal(err)
	}
	for n := range jobs {
		id := f.job(fmt.Sprintf("JC-%d", n), 100)
		f.must(flow.Report{Work: at(id, "printing"), Good: flow.Units(80), Wasted: []flow.Waste{{Reason: "torn", Quantity: flow.Units(2)}},
			Release: flow.Release{Used: []flow.Used{{Lot: "B-117", Quantity: flow.Units(2)}}, Made: fmt.Sprintf("P-%d", n)}})
		f.must(flow.Report{Work: at(id, "lamination"), Good: flow.Units(10), Back: []flow.Back{{To: "printing", Reason: "torn", Quantity: flow.Units(3)}}})
		f.must(flow.Send{Vendor: konkan.ID, Lines: []flow.SendLine{{Work: at(id, "lamination"), Quantity: flow.Units(20)}}})
		f.must(flow.RaiseNC{Work: at(id, "lamination"), NC: newID(t), What: "bubbles"})
		f.must(flow.Assign{Work: at(id, "lamination"), To: f.owner})
		f.must(flow.Change{Job: id, Set: map[string]string{flow.SetDue: "2026-12-24", flow.SetItem: "Barfi box"}})
	}
	return f
}

// older leaves an organisation as a program before these rules would have: states without the newer fields, a list that
// did not exist yet, and its version of the fold.
const older = `set session_replication_role = replica;
	update jobs set due = '2026-12-01', site = 'nowhere', state = regexp_replace(regexp_replace(state, '"(recalled|assigned|returned|promised|made|used)":("[^"]*"|[0-9]+|\[[^]]*\]),?', '', 'g'), ',}', '}', 'g');
	delete from job_lots; delete from job_terms where term < 'd'; update work set assigned = null, on_hand = 1, due = '2026-12-01', away = false; delete from nonconformances; delete from job_words where word like 'b%';
	update challan_lines set left_there = 7; update log_heads set fold = 0`

func spoil(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql+"; set session_replication_role = origin"); err != nil {
		t.Fatal(err)
	}
}

func quiet(int) {}

// What an older program stored is folded anew from the movements, with every list derived from it, before a command is
// taken; then all is as if this program had been there from the first day.
func TestStatesOfAnOlderProgramAreFoldedAnew(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	f, other := busyFirm(t, db, "sahyadri", 230), busyFirm(t, db, "konkan", 1)
	f.sound()
	conn := pgtest.Owner(t, url)
	const all = `select md5(string_agg(r, E'\n' order by r)) from (select j::text r from jobs j union all select w::text from work w
		union all select w::text from job_words w union all select l::text from job_lots l union all select c::text from challan_lines c union all select n::text from nonconformances n) rows`
	var before, after string
	if err := conn.QueryRow(t.Context(), all).Scan(&before); err != nil {
		t.Fatal(err)
	}
	spoil(t, conn, older)
	var fault *postgres.Fault
	if _, err := db.Verify(t.Context(), f.org); !errors.As(err, &fault) {
		t.Fatalf("verify says %v of states that lack fields", err)
	}
	id, err := db.JobsByNumber(t.Context(), f.org, []string{"JC-3"})
	if err != nil || len(id) != 1 {
		t.Fatal(id, err)
	}
	refused(t, second(f.do(flow.Report{Work: at(id[0].ID, "printing"), Good: flow.One})), flow.BeingUpdated)
	refused(t, second(f.do(flow.Create{Process: f.process.ID, Version: 1, Jobs: []flow.NewJob{{ID: newID(t), Quantity: flow.One}, {ID: newID(t), Quantity: flow.One}}})), flow.BeingUpdated)
	var told []int
	n, err := db.Refold(t.Context(), f.org, func(done int) { told = append(told, done) })
	if err != nil || n != 230 || fmt.Sprint(told) != "[100 200 230]" {
		t.Fatalf("%d jobs, %v: %v", n, told, err)
	}
	f.sound()
	if _, err := db.Refold(t.Context(), other.org, quiet); err != nil {
		t.Fatal(err)
	}
	other.sound()
	if err := conn.QueryRow(t.Context(), all).Scan(&after); err != nil || after != before {
		t.Errorf("what is stored now is not what it was before an older program had been at it (%v)", err)
	}
	if n, err := db.Refold(t.Context(), f.org, quiet); n != 0 || err != nil {
		t.Errorf("once more folds %d: %v", n, err)
	}
	f.must(flow.Report{Work: at(id[0].ID, "printing"), Good: flow.One})
	f.sound()
}

// A fold that ended half-way is gone on with; until then nothing is taken. Several that fold at once share the work.
func TestAFoldGoesOnWhereItStood(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	f := busyFirm(t, db, "sahyadri", 130)
	spoil(t, pgtest.Owner(t, url), older)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if _, err := db.Refold(ctx, f.org, func(int) { cancel() }); err == nil {
		t.Fatal("it went on after its program ended")
	}
	refused(t, second(f.do(flow.Create{Process: f.process.ID, Version: 1, Jobs: []flow.NewJob{{ID: newID(t), Quantity: flow.One}}})), flow.BeingUpdated)
	var mu sync.Mutex
	var wg sync.WaitGroup
	sum := 0
	for range 4 {
		wg.Go(func() {
			n, err := db.Refold(t.Context(), f.org, quiet)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			sum += n
			mu.Unlock()
		})
	}
	wg.Wait()
	if sum != 30 {
		t.Errorf("%d jobs were left, want 30", sum)
	}
	f.sound()
}

// A program that was running when a newer one folded the states anew writes none of its own beside them.
func TestAnOlderProgramTakesNothingMore(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	f := busyFirm(t, db, "sahyadri", 2)
	id := f.job("JC-9", 100)
	spoil(t, pgtest.Owner(t, url), fmt.Sprintf("update log_heads set fold = %d", flow.FoldVersion+1))
	before, err := db.Job(t.Context(), f.org, id)
	if err != nil {
		t.Fatal(err)
	}
	refused(t, second(f.do(flow.Start{Work: at(id, "printing")})), flow.BeingUpdated)
	if after, err := db.Job(t.Context(), f.org, id); err != nil || after.Last != before.Last || after.Stages[0].Started != 0 {
		t.Errorf("a refused command changed the job: %+v %v", after, err)
	}
	if _, err := db.Refold(t.Context(), f.org, quiet); !errors.Is(err, postgres.ErrNewer) {
		t.Errorf("an older program folds over a newer one: %v", err)
	}
}

// Commands that are under way when the fold begins either count, and are folded, or are refused whole.
func TestCommandsDuringAFold(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	f := openFirm(t, db, "sahyadri")
	var ids []flow.ID
	for n := range 120 {
		ids = append(ids, f.job(fmt.Sprintf("JC-%d", n), 100))
	}
	conn := pgtest.Owner(t, url)
	var wg sync.WaitGroup
	for w := range 6 {
		wg.Go(func() {
			for n := range 60 {
				_, err := f.do(flow.Report{Work: at(ids[(w*20+n)%len(ids)], "printing"), Good: flow.One})
				var r *flow.Refusal
				if err != nil && (!errors.As(err, &r) || r.Code != flow.BeingUpdated) {
					t.Error(err)
				}
			}
		})
	}
	for range 3 {
		spoil(t, conn, "update log_heads set fold = 0")
		if _, err := db.Refold(t.Context(), f.org, quiet); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
	f.sound()
}

// A job whose movements do not follow from each other is named, and its organisation stays closed.
func TestAFoldNamesWhatCannotBe(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	f := busyFirm(t, db, "sahyadri", 1)
	spoil(t, pgtest.Owner(t, url), older+`; update movements set facts = replace(facts, '"good":80', '"good":800') where kind = 'reported'`)
	_, err := db.Refold(t.Context(), f.org, quiet)
	var fault *postgres.Fault
	if !errors.As(err, &fault) || !strings.Contains(fault.Says, "do not follow") {
		t.Errorf("the fold says %v", err)
	}
	refused(t, second(f.do(flow.Create{Process: f.process.ID, Version: 1, Jobs: []flow.NewJob{{ID: newID(t), Quantity: flow.One}}})), flow.BeingUpdated)
}
