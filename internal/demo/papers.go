package demo

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"clicarity/internal/flow"
)

// Some of the newer carton orders have files: the die line, which is revised, the certificate of the board, and a photo of the
// first sheet that was passed.
const (
	drawnEvery = 12 // orders
	drawnDays  = 10 // before now
)

// paper is a file that a step of the story adds.
type paper struct {
	bytes []byte
	title string
	kind  flow.FileKind
	media string
	name  string
}

// filed plans the files of an order that has some.
func (f *factory) filed(o *order, at time.Time) {
	if o.line != f.cartons || (o.line.next-1)%drawnEvery != 0 || at.Before(f.now.AddDate(0, 0, -drawnDays)) {
		return
	}
	die := dieOf(o.job)
	file := f.newID(at)
	f.plan(f.hours.after(at, 25*time.Minute), func(at time.Time) error {
		return f.attach(o, 0, at, flow.AttachFile{File: file, Vendor: true, Revision: flow.Revision{Mark: "A"}}, die.paper("A"))
	})
	f.plan(f.hours.after(at, 4*time.Hour), func(at time.Time) error {
		die.flap += 2
		again := flow.AttachFile{File: file, Over: o.job.Files[0].Newest().ID, Revision: flow.Revision{Mark: "B"}, Note: "Glue flap 2 mm wider, as the pasting machine wants it"}
		return f.attach(o, 1, at, again, die.paper("B"))
	})
	f.plan(f.hours.after(at, 5*time.Hour), func(at time.Time) error {
		return f.attach(o, 0, at, flow.AttachFile{File: f.newID(at), Revision: flow.Revision{Mark: "A"}}, boardCertificate(o.job, at))
	})
	o.photo = true
}

// photograph plans the photo of the first sheet, by who has begun to print it.
func (f *factory) photograph(v *visit, who int, at time.Time) {
	if !v.o.photo || v.place().code != presses {
		return
	}
	v.o.photo = false
	f.plan(f.hours.after(at, 12*time.Minute), func(at time.Time) error {
		return f.attach(v.o, who, at, flow.AttachFile{Stage: presses, File: f.newID(at), Revision: flow.Revision{Mark: "A"}}, firstSheet(v.o.job))
	})
}

// attach has a member add a file to an order.
func (f *factory) attach(o *order, who int, at time.Time, a flow.AttachFile, p paper) error {
	sum := sha256.Sum256(p.bytes)
	a.Job, a.Revision.ID, a.Revision.Name, a.Revision.Media = o.job.ID, f.newID(at), p.name, p.media
	a.Revision.Size, a.Revision.Digest = int64(len(p.bytes)), hex.EncodeToString(sum[:])
	if a.Over.IsZero() {
		a.Title, a.Kind = p.title, p.kind
	}
	if _, err := f.give(o, who, at, a); err != nil {
		return err
	}
	f.steps[len(f.steps)-1].bytes = p.bytes
	return nil
}

// die is the die line of a carton: its panels as wide as the carton is long and deep, in mm.
type die struct {
	number, item             string
	long, deep, high, flap   int
	customer, board, ordered string
}

func dieOf(j flow.Job) *die {
	d := &die{number: j.Number, item: j.Item, customer: j.Customer, board: j.Fields["Board"], ordered: j.Quantity.String(), flap: 13}
	if n, err := fmt.Sscanf(j.Fields["Size"], "%d × %d × %d mm", &d.long, &d.deep, &d.high); n != 3 || err != nil {
		d.long, d.deep, d.high = 120, 80, 40
	}
	return d
}

// paper is the drawing as a PDF.
func (d *die) paper(mark string) paper {
	width := 2*(d.long+d.deep) + d.flap
	scale := min(660/float64(width), 330/float64(d.high+2*d.deep))
	s := &sheet{}
	at := func(mm int) float64 { return 60 + scale*float64(mm) }
	fold, top := 180+scale*float64(d.deep), 180+scale*float64(d.deep+d.high)
	s.line(false, at(0), fold, at(0), top)
	x := 0
	for i, wide := range []int{d.long, d.deep, d.long, d.deep} {
		flap := scale * float64(d.deep)
		if i%2 == 1 {
			flap *= 0.6 // dust flaps
		}
		s.line(true, at(x), fold, at(x+wide), fold)
		s.line(true, at(x), top, at(x+wide), top)
		s.line(false, at(x)+4, fold, at(x)+8, fold-flap, at(x+wide)-8, fold-flap, at(x+wide)-4, fold)
		s.line(false, at(x)+4, top, at(x)+8, top+flap, at(x+wide)-8, top+flap, at(x+wide)-4, top)
		x += wide
		s.line(true, at(x), fold, at(x), top)
		s.text(9, at(x-wide)+6, (fold+top)/2, fmt.Sprintf("%d x %d", wide, d.high))
	}
	s.line(false, at(x), fold, at(x+d.flap), fold+10, at(x+d.flap), top-10, at(x), top)
	s.text(9, at(x+d.flap)+8, (fold+top)/2, fmt.Sprintf("Glue flap %d", d.flap))
	s.text(20, 60, 110, fmt.Sprintf("%s   %s", d.number, d.item))
	s.text(11, 60, 86, fmt.Sprintf("%s   Board: %s   Inside %d x %d x %d mm   Sheets: %s", d.customer, d.board, d.long, d.deep, d.high, d.ordered))
	s.text(11, 60, 66, "Full line: cut.  Broken line: crease.  All sizes in mm.  Not to be measured from the print.")
	s.text(26, 690, 96, "Rev. "+mark)
	s.line(false, 50, 50, 792, 50, 792, 130, 50, 130, 50, 50)
	return paper{s.pdf(), "Die line", flow.Drawing, "application/pdf", d.number + "-die-line-" + mark + ".pdf"}
}

func boardCertificate(j flow.Job, at time.Time) paper {
	s := &sheet{}
	s.text(24, 60, 500, "Test certificate")
	for i, row := range []string{"Material: " + j.Fields["Board"], "For order: " + j.Number + ", " + j.Item, "Date: " + at.In(ist).Format("02-01-2006"), "Grammage: within 3 % of nominal",
		"Moisture: 6.8 %", "Stiffness MD / CD: 14.2 / 6.1 mN.m", "Surface pH: 6.4", "Kalpit Board Mills, Vapi (a mill that does not exist)"} {
		s.text(13, 60, float64(450-28*i), row)
	}
	return paper{s.pdf(), "Board certificate", flow.Certificate, "application/pdf", j.Number + "-board.pdf"}
}
