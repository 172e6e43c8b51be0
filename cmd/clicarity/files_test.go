package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

// A program that looks for viruses says what it found by how it ends; what it does not say is asked again.
func TestTheScanner(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "scan")
	text := "#!/bin/sh\nread -r first\ncase \"$first\" in *virus*) exit 1;; *broken*) exit 2;; esac\ncat >/dev/null\n"
	if err := os.WriteFile(program, []byte(text), 0o700); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	scan := config{scan: "sh " + program}.scanner()
	for content, want := range map[string]struct{ clean, fails bool }{
		"a drawing\n": {clean: true}, "a virus\n" + strings.Repeat("x", 1<<20): {}, "broken\n": {fails: true},
	} {
		if clean, err := scan(t.Context(), strings.NewReader(content)); clean != want.clean || (err != nil) != want.fails {
			t.Errorf("%.10q: %t %v", content, clean, err)
		}
	}
	if clean, err := scan(t.Context(), io.MultiReader(strings.NewReader("a drawing\n"), iotest.ErrReader(errors.New("the disk broke")))); clean || err == nil {
		t.Errorf("a file that cannot be read is clean: %v", err)
	}
	if _, err := (config{scan: "/nowhere/scan"}).scanner()(t.Context(), strings.NewReader("x")); err == nil {
		t.Error("a scanner that is not there finds everything clean")
	}
	if (config{}).scanner() != nil {
		t.Error("somebody looks though nobody was asked to")
	}
}

func TestTheDoctorLooksAtFilesAndKeys(t *testing.T) {
	t.Parallel()
	s := givenDatabase(t)
	s.prints("is set up", "org", "add", "sahyadri", "--name", "Sahyadri Print", "--owner", "meera@sahyadri.example")
	s.prints("version 2", "keys", "rotate", "--org", "sahyadri")
	out := s.prints("files in "+filepath.Join(s.env["CLICARITY_DATA"], "files")+", which answers", "doctor")
	for _, want := range []string{"volume encrypted: ", "master key local:", "key version 2, and 1 older", "nobody looks for viruses"} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	s.env["CLICARITY_FILES"] = "s3://KEY:SECRET@127.0.0.1:1/files?tls=off"
	if out := s.prints("WARNING: the store of files does not answer", "doctor"); strings.Contains(out, "SECRET") {
		t.Errorf("it shows a secret: %s", out)
	}
	s.env["CLICARITY_FILES"] = "s3://files"
	s.fails("CLICARITY_FILES", "doctor")
}
