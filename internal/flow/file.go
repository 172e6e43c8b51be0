package flow

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"slices"
	"strings"
)

// FileKind says what a file of a job is.
type FileKind string

// Kinds of files.
const (
	Drawing     FileKind = "drawing"
	PhotoFile   FileKind = "photo"
	Certificate FileKind = "certificate"
	OtherFile   FileKind = "other"
)

// FileKinds are all there are, in the order in which they are offered.
func FileKinds() []FileKind { return []FileKind{Drawing, PhotoFile, Certificate, OtherFile} }

// Limits of files.
const (
	MaxFiles     = 50       // of a job
	MaxRevisions = 50       // of a file
	MaxFileSize  = 50 << 20 // bytes
	maxRevMark   = 10
	maxMedia     = 100
)

// Revision is one state of a file: the bytes that its id names, which the digest proves.
type Revision struct {
	ID     ID     `json:"id"`
	Mark   string `json:"mark"` // A, B, C, or as the drawing office writes it
	Name   string `json:"name"` // as the file was called when it was sent
	Media  string `json:"media"`
	Size   int64  `json:"size"`
	Digest string `json:"digest"` // SHA-256 of the bytes, in hexadecimal
}

// FileFact is what a movement says of a file.
type FileFact struct {
	File     ID       `json:"file"`
	Kind     FileKind `json:"kind,omitempty"`
	Title    string   `json:"title,omitempty"`
	Vendor   bool     `json:"vendor,omitempty"`  // vendors who have the job see it
	Over     ID       `json:"over,omitzero"`     // the revision that this one supersedes
	Revision Revision `json:"revision,omitzero"` // that was added; of one that was erased, the id and the mark
	Live     string   `json:"live,omitempty"`    // the mark of the revision that was live before
	Called   string   `json:"called,omitempty"`  // the title, of a file that was there before
}

// File is a file of a job, with all its revisions. The last is the live one, until the file is retired.
type File struct {
	ID        ID             `json:"id"`
	Stage     string         `json:"stage,omitempty"` // whose it is; empty for the job's own
	Kind      FileKind       `json:"kind"`
	Title     string         `json:"title"`
	Vendor    bool           `json:"vendor,omitempty"`
	Revisions []RevisionKept `json:"revisions"` // the oldest first
	Retired   Moment         `json:"retired,omitempty"`
}

// RevisionKept is a revision of a file with who added it and when.
type RevisionKept struct {
	Revision
	By     ID     `json:"by"`
	At     Moment `json:"at"`
	Erased Moment `json:"erased,omitempty"` // when its bytes were erased
}

// Live is the revision to work by; false when the file is retired or the revision's bytes were erased.
func (f File) Live() (RevisionKept, bool) {
	last := f.Newest()
	return last, f.Retired == 0 && last.Erased == 0
}

// Newest is the last revision, live or not.
func (f File) Newest() RevisionKept { return f.Revisions[len(f.Revisions)-1] }

// File finds a file of the job.
func (j Job) File(id ID) (File, bool) {
	if i := j.file(id); i >= 0 {
		return j.Files[i], true
	}
	return File{}, false
}

func (j Job) file(id ID) int {
	return slices.IndexFunc(j.Files, func(f File) bool { return f.ID == id })
}

// RevisionOf finds a revision of any file of the job, with its file.
func (j Job) RevisionOf(id ID) (File, RevisionKept, bool) {
	for _, f := range j.Files {
		for _, r := range f.Revisions {
			if r.ID == id {
				return f, r, true
			}
		}
	}
	return File{}, RevisionKept{}, false
}

// SeesFile reports whether a member of a role sees a file of a job: everybody who sees the job, or the stage for a stage's
// file; vendors only what is marked for them, of jobs that they have.
func (s Scope) SeesFile(r Role, j Job, f File) bool {
	if r == Vendor {
		return f.Vendor && slices.ContainsFunc(j.Stages, func(st StageState) bool {
			return slices.ContainsFunc(st.Out, func(o Out) bool { return s.Answers(j, o.Vendor) })
		})
	}
	if f.Stage == "" {
		return s.Sees(j)
	}
	return s.Holds(j) || s.At(j, f.Stage)
}

