package arch

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func documents(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/adr/*.md"} {
		names, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			path, err := filepath.Rel(root, name)
			if err != nil {
				t.Fatal(err)
			}
			all[path] = read(t, path)
		}
	}
	return all
}

// What the documents point at is there: files, pictures, make targets, commands and tests.
func TestDocumentsPointAtWhatIsThere(t *testing.T) {
	t.Parallel()
	makefile, commands, tests := read(t, "Makefile"), read(t, "cmd/clicarity/main.go"), allTests(t)
	links := regexp.MustCompile(`\]\(([^)#]+)\)`)
	targets := regexp.MustCompile("(?m)(?:^|`)make ([a-z0-9]+)")
	calls := regexp.MustCompile(`(?m)(?:bin/|^|[^/])clicarity (serve|migrate|demo|org|import|kpi|verify|doctor|[a-z]+) (?:--|add|list|history|\n)`)
	names := regexp.MustCompile("`(Test[A-Za-z]+)`")
	for path, text := range documents(t) {
		for _, m := range links.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(path), m[1])); err != nil && !strings.Contains(m[1], "://") {
				t.Errorf("%s points at %s, which is not there", path, m[1])
			}
		}
		for _, m := range targets.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(makefile, "\n"+m[1]+":") {
				t.Errorf("%s names make %s, which there is not", path, m[1])
			}
		}
		for _, m := range calls.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(commands, `{"`+m[1]+`"`) {
				t.Errorf("%s names clicarity %s, which there is not", path, m[1])
			}
		}
		for _, m := range names.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(tests, "func "+m[1]+"(") {
				t.Errorf("%s names %s, which there is not", path, m[1])
			}
		}
	}
}

func allTests(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, "_test.go") {
			text, readErr := os.ReadFile(path)
			b.Write(text)
			return readErr
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// CI runs the test command that the README names.
func TestCIRunsTheREADMEsTestCommand(t *testing.T) {
	t.Parallel()
	if !strings.Contains(read(t, "README.md"), "\nmake test ") || !strings.Contains(read(t, ".ci/run"), "\nmake test\n") {
		t.Error("the README's test command and CI's are not the same")
	}
}
