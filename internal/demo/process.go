package demo

import "clicarity/internal/flow"

// planned is a stage as the factory knows it: what it promises itself, how long it takes and what it spoils.
type planned struct {
	code, name, short, phase string

	target int     // working minutes from ready to done
	work   int     // working minutes for an order of usual size
	hands  int     // orders it can work on at once
	tap    bool    // short work: nobody presses Start, one tap says Done
	dwell  bool    // time passes by itself, at night too: ink dries
	waste  float64 // usual share wasted

	reasons []string // why it wastes, the usual reason first
	holds   []string // why it stops

	public   string   // what customers read from here on; empty: as before
	stations []string // the machines, one for each hand
	limit    int      // of orders at once
}

const press, finishing = "Press", "Finishing"

// cartonStages are those of an offset printer who makes cartons, in the trade's order.
var cartonStages = []planned{
	{code: "order", name: "Order confirmed", short: "Order", phase: "Order", target: 120, work: 15, hands: 3, tap: true, holds: []string{"approval_wait"}, public: "Confirmed"},
	{code: "artwork", name: "Artwork received", short: "Artwork", phase: "Pre-press", target: 360, work: 180, hands: 8, tap: true, holds: []string{"approval_wait"}, public: "Artwork"},
	{code: "pre-press", name: "Pre-press check", short: "Pre-press", phase: "Pre-press", target: 180, work: 70, hands: 2, holds: []string{"quality", "approval_wait"}},
	{code: "proof", name: "Proof approval", short: "Proof", phase: "Pre-press", target: 1080, work: 700, hands: 18, holds: []string{"approval_wait"}, public: "Your approval"},
	{code: "die", name: "Die & tool prep", short: "Die", phase: "Pre-press", target: 300, work: 150, hands: 4, holds: []string{"no_material"}, public: "In production"},
	{code: "plates", name: "Plate making", short: "Plates", phase: "Pre-press", target: 150, work: 55, hands: 2, holds: []string{"machine_down"}},
	{code: "planning", name: "Material planning", short: "Planning", phase: "Material", target: 120, work: 25, hands: 2, tap: true, holds: []string{"other"}},
	{code: "procurement", name: "Board procurement", short: "Board", phase: "Material", target: 1440, work: 760, hands: 18, holds: []string{"no_material"}},
	{code: "cutting", name: "Sheet cutting", short: "Cutting", phase: press, target: 180, work: 55, hands: 1, waste: 0.004, reasons: []string{"handling"}, holds: []string{"no_material", "machine_down"}},
	{code: "setup", name: "Machine setup", short: "Setup", phase: press, target: 150, work: 40, hands: 2, waste: 0.004, reasons: []string{"setting"}, holds: []string{"machine_down"}},
	{code: "printing", name: "Printing", short: "Printing", phase: press, target: 300, work: 150, hands: 2, waste: 0.015, reasons: []string{"setting", "colour", "registration"}, holds: []string{"machine_down", "no_power", "quality"}, stations: []string{"Heidelberg SM74", "Komori L528"}},
	{code: "drying", name: "Drying", short: "Drying", phase: press, target: 720, work: 420, hands: 30, dwell: true, holds: []string{"quality"}},
	{code: "lamination", name: "Lamination", short: "Lamin.", phase: finishing, target: 720, work: 560, hands: 7, waste: 0.042, reasons: []string{"bubbles", "handling"}, holds: []string{"no_material", "quality"}, limit: 8},
	{code: "uv", name: "Spot UV", short: "UV", phase: finishing, target: 360, work: 120, hands: 3, waste: 0.005, reasons: []string{"registration"}, holds: []string{"quality"}},
	{code: "foiling", name: "Foiling", short: "Foiling", phase: finishing, target: 720, work: 300, hands: 6, waste: 0.010, reasons: []string{"registration", "handling"}, holds: []string{"no_material"}},
	{code: "embossing", name: "Embossing", short: "Emboss", phase: finishing, target: 210, work: 60, hands: 2, waste: 0.005, reasons: []string{"tear"}, holds: []string{"machine_down"}},
	{code: "die-cutting", name: "Die cutting", short: "Die cut", phase: finishing, target: 270, work: 128, hands: 2, waste: 0.012, reasons: []string{"tear", "registration"}, holds: []string{"machine_down", "no_power"}, limit: 5},
	{code: "stripping", name: "Stripping & window patching", short: "Strip", phase: finishing, target: 180, work: 80, hands: 2, tap: true, waste: 0.003, reasons: []string{"tear"}, holds: []string{"other"}},
	{code: "pasting", name: "Folding & pasting", short: "Pasting", phase: finishing, target: 300, work: 128, hands: 2, waste: 0.024, reasons: []string{"glue", "handling"}, holds: []string{"machine_down", "no_material"}},
	{code: "bundling", name: "Counting & bundling", short: "Bundling", phase: "Dispatch", target: 150, work: 50, hands: 2, tap: true, holds: []string{"other"}},
	{code: "qc", name: "Quality check", short: "QC", phase: "Dispatch", target: 150, work: 60, hands: 2, waste: 0.006, reasons: []string{"other", "colour", "glue"}, holds: []string{"quality"}},
	{code: "packing", name: "Packing", short: "Packing", phase: "Dispatch", target: 150, work: 55, hands: 2, tap: true, holds: []string{"no_material"}, public: "Ready"},
	{code: "challan", name: "Delivery challan", short: "Challan", phase: "Dispatch", target: 90, work: 12, hands: 2, tap: true, holds: []string{"approval_wait"}},
	{code: "dispatch", name: "Dispatch", short: "Dispatch", phase: "Dispatch", target: 720, work: 240, hands: 5, holds: []string{"other", "approval_wait"}, public: "Dispatched"},
}

