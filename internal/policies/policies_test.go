package policies

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestTheFirstVersionsNameTheOperator(t *testing.T) {
	t.Parallel()
	for _, kind := range Kinds() {
		text := Default(kind, Names{Operator: "Konkan Systems", Address: "Ratnagiri", Email: "hello@konkan.example", ComplaintsName: "Anil Patil", ComplaintsEmail: "anil@konkan.example"})
		for _, want := range []string{"26-11-2026", "Konkan Systems, Ratnagiri", "hello@konkan.example", "Anil Patil, anil@konkan.example"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q", kind, want)
			}
		}
		if strings.ContainsAny(text, "{}") || !strings.HasPrefix(text, "Version") {
			t.Errorf("%s: %.200s", kind, text)
		}
		if bare := Default(kind, Names{}); strings.ContainsAny(bare, "{}") || !strings.Contains(bare, "Clicarity") {
			t.Errorf("%s: %.200s", kind, bare)
		}
	}
	if Default("cookies", Names{}) != "" {
		t.Error("there is a policy that there is not")
	}
}

func TestMarkup(t *testing.T) {
	t.Parallel()
	got := string(HTML("Top <b>\nof it\n\n## Heads & tails\n- one\n- two\nnext\n\n\nlast"))
	if want := "<p>Top &lt;b&gt; of it</p>\n<h2>Heads &amp; tails</h2>\n<ul><li>one</li><li>two</li></ul>\n<p>next</p>\n<p>last</p>\n"; got != want {
		t.Errorf("%q", got)
	}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	got := Diff("## Kept\nWe keep it for 90 days after closing.\nGone.\nStays.", "## Kept\nWe keep it for 60 days after closing.\nStays.\nQuite another thing.")
	want := []Line{
		{Same, []Piece{{Same, "## Kept"}}},
		{Same, []Piece{{Same, "We keep it for"}, {Removed, "90"}, {Added, "60"}, {Same, "days after closing."}}},
		{Removed, []Piece{{Removed, "Gone."}}}, {Same, []Piece{{Same, "Stays."}}}, {Added, []Piece{{Added, "Quite another thing."}}},
	}
	if !slices.EqualFunc(got, want, func(a, b Line) bool { return a.Op == b.Op && slices.Equal(a.Pieces, b.Pieces) }) {
		t.Errorf("%v", got)
	}
	if len(got) > 1 && (got[0].Changed() || !got[1].Changed()) {
		t.Error("what changed is not told")
	}
}

// From a difference both texts can be read, whatever they are.
func FuzzDiff(f *testing.F) {
	f.Add("a b\nc", "a\nc d\n\n- x")
	f.Add(strings.Repeat("x y\n", 50), strings.Repeat("y x\n", 50))
	f.Fuzz(func(t *testing.T, before, after string) {
		var old, fresh []string
		for _, l := range Diff(before, after) {
			for _, p := range l.Pieces {
				if p.Op != Added {
					old = append(old, strings.Fields(p.Text)...)
				}
				if p.Op != Removed {
					fresh = append(fresh, strings.Fields(p.Text)...)
				}
			}
		}
		if !slices.Equal(old, strings.Fields(before)) || !slices.Equal(fresh, strings.Fields(after)) {
			t.Errorf("%q %q", old, fresh)
		}
	})
}

func FuzzHTML(f *testing.F) {
	f.Add("## a\n- <b>\n\nx")
	f.Fuzz(func(t *testing.T, body string) {
		for _, tag := range regexp.MustCompile(`<[^>]*>`).FindAllString(string(HTML(body)), -1) {
			if !slices.Contains([]string{"<h2>", "</h2>", "<p>", "</p>", "<ul>", "</ul>", "<li>", "</li>"}, tag) {
				t.Errorf("%q in %q", tag, body)
			}
		}
	})
}
