package pgtest

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Scan looks for texts in every column of every table, whoever's row it is, capitals or not, in bytes too, and lists where
// it found which: "members.name: Ravi". It is how tests show that something is kept nowhere.
func Scan(t testing.TB, url string, marks ...string) []string {
	t.Helper()
	conn := Owner(t, url)
	rows, err := conn.Query(t.Context(), `select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by 1`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, table := range tables {
		found = append(found, scanTable(t, conn, table, marks)...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func scanTable(t testing.TB, conn *pgx.Conn, table string, marks []string) (found []string) {
	t.Helper()
	rows, err := conn.Query(t.Context(), "select to_jsonb(x)::text from "+pgx.Identifier{table}.Sanitize()+" x")
	if err != nil {
		t.Fatal(err)
	}
	var row string
	if _, err := pgx.ForEachRow(rows, []any{&row}, func() error {
		for _, mark := range marks {
			if !holds(row, mark) {
				continue
			}
			columns := map[string]json.RawMessage{}
			if err := json.Unmarshal([]byte(row), &columns); err != nil {
				return err
			}
			for name, value := range columns {
				if holds(string(value), mark) {
					found = append(found, fmt.Sprintf("%s.%s: %s", table, name, mark))
				}
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return found
}

// holds reports whether a text has a mark in it, as it is or in hexadecimal, as bytes are written.
func holds(text, mark string) bool {
	text = strings.ToLower(text)
	return strings.Contains(text, strings.ToLower(mark)) || strings.Contains(text, hex.EncodeToString([]byte(mark)))
}
