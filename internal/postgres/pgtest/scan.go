package pgtest

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Scan looks for texts in every column of every table, whoever's row it is, capitals or not, in bytes too, and lists where
// it found which: "members.name: Ravi". It is how tests show that something is kept nowhere.
func Scan(t testing.TB, url string, marks ...string) []string {
	t.Helper()
	var found []string
	eachValue(t, Owner(t, url), marks, func(place string, value []byte) {
		for _, mark := range Found(value, marks...) {
			found = append(found, fmt.Sprintf("%s: %s", place, mark))
		}
	})
	slices.Sort(found)
	return slices.Compact(found)
}

// Places are where in the whole database one of some texts is, as Scan looks for them: table.column, once for each row.
func Places(t testing.TB, conn *pgx.Conn, marks ...string) []string {
	t.Helper()
	var found []string
	eachValue(t, conn, marks, func(place string, value []byte) {
		if len(Found(value, marks...)) > 0 {
			found = append(found, place)
		}
	})
	slices.Sort(found)
	return found
}

// eachValue gives the values of those rows that have one of some texts, each with its table and column.
func eachValue(t testing.TB, conn *pgx.Conn, marks []string, see func(place string, value []byte)) {
	t.Helper()
	rows, err := conn.Query(t.Context(), `select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by 1`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		rows, err := conn.Query(t.Context(), "select to_jsonb(x)::text from "+pgx.Identifier{table}.Sanitize()+" x")
		if err != nil {
			t.Fatal(err)
		}
		var row []byte
		if _, err := pgx.ForEachRow(rows, []any{&row}, func() error {
			if len(Found(row, marks...)) == 0 {
				return nil
			}
			columns := map[string]json.RawMessage{}
			err := json.Unmarshal(row, &columns)
			for name, value := range columns {
				see(table+"."+name, value)
			}
			return err
		}); err != nil {
			t.Fatal(table, err)
		}
	}
}

// Found are those of some texts that are in some bytes: as they are, capitals or not, or as dumps and letters write bytes, in
// hexadecimal or base64.
func Found(raw []byte, marks ...string) (found []string) {
	lower := bytes.ToLower(raw)
	for _, mark := range marks {
		text := []byte(mark)
		if bytes.Contains(lower, bytes.ToLower(text)) || bytes.Contains(lower, []byte(hex.EncodeToString(text))) || inBase64(raw, text) {
			found = append(found, mark)
		}
	}
	return found
}

// inBase64 looks for the beginning of what begins so. What is short would be found in anything.
func inBase64(raw, mark []byte) bool {
	const least = 12
	whole := len(mark) / 3 * 3
	return whole >= least && bytes.Contains(raw, []byte(base64.StdEncoding.EncodeToString(mark[:whole])))
}
