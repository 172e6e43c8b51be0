package demo

import (
	"fmt"
	"math"
	mathrand "math/rand/v2"
	"time"

	"clicarity/internal/flow"
)

const (
	cartonJobs  = 185
	enquiryJobs = 15
	storyDays   = 21
	// Before the three weeks that the story is about there were quieter ones, so that figures have something to be compared
	// with. Their last order is out of the house before the story begins.
	earlierJobs = 42
	earlierDays = 90
	earlierEnd  = 45
)

// retold is the carton order that has the losses of the known case: 500 sheets become 492, 384, 378 and 376.
const retold = 6

var retoldWaste = map[string]int64{"printing": 8, "lamination": 108, "foiling": 6, "embossing": 2}

// order is a job of the story as it stands.
type order struct {
	line    *line
	job     flow.Job
	history []flow.Movement
	visits  []*visit         // by stage, nil where nothing of it is
	fixed   map[string]int64 // what each stage wastes, for the order that is retold
	pace    float64          // how much longer than usual everything takes
	photo   bool             // of the first sheet, when it is printed
	trouble int              // the stage where something serious goes wrong, -1 for most
}

// takeOrders plans the coming of all orders of the story, evenly over the three weeks of work.
func (f *factory) takeOrders() {
	f.spread(f.cartons, cartonJobs, storyDays, 0)
	f.spread(f.enquiries, enquiryJobs, storyDays, 0)
}

// takeEarlier plans the coming of the orders of the weeks before.
func (f *factory) takeEarlier() { f.spread(f.cartons, earlierJobs, earlierDays, earlierEnd) }

// spread plans the coming of orders, evenly from so many days ago until so many days ago.
func (f *factory) spread(l *line, n, from, until int) {
	start := f.now.AddDate(0, 0, -from)
	all := f.hours.between(start) - f.hours.between(f.now.AddDate(0, 0, -until))
	for i := range n {
		o := &order{line: l, visits: make([]*visit, len(l.places)), pace: 0.6 + 0.8*f.random.Float64(), trouble: -1}
		switch {
		case l == f.cartons && until == 0 && i == retold:
			o.fixed, o.pace = retoldWaste, 0.7
		case f.random.IntN(4) == 0:
			o.trouble = f.random.IntN(len(o.visits))
		}
		share := (float64(i) + f.random.Float64()) / float64(n)
		at := f.hours.after(start, time.Duration(share*float64(all)))
		f.plan(at, func(at time.Time) error { return f.take(o, at) })
	}
}

// take enters an order. Only owners may.
func (f *factory) take(o *order, at time.Time) error {
	n := f.newOrder(o, at)
	who := f.random.IntN(f.staff.owners())
	if _, err := f.give(o, who, at, flow.Create{Process: o.line.process.ID, Version: 1, Jobs: []flow.NewJob{n}}); err != nil {
		return err
	}
	f.filed(o, at)
	f.arrive(o, 0, at)
	return nil
}

func (f *factory) newOrder(o *order, at time.Time) flow.NewJob {
	c := customers[f.random.IntN(len(customers))]
	n := flow.NewJob{ID: f.newID(at), Customer: c.name, Item: c.items[f.random.IntN(len(c.items))], Urgent: f.random.IntN(16) == 0}
	if o.line == f.enquiries {
		n.Due = flow.DateOf(at.In(ist).AddDate(0, 0, 5+f.random.IntN(9)))
		return n
	}
	n.Due = flow.DateOf(at.In(ist).AddDate(0, 0, 6+f.random.IntN(8)))
	n.Quantity = flow.Units(sheets(f.random))
	if o.fixed != nil {
		n.Quantity = flow.Units(500)
	}
	n.Fields = map[string]string{"Board": pick(f.random, boards), "Finish": pick(f.random, finishes),
		"Size": fmt.Sprintf("%d × %d × %d mm", 60+5*f.random.IntN(40), 40+5*f.random.IntN(24), 20+5*f.random.IntN(16))}
	n.Fields["rate"], n.Fields["phone"] = fmt.Sprint(1400+len(n.Item)*37), fmt.Sprintf("+91 0000 1%05d", len(c.name)*97)
	if f.random.IntN(3) > 0 {
		n.Fields["PO no."] = fmt.Sprintf("%s/%04d", pick(f.random, []string{"PO", "26-27", "MUM"}), 100+f.random.IntN(4000))
	}
	return n
}

