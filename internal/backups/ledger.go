package backups

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	"clicarity/internal/keys"
	"clicarity/internal/objects"
)

// Line is a line of the ledger of deletions, which is kept once under its name for as long as a backup could bring back whom it is about.
type Line struct {
	At    time.Time // when that was
	About string    // what tells it from others of that moment: letters, digits, hyphens
	Text  []byte
}

// linesFor is how long a line is kept: twice as long as any backup.
const linesFor = 2 * MostDays * 24 * time.Hour

var lineForm = regexp.MustCompile(`^(\d{8}T\d{6}Z)-[A-Za-z0-9-]{1,100}$`)

func (l Line) name() string { return l.At.UTC().Format(stamp) + "-" + l.About }

// sealedLine is a line as it is kept: sealed, so that nobody without the master key says who is to be deleted.
type sealedLine struct {
	Master  string `json:"master"`
	Wrapped []byte `json:"wrapped"`
	Sealed  []byte `json:"sealed"`
}

// maxLine bounds what is kept of a line, in bytes.
const maxLine = 2 << 20

func lineAbout(name string) string { return "clicarity erased " + name }

// Note keeps the lines that the store does not have. It may be called at any time, by several at once.
func (s *Shelf) Note(ctx context.Context, lines []Line) error {
	if err := s.claim(ctx); err != nil {
		return err
	}
	have := map[string]bool{}
	if len(lines) > 1 {
		if err := each(ctx, s.Store, erasure, func(o objects.Object) error { have[o.Key] = true; return nil }); err != nil {
			return err
		}
	}
	for _, l := range lines {
		if have[erasure+l.name()] || s.Now().Sub(l.At) >= linesFor {
			continue
		}
		if err := s.putLine(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

func (s *Shelf) putLine(ctx context.Context, l Line) error {
	name := l.name()
	if !lineForm.MatchString(name) {
		return fmt.Errorf("%q is no name of a line", name)
	}
	key, master, wrapped, err := s.wrap(ctx, lineAbout(name))
	if err != nil {
		return err
	}
	sealing, err := keys.SealStream(key, lineAbout(name), bytes.NewReader(l.Text))
	if err != nil {
		return err
	}
	sealed, err := io.ReadAll(sealing)
	if err != nil {
		return err
	}
	text, err := json.Marshal(sealedLine{master, wrapped, sealed})
	if err != nil {
		return err
	}
	return s.put(ctx, erasure+name, text)
}

// Lines are all lines that the store has, the oldest first, and how many cannot be read.
func (s *Shelf) Lines(ctx context.Context) (lines [][]byte, broken int, err error) {
	err = each(ctx, s.Store, erasure, func(o objects.Object) error {
		text, err := s.openLine(ctx, o.Key[len(erasure):])
		if errors.Is(err, keys.ErrWrong) {
			broken++
			return nil
		}
		lines = append(lines, text)
		return err
	})
	return lines, broken, err
}

func (s *Shelf) openLine(ctx context.Context, name string) ([]byte, error) {
	text, err := s.read(ctx, erasure+name, maxLine)
	if err != nil {
		return nil, err
	}
	var l sealedLine
	if json.Unmarshal(text, &l) != nil {
		return nil, keys.ErrWrong
	}
	key, err := s.Ring.Unwrap(ctx, l.Master, lineAbout(name), l.Wrapped)
	if err != nil {
		return nil, err
	}
	plain, ok := keys.PlainSize(int64(len(l.Sealed)))
	if !ok {
		return nil, keys.ErrWrong
	}
	r, err := keys.OpenStream(key, lineAbout(name), int64(len(l.Sealed)), keys.Part{Length: plain}, func(offset, length int64) (io.ReadCloser, error) {
		return io.NopCloser(io.NewSectionReader(bytes.NewReader(l.Sealed), offset, length)), nil
	})
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// dropLines deletes the lines that no backup needs any more.
func (s *Shelf) dropLines(ctx context.Context) error {
	return each(ctx, s.Store, erasure, func(o objects.Object) error {
		m := lineForm.FindStringSubmatch(o.Key[len(erasure):])
		since := o.At
		if m != nil {
			if named, err := time.Parse(stamp, m[1]); err == nil {
				since = named
			}
		}
		if s.Now().Sub(since) < linesFor {
			return nil
		}
		return s.Store.Delete(ctx, o.Key)
	})
}
