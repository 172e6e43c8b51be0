package web

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// qrPicture is a text as a QR code: what an SVG of it is made of.
type qrPicture struct {
	Size int    // of the view box
	Path string // all that is dark
}

// quietZone is the white border that readers need around a QR code, in modules.
const quietZone = 4

// newQR draws a text. One too long for a QR code has none.
func newQR(text string) *qrPicture {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return nil
	}
	var b strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", from+quietZone, y+quietZone, x-from, x-from)
			}
		}
	}
	return &qrPicture{Size: code.Size + 2*quietZone, Path: b.String()}
}
