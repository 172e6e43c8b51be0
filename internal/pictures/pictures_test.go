package pictures

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"testing"
)

// scene is an image with a red upper left corner, and as much detail as a factory floor when it is rough.
func scene(w, h int, rough bool) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	random := rand.New(rand.NewPCG(1, 2))
	for y := range h {
		for x := range w {
			c := color.RGBA{uint8(x), uint8(y), 90, 255}
			if rough {
				c = color.RGBA{uint8(random.Uint32()), uint8(random.Uint32()), uint8(random.Uint32()), 255}
			}
			if x < w/2 && y < h/2 {
				c = color.RGBA{230, 10, 10, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

func asJPEG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 70}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// held is a JPEG whose EXIF says how the camera was held, and where it was.
func held(jpeg []byte, orientation byte) []byte {
	tiff := []byte("MM\x00\x2a\x00\x00\x00\x08\x00\x02\x01\x12\x00\x03\x00\x00\x00\x01\x00")
	tiff = append(tiff, orientation, 0, 0, 0x88, 0x25, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0)
	body := append([]byte("Exif\x00\x00"), append(tiff, "GPS 18.52N 73.85E"...)...)
	out := append([]byte{}, jpeg[:2]...)
	out = binary.BigEndian.AppendUint16(append(out, 0xFF, 0xE1), uint16(len(body)+2))
	return append(append(out, body...), jpeg[2:]...)
}

// bomb is a PNG that is a few bytes long and says it is huge.
func bomb(w, h uint32) []byte {
	header := append([]byte("IHDR"), binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)...)
	header = append(header, 8, 2, 0, 0, 0)
	out := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	return binary.BigEndian.AppendUint32(append(out, header...), crc32.ChecksumIEEE(header))
}

func size(t *testing.T, b []byte) (int, int) {
	t.Helper()
	c, _, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return c.Width, c.Height
}

func TestAPhotoBecomesSmall(t *testing.T) {
	t.Parallel()
	for _, sent := range [][]byte{asJPEG(t, scene(2400, 1800, false)), asJPEG(t, scene(2000, 1500, true)), asPNG(t, scene(640, 480, false))} {
		made, err := Make(Photo, sent)
		if err != nil {
			t.Fatal(err)
		}
		w, h := size(t, made.Bytes)
		tw, th := size(t, made.Thumb)
		if made.Media != "image/jpeg" || len(made.Bytes) > PhotoSize || max(w, h) > PhotoSide || w*3 != h*4 || tw != ThumbSide || th != ThumbSide*3/4 || len(made.Thumb) > 64<<10 {
			t.Errorf("%d bytes became %s %dx%d of %d bytes, %dx%d of %d", len(sent), made.Media, w, h, len(made.Bytes), tw, th, len(made.Thumb))
		}
	}
}

// A picture stands upright whatever way the phone was held, and does not say where it was.
func TestAPhotoIsUprightAndSaysNothingElse(t *testing.T) {
	t.Parallel()
	plain := asJPEG(t, scene(400, 200, false))
	for orientation, corner := range map[byte][2]int{1: {0, 0}, 2: {1, 0}, 3: {1, 1}, 4: {0, 1}, 5: {0, 0}, 6: {1, 0}, 7: {1, 1}, 8: {0, 1}, 0: {0, 0}, 9: {0, 0}} {
		made, err := Make(Photo, held(plain, orientation))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(made.Bytes, []byte("Exif")) || bytes.Contains(made.Bytes, []byte("GPS")) {
			t.Errorf("orientation %d: what the camera wrote is still there", orientation)
		}
		img, err := jpeg.Decode(bytes.NewReader(made.Bytes))
		if err != nil {
			t.Fatal(err)
		}
		w, h := img.Bounds().Dx(), img.Bounds().Dy()
		if wide := orientation < 5 || orientation > 8; wide != (w > h) {
			t.Errorf("orientation %d is %dx%d", orientation, w, h)
		}
		for _, at := range [][2]int{{0, 0}, {1, 0}, {0, 1}, {1, 1}} {
			r, g, _, _ := img.At(w/4+at[0]*w/2, h/4+at[1]*h/2).RGBA()
			if red := r > 0xC000 && g < 0x4000; red != (at == corner) {
				t.Errorf("orientation %d: the corner %v is red: %v", orientation, at, red)
			}
		}
	}
}

func TestASignatureIsKeptAsPNG(t *testing.T) {
	t.Parallel()
	img := image.NewNRGBA(image.Rect(0, 0, 600, 200)) // transparent, as a canvas is
	for x := 50; x < 500; x++ {
		img.Set(x, 100+x%20, color.Black)
	}
	made, err := Make(Signature, asPNG(t, img))
	if err != nil {
		t.Fatal(err)
	}
	kept, err := png.Decode(bytes.NewReader(made.Bytes))
	if err != nil || made.Media != "image/png" || kept.Bounds().Dx() != 600 {
		t.Fatalf("%s %v %v", made.Media, kept.Bounds(), err)
	}
	if g, ok := kept.At(2, 2).(color.Gray); !ok || g.Y != 255 {
		t.Errorf("the paper is %v", kept.At(2, 2))
	}
	if _, err := Make(Signature, asPNG(t, image.NewNRGBA(image.Rect(0, 0, 600, 200)))); !errors.Is(err, ErrBlank) {
		t.Errorf("an empty signature: %v", err)
	}
}

func TestWhatIsNoPictureIsRefused(t *testing.T) {
	t.Parallel()
	good := asJPEG(t, scene(300, 200, false))
	var moving bytes.Buffer
	if err := gif.Encode(&moving, scene(30, 20, false), nil); err != nil {
		t.Fatal(err)
	}
	scan := []byte{0xFF, 0xDA, 0, 8, 1, 1, 0, 1, 63, 0, 0}
	for name, c := range map[string]struct {
		sent []byte
		want error
	}{
		"nothing":               {nil, ErrUnreadable},
		"SVG":                   {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), ErrUnreadable},
		"HTML that begins JPEG": {append([]byte{0xFF, 0xD8, 0xFF, 0xE0}, "<html><script>alert(1)</script>"...), ErrUnreadable},
		"GIF":                   {moving.Bytes(), ErrUnreadable},
		"half a JPEG":           {good[:len(good)/2], ErrUnreadable},
		"half a PNG":            {asPNG(t, scene(300, 200, true))[:5000], ErrUnreadable},
		"a header alone":        {bomb(100, 100), ErrUnreadable},
		"a bomb":                {bomb(60_000, 60_000), ErrTooLarge},
		"a long bomb":           {bomb(2_000_000_000, 1), ErrTooLarge},
		"a bomb of pixels":      {bomb(6_000, 4_001), ErrTooLarge},
		"thousands of scans":    {append(good[:len(good)-2:len(good)-2], bytes.Repeat(scan, 5000)...), ErrUnreadable},
		"five megabytes":        {append(good, make([]byte, MaxSent)...), ErrTooLarge},
	} {
		for _, kind := range []Kind{Photo, Signature} {
			if made, err := Make(kind, c.sent); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, %d bytes", name, err, len(made.Bytes))
			}
		}
	}
}

