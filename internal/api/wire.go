package api

import (
	"encoding/json"
	"time"

	"clicarity/internal/flow"
)

// Decimal is an exact quantity, written as text: "1250", "0.375". Numbers of JSON are floats in most programs.
type Decimal flow.Quantity

// MarshalJSON writes the decimal in quotation marks.
func (d Decimal) MarshalJSON() ([]byte, error) { return json.Marshal(flow.Quantity(d).String()) }

// UnmarshalJSON reads what MarshalJSON writes, and no number.
func (d *Decimal) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return wrong("not_a_quantity", "value", string(b))
	}
	q, err := flow.ParseQuantity(text)
	if err != nil {
		return wrong("not_a_quantity", "value", text)
	}
	*d = Decimal(q)
	return nil
}

// Text is text as a person meant it: see flow.Clean.
type Text string

// UnmarshalJSON reads a text and cleans it.
func (t *Text) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	*t = Text(flow.Clean(text))
	return nil
}

// Moment is an instant: 2026-11-23T14:05:09.250Z.
type Moment flow.Moment

// MarshalJSON writes RFC 3339 in UTC.
func (m Moment) MarshalJSON() ([]byte, error) {
	return json.Marshal(flow.Moment(m).Time().UTC().Format("2006-01-02T15:04:05.000Z07:00"))
}

// UnmarshalJSON reads RFC 3339 in any zone.
func (m *Moment) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return wrong("not_a_time", "value", string(b))
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || at.Year() < 2000 || at.Year() > 2200 {
		return wrong("not_a_time", "value", text)
	}
	*m = Moment(flow.At(at))
	return nil
}

// Job is a job as programs read it.
type Job struct {
	ID          flow.ID           `json:"id"`
	Number      string            `json:"number"`
	Process     flow.ID           `json:"process"`
	Version     int               `json:"version"` // of the process that it follows
	Customer    string            `json:"customer,omitempty"`
	Item        string            `json:"item,omitempty"`
	Quantity    Decimal           `json:"quantity"`
	Unit        string            `json:"unit,omitempty"`
	Site        string            `json:"site,omitempty"`
	Due         flow.Date         `json:"due,omitempty"`
	FirstDue    flow.Date         `json:"first_due,omitempty"` // when it has been changed since
	Urgent      bool              `json:"urgent"`
	Status      string            `json:"status"` // open, done
	Parent      flow.ID           `json:"parent,omitzero"`
	CreatedAt   Moment            `json:"created_at"`
	MovedAt     Moment            `json:"moved_at"` // the newest movement
	CompletedAt Moment            `json:"completed_at,omitzero"`
	Wasted      Decimal           `json:"wasted"`
	Dispatched  Decimal           `json:"dispatched"`
	Fields      map[string]string `json:"fields,omitempty"`    // when asked for
	Stages      []Stage           `json:"stages,omitempty"`    // when asked for, in route order
	Movements   []Movement        `json:"movements,omitempty"` // when asked for: the first page
}

// Stage is what a job has at a stage: received + found = good + wasted + short + sent_back + at_vendor + on_hand.
type Stage struct {
	Code       string            `json:"code"`
	Name       string            `json:"name"`
	Status     string            `json:"status"`
	Received   Decimal           `json:"received"`
	Found      Decimal           `json:"found"`
	Good       Decimal           `json:"good"`
	Wasted     Decimal           `json:"wasted"`
	Short      Decimal           `json:"short"`
	SentBack   Decimal           `json:"sent_back"`
	AtVendor   Decimal           `json:"at_vendor"`
	OnHand     Decimal           `json:"on_hand"`
	ReadyAt    Moment            `json:"ready_at,omitzero"`
	StartedAt  Moment            `json:"started_at,omitzero"`
	HeldAt     Moment            `json:"held_at,omitzero"`
	DoneAt     Moment            `json:"done_at,omitzero"`
	HoldReason string            `json:"hold_reason,omitempty"`
	Station    string            `json:"station,omitempty"`
	Values     map[string]string `json:"values,omitempty"` // of the stage's form
}

// Movement is one fact of a job's history.
type Movement struct {
	Seq        int64   `json:"seq"`
	Command    flow.ID `json:"command"`
	Job        flow.ID `json:"job"`
	Kind       string  `json:"kind"`
	Stage      string  `json:"stage,omitempty"`
	By         flow.ID `json:"by"`
	ByName     string  `json:"by_name,omitempty"`
	Device     string  `json:"device,omitempty"`
	OccurredAt Moment  `json:"occurred_at"`
	RecordedAt Moment  `json:"recorded_at"`
	Mark       string  `json:"mark"`
	Facts      Facts   `json:"facts"`
}

