package demo

import "clicarity/internal/flow"

// cartons is the main process: offset-printed cartons in 24 stages, as industries of print and packaging name them.
func cartons(id, laminators, foilers flow.ID) flow.Process {
	p := flow.Process{ID: id, Version: 1, Name: "Printed cartons", Mode: flow.QuantityMode, Unit: "sheets", Prefix: "JC",
		WasteReasons: []flow.Reason{{Code: "setting", Label: "Setting waste"}, {Code: "colour", Label: "Colour variation"}, {Code: "registration", Label: "Registration"},
			{Code: "bubbles", Label: "Lamination bubbles"}, {Code: "tear", Label: "Die-cut tear"}, {Code: "glue", Label: "Glue failure"},
			{Code: "handling", Label: "Handling damage"}, {Code: "other"}},
		HoldReasons: []flow.Reason{{Code: "no_material"}, {Code: "machine_down"}, {Code: "no_power"}, {Code: "quality"}, {Code: "approval_wait"}, {Code: "other"}},
	}
	for _, s := range cartonStages {
		stage := flow.Stage{Code: s.code, Name: s.name, Short: s.short, Phase: s.phase, Target: s.target}
		switch s.code {
		case "lamination":
			stage.Vendor = laminators
		case "foiling":
			stage.Vendor = foilers
		}
		p.Stages = append(p.Stages, stage)
	}
	return p
}

// planned is a stage of the story: how long it should take and takes in minutes, and what it usually wastes.
type planned struct {
	code, name, short, phase string
	target                   int // minutes from ready to done
	work                     int // usual minutes of work
	machines                 int
	waste                    float64 // usual share wasted
	reasons                  []string
}

var cartonStages = []planned{
	{"order", "Order confirmed", "Order", "Order", 240, 10, 3, 0, nil},
	{"artwork", "Artwork received", "Artwork", "Pre-press", 480, 45, 3, 0, nil},
	{"pre-press", "Pre-press check", "Pre-press", "Pre-press", 360, 40, 2, 0, nil},
	{"proof", "Proof approval", "Proof", "Pre-press", 960, 60, 4, 0, nil},
	{"die", "Die & tool prep", "Die", "Pre-press", 600, 60, 3, 0, nil},
	{"planning", "Material planning", "Planning", "Material", 240, 15, 3, 0, nil},
	{"procurement", "Board procurement", "Board", "Material", 960, 60, 6, 0, nil},
	{"plates", "Plate making", "Plates", "Pre-press", 360, 35, 2, 0, nil},
	{"cutting", "Sheet cutting", "Cutting", "Press", 300, 40, 2, 0.004, []string{"handling"}},
	{"setup", "Machine setup", "Setup", "Press", 240, 30, 2, 0.003, []string{"setting"}},
	{"printing", "Printing", "Printing", "Press", 480, 70, 3, 0.016, []string{"setting", "colour", "registration"}},
	{"drying", "Drying", "Drying", "Press", 420, 90, 8, 0, nil},
	{"uv", "UV coating", "UV", "Finishing", 360, 40, 2, 0.004, []string{"colour"}},
	{"lamination", "Lamination", "Lamin.", "Finishing", 1440, 240, 5, 0.045, []string{"bubbles", "bubbles", "handling"}},
	{"foiling", "Foiling", "Foiling", "Finishing", 1440, 200, 4, 0.012, []string{"registration", "handling"}},
	{"embossing", "Embossing", "Emboss", "Finishing", 420, 50, 2, 0.006, []string{"tear"}},
	{"die-cutting", "Die cutting", "Die cut", "Finishing", 480, 65, 2, 0.014, []string{"tear", "registration"}},
	{"stripping", "Stripping", "Strip", "Finishing", 300, 45, 2, 0.003, []string{"tear"}},
	{"window", "Window patching", "Window", "Finishing", 360, 40, 2, 0.003, []string{"glue"}},
	{"pasting", "Folding & pasting", "Pasting", "Finishing", 480, 60, 3, 0.02, []string{"glue", "glue", "handling"}},
	{"qc", "Quality check", "QC", "Dispatch", 300, 40, 2, 0.008, []string{"colour", "glue", "other"}},
	{"packing", "Packing", "Packing", "Dispatch", 300, 40, 2, 0, nil},
	{"challan", "Delivery challan", "Challan", "Dispatch", 180, 15, 2, 0, nil},
	{"dispatch", "Dispatch", "Dispatch", "Dispatch", 1440, 60, 3, 0, nil},
}