// Lends are the files in force of a job that a reader of a role works by who sees a lot that was split off it. They belong to
// the job, and are changed there.
func (j Job) Lends(r Role) []File {
	return slices.DeleteFunc(slices.Clone(j.Files), func(f File) bool {
		_, live := f.Live()
		return !live || f.Stage != "" || r == Vendor && !f.Vendor
	})
}

// UnnamedFile is what a file is called that was sent without a name.
const UnnamedFile = "file"

// FileTitle is the title of a file that nobody gave one: its name, without what says of which kind it is. One without a name
// has none, and has to be given one.
func FileTitle(name string) string {
	if name == UnnamedFile {
		return ""
	}
	return cmp.Or(strings.TrimSuffix(name, path.Ext(name)), name)
}

// FileSent is the id of the revision that comes with a command, and FileBegun that of the file that begins with it: the same
// command, the same file.
func FileSent(command ID) ID { return DerivedID(sha256.Sum256([]byte("file " + command.String()))) }

// FileBegun is the id of a file that begins with a revision: see FileSent.
func FileBegun(revision ID) ID {
	return DerivedID(sha256.Sum256([]byte("new file " + revision.String())))
}

// AttachFile adds a file to a job or to one of its stages, or a newer revision of one that is there, whose bytes are stored
// already. A stage's files are added by those who work there, the job's own by those who may change it.
//
// Refusals: not_found, file_no_title, file_no_revision, file_revision_taken, file_changed, file_retired, field_wrong, too_many,
// too_long.
type AttachFile struct {
	Job      ID       `json:"job"`
	Stage    string   `json:"stage,omitempty"`
	File     ID       `json:"file"`
	Over     ID       `json:"over,omitzero"` // the revision that the person saw as the live one; zero for a new file
	Kind     FileKind `json:"kind,omitempty"`
	Title    string   `json:"title,omitempty"`
	Vendor   bool     `json:"vendor,omitempty"`
	Revision Revision `json:"revision"`
	Note     string   `json:"note,omitempty"`
}

// RetireFile says that a file is not to be used any more. It stays to be looked at.
//
// Refusals: not_found, file_retired, file_no_reason, too_long.
type RetireFile struct {
	Job    ID     `json:"job"`
	File   ID     `json:"file"`
	Reason string `json:"reason"`
}

// EraseFile erases the bytes of one revision of a file for good. That it was there stays in the history. Owners only.
//
// Refusals: not_found, file_erased, file_no_reason, too_long.
type EraseFile struct {
	Job      ID     `json:"job"`
	Revision ID     `json:"revision"`
	Reason   string `json:"reason"`
}

func (AttachFile) Name() string { return "attach_file" }
func (RetireFile) Name() string { return "retire_file" }
func (EraseFile) Name() string  { return "erase_file" }

// Targets is the one job.
func (a AttachFile) Targets() []ID { return []ID{a.Job} }

// Targets is the one job.
func (a RetireFile) Targets() []ID { return []ID{a.Job} }

// Targets is the one job.
func (a EraseFile) Targets() []ID { return []ID{a.Job} }

// MayAddFile reports whether the one who asks may add files to a job, or to a stage of it. Programs may what they were made
// for: one that reports brings no files by that.
func (m Mark) MayAddFile(j Job, stage string) bool {
	right := MayReport
	switch {
	case m.Role == Program:
		right = MayBringFiles
	case stage == "":
		right = MayChange
	}
	return m.May(right) && (stage == "" && m.Scope.Holds(j) || stage != "" && m.Scope.At(j, stage))
}

// MayRetireFile reports whether the one who asks may retire a file: who may change the whole job; and of those who may add
// it at its stage, who added what is there or may reverse what others did.
func (m Mark) MayRetireFile(j Job, f File) bool {
	return m.MayAddFile(j, "") || m.MayAddFile(j, f.Stage) && (f.Stage == "" || m.May(MayReverse) || f.Newest().By == m.Member)
}

