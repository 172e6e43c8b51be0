package pictures

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"slices"
	"testing"
	"testing/iotest"
)

func segment(kind byte, body string) []byte {
	head := binary.BigEndian.AppendUint16([]byte{0xFF, kind}, uint16(len(body)+2))
	return append(head, body...)
}

// exifAt is an EXIF segment with an orientation and a place.
func exifAt(orientation byte) []byte {
	return segment(0xE1, "Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00"+string([]byte{orientation})+"\x00\x00\x00\x00\x00\x00GPS 19.2183 N 72.9781 E")
}

func carton(t testing.TB) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 40, 20))
	for x := range 40 {
		img.SetRGBA(x, x/2, color.RGBA{uint8(6 * x), 90, 20, 255})
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestThePlaceGoesAndTheImageStays(t *testing.T) {
	t.Parallel()
	plain := carton(t)
	told := slices.Concat(plain[:2], exifAt(6), segment(0xE1, "http://ns.adobe.com/xap/1.0/\x00<x>GPS</x>"), segment(0xED, "Photoshop GPS"), segment(0xFE, "a comment with GPS"), plain[2:])
	for name, r := range map[string]io.Reader{"at once": bytes.NewReader(told), "byte by byte": iotest.OneByteReader(bytes.NewReader(told))} {
		got, err := io.ReadAll(WithoutPlace(r))
		if err != nil || bytes.Contains(got, []byte("GPS")) || orientation(got) != 6 {
			t.Fatalf("%s: %v, orientation %d, %q", name, err, orientation(got), got[:min(len(got), 200)])
		}
		if !bytes.HasSuffix(got, plain[2:]) {
			t.Errorf("%s: the image is not what it was", name)
		}
		if _, err := jpeg.Decode(bytes.NewReader(got)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	upright := slices.Concat(plain[:2], exifAt(1), plain[2:])
	for _, same := range [][]byte{plain, upright} {
		if got, err := io.ReadAll(WithoutPlace(bytes.NewReader(same))); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes become %d, %v", len(same), len(got), err)
		}
	}
	for _, other := range []string{"", "x", "\xFF", "%PDF-1.7 a drawing", "\xFF\xD8", "\xFF\xD8\xFF\xE1\xFF\xFFcut off"} {
		if got, err := io.ReadAll(WithoutPlace(bytes.NewReader([]byte(other)))); err != nil || string(got) != other {
			t.Errorf("%q becomes %q, %v", other, got, err)
		}
	}
}

func FuzzWithoutPlace(f *testing.F) {
	plain := carton(f)
	f.Add(slices.Concat(plain[:2], exifAt(6), plain[2:]))
	f.Add([]byte("\xFF\xD8\xFF\xE1\x00\x08Exif\x00\x00"))
	f.Add([]byte("\xFF\xD8\xFF\xE1\x00\x00"))
	f.Fuzz(func(t *testing.T, sent []byte) {
		got, err := io.ReadAll(WithoutPlace(bytes.NewReader(sent)))
		if err != nil || len(got) > len(sent)+64*maxSegments {
			t.Fatal(err, len(sent), len(got))
		}
		again, err := io.ReadAll(WithoutPlace(bytes.NewReader(got)))
		if err != nil || !bytes.Equal(got, again) {
			t.Errorf("%q becomes %q and then %q, %v", sent, got, again, err)
		}
	})
}
