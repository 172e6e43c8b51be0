package pictures

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/draw"
)

// shrink is an image on white at most so many pixels wide and high, each the mean of those it stands for. It goes
// through the image in bands, so that a large one is never there twice.
func shrink(img image.Image, side int) *image.RGBA {
	from := img.Bounds()
	w, h := from.Dx(), from.Dy()
	toW, toH := w, h
	if longest := max(w, h); longest > side {
		toW, toH = max(w*side/longest, 1), max(h*side/longest, 1)
	}
	to := image.NewRGBA(image.Rect(0, 0, toW, toH))
	band := image.NewRGBA(image.Rect(0, 0, w, h/toH+1))
	for y := range toH {
		y0, y1 := y*h/toH, (y+1)*h/toH
		rows := image.Rect(0, 0, w, y1-y0)
		draw.Draw(band, rows, image.White, image.Point{}, draw.Src)
		draw.Draw(band, rows, img, image.Pt(from.Min.X, from.Min.Y+y0), draw.Over)
		for x := range toW {
			mean(to.Pix[to.PixOffset(x, y):], band, x*w/toW, (x+1)*w/toW, y1-y0)
		}
	}
	return to
}

// mean writes the mean of a block of pixels: columns x0 to x1 of the first rows of a band.
func mean(pix []uint8, band *image.RGBA, x0, x1, rows int) {
	var r, g, b uint32
	for y := range rows {
		line := band.Pix[band.PixOffset(x0, y):band.PixOffset(x1, y)]
		for i := 0; i+3 < len(line); i += 4 {
			r, g, b = r+uint32(line[i]), g+uint32(line[i+1]), b+uint32(line[i+2])
		}
	}
	n := uint32((x1 - x0) * rows)
	pix[0], pix[1], pix[2], pix[3] = uint8((r+n/2)/n), uint8((g+n/2)/n), uint8((b+n/2)/n), 255
}

// upright turns and mirrors an image as its orientation says, 1 to 8 as in EXIF.
func upright(img *image.RGBA, orientation int) *image.RGBA {
	if orientation <= 1 || orientation > 8 {
		return img
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	if orientation >= 5 {
		w, h = h, w
	}
	to := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			fromX, fromY := x, y
			switch orientation {
			case 2:
				fromX = w - 1 - x
			case 3:
				fromX, fromY = w-1-x, h-1-y
			case 4:
				fromY = h - 1 - y
			case 5:
				fromX, fromY = y, x
			case 6:
				fromX, fromY = y, w-1-x
			case 7:
				fromX, fromY = h-1-y, w-1-x
			case 8:
				fromX, fromY = h-1-y, x
			}
			to.SetRGBA(x, y, img.RGBAAt(fromX, fromY))
		}
	}
	return to
}

const orientationTag = 0x0112

// orientation is how a camera says it was held: EXIF's 1 to 8, and 1 where nothing that can be read says so.
func orientation(jpeg []byte) int {
	if !bytes.HasPrefix(jpeg, []byte{0xFF, 0xD8}) {
		return 1
	}
	for rest := jpeg[2:]; len(rest) >= 4 && rest[0] == 0xFF && rest[1] != 0xDA; {
		size := int(binary.BigEndian.Uint16(rest[2:]))
		if size < 2 || 2+size > len(rest) {
			return 1
		}
		if exif, ok := bytes.CutPrefix(rest[4:2+size], []byte("Exif\x00\x00")); ok && rest[1] == 0xE1 {
			return tiffOrientation(exif)
		}
		rest = rest[2+size:]
	}
	return 1
}

func tiffOrientation(tiff []byte) int {
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case len(tiff) < 8:
		return 1
	case bytes.HasPrefix(tiff, []byte("MM")):
		order = binary.BigEndian
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return 1
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			return 1
		}
		if order.Uint16(entries) == orientationTag {
			if o := int(order.Uint16(entries[8:])); o >= 1 && o <= 8 {
				return o
			}
			return 1
		}
		entries = entries[12:]
	}
	return 1
}
