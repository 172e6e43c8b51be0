// Package factors makes what people show beside their password: here, what a camera reads.
package factors

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// quiet is the white border that readers need around a QR code, in modules.
const quiet = 4

// QR is a text as a QR code, the inside of an SVG picture: the size of its view box and one path in it.
func QR(text string) (size int, path string, err error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return 0, "", err
	}
	var b strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
			}
		}
	}
	return code.Size + 2*quiet, b.String(), nil
}