// What is behind or within an image does not come through.
func TestOnlyTheImageIsKept(t *testing.T) {
	t.Parallel()
	made, err := Make(Photo, append(asJPEG(t, scene(300, 200, false)), "<script>alert(1)</script>"...))
	if err != nil || bytes.Contains(made.Bytes, []byte("script")) {
		t.Errorf("%v", err)
	}
}

func FuzzMake(f *testing.F) {
	small := asJPEG(f, scene(24, 16, false))
	f.Add(small)
	f.Add(held(small, 6))
	f.Add(asPNG(f, scene(24, 16, false)))
	f.Add(bomb(4000, 4000))
	f.Fuzz(func(t *testing.T, sent []byte) {
		if c, _, err := image.DecodeConfig(bytes.NewReader(sent)); err == nil && c.Width*c.Height > 1<<20 {
			t.Skip("slow")
		}
		made, err := Make(Photo, sent)
		switch {
		case errors.Is(err, ErrUnreadable), errors.Is(err, ErrTooLarge):
		case err != nil:
			t.Fatal(err)
		default:
			if w, h := size(t, made.Bytes); max(w, h) > PhotoSide {
				t.Errorf("%dx%d", w, h)
			}
		}
	})
}

func FuzzOrientation(f *testing.F) {
	f.Add(held([]byte{0xFF, 0xD8, 0xFF, 0xD9}, 6))
	f.Fuzz(func(t *testing.T, jpeg []byte) {
		if o := orientation(jpeg); o < 1 || o > 8 {
			t.Errorf("orientation %d", o)
		}
	})
}
