package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

type testLog struct{ t *testing.T }

func (l testLog) Write(b []byte) (int, error) { l.t.Log(string(b)); return len(b), nil }

func build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "clicarity")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../cmd/clicarity").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return program
}

// All pages of two small databases, asked once more and found whole again.
func TestReadRound(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "clicarity-bench-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // PostgreSQL may run as another user
		t.Fatal(err)
	}
	p := plan{Program: build(t), Jobs: 4000, Clients: 1, Log: testLog{t}}
	var out bytes.Buffer
	for range 2 {
		if err := readAll(t.Context(), p, dir, &out); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(out.String(), `"query"`); n != 2*2*(len(questions)+1) {
		t.Errorf("%d lines: %s", n, out.String())
	}
}

// One short round of everything, so that the benchmark cannot rot. Its figures mean nothing.
func TestOneRound(t *testing.T) {
	t.Parallel()
	program := build(t)
	f, err := run(t.Context(), plan{Program: program, Orgs: 3, Jobs: 900, Clients: 4, Pages: 5, Pace: 20, Rounds: 1, Span: time.Second, Scale: 1, Log: testLog{t}})
	if err != nil {
		t.Fatal(err)
	}
	if f.Updates <= 0 || f.TPS <= 0 || f.Ratio <= 0 || f.P99 <= 0 || f.LiveP95 <= 0 || f.Board <= 0 || f.Errors != 0 {
		t.Errorf("%+v", f)
	}
}
