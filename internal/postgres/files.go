package postgres

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
	"clicarity/internal/keys"
)

// Objects keeps the bytes of files; objects.Store is one.
type Objects interface {
	Put(ctx context.Context, key string, r io.Reader) error
	Open(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error)
	Delete(ctx context.Context, key string) error
	Purge(ctx context.Context, prefix string) error
}

// UseObjects says where the bytes of files are kept, and whether files are looked at for viruses. It is called once, before
// anything else.
func (db *DB) UseObjects(o Objects, scans bool) { db.objects, db.scans = o, scans }

var errNoObjects = errors.New("postgres: there is no store of files: UseObjects was not called")

// ObjectPrefix is what the names of all objects of an organisation in the store begin with.
func ObjectPrefix(org flow.ID) string { return "t/" + org.String() + "/" }

// objectKey is where a file is put: by month, and never by a name that somebody gave it, for such names appear in logs.
func objectKey(org flow.ID, at time.Time) (string, error) {
	id, err := flow.NewID(flow.At(at), rand.Reader)
	return ObjectPrefix(org) + "file" + at.UTC().Format("/2006/01/") + id.String(), err
}

// Scan says how it stands with looking at a file for viruses.
type Scan string

// How it can stand.
const (
	ScanOff      Scan = "off"     // nobody looks
	ScanWaiting  Scan = "waiting" // nobody has looked yet; it is not given out
	ScanClean    Scan = "clean"
	ScanInfected Scan = "infected" // it is not given out
)

// File is what is known of the bytes of a revision.
type File struct {
	ID     flow.ID
	Job    flow.ID
	Stage  string // empty: of the job itself
	Member flow.ID
	Added  time.Time
	Name   string
	Media  string
	Size   int64
	Digest [32]byte // SHA-256 of the bytes
	Scan   Scan
	Erased bool
	Thumbs bool // there is a thumbnail
	Kept   bool // a movement names it

	object string
	sealed []byte // its key
}

// Revision is the file as a command names it.
func (f File) Revision(mark string) flow.Revision {
	return flow.Revision{ID: f.ID, Mark: mark, Name: f.Name, Media: f.Media, Size: f.Size, Digest: hex.EncodeToString(f.Digest[:])}
}

// GivenOut reports whether the file's bytes may be given to those who see it.
func (f File) GivenOut() bool { return !f.Erased && (f.Scan == ScanOff || f.Scan == ScanClean) }

// Uses of Seal for files.
const (
	fileKeyUse   = "key of a file"
	fileThumbUse = "thumbnail of a file"
)

func fileBelongs(org, id flow.ID) string { return org.String() + " file " + id.String() }

// PutFile stores what a reader gives as the bytes of a file, sealed, without ever having all of it in memory, and gives the
// file with its size and digest. thumb makes a thumbnail once all was read; nil for none. The same again under the same id is
// the same file.
//
// Refusals: command_reused, too_many, file_too_large, file_missing for nothing.
func (db *DB) PutFile(ctx context.Context, org flow.ID, f File, r io.Reader, thumb func() []byte) (File, error) {
	if db.objects == nil {
		return f, errNoObjects
	}
	key, err := keys.Fresh()
	if err != nil {
		return f, err
	}
	if f.object, err = objectKey(org, f.Added); err != nil {
		return f, err
	}
	plain := &measured{from: r, sum: sha256.New()}
	sealing, err := keys.SealStream(key, fileBelongs(org, f.ID), plain)
	if err != nil {
		return f, err
	}
	if err := db.objects.Put(ctx, f.object, sealing); err != nil {
		return f, errors.Join(plain.failed, err, db.objects.Delete(context.WithoutCancel(ctx), f.object))
	}
	f.Size, f.Digest = plain.size, [32]byte(plain.sum.Sum(nil))
	if f.Size == 0 {
		return f, errors.Join(&flow.Refusal{Code: flow.FileMissing}, db.objects.Delete(ctx, f.object))
	}
	stored, err := db.addFile(ctx, org, f, key, thumb)
	if err != nil || stored.object != f.object { // it was there already
		err = errors.Join(err, db.objects.Delete(context.WithoutCancel(ctx), f.object))
	}
	return stored, err
}

