package pictures

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
)

// What a JPEG's segments are called that tell more than the image: EXIF and XMP, IPTC, comments.
const (
	segmentExif    = 0xE1
	segmentIPTC    = 0xED
	segmentComment = 0xFE
	segmentScan    = 0xDA
	maxSegments    = 4000
)

// WithoutPlace is a JPEG as it is read, pixel for pixel, without what the camera wrote beside the image: where and when it was
// taken, on what, by whom. How it was held stays, so that it stands upright. What is no JPEG goes through as it is.
func WithoutPlace(from io.Reader) io.Reader {
	r := bufio.NewReaderSize(from, 8)
	if head, err := r.Peek(2); err != nil || !bytes.Equal(head, []byte{0xFF, 0xD8}) {
		return r
	}
	p := &placeless{from: r}
	p.ready.Write([]byte{0xFF, 0xD8})
	_, _ = r.Discard(2) // was there a moment ago
	return p
}

// placeless reads the segments before the first scan one by one, and the rest as it is.
type placeless struct {
	from  *bufio.Reader
	ready bytes.Buffer
	seen  int
	plain bool // the segments are over
}

// Read implements io.Reader.
func (p *placeless) Read(b []byte) (int, error) {
	for p.ready.Len() == 0 {
		if p.plain {
			return p.from.Read(b)
		}
		if err := p.segment(); err != nil {
			return 0, err
		}
	}
	return p.ready.Read(b)
}

// segment takes the next one. What is none ends the segments: nobody reads a place in what follows.
func (p *placeless) segment() error {
	head, err := p.from.Peek(4)
	if p.seen++; len(head) < 4 || head[0] != 0xFF || head[1] == segmentScan || head[1] == 0xFF || p.seen > maxSegments {
		p.plain = true
		if err == io.EOF { //nolint:errorlint // of Peek
			err = nil
		}
		return err
	}
	size := int(binary.BigEndian.Uint16(head[2:]))
	if size < 2 {
		p.plain = true
		return nil
	}
	whole := make([]byte, 2+size)
	n, err := io.ReadFull(p.from, whole)
	if err != nil { // cut off
		p.plain = true
		p.ready.Write(whole[:n])
		if err == io.ErrUnexpectedEOF { //nolint:errorlint // of ReadFull
			err = nil
		}
		return err
	}
	switch whole[1] {
	case segmentIPTC, segmentComment:
	case segmentExif:
		if bytes.HasPrefix(whole[4:], []byte("Exif\x00\x00")) {
			p.ready.Write(onlyUpright(tiffOrientation(whole[10:])))
		}
	default:
		p.ready.Write(whole)
	}
	return nil
}

// onlyUpright is an EXIF segment that says how the camera was held, and nothing else; nothing where it was held upright.
func onlyUpright(orientation int) []byte {
	if orientation <= 1 {
		return nil
	}
	tiff := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01")
	tiff = binary.BigEndian.AppendUint16(tiff, orientationTag)
	tiff = append(tiff, 0, 3, 0, 0, 0, 1, 0, byte(orientation), 0, 0, 0, 0, 0, 0)
	head := binary.BigEndian.AppendUint16([]byte{0xFF, segmentExif}, uint16(len(tiff)+2)) //nolint:gosec // a few bytes
	return append(head, tiff...)
}
