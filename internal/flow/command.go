package flow

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"time"
	"unicode/utf8"
)

// Mark says who gives a command, in what scope, and when the server took it.
type Mark struct {
	Org     ID
	Member  ID
	Role    Role
	Without Right // of the role's rights, those that do not go with how the member came in
	Scope   Scope
	Device  string
	At      Moment
}

// May reports whether the one who gives the command has a right.
func (m Mark) May(r Right) bool { return m.Role.Rights()&^m.Without&r == r }

// Via says how somebody came in.
type Via string

const (
	ViaOwn     Via = ""        // a session of their own
	ViaFloor   Via = "floor"   // a PIN or a badge at a shared device
	ViaPending Via = "pending" // the password was right, the second factor is still to come
	ViaSupport Via = "support" // an owner's grant of support access
	ViaTry     Via = "try"     // a visitor in a factory to try
	ViaToken   Via = "token"   // a token for programs
	ViaLink    Via = "link"    // a link that was given to a vendor
)

// FactorWithin is how long somebody who gave a right password may take for the second factor.
const FactorWithin = 10 * time.Minute

// Person is the member who asks: who they are in which organisation, and what they may see and do there.
type Person struct {
	Org       ID
	OrgName   string
	Timezone  string     // IANA name
	Words     string     // the organisation's own words as they are stored, empty for none
	Hours     *Timetable // the calendars of the organisation, nil: round the clock
	Member    ID
	Name      string
	Role      Role
	Without   Right // of the role's rights, those that do not go with how they came in
	Via       Via
	Began     Moment  // when they came in
	Until     Moment  // when it ends, whatever they do
	Stale     bool    // their place has changed since: the session is to be renewed
	Device    ID      // the shared device they are at, if any
	AtDevice  string  // and its name
	Session   ID      // the session they ask in
	Supported Moment  // until when support may look, for owners, who can end it; 0: it may not
	Closing   Closing // of the organisation, which is then read-only
	Language  string
	Scope     Scope
}

// May reports whether the person has a right.
func (p Person) May(r Right) bool { return p.Role.Rights()&^p.Without&r == r }

// Mark is what the person's commands carry.
func (p Person) Mark(at Moment, device string) Mark {
	return Mark{Org: p.Org, Member: p.Member, Role: p.Role, Without: p.Without, Scope: p.Scope, Device: device, At: at}
}

// Command is one thing a person wants done, with an id made where it was entered, so that sending it again is
// the same command.
type Command struct {
	ID       ID
	Occurred Moment // when it happened; 0 means when the server takes it
	Action   Action
}

// Action is what a command asks for. The set is closed: the types of this package.
type Action interface {
	// Name is the action's name in fingerprints.
	Name() string
	// Targets are the jobs it concerns; all are locked, in id order, before it decides.
	Targets() []ID
	// decide turns the command into movements or a *Refusal.
	decide(w World, m Mark, c Command) ([]Movement, error)
}

// World is what a command can see when it decides: the jobs it named, as they are under lock, and the little
// around them that the rules need.
type World struct {
	Jobs      map[ID]Job // the targets that exist
	Processes map[Edition]Process
	History   map[ID][]Movement // of the targets, for actions that NeedHistory
	Taken     map[string]ID     // job numbers (NumberKey) in use among those the action brings, and whose they are
	Challan   string            // the next number of a challan, for actions that need one
	Newest    Process           // the newest version of the job's process, for actions that name a station
	Busy      Occupied          // what else runs at that station
	Next      map[ID]Next       // by process, for actions that need the next number of its series
}

// Next is the next number of a series.
type Next struct {
	Number int
	Year   string // the financial year, for series that begin anew each April: 26-27
}

// Edition is a process in one version.
type Edition struct {
	Process ID
	Version int
}

// Process is the process a job was created with, which is always loaded with it.
func (w World) Process(j Job) Process { return w.Processes[Edition{j.Process, j.Version}] }

// Relatives are the jobs that the targets' own state says are concerned too: a component's parent, which learns what
// arrives. They are locked after the targets.
func (w World) Relatives() []ID {
	var ids []ID
	for _, j := range w.Jobs {
		if _, loaded := w.Jobs[j.Parent]; !j.Parent.IsZero() && !loaded && !slices.Contains(ids, j.Parent) {
			ids = append(ids, j.Parent)
		}
	}
	return ids
}

