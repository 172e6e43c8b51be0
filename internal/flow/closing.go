package flow

import "time"

// How an organisation leaves, in whole days from the moment it is closed.
const (
	UndoFor      = 30 * 24 * time.Hour  // its owners may undo it for so long
	DeleteAfter  = 50 * 24 * time.Hour  // its deletion begins then: what is in backups goes with them, in time
	DeletedBy    = 90 * 24 * time.Hour  // and then nothing of it is anywhere
	BackupsFor   = 35 * 24 * time.Hour  // the longest that a backup is kept
	LogsFor      = 365 * 24 * time.Hour // and the lines of the server's log, which name no people
	RemindBefore = 7 * 24 * time.Hour   // its owners are reminded so long before either
)

// Closing is when an organisation was closed and what follows. The zero Closing is of one that is open.
type Closing struct {
	At         Moment
	UndoUntil  Moment
	DeleteFrom Moment
	DeleteBy   Moment
}

// ClosingAt is the closing of an organisation at a moment.
func ClosingAt(at Moment) Closing {
	return Closing{At: at, UndoUntil: at.Add(UndoFor), DeleteFrom: at.Add(DeleteAfter), DeleteBy: at.Add(DeletedBy)}
}

// Closed reports whether there is one.
func (c Closing) Closed() bool { return c.At != 0 }

// Undoable refuses to undo a closing whose time for that is over.
func (c Closing) Undoable(now Moment) error {
	if now >= c.UndoUntil {
		return &Refusal{Code: ClosingFinal, At: c.UndoUntil}
	}
	return nil
}

// Reminder is a kind of mail to the owners of an organisation that leaves.
type Reminder string

// The reminders, in order.
const (
	ClosingBegun    Reminder = "closure_begun"    // it was closed
	ClosingUndoEnds Reminder = "closure_undo"     // it cannot be undone soon
	ClosingDeletes  Reminder = "closure_deletion" // it is deleted soon
	ClosingDone     Reminder = "closure_done"     // it was deleted: with the certificate
)

// Reminds are the reminders that are due at a moment, whether they were sent or not. One that is overtaken by the next is not
// among them: nobody is told of an end that is past.
func (c Closing) Reminds(now Moment) []Reminder {
	var due []Reminder
	if now < c.UndoUntil.Add(-RemindBefore) {
		due = append(due, ClosingBegun)
	}
	if now >= c.UndoUntil.Add(-RemindBefore) && now < c.UndoUntil {
		due = append(due, ClosingUndoEnds)
	}
	if now >= c.DeleteFrom.Add(-RemindBefore) && now < c.DeleteFrom {
		due = append(due, ClosingDeletes)
	}
	return due
}
