package web

import (
	"cmp"
	"html/template"
	"strconv"
	"strings"

	"clicarity/internal/flow"
)

// shot is a picture as pages show it.
type shot struct {
	ID    flow.ID
	Label string // of its field, with a number when there are several
	Nth   int    // of the field's, from 1
	Link  string
	Small string // the thumbnail
}

func shotsOf(job flow.ID, label, value string) []shot {
	ids, _ := pictured(value)
	list := make([]shot, len(ids))
	for i, id := range ids {
		link := "/jobs/" + job.String() + "/pictures/" + id.String()
		list[i] = shot{ID: id, Label: label, Nth: i + 1, Link: link, Small: link + "/small"}
		if len(ids) > 1 {
			list[i].Label += " " + strconv.Itoa(i+1)
		}
	}
	return list
}

// pictured is what a value of a photo or a signature holds: ids, and the name that somebody typed instead of signing. The
// value is that of a movement, or one on its way in: ids and a name with the mark of several values between them.
func pictured(value string) (ids []flow.ID, name string) {
	if list, ok := flow.ParsePictures(value); ok {
		for _, p := range list {
			ids = append(ids, p.ID)
		}
		return ids, ""
	}
	if name, typed := flow.SignedName(value); typed {
		return nil, name
	}
	for _, part := range strings.Split(value, severalMark) {
		if id, err := flow.ParseID(part); err == nil {
			ids = append(ids, id)
		} else if part = clean(part); part != "" {
			name = part
		}
	}
	return ids, name
}

// drawn reports whether a field's value names pictures, and is not a name that was typed.
func drawn(f flow.Field, value string) bool {
	ids, _ := pictured(value)
	return f.HoldsPictures() && len(ids) > 0
}

// Shots are the pictures of the field.
func (e entry) Shots() []shot { return shotsOf(e.Job, e.Label, e.Value) }

// SignedName is the name that was typed for a signature.
func (e entry) SignedName() string {
	_, name := pictured(e.Value)
	return name
}

// Picked reports whether a choice of a field that takes several is in it.
func (e entry) Picked(choice string) bool {
	for _, c := range strings.Split(e.Value, severalMark) {
		if c == choice {
			return true
		}
	}
	return false
}

// MaxShots is how many photos the field takes.
func (entry) MaxShots() int { return flow.MaxPictures }

// takesPictures reports whether a form asks for photos or signatures.
func takesPictures(fields []flow.Field) bool {
	for _, f := range fields {
		if f.HoldsPictures() {
			return true
		}
	}
	return false
}

// Pictured reports whether the stage's form asks for photos or signatures.
func (p place) Pictured() bool { return takesPictures(p.Stage.Fields) }

// Shots are the pictures that the stage's form holds.
func (p place) Shots() []shot {
	var list []shot
	for _, f := range p.Stage.Fields {
		if f.HoldsPictures() {
			list = append(list, shotsOf(p.Job.ID, f.Label, p.State.Values[f.Code])...)
		}
	}
	return list
}

// Needed are the fields of the job's own format that must be filled before work here, with the stage each is needed
// before.
func (p place) Needed() []neededField {
	var list []neededField
	for _, f := range p.Process.Needed(p.Job, p.Stage.Code) {
		before, _ := p.Process.Stage(f.Before)
		list = append(list, neededField{f.Label, before.Name})
	}
	return list
}

type neededField struct{ Label, Before string }

// ownEntries are the fields of a process's job format to fill in. What is needed only before a stage says so, and may be
// left empty until then.
func (v *view) ownEntries(p flow.Process, job flow.ID, typed, has map[string]string) []entry {
	list := v.entries(p.Fields, "own", typed, has)
	for i := range list {
		e := &list[i]
		e.Job = job
		if e.Before != "" {
			before, _ := p.Stage(e.Before)
			e.Required, e.Hint = false, v.T("needed_before", "stage", before.Name)
		}
	}
	return list
}

// withoutPictures are the values of a form that another job can have too.
func withoutPictures(fields []flow.Field, values map[string]string) map[string]string {
	kept := map[string]string{}
	for code, value := range values {
		kept[code] = value
	}
	for _, f := range fields {
		if f.HoldsPictures() {
			delete(kept, f.Code)
		}
	}
	return kept
}

// ownField is a field of the job as people read it.
func (p *jobPage) ownField(f flow.Field) entry {
	value := p.Job.Fields[f.Code]
	if drawn(f, value) {
		return entry{view: p.view, Field: f, Value: value, Job: p.Job.ID}
	}
	return entry{Field: flow.Field{Label: f.Label}, Value: p.FieldValue(f, value)}
}

// Pictured reports whether the page shows or asks for pictures.
func (p *jobPage) Pictured() bool {
	for _, s := range p.Process.Stages {
		if takesPictures(s.Fields) {
			return true
		}
	}
	return takesPictures(p.Process.Fields)
}

// shots are the pictures that a movement brought.
func (p *jobPage) shots(m flow.Movement) []shot {
	var list []shot
	for _, f := range stageOf(p.Process, m.Stage).Fields {
		list = append(list, shotsOf(m.Job, f.Label, m.Facts.Values[f.Code])...)
	}
	for _, f := range p.Process.Fields {
		if f.HoldsPictures() {
			list = append(list, shotsOf(m.Job, f.Label, cmp.Or(m.Facts.Set[flow.SetField+f.Code], m.Facts.Fields[f.Code]))...)
		}
	}
	return list
}

func stageOf(p flow.Process, code string) flow.Stage {
	s, _ := p.Stage(code)
	return s
}

// Enctype lets the stage's form bring photos where a browser has no scripts.
func (p place) Enctype() template.HTMLAttr {
	if p.Pictured() {
		return `enctype="multipart/form-data"`
	}
	return ""
}
