package postgres_test

import (
	"slices"
	"strconv"
	"testing"

	"clicarity/internal/flow"
	"clicarity/internal/postgres/pgtest"
)

// What is looked through some rows at a time is looked through whole: no row is missed where two leaves meet, and none is seen
// twice, whatever the key is.
func TestLeavesOfATableMeet(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	f := openFirm(t, pgtest.Open(t, url), "sahyadri")
	f.signed()
	one := f.plant("Prabhakar Ghatge", "prabhakar@sahyadri.example", "+919812345678", "JC-7")
	owner := pgtest.Owner(t, url)
	for _, sql := range []string{
		"set session_replication_role = replica", // many rows at once, of jobs that are not there
		`insert into job_words select $1, 'w' || lpad((n / 2)::text, 6, '0') || case when n % 833 in (0, 1) then ' prabhakar GHATGE' else '' end, md5(n::text)::uuid from generate_series(1, 12500) n where $2::uuid is not null`,
		`insert into receipts select $1, md5(n::text)::uuid, decode(md5('x') || md5('y'), 'hex'), n, n, case when n % 5000 in (0, 1, 4999) then '[{"number":"PRABHAKAR GHATGE"}]' else '[]' end from generate_series(1, 15000) n where $2::uuid is not null`,
		`insert into movements select $1, 100000 + n, md5('j')::uuid, md5(n::text)::uuid, 0, 'held', 'printing', $2, '', now(), now(), 'live', case when n % 5000 in (0, 1, 4999) then '{"note":"says Prabhakar Ghatge"}' else '{}' end,
			decode(md5('x') || md5('y'), 'hex') from generate_series(1, 12500) n`,
	} {
		args := []any{f.org, f.owner}
		if sql[:3] == "set" {
			args = nil
		}
		if _, err := owner.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(sql, err)
		}
	}
	p := &packed{rows: map[string]int{}}
	if err := f.db.Pack(t.Context(), f.org, one.id, p); err != nil {
		t.Fatal(err)
	}
	found := rowsOf(t, owner, append(one.marks(), one.id.String())...)
	for _, table := range []string{"job_words", "receipts", "movements"} {
		if p.rows[table] != found[table] || found[table] < 8 {
			t.Errorf("%s: the pack has %d rows, the database %d", table, p.rows[table], found[table])
		}
	}
	mentions, err := f.db.Mentions(t.Context(), f.org, one.id)
	if err != nil {
		t.Fatal(err)
	}
	var seqs []int64
	for _, m := range mentions {
		if n, err := strconv.ParseInt(m.Key, 10, 64); m.Place == "movements" && err == nil && n > 100000 {
			seqs = append(seqs, n-100000)
		}
	}
	want := []int64{10001, 10000, 9999, 5001, 5000, 4999, 1}
	if !slices.Equal(seqs, want) {
		t.Errorf("%v, want %v, the newest first", seqs, want)
	}
	if list, err := f.db.Naming(t.Context(), f.org, flow.ID{}, "Zarathustra", nil); err != nil || len(list) > 0 {
		t.Errorf("%v %v", list, err)
	}
}
