package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// leafRows is how many rows of a table one statement looks at when all of a table is looked through: what somebody is named in
// is nowhere indexed, for that would cost every update.
const leafRows = 5000

// planLeaves makes the database plan each statement of a transaction for what it is asked: a plan for any leaf would be one for
// the whole table.
func planLeaves(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, "set local plan_cache_mode = force_custom_plan")
	return err
}

// eachLeaf goes through the rows of an organisation in a table, some at a time in the order of its key, so that no statement takes
// long and nothing is sorted whole, however large the company is. see is given the condition of the next rows and what it has
// for arguments.
func eachLeaf(ctx context.Context, tx pgx.Tx, org flow.ID, table string, see func(where string, args []any) error) error {
	key, err := tableKeyOf(ctx, tx, table)
	if err != nil {
		return err
	}
	if len(key) == 0 {
		return see("org_id = $1", []any{org})
	}
	var after []any
	for {
		where, args := key.place(">", "org_id = $1", []any{org}, after)
		last, err := lastOf(ctx, tx, key, fmt.Sprintf("from %s where %s order by %s offset %d limit 1", table, where, key.names(), leafRows-1), args)
		if err != nil {
			return err
		}
		if err := see(key.place("<=", where, args, last)); err != nil || last == nil {
			return err
		}
		after = last
	}
}

// place is a condition with one more: that the key compares so with a place. No place is no condition.
func (k tableKey) place(compares, where string, args, at []any) (string, []any) {
	if at == nil {
		return where, args
	}
	var values []string
	for i, c := range k {
		values = append(values, fmt.Sprintf("$%d::text::%s", len(args)+i+1, c.Type))
	}
	return where + " and (" + k.names() + ") " + compares + " (" + strings.Join(values, ", ") + ")", append(args[:len(args):len(args)], at...)
}

// lastOf is the key of the one row that a statement finds, as text; nil when it finds none.
func lastOf(ctx context.Context, tx pgx.Tx, key tableKey, from string, args []any) (last []any, err error) {
	var texts []string
	for _, k := range key {
		texts = append(texts, k.Name+"::text")
	}
	rows, err := tx.Query(ctx, "select array["+strings.Join(texts, ", ")+"] "+from, args...)
	if err != nil {
		return nil, err
	}
	var row []string
	_, err = pgx.ForEachRow(rows, []any{&row}, func() error {
		for _, text := range row {
			last = append(last, text)
		}
		return nil
	})
	return last, err
}

// said is the condition that one of some texts has something that looks like one of the patterns of an argument, in capitals or
// not. The texts are put together and made small once for all of them, which is most of what it costs.
func said(columns []string, patterns int) string {
	return fmt.Sprintf(`lower(concat_ws(e'\x01', %s)) like any (array(select lower(p) from unnest($%d::text[]) p))`, strings.Join(columns, "::text, ")+"::text", patterns)
}