// measured counts and digests what is read through it, up to the most that a file may be.
type measured struct {
	from   io.Reader
	size   int64
	sum    hash.Hash
	failed error
}

func (m *measured) Read(p []byte) (int, error) {
	n, err := m.from.Read(p)
	_, _ = m.sum.Write(p[:n]) // a digest never fails
	if m.size += int64(n); m.size > flow.MaxFileSize {
		err = &flow.Refusal{Code: flow.FileTooLarge, Limit: flow.MaxFileSize >> 20}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		m.failed = err
	}
	return n, err
}

// addFile keeps the row of a file whose bytes are stored, and gives the one that counts.
func (db *DB) addFile(ctx context.Context, org flow.ID, f File, key [keys.Size]byte, thumb func() []byte) (File, error) {
	sealed, err := db.Seal(ctx, org, fileKeyUse, fileBelongs(org, f.ID), key[:])
	if err != nil {
		return f, err
	}
	var small []byte
	if thumb != nil {
		if made := thumb(); made != nil {
			if small, err = db.Seal(ctx, org, fileThumbUse, fileBelongs(org, f.ID), made); err != nil {
				return f, err
			}
		}
	}
	scan, look := ScanOff, (*time.Time)(nil)
	if db.scans {
		scan, look = ScanWaiting, &f.Added
	}
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`insert into files (org_id, id, job_id, stage, member_id, added_at, name, media, size, sha256, object, sealed_key, thumb, scan, scan_at)
			select $1::uuid, $2::uuid, $3::uuid, $4::text, $5::uuid, $6::timestamptz, $7::text, $8::text, $9::bigint, $10::bytea, $11::text, $12::bytea, $13::bytea, $14::text, $15::timestamptz
			where (select count(*) from files where org_id = $1 and member_id = $5 and not kept) < $16 on conflict do nothing`,
			org, f.ID, f.Job, f.Stage, f.Member, f.Added, f.Name, f.Media, f.Size, f.Digest[:], f.object, sealed, small, string(scan), look, MaxUnusedFiles)
	})
	if err != nil {
		return f, err
	}
	stored, err := db.File(ctx, org, f.ID)
	switch {
	case errors.Is(err, ErrNotFound):
		return f, &flow.Refusal{Code: flow.TooMany, Name: "files", Limit: MaxUnusedFiles}
	case err == nil && (stored.Job != f.Job || stored.Stage != f.Stage || stored.Member != f.Member || stored.Digest != f.Digest):
		return f, &flow.Refusal{Code: flow.Conflict}
	}
	return stored, err
}

// MaxUnusedFiles is how many files of one member may wait for a command that names them.
const MaxUnusedFiles = 50

const selectFiles = "select id, job_id, stage, member_id, added_at, name, media, size, sha256, scan, sealed_key is null, thumb is not null, kept, coalesce(object, ''), coalesce(sealed_key, '') from files"

func scanFile(row pgx.Row) (f File, err error) {
	var sum []byte
	err = row.Scan(&f.ID, &f.Job, &f.Stage, &f.Member, &f.Added, &f.Name, &f.Media, &f.Size, &sum, &f.Scan, &f.Erased, &f.Thumbs, &f.Kept, &f.object, &f.sealed)
	copy(f.Digest[:], sum)
	f.sealed = bytes.Clone(f.sealed)
	return f, err
}

// File is what is known of a revision's bytes.
func (db *DB) File(ctx context.Context, org, id flow.ID) (f File, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectFiles+" where org_id = $1 and id = $2", org, id).QueryRow(func(row pgx.Row) error { f, err = scanFile(row); return err })
	})
	return f, notFound(err)
}

// FilesOf are the files of a job, by the ids of their revisions.
func (db *DB) FilesOf(ctx context.Context, org, job flow.ID) (map[flow.ID]File, error) {
	all := map[flow.ID]File{}
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectFiles+" where org_id = $1 and job_id = $2 and kept limit $3", org, job, flow.MaxFiles*flow.MaxRevisions).
			Query(func(rows pgx.Rows) error { return eachFile(rows, func(f File) { all[f.ID] = f }) })
	})
	return all, err
}

