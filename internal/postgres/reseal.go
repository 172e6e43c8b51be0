package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
	"clicarity/internal/keys"
)

// sealedColumn is a column whose values Seal makes. A table that gets one is named here, so that a rotation reaches it.
type sealedColumn struct {
	table, column string
	id            string // the column that, after org_id, is the row's key
	first         string // what is before every id, with its type
	use           string
	belongs       string // an expression: what Seal was told the value belongs to
}

// noID is before every id.
const noID = "uuid '00000000-0000-0000-0000-000000000000'"

var sealedColumns = []sealedColumn{
	{"authenticators", "seed", "member_id", noID, SeedUse, "org_id::text || ' ' || member_id::text"},
	{"identity_providers", "secret", "org_id", noID, ProviderUse, "org_id::text"},
	{"outbox", "content", "number", "bigint '-1'", mailUse, "org_id::text"},
	{"files", "sealed_key", "id", noID, fileKeyUse, "org_id::text || ' file ' || id::text"},
	{"files", "thumb", "id", noID, fileThumbUse, "org_id::text || ' file ' || id::text"},
	{"enquiries", "name", "id", noID, enquiryUse, "org_id::text || ' ' || id::text || ' name'"},
	{"enquiries", "company", "id", noID, enquiryUse, "org_id::text || ' ' || id::text || ' company'"},
	{"enquiries", "email", "id", noID, enquiryUse, "org_id::text || ' ' || id::text || ' email'"},
	{"enquiries", "phone", "id", noID, enquiryUse, "org_id::text || ' ' || id::text || ' phone'"},
	{"enquiries", "message", "id", noID, enquiryUse, "org_id::text || ' ' || id::text || ' message'"},
	{"enquiry_steps", "text", "id", noID, enquiryUse, "org_id::text || ' ' || enquiry_id::text || ' step'"},
	{"pictures", "bytes", "id", noID, pictureUse, "id::text"},
	{"pictures", "thumb", "id", noID, thumbUse, "id::text"},
}

// kind is the type of the ids.
func (c sealedColumn) kind() string {
	kind, _, _ := strings.Cut(c.first, " ")
	return kind
}

// Uses of Seal whose callers are elsewhere. A seed belongs to the organisation's id and the member's, with a space
// between them; a secret at an identity provider to the organisation's id.
const (
	SeedUse     = "authenticator seed"
	ProviderUse = "secret at the identity provider"
)

const (
	resealAtOnce = 50
	// A version stays for so long after the next one came: what was sealed with it a moment before may be on its way into
	// the database.
	keyLinger = time.Hour
)

// Resealed is what Reseal did.
type Resealed struct {
	Values int // that were sealed anew
	Lost   int // that do not open: their key is no more
	Gone   int // versions of the key that nothing needs any more, and that are forgotten
}

// Reseal seals what an organisation sealed with older versions of its key with the present one, and forgets the versions that
// nothing is sealed with any more. It may be broken off and goes on where it was; when there is nothing to do it is cheap.
func (db *DB) Reseal(ctx context.Context, org flow.ID, now time.Time) (Resealed, error) {
	var r Resealed
	k, err := db.current(ctx, org)
	if err != nil || k.swept {
		return r, err
	}
	for _, c := range sealedColumns {
		if err := db.resealColumn(ctx, org, k, c, &r); err != nil {
			return r, fmt.Errorf("%s.%s: %w", c.table, c.column, err)
		}
	}
	if r.Values > 0 || now.Sub(k.made) < keyLinger {
		return r, nil // it is looked through once more before anything is forgotten
	}
	err = db.inTenant(ctx, org, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, "update org_keys set swept_at = $4 where org_id = $1 and kind = $2 and version = $3 and retired_at is null", org, dataKey, k.version, now)
		if err != nil || tag.RowsAffected() == 0 { // a newer one came meanwhile: all begins anew
			return err
		}
		tag, err = tx.Exec(ctx, "delete from org_keys where org_id = $1 and kind = $2 and version < $3", org, dataKey, k.version)
		r.Gone = int(tag.RowsAffected())
		return err
	})
	if r.Gone > 0 {
		db.keys.clear()
	}
	return r, err
}

// old is a value that is sealed with an older version.
type old struct {
	id, belongs string
	value       []byte
}

func (db *DB) resealColumn(ctx context.Context, org flow.ID, k orgKey, c sealedColumn, r *Resealed) error {
	after := ""
	for {
		list, err := db.oldValues(ctx, org, k, c, after)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, o := range list {
			again, err := db.resealed(ctx, org, k, c, o)
			if errors.Is(err, keys.ErrWrong) {
				r.Lost++
				continue
			}
			if err != nil {
				return err
			}
			if err := db.putResealed(ctx, org, c, o, again); err != nil {
				return err
			}
			r.Values++
		}
		after = list[len(list)-1].id
	}
}

