package flow

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func anyRevision(id byte, mark string) Revision {
	return Revision{ID: ID{0xF2, id}, Mark: mark, Name: "carton.pdf", Media: "application/pdf", Size: 1000, Digest: strings.Repeat("0a", 32)}
}

// anyFile draws a command about one of three files of the job, or of one of its stages.
func (s *shop) anyFile(stage string) Action {
	t := s.t
	file := ID{0xF1, byte(rapid.IntRange(1, 3).Draw(t, "file"))}
	f, known := s.job.File(file)
	if known || rapid.Bool().Draw(t, "of the job") {
		stage = f.Stage
	}
	reason := rapid.SampledFrom([]string{"", "wrong drawing"}).Draw(t, "why not")
	what := rapid.IntRange(0, 4).Draw(t, "with the file")
	switch {
	case known && what == 0:
		return RetireFile{Job: s.job.ID, File: file, Reason: reason}
	case known && what == 1:
		return EraseFile{Job: s.job.ID, Revision: rapid.SampledFrom(f.Revisions).Draw(t, "revision").ID, Reason: reason}
	}
	a := AttachFile{Job: s.job.ID, Stage: stage, File: file, Kind: rapid.SampledFrom(append(FileKinds(), "song")).Draw(t, "kind"), Title: "Carton", Vendor: rapid.Bool().Draw(t, "for vendors"),
		Revision: anyRevision(byte(s.given), rapid.SampledFrom([]string{"A", "B", "C", "", fmt.Sprint(s.given)}).Draw(t, "mark"))}
	if known && rapid.IntRange(0, 4).Draw(t, "saw the newest") > 0 {
		a.Over = f.Newest().ID
	}
	return a
}

// Whatever is done with files: at most one revision of each is live, no two have one mark, and nothing else of the job
// changes.
func TestRandomFilesKeepTheirRevisions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := openShop(t)
		for range rapid.IntRange(1, 25).Draw(t, "commands") {
			s.now = s.now.Add(60e9)
			before := s.job
			if rapid.IntRange(0, 5).Draw(t, "take back") == 0 {
				s.give(s.members[0], Undo{Job: s.job.ID, Undoes: rapid.SampledFrom(s.history).Draw(t, "undoes").Command, Reason: "mistake", Together: rapid.Bool().Draw(t, "together")})
				continue
			}
			s.give(rapid.SampledFrom(s.members).Draw(t, "who"), s.anyFile(rapid.SampledFrom(s.codes()).Draw(t, "stage")))
			if fmt.Sprint(s.job.Stages) != fmt.Sprint(before.Stages) {
				t.Fatalf("a file moved something\n%s", s.tell())
			}
			for _, f := range s.job.Files {
				marks := map[string]bool{}
				for _, r := range f.Revisions {
					if marks[strings.ToUpper(r.Mark)] || r.Mark == "" {
						t.Fatalf("two revisions %q of one file\n%s", r.Mark, s.tell())
					}
					marks[strings.ToUpper(r.Mark)] = true
				}
				if _, live := f.Live(); live && (f.Retired != 0 || f.Newest().Erased != 0) {
					t.Fatalf("a retired file is live\n%s", s.tell())
				}
			}
		}
	})
}

func TestRevisionsOfAFile(t *testing.T) {
	t.Parallel()
	l := openLine(t, 100, nil, "print", "pack")
	first := AttachFile{Job: ID{5}, File: ID{1, 1}, Kind: Drawing, Title: "Die line", Revision: anyRevision(1, "A")}
	for code, a := range map[Code]AttachFile{
		FileNoTitle:    {Job: ID{5}, File: ID{1, 1}, Kind: Drawing, Title: " ", Revision: anyRevision(1, "A")},
		FieldWrong:     {Job: ID{5}, File: ID{1, 1}, Kind: "song", Title: "Die line", Revision: anyRevision(1, "A")},
		FileNoRevision: {Job: ID{5}, File: ID{1, 1}, Kind: Drawing, Title: "Die line", Revision: anyRevision(1, "")},
		TooLong:        {Job: ID{5}, File: ID{1, 1}, Kind: Drawing, Title: strings.Repeat("x", MaxText+1), Revision: anyRevision(1, "A")},
		BadCommand:     {Job: ID{5}, File: ID{1, 1}, Kind: Drawing, Title: "Die line", Revision: Revision{ID: ID{9}, Mark: "A", Size: MaxFileSize + 1}},
		NotFound:       {Job: ID{5}, File: ID{1, 1}, Over: ID{2}, Kind: Drawing, Title: "Die line", Revision: anyRevision(1, "A")},
	} {
		l.refused(code, a)
	}
	l.refused(NotFound, AttachFile{Job: ID{5}, Stage: "nowhere", File: ID{1, 1}, Kind: Drawing, Title: "Die line", Revision: anyRevision(1, "A")})
	l.ok(first)
	next := AttachFile{Job: ID{5}, File: ID{1, 1}, Over: first.Revision.ID, Revision: anyRevision(2, "a")}
	l.refused(FileRevisionTaken, next)
	next.Revision.Mark = "B"
	l.ok(next)
	late := next
	late.Revision = anyRevision(3, "B1") // somebody who had not seen B
	l.refused(FileChanged, late)
	f, ok := l.job.File(ID{1, 1})
	if live, is := f.Live(); !ok || !is || live.Mark != "B" || f.NextRevision() != "C" || f.Title != "Die line" {
		t.Errorf("%+v", f)
	}
	l.refused(FileNoReason, EraseFile{Job: ID{5}, Revision: ID{0xF2, 2}})
	l.ok(EraseFile{Job: ID{5}, Revision: ID{0xF2, 2}, Reason: "the customer's request"})
	l.refused(FileErased, EraseFile{Job: ID{5}, Revision: ID{0xF2, 2}, Reason: "again"})
	f, _ = l.job.File(ID{1, 1})
	if live, is := f.Live(); is {
		t.Errorf("%+v is live without its bytes", live)
	}
	l.refused(FileNoReason, RetireFile{Job: ID{5}, File: ID{1, 1}})
	l.ok(RetireFile{Job: ID{5}, File: ID{1, 1}, Reason: "another box"})
	l.refused(FileRetired, RetireFile{Job: ID{5}, File: ID{1, 1}, Reason: "again"})
	l.refused(FileRetired, AttachFile{Job: ID{5}, File: ID{1, 1}, Over: ID{0xF2, 2}, Revision: anyRevision(4, "C")})
}