func (a AttachFile) decide(w World, m Mark, c Command) ([]Movement, error) {
	j, ok := w.Jobs[a.Job]
	if !ok || !m.MayAddFile(j, a.Stage) {
		return nil, refuse(NotFound)
	}
	was, known := j.File(a.File)
	fact := FileFact{File: a.File, Over: a.Over, Revision: a.Revision}
	switch {
	case a.File.IsZero() || a.Revision.ID.IsZero() || known && was.Stage != a.Stage || !known && !a.Over.IsZero():
		return nil, refuse(NotFound)
	case known && was.Retired != 0:
		return nil, &Refusal{Code: FileRetired, Name: was.Title}
	case known && a.Over != was.Newest().ID:
		return nil, &Refusal{Code: FileChanged, Name: was.Title, Value: was.Newest().Mark, By: was.Newest().By, At: was.Newest().At}
	case known:
		fact.Called, fact.Kind, fact.Vendor, fact.Live = was.Title, was.Kind, was.Vendor, was.Newest().Mark
	default:
		fact.Title, fact.Kind, fact.Vendor = a.Title, a.Kind, a.Vendor
	}
	if err := a.acceptable(j, was, known); err != nil {
		return nil, err
	}
	return fileMovement(a.Job, a.Stage, m, c, Movement{Kind: KindFileAdded, Facts: Facts{File: &fact, Note: a.Note}})
}

func (a AttachFile) acceptable(j Job, was File, known bool) error {
	r := a.Revision
	switch {
	case !known && strings.TrimSpace(a.Title) == "":
		return refuse(FileNoTitle)
	case !known && !slices.Contains(FileKinds(), a.Kind):
		return &Refusal{Code: FieldWrong, Name: "kind", Value: string(a.Kind)}
	case strings.TrimSpace(r.Mark) == "":
		return refuse(FileNoRevision)
	case slices.ContainsFunc(was.Revisions, func(k RevisionKept) bool { return strings.EqualFold(k.Mark, r.Mark) }):
		return &Refusal{Code: FileRevisionTaken, Name: was.Title, Value: r.Mark}
	case !known && len(j.Files) >= MaxFiles:
		return &Refusal{Code: TooMany, Name: "files", Limit: MaxFiles}
	case len(was.Revisions) >= MaxRevisions:
		return &Refusal{Code: TooMany, Name: "revisions", Limit: MaxRevisions}
	case !r.possible():
		return refuse(BadCommand)
	}
	if _, _, taken := j.RevisionOf(r.ID); taken {
		return refuse(BadCommand)
	}
	for _, t := range []struct {
		name, text string
		limit      int
	}{{"title", a.Title, MaxText}, {"revision", r.Mark, maxRevMark}, {"file", r.Name, MaxText}, {"note", a.Note, MaxNote}} {
		if err := tooLong(t.name, t.text, t.limit); err != nil {
			return err
		}
	}
	return nil
}

// possible reports whether a revision can be one that is stored.
func (r Revision) possible() bool {
	sum, err := hex.DecodeString(r.Digest)
	return err == nil && len(sum) == 32 && r.Digest == strings.ToLower(r.Digest) && r.Size > 0 && r.Size <= MaxFileSize && r.Media != "" && len(r.Media) <= maxMedia
}

// fileMovement is the movement of a file, of the whole job or of a stage. Nothing moves with it.
func fileMovement(job ID, stage string, m Mark, c Command, mv Movement) ([]Movement, error) {
	at, mark, err := c.when(m)
	if err != nil {
		return nil, err
	}
	mv.Job, mv.Stage, mv.Member, mv.Occurred, mv.Mark = job, stage, m.Member, at, mark
	return []Movement{mv}, nil
}

func (a RetireFile) decide(w World, m Mark, c Command) ([]Movement, error) {
	j, ok := w.Jobs[a.Job]
	f, known := j.File(a.File)
	switch {
	case !ok || !known || !m.MayRetireFile(j, f):
		return nil, refuse(NotFound)
	case f.Retired != 0:
		return nil, &Refusal{Code: FileRetired, Name: f.Title}
	case strings.TrimSpace(a.Reason) == "":
		return nil, refuse(FileNoReason)
	}
	if err := tooLong("reason", a.Reason, MaxNote); err != nil {
		return nil, err
	}
	return fileMovement(a.Job, f.Stage, m, c, Movement{Kind: KindFileRetired, Facts: Facts{File: &FileFact{File: f.ID, Called: f.Title, Live: f.Newest().Mark}, Note: a.Reason}})
}

