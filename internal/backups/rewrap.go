package backups

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"clicarity/internal/keys"
	"clicarity/internal/objects"
)

// Rewrap wraps the keys of all backups and lines with the newest master key, so that the ones before are not needed any more, and says
// how many it did. A backup gets the master keys before along, wrapped: the keys inside its dump need them. It may be called again.
// Nobody may be making a backup meanwhile.
func (s *Shelf) Rewrap(ctx context.Context) (n int, err error) {
	all, err := s.Ring.Masters()
	if err != nil || len(all) == 0 {
		return 0, err
	}
	m := all[0]
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
		if err != nil {
			continue // what cannot be read now cannot be read later either
		}
		if err := s.rewrapBackup(ctx, &b, m, name, all[1:]); err != nil {
			return n, fmt.Errorf("%s: %w", b.Name, err)
		}
		n++
	}
	lines, err := s.rewrapLines(ctx, m, name)
	return n + lines, err
}

// rewrapBackup wraps a backup's keys anew and keeps that.
func (s *Shelf) rewrapBackup(ctx context.Context, b *Backup, m keys.Master, name string, before []keys.Master) (err error) {
	if b.Wrapped, err = s.rewrapped(ctx, m, b.Master, belongs(b.Name), b.Wrapped); err != nil {
		return err
	}
	b.Master = name
	for i, was := range b.Before {
		if b.Before[i].Wrapped, err = s.rewrapped(ctx, m, was.Master, beforeAbout(b.Name, was.Name), was.Wrapped); err != nil {
			return err
		}
		b.Before[i].Master = name
	}
	for _, old := range before {
		l, own := old.(keys.Local)
		if !own {
			continue // whoever has it has it still
		}
		was := Before{Master: name}
		if was.Name, err = l.Name(ctx); err != nil {
			return err
		}
		if slices.ContainsFunc(b.Before, func(have Before) bool { return have.Name == was.Name }) {
			continue
		}
		if was.Wrapped, err = m.Wrap(ctx, beforeAbout(b.Name, was.Name), l.Key()); err != nil {
			return err
		}
		b.Before = append(b.Before, was)
	}
	return s.putJSON(ctx, at+b.Name+keptPart, b)
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
