package web

import (
	"strconv"
	"strings"
	"time"
)

// tvDigits are the letters of the code that a TV shows: 30 bits.
const tvDigits = 6

// tvCode is the code that a TV shows until a time. It is made of the TV's secret, so that only its hash has to be kept.
func (w *Web) tvCode(token [32]byte, until time.Time) string {
	sum := w.keyed("tv code", strconv.AppendInt(token[:], until.Unix(), 10))
	return crockfordCode.EncodeToString(sum[:])[:tvDigits]
}

// tvCodeHash is what a code is kept under. It is short, so the hash is keyed.
func (w *Web) tvCodeHash(code string) [32]byte { return w.keyed("tv code hash", []byte(code)) }

// readTVCode is a code as somebody typed it.
func readTVCode(typed string) (string, bool) {
	code := plainLetters(typed)
	return code, len(code) == tvDigits && strings.Trim(code, crockford) == ""
}