func (a EraseFile) decide(w World, m Mark, c Command) ([]Movement, error) {
	j, ok := w.Jobs[a.Job]
	f, r, known := j.RevisionOf(a.Revision)
	switch {
	case !ok || !known || !m.May(MayGovern) || !m.Scope.Holds(j):
		return nil, refuse(NotFound)
	case r.Erased != 0:
		return nil, &Refusal{Code: FileErased, Name: f.Title, Value: r.Mark}
	case strings.TrimSpace(a.Reason) == "":
		return nil, refuse(FileNoReason)
	}
	if err := tooLong("reason", a.Reason, MaxNote); err != nil {
		return nil, err
	}
	fact := &FileFact{File: f.ID, Called: f.Title, Revision: Revision{ID: r.ID, Mark: r.Mark}}
	return fileMovement(a.Job, f.Stage, m, c, Movement{Kind: KindFileErased, Facts: Facts{File: fact, Note: a.Reason}})
}

// filed is the job after a movement of a file.
func filed(j Job, m Movement) (Job, error) {
	fact := m.Facts.File
	if fact == nil {
		return Job{}, impossible(m, "it says nothing of a file")
	}
	j.Files = slices.Clone(j.Files)
	i := j.file(fact.File)
	var err error
	switch m.Kind {
	case KindFileAdded:
		err = fileAdded(&j, i, m)
	case KindFileRetired:
		if i < 0 || j.Files[i].Retired != 0 {
			return Job{}, impossible(m, "there is no such file, or it is retired")
		}
		j.Files[i].Retired = m.Occurred
	case KindFileErased:
		err = fileErased(&j, i, m)
	}
	j.Last = max(j.Last, m.Occurred)
	return j, err
}

func fileAdded(j *Job, i int, m Movement) error {
	fact := m.Facts.File
	added := RevisionKept{Revision: fact.Revision, By: m.Member, At: m.Occurred}
	switch {
	case i < 0 && !fact.Over.IsZero(), i < 0 && m.Stage != "" && j.index(m.Stage) < 0:
		return impossible(m, "there is no such file, or no such stage")
	case i < 0:
		j.Files = append(j.Files, File{ID: fact.File, Stage: m.Stage, Kind: fact.Kind, Title: fact.Title, Vendor: fact.Vendor, Revisions: []RevisionKept{added}})
		return nil
	case j.Files[i].Retired != 0 || j.Files[i].Newest().ID != fact.Over || j.Files[i].Stage != m.Stage:
		return impossible(m, "it supersedes another revision than the live one")
	}
	j.Files[i].Revisions = append(slices.Clone(j.Files[i].Revisions), added)
	return nil
}

func fileErased(j *Job, i int, m Movement) error {
	if i < 0 {
		return impossible(m, "there is no such file")
	}
	list := slices.Clone(j.Files[i].Revisions)
	r := slices.IndexFunc(list, func(k RevisionKept) bool { return k.ID == m.Facts.File.Revision.ID })
	if r < 0 || list[r].Erased != 0 {
		return impossible(m, "there is no such revision, or it is erased")
	}
	list[r].Erased = m.Occurred
	j.Files[i].Revisions = list
	return nil
}

// NextRevision is the mark that the next revision of a file usually gets: the next letter, or number, after the newest.
func (f File) NextRevision() string {
	if len(f.Revisions) == 0 {
		return "A"
	}
	mark := []byte(strings.ToUpper(f.Newest().Mark))
	last := len(mark) - 1
	switch c := mark[last]; {
	case c >= 'A' && c < 'Z', c >= '0' && c < '9':
		mark[last]++
		return string(mark)
	case c == 'Z' && last == 0:
		return "AA"
	case c == '9' && last == 0:
		return "10"
	}
	return ""
}
