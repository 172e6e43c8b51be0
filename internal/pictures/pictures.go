// Package pictures turns what people photograph and sign into pictures that are safe to keep and to show: decoded and
// encoded anew, upright and small, with nothing in them but the image. Where it was taken and on what is gone.
package pictures

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
)

// Kind is what a picture is of.
type Kind int

const (
	Photo     Kind = iota // kept as JPEG, at most PhotoSide wide and high and about PhotoSize bytes
	Signature             // kept as PNG in shades of grey, at most PhotoSide wide and high
)

const (
	MaxSent   = 4 << 20   // bytes: the most that is taken
	PhotoSide = 1600      // pixels
	PhotoSize = 250 << 10 // bytes
	ThumbSide = 320       // pixels

	maxPixels = 24_000_000 // to decode: a phone's photo has twelve million
	maxSide   = 16_000     // pixels
	maxScans  = 100        // of one JPEG: a progressive one has ten
)

var (
	// ErrUnreadable says that what was sent is no JPEG or PNG that can be decoded whole.
	ErrUnreadable = errors.New("pictures: no JPEG or PNG that can be read")
	// ErrTooLarge says that it has more bytes or pixels than are taken.
	ErrTooLarge = errors.New("pictures: too many bytes or pixels")
	// ErrBlank says that a signature has no stroke.
	ErrBlank = errors.New("pictures: nothing is drawn")
)

// Made is a picture to keep.
type Made struct {
	Media string // image/jpeg or image/png
	Bytes []byte
	Thumb []byte // the same, at most ThumbSide wide and high
}

// busy bounds the memory that decoding takes: about a hundred megabytes for the largest photo.
var busy = make(chan struct{}, 2)

// Make is the picture to keep of what was sent. What cannot be one is ErrUnreadable, ErrTooLarge or ErrBlank.
func Make(kind Kind, sent []byte) (Made, error) {
	if len(sent) > MaxSent {
		return Made{}, ErrTooLarge
	}
	busy <- struct{}{}
	defer func() { <-busy }()
	img, err := decode(sent)
	if err != nil {
		return Made{}, err
	}
	small := upright(shrink(img, PhotoSide), orientation(sent))
	if kind == Signature {
		return sign(small)
	}
	return photo(small)
}

// decode looks at the size an image says it has before anything is unpacked.
func decode(sent []byte) (image.Image, error) {
	config, read := png.DecodeConfig, png.Decode
	if bytes.HasPrefix(sent, []byte{0xFF, 0xD8, 0xFF}) {
		config, read = jpeg.DecodeConfig, jpeg.Decode
		if bytes.Count(sent, []byte{0xFF, 0xDA}) > maxScans { // each may say little and touch every pixel
			return nil, ErrUnreadable
		}
	}
	says, err := config(bytes.NewReader(sent))
	switch {
	case err != nil || says.Width <= 0 || says.Height <= 0:
		return nil, ErrUnreadable
	case says.Width > maxSide || says.Height > maxSide || says.Width*says.Height > maxPixels:
		return nil, ErrTooLarge
	}
	img, err := read(bytes.NewReader(sent))
	if err != nil {
		return nil, ErrUnreadable
	}
	return img, nil
}

// photo encodes until it is small enough: first with less detail, then with fewer pixels.
func photo(img *image.RGBA) (Made, error) {
	var b bytes.Buffer
	for {
		for quality := 84; quality >= 52; quality -= 8 {
			b.Reset()
			if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
				return Made{}, err
			}
			if b.Len() <= PhotoSize {
				var thumb bytes.Buffer
				err := jpeg.Encode(&thumb, shrink(img, ThumbSide), &jpeg.Options{Quality: 76})
				return Made{"image/jpeg", b.Bytes(), thumb.Bytes()}, err
			}
		}
		size := img.Bounds().Size()
		img = shrink(img, max(size.X, size.Y)*3/4)
	}
}

const ink = 160 // of 255: darker than this is a stroke

func sign(img *image.RGBA) (Made, error) {
	grey, drawn := greyed(img)
	if !drawn {
		return Made{}, ErrBlank
	}
	thumb, _ := greyed(shrink(img, ThumbSide))
	var b, t bytes.Buffer
	err := errors.Join(encodePNG(&b, grey), encodePNG(&t, thumb))
	return Made{"image/png", b.Bytes(), t.Bytes()}, err
}

func encodePNG(b *bytes.Buffer, img image.Image) error {
	return (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(b, img)
}

func greyed(img *image.RGBA) (grey *image.Gray, drawn bool) {
	grey = image.NewGray(img.Bounds())
	for y := range grey.Rect.Dy() {
		for x := range grey.Rect.Dx() {
			g, _ := color.GrayModel.Convert(img.RGBAAt(x, y)).(color.Gray)
			grey.SetGray(x, y, g)
			drawn = drawn || g.Y < ink
		}
	}
	return grey, drawn
}