func enquiries(id flow.ID) flow.Process {
	p := flow.Process{ID: id, Version: 1, Name: "Enquiry to order", Mode: flow.UnitMode, Prefix: "EQ",
		HoldReasons: []flow.Reason{{Code: "approval_wait"}, {Code: "other"}}}
	for _, s := range enquiryStages {
		p.Stages = append(p.Stages, flow.Stage{Code: s.code, Name: s.name, Short: s.short, Target: s.target})
	}
	return p
}

var enquiryStages = []planned{
	{"enquiry", "Enquiry", "", "", 120, 20, 3, 0, nil},
	{"costing", "Costing", "", "", 480, 60, 2, 0, nil},
	{"quote", "Quote sent", "Quote", "", 480, 30, 2, 0, nil},
	{"follow-up", "Follow-up", "", "", 2880, 40, 6, 0, nil},
	{"sample", "Sample approved", "Sample", "", 2880, 120, 4, 0, nil},
}

type person struct {
	name, language, login string
	stages                []string // none: an owner
}

var people = []person{
	{"Meera Deshpande", "en", "meera@demo.example", nil},
	{"Harish Shah", "en", "harish@demo.example", nil},
	{"Ravi Kadam", "mr", "+910000000001", []string{"printing", "setup"}},
	{"Suresh Yadav", "hi", "+910000000002", []string{"printing", "drying"}},
	{"Imran Shaikh", "hi", "+910000000003", []string{"lamination", "foiling"}},
	{"Lakshmi Iyer", "ta", "+910000000004", []string{"qc"}},
	{"Ganesh Pawar", "mr", "+910000000005", []string{"die-cutting", "stripping"}},
	{"Bhavesh Patel", "gu", "+910000000006", []string{"pasting", "window"}},
	{"Anita Jadhav", "mr", "+910000000007", []string{"pasting"}},
	{"Prakash Gupta", "hi", "+910000000008", []string{"cutting", "procurement"}},
	{"Selvam Murugan", "ta", "+910000000009", []string{"uv", "embossing"}},
	{"Kiran Solanki", "gu", "+910000000010", []string{"packing", "challan"}},
	{"Deepak Sawant", "mr", "+910000000011", []string{"dispatch", "challan"}},
	{"Fatima Ansari", "hi", "+910000000012", []string{"pre-press", "plates"}},
	{"Nikhil Rane", "en", "+910000000013", []string{"artwork", "proof"}},
	{"Pooja Mehta", "gu", "+910000000014", []string{"order", "planning"}},
	{"Vinod Tiwari", "hi", "+910000000015", []string{"die", "die-cutting"}},
	{"Santosh More", "mr", "+910000000016", []string{"embossing", "stripping"}},
	{"Kavitha Raman", "ta", "+910000000017", []string{"enquiry", "costing", "quote"}},
	{"Rahul Naik", "en", "+910000000018", []string{"follow-up", "sample", "enquiry"}},
}

var customers = []struct {
	name  string
	items []string
}{
	{"Devgad Mithai Ghar", []string{"Kaju katli box 500 g", "Barfi box 1 kg", "Laddu box 250 g"}},
	{"Godavari Agarbatti", []string{"Agarbatti sleeve 12 sticks", "Dhoop cone carton", "Chandan outer 12 × 12"}},
	{"Nilgiri Leaf Tea", []string{"Tea carton 250 g", "Green tea sleeve 25 bags", "Masala chai pouch box"}},
	{"Vaidya Ayurved", []string{"Chyawanprash carton 500 g", "Churna box 100 g", "Hair oil carton 200 ml"}},
	{"Surya Sarees", []string{"Saree box two-piece", "Dupatta sleeve"}},
	{"Kaveri Snacks", []string{"Murukku carton 400 g", "Banana chips sleeve", "Mixture tray 1 kg"}},
	{"Chandra Cosmetics", []string{"Kajal blister card", "Face cream mono carton", "Sindoor box"}},
	{"Aravalli Pharma Pack", []string{"Strip carton 10 × 10", "Syrup carton 100 ml", "Ointment carton 15 g"}},
	{"Malabar Spice House", []string{"Garam masala carton 100 g", "Turmeric box 200 g", "Pepper gift box"}},
	{"Rangoli Crayons", []string{"Crayon box 24", "Oil pastel sleeve"}},
}
