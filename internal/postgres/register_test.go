package postgres_test

import (
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/postgres/pgtest"
	"clicarity/internal/privacy"
)

// Every column of every table is in the register of personal data, and nothing is in it that the database does not have:
// whoever adds a column says in the same change whether it is about somebody, what for and for how long.
func TestEveryColumnIsInTheRegister(t *testing.T) {
	t.Parallel()
	conn := pgtest.Owner(t, pgtest.URL(t))
	for _, table := range tables(t, conn) {
		entry, ok := privacy.Named(table)
		if !ok {
			t.Errorf("%s is not in the register of personal data (internal/privacy/register.go)", table)
			continue
		}
		if got, want := entry.Columns(), columnsOf(t, conn, table); !slices.Equal(got, want) {
			t.Errorf("%s: the register has the columns\n%v, the database\n%v", table, got, want)
		}
	}
	for _, entry := range privacy.Register {
		if !slices.Contains(tables(t, conn), entry.Name) {
			t.Errorf("the register has %s, the database not", entry.Name)
		}
	}
}

// A column that refers to a member is personal: whose it is cannot be left out of the register.
func TestWhoeverAColumnNamesIsInTheRegister(t *testing.T) {
	t.Parallel()
	conn := pgtest.Owner(t, pgtest.URL(t))
	rows, err := conn.Query(t.Context(), `select conrelid::regclass::text, attname from pg_constraint join pg_attribute on attrelid = conrelid and attnum = conkey[2]
		where contype = 'f' and confrelid = 'members'::regclass`)
	if err != nil {
		t.Fatal(err)
	}
	var table, column string
	if _, err := pgx.ForEachRow(rows, []any{&table, &column}, func() error {
		entry, _ := privacy.Named(table)
		program := table == "tokens" && column == "member_id" // a program is nobody
		if !slices.Contains(entry.People(), column) && !program {
			t.Errorf("%s.%s is a member, and the register does not say whose row it is", table, column)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func columnsOf(t *testing.T, conn *pgx.Conn, table string) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), "select column_name::text from information_schema.columns where table_schema = 'public' and table_name = $1", table)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return list
}
