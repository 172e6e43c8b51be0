package flow

import "fmt"

// Job is one order moving through a process: the fold of its movements. It is a value; Apply returns a new one.
type Job struct {
	ID        ID                `json:"id"`
	Process   ID                `json:"process"`
	Version   int               `json:"version"`
	Mode      Mode              `json:"mode"`
	Number    string            `json:"number"`
	Customer  string            `json:"customer,omitempty"`
	Item      string            `json:"item,omitempty"`
	Quantity  Quantity          `json:"quantity,omitempty"`
	Unit      string            `json:"unit,omitempty"`
	Site      string            `json:"site,omitempty"` // code of the place it is made at
	Due       Date              `json:"due,omitempty"`
	Promised  Date              `json:"promised,omitempty"` // the first due date, when it has been changed since
	Urgent    bool              `json:"urgent,omitempty"`
	Fields    map[string]string `json:"fields,omitempty"`
	Created   Moment            `json:"created"`
	Completed Moment            `json:"completed,omitempty"` // when the last quantity left the last place, 0 while open
	Last      Moment            `json:"last"`                // when the newest movement happened
	Parent    ID                `json:"parent,omitzero"`     // of a component: the job it belongs to
	Track     string            `json:"track,omitempty"`     // and which component it is
	Parts     []Part            `json:"parts,omitempty"`     // its own components
	LotOf     ID                `json:"lot_of,omitzero"`     // of a lot: the job it was split off first
	Origin    string            `json:"origin,omitempty"`    // of a lot: the stage where its quantity came from the other job
	Found     Quantity          `json:"found,omitempty"`     // of a lot: how much of its quantity had been found in the other job
	Lots      int               `json:"lots,omitempty"`      // how many lots were split off it
	NCs       []NonConformance  `json:"ncs,omitempty"`       // in the order they were raised
	Files     []File            `json:"files,omitempty"`     // in the order they came
	Stages    []StageState      `json:"stages"`              // in route order
	Accounts  []Account         `json:"accounts,omitempty"`  // its sizes in order, and its second balance
}

// StageState is what a job has at one stage of its route. The first eight terms are the account of product
// quantity: Received + Found = Good + Wasted + Short + SentBack + AtVendor + OnHand, each >= 0, always. Short is the
// counterpart of Found: what the accounts expect and nobody finds. It is never waste.
type StageState struct {
	Code     string   `json:"code"`
	Name     string   `json:"name,omitempty"`     // of a stage that was added to this job alone
	Received Quantity `json:"received,omitempty"` // came from the stage before, or with the job
	Found    Quantity `json:"found,omitempty"`    // was here though nothing sent it
	Good     Quantity `json:"good,omitempty"`     // passed on
	Wasted   Quantity `json:"wasted,omitempty"`   // scrapped here, with a reason
	Short    Quantity `json:"short,omitempty"`    // closed short: expected, not there
	SentBack Quantity `json:"sent_back,omitempty"`
	AtVendor Quantity `json:"at_vendor,omitempty"`
	OnHand   Quantity `json:"on_hand,omitempty"`
	Ready    Moment   `json:"ready,omitempty"`     // since when something is on hand without a break
	Started  Moment   `json:"started,omitempty"`   // when the present run began, 0 when none is on
	Held     Moment   `json:"held,omitempty"`      // since when it is on hold, 0 when it is not
	Reason   string   `json:"reason,omitempty"`    // code of the hold's reason
	Awaits   Awaited  `json:"awaits,omitzero"`     // who must act so that the hold ends
	Assigned ID       `json:"assigned,omitzero"`   // who is to do it here, zero: whoever works here
	Station  string   `json:"station,omitempty"`   // where the present run is, and where one on hold was
	SplitOff Quantity `json:"split_off,omitempty"` // of what was received, how much left with other lots; it counts as theirs
	Joined   Quantity `json:"joined,omitempty"`    // and how much came with others
	Returned Quantity `json:"returned,omitempty"`  // of what was received, how much came back from later stages
	Recalled Quantity `json:"recalled,omitempty"`  // of what was good, how much later stages sent back to here or before
	Why      string   `json:"why,omitempty"`       // why it last came back, until all of it has gone on
	Done     Moment   `json:"done,omitempty"`      // when it was last emptied by a report
	Yields   Ratio    `json:"yields,omitzero"`     // what one unit becomes at the next stage
	Passed   Quantity `json:"passed,omitempty"`    // Good in the next stage's units, where Yields is not one to one
	Need     Need     `json:"need,omitempty"`      // of an optional stage
	Reading  Quantity `json:"reading,omitempty"`   // the machine's counter when it was last told

	// Came are the arrivals of what is on hand, where the stage is timed: each stays its time.
	Came  []Came `json:"came,omitempty"`
	Timed bool   `json:"timed,omitempty"`

	// Out is what AtVendor consists of, by challan, the oldest first.
	Out []Out `json:"out,omitempty"`

	// Vouched is, by inspection, how much of what joined here it had passed with another lot, less what split off here
	// with its blessing. It goes with the quantity, so that a lot is not inspected twice and nothing is cleared twice.
	Vouched map[string]Quantity `json:"vouched,omitempty"`

	// Grades are the good by grade, where the stage grades what goes on.
	Grades map[string]Quantity `json:"grades,omitempty"`

	// Used are the lots of material that went in here, Made those that came out.
	Used []Used `json:"used,omitempty"`
	Made []Made `json:"made,omitempty"`

	Batch ID `json:"batch,omitzero"` // the run that it shares with other jobs now

	// Values are what the stage's form holds, by field code.
	Values map[string]string `json:"values,omitempty"`
	By     ID                `json:"by,omitzero"`     // who moved something here last
	Moved  Moment            `json:"moved,omitempty"` // when
}

