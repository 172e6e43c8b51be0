package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// Takeout reads all that is kept of an organisation as it was at one moment.
type Takeout struct {
	org flow.ID
	tx  pgx.Tx
	db  *DB
}

// TakeoutTable is a table as it is taken out.
type TakeoutTable struct {
	Name    string
	Columns []string
	LeftOut map[string]string // columns that are not taken out, and why
	Rows    int64

	sql    string // its rows, in order of its key
	quoted string // the same, with nothing in it that a spreadsheet takes for a formula
}

// Why something is not in what an organisation takes out.
const (
	LeftSecret = "secret"  // it lets somebody in or opens something, and is of no use elsewhere
	LeftFile   = "file"    // it is a file of its own there
	LeftCopied = "waiting" // it waits to be sent, sealed until it has gone
)

// leftOut are the columns that are not taken out. Besides, no column is whose name says that it is a secret.
var leftOut = map[string]string{
	"pictures.bytes": LeftFile, "pictures.thumb": LeftFile, "passkeys.body": LeftSecret, "passkeys.credential": LeftSecret,
	"outbox.content": LeftCopied, "closures.contacts": LeftCopied,
}

// Columns and tables of such names hold secrets, wherever they are.
var secretEnds = []string{"_hash", "secret", "seed", "password", "sealed", "wrapped"}

const secretTable = "org_keys"

func leftOutFor(table, column, kind string) string {
	if why, ok := leftOut[table+"."+column]; ok {
		return why
	}
	if table == secretTable && column != "org_id" && kind == "bytea" {
		return LeftSecret
	}
	if column == "hash" && table != "movements" && table != "audit" && !strings.HasSuffix(table, "_heads") {
		return LeftSecret
	}
	for _, end := range secretEnds {
		if strings.HasSuffix(column, end) && kind != "bool" {
			return LeftSecret
		}
	}
	return ""
}

// TakeOut lets f read all of an organisation, in one snapshot.
func (db *DB) TakeOut(ctx context.Context, org flow.ID, f func(t *Takeout) error) error {
	return db.inSnapshot(ctx, org, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "select set_config('timezone', 'UTC', true), set_config('intervalstyle', 'iso_8601', true)"); err != nil {
			return err
		}
		return f(&Takeout{org, tx, db})
	})
}

// Tables are all tables that have rows of organisations, by name.
func (t *Takeout) Tables(ctx context.Context) ([]TakeoutTable, error) {
	rows, err := t.tx.Query(ctx, `select c.relname::text, array_agg(a.attname::text order by a.attnum), array_agg(y.typname::text order by a.attnum),
			(select array_agg(k.attname::text order by x.n) from pg_constraint p cross join unnest(p.conkey) with ordinality as x (num, n)
				join pg_attribute k on k.attrelid = c.oid and k.attnum = x.num where p.conrelid = c.oid and p.contype = 'p')
		from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped join pg_type y on y.oid = a.atttypid
		where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
			and exists (select from pg_attribute o where o.attrelid = c.oid and o.attname = 'org_id' and not o.attisdropped)
		group by c.oid, c.relname order by 1`)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (TakeoutTable, error) {
		var name string
		var columns, kinds, key []string
		err := row.Scan(&name, &columns, &kinds, &key)
		return takeoutTable(name, columns, kinds, key), err
	})
	for i := range list {
		if err == nil {
			err = t.tx.QueryRow(ctx, "select count(*) from "+pgx.Identifier{list[i].Name}.Sanitize()+" where org_id = $1", t.org).Scan(&list[i].Rows)
		}
	}
	return list, err
}

