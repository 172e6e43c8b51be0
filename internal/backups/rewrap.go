package backups

import (
	"context"
	"encoding/json"
	"fmt"

	"clicarity/internal/keys"
	"clicarity/internal/objects"
)

// Rewrap wraps the keys of all backups and lines with the newest master key, so that the ones before are not needed any more, and says
// how many it did. It may be called again. Nobody may be making a backup meanwhile.
func (s *Shelf) Rewrap(ctx context.Context) (n int, err error) {
	m, err := s.Ring.Newest()
	if err != nil {
		return 0, err
	}
	name, err := m.Name(ctx)
	if err != nil {
		return 0, err
	}
	list, err := s.List(ctx)
	if err != nil {
		return 0, err
	}
	for _, e := range list {
		b, err := s.manifest(ctx, e.Name)
		if err != nil || b.Master == name {
			continue // what cannot be read now cannot be read later either
		}
		if b.Wrapped, err = s.rewrapped(ctx, m, b.Master, belongs(b.Name), b.Wrapped); err != nil {
			return n, fmt.Errorf("%s: %w", b.Name, err)
		}
		b.Master = name
		if err := s.putJSON(ctx, at+b.Name+keptPart, b); err != nil {
			return n, err
		}
		n++
	}
	lines, err := s.rewrapLines(ctx, m, name)
	return n + lines, err
}

func (s *Shelf) rewrapLines(ctx context.Context, m keys.Master, name string) (n int, err error) {
	err = each(ctx, s.Store, erasure, func(o objects.Object) error {
		text, err := s.read(ctx, o.Key, maxLine)
		if err != nil {
			return err
		}
		var l sealedLine
		if json.Unmarshal(text, &l) != nil || l.Master == name {
			return nil
		}
		about := lineAbout(o.Key[len(erasure):])
		if l.Wrapped, err = s.rewrapped(ctx, m, l.Master, about, l.Wrapped); err != nil {
			return fmt.Errorf("%s: %w", o.Key, err)
		}
		n++
		l.Master = name
		return s.putJSON(ctx, o.Key, l)
	})
	return n, err
}

func (s *Shelf) rewrapped(ctx context.Context, m keys.Master, was, about string, wrapped []byte) ([]byte, error) {
	key, err := s.Ring.Unwrap(ctx, was, about, wrapped)
	if err != nil {
		return nil, err
	}
	return m.Wrap(ctx, about, key)
}

func (s *Shelf) putJSON(ctx context.Context, key string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.put(ctx, key, text)
}
