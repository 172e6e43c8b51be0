package keys

import (
	"errors"
	"os"
	"path/filepath"
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
	got := make([]*Keys, 8)
	for i := range got {
		group.Go(func() {
			var err error
			if got[i], err = File(name); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, k := range got {
		if k == nil || k.master != got[0].master {
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
