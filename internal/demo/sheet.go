package demo

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"image"
	"image/color"
	"image/png"
	"strings"

	"clicarity/internal/flow"
)

// sheet is a page of A4 on its side that lines and texts are drawn on, in points from the lower left corner.
type sheet struct{ drawn bytes.Buffer }

// line draws through points; a crease is broken.
func (s *sheet) line(crease bool, points ...float64) {
	dash := "[] 0 d 1.2 w"
	if crease {
		dash = "[6 4] 0 d 0.7 w"
	}
	s.drawn.WriteString(dash)
	for i := 0; i+1 < len(points); i += 2 {
		to := "l"
		if i == 0 {
			to = "m"
		}
		fmt.Fprintf(&s.drawn, " %.1f %.1f %s", points[i], points[i+1], to)
	}
	s.drawn.WriteString(" S\n")
}

// inText are the signs that mean something in a text of PDF.
var inText = strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`, "×", `\327`)

func (s *sheet) text(size, x, y float64, text string) {
	fmt.Fprintf(&s.drawn, "BT /F %.0f Tf %.1f %.1f Td (%s) Tj ET\n", size, x, y, inText.Replace(text))
}

// pdf is the sheet as a PDF of one page.
func (s *sheet) pdf() []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var at []int
	for i, object := range []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 842 595] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%sendstream", s.drawn.Len(), s.drawn.Bytes()),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
	} {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, start)
	return b.Bytes()
}

// firstSheet is the photo of the first good sheet of an order: cartons four up, in a colour of the item, with the strip by which
// the shade is judged.
func firstSheet(j flow.Job) paper {
	const w, h = 640, 460
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(j.Item)) // a hash never fails
	hue := sum.Sum32()
	ink := color.RGBA{uint8(90 + hue%140), uint8(60 + hue>>8%140), uint8(60 + hue>>16%120), 255}
	strip := []color.RGBA{{0, 160, 220, 255}, {225, 20, 125, 255}, {250, 220, 0, 255}, {35, 31, 32, 255}, ink, {150, 150, 150, 255}}
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, sheetAt(x, y, ink, strip))
		}
	}
	var b bytes.Buffer
	_ = png.Encode(&b, img) // into memory, of a size that there is
	return paper{b.Bytes(), "First sheet, shade passed", flow.PhotoFile, "image/png", "first-sheet.png"}
}

// sheetAt is the colour of a point of the first sheet.
func sheetAt(x, y int, ink color.RGBA, strip []color.RGBA) color.RGBA {
	table, board, edge := color.RGBA{96, 84, 72, 255}, color.RGBA{250, 248, 242, 255}, color.RGBA{205, 198, 184, 255}
	if x < 30 || x >= 610 || y < 24 || y >= 436 {
		return table
	}
	if y >= 404 {
		return strip[(x-30)/24%len(strip)]
	}
	cx, cy := (x-30)%290, (y-24)%190
	switch {
	case cx < 14 || cx > 276 || cy < 12 || cy > 178:
		return board
	case cx < 17 || cx > 273 || cy < 15 || cy > 175:
		return edge
	case (cx-145)*(cx-145)+(cy-95)*(cy-95) < 52*52 || cy > 150:
		return board
	}
	return ink
}
