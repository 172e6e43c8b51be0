package postgres

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
	"clicarity/internal/keys"
)

// Picture is a photo or signature of a form.
type Picture struct {
	ID     flow.ID
	Job    flow.ID
	Stage  string // whose form it is for; empty for the job's own
	Member flow.ID
	Added  time.Time
	Sent   [32]byte // SHA-256 of what was sent
	Digest [32]byte // SHA-256 of Bytes
	Media  string   // image/jpeg or image/png
	Bytes  []byte
	Thumb  []byte
}

// Pictures are sealed with the key of their organisation for these uses.
const (
	pictureUse = "picture"
	thumbUse   = "thumbnail"
)

// MaxUnused is how many pictures of one member may wait for a command that names them.
const MaxUnused = 400

// AddPicture stores a picture under the id that was made for it, and gives the digest of what is stored. The same again
// changes nothing and gives the same answer; another under the id is refused.
//
// Refusals: command_reused, too_many.
func (db *DB) AddPicture(ctx context.Context, org flow.ID, p Picture) ([32]byte, error) {
	whole, err := db.Seal(ctx, org, pictureUse, p.ID.String(), p.Bytes)
	if err != nil {
		return [32]byte{}, err
	}
	thumb, err := db.Seal(ctx, org, thumbUse, p.ID.String(), p.Thumb)
	if err != nil {
		return [32]byte{}, err
	}
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`insert into pictures (org_id, id, job_id, stage, member_id, added_at, sent, sha256, media, bytes, thumb)
			select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
			where (select count(*) from pictures where org_id = $1 and member_id = $5 and not kept) < $12
			on conflict do nothing`,
			org, p.ID, p.Job, p.Stage, p.Member, p.Added, p.Sent[:], p.Digest[:], p.Media, whole, thumb, MaxUnused)
	})
	if err != nil {
		return [32]byte{}, err
	}
	digest, err := db.PictureSent(ctx, org, p)
	if errors.Is(err, ErrNotFound) {
		return digest, &flow.Refusal{Code: flow.TooMany, Name: "pictures", Limit: MaxUnused}
	}
	return digest, err
}

// PictureSent is the digest of a picture that was sent before, by its id; ErrNotFound when none was.
//
// Refusals: command_reused, when something else was sent under the id.
func (db *DB) PictureSent(ctx context.Context, org flow.ID, p Picture) (digest [32]byte, err error) {
	var job, member flow.ID
	var stage string
	var sent, sum []byte
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select job_id, stage, member_id, sent, sha256 from pictures where org_id = $1 and id = $2", org, p.ID).
			QueryRow(func(row pgx.Row) error { return row.Scan(&job, &stage, &member, &sent, &sum) })
	})
	if err != nil {
		return digest, notFound(err)
	}
	if job != p.Job || stage != p.Stage || member != p.Member || !bytes.Equal(sent, p.Sent[:]) {
		return digest, &flow.Refusal{Code: flow.Conflict}
	}
	return [32]byte(sum), nil
}

// Picture reads a picture with its bytes, or only its thumbnail.
func (db *DB) Picture(ctx context.Context, org, id flow.ID, thumb bool) (Picture, error) {
	p := Picture{ID: id}
	column, use, into := "bytes", pictureUse, &p.Bytes
	if thumb {
		column, use, into = "thumb", thumbUse, &p.Thumb
	}
	var sum, sealed []byte
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select job_id, stage, member_id, added_at, sha256, media, "+column+" from pictures where org_id = $1 and id = $2", org, id).
			QueryRow(func(row pgx.Row) error {
				return row.Scan(&p.Job, &p.Stage, &p.Member, &p.Added, &sum, &p.Media, &sealed)
			})
	})
	if err != nil {
		return p, notFound(err)
	}
	p.Digest = [32]byte(sum)
	*into, err = db.openPicture(ctx, org, use, id, sealed)
	return p, err
}

// openPicture is what is stored of a picture. What was stored before pictures were sealed is as it was.
func (db *DB) openPicture(ctx context.Context, org flow.ID, use string, id flow.ID, stored []byte) ([]byte, error) {
	if _, sealed := keys.Version(stored); !sealed {
		return stored, nil
	}
	return db.Open(ctx, org, use, id.String(), stored)
}

// PictureDigests are the digests of those of some pictures that are stored for a job and stage.
func (db *DB) PictureDigests(ctx context.Context, org, job flow.ID, stage string, ids []flow.ID) (map[flow.ID][32]byte, error) {
	got := map[flow.ID][32]byte{}
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select id, sha256 from pictures where org_id = $1 and job_id = $2 and stage = $3 and id = any($4)", org, job, stage, uuids(ids)).
			Query(func(rows pgx.Rows) error { return scanDigests(rows, got) })
	})
	return got, err
}

