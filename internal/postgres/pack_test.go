package postgres_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
	"clicarity/internal/privacy"
)

// packed is a pack in memory.
type packed struct {
	at       string
	rows     map[string]int
	text     strings.Builder
	pictures []flow.ID
}

func (p *packed) Table(t privacy.Table) error { p.at = t.Name; return nil }
func (p *packed) Picture(id flow.ID) error    { p.pictures = append(p.pictures, id); return nil }
func (p *packed) Row(r postgres.PackRow) error {
	p.rows[p.at]++
	b, err := json.Marshal(r)
	fmt.Fprintf(&p.text, "%s %s\n", p.at, b)
	return err
}

// The pack has every row that a scan of the whole database finds for the person, and nothing of the other.
func TestAPackIsAllOfOneAndNothingOfAnother(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	f := openFirm(t, pgtest.Open(t, url), "sahyadri")
	f.signed()
	one, other := f.plant("Prabhakar Ghatge", "prabhakar@sahyadri.example", "+919812345678", "JC-7"), f.plant("Meenal Ranade", "meenal@sahyadri.example", "+919800011122", "JC-8")
	f.as(one, flow.Report{Work: at(one.job, "printing"), Good: flow.Units(1), Note: "Meenal Ranade and Prabhakar Ghatge saw it"})
	f.as(other, flow.Report{Work: at(other.job, "printing"), Good: flow.Units(1), Note: "PRABHAKAR GHATGE brought it to meenal@sahyadri.example"})
	f.asked(one.id)
	f.rolledUp()
	p := &packed{rows: map[string]int{}}
	if err := f.db.Pack(t.Context(), f.org, one.id, p); err != nil {
		t.Fatal(err)
	}
	found := rowsOf(t, pgtest.Owner(t, url), append(one.marks(), one.id.String())...)
	for _, table := range slices.Sorted(maps.Keys(found)) {
		if p.rows[table] != found[table] {
			t.Errorf("%s: the pack has %d rows, the database %d", table, p.rows[table], found[table])
		}
	}
	if len(found) < 25 || len(p.pictures) != 1 {
		t.Errorf("%d tables, %d pictures", len(found), len(p.pictures))
	}
	text := p.text.String()
	for _, mark := range append(other.marks(), other.id.String(), "seed of", "key of", "hash of", "pin of") {
		if i := strings.Index(strings.ToLower(text), strings.ToLower(mark)); i >= 0 {
			t.Errorf("the pack has %q: %.300s", mark, text[max(0, i-150):])
		}
	}
	for _, mark := range []string{"a manager and Prabhakar Ghatge saw it", "PRABHAKAR GHATGE brought it to a manager", one.mail, one.phone, "Jobs of Prabhakar Ghatge", postgres.PackKept, postgres.PackNamed, `"name":"Sunita"`} {
		if !strings.Contains(text, mark) {
			t.Errorf("the pack does not have %q", mark)
		}
	}
	if err := f.db.Pack(t.Context(), f.org, newID(t), p); err == nil {
		t.Error("a pack of nobody")
	}
}

// rowsOf counts the rows of each table that have one of some texts in any column.
func rowsOf(t *testing.T, conn *pgx.Conn, marks ...string) map[string]int {
	t.Helper()
	found := map[string]int{}
	for _, table := range tables(t, conn) {
		var has []string
		for _, c := range columnsOf(t, conn, table) {
			has = append(has, "strpos(lower("+pgx.Identifier{c}.Sanitize()+"::text), lower(planted_mark)) > 0")
		}
		var n int
		if err := conn.QueryRow(t.Context(), "select count(*) from "+table+" where exists (select from unnest($1::text[]) planted_mark where "+strings.Join(has, " or ")+")", marks).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			found[table] = n
		}
	}
	return found
}

// Somebody who was erased has a pack that says so, under the pseudonym.
func TestAPackOfAPseudonym(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	f.signed()
	one := f.plant("Prabhakar Ghatge", "prabhakar@sahyadri.example", "+919812345678", "JC-7")
	if err := f.db.Erase(t.Context(), f.organisation(), one.id, nil, time.Now()); err != nil {
		t.Fatal(err)
	}
	p := &packed{rows: map[string]int{}}
	if err := f.db.Pack(t.Context(), f.org, one.id, p); err != nil || p.rows["movements"] == 0 || len(p.pictures) != 0 || !strings.Contains(p.text.String(), "Person ") {
		t.Errorf("%v %v", p.rows, err)
	}
}
