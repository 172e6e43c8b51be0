package keys

import (
	"bytes"
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// Master wraps the keys of organisations, so that they can be kept where everybody who has the database sees them.
// What a key is for is bound to it: it is unwrapped only for the same.
type Master interface {
	// Name says which master key it is, and is kept beside what it wrapped. It is no secret.
	Name(ctx context.Context) (string, error)
	Wrap(ctx context.Context, about string, key [Size]byte) ([]byte, error)
	// Unwrap is the key, or ErrWrong.
	Unwrap(ctx context.Context, about string, wrapped []byte) ([Size]byte, error)
}

// Local is a master key that the program itself has.
type Local struct{ keys *Keys }

// NewLocal is the master of a key.
func NewLocal(key [Size]byte) Local { return Local{New(key)} }

const wrapUse = "wrap"

// Name is made of the key, and says nothing about it.
func (l Local) Name(context.Context) (string, error) {
	mark, err := hkdf.Key(sha256.New, l.keys.master[:], nil, "clicarity name", 8)
	return "local:" + hex.EncodeToString(mark), err
}

// Wrap encrypts with AES-256-GCM.
func (l Local) Wrap(_ context.Context, about string, key [Size]byte) ([]byte, error) {
	return l.keys.Seal(wrapUse, about, key[:])
}

// Unwrap is the key, or ErrWrong.
func (l Local) Unwrap(_ context.Context, about string, wrapped []byte) ([Size]byte, error) {
	key, err := l.keys.Open(wrapUse, about, wrapped)
	if err != nil || len(key) != Size {
		return [Size]byte{}, ErrWrong
	}
	return [Size]byte(key), nil
}

// Key is the master key itself.
func (l Local) Key() [Size]byte { return l.keys.master }

// Command is a master key that an external program holds: a key service, a vault, a TPM. The program is run for each
// question with three lines on its standard input: the operation (name, wrap or unwrap), what the key is for, and the
// bytes in base64 (empty for name). It answers with one line: the name of the key it wraps with, or bytes in base64.
type Command struct{ Program []string }

// NewCommand is the master behind a program, which is written with its arguments, separated by spaces.
func NewCommand(line string) (Command, error) {
	words := strings.Fields(line)
	if len(words) == 0 {
		return Command{}, errors.New("no program is named")
	}
	return Command{words}, nil
}

const commandMark = "command:"

// Name is what the program calls its key.
func (c Command) Name(ctx context.Context) (string, error) {
	name, err := c.ask(ctx, "name", "", nil)
	if err == nil && (name == "" || len(name) > 500) {
		err = errors.New("the program of the master key does not name its key")
	}
	return commandMark + name, err
}

// Wrap has the program encrypt a key.
func (c Command) Wrap(ctx context.Context, about string, key [Size]byte) ([]byte, error) {
	answer, err := c.ask(ctx, "wrap", about, key[:])
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(answer)
}

// Unwrap has the program decrypt a key.
func (c Command) Unwrap(ctx context.Context, about string, wrapped []byte) ([Size]byte, error) {
	answer, err := c.ask(ctx, "unwrap", about, wrapped)
	if err != nil {
		return [Size]byte{}, err
	}
	key, err := base64.StdEncoding.DecodeString(answer)
	if err != nil || len(key) != Size {
		return [Size]byte{}, ErrWrong
	}
	return [Size]byte(key), nil
}

func (c Command) ask(ctx context.Context, operation, about string, body []byte) (string, error) {
	cmd := exec.CommandContext(ctx, c.Program[0], c.Program[1:]...) //nolint:gosec // the operator of the service names it
	cmd.Stdin = strings.NewReader(operation + "\n" + about + "\n" + base64.StdEncoding.EncodeToString(body) + "\n")
	var out, says bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &says
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("the program of the master key fails to %s: %w: %s", operation, err, firstLine(says.String()))
	}
	return strings.TrimSpace(out.String()), nil
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line[:min(len(line), 300)]
}

// Ring is the master key in use and those before it, which still unwrap what they wrapped.
type Ring struct {
	masters []Master // the newest first
	again   func() ([]Master, error)
}

// NewRing is a ring of masters, the newest first.
func NewRing(masters ...Master) *Ring { return &Ring{masters: masters} }

// Reread is a ring whose masters are read anew whenever it matters which is the newest, so that a running program
// notices that there is another.
func Reread(read func() ([]Master, error)) (*Ring, error) {
	masters, err := read()
	return &Ring{masters, read}, err
}

// Masters are those of the ring as they are now, the newest first.
func (r *Ring) Masters() ([]Master, error) {
	if r.again == nil {
		return r.masters, nil
	}
	return r.again()
}

// Newest is the master that new keys are wrapped with.
func (r *Ring) Newest() (Master, error) {
	all, err := r.Masters()
	if err == nil && len(all) == 0 {
		err = errors.New("there is no master key")
	}
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// Unwrap is a key that the master of a name wrapped, or ErrWrong when that is none of the ring.
func (r *Ring) Unwrap(ctx context.Context, name, about string, wrapped []byte) ([Size]byte, error) {
	all, err := r.Masters()
	if err != nil {
		return [Size]byte{}, err
	}
	for _, m := range all {
		if _, outside := m.(Command); outside && strings.HasPrefix(name, commandMark) {
			return m.Unwrap(ctx, about, wrapped) // which of its keys it was, the program knows
		}
		own, err := m.Name(ctx)
		if err != nil {
			return [Size]byte{}, err
		}
		if own == name {
			return m.Unwrap(ctx, about, wrapped)
		}
	}
	return [Size]byte{}, ErrWrong
}

// Oldest is the oldest master key that the program itself has: what was sealed before organisations had keys of their
// own was sealed with it. False without one.
func (r *Ring) Oldest() (key [Size]byte, ok bool, err error) {
	all, err := r.Masters()
	for i := len(all) - 1; i >= 0; i-- {
		if l, own := all[i].(Local); own {
			return l.Key(), true, err
		}
	}
	return key, false, err
}

// Fresh is a new random key.
func Fresh() (key [Size]byte, err error) {
	_, err = rand.Read(key[:])
	return key, err
}
