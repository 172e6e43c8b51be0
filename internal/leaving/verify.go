package leaving

import (
	"archive/zip"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"clicarity/internal/flow"
	"clicarity/internal/trail"
)

// Verified is what a sound export holds.
type Verified struct {
	Manifest
	Fingerprint string // of the key that signed it
}

// Fault is the first thing that is wrong with an export.
type Fault struct{ Says string }

func (f *Fault) Error() string { return f.Says }

func fault(format string, args ...any) error { return &Fault{fmt.Sprintf(format, args...)} }

// VerifyExport checks an export by itself: that its manifest is as it was signed, with a fingerprint expected by that key; that
// every member is there once, and is what the manifest says; that the movements and the audit log are unbroken chains that end
// where it says. The first thing wrong is its error.
func VerifyExport(r io.ReaderAt, size int64, expect string) (Verified, error) {
	var v Verified
	z, err := zip.NewReader(r, size)
	if err != nil {
		return v, fault("it is no archive, or its end is missing: %v", err)
	}
	files := map[string]*zip.File{}
	for _, f := range z.File {
		if files[f.Name] != nil {
			return v, fault("%s is there twice", f.Name)
		}
		files[f.Name] = f
	}
	manifest, ok := files[manifestName]
	if !ok {
		return v, fault("%s is missing: the file is not whole", manifestName)
	}
	if v.Fingerprint, err = readManifest(manifest, expect, &v.Manifest); err != nil {
		return v, fault("%s: %v", manifestName, err)
	}
	delete(files, manifestName)
	for _, m := range v.Members {
		f := files[m.Name]
		if f == nil {
			return v, fault("%s is missing", m.Name)
		}
		delete(files, m.Name)
		if err := checkMember(f, m); err != nil {
			return v, err
		}
	}
	for name := range files {
		return v, fault("%s was added", name)
	}
	return v, checkChains(z, v.Manifest, v.Fingerprint)
}

func readManifest(f *zip.File, expect string, into *Manifest) (string, error) {
	r, err := f.Open()
	if err != nil {
		return "", err
	}
	key, err := trail.Read(r, manifestKind, expect, into)
	return key, errors.Join(err, r.Close())
}

func checkMember(f *zip.File, m MemberOfZIP) error {
	r, err := f.Open()
	if err != nil {
		return fault("%s cannot be read: %v", m.Name, err)
	}
	sum := sha256.New()
	n, err := io.Copy(sum, io.LimitReader(r, m.Size+1))
	switch err = errors.Join(err, r.Close()); {
	case err != nil:
		return fault("%s cannot be read: %v", m.Name, err)
	case n != m.Size || !bytes.Equal(sum.Sum(nil), m.Digest[:]):
		return fault("%s is not what was exported: its content does not give its digest", m.Name)
	}
	return nil
}

func checkChains(z *zip.Reader, m Manifest, key string) error {
	movements, err := z.Open(movementsName)
	if err != nil {
		return fault("%s is missing", movementsName)
	}
	said, err := checkMovements(movements, m.Movements)
	if err = errors.Join(err, movements.Close()); err != nil {
		return err
	}
	audit, err := z.Open(auditName)
	if err != nil {
		return fault("%s is missing", auditName)
	}
	c, err := trail.Check(audit, key)
	if err = errors.Join(err, audit.Close()); err != nil {
		return fault("%s: %v", auditName, err)
	}
	if c.Head != m.Audit.Seq || c.Organisation != m.Organisation || c.From != 1 {
		return fault("%s is not the log that the manifest names", auditName)
	}
	return checkRedactions(z, said)
}

// redaction is what a movement says since texts of it were written over, and the hash that it kept.
type redaction struct{ content, hash trail.Digest }

// checkRedactions looks up in the audit log, which is sound, that it says the same of every redacted movement.
func checkRedactions(z *zip.Reader, said map[int64]redaction) error {
	if len(said) == 0 {
		return nil
	}
	audit, err := z.Open(auditName)
	if err != nil {
		return err
	}
	known, err := redactionsIn(audit)
	if err = errors.Join(err, audit.Close()); err != nil {
		return fault("%s: %v", auditName, err)
	}
	for _, seq := range slices.Sorted(maps.Keys(said)) {
		if known[seq] != said[seq] {
			return fault("%s: movement %d is not what was recorded: its texts were written over, and the audit log does not say so", movementsName, seq)
		}
	}
	return nil
}

// redactionsIn are the redactions of an audit log, of each movement the last.
func redactionsIn(r io.Reader) (map[int64]redaction, error) {
	known := map[int64]redaction{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLink)
	for lines.Scan() {
		var e trail.Entry
		var says struct {
			What   string `json:"what"`
			ID     string `json:"id"`
			Detail struct {
				Content trail.Digest `json:"content"`
				Hash    trail.Digest `json:"hash"`
			} `json:"detail"`
		}
		if !bytes.Contains(lines.Bytes(), []byte("movement_redacted")) || json.Unmarshal(lines.Bytes(), &e) != nil || json.Unmarshal([]byte(e.Content), &says) != nil {
			continue
		}
		if seq, err := strconv.ParseInt(says.ID, 10, 64); err == nil && says.What == "movement_redacted" {
			known[seq] = redaction{says.Detail.Content, says.Detail.Hash}
		}
	}
	return known, lines.Err()
}

// maxLink bounds a line of the movements, in bytes.
const maxLink = 16 << 20

// checkMovements checks the chain, and gives what the redacted ones say now.
func checkMovements(r io.Reader, head Head) (map[int64]redaction, error) {
	said := map[int64]redaction{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLink)
	var seq int64
	var hash [sha256.Size]byte
	for lines.Scan() {
		var l link
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return nil, fault("%s: line %d is not a movement", movementsName, seq+1)
		}
		if l.Seq != seq+1 {
			return nil, fault("%s: movement %d is missing: it goes from %d to %d", movementsName, seq+1, seq, l.Seq)
		}
		if l.Redacted {
			said[l.Seq] = redaction{sha256.Sum256(l.Content), l.Hash}
		} else if want := flow.Link(hash, l.Seq, l.Content); want != l.Hash {
			return nil, fault("%s: movement %d is not what was recorded: its content does not give its hash", movementsName, l.Seq)
		}
		seq, hash = l.Seq, l.Hash
	}
	if err := lines.Err(); err != nil {
		return nil, fault("%s: %v", movementsName, err)
	}
	if seq != head.Seq || hash != head.Hash {
		return nil, fault("%s ends at movement %d, the log at %d: the newest are missing or were replaced", movementsName, seq, head.Seq)
	}
	return said, nil
}
