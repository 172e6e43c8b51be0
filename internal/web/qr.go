package web

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// quiet is the margin of a QR code in its squares, which readers need.
const quiet = 4

// qrPicture is a QR code as the path of an SVG of so many squares a side.
type qrPicture struct {
	Size int
	Path string
}

// qrOf is a text as a QR code, nil when it is too long for one.
func qrOf(text string) *qrPicture {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return nil
	}
	var path strings.Builder
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	return &qrPicture{code.Size + 2*quiet, path.String()}
}
