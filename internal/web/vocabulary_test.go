package web

import (
	"strings"
	"testing"
	"unicode"

	"clicarity/internal/flow"
)

// marked gives every noun a word of its own that no sentence has.
func marked(lang string) map[string]flow.Word {
	mine := map[string]flow.Word{}
	for _, n := range nouns {
		if len(n.Forms[lang]) > 0 {
			mine[n.Key] = flow.Word{One: "Zz" + n.Key, Many: "Zz" + n.Key + "Zz"}
		}
	}
	return mine
}

// Whatever an organisation renames, no sentence goes on using the old word.
func TestNoSentenceKeepsARenamedNoun(t *testing.T) {
	t.Parallel()
	ws, err := readWords(files)
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, l := range ws.languages {
		forms := formsOf(l.Code)
		got := ws.own(flow.Words{l.Code: marked(l.Code)})
		for key, phrase := range got.phrases[l.Code] {
			if strings.HasPrefix(key, tradePhrases) {
				continue
			}
			for _, word := range strings.FieldsFunc(placeholder.ReplaceAllString(phrase, " "), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
				if f, is := forms[strings.ToLower(word)]; is && (len(f.noun.Not) == 0 || !strings.Contains(strings.ToLower(phrase), "job work")) {
					t.Errorf("%s %s still says %s: %q", l.Code, key, word, phrase)
				}
			}
			if before := placeholder.FindAllString(ws.phrases[l.Code][key], -1); len(before) != len(placeholder.FindAllString(phrase, -1)) {
				t.Errorf("%s %s lost a blank: %q", l.Code, key, phrase)
			}
			for _, n := range nouns {
				used[l.Code+n.Key] = used[l.Code+n.Key] || strings.Contains(strings.ToLower(phrase), "zz"+n.Key)
			}
		}
	}
	for _, n := range nouns {
		for _, lang := range []string{"en", "hi"} {
			if !used[lang+n.Key] {
				t.Errorf("no sentence in %s uses %s", lang, n.Key)
			}
			if !ws.has(lang, n.Shown) {
				t.Errorf("%s is shown by %q, which is no sentence", n.Key, n.Shown)
			}
		}
	}
}

func TestSentencesReadWell(t *testing.T) {
	t.Parallel()
	forms := formsOf("en")
	mine := map[string]flow.Word{"job": {One: "order", Many: "orders"}, "stage": {One: "Department", Many: "Departments"}, "item": {One: "SKU", Many: "SKUs"}, "vendor": {One: "karigar", Many: "karigars"}}
	for in, want := range map[string]string{
		"Choose a job.":                        "Choose an order.",
		"A job and its jobs":                   "An order and its orders",
		"{job} at a stage of the Job":          "{job} at a department of the Order",
		"Stage of an item":                     "Department of a SKU",
		"job work at a vendor, {n} jobs, jobs": "job work at a karigar, {n} orders, orders",
		"jobless, stagehand":                   "jobless, stagehand",
		"Vendor's job":                         "Karigar's order",
		"unfinished {brace":                    "unfinished {brace",
	} {
		if got := renamed(in, forms, mine); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	hi := renamed("इस जॉब की स्टेज, {job} जॉब", formsOf("hi"), map[string]flow.Word{"job": {One: "मामला", Many: "मामले"}})
	if hi != "इस मामला की स्टेज, {job} मामला" {
		t.Error(hi)
	}
}

func TestWhatCanBeAWord(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{"Work order": true, "मामला": true, "": false, "<b>": false, "a{b}": false, " x": false, strings.Repeat("x", 41): false} {
		err := flow.Words{"en": {"job": {One: text, Many: "y"}}}.Acceptable()
		if (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzRenamed(f *testing.F) {
	f.Add("A job of {n} {stage} at the stage")
	f.Add("जॉब {a जॉब}")
	forms := formsOf("en")
	f.Fuzz(func(t *testing.T, phrase string) {
		if got := renamed(phrase, forms, nil); got != phrase {
			t.Errorf("nothing renamed gave %q for %q", got, phrase)
		}
		_ = renamed(phrase, forms, marked("en"))
	})
}

func BenchmarkOwnWords(b *testing.B) {
	ws, err := readWords(files)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		ws.own(flow.Words{"en": marked("en"), "hi": marked("hi")})
	}
}
