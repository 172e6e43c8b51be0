package postgres

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
	"clicarity/internal/keys"
)

// ErrWrongMaster says that the installation was given another master key than its own.
var ErrWrongMaster = errors.New("the master key is not the one that this installation's keys are wrapped with: " +
	"give it the right one (the file key of the data directory, CLICARITY_KEY or CLICARITY_KEY_COMMAND); without it nothing that was sealed can be opened")

var errNoMaster = errors.New("postgres: nothing is sealed without a master key: UseMaster was not called")

const (
	dataKey = "data" // of an organisation
	rootKey = "root" // of the installation

	maxKnownKeys = 2000 // bounds the memory
)

// installation is where what belongs to nobody is kept: the organisation that there is not.
var installation flow.ID

// UseMaster says which master keys wrap the keys of organisations. It is called once, before anything else.
func (db *DB) UseMaster(ring *keys.Ring) { db.ring = ring }

// orgKey is a row of org_keys.
type orgKey struct {
	kind    string
	version int
	master  string
	wrapped []byte
	made    time.Time
	swept   bool
}

// about is what a key is bound to when it is wrapped.
func (k orgKey) about(org flow.ID) string {
	return "clicarity " + org.String() + " " + k.kind + " " + string(keys.Head(k.version)[4:])
}

const selectKey = "select kind, version, master, wrapped, made_at, swept_at is not null from org_keys where org_id = $1 and kind = $2"

func (k *orgKey) scan(row pgx.Row) error {
	return row.Scan(&k.kind, &k.version, &k.master, &k.wrapped, &k.made, &k.swept)
}

// Installation are the installation's own keys, from which the keys of links, cookies and PINs are made. They are made
// on the first call; an installation from before there were such keys keeps its master key as its own, so that its links
// and PINs stay good whatever master key comes after. ErrWrongMaster with another master key.
func (db *DB) Installation(ctx context.Context) (*keys.Keys, error) {
	k, err := db.keyOf(ctx, installation, " and retired_at is null order by version desc limit 1", rootKey)
	if errors.Is(err, ErrNotFound) {
		var first [keys.Size]byte
		if first, err = db.firstRoot(ctx); err != nil {
			return nil, err
		}
		k, err = db.makeKey(ctx, installation, orgKey{kind: rootKey, version: 1}, first)
	}
	if err != nil {
		return nil, err
	}
	root, err := db.unwrap(ctx, installation, k)
	if errors.Is(err, keys.ErrWrong) {
		return nil, ErrWrongMaster
	}
	return root, err
}

// firstRoot is the installation's key when it has none yet.
func (db *DB) firstRoot(ctx context.Context) ([keys.Size]byte, error) {
	orgs, err := db.Organisations(ctx)
	if err != nil || len(orgs) == 0 {
		fresh, failed := keys.Fresh()
		return fresh, errors.Join(err, failed)
	}
	was, ok, err := db.ring.Oldest()
	if err != nil || !ok {
		fresh, failed := keys.Fresh()
		return fresh, errors.Join(err, failed)
	}
	for _, o := range orgs {
		if err := db.tryOldKey(ctx, o.ID, keys.New(was)); err != nil {
			return was, err
		}
	}
	return was, nil
}

// tryOldKey looks whether a key opens what an organisation sealed before organisations had keys of their own, if there is
// any: ErrWrongMaster when it does not.
func (db *DB) tryOldKey(ctx context.Context, org flow.ID, k *keys.Keys) error {
	for _, c := range sealedColumns {
		if c.table == "pictures" { // were not sealed then
			continue
		}
		list, err := db.oldValues(ctx, org, orgKey{version: 1}, c, "")
		if err != nil {
			return err
		}
		for _, o := range list[:min(len(list), 1)] {
			if _, versioned := keys.Version(o.value); versioned {
				continue
			}
			if _, err := k.Open(c.use, o.belongs, o.value); err != nil {
				return ErrWrongMaster
			}
		}
	}
	return nil
}

func (db *DB) keyOf(ctx context.Context, org flow.ID, where, kind string, args ...any) (k orgKey, err error) {
	if db.ring == nil {
		return k, errNoMaster
	}
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectKey+where, append([]any{org, kind}, args...)...).QueryRow(k.scan)
	})
	return k, notFound(err)
}

// unwrap is a key ready for use. It asks the master key once for each.
func (db *DB) unwrap(ctx context.Context, org flow.ID, k orgKey) (*keys.Keys, error) {
	print := sha256.Sum256(append([]byte(k.about(org)+k.master), k.wrapped...))
	if known, ok := db.keys.get(print); ok {
		return known, nil
	}
	raw, err := db.ring.Unwrap(ctx, k.master, k.about(org), k.wrapped)
	if err != nil {
		return nil, err
	}
	ready := keys.New(raw)
	db.keys.put(print, ready, maxKnownKeys)
	return ready, nil
}

// masterLock is held by whoever wraps a key, shared, and for a moment by who has put a new master key before the others:
// after that everybody wraps with the new one.
const masterLock = "hashtextextended('clicarity master key', 0)"

// makeKey keeps a key, wrapped. When somebody else was faster, theirs counts.
func (db *DB) makeKey(ctx context.Context, org flow.ID, k orgKey, raw [keys.Size]byte) (orgKey, error) {
	err := db.inTenant(ctx, org, func(tx pgx.Tx) error { return db.putKey(ctx, tx, org, k, raw) })
	if err != nil {
		return k, err
	}
	return db.keyOf(ctx, org, " and version = $3", k.kind, k.version)
}

