package postgres_test

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"clicarity/internal/flow"
	"clicarity/internal/postgres/pgtest"
)

func (f *firm) found(q string, sites ...string) (numbers []string) {
	f.t.Helper()
	jobs, err := f.db.Find(f.t.Context(), f.org, q, sites, 50)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, j := range jobs {
		numbers = append(numbers, j.Number)
	}
	return numbers
}

func (f *firm) named(number, customer, item string, more ...func(*flow.NewJob)) flow.ID {
	f.t.Helper()
	n := flow.NewJob{ID: newID(f.t), Number: number, Customer: customer, Item: item, Quantity: flow.Units(10)}
	for _, m := range more {
		m(&n)
	}
	f.must(flow.Create{Process: f.process.ID, Version: 1, Jobs: []flow.NewJob{n}})
	return n.ID
}

func TestSearchByNumberWordAndPart(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	f := openFirm(t, db, "sahyadri")
	other := openFirm(t, db, "konkan")
	other.named("JC-42", "Alphonso Exports", "Mango box")
	f.named("JC-42", "Devgad Alphonso Growers", "Mango box 10x12")
	f.named("JC-420", "Lakshmi Sweets", "Kaju katli box", func(n *flow.NewJob) { n.Due = "2026-12-01" })
	f.named("42", "Lakshmi Sweets", "Metallised pouch")
	f.named("JC-7", "राम प्रिंटर्स", "मिठाई का डिब्बा", func(n *flow.NewJob) { n.Site = "vasai" })
	for q, want := range map[string][]string{
		"jc-42":           {"JC-42", "JC-420"},
		"42":              {"42", "JC-42", "JC-420"},
		"alphonso":        {"JC-42"},
		"alfonso":         {"JC-42"},
		"phonso":          {"JC-42"},
		"alfonso mang":    {"JC-42"},
		"mang alfonso 42": {"JC-42"},
		"laxmi":           {"42", "JC-420"},
		"laxmi kaju":      {"JC-420"},
		"kaaju":           {"JC-420"},
		"metalised":       {"42"},
		"डिबा":            {"JC-7"},
		"10x12":           {"JC-42"},
		"10x14":           {},
		"carton":          {},
		"":                {},
		"a":               {"JC-42"},
		"%":               {},
		"  ,. ":           {},
	} {
		got := f.found(q)
		if want := slices.Clone(want); q == "42" || q == "laxmi" || q == "jc-42" { // those without a due date come as they were made
			slices.Sort(want)
			if slices.Sort(got); !slices.Equal(got, want) {
				t.Errorf("%q finds %q, want %q", q, got, want)
			}
		} else if !slices.Equal(got, want) && len(got)+len(want) > 0 {
			t.Errorf("%q finds %q, want %q", q, got, want)
		}
	}
	if got := f.found("42"); len(got) == 0 || got[0] != "42" {
		t.Errorf("the exact number is not the first of %q", got)
	}
	if got := f.found("डिब्बा", "pune"); len(got) != 0 {
		t.Errorf("at another site: %q", got)
	}
	if got := f.found("jc-7", "vasai"); !slices.Equal(got, []string{"JC-7"}) {
		t.Errorf("at the site: %q", got)
	}
}

// A job that is called something else is found by its new name, also a new misspelling of it, and no more by the old one;
// completed jobs are found after the open ones.
func TestSearchFollowsTheJob(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	id := f.named("JC-1", "Alphonso Exports", "Box")
	done := f.named("JC-2", "Kesar Exports", "Box")
	for _, stage := range f.process.Stages {
		f.must(flow.Finish{Work: at(done, stage.Code)})
	}
	f.must(flow.Change{Job: id, Set: map[string]string{"customer": "Totapuri Exports"}})
	if got := f.found("alfonso"); len(got) != 0 {
		t.Errorf("by the old name: %q", got)
	}
	if got := f.found("totapury"); !slices.Equal(got, []string{"JC-1"}) {
		t.Errorf("by the new name: %q", got)
	}
	if got := f.found("export"); !slices.Equal(got, []string{"JC-1", "JC-2"}) {
		t.Errorf("open and completed: %q", got)
	}
}

// Of a word that thousands of jobs have, the newest are found.
func TestACommonWordFindsTheNewestJobs(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	for page := range 6 {
		jobs := make([]flow.NewJob, 200)
		for i := range jobs {
			jobs[i] = flow.NewJob{ID: newID(t), Number: "N-" + strconv.Itoa(page*200+i), Customer: "Lakshmi Sweets", Quantity: flow.One}
		}
		jobs[199].Item = "Casket"
		f.must(flow.Create{Process: f.process.ID, Version: 1, Jobs: jobs})
	}
	if got := f.found("laxmi casket"); !slices.Contains(got, "N-1199") {
		t.Errorf("%q", got)
	}
}

// What the migration makes of the jobs that are there is what the program makes of new ones.
func TestPartsOfJobsThatWereThereBefore(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	f := openFirm(t, pgtest.Open(t, url), "sahyadri")
	f.named("JC-42", "Devgad Alphonso Growers", "Mango box 10x12")
	f.named("NUMBER-ONLY", "राम प्रिंटर्स", "मिठाई का डिब्बा")
	owner := pgtest.Owner(t, url)
	parts := func() (all []string) {
		rows, err := owner.Query(t.Context(), "select part || '|' || word from word_parts where org_id = $1 order by 1", f.org)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				t.Fatal(err)
			}
			all = append(all, s)
		}
		return all
	}
	want := parts()
	var ours []string
	for _, w := range flow.SearchWords("devgad alphonso growers mango box 10x12 राम प्रिंटर्स मिठाई का डिब्बा") {
		for _, part := range flow.Parts(w) {
			ours = append(ours, part+"|"+w)
		}
	}
	if slices.Sort(ours); len(ours) != len(want) {
		t.Errorf("%d parts, want %d", len(want), len(ours))
	}
	text, err := os.ReadFile("migrations/0023_search.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, fill, _ := strings.Cut(string(text), "insert into word_parts")
	fill, _, _ = strings.Cut(fill, ";")
	if _, err := owner.Exec(t.Context(), "delete from word_parts"); err != nil {
		t.Fatal(err)
	}
	if _, err := owner.Exec(t.Context(), "insert into word_parts"+fill); err != nil {
		t.Fatal(err)
	}
	if got := parts(); !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}