// HistoryNeeder is implemented by actions that look at the whole history of their targets.
type HistoryNeeder interface{ NeedsHistory() bool }

// Creator is implemented by actions that bring new jobs: the editions they follow, the numbers they want, and
// how many numbers of each process's series they take.
type Creator interface {
	Editions() []Edition
	Numbers() []string
	SeriesUsed() map[ID]int
}

// Receipt is the answer to a command that was taken. Sending the command again returns the same receipt.
type Receipt struct {
	Command ID       `json:"command"`
	First   int64    `json:"first"` // number of its first movement in the organisation's log
	Last    int64    `json:"last"`
	Jobs    []JobRef `json:"jobs,omitempty"`
	Again   bool     `json:"-"` // this is the first answer, given again
}

// Taken is what is kept of a command that was taken: its content and the first answer.
type Taken struct {
	Print   [32]byte // Command.Fingerprint
	Receipt Receipt
}

// Answer is the answer when a command of the same id is sent again: the first one, or a refusal (command_reused) when it is
// another command.
func (t Taken) Answer(print [32]byte) (Receipt, error) {
	if print != t.Print {
		return Receipt{}, refuse(Conflict)
	}
	r := t.Receipt
	r.Again = true
	return r, nil
}

// JobRef names a job for people and programs.
type JobRef struct {
	ID     ID     `json:"id"`
	Number string `json:"number"`
}

// Fingerprint is what makes two commands the same command: everything but who sends it and when.
func (c Command) Fingerprint() [32]byte {
	body, err := json.Marshal(struct {
		Name     string
		Occurred Moment
		Action   Action
	}{c.Action.Name(), c.Occurred, c.Action})
	if err != nil { // actions are plain values
		panic(err)
	}
	return sha256.Sum256(body)
}

// How far a device's report of when something happened is believed.
const (
	MaxAge      = 72 * time.Hour       // a phone may have been without network that long
	MaxEntry    = 366 * 24 * time.Hour // an owner may enter later what was left out
	MaxAhead    = 2 * time.Minute      // clocks differ
	LiveWithin  = 2 * time.Minute      // later than this it is marked as backdated
	UndoMinutes = 10                   // an author may take back their last command that long
)

// Limits of texts, in characters, and of lists.
const (
	MaxNumber = 40
	MaxText   = 120
	MaxNote   = 500
	maxLines  = 20
	maxFields = 30
	MaxStages = 120 // of a process or a job's own route
)

// Decide turns a command into the movements it causes, or a *Refusal. It looks only at the world given.
func Decide(w World, m Mark, c Command) ([]Movement, error) {
	if c.ID.IsZero() || c.Action == nil {
		return nil, refuse(BadCommand)
	}
	moves, err := c.Action.decide(w, m, c)
	if err != nil {
		return nil, err
	}
	for i := range moves {
		moves[i].Org, moves[i].Command, moves[i].Part = m.Org, c.ID, i
		moves[i].Recorded, moves[i].Device = m.At, m.Device
		if moves[i].Member.IsZero() {
			moves[i].Member = m.Member
		}
	}
	return moves, nil
}

// when settles the moment of a command and how it is marked.
func (c Command) when(m Mark) (Moment, string, error) {
	switch at := c.Occurred; {
	case at == 0:
		return m.At, MarkLive, nil
	case at.Sub(m.At) > MaxAhead:
		return 0, "", &Refusal{Code: InTheFuture, At: at}
	case m.At.Sub(at) > MaxAge && (!m.May(MayReverse) || m.At.Sub(at) > MaxEntry):
		return 0, "", &Refusal{Code: TooLongAgo, At: at, Limit: int(MaxAge.Hours())}
	case m.At.Sub(at) > LiveWithin:
		return at, MarkBackdated, nil
	default:
		return at, MarkLive, nil
	}
}

func tooLong(name, value string, limit int) error {
	if utf8.RuneCountInString(value) > limit {
		return &Refusal{Code: TooLong, Name: name, Limit: limit}
	}
	return nil
}