func (db *DB) putKey(ctx context.Context, tx pgx.Tx, org flow.ID, k orgKey, raw [keys.Size]byte) error {
	if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock_shared("+masterLock+")"); err != nil {
		return err
	}
	name, wrapped, err := db.wrap(ctx, org, k, raw)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "insert into org_keys (org_id, kind, version, master, wrapped) values ($1, $2, $3, $4, $5) on conflict do nothing", org, k.kind, k.version, name, wrapped)
	return err
}

func (db *DB) wrap(ctx context.Context, org flow.ID, k orgKey, raw [keys.Size]byte) (name string, wrapped []byte, err error) {
	m, err := db.ring.Newest()
	if err != nil {
		return "", nil, err
	}
	if name, err = m.Name(ctx); err != nil {
		return "", nil, err
	}
	wrapped, err = m.Wrap(ctx, k.about(org), raw)
	return name, wrapped, err
}

// current is the version that an organisation's secrets are sealed with now, made when there is none.
func (db *DB) current(ctx context.Context, org flow.ID) (orgKey, error) {
	k, err := db.keyOf(ctx, org, " and retired_at is null order by version desc limit 1", dataKey)
	if !errors.Is(err, ErrNotFound) {
		return k, err
	}
	fresh, err := keys.Fresh()
	if err != nil {
		return k, err
	}
	return db.makeKey(ctx, org, orgKey{kind: dataKey, version: 1}, fresh)
}

// Seal encrypts a secret of an organisation with its own key, for a use; what it belongs to (a row, a member) is bound to
// it. It is kept in a column that sealedColumns names, so that it is sealed anew when the key changes.
func (db *DB) Seal(ctx context.Context, org flow.ID, use, belongs string, secret []byte) ([]byte, error) {
	k, err := db.current(ctx, org)
	if err != nil {
		return nil, err
	}
	ready, err := db.unwrap(ctx, org, k)
	if err != nil {
		return nil, err
	}
	return ready.SealVersion(k.version, use, belongs, secret)
}

// Open is a secret that Seal sealed; keys.ErrWrong when it is for another use, belongs to something else, was changed, or
// its key was destroyed. What was sealed before organisations had keys of their own opens too.
func (db *DB) Open(ctx context.Context, org flow.ID, use, belongs string, sealed []byte) ([]byte, error) {
	version, ok := keys.Version(sealed)
	if !ok {
		root, err := db.Installation(ctx)
		if err != nil {
			return nil, err
		}
		return root.Open(use, belongs, sealed)
	}
	k, err := db.keyOf(ctx, org, " and version = $3", dataKey, version)
	if errors.Is(err, ErrNotFound) {
		return nil, keys.ErrWrong
	}
	if err != nil {
		return nil, err
	}
	ready, err := db.unwrap(ctx, org, k)
	if err != nil {
		return nil, err
	}
	return ready.OpenVersion(use, belongs, sealed)
}

// RotateKey gives an organisation a new key, which all is sealed with from now on, and says its version. What was sealed
// before is sealed anew by Reseal.
func (db *DB) RotateKey(ctx context.Context, org flow.ID, now time.Time) (version int, err error) {
	if _, err := db.current(ctx, org); err != nil {
		return 0, err
	}
	fresh, err := keys.Fresh()
	if err != nil {
		return 0, err
	}
	err = db.inTenant(ctx, org, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, "select version + 1 from org_keys where org_id = $1 and kind = $2 and retired_at is null order by version desc limit 1 for update", org, dataKey).Scan(&version)
		if err != nil {
			return notFound(err)
		}
		if err := db.putKey(ctx, tx, org, orgKey{kind: dataKey, version: version}, fresh); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "update org_keys set retired_at = $4 where org_id = $1 and kind = $2 and version < $3 and retired_at is null", org, dataKey, version, now)
		return err
	})
	return version, err
}

// TryKeys unwraps every key of an organisation with the master keys, and says how many there are. ErrWrongMaster when one does not.
func (db *DB) TryKeys(ctx context.Context, org flow.ID) (n int, err error) {
	list, err := db.KeyVersions(ctx, org)
	for _, v := range list {
		k, err := db.keyOf(ctx, org, " and version = $3", v.Kind, v.Version)
		if err == nil {
			_, err = db.unwrap(ctx, org, k)
		}
		if errors.Is(err, keys.ErrWrong) {
			err = ErrWrongMaster
		}
		if err != nil {
			return n, err
		}
		n++
	}
	return n, err
}

// KeyVersion is one version of a key, for those who run the installation.
type KeyVersion struct {
	Kind    string
	Version int
	Master  string // the name of the master key that it is wrapped with
	Made    time.Time
	Retired time.Time // zero: in use
	Swept   bool      // all that was sealed before has been sealed with it
}

// KeyVersions are those of an organisation, or of the installation for the zero id, the oldest first.
func (db *DB) KeyVersions(ctx context.Context, org flow.ID) ([]KeyVersion, error) {
	var list []KeyVersion
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select kind, version, master, made_at, coalesce(retired_at, '-infinity'::timestamptz) = '-infinity', coalesce(retired_at, made_at), swept_at is not null from org_keys where org_id = $1 order by kind, version", org).
			Query(func(rows pgx.Rows) error {
				var k KeyVersion
				var used bool
				_, err := pgx.ForEachRow(rows, []any{&k.Kind, &k.Version, &k.Master, &k.Made, &used, &k.Retired, &k.Swept}, func() error {
					one := k
					if used {
						one.Retired = time.Time{}
					}
					list = append(list, one)
					return nil
				})
				return err
			})
	})
	return list, err
}