func (db *DB) oldValues(ctx context.Context, org flow.ID, k orgKey, c sealedColumn, after string) ([]old, error) {
	var list []old
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(fmt.Sprintf(`select %[1]s::text, %[2]s, %[3]s from %[4]s where org_id = $1 and length(%[3]s) > 0 and substring(%[3]s from 1 for %[5]d) <> $2
			and (%[1]s > case $3 when '' then %[7]s else $3::text::%[8]s end) order by %[1]s limit %[6]d`, c.id, c.belongs, c.column, c.table, len(keys.Head(0)), resealAtOnce, c.first, c.kind()),
			org, keys.Head(k.version), after).Query(func(rows pgx.Rows) error {
			var o old
			_, err := pgx.ForEachRow(rows, []any{&o.id, &o.belongs, &o.value}, func() error { list = append(list, o); o.value = nil; return nil })
			return err
		})
	})
	return list, err
}

// resealed is a value as it is sealed with a version. A picture from before pictures were sealed is as it was.
func (db *DB) resealed(ctx context.Context, org flow.ID, k orgKey, c sealedColumn, o old) ([]byte, error) {
	plain := o.value
	if _, sealed := keys.Version(o.value); sealed || c.table != "pictures" {
		var err error
		if plain, err = db.Open(ctx, org, c.use, o.belongs, o.value); err != nil {
			return nil, err
		}
	}
	ready, err := db.unwrap(ctx, org, k)
	if err != nil {
		return nil, err
	}
	return ready.SealVersion(k.version, c.use, o.belongs, plain)
}

// putResealed puts a value in the place of the old one, if that is still there.
func (db *DB) putResealed(ctx context.Context, org flow.ID, c sealedColumn, o old, again []byte) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select set_config('app.reseal', 'on', true)")
		b.Queue(fmt.Sprintf("update %[1]s set %[2]s = $4 where org_id = $1 and %[3]s = $2::text::%[4]s and %[2]s = $3", c.table, c.column, c.id, c.kind()), org, o.id, o.value, again)
	})
}

// RewrapKeys wraps every key of the installation with the newest master key, and says how many it wrapped. New keys are
// wrapped with it from now on, wherever they are made. It may be broken off and goes on where it was; when it returns
// without an error, no key needs an older master key any more.
func (db *DB) RewrapKeys(ctx context.Context) (int, error) {
	if _, err := db.Installation(ctx); err != nil {
		return 0, err
	}
	if err := db.awaitWrappers(ctx); err != nil {
		return 0, err
	}
	orgs, err := db.Organisations(ctx)
	if err != nil {
		return 0, err
	}
	ids := []flow.ID{installation}
	for _, o := range orgs {
		ids = append(ids, o.ID)
	}
	all := 0
	for _, org := range ids {
		n, err := db.rewrapOrg(ctx, org)
		if all += n; err != nil {
			return all, err
		}
	}
	return all, nil
}

// awaitWrappers waits until everybody who may have read the master key before it changed has kept what they wrapped.
func (db *DB) awaitWrappers(ctx context.Context) error {
	return pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "select pg_advisory_xact_lock("+masterLock+")")
		return err
	})
}

func (db *DB) rewrapOrg(ctx context.Context, org flow.ID) (int, error) {
	m, err := db.ring.Newest()
	if err != nil {
		return 0, err
	}
	name, err := m.Name(ctx)
	if err != nil {
		return 0, err
	}
	var list []orgKey
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select kind, version, master, wrapped from org_keys where org_id = $1 and master <> $2 order by kind, version", org, name).Query(func(rows pgx.Rows) error {
			var k orgKey
			_, err := pgx.ForEachRow(rows, []any{&k.kind, &k.version, &k.master, &k.wrapped}, func() error { list = append(list, k); k.wrapped = nil; return nil })
			return err
		})
	})
	if err != nil {
		return 0, err
	}
	for i, k := range list {
		raw, err := db.ring.Unwrap(ctx, k.master, k.about(org), k.wrapped)
		if err != nil {
			return i, fmt.Errorf("version %d of a key of %s: %w", k.version, org, err)
		}
		name, wrapped, err := db.wrap(ctx, org, k, raw)
		if err != nil {
			return i, err
		}
		if err := db.tenant(ctx, org, func(b *pgx.Batch) {
			b.Queue("update org_keys set master = $4, wrapped = $5 where org_id = $1 and kind = $2 and version = $3", org, k.kind, k.version, name, wrapped)
		}); err != nil {
			return i, err
		}
	}
	return len(list), nil
}