// enquiryStages come before an order: they move as one thing.
var enquiryStages = []planned{
	{code: "enquiry", name: "Enquiry received", short: "Enquiry", target: 120, work: 25, hands: 3, tap: true, holds: []string{"approval_wait"}, public: "Enquiry"},
	{code: "costing", name: "Costing", target: 360, work: 120, hands: 1, holds: []string{"approval_wait", "other"}},
	{code: "quote", name: "Quote sent", short: "Quote", target: 240, work: 50, hands: 2, tap: true, holds: []string{"approval_wait"}, public: "Quoted"},
	{code: "follow-up", name: "Follow-up", target: 2160, work: 2600, hands: 12, tap: true, holds: []string{"approval_wait"}},
	{code: "sample", name: "Sample approval", short: "Sample", target: 2160, work: 1900, hands: 8, holds: []string{"approval_wait"}, public: "Sample"},
	{code: "won", name: "Order won", short: "Won", target: 240, work: 120, hands: 3, tap: true, holds: []string{"approval_wait"}, public: "Order placed"},
}

// vendors do some of the stages in their own shops.
var vendors = []struct {
	name, place string
	stages      []string
}{
	{"Konkan Laminators", "Bhiwandi", []string{"lamination"}},
	{"Vasai Foil & UV Works", "Vasai", []string{"uv", "foiling"}},
}

// cartons is the main process: offset-printed cartons in 24 stages. vendor is who does a stage outside, if anybody.
func cartons(id flow.ID, vendor map[string]flow.ID) flow.Process {
	p := flow.Process{ID: id, Version: 1, Name: "Printed cartons", Mode: flow.QuantityMode, Unit: "sheets", Prefix: "JC",
		WasteReasons: []flow.Reason{
			{Code: "setting", Label: "Setting waste (make-ready)"}, {Code: "colour", Label: "Colour variation"},
			{Code: "registration", Label: "Registration"}, {Code: "bubbles", Label: "Lamination bubbles"},
			{Code: "tear", Label: "Die-cut tear"}, {Code: "glue", Label: "Glue failure"},
			{Code: "handling", Label: "Handling damage"}, {Code: "other", Label: "Other"},
		},
		HoldReasons: []flow.Reason{{Code: "no_material"}, {Code: "machine_down"}, {Code: "no_power"}, {Code: "quality"}, {Code: "approval_wait"}, {Code: "other"}},
	}
	p.Fields = []flow.Field{
		{Code: "rate", Label: "Rate per 1,000", Type: flow.NumberField, Unit: "₹", For: []flow.Role{flow.Manager, flow.Viewer}},
		{Code: "phone", Label: "Customer's phone", Type: flow.TextField, For: []flow.Role{flow.Manager}},
	}
	p.Stages = stages(cartonStages, vendor)
	p.Over = 5
	standard := map[string]int64{"printing": 3, "lamination": 5, "foiling": 2, "die-cutting": 2, "pasting": 3}
	for i := range p.Stages {
		s := &p.Stages[i]
		s.Allowance = flow.Units(standard[s.Code])
		switch s.Code {
		case "printing":
			s.Counter = true
		case "drying":
			s.Dwell, s.Calendar = 180, dryingRoom
		case "qc":
			s.Inspection = true
			s.Fields = []flow.Field{{Code: "carton", Label: "Photo of a carton", Type: flow.PhotoField}, {Code: "checked", Label: "Checked", Type: flow.ChoicesField,
				Choices: []string{"Print", "Glue", "Count"}}, {Code: "checked-by", Label: "Checked by", Type: flow.SignatureField}}
		case "dispatch":
			s.Needs = []string{"qc"}
		}
	}
	return p
}

// enquiries is the small process that leads to an order, in unit mode.
func enquiries(id flow.ID) flow.Process {
	return flow.Process{ID: id, Version: 1, Name: "Enquiry to order", Mode: flow.UnitMode, Prefix: "EQ",
		HoldReasons: []flow.Reason{{Code: "approval_wait"}, {Code: "other"}}, Stages: stages(enquiryStages, nil)}
}

func stages(plan []planned, vendor map[string]flow.ID) []flow.Stage {
	all := make([]flow.Stage, len(plan))
	for i, s := range plan {
		all[i] = flow.Stage{Code: s.code, Name: s.name, Short: s.short, Phase: s.phase, Target: s.target, Vendor: vendor[s.code],
			Stations: s.stations, Limit: s.limit, Public: s.public, Hidden: s.public == ""}
	}
	return all
}