func TestWhoDoesWhatWithFiles(t *testing.T) {
	t.Parallel()
	l := openLine(t, 100, nil, "print", "pack")
	l.ok(AttachFile{Job: ID{5}, File: ID{1, 1}, Kind: Drawing, Title: "Die line", Revision: anyRevision(1, "A")})
	l.ok(AttachFile{Job: ID{5}, Stage: "pack", File: ID{1, 2}, Kind: PhotoFile, Title: "Pallet", Vendor: true, Revision: anyRevision(2, "A")})
	printer := Scope{Stages: map[StageRef]bool{{l.process.ID, "print"}: true}}
	operator := Mark{Member: ID{9}, Role: Operator, Scope: printer}
	own, stage := l.job.Files[0], l.job.Files[1]
	if !printer.SeesFile(Operator, l.job, own) || printer.SeesFile(Operator, l.job, stage) {
		t.Error("the printer sees the job's file, and none of another stage")
	}
	for name, a := range map[string]Action{
		"a file of the whole job": AttachFile{Job: ID{5}, File: ID{1, 3}, Kind: Drawing, Title: "x", Revision: anyRevision(3, "A")},
		"a file of another stage": AttachFile{Job: ID{5}, Stage: "pack", File: ID{1, 3}, Kind: Drawing, Title: "x", Revision: anyRevision(3, "A")},
		"a newer revision there":  AttachFile{Job: ID{5}, Stage: "print", File: ID{1, 2}, Over: ID{0xF2, 2}, Revision: anyRevision(3, "B")},
		"an end of it":            RetireFile{Job: ID{5}, File: ID{1, 1}, Reason: "x"},
		"an erasure":              EraseFile{Job: ID{5}, Revision: ID{0xF2, 1}, Reason: "x"},
	} {
		if _, err := l.gives(operator, Command{ID: ID{7}, Action: a}); err == nil {
			t.Errorf("%s by an operator went through", name)
		} else {
			isRefused(t, err, NotFound)
		}
	}
	if _, err := l.gives(operator, Command{ID: ID{7}, Action: AttachFile{Job: ID{5}, Stage: "print", File: ID{1, 3}, Kind: PhotoFile, Title: "x", Revision: anyRevision(3, "A")}}); err != nil {
		t.Error(err)
	}
	for grant, may := range map[Grant]bool{WriteJobs: false, WriteReports: false, WriteFiles: true} {
		program := Mark{Member: ID{6}, Role: Program, Without: OnlyFor([]Grant{grant}), Scope: Scope{All: true}}
		if program.MayAddFile(l.job, "") != may || program.MayAddFile(l.job, "pack") != may || program.MayRetireFile(l.job, own) != may {
			t.Errorf("a program for %s", grant)
		}
	}
	manager := Mark{Member: ID{8}, Role: Manager, Scope: Scope{All: true}}
	_, err := l.gives(manager, Command{ID: ID{7}, Action: EraseFile{Job: ID{5}, Revision: ID{0xF2, 1}, Reason: "x"}})
	isRefused(t, err, NotFound)
	vendor := Scope{Vendors: map[ID]bool{{4}: true}}
	if vendor.SeesFile(Vendor, l.job, stage) {
		t.Error("a vendor who has nothing of the job sees a file")
	}
	l.ok(Send{Vendor: ID{4}, Lines: []SendLine{{Work: l.at("print"), Quantity: Units(10)}}})
	if !vendor.SeesFile(Vendor, l.job, stage) || vendor.SeesFile(Vendor, l.job, own) {
		t.Error("a vendor who has some of the job sees what is marked for them, and no more")
	}
}

func TestTheTitleOfAFile(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"die-line.pdf": "die-line", "README": "README", ".dxf": ".dxf", UnnamedFile: "", "": ""} {
		if got := FileTitle(name); got != want {
			t.Errorf("%q is called %q, want %q", name, got, want)
		}
	}
}
