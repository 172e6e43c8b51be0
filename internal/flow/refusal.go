package flow

import "strings"

// Refusal says why a command was not taken. Nothing has changed. The code chooses the sentence a person reads
// (in their language); the other fields fill it in, and which are set depends on the code.
type Refusal struct {
	Code   Code
	Job    string   // job number
	Stage  string   // stage code
	Name   string   // a name to show: of a stage, a field, a file
	Value  string   // what was given
	By     ID       // who did what stands in the way
	At     Moment   // when they did
	Kind   Kind     // what they did
	Reason string   // the reason of a hold
	Entry  Quantity // what was entered
	Here   Quantity // what is there
	Limit  int      // the limit that was passed

	Of Work // which of several works of a command it is about

	Depends []Movement // later movements that would have to be taken back as well
}

// Code names a kind of refusal.
type Code string

const (
	NotFound          Code = "not_found"       // no such thing, or not yours
	Conflict          Code = "command_reused"  // the command id was used with another content
	BadCommand        Code = "bad_command"     // no id, no target, not from this program
	BeingUpdated      Code = "being_updated"   // another version of the program is at work on what is stored
	NumberTaken       Code = "number_taken"    // Job
	NumberMissing     Code = "number_missing"  //
	QuantityNeeded    Code = "quantity_needed" //
	QuantityTooBig    Code = "quantity_too_big"
	TooLong           Code = "too_long"        // Name, Limit
	TooMany           Code = "too_many"        // Name, Limit
	NothingHere       Code = "nothing_here"    // Stage, By, At, Kind
	AlreadyStarted    Code = "already_started" // Stage, By, At
	AlreadyHeld       Code = "already_held"    // Stage, By, At, Reason
	OnHold            Code = "on_hold"         // Stage, By, At, Reason
	NotHeld           Code = "not_held"        // Stage
	MoreThanHere      Code = "more_than_here"  // Stage, Entry, Here, By, At
	NothingEntered    Code = "nothing_entered" //
	WasteNoReason     Code = "waste_no_reason" //
	OverLimit         Code = "over_limit"      // Stage, Entry, Here, Limit percent
	BackNoStage       Code = "back_no_stage"   // to which earlier stage is not said
	BackNoReason      Code = "back_no_reason"  //
	ReasonUnknown     Code = "reason_unknown"  // Value
	HoldNoReason      Code = "hold_no_reason"
	NoQuantities      Code = "no_quantities"       // the process does not count
	UndoNothing       Code = "undo_nothing"        // nothing of yours to take back here
	UndoNotYours      Code = "undo_not_yours"      // By, At
	UndoTooLate       Code = "undo_too_late"       // Limit minutes
	UndoDepends       Code = "undo_depends"        // Kind, Stage, By, At of the movement that needs it
	UndoNoReason      Code = "undo_no_reason"      // an owner takes back what is not theirs, or late
	BackNotWhole      Code = "back_not_whole"      // Stage, Entry: it was made of no whole number of that stage's units
	CounterBackwards  Code = "counter_backwards"   // Entry, Here
	ApproverNeeded    Code = "approver_needed"     // Stage
	TooEarly          Code = "too_early"           // Stage, At when it may go on, Limit minutes
	GateClosed        Code = "gate_closed"         // Stage, Name of the inspection, Entry, Here: how much it has passed
	OverrideNotYours  Code = "override_not_yours"  // only owners pass closed gates
	FieldMissing      Code = "field_missing"       // Name
	FieldWrong        Code = "field_wrong"         // Name, Value
	OutOfLimits       Code = "out_of_limits"       // Name, Value, Reason: the limits
	FieldNeeded       Code = "field_needed"        // Job, Name of the job's field, Stage before which it is to be filled
	PictureWrong      Code = "picture_wrong"       // it is no JPEG or PNG that can be read
	PictureTooLarge   Code = "picture_too_large"   // Limit, in megabytes
	FileNoTitle       Code = "file_no_title"       // what the file is called is not said
	FileNoRevision    Code = "file_no_revision"    // which revision it is is not said
	FileRevisionTaken Code = "file_revision_taken" // Name, Value: the mark that another revision has
	FileChanged       Code = "file_changed"        // Name, Value: the revision that By added At, which the person had not seen
	FileRetired       Code = "file_is_retired"     // Name
	FileErased        Code = "file_is_erased"      // Name, Value
	FileNoReason      Code = "file_no_reason"
	FileMissing       Code = "file_missing"        // what was sent has not come, or not whole
	FileTooLarge      Code = "file_too_large"      // Limit, in megabytes
	NotTried          Code = "not_tried"           // visitors of a factory to try leave no files in it
	PictureMissing    Code = "picture_missing"     // what the form names is not stored for this job and stage
	ComponentsMissing Code = "components_missing"  // Stage, Job and Name of the component that is not in
	ComponentsShort   Code = "components_short"    // Stage, Name of the scarcest, Entry, Here
	SizesNeeded       Code = "sizes_needed"        // Stage: it can be more than one way which sizes these are
	SizesDiffer       Code = "sizes_differ"        // Entry: what the sizes add up to, Here: what was entered in all
	SecondLeft        Code = "second_left"         // Stage, Here: how much of the second balance nobody mentioned
	GradesDiffer      Code = "grades_differ"       // Stage, Entry: what the grades add up to, Here: what goes on
	LotNeeded         Code = "lot_needed"          // Stage: which lot of material is not said
	LotOutNeeded      Code = "lot_out_needed"      // Stage: what comes out has no lot number
	NCWhat            Code = "nc_what"             // what does not conform is not said
	NCClosed          Code = "nc_closed"           // Name: its number
	NCVerdict         Code = "nc_verdict"          // how it was seen that the action works is not said
	NCNotYours        Code = "nc_not_yours"        // Name: only owners close
	NCOpenAction      Code = "nc_open_action"      // Name: it has no disposition or no corrective action
	WordWrong         Code = "word_wrong"          // Value
	WordsChanged      Code = "words_changed"       // somebody else changed them meanwhile
	NotALot           Code = "not_a_lot"           // the two jobs are not lots of one
	UndoAcross        Code = "undo_across"         // Kind, Stage: it moved something to another job
	NoJobs            Code = "no_jobs"             // none was ticked
	VendorMissing     Code = "vendor_missing"      // no vendor was chosen
	MoreThanOut       Code = "more_than_out"       // Value the challan, Entry, Here: what is still there
	AnswerNoNote      Code = "answer_no_note"      // what the problem is is not said
	CountNoReason     Code = "count_no_reason"     //
	NotOptional       Code = "not_optional"        // Stage
	PassedAlready     Code = "passed_already"      // Stage: the place for a new stage is behind the job
	NothingChanged    Code = "nothing_changed"     //
	NameMissing       Code = "name_missing"        // Stage, when it is a stage's
	NameTwice         Code = "name_twice"          // Name
	StageMissing      Code = "stage_missing"       // a process has at least one
	ValueWrong        Code = "value_wrong"         // Stage, Name, Value
	ChoicesMissing    Code = "choices_missing"     // Stage, Name: choices go with the type choice, and only with it
	LimitsWrong       Code = "limits_wrong"        // Stage, Name
	NeedsWrong        Code = "needs_wrong"         // Stage, Name: no inspection before it
	BeforeWrong       Code = "before_wrong"        // Stage, Name of the field: it is asked for before no stage of the job's route
	TrackJoinsNothing Code = "track_joins_nothing" // Name of the component
	TrackEmpty        Code = "track_empty"         // Name of the component
	PublishedAlready  Code = "published_already"   // somebody published another version meanwhile
	ShiftNoDays       Code = "shift_no_days"       // Value: its times
	ShiftsOverlap     Code = "shifts_overlap"      // Name, Value: the times of the two
	HolidayTwice      Code = "holiday_twice"       // Name, Value the date
	CalendarChanged   Code = "calendar_changed"    // By, At: somebody saved another form of it meanwhile
	CalendarStandard  Code = "calendar_standard"   // Name: stages without a calendar need one
	LastOwner         Code = "last_owner"          // an organisation always has an owner
	PINForm           Code = "pin_form"            // a PIN is four to six digits
	PINTrivial        Code = "pin_trivial"         // everybody would try it first
	StationUnknown    Code = "station_unknown"     // Stage, Value
	StationBusy       Code = "station_busy"        // Value; and Job, Stage, By, At of what runs there, for those who may see it
	MoveDone          Code = "move_done"           // Job: it is completed
	MoveStands        Code = "move_stands"         // Job, Stage where something of it is, which the new version does not have
	MoveOrder         Code = "move_order"          // Job, Stage and Name of another, which the new version has the other way round
	MoveRatio         Code = "move_ratio"          // Job, Stage that has passed something on by another ratio
	MoveTracks        Code = "move_tracks"         // Job, Name of a component that is another in the new version
	MoveSizes         Code = "move_sizes"          // Job: the new version does not count its sizes, or its second balance
	MoveMode          Code = "move_mode"           // Job: only one of the versions counts
	InTheFuture       Code = "in_the_future"       // At
	TooLongAgo        Code = "too_long_ago"        // At, Limit hours
	RetentionWrong    Code = "retention_wrong"     // none of the times that words can be kept for
	RetentionUnsure   Code = "retention_unsure"    // that it cannot be undone was not confirmed
	OrgClosed         Code = "org_closed"          // the organisation is closed: it is read-only
	ClosingFinal      Code = "closing_final"       // At: until then the closing could be undone
)

// Error is the code and what fills it: for logs and tests, not for people.
func (r *Refusal) Error() string {
	parts := []string{"refused: " + string(r.Code)}
	for _, s := range []string{r.Job, r.Stage, r.Name, r.Value, r.Reason} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " ")
}

// NotYours reports whether it was refused because of who asked, not because of what was asked.
func (r *Refusal) NotYours() bool {
	return r.Code == UndoNotYours || r.Code == OverrideNotYours || r.Code == NCNotYours
}

func refuse(code Code) *Refusal { return &Refusal{Code: code} }
