package passkeys_test

import (
	"errors"
	"strings"
	"testing"

	"clicarity/internal/passkeys"
)

func site(t testing.TB) *passkeys.Site {
	t.Helper()
	s, err := passkeys.New("https://jobs.clicarity.example")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A passkey belongs to a name: at a bare address there are none.
func TestABareAddressHasNoPasskeys(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"http://127.0.0.1:8080", "http://[::1]:8080", "", "/"} {
		if _, err := passkeys.New(address); !errors.Is(err, passkeys.ErrNoName) {
			t.Errorf("%q: %v", address, err)
		}
	}
	if _, err := passkeys.New("http://localhost:8080"); err != nil {
		t.Error(err)
	}
}

// What is asked for: a key that names its holder and knows them.
func TestWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	s, h := site(t), passkeys.Holder{Handle: []byte("12345678901234567890123456789012"), Login: "ravi@sahyadri.example", Name: "Ravi Kadam"}
	asked, err := s.Register(h)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"id":"jobs.clicarity.example"`, `"residentKey":"required"`, `"userVerification":"required"`, `"name":"ravi@sahyadri.example"`} {
		if !strings.Contains(asked.Options, want) {
			t.Errorf("no %s in %s", want, asked.Options)
		}
	}
	again, err := s.AskAnybody()
	if err != nil || !strings.Contains(again.Options, `"userVerification":"required"`) || string(again.State) == string(asked.State) {
		t.Errorf("%s %v", again.Options, err)
	}
}

func FuzzAnswer(f *testing.F) {
	s := site(f)
	h := passkeys.Holder{Handle: []byte("12345678901234567890123456789012"), Login: "ravi", Name: "Ravi"}
	asked, err := s.AskAnybody()
	if err != nil {
		f.Fatal(err)
	}
	fresh, err := s.Register(h)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(`{}`)
	f.Add(`{"id":"eA","rawId":"eA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AAAA","signature":"AA","userHandle":"AA"}}`)
	f.Add(`{"id":"eA","rawId":"eA","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YUA"}}`)
	f.Fuzz(func(t *testing.T, answer string) {
		if _, err := s.Answered(h, asked.State, answer); !errors.Is(err, passkeys.ErrWrong) {
			t.Errorf("%q proves something: %v", answer, err)
		}
		if _, err := s.Registered(h, fresh.State, answer); !errors.Is(err, passkeys.ErrWrong) {
			t.Errorf("%q registers something: %v", answer, err)
		}
	})
}