func eachFile(rows pgx.Rows, see func(File)) error {
	defer rows.Close()
	for rows.Next() {
		f, err := scanFile(rows)
		if err != nil {
			return err
		}
		see(f)
	}
	return rows.Err()
}

// OpenFile reads some of a file's bytes, from an offset. It says nothing of who may: see File.GivenOut and flow.Scope.SeesFile.
// ErrNotFound when they were erased; keys.ErrWrong, from a read too, when they are not what was stored.
func (db *DB) OpenFile(ctx context.Context, org flow.ID, f File, offset, length int64) (io.ReadCloser, error) {
	if f.Erased || f.object == "" {
		return nil, ErrNotFound
	}
	if db.objects == nil {
		return nil, errNoObjects
	}
	raw, err := db.Open(ctx, org, fileKeyUse, fileBelongs(org, f.ID), f.sealed)
	if err != nil {
		return nil, err
	}
	return keys.OpenStream([keys.Size]byte(raw), fileBelongs(org, f.ID), keys.SealedSize(f.Size), keys.Part{Offset: offset, Length: length}, func(at, n int64) (io.ReadCloser, error) {
		return db.objects.Open(ctx, f.object, at, n)
	})
}

// EachFile gives every file of an organisation whose bytes are there, one at a time, with a name that is good in an archive.
func (db *DB) EachFile(ctx context.Context, org flow.ID, see func(name string, content io.Reader) error) error {
	for after := (flow.ID{}); ; {
		var list []File
		err := db.tenant(ctx, org, func(b *pgx.Batch) {
			b.Queue(selectFiles+" where org_id = $1 and id > $2 and kept and sealed_key is not null order by id limit 100", org, after).
				Query(func(rows pgx.Rows) error { return eachFile(rows, func(f File) { list = append(list, f) }) })
		})
		if err != nil || len(list) == 0 {
			return err
		}
		for _, f := range list {
			r, err := db.OpenFile(ctx, org, f, 0, f.Size)
			if err == nil {
				err = errors.Join(see(f.ID.String()+ending.FindString(f.Name), r), r.Close())
			}
			if err != nil {
				return err
			}
		}
		after = list[len(list)-1].ID
	}
}

// EachObject gives where the bytes of each file of an organisation are in the store of files, and how many are there, sealed.
func (db *DB) EachObject(ctx context.Context, org flow.ID, see func(object string, sealed int64)) error {
	const most = 1000
	for after := (flow.ID{}); ; {
		n := 0
		err := db.tenant(ctx, org, func(b *pgx.Batch) {
			b.Queue("select id, object, size from files where org_id = $1 and id > $2 and object is not null and sealed_key is not null order by id limit $3", org, after, most).Query(func(rows pgx.Rows) error {
				var object string
				var size int64
				_, err := pgx.ForEachRow(rows, []any{&after, &object, &size}, func() error { n++; see(object, keys.SealedSize(size)); return nil })
				return err
			})
		})
		if err != nil || n < most {
			return err
		}
	}
}

// TryFiles reads up to so many files of an organisation, any of them, and says how many are what was stored, up to the first that is not.
func (db *DB) TryFiles(ctx context.Context, org flow.ID, most int) (sound int, err error) {
	var list []File
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectFiles+" where org_id = $1 and kept and sealed_key is not null order by random() limit $2", org, most).
			Query(func(rows pgx.Rows) error { return eachFile(rows, func(f File) { list = append(list, f) }) })
	})
	for _, f := range list {
		if err := db.tryFile(ctx, org, f); err != nil {
			return sound, fmt.Errorf("file %s of job %s: %w", f.ID, f.Job, err)
		}
		sound++
	}
	return sound, err
}

func (db *DB) tryFile(ctx context.Context, org flow.ID, f File) error {
	r, err := db.OpenFile(ctx, org, f, 0, f.Size)
	if err != nil {
		return err
	}
	sum := sha256.New()
	_, err = io.Copy(sum, r)
	if err = errors.Join(err, r.Close()); err == nil && [32]byte(sum.Sum(nil)) != f.Digest {
		err = keys.ErrWrong
	}
	return err
}

// ending is what a file's name ends with, if that is good in every system.
var ending = regexp.MustCompile(`\.[A-Za-z0-9]{1,8}$`)

