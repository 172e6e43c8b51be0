package web

import "clicarity/internal/factors"

// qrPicture is a text as a QR code: what an SVG of it is made of.
type qrPicture struct {
	Size int    // of the view box
	Path string // all that is dark
}

// newQR draws a text. One too long for a QR code has none.
func newQR(text string) *qrPicture {
	size, path, err := factors.QR(text)
	if err != nil {
		return nil
	}
	return &qrPicture{Size: size, Path: path}
}
