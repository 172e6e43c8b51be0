package flow

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
)

// Kind names what a movement records.
type Kind string

const (
	KindCreated     Kind = "created"      // the job came to be, with its route and quantity
	KindStarted     Kind = "started"      // work began at a stage
	KindReported    Kind = "reported"     // good, wasted, sent back, short, with a note
	KindHeld        Kind = "held"         // work stopped, with a reason
	KindResumed     Kind = "resumed"      // the hold ended
	KindFound       Kind = "found"        // quantity that nothing explains
	KindStageAdded  Kind = "stage_added"  // the job's own route grew by a stage
	KindRequired    Kind = "required"     // an optional stage is to be done
	KindSkipped     Kind = "skipped"      // an optional stage is not to be done: what comes there goes on
	KindCounted     Kind = "counted"      // somebody counted what is there, with a reason
	KindChanged     Kind = "changed"      // the job's due date, priority or fields
	KindSent        Kind = "sent"         // it went to a vendor, on a challan
	KindReceived    Kind = "received"     // it came back: good, damaged, short, or as it went
	KindSplit       Kind = "split"        // a part went off into a lot of its own
	KindMerged      Kind = "merged"       // a lot went back into another
	KindJoined      Kind = "joined"       // another lot came into this one
	KindArrived     Kind = "arrived"      // something of a component came to the parent
	KindPartAdded   Kind = "part_added"   // the job got a component by hand
	KindNCRaised    Kind = "nc_raised"    // something does not conform
	KindNCSettled   Kind = "nc_settled"   // what becomes of it, and what is done about it
	KindNCClosed    Kind = "nc_closed"    // an owner saw that the action works
	KindAttempted   Kind = "attempted"    // somebody tried to pass a closed gate; nothing moved
	KindAnswered    Kind = "answered"     // a vendor said how it stands with what was sent; nothing moved
	KindAssigned    Kind = "assigned"     // somebody is to do it at a stage, or whoever works there
	KindMovedOver   Kind = "moved_over"   // the job follows a newer version of its process
	KindFileAdded   Kind = "file_added"   // a file, or a newer revision of one
	KindFileRetired Kind = "file_retired" // a file is not to be used any more
	KindFileErased  Kind = "file_erased"  // the bytes of a revision are gone
	KindUndone      Kind = "undone"       // an earlier command's movements no longer count
)

// Movement is one immutable fact in a job's history. The log of an organisation numbers its movements without
// gaps in the order they were committed.
type Movement struct {
	Org      ID
	Seq      int64  // place in the organisation's log; 0 until it is committed
	Job      ID     //
	Command  ID     // the command that caused it
	Part     int    // its place among the movements of that command
	Kind     Kind   //
	Stage    string // code; empty for movements of the whole job
	Member   ID     // who
	Device   string // on what, empty when not known
	Occurred Moment // when it happened
	Recorded Moment // when the server took it
	Mark     string // how it came: MarkLive ...
	Facts    Facts
	Hash     [32]byte // SHA-256 of the previous movement's hash, the number and the content; zero until committed
}

const (
	MarkLive      = "live"
	MarkBackdated = "backdated" // happened well before it was recorded
	MarkImported  = "imported"  // from a file of the past
	MarkInferred  = "inferred"  // nobody said so; the accounts need it
)