// Facts are the particulars of a movement, by its kind.
type Facts struct {
	Number   string            `json:"number,omitempty"`
	Customer string            `json:"customer,omitempty"`
	Item     string            `json:"item,omitempty"`
	Quantity Decimal           `json:"quantity,omitzero"`
	Unit     string            `json:"unit,omitempty"`
	Site     string            `json:"site,omitempty"`
	Due      flow.Date         `json:"due,omitempty"`
	Urgent   bool              `json:"urgent,omitempty"`
	Fields   map[string]string `json:"fields,omitempty"`
	Good     Decimal           `json:"good,omitzero"`
	Wasted   []Waste           `json:"wasted,omitempty"`
	SentBack []Back            `json:"sent_back,omitempty"`
	Short    Decimal           `json:"short,omitzero"`
	Found    Decimal           `json:"found,omitzero"`
	Reason   string            `json:"reason,omitempty"`
	Note     string            `json:"note,omitempty"`
	Values   map[string]string `json:"values,omitempty"`
	Set      map[string]string `json:"set,omitempty"`
	Was      map[string]string `json:"was,omitempty"`
	Station  string            `json:"station,omitempty"`
	Vendor   flow.ID           `json:"vendor,omitzero"`
	Challan  string            `json:"challan,omitempty"`
	Expected flow.Date         `json:"expected,omitempty"`
	Other    flow.ID           `json:"other,omitzero"`  // the other job of a split, a merge or an arrival
	Undoes   flow.ID           `json:"undoes,omitzero"` // the command taken back
	Lots     []string          `json:"lots,omitempty"`  // of material that went in
	Made     string            `json:"made,omitempty"`  // the lot that came out
	File     *MovedFile        `json:"file,omitempty"`  // that was added, revised, retired or erased
}

// MovedFile is what a movement says of a file.
type MovedFile struct {
	ID       flow.ID `json:"id"`
	Title    string  `json:"title"`
	Revision flow.ID `json:"revision,omitzero"`
	Mark     string  `json:"mark,omitempty"` // of the revision; of a file that was retired, of the one that was live
}

// Waste is a wasted quantity with its reason.
type Waste struct {
	Reason   Text    `json:"reason"`
	Quantity Decimal `json:"quantity"`
}

// Back is a quantity sent back to an earlier stage.
type Back struct {
	To       Text    `json:"to"`
	Reason   Text    `json:"reason"`
	Quantity Decimal `json:"quantity"`
}

// JobFiles are the files of a job.
type JobFiles struct {
	Files []File `json:"files"`
}

// File is a file of a job, or of one of its stages, with all its revisions.
type File struct {
	ID        flow.ID        `json:"id"`
	Job       flow.ID        `json:"job"`             // whose it is: of a lot also the job that it was split off
	Stage     string         `json:"stage,omitempty"` // none: the job's own
	Kind      string         `json:"kind"`
	Title     string         `json:"title"`
	Vendor    bool           `json:"vendor,omitempty"` // vendors who have the job see it
	RetiredAt Moment         `json:"retired_at,omitzero"`
	Revisions []FileRevision `json:"revisions"` // the oldest first
}

// FileRevision is one state of a file.
type FileRevision struct {
	ID        flow.ID `json:"id"`
	Revision  string  `json:"revision"` // A, B, C
	Name      string  `json:"name"`     // as the file was called when it was sent
	Media     string  `json:"media"`    // found out from the bytes
	Size      int64   `json:"size"`     // bytes
	SHA256    string  `json:"sha256"`
	Live      bool    `json:"live"`  // the one to work by
	State     string  `json:"state"` // ok, waiting (to be looked at for viruses), infected, erased
	By        flow.ID `json:"by"`
	ByName    string  `json:"by_name,omitempty"`
	At        Moment  `json:"at"`
	Content   string  `json:"content,omitempty"` // where the bytes are; none while they are not given out
	Thumbnail string  `json:"thumbnail,omitempty"`
}

// Process is a process in its newest version.
type Process struct {
	ID           flow.ID        `json:"id"`
	Version      int            `json:"version"`
	Name         string         `json:"name"`
	Mode         string         `json:"mode"`
	Unit         string         `json:"unit,omitempty"`
	Sizes        []string       `json:"sizes,omitempty"`
	Second       string         `json:"second,omitempty"`
	Fields       []Field        `json:"fields"`
	Stages       []ProcessStage `json:"stages"`
	WasteReasons []Reason       `json:"waste_reasons"`
	HoldReasons  []Reason       `json:"hold_reasons"`
}

// ProcessStage is a step of a process.
type ProcessStage struct {
	Code       string   `json:"code"`
	Name       string   `json:"name"`
	Unit       string   `json:"unit,omitempty"`
	Component  string   `json:"component,omitempty"`
	Optional   bool     `json:"optional,omitempty"`
	Inspection bool     `json:"inspection,omitempty"`
	Approval   bool     `json:"approval,omitempty"`
	Stations   []string `json:"stations,omitempty"`
	Fields     []Field  `json:"fields,omitempty"`
}

