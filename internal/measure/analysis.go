package measure

import "clicarity/internal/flow"

// Cut is the part of the work that an analysis looks at: a period and what it is narrowed to. Zero fields narrow nothing.
type Cut struct {
	From, To flow.Date // first and last day, both included, in the organisation's time zone
	Process  flow.ID
	Stage    string // code; asks for a Process
	Site     string // code
	Customer string // as the jobs say it
	Product  string // the item, as the jobs say it
	Vendor   flow.ID
	Station  string
}

// Days is how many days the period has.
func (c Cut) Days() int {
	return int(c.To.Time().Sub(c.From.Time()).Hours()/24) + 1
}

// Before is the same cut over the period of the same length that ends the day before this one begins.
func (c Cut) Before() Cut {
	n := c.Days()
	c.To = flow.DateOf(c.From.Time().AddDate(0, 0, -1))
	c.From = flow.DateOf(c.From.Time().AddDate(0, 0, -n))
	return c
}

// Grain is how long the steps of a trend are.
type Grain int

// Grains. Weeks begin on Mondays; the first and the last of a trend may be cut short by the period.
const (
	ByDay Grain = iota
	ByWeek
)

// Dimension is what figures can be told apart by.
type Dimension string

// Dimensions.
const (
	PerProcess  Dimension = "process"
	PerStage    Dimension = "stage" // of a process
	PerCustomer Dimension = "customer"
	PerProduct  Dimension = "product"
	PerVendor   Dimension = "vendor"
	PerStation  Dimension = "station"
)

// KPIs are the figures of a cut in a period. Jobs are counted on the day on which they were created or completed, stays,
// waits and holds on the day on which they ended, trips on the day on which the last of them was back, quantities on the
// day on which they moved. Open is what is there now, whatever the period.
//
// Cuts by stage, vendor or station say nothing of whole jobs: lead, cycle, throughput, on time and flow efficiency have
// N 0 then. A distribution whose Within is not 0 is told to that relative error; all others are exact.
type KPIs struct {
	Figures
	TAT     Lengths // of the stays that ended: from ready to done
	Queue   Lengths // of them: ready and not started
	Run     Lengths
	Hold    Lengths
	Away    Lengths // at vendors
	Waiting Load    // waits that ended, and of a period that reaches to now those that go on: how long in all
	Held    Load    // holds that ended
	Vendor  VendorFigures
}

// Point is a step of a trend.
type Point struct {
	From, To flow.Date
	KPIs
}

// Slice is the figures of one value of a dimension: of one customer, of one stage.
type Slice struct {
	Process flow.ID // of processes and stages
	Key     string  // code of a stage, id of a vendor, and else the name itself
	Name    string
	Runs    int // of stages: how many runs there were
	KPIs
}

// Kind is one of the times that are told as distributions.
type Kind int

// Kinds, those of whole jobs first.
const (
	KindLead Kind = iota
	KindCycle
	KindTAT
	KindQueue
	KindRun
	KindHold
	KindAway
	KindTrip // vendor TAT
)

// Distribution is a time as its percentiles and as a histogram, by the clock or by the calendar.
type Distribution struct {
	Dist
	Mean float64 // hours; 0 of nothing
	Bars []Bar   // the shortest first, without gaps; those without anything in them too
}

// Bar is a bar of a histogram: how many values are at least From and less than To, in hours.
type Bar struct {
	From, To float64
	N        int
}

// FlowDay is a day of a cumulative flow diagram.
type FlowDay struct {
	Day     flow.Date
	At      []int // jobs at each stage as the day ended, in the order of Flow.Stages
	Created int   // jobs created on the day
	Done    int   // jobs completed on the day
}

// Flow is a cumulative flow diagram: stages from the first of the route to the last.
type Flow struct {
	Stages []FlowStage
	Days   []FlowDay
}

// FlowStage names a stage of a flow diagram.
type FlowStage struct {
	Process flow.ID
	Stage   string
	Name    string
}

// Ageing is the work in progress at one stage by its age since it came there, by the clock, beside how long stays at
// this stage took that ended in the period.
type Ageing struct {
	Process flow.ID
	Stage   string
	Name    string
	TAT     Dist   // hours, elapsed
	Jobs    int    // there now
	Older   [3]int // older than P50, P85, P95; a percentile that is not told has 0
	Oldest  float64
}

// ReasonKind is what reasons are given for.
type ReasonKind int

// ReasonKinds.
const (
	WastageReasons ReasonKind = iota
	HoldReasons
)

// Reason is a bar of a Pareto diagram, the largest first.
type Reason struct {
	Reason   string        // as it was given; empty: none was
	N        int           // reports, or holds that ended
	Quantity flow.Quantity // wasted
	Load                   // of holds
	UpTo     float64       // the share of the whole of this and all larger ones, 0 to 1: of the quantity, of the hours elapsed
}

// Variant is a way that jobs went which were completed in the period.
type Variant struct {
	Path    []string // codes of stages in the order in which jobs came to them
	Plan    []string // the route planned for these jobs
	Process flow.ID
	Jobs    int
	Planned bool // the path is the plan
	Lead    Lengths
}

// Behind is a job behind a figure.
type Behind struct {
	Job      flow.ID
	Process  flow.ID
	Stage    string // where, of figures of stages
	At       flow.Moment
	Since    flow.Moment   // of times: when it began
	Length   Length        // of times: how long
	Quantity flow.Quantity // of quantities
	Late     bool          // of completed jobs with a due date and of trips with a date: after it
}

// Figure names a figure whose jobs are listed.
type Figure string

// FiguresBehind are the figures of which the jobs can be listed.
const (
	OfCreated   Figure = "created"
	OfCompleted Figure = "completed" // lead and cycle time, throughput, flow efficiency, paths
	OfDue       Figure = "due"       // on time: completed with a due date
	OfLate      Figure = "late"      // of them those after the original due date
	OfStays     Figure = "stays"     // TAT, queue, run, hold, at vendor
	OfReports   Figure = "reports"   // what moved: good, wasted, sent back, yields
	OfWastage   Figure = "wastage"   // what was wasted, by reason
	OfRework    Figure = "rework"    // what was sent back
	OfHolds     Figure = "holds"     // by reason
	OfTrips     Figure = "trips"     // to vendors, back whole
	OfSent      Figure = "sent"      // to vendors, on the day of sending
	OfRuns      Figure = "runs"      // at stations
	OfWIP       Figure = "wip"       // at stages now; the oldest first
	OfOpen      Figure = "open"      // not completed; the oldest first
	OfThere     Figure = "there"     // at stages as the last day ended; who left first comes first
)