// Facts are the particulars of a movement. Which are set depends on the kind.
type Facts struct {
	Number   string              `json:"number,omitempty"`
	Customer string              `json:"customer,omitempty"`
	Item     string              `json:"item,omitempty"`
	Quantity Quantity            `json:"quantity,omitempty"`
	Unit     string              `json:"unit,omitempty"`
	Site     string              `json:"site,omitempty"`    // where a new job is made
	Assigned ID                  `json:"assigned,omitzero"` // who is to do it
	Due      Date                `json:"due,omitempty"`
	Urgent   bool                `json:"urgent,omitempty"`
	Fields   map[string]string   `json:"fields,omitempty"`
	Process  ID                  `json:"process,omitzero"`
	Version  int                 `json:"version,omitempty"`
	Mode     Mode                `json:"mode,omitempty"`
	Route    []string            `json:"route,omitempty"` // codes, in order
	Steps    []Step              `json:"steps,omitempty"` // what is special about some of them
	Name     string              `json:"name,omitempty"`  // of an added stage
	After    string              `json:"after,omitempty"` // an added stage comes after this one; empty: last
	Good     Quantity            `json:"good,omitempty"`
	Wasted   []Waste             `json:"wasted,omitempty"`
	Back     []Back              `json:"back,omitempty"`
	Short    Quantity            `json:"short,omitempty"`
	Reason   string              `json:"reason,omitempty"`
	Note     string              `json:"note,omitempty"`
	Values   map[string]string   `json:"values,omitempty"`   // of the stage's form, by field code
	Approver string              `json:"approver,omitempty"` // who said yes
	Override string              `json:"override,omitempty"` // why a closed gate was passed
	Gate     Code                `json:"gate,omitempty"`     // what an attempt was refused for
	From     Quantity            `json:"from,omitempty"`     // the machine's counter before
	To       Quantity            `json:"to,omitempty"`       // and after
	Set      map[string]string   `json:"set,omitempty"`      // what was changed, by name, to what
	Was      map[string]string   `json:"was,omitempty"`      // and from what
	Undoes   ID                  `json:"undoes,omitzero"`    // the command taken back
	Vendor   ID                  `json:"vendor,omitzero"`
	Challan  string              `json:"challan,omitempty"`  // number of the delivery note
	Expected Date                `json:"expected,omitempty"` // when it is to be back
	Goods    Goods               `json:"goods,omitempty"`    // what the law calls what was sent
	Answer   Said                `json:"answer,omitempty"`   // what the vendor said of it
	Parent   ID                  `json:"parent,omitzero"`    // the job that a component belongs to
	Track    string              `json:"track,omitempty"`    // which component
	Parts    []Part              `json:"parts,omitempty"`    // the components of a new job
	LotOf    ID                  `json:"lot_of,omitzero"`    // the job that a lot was split off
	At       string              `json:"at,omitempty"`       // the stage where a lot begins
	Other    ID                  `json:"other,omitzero"`     // the other job of a split, a merge or an arrival
	Whole    bool                `json:"whole,omitempty"`    // all of the component has arrived
	With     []ID                `json:"with,omitempty"`     // and those that depended on it
	Began    Moment              `json:"began,omitempty"`    // a report's own run began then
	Found    Quantity            `json:"found,omitempty"`    // of what goes from lot to lot: how much of it had been found
	Came     []Came              `json:"came,omitempty"`     // of what goes from lot to lot: since when it was there, where the stage is timed
	Vouched  map[string]Quantity `json:"vouched,omitempty"`  // and how much of it which inspection had passed
	Sizes    []string            `json:"sizes,omitempty"`    // the sizes of a new job, in order
	Second   string              `json:"second,omitempty"`   // the unit of its second balance
	Of       map[string]Amount   `json:"of,omitempty"`       // what of the quantities belongs to which size, or to the second balance
	Grades   map[string]Quantity `json:"grades,omitempty"`   // the good by grade
	Worker   string              `json:"worker,omitempty"`   // who did it, as a file of the past names them
	Station  string              `json:"station,omitempty"`  // where the work is done
	Awaits   Awaited             `json:"awaits,omitzero"`    // who must act so that a hold ends
	Batch    ID                  `json:"batch,omitzero"`     // the run that several jobs share
	Share    int                 `json:"share,omitempty"`    // of that run, in millionths
	Used     []Used              `json:"used,omitempty"`     // lots of material that went in
	Made     string              `json:"made,omitempty"`     // the lot that came out
	NC       *NonConformance     `json:"nc,omitempty"`       // raised, or what was said of it
	File     *FileFact           `json:"file,omitempty"`     // a file that was added, retired or erased
	Rework   bool                `json:"rework,omitempty"`   // the file says this was rework
	Review   Quantity            `json:"review,omitempty"`   // the file says so many were held for review
	Ref      string              `json:"ref,omitempty"`      // names the row of a file, so that it goes in once
	Line     int                 `json:"line,omitempty"`     // where in the file
}