// Field is one thing a form asks for.
type Field struct {
	Code     string   `json:"code"`
	Label    string   `json:"label"`
	Type     string   `json:"type"`
	Unit     string   `json:"unit,omitempty"`
	Choices  []string `json:"choices,omitempty"`
	Required bool     `json:"required,omitempty"`
}

// Reason is a reason of wastage or of a hold.
type Reason struct {
	Code  string `json:"code"`
	Label string `json:"label,omitempty"`
}

// Jobs is a page of jobs.
type Jobs struct {
	Jobs []Job  `json:"jobs"`
	Next string `json:"next,omitempty"` // the cursor of the next page; none on the last
}

// Movements is a page of movements.
type Movements struct {
	Movements []Movement `json:"movements"`
	After     int64      `json:"after"` // where to go on
	More      bool       `json:"more"`  // there are more already
}

// Processes are all processes in scope.
type Processes struct {
	Processes []Process `json:"processes"`
}

// Receipt is the answer to a command that was taken.
type Receipt struct {
	Command flow.ID  `json:"command"`
	First   int64    `json:"first"` // numbers of its movements
	Last    int64    `json:"last"`
	Jobs    []JobRef `json:"jobs,omitempty"`
	Again   bool     `json:"again,omitempty"` // this is the first answer, given again
}

// JobRef names a job.
type JobRef struct {
	ID     flow.ID `json:"id"`
	Number string  `json:"number"`
}

// NewJob is a job to create.
type NewJob struct {
	Process  flow.ID            `json:"process"`
	Number   Text               `json:"number,omitempty"` // empty: the next of the series
	Customer Text               `json:"customer,omitempty"`
	Item     Text               `json:"item,omitempty"`
	Quantity Decimal            `json:"quantity,omitempty"`
	Unit     Text               `json:"unit,omitempty"`
	Site     Text               `json:"site,omitempty"`
	Due      Text               `json:"due,omitempty"` // 2026-11-23
	Urgent   bool               `json:"urgent,omitempty"`
	Note     Text               `json:"note,omitempty"`
	Fields   map[string]Text    `json:"fields,omitempty"`
	Sizes    map[string]Decimal `json:"sizes,omitempty"`
	Second   Decimal            `json:"second,omitempty"`
}

// JobChange is what is to be otherwise. What is not there stays.
type JobChange struct {
	Customer *Text           `json:"customer,omitempty"`
	Item     *Text           `json:"item,omitempty"`
	Site     *Text           `json:"site,omitempty"`
	Due      *Text           `json:"due,omitempty"`
	Urgent   *bool           `json:"urgent,omitempty"`
	Fields   map[string]Text `json:"fields,omitempty"`
	Reason   Text            `json:"reason,omitempty"`
}

// StageStart begins work.
type StageStart struct {
	Station    Text            `json:"station,omitempty"`
	Together   bool            `json:"together,omitempty"` // though another job runs there
	Values     map[string]Text `json:"values,omitempty"`
	Lots       []Text          `json:"lots,omitempty"`
	OccurredAt Moment          `json:"occurred_at,omitempty"`
}

// StageReport says what became of what is at a stage.
type StageReport struct {
	Done       bool               `json:"done,omitempty"` // all that is there is good; then no quantities
	Good       Decimal            `json:"good,omitempty"`
	Wasted     []Waste            `json:"wasted,omitempty"`
	SentBack   []Back             `json:"sent_back,omitempty"`
	Short      Decimal            `json:"short,omitempty"`
	Sizes      map[string]Part    `json:"sizes,omitempty"`
	Grades     map[string]Decimal `json:"grades,omitempty"`
	Note       Text               `json:"note,omitempty"`
	Station    Text               `json:"station,omitempty"`
	Values     map[string]Text    `json:"values,omitempty"`
	Approver   Text               `json:"approver,omitempty"`
	Lots       []Text             `json:"lots,omitempty"`
	Made       Text               `json:"made,omitempty"`
	OccurredAt Moment             `json:"occurred_at,omitempty"`
}

// Part is what of a report belongs to one size, or to the second balance ("+").
type Part struct {
	Good     Decimal `json:"good,omitempty"`
	Wasted   []Waste `json:"wasted,omitempty"`
	SentBack []Back  `json:"sent_back,omitempty"`
	Short    Decimal `json:"short,omitempty"`
}

// StageHold stops work.
type StageHold struct {
	Reason     Text   `json:"reason"`
	Awaits     Text   `json:"awaits,omitempty"` // who must act
	Until      Text   `json:"until,omitempty"`  // 2026-11-23
	Note       Text   `json:"note,omitempty"`
	OccurredAt Moment `json:"occurred_at,omitempty"`
}

// FileRetire takes a file out of use.
type FileRetire struct {
	Reason Text `json:"reason"`
}

// StageResume ends a hold.
type StageResume struct {
	Station    Text   `json:"station,omitempty"`
	Together   bool   `json:"together,omitempty"`
	OccurredAt Moment `json:"occurred_at,omitempty"`
}
