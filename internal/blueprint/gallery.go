package blueprint

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"clicarity/internal/flow"
)

//go:embed templates/*.yaml
var files embed.FS

// Template is a shipped process of a trade.
type Template struct {
	Slug    string // in addresses: rigid-boxes
	Text    []byte // the file
	Process flow.Process
	words   []string
}

// Gallery are the shipped templates by name.
var Gallery = sync.OnceValue(func() []Template {
	names, err := fs.Glob(files, "templates/*.yaml")
	if err != nil {
		panic(err)
	}
	var list []Template
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			panic(err)
		}
		b, err := Read(text)
		if err != nil { // a test reads them all
			panic(fmt.Sprintf("%s: %v", name, err))
		}
		t := Template{Slug: strings.TrimSuffix(path.Base(name), ".yaml"), Text: text, Process: b.Process}
		said := []string{t.Slug, t.Process.Name, t.Process.About}
		for _, s := range t.Process.Stages {
			said = append(said, s.Name)
		}
		t.words = flow.SearchWords(strings.ReplaceAll(strings.Join(said, " "), "-", " "))
		list = append(list, t)
	}
	slices.SortFunc(list, func(a, b Template) int { return strings.Compare(a.Process.Name, b.Process.Name) })
	return list
})

// Find is a shipped template by its slug.
func Find(slug string) (Template, bool) {
	for _, t := range Gallery() {
		if t.Slug == slug {
			return t, true
		}
	}
	return Template{}, false
}

// Matches reports whether each word of a query begins a word of the template's name, description or stages.
func (t Template) Matches(query string) bool {
	for _, q := range flow.SearchWords(strings.ReplaceAll(query, "-", " ")) {
		if !slices.ContainsFunc(t.words, func(w string) bool { return strings.HasPrefix(w, q) }) {
			return false
		}
	}
	return true
}