// Status is what a person calls the state of a job at a stage.
type Status string

const (
	Waiting Status = "waiting" // nothing has come yet
	Ready   Status = "ready"   // something is on hand, nobody has started
	Running Status = "running"
	Held    Status = "hold"
	Away    Status = "vendor" // all that is here is at a vendor
	Done    Status = "done"   // all that came has gone on; more may still come
)

// Need says whether an optional stage is to be done.
type Need string

const (
	Required    Need = ""          // to be done, as every stage that is not optional
	Undecided   Need = "undecided" // nobody has said yet
	NotRequired Need = "skip"      // what comes here goes on at once
)

// Handed is what the stage gave to the next one, in the next one's units.
func (s StageState) Handed() Quantity {
	if s.Yields.IsZero() {
		return s.Good
	}
	return s.Passed
}

// gone is how much of the good is still past the stage: later stages have not sent it back.
func (s StageState) gone() Quantity { return s.Good - s.Recalled }

// Status is derived from the quantities and times, never stored.
func (s StageState) Status() Status {
	switch {
	case s.Held != 0:
		return Held
	case s.OnHand > 0 && s.Started != 0:
		return Running
	case s.OnHand > 0:
		return Ready
	case s.AtVendor > 0:
		return Away
	case s.Good+s.Wasted+s.Short+s.SentBack > 0 || s.Done != 0:
		return Done
	}
	return Waiting
}

// Live reports whether something of the job is at this stage now.
func (s StageState) Live() bool { return s.OnHand > 0 || s.AtVendor > 0 }

// Balanced reports whether the account of the stage closes.
func (s StageState) Balanced() bool {
	for _, q := range []Quantity{s.Received, s.Found, s.Good, s.Wasted, s.Short, s.SentBack, s.AtVendor, s.OnHand} {
		if q < 0 || q > MaxQuantity {
			return false
		}
	}
	var out Quantity
	for _, o := range s.Out {
		out += o.Quantity
	}
	return out == s.AtVendor && s.Received+s.Found == s.Good+s.Wasted+s.Short+s.SentBack+s.AtVendor+s.OnHand
}

// Open reports whether anything of the job is still to be done.
func (j Job) Open() bool { return j.Completed == 0 }

// Stage finds the state at a stage by its code.
func (j Job) Stage(code string) (StageState, bool) {
	if i := j.index(code); i >= 0 {
		return j.Stages[i], true
	}
	return StageState{}, false
}

func (j Job) index(code string) int {
	for i := range j.Stages { // a stage is too large to be handed to a function for each
		if j.Stages[i].Code == code {
			return i
		}
	}
	return -1
}

// Next is the code of the stage after one, empty after the last.
func (j Job) Next(code string) string {
	if i := j.index(code); i >= 0 && i+1 < len(j.Stages) {
		return j.Stages[i+1].Code
	}
	return ""
}

// Dispatched is what the last stage passed on: the good quantity that left the process.
func (j Job) Dispatched() Quantity {
	if len(j.Stages) == 0 {
		return 0
	}
	return j.Stages[len(j.Stages)-1].Good
}

// Wasted is what was scrapped over all stages.
func (j Job) Wasted() Quantity {
	var sum Quantity
	for _, s := range j.Stages {
		sum += s.Wasted
	}
	return sum
}

// Check says which account does not close, if any: each stage's own, and the job's as a whole, where every stage
// received what the one before handed on and what came back to it.
func (j Job) Check() error {
	var brought, returned, sent Quantity
	scaled := false
	for i := range j.Stages {
		s := &j.Stages[i]
		if s.Code == j.Origin || i == 0 && j.Origin == "" {
			brought += j.Quantity - j.Found
		}
		if !s.Balanced() {
			return fmt.Errorf("job %s: stage %s does not balance: received %s + found %s against good %s + wasted %s + short %s + sent back %s + at vendor %s + on hand %s",
				j.Number, s.Code, s.Received, s.Found, s.Good, s.Wasted, s.Short, s.SentBack, s.AtVendor, s.OnHand)
		}
		if s.Received+s.SplitOff != brought+s.Returned+s.Joined {
			return fmt.Errorf("job %s: stage %s received %s, but %s was handed to it, %s came back, %s joined and %s was split off",
				j.Number, s.Code, s.Received, brought, s.Returned, s.Joined, s.SplitOff)
		}
		brought, returned, sent = s.Handed(), returned+s.Returned, sent+s.SentBack
		scaled = scaled || !s.Yields.IsZero()
	}
	if !scaled && sent != returned {
		return fmt.Errorf("job %s: %s was sent back, %s arrived", j.Number, sent, returned)
	}
	return j.checkAccounts()
}