// PurgeFiles deletes all bytes that the store of files has of an organisation, in all versions. It may be called again.
func (db *DB) PurgeFiles(ctx context.Context, org flow.ID) error {
	if db.objects == nil {
		return nil
	}
	return db.objects.Purge(ctx, ObjectPrefix(org))
}

// FileThumb is a file's thumbnail; ErrNotFound without one.
func (db *DB) FileThumb(ctx context.Context, org, id flow.ID) ([]byte, error) {
	var sealed []byte
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select thumb from files where org_id = $1 and id = $2 and thumb is not null and sealed_key is not null", org, id).QueryRow(func(row pgx.Row) error { return row.Scan(&sealed) })
	})
	if err != nil {
		return nil, notFound(err)
	}
	return db.Open(ctx, org, fileThumbUse, fileBelongs(org, id), sealed)
}

// fileMoves does for the files that movements name what goes with them, in their transaction: one that is added is kept for
// good, if it is what was stored for the movement's job and stage; one that is erased loses its key.
func (d *door) fileMoves(ctx context.Context, moves []flow.Movement) error {
	for _, m := range moves {
		fact := m.Facts.File
		switch {
		case fact == nil:
		case m.Kind == flow.KindFileAdded:
			if err := d.keepFile(ctx, m, fact.Revision); err != nil {
				return err
			}
		case m.Kind == flow.KindFileErased:
			if _, err := d.conn.Exec(ctx, "update files set sealed_key = null, thumb = null where org_id = $1 and id = $2", d.mark.Org, fact.Revision.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *door) keepFile(ctx context.Context, m flow.Movement, r flow.Revision) error {
	var f File
	b := &pgx.Batch{}
	b.Queue("update files set kept = true where org_id = $1 and id = $2 and not kept", d.mark.Org, r.ID)
	b.Queue(selectFiles+" where org_id = $1 and id = $2", d.mark.Org, r.ID).QueryRow(func(row pgx.Row) (err error) { f, err = scanFile(row); return err })
	err := d.conn.SendBatch(ctx, b).Close()
	if errors.Is(err, pgx.ErrNoRows) || err == nil && (f.Job != m.Job || f.Stage != m.Stage || f.Erased || f.Revision(r.Mark) != r) {
		return &flow.Refusal{Code: flow.FileMissing}
	}
	return err
}

// EndUnusedFiles forgets the files of an organisation that no movement names and that were added before a time, and the
// bytes of those that were erased. It says how many.
func (db *DB) EndUnusedFiles(ctx context.Context, org flow.ID, before time.Time) (n int64, err error) {
	if db.objects == nil {
		return 0, nil
	}
	for {
		var list []File
		err := db.tenant(ctx, org, func(b *pgx.Batch) {
			b.Queue("("+selectFiles+" where org_id = $1 and not kept and added_at <= $2 limit 100) union all ("+selectFiles+" where org_id = $1 and kept and sealed_key is null and object is not null limit 100)", org, before).
				Query(func(rows pgx.Rows) error { return eachFile(rows, func(f File) { list = append(list, f) }) })
		})
		if err != nil || len(list) == 0 {
			return n, err
		}
		for _, f := range list {
			if err := db.endFile(ctx, org, f); err != nil {
				return n, err
			}
			n++
		}
	}
}

// EndUnusedFile forgets a file that was stored for a command that was refused. One that a movement names stays.
func (db *DB) EndUnusedFile(ctx context.Context, org flow.ID, f File) error {
	f.Kept = false
	return db.endFile(ctx, org, f)
}

// endFile forgets a file's bytes, and then that there were any; of a file that nothing names, all. Its key goes first, so that
// no command takes it meanwhile.
func (db *DB) endFile(ctx context.Context, org flow.ID, f File) error {
	if !f.Kept {
		err := db.once(ctx, org, "update files set sealed_key = null, thumb = null where org_id = $1 and id = $2 and not kept", org, f.ID)
		if errors.Is(err, ErrNotFound) { // a command has taken it
			return nil
		}
		if err != nil {
			return err
		}
	}
	if f.object != "" {
		if err := db.objects.Delete(ctx, f.object); err != nil {
			return err
		}
	}
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		if f.Kept {
			b.Queue("update files set object = null where org_id = $1 and id = $2 and sealed_key is null", org, f.ID)
		} else {
			b.Queue("delete from files where org_id = $1 and id = $2 and not kept", org, f.ID)
		}
	})
}

// ScanNext looks at the next file of an organisation that nobody has looked at for viruses, if it is time; false when there is
// none. look says whether it is clean; when it fails, the file is looked at again later.
func (db *DB) ScanNext(ctx context.Context, org flow.ID, now, again time.Time, look func(io.Reader) (clean bool, err error)) (bool, error) {
	var f File
	err := db.tenant(ctx, org, func(b *pgx.Batch) { // taken: who fails or is stopped leaves it for later
		b.Queue(`update files set scan_at = $3 where org_id = $1 and id = (select id from files where org_id = $1 and scan in ('off', 'waiting') and sealed_key is not null
			and coalesce(scan_at, '-infinity') <= $2 order by scan_at nulls last, id limit 1 for update skip locked)
			returning id, job_id, stage, member_id, added_at, name, media, size, sha256, scan, sealed_key is null, thumb is not null, kept, coalesce(object, ''), coalesce(sealed_key, '')`, org, now, again).
			QueryRow(func(row pgx.Row) (err error) { f, err = scanFile(row); return err })
	})
	if err = notFound(err); errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	r, err := db.OpenFile(ctx, org, f, 0, f.Size)
	if err != nil {
		return true, err
	}
	clean, err := look(r)
	if err := errors.Join(err, r.Close()); err != nil {
		return true, fmt.Errorf("the file %s: %w", f.ID, err)
	}
	found := ScanInfected
	if clean {
		found = ScanClean
	}
	return true, db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("update files set scan = $3, scan_at = $4 where org_id = $1 and id = $2", org, f.ID, string(found), now)
	})
}