func scanDigests(rows pgx.Rows, into map[flow.ID][32]byte) error {
	var id flow.ID
	var sum []byte
	_, err := pgx.ForEachRow(rows, []any{&id, &sum}, func() error {
		into[id] = [32]byte(sum)
		return nil
	})
	return err
}

// EndUnusedPictures forgets the pictures of an organisation that no movement names and that were added before a time, and
// says how many.
func (db *DB) EndUnusedPictures(ctx context.Context, org flow.ID, before time.Time) (int64, error) {
	return db.deleteOld(ctx, org, "delete from pictures where org_id = $1 and not kept and added_at <= $2", before)
}

// keepPictures makes the pictures that movements name permanent, in their transaction. One that is not stored for the
// movement's job and stage is refused.
func (d *door) keepPictures(ctx context.Context, moves []flow.Movement) error {
	for _, m := range moves {
		named, ids := d.unkept(m), []flow.ID{}
		for _, p := range named {
			ids = append(ids, p.ID)
		}
		if len(ids) == 0 {
			continue
		}
		stored := map[flow.ID][32]byte{}
		b := &pgx.Batch{}
		b.Queue("update pictures set kept = true where org_id = $1 and id = any($2) and not kept", d.mark.Org, uuids(ids))
		b.Queue("select id, sha256 from pictures where org_id = $1 and job_id = $2 and stage = $3 and id = any($4) and kept", d.mark.Org, m.Job, pictureStage(m), uuids(ids)).
			Query(func(rows pgx.Rows) error { return scanDigests(rows, stored) })
		if err := d.conn.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		for _, p := range named {
			if sum, ok := stored[p.ID]; !ok || sum != p.Digest {
				return &flow.Refusal{Code: flow.PictureMissing}
			}
		}
	}
	return nil
}

// unkept are the pictures that a movement brings: not those that the job's own fields have already, perhaps from the job
// that it was split off.
func (d *door) unkept(m flow.Movement) []flow.Picture {
	if m.Kind == flow.KindCreated && !m.Facts.LotOf.IsZero() { // a lot says again what its job says
		return nil
	}
	return slices.DeleteFunc(m.Pictures(), func(p flow.Picture) bool {
		for _, value := range d.world.Jobs[m.Job].Fields {
			if strings.Contains(value, flow.WritePictures([]flow.Picture{p})) {
				return true
			}
		}
		return false
	})
}

// pictureStage is the stage whose form a movement's pictures are of, empty for the job's own.
func pictureStage(m flow.Movement) string {
	if len(m.Facts.Values) > 0 {
		return m.Stage
	}
	return ""
}

// verifyPictures checks that the pictures that movements name are stored and are what was recorded.
func (db *DB) verifyPictures(ctx context.Context, tx pgx.Tx, org flow.ID, named []namedPicture) error {
	for some := range slices.Chunk(named, verifyAtOnce) {
		stored, err := db.storedPictures(ctx, tx, org, some)
		if err != nil {
			return err
		}
		for _, n := range some {
			sum, ok := stored[n.ID]
			switch {
			case !ok:
				return fault("job %s: movement %d names the picture %s, which is not there", n.job, n.seq, n.ID)
			case sum != n.Digest:
				return fault("job %s: the picture %s is not what movement %d recorded", n.job, n.ID, n.seq)
			}
		}
	}
	return nil
}

const verifyAtOnce = 40 // pictures that are in memory at once

// storedPictures are the digests of what is stored of some pictures. One that does not open has none that fits.
func (db *DB) storedPictures(ctx context.Context, tx pgx.Tx, org flow.ID, named []namedPicture) (map[flow.ID][32]byte, error) {
	ids := make([]flow.ID, len(named))
	for i, n := range named {
		ids[i] = n.ID
	}
	rows, err := tx.Query(ctx, "select id, bytes, sha256, erased_at is not null from pictures where org_id = $1 and id = any($2) and kept", org, uuids(ids))
	if err != nil {
		return nil, err
	}
	digests := map[flow.ID][32]byte{}
	var id flow.ID
	var stored, sum []byte
	var erased bool
	_, err = pgx.ForEachRow(rows, []any{&id, &stored, &sum, &erased}, func() error {
		if erased { // its digest is all that is left, and a redaction says so
			digests[id] = [32]byte(sum)
			return nil
		}
		plain, err := db.openPicture(ctx, org, pictureUse, id, stored)
		if err != nil && !errors.Is(err, keys.ErrWrong) {
			return err
		}
		digests[id] = sha256.Sum256(plain)
		return nil
	})
	return digests, err
}

// namedPicture is a picture as a movement names it.
type namedPicture struct {
	flow.Picture
	job flow.ID
	seq int64
}

func namedBy(m flow.Movement) []namedPicture {
	var list []namedPicture
	for _, p := range m.Pictures() {
		list = append(list, namedPicture{p, m.Job, m.Seq})
	}
	return list
}
