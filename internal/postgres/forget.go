package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// ForgetRows is how many rows are deleted at once: nothing is locked for long.
const ForgetRows = 5000

// contactsUse is of the sealer: where the certificate of a deletion goes.
const contactsUse = "closure contacts"

// ErrNotYet says that the time of a deletion has not come, by the database's own clock.
var ErrNotYet = errors.New("postgres: the time to delete this organisation has not come")

// BeginDeletion notes that an organisation whose time has come is being deleted, and keeps where the certificate goes, sealed.
// From then on nobody signs in to it. It may be called again: what was kept stays.
func (db *DB) BeginDeletion(ctx context.Context, org flow.ID, now time.Time) error {
	owners, err := db.OwnersToWrite(ctx, org)
	if err != nil {
		return err
	}
	contacts, err := db.sealContacts(ctx, org, owners)
	if err != nil {
		return err
	}
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, "update closures set begun_at = $2, contacts = $3 where org_id = $1 and undone_at is null and begun_at is null and delete_from <= $2", org, now, contacts)
		if err != nil || tag.RowsAffected() > 0 {
			return err
		}
		return one(ctx, tx, "select from closures where org_id = $1 and begun_at is not null", org)
	})
}

// sealContacts seals with the installation's key: the organisation's own is the first thing that goes.
func (db *DB) sealContacts(ctx context.Context, org flow.ID, owners []Owner) ([]byte, error) {
	if len(owners) == 0 {
		return nil, nil
	}
	text, err := json.Marshal(owners)
	if err != nil {
		return nil, err
	}
	root, err := db.Installation(ctx)
	if err != nil {
		return nil, err
	}
	return root.Seal(contactsUse, org.String(), text)
}

// Contacts are those to whom the certificate of a deletion has still to go.
func (db *DB) Contacts(ctx context.Context, org flow.ID) (owners []Owner, err error) {
	var sealed []byte
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select contacts from closures where org_id = $1", org).QueryRow(func(row pgx.Row) error { return row.Scan(&sealed) })
	})
	if err != nil || sealed == nil {
		return nil, notFound(err)
	}
	root, err := db.Installation(ctx)
	if err != nil {
		return nil, err
	}
	text, err := root.Open(contactsUse, org.String(), sealed)
	if err != nil {
		return nil, err
	}
	return owners, json.Unmarshal(text, &owners)
}

// KeepContacts keeps those to whom the certificate has still to go, in the place of those before; none: they are forgotten.
func (db *DB) KeepContacts(ctx context.Context, org flow.ID, owners []Owner) error {
	sealed, err := db.sealContacts(ctx, org, owners)
	if err != nil {
		return err
	}
	return db.tenant(ctx, org, func(b *pgx.Batch) { b.Queue("update closures set contacts = $2 where org_id = $1", org, sealed) })
}

// tableOf is a table that has rows of organisations, with the tables that refer to it.
type tableOf struct {
	name    string
	holders []string
}

// first are tables that are emptied before all others, as far as what refers to them allows: without the keys the rest cannot be
// read any more, and without the rest of these nobody comes in.
var first = []string{"org_keys", "sessions", "logins", "tokens", "tv_codes", "devices", "links"}

// last are tables that are still written to when others are emptied.
var last = []string{"audit_heads", "audit", "log_heads", "organisations"}

// orgTables are all tables that have rows of organisations, each after those that refer to it; what outlives an organisation is
// not among them.
func orgTables(ctx context.Context, tx pgx.Tx) ([]string, error) {
	rows, err := tx.Query(ctx, `select c.relname::text, coalesce((select array_agg(distinct h.relname::text) from pg_constraint f join pg_class h on h.oid = f.conrelid
			where f.contype = 'f' and f.confrelid = c.oid and f.conrelid <> c.oid), '{}')
		from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped
		where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'closures' order by 1`)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (t tableOf, err error) { return t, row.Scan(&t.name, &t.holders) })
	if err != nil {
		return nil, err
	}
	return inOrder(all)
}

// inOrder puts tables after those that refer to them.
func inOrder(all []tableOf) ([]string, error) {
	ranks := ranksOf(all)
	slices.SortStableFunc(all, func(a, b tableOf) int { return ranks[a.name] - ranks[b.name] })
	var order []string
	for len(all) > 0 {
		i := slices.IndexFunc(all, func(t tableOf) bool {
			return !slices.ContainsFunc(all, func(o tableOf) bool { return slices.Contains(t.holders, o.name) })
		})
		if i < 0 {
			return nil, fmt.Errorf("postgres: the tables from %s on refer to each other in a circle", all[0].name)
		}
		order = append(order, all[i].name)
		all = slices.Delete(all, i, i+1)
	}
	return order, nil
}

// ranksOf says which tables come before others: what refers to one that comes first comes as early as it.
func ranksOf(all []tableOf) map[string]int {
	ranks := map[string]int{}
	for _, t := range all {
		ranks[t.name] = slices.Index(last, t.name) + 1
		if i := slices.Index(first, t.name); i >= 0 {
			ranks[t.name] = i - len(first)
		}
	}
	for changed := true; changed; {
		changed = false
		for _, t := range all {
			for _, h := range t.holders {
				if ranks[t.name] < 0 && ranks[t.name] < ranks[h] {
					ranks[h], changed = ranks[t.name], true
				}
			}
		}
	}
	return ranks
}

