package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The page in docs/ is the one that is made: the code and the tests that it names are there, and the registers as they are.
func TestThePageIsAsTheRegistersAre(t *testing.T) {
	t.Parallel()
	where, err := testsIn("..")
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range where {
		where[name] = strings.TrimPrefix(file, "../")
	}
	got, err := os.ReadFile(filepath.Join("..", document))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != page(where) {
		t.Error("docs/privacy.md is not as it would be made: go run ./promises -write")
	}
	for _, c := range clauses {
		for _, name := range c.Tests {
			if where[name] == "" {
				t.Errorf("clause %s names %s, which there is not", c.Number, name)
			}
		}
		for _, file := range c.Code {
			if _, err := os.Stat(filepath.Join("..", file)); err != nil {
				t.Errorf("clause %s: %v", c.Number, err)
			}
		}
	}
}

func TestAGapIsToldOf(t *testing.T) {
	t.Parallel()
	all := map[string]string{}
	for _, c := range clauses {
		for _, name := range c.Tests {
			all[name] = passed
		}
	}
	all["TestOldProtocolsAreRefused"] = failed
	var out bytes.Buffer
	if err := report(&out, all); err == nil || !strings.Contains(out.String(), "FAIL") {
		t.Errorf("%v\n%s", err, out.String())
	}
}
