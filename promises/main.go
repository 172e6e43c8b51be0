// Command promises runs the test of every sentence of the privacy policy and prints what holds: make privacy. With -write it
// writes docs/privacy.md, which says the same with the register of personal data and of outside parties.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
)

func main() {
	write := flag.Bool("write", false, "write docs/privacy.md anew, and run nothing")
	flag.Parse()
	err := run(context.Background(), *write, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "promises:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, write bool, out io.Writer) error {
	where, err := testsIn(".")
	if err != nil {
		return err
	}
	if write {
		return os.WriteFile(document, []byte(page(where)), 0o644) //nolint:gosec // a document
	}
	results, err := runTests(ctx, where)
	if err != nil {
		return err
	}
	return report(out, results)
}

// document is the page that is made.
const document = "docs/privacy.md"

var (
	declared = regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)
	errGaps  = errors.New("not every sentence of the policy is shown to hold")
)

// testsIn finds the file of each test below a directory.
func testsIn(root string) (map[string]string, error) {
	found := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path) //nolint:gosec // of this repository
		for _, m := range declared.FindAllStringSubmatch(string(text), -1) {
			found[m[1]] = filepath.ToSlash(path)
		}
		return err
	})
	return found, err
}

// What came of a test.
const (
	passed  = "pass"
	failed  = "FAIL"
	skipped = "skipped"
	missing = "no such test"
)

// runTests runs the tests of all clauses, package by package, and says what came of each.
func runTests(ctx context.Context, where map[string]string) (map[string]string, error) {
	results, in := map[string]string{}, map[string][]string{}
	for _, c := range clauses {
		for _, name := range c.Tests {
			file, ok := where[name]
			if !ok {
				results[name] = missing
				continue
			}
			if dir := "./" + filepath.ToSlash(filepath.Dir(file)); !slices.Contains(in[dir], name) {
				in[dir] = append(in[dir], name)
			}
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(in)) {
		fmt.Fprintf(os.Stderr, "%s: %d tests ...\n", dir, len(in[dir]))
		if err := runPackage(ctx, dir, in[dir], results); err != nil {
			return nil, err
		}
	}
	return results, nil
}

// event is a line of go test -json.
type event struct{ Action, Test, Output string }

func runPackage(ctx context.Context, dir string, tests []string, results map[string]string) error {
	for _, name := range tests {
		results[name] = failed // until it says otherwise
	}
	cmd := exec.CommandContext(ctx, "go", "test", "-json", "-timeout", "20m", "-run", "^("+strings.Join(tests, "|")+")$", dir) //nolint:gosec // names of tests
	cmd.Stderr = os.Stderr
	lines, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return err
	}
	said := bufio.NewScanner(bytes.NewReader(lines))
	said.Buffer(nil, 1<<20)
	for said.Scan() {
		var e event
		if err := json.Unmarshal(said.Bytes(), &e); err != nil || !slices.Contains(tests, e.Test) {
			continue
		}
		switch e.Action {
		case "pass":
			results[e.Test] = passed
		case "skip":
			results[e.Test] = skipped
		}
	}
	return said.Err()
}

// report prints the table, and fails when there is a gap in it.
func report(out io.Writer, results map[string]string) error {
	gaps := false
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for _, c := range clauses {
		verdict := passed
		if len(c.Tests) == 0 {
			verdict = "GAP"
		}
		for _, name := range c.Tests {
			if results[name] != passed {
				verdict = failed
			}
		}
		gaps = gaps || verdict != passed
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", c.Number, verdict, c.Says)
		for _, name := range c.Tests {
			_, _ = fmt.Fprintf(w, "\t%s\t  %s\n", results[name], name)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if gaps {
		return errGaps
	}
	return nil
}
