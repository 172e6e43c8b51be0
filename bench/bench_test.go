package main

import (
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

type testLog struct{ t *testing.T }

func (l testLog) Write(b []byte) (int, error) { l.t.Log(string(b)); return len(b), nil }

// One short round of everything, so that the benchmark cannot rot. Its figures mean nothing.
func TestOneRound(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "clicarity")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../cmd/clicarity").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	f, err := run(t.Context(), plan{Program: program, Orgs: 3, Jobs: 900, Clients: 4, Pages: 5, Rounds: 1, Span: time.Second, Scale: 1, Log: testLog{t}})
	if err != nil {
		t.Fatal(err)
	}
	if f.Updates <= 0 || f.TPS <= 0 || f.Ratio <= 0 || f.P99 <= 0 || f.LiveP95 <= 0 || f.Board <= 0 || f.Errors != 0 {
		t.Errorf("%+v", f)
	}
}
