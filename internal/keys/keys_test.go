package keys

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestWhatIsSealedOpensForTheSameOnly(t *testing.T) {
	t.Parallel()
	k, other := New([Size]byte{1}), New([Size]byte{2})
	sealed, err := k.Seal("totp", "org member", []byte("seed"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := k.Open("totp", "org member", sealed); err != nil || string(got) != "seed" {
		t.Errorf("%q %v", got, err)
	}
	changed := append([]byte{}, sealed...)
	changed[len(changed)-1] ^= 1
	for name, open := range map[string]func() ([]byte, error){
		"another key":   func() ([]byte, error) { return other.Open("totp", "org member", sealed) },
		"another use":   func() ([]byte, error) { return k.Open("oidc", "org member", sealed) },
		"another owner": func() ([]byte, error) { return k.Open("totp", "org somebody", sealed) },
		"changed":       func() ([]byte, error) { return k.Open("totp", "org member", changed) },
		"cut":           func() ([]byte, error) { return k.Open("totp", "org member", sealed[:5]) },
	} {
		if got, err := open(); !errors.Is(err, ErrWrong) {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
}

func TestSignedTokens(t *testing.T) {
	t.Parallel()
	k := New([Size]byte{1})
	token := k.Sign("link", []byte("job 1042"))
	if got, err := k.Read("link", token); err != nil || string(got) != "job 1042" {
		t.Errorf("%q %v", got, err)
	}
	for _, wrong := range []string{"", "x", token[:len(token)-1], "A" + token[1:], token + "AA"} {
		if got, err := k.Read("link", wrong); !errors.Is(err, ErrWrong) {
			t.Errorf("%q: %q %v", wrong, got, err)
		}
	}
	if _, err := k.Read("reset", token); !errors.Is(err, ErrWrong) {
		t.Error("a token of another use is read")
	}
}

func FuzzRead(f *testing.F) {
	k := New([Size]byte{1})
	f.Add(k.Sign("link", []byte("x")))
	f.Fuzz(func(t *testing.T, token string) {
		if body, err := k.Read("link", token); err == nil && k.Sign("link", body) != token {
			t.Errorf("%q is read as %q, which is signed as something else", token, body)
		}
	})
}

// Several commands that start at once on an empty data directory have one key.
func TestOneKeyFile(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "data", "key")
	var group sync.WaitGroup
	got := make([]string, 8)
	for i := range got {
		group.Go(func() { got[i] = newestName(t, name) })
	}
	group.Wait()
	for _, k := range got {
		if k == "" || k != got[0] {
			t.Error("two keys")
		}
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if err := os.WriteFile(name, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := File(name); err == nil {
		t.Error("a broken key file is read")
	}
}

func newestName(t *testing.T, file string) string {
	t.Helper()
	ring, err := File(file)
	if err != nil {
		t.Error(err)
		return ""
	}
	m, err := ring.Newest()
	if err != nil {
		t.Error(err)
		return ""
	}
	name, err := m.Name(t.Context())
	if err != nil {
		t.Error(err)
	}
	return name
}

// A ring whose file gets a new key goes on unwrapping what the one before wrapped, until that is forgotten.
func TestAKeyFileWithTwoKeys(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "key")
	old := newestName(t, file)
	ring, err := File(file)
	if err != nil {
		t.Fatal(err)
	}
	wrap := func() (string, []byte) {
		m, err := ring.Newest()
		if err != nil {
			t.Fatal(err)
		}
		wrapped, err := m.Wrap(t.Context(), "org", [Size]byte{7})
		if err != nil {
			t.Fatal(err)
		}
		name, err := m.Name(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return name, wrapped
	}
	name, wrapped := wrap()
	for range 2 { // the second time changes nothing
		if err := AddToFile(file); err != nil {
			t.Fatal(err)
		}
	}
	if newer := newestName(t, file); newer == old || name != old {
		t.Errorf("%s %s %s", newer, old, name)
	}
	if got, err := ring.Unwrap(t.Context(), name, "org", wrapped); err != nil || got != [Size]byte{7} {
		t.Errorf("%v %v", got, err)
	}
	if _, err := ring.Unwrap(t.Context(), name, "another", wrapped); !errors.Is(err, ErrWrong) {
		t.Errorf("for another organisation: %v", err)
	}
	newName, again := wrap()
	if err := KeepNewestInFile(file); err != nil {
		t.Fatal(err)
	}
	if _, err := ring.Unwrap(t.Context(), name, "org", wrapped); !errors.Is(err, ErrWrong) {
		t.Errorf("with a key that was forgotten: %v", err)
	}
	if got, err := ring.Unwrap(t.Context(), newName, "org", again); err != nil || got != [Size]byte{7} {
		t.Errorf("%v %v", got, err)
	}
}

func FuzzParseMasters(f *testing.F) {
	f.Add("AAAA\n")
	f.Fuzz(func(t *testing.T, text string) {
		if all, err := ParseMasters(text); err == nil && len(all) == 0 {
			t.Error("no master")
		}
	})
}

// vault is a program that answers as a key service does: it turns the bytes round and puts what they are for before them.
const vault = `#!/bin/sh
read -r op; read -r about; read -r body
case "$op" in
name) echo arn:key/1 ;;
wrap) printf '%s|%s' "$about" "$body" | base64 -w0 ;;
unwrap) plain=$(printf '%s' "$body" | base64 -d); [ "${plain%%|*}" = "$about" ] || { echo "not for that" >&2; exit 1; }; printf '%s\n' "${plain#*|}" ;;
esac
`

func TestAProgramHoldsTheMasterKey(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "vault")
	if err := os.WriteFile(program, []byte(vault), 0o700); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	m, err := NewCommand("sh " + program)
	if err != nil {
		t.Fatal(err)
	}
	ring := NewRing(m, NewLocal([Size]byte{1}))
	name, err := m.Name(t.Context())
	if err != nil || name != "command:arn:key/1" {
		t.Errorf("%q %v", name, err)
	}
	wrapped, err := m.Wrap(t.Context(), "org", [Size]byte{9})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ring.Unwrap(t.Context(), name, "org", wrapped); err != nil || got != [Size]byte{9} {
		t.Errorf("%v %v", got, err)
	}
	if _, err := ring.Unwrap(t.Context(), name, "another", wrapped); err == nil || !strings.Contains(err.Error(), "not for that") {
		t.Errorf("%v", err)
	}
	if key, ok, err := ring.Oldest(); key != [Size]byte{1} || !ok || err != nil {
		t.Errorf("%v %v %v", key, ok, err)
	}
}