func takeoutTable(name string, columns, kinds, key []string) TakeoutTable {
	table := TakeoutTable{Name: name, LeftOut: map[string]string{}}
	var plain, quoted []string
	for i, c := range columns {
		if why := leftOutFor(name, c, kinds[i]); why != "" {
			table.LeftOut[c] = why
			continue
		}
		table.Columns = append(table.Columns, c)
		q := pgx.Identifier{c}.Sanitize()
		plain = append(plain, q)
		if kinds[i] == "text" {
			q = fmt.Sprintf(`case when %[1]s ~ '^[=+@\t\r-]' then '''' || %[1]s else %[1]s end as %[1]s`, q)
		}
		quoted = append(quoted, q)
	}
	order := make([]string, len(key))
	for i, k := range key {
		order[i] = pgx.Identifier{k}.Sanitize()
	}
	from := " from " + pgx.Identifier{name}.Sanitize() + " where org_id = app_org() order by " + strings.Join(order, ", ")
	table.sql, table.quoted = "select "+strings.Join(plain, ", ")+from, "select "+strings.Join(quoted, ", ")+from
	return table
}

// CSV writes a table as CSV with a header.
func (t *Takeout) CSV(ctx context.Context, table TakeoutTable, w io.Writer) error {
	_, err := t.tx.Conn().PgConn().CopyTo(ctx, w, "copy ("+table.quoted+") to stdout (format csv, header)")
	return err
}

// JSON writes a table as JSON Lines, each value as it is kept.
func (t *Takeout) JSON(ctx context.Context, table TakeoutTable, w io.Writer) error {
	rows, err := t.tx.Query(ctx, "select row_to_json(x)::text from ("+table.sql+") x")
	if err != nil {
		return err
	}
	var line []byte
	_, err = pgx.ForEachRow(rows, []any{(*textBytes)(&line)}, func() error {
		_, err := w.Write(append(line, '\n'))
		return err
	})
	return err
}

// textBytes takes a text without a copy of its own for each row.
type textBytes []byte

// ScanBytes implements pgtype.BytesScanner.
func (b *textBytes) ScanBytes(v []byte) error {
	*b = append((*b)[:0], v...)
	return nil
}

// TakeoutLink is a movement as the chain has it.
type TakeoutLink struct {
	Seq      int64
	Content  []byte // what the hash covers; of one that was redacted, what it says since
	Hash     [32]byte
	Redacted bool
}

// Movements gives the whole log in order.
func (t *Takeout) Movements(ctx context.Context, f func(TakeoutLink) error) error {
	rows, err := t.tx.Query(ctx, selectMovements+" where org_id = $1 order by seq", t.org)
	if err != nil {
		return err
	}
	return eachMovement(rows, func(r Record) error {
		return f(TakeoutLink{r.Seq, r.Content(r.Stored), r.Hash, r.Redacted != nil})
	})
}

// Audit gives the whole audit log in order.
func (t *Takeout) Audit(ctx context.Context, f func(Entry) error) error {
	rows, err := t.tx.Query(ctx, selectAudit+" where org_id = $1 order by seq", t.org)
	if err != nil {
		return err
	}
	return eachEntry(rows, f)
}

// Heads are the newest movement and the newest entry of the audit log.
func (t *Takeout) Heads(ctx context.Context) (log Chain, audit AuditChain, err error) {
	var hash, auditHash []byte
	err = t.tx.QueryRow(ctx, `select l.seq, l.hash, a.seq, a.hash from log_heads l join audit_heads a on a.org_id = l.org_id where l.org_id = $1`, t.org).
		Scan(&log.Seq, &hash, &audit.Seq, &auditHash)
	copy(log.Hash[:], hash)
	copy(audit.Hash[:], auditHash)
	return log, audit, notFound(err)
}

// Pictures gives every picture, one at a time, with the name that it has as a file.
func (t *Takeout) Pictures(ctx context.Context, f func(name string, content []byte) error) error {
	var after flow.ID
	for {
		var media string
		var content []byte
		err := t.tx.QueryRow(ctx, "select id, media, bytes from pictures where org_id = $1 and id > $2 order by id limit 1", t.org, after).Scan(&after, &media, &content)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err == nil && len(content) > 0 { // not erased
			content, err = t.db.openPicture(ctx, t.org, pictureUse, after, content)
		}
		if err == nil {
			err = f(after.String()+map[string]string{"image/jpeg": ".jpg", "image/png": ".png"}[media], content)
		}
		if err != nil {
			return err
		}
	}
}