// verifyFiles checks that the files that movements added and that were not erased are there, and are what was recorded.
func (db *DB) verifyFiles(ctx context.Context, tx pgx.Tx, org flow.ID, history []flow.Movement) error {
	erased := map[flow.ID]bool{}
	for _, m := range history {
		if m.Kind == flow.KindFileErased {
			erased[m.Facts.File.Revision.ID] = true
		}
	}
	for _, m := range history {
		if m.Kind != flow.KindFileAdded || erased[m.Facts.File.Revision.ID] {
			continue
		}
		r := m.Facts.File.Revision
		f, err := scanFile(tx.QueryRow(ctx, selectFiles+" where org_id = $1 and id = $2 and kept", org, r.ID))
		switch {
		case errors.Is(err, pgx.ErrNoRows), err == nil && f.Erased:
			return fault("job %s: movement %d names the file %s, which is not there", m.Job, m.Seq, r.ID)
		case err != nil:
			return err
		case !sameBytes(f.Revision(r.Mark), r) || f.Job != m.Job:
			return fault("job %s: the file %s is not what movement %d recorded", m.Job, r.ID, m.Seq)
		}
		if err := db.verifyBytes(ctx, org, f, m); err != nil {
			return err
		}
	}
	return nil
}

// sameBytes compares two revisions but for what they are called: somebody's name can be taken out of that.
func sameBytes(a, b flow.Revision) bool {
	a.Name, b.Name = "", ""
	return a == b
}

// verifyBytes reads a file as it is stored. Without a store only what the database knows is checked.
func (db *DB) verifyBytes(ctx context.Context, org flow.ID, f File, m flow.Movement) error {
	if db.objects == nil {
		return nil
	}
	sum := sha256.New()
	r, err := db.OpenFile(ctx, org, f, 0, f.Size)
	if err == nil {
		_, err = io.Copy(sum, r)
		err = errors.Join(err, r.Close())
	}
	switch {
	case ctx.Err() != nil:
		return err
	case err != nil:
		return fault("job %s: the file %s that movement %d names cannot be read: %v", m.Job, f.ID, m.Seq, err)
	case [32]byte(sum.Sum(nil)) != f.Digest:
		return fault("job %s: the bytes of the file %s are not those that movement %d recorded", m.Job, f.ID, m.Seq)
	}
	return nil
}
