package postgres

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/jackc/pgx/v5"
)

// column is what the database knows of a column that the register of personal data names.
type column struct {
	text     bool   // of texts, JSON among them
	bytes    bool   // of bytes
	nullable bool   //
	name     string // of the type
}

// empty is the literal of nothing in the column.
func (c column) empty() string {
	switch {
	case c.nullable:
		return "null"
	case c.bytes:
		return `'\x'`
	}
	return "''"
}

// columnTypes are the columns of a table.
func columnTypes(ctx context.Context, tx pgx.Tx, table string) (map[string]column, error) {
	rows, err := tx.Query(ctx, `select attname::text, format_type(atttypid, null), not attnotnull from pg_attribute
		where attrelid = ('public.' || quote_ident($1))::regclass and attnum > 0 and not attisdropped`, table)
	if err != nil {
		return nil, err
	}
	list := map[string]column{}
	var name string
	var c column
	_, err = pgx.ForEachRow(rows, []any{&name, &c.name, &c.nullable}, func() error {
		c.text, c.bytes = c.name == "text" || c.name == "jsonb", c.name == "bytea"
		list[name] = c
		return nil
	})
	return list, err
}

// rowKey is the last column of a table's primary key, which names its rows within the organisation where the key has two.
func rowKey(ctx context.Context, tx pgx.Tx, table string) (key string, err error) {
	err = tx.QueryRow(ctx, `select attname::text from pg_index join pg_attribute on attrelid = indrelid and attnum = indkey[indnatts - 1]
		where indisprimary and indrelid = ('public.' || quote_ident($1))::regclass`, table).Scan(&key)
	return key, err
}

// keyColumn is a column of a primary key.
type keyColumn struct{ Name, Type string }

// tableKey is a table's primary key without the organisation.
type tableKey []keyColumn

func (k tableKey) names() string {
	list := make([]string, len(k))
	for i, c := range k {
		list[i] = c.Name
	}
	return strings.Join(list, ", ")
}

// tableKeyOf is a table's primary key without the organisation, by which its rows are ordered; empty when there is a row for each
// organisation.
func tableKeyOf(ctx context.Context, tx pgx.Tx, table string) (tableKey, error) {
	rows, err := tx.Query(ctx, `select quote_ident(attname), format_type(atttypid, null) from pg_index, unnest(indkey::int2[]) with ordinality k (n, i), pg_attribute
		where indisprimary and indrelid = ('public.' || quote_ident($1))::regclass and attrelid = indrelid and attnum = k.n and attname <> 'org_id' order by i`, table)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[keyColumn])
}

// mustJSON is a plain value as JSON.
func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil { // plain values always marshal
		panic(err)
	}
	return b
}
