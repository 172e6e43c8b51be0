package web

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"io"
	"math/big"
	"strings"

	"clicarity/internal/flow"
)

// The two texts that people and scanners bring from paper or another screen: the code that lets a tablet be a device, and
// the badge. Both are written in digits and capitals without I, L, O and U, so that nothing is misread.

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

var crockfordCode = base32.NewEncoding(crockford).WithPadding(base32.NoPadding)

// pairDigits are how many letters of a code are random: 35 bits. One more checks them.
const pairDigits = 7

// newPairCode is a code as it is stored: eight letters.
func newPairCode() (string, error) {
	code := make([]byte, pairDigits)
	for i := range code {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(crockford))))
		if err != nil {
			return "", err
		}
		code[i] = crockford[n.Int64()]
	}
	return string(append(code, checkLetter(string(code)))), nil
}

// checkLetter is the letter after which a code adds up: every single wrong letter is noticed, and two neighbours that
// changed places but for one pair of letters.
func checkLetter(code string) byte {
	sum := 0
	for i := range len(code) {
		v := strings.IndexByte(crockford, code[len(code)-1-i])
		if i%2 == 0 { // the letters that are doubled, the last one first
			v *= 2
			v = v/len(crockford) + v%len(crockford)
		}
		sum += v
	}
	return crockford[(len(crockford)-sum%len(crockford))%len(crockford)]
}

// readPairCode is a code as somebody typed it: in small letters, with spaces and dashes, o for 0.
func readPairCode(typed string) (string, bool) {
	code := plainLetters(typed)
	if len(code) != pairDigits+1 || strings.Trim(code, crockford) != "" || checkLetter(code[:pairDigits]) != code[pairDigits] {
		return "", false
	}
	return code, true
}

// maxTyped bounds what is looked at of something typed or scanned.
const maxTyped = 100

func plainLetters(typed string) string {
	if len(typed) > maxTyped {
		return ""
	}
	return strings.NewReplacer("O", "0", "I", "1", "L", "1", "-", "", " ", "", "\t", "", "\r", "", "\n", "").Replace(strings.ToUpper(typed))
}

// spoken is a code as people read it: 7KQ2-M9XA.
func spoken(code string) string { return code[:4] + "-" + code[4:] }

// badgeMark begins what is on a badge, so that another code that is scanned is not taken for one.
const badgeMark = "CB"

type badge [16]byte

// newBadge makes what is on a badge: 128 random bits.
func newBadge(random io.Reader) (badge, error) {
	var b badge
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return b, fmt.Errorf("making a badge: %w", err)
	}
	return b, nil
}

// String is the text in a badge's QR code. A scanner types it: capitals and digits only.
func (b badge) String() string { return badgeMark + crockfordCode.EncodeToString(b[:]) }

// hash is what a badge is kept under.
func (b badge) hash() [32]byte { return sha256.Sum256(b[:]) }

// readBadge is a badge as a scanner typed it.
func readBadge(typed string) (b badge, ok bool) {
	if len(typed) > maxTyped {
		return b, false
	}
	text, marked := strings.CutPrefix(strings.ToUpper(strings.TrimSpace(typed)), badgeMark)
	raw, err := crockfordCode.DecodeString(text)
	if !marked || err != nil || len(raw) != len(b) {
		return b, false
	}
	copy(b[:], raw)
	return b, b.String() == badgeMark+text
}

// pairHash is what a code is kept under. It is short, so the hash is keyed: whoever has the database alone cannot look
// for it.
func (w *Web) pairHash(org flow.ID, code string) [32]byte {
	return w.keyed("pairing", append(org[:], code...))
}

// peppered is what of a member's PIN goes into the hash: it is worth nothing without the installation's key, nor for
// another member.
func (w *Web) peppered(org, member flow.ID, pin string) string {
	sum := w.keyed("pin", append(append(org[:], member[:]...), pin...))
	return crockfordCode.EncodeToString(sum[:])
}