// Step is what a job needs to know of a stage of its route beyond the code.
type Step struct {
	Code     string `json:"code"`
	Yields   Ratio  `json:"yields,omitzero"`
	Optional bool   `json:"optional,omitempty"`
	Skip     bool   `json:"skip,omitempty"` // decided already: not to be done
	Name     string `json:"name,omitempty"` // of a stage that was added to one job
	Timed    bool   `json:"timed,omitempty"`
}

// Out is what is at a vendor on one challan.
type Out struct {
	Vendor   ID       `json:"vendor"`
	Challan  string   `json:"challan"`
	Quantity Quantity `json:"quantity"` // that has not come back yet
	Sent     Moment   `json:"sent"`
	Expected Date     `json:"expected,omitempty"`
	Goods    Goods    `json:"goods,omitempty"`

	// What the vendor says of it.
	Seen    Moment   `json:"seen,omitempty"`    // when they first said that it is there
	Ready   Quantity `json:"ready,omitempty"`   // how much of it is ready
	Back    Moment   `json:"back,omitempty"`    // when they sent that back, 0 while it is still with them
	Problem string   `json:"problem,omitempty"` // what stands in the way
	Told    Moment   `json:"told,omitempty"`    // when they last said something
}

// Part is a component as its parent knows it.
type Part struct {
	Track   string   `json:"track"`
	Name    string   `json:"name,omitempty"` // of one that was added by hand; else its track's
	Job     ID       `json:"job"`
	Number  string   `json:"number"`
	Joins   string   `json:"joins"` // code of the stage that waits for it
	Per     Quantity `json:"per"`   // how many go into one of the parent
	Arrived Quantity `json:"arrived,omitempty"`
	In      Moment   `json:"in,omitempty"` // when all that will come had arrived, 0 while it is made
}

// Waste is a quantity scrapped for one reason.
type Waste struct {
	Reason   string   `json:"reason"`
	Quantity Quantity `json:"quantity"`
}

// Back is a quantity sent back to an earlier stage.
type Back struct {
	To       string   `json:"to"`
	Reason   string   `json:"reason"`
	Quantity Quantity `json:"quantity"`
}

// Scrap is the sum of the wasted quantities.
func (f Facts) Scrap() Quantity {
	var sum Quantity
	for _, w := range f.Wasted {
		sum += w.Quantity
	}
	return sum
}

// leaving is all that a report takes from the stage.
func (f Facts) leaving() Quantity { return f.Good + f.Scrap() + f.Short + f.returned() }

func (f Facts) returned() Quantity {
	var sum Quantity
	for _, b := range f.Back {
		sum += b.Quantity
	}
	return sum
}

// Encode is the one text form of facts: what is stored and what is hashed.
func (f Facts) Encode() string {
	b, err := json.Marshal(f)
	if err != nil { // a struct of plain values always marshals
		panic(err)
	}
	return string(b)
}

// Content is the canonical form of everything the movement says but its number and hash, each part preceded by
// its length so that no two movements share one. facts is the stored text, so that verifying reads what is kept.
func (m Movement) Content(facts string) []byte {
	b := make([]byte, 0, 160+len(facts))
	for _, id := range []ID{m.Org, m.Job, m.Command, m.Member} {
		b = append(b, id[:]...)
	}
	for _, n := range []int64{int64(m.Part), int64(m.Occurred), int64(m.Recorded)} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	for _, s := range []string{string(m.Kind), m.Stage, m.Device, m.Mark, facts} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	return b
}

// Link is the hash of a movement in its organisation's chain: SHA-256(previous hash, number, content).
func Link(previous [32]byte, seq int64, content []byte) [32]byte {
	h := sha256.New()
	h.Write(previous[:])
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(seq)))
	h.Write(content)
	return [32]byte(h.Sum(nil))
}
