package factors_test

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"clicarity/internal/factors"
)

// The test vectors of RFC 6238 for SHA-1, cut to six digits.
func TestCodesAreThoseOfTheRFC(t *testing.T) {
	t.Parallel()
	seed := []byte("12345678901234567890")
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got := factors.Code(seed, time.Unix(at, 0)); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
}

func TestAPhonesClockMayBeAStepOff(t *testing.T) {
	t.Parallel()
	seed, err := factors.NewSeed(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1_800_000_000, 0)
	for off, want := range map[time.Duration]bool{-61 * time.Second: false, -30 * time.Second: true, 0: true, 30 * time.Second: true, 90 * time.Second: false} {
		code := factors.Code(seed, now.Add(off))
		n, ok := factors.Step(seed, code[:3]+" "+code[3:], now)
		if ok != want || ok && n != now.Add(off).Unix()/30 {
			t.Errorf("a code of %v: %v %v", off, n, ok)
		}
	}
	if _, ok := factors.Step(seed, "", now); ok {
		t.Error("nothing is a code")
	}
}

func TestARecoveryCodeIsReadHoweverItIsTyped(t *testing.T) {
	t.Parallel()
	codes, err := factors.NewCodes(rand.Reader)
	if err != nil || len(codes) != factors.Codes {
		t.Fatal(codes, err)
	}
	seen := map[string]bool{}
	for _, c := range codes {
		seen[c] = true
		if len(strings.ReplaceAll(c, "-", "")) != 16 || factors.IsCode(c) {
			t.Error(c)
		}
		if factors.HashCode(c) != factors.HashCode(" "+strings.ToLower(strings.ReplaceAll(c, "-", " "))) {
			t.Errorf("%s is read otherwise in small letters", c)
		}
	}
	if len(seen) != factors.Codes {
		t.Error("codes come twice")
	}
	if !factors.IsCode("123 456") || factors.IsCode("12345") || factors.IsCode("1234567") || factors.IsCode("12345a") {
		t.Error("what a code of an app looks like")
	}
}

func TestTheAddressOfASeed(t *testing.T) {
	t.Parallel()
	address := factors.Address("Sahyadri: Print & Pack", "ravi@sahyadri.example", []byte("12345678901234567890"))
	want := "otpauth://totp/Clicarity%20Sahyadri%20%20Print%20&%20Pack:ravi@sahyadri.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Clicarity+Sahyadri++Print+%26+Pack"
	if address != want {
		t.Errorf("%s", address)
	}
}

func FuzzTyped(f *testing.F) {
	f.Add("123456")
	f.Add("ABCD-EFGH-JKMN-PQRS")
	f.Fuzz(func(t *testing.T, s string) {
		_ = factors.HashCode(s)
		if _, ok := factors.Step([]byte("12345678901234567890"), s, time.Unix(59, 0)); ok && !factors.IsCode(s) && len(s) < 6 {
			t.Error(s)
		}
	})
}