// sheets is a quantity as customers order: 500 to 50,000, small ones more often, in round numbers.
func sheets(r *mathrand.Rand) int64 {
	q := 500 * math.Pow(100, r.Float64()*r.Float64()*0.4+r.Float64()*0.6)
	step := 50.0
	if q > 5000 {
		step = 500
	}
	return int64(math.Round(q/step) * step)
}

func pick[T any](r *mathrand.Rand, from []T) T { return from[r.IntN(len(from))] }

var (
	boards   = []string{"300 gsm SBS", "350 gsm FBB", "280 gsm grey-back duplex", "250 gsm cyber XL", "320 gsm white-back", "300 gsm kraft"}
	finishes = []string{"Matt lamination + foil", "Gloss lamination", "Matt + spot UV", "Velvet lamination + emboss", "Gloss + gold foil"}
)

// The customers and their brands are made up.
var customers = []struct {
	name  string
	items []string
}{
	{"Devgad Mithai Ghar", []string{"Kaju katli 500 g box", "Barfi 1 kg box", "Laddu 250 g box", "Diwali assorted 800 g box"}},
	{"Godavari Agarbatti", []string{"Agarbatti sleeve 12 sticks", "Dhoop cone carton", "Chandan outer 12 × 12"}},
	{"Nilgiri Leaf Tea", []string{"Tea carton 250 g", "Green tea 25 bags carton", "Masala chai 100 g carton"}},
	{"Vaidya Ayurved", []string{"Chyawanprash 500 g carton", "Churna 100 g box", "Hair oil 200 ml carton"}},
	{"Surya Sarees", []string{"Saree box two-piece", "Dupatta sleeve", "Gift sleeve"}},
	{"Kaveri Snacks", []string{"Murukku 400 g carton", "Banana chips sleeve", "Mixture tray 1 kg"}},
	{"Chandrika Kajal Co.", []string{"Kajal blister card", "Face cream 50 g mono carton", "Sindoor box"}},
	{"Aravalli Remedies", []string{"Strip carton 10 × 10", "Syrup 100 ml carton", "Ointment 15 g carton"}},
	{"Malabar Masala House", []string{"Garam masala 100 g carton", "Turmeric 200 g box", "Pepper gift box"}},
	{"Rangoli Crayon Works", []string{"Crayon box 24", "Oil pastel sleeve", "Poster colour tray"}},
	{"Panchganga Pharma", []string{"Vitamin C strip carton", "Cough syrup 60 ml carton", "Eye drops 10 ml carton"}},
	{"Tulsi Vastra", []string{"Men's shirt box", "Kurta sleeve", "Baby set window box"}},
	{"Sabarmati Farsan", []string{"Bhakarwadi 500 g box", "Khakhra 200 g carton", "Sev 250 g sleeve"}},
	{"Meenakshi Silks", []string{"Silk saree rigid wrap", "Angavastram sleeve"}},
	{"Kokan Cashew Traders", []string{"Cashew 250 g carton", "Cashew 1 kg gift box"}},
	{"Amrit Dhoop Udyog", []string{"Havan cup 12 carton", "Camphor 50 g box", "Agarbatti hexa 20 sticks"}},
	{"Himgiri Botanics", []string{"Face serum 30 ml carton", "Soap 75 g carton", "Lip balm card"}},
	{"Dnyaneshwari Books", []string{"Diary slip case", "Board game box"}},
	{"Vaigai Appalam", []string{"Appalam 200 g sleeve", "Vathal 100 g carton"}},
	{"Shantikunj Footwear", []string{"Ladies chappal box", "Kids shoe box"}},
}