// Forget deletes what is left of an organisation whose deletion has begun, at most so many rows of a table at once, and reports
// whether anything was. It may be stopped anywhere and called again. ErrNotYet when the database's clock says that its time has not come.
func (db *DB) Forget(ctx context.Context, org flow.ID, most int) (found bool, err error) {
	var tables []string
	err = db.inTenant(ctx, org, func(tx pgx.Tx) error {
		var may bool
		if err := tx.QueryRow(ctx, "select may_forget()").Scan(&may); err != nil {
			return err
		}
		if !may {
			return ErrNotYet
		}
		tables, err = orgTables(ctx, tx)
		return err
	})
	for _, table := range tables {
		for err == nil {
			var n int64
			if n, err = db.forgetSome(ctx, org, table, most); n == 0 {
				break
			}
			found = true
		}
		if table == "org_keys" {
			db.keys.clear() // not in memory either
		}
	}
	return found, err
}

// forgetSome deletes some rows of a table. Servers that do so at once take turns.
func (db *DB) forgetSome(ctx context.Context, org flow.ID, table string, most int) (n int64, err error) {
	err = db.inTenant(ctx, org, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock(hashtextextended('forget ' || $1, 0))", org.String()); err != nil {
			return err
		}
		return tx.QueryRow(ctx, "select forget($1, $2)", table, most).Scan(&n)
	})
	return n, err
}

// LeftOf names the tables that have rows of an organisation.
func (db *DB) LeftOf(ctx context.Context, org flow.ID) (left []string, err error) {
	err = db.inTenant(ctx, org, func(tx pgx.Tx) error {
		left, err = rowsLeft(ctx, tx, org)
		return err
	})
	return left, err
}

func rowsLeft(ctx context.Context, tx pgx.Tx, org flow.ID) (left []string, err error) {
	tables, err := orgTables(ctx, tx)
	for _, table := range tables {
		var some bool
		if err == nil {
			err = tx.QueryRow(ctx, "select exists (select from "+pgx.Identifier{table}.Sanitize()+" where org_id = $1)", org).Scan(&some)
		}
		if some {
			left = append(left, table)
		}
	}
	return left, err
}

// errLeft says that something of the organisation came back meanwhile.
var errLeft = errors.New("postgres: the organisation is not all gone")

// EndDeletion writes the certificate of a deletion, when nothing is left; write makes it of the figures. Who closed it and why is
// forgotten. With a certificate written before it does nothing.
func (db *DB) EndDeletion(ctx context.Context, org flow.ID, now time.Time, write func(Closure) (string, error)) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		c, err := scanClosure(tx.QueryRow(ctx, selectClosures+" where org_id = $1 and begun_at is not null for update", org))
		if err != nil || c.Certificate != "" {
			return notFound(err)
		}
		left, err := rowsLeft(ctx, tx, org)
		if err == nil && len(left) > 0 {
			err = fmt.Errorf("%w: %v", errLeft, left)
		}
		if err != nil {
			return err
		}
		c.Done = now
		text, err := write(c)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "update closures set done_at = $2, certificate = $3, because = '', closed_by = null where org_id = $1", org, now, text)
		return err
	})
}

// Erased is a deletion as the ledger beside the database keeps it.
type Erased struct {
	Org         flow.ID
	Closing     flow.Closing
	Begun, Done time.Time // Done is zero of one that was under way
	Counts      map[string]int64
	Certificate string // empty of one that was under way
}

// EraseAgain puts the deletions of a ledger back into a database that was restored from a backup of before, so that what the
// backup brought back is deleted again: it reports of which organisations there was something. It acts as the owner of the tables.
func EraseAgain(ctx context.Context, url string, ledger []Erased) (back []flow.ID, err error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for _, e := range ledger {
		var found bool
		err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			found, err = eraseAgain(ctx, tx, e)
			return err
		})
		if err != nil {
			return back, err
		}
		if found {
			back = append(back, e.Org)
		}
	}
	return back, nil
}

func eraseAgain(ctx context.Context, tx pgx.Tx, e Erased) (bool, error) {
	if _, err := tx.Exec(ctx, "set local role "+OwnerRole); err != nil {
		return false, err
	}
	if _, err := tx.Exec(ctx, setOrg, e.Org.String()); err != nil {
		return false, err
	}
	left, err := rowsLeft(ctx, tx, e.Org)
	if err != nil {
		return false, err
	}
	var known bool
	under := e.Done.IsZero()
	err = tx.QueryRow(ctx, "select exists (select from closures where org_id = $1 and begun_at is not null and ($2 or certificate is not null))", e.Org, under).Scan(&known)
	if err != nil || known && (under || len(left) == 0) {
		return false, err
	}
	c, counts := e.Closing, e.Counts
	if counts == nil {
		counts = map[string]int64{}
	}
	var done *time.Time
	var certificate *string
	if !under {
		done, certificate = &e.Done, &e.Certificate
	}
	_, err = tx.Exec(ctx, `insert into closures (org_id, closed_at, undo_until, delete_from, delete_by, noted_at, begun_at, counts, done_at, certificate)
		values ($1, $2, $3, $4, $5, $2, $6, $7, $8, $9)
		on conflict (org_id) do update set closed_at = excluded.closed_at, undo_until = excluded.undo_until, delete_from = excluded.delete_from, delete_by = excluded.delete_by,
			noted_at = excluded.noted_at, undone_at = null, undone_by = null, because = '', closed_by = null, contacts = null, begun_at = excluded.begun_at, counts = excluded.counts,
			done_at = excluded.done_at, certificate = excluded.certificate`,
		e.Org, c.At.Time(), c.UndoUntil.Time(), c.DeleteFrom.Time(), c.DeleteBy.Time(), e.Begun, counts, done, certificate)
	return len(left) > 0, err
}
